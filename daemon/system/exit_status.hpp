#pragma once

// The exit statuses of every verb.
namespace elit::daemon {

inline constexpr int exit_done = 0;
inline constexpr int exit_incomplete = 1;  // finished, but something is undelivered, dead, parked or paused
inline constexpr int exit_usage = 64;
inline constexpr int exit_bug = 70;
inline constexpr int exit_resources = 71;  // the machine has no memory, descriptors or threads left
inline constexpr int exit_storage = 74;
inline constexpr int exit_in_use = 75;
inline constexpr int exit_permission = 77;
inline constexpr int exit_configuration = 78;

}  // namespace elit::daemon
