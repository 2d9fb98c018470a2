#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/failure.hpp"

// Access tokens of sinks, kept over restarts: token endpoints count how often they are asked, and some replace the
// refresh token each time. One file a sink, `SINK.token`, readable by its owner alone. Blocks for the disk.
namespace elit::daemon {

// Beside the state directory, never in it: the state may be copied and handed around, tokens may not.
[[nodiscard]] std::filesystem::path token_directory_for(const std::filesystem::path& state_directory);

// The kept text; absent when there is none. A file that others than its owner may read, or that is larger than any
// token, counts as absent, and `warning` says so: one line for a person.
[[nodiscard]] std::optional<std::string> read_token_file(const std::filesystem::path& directory,
                                                         const std::string& sink, std::string& warning);

// Replaces the kept text, durably and all at once; the directory (0700) is created if its parent exists. A failure is
// transient, and the old text is still there.
[[nodiscard]] std::optional<Failure> write_token_file(const std::filesystem::path& directory, const std::string& sink,
                                                      const std::string& text);

}  // namespace elit::daemon
