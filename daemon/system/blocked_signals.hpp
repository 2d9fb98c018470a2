#pragma once

namespace elit::daemon {

// Between block_signals() and release_signals() the signals that a verb handles stay pending for this thread and the
// threads that it starts. So a signal before the handler is installed, or after it is removed, does not kill the
// process. Call both in the main thread. `reload`: SIGHUP is handled too; false: it keeps its usual effect.
void block_signals(bool reload);
void release_signals();

}  // namespace elit::daemon
