#pragma once

#include <filesystem>
#include <string>

namespace elit::daemon {

// For root: continues as the account that owns `directory`, for good, so that what is written there stays usable for
// the service. Does nothing for another account, for a directory of root, and where there is none. Returns what
// prevents it, a sentence with the command to use instead; empty: nothing. Call it before the first thread starts.
[[nodiscard]] std::string continue_as_owner(const std::filesystem::path& directory);

}  // namespace elit::daemon
