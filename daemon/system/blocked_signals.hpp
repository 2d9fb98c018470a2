#pragma once

#include "core/instant.hpp"

namespace elit::daemon {

// Between block_signals() and release_signals() the signals that a verb handles stay pending for this thread and the
// threads that it starts. So a signal before the handler is installed, or after it is removed, does not kill the
// process. Call both in the main thread. `reload`: SIGHUP is handled too; false: it keeps its usual effect.
void block_signals(bool reload);
void release_signals();

enum class ReceivedSignal { none, stop, reload };

// Waits for a signal that block_signals() holds, at most `time`. `none`: the time is over. A pending signal is taken at
// once. Requires: block_signals(true) is in force.
[[nodiscard]] ReceivedSignal wait_for_signal(Milliseconds time);

}  // namespace elit::daemon
