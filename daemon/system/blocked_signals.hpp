#pragma once

namespace elit::daemon {

// The signals that a verb answers stay pending for this thread, and for the threads it starts, from block_signals()
// to release_signals(): one that comes before the answer is set up, or after it is taken down, does not kill.
// Both are for the main thread. `reload` says whether SIGHUP is answered too; otherwise it keeps its usual effect.
void block_signals(bool reload);
void release_signals();

}  // namespace elit::daemon
