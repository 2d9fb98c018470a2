#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>

#include "storage/sqlite.hpp"

namespace elit::storage {

// Files up to this size are checked whole before they are used, in well under a second. Larger ones are checked beside
// the work, by a BackgroundCheck; what the work meets meanwhile is refused where it is met.
inline constexpr std::uintmax_t checked_at_once_bytes = 64U << 20U;

[[nodiscard]] bool is_checked_at_once(Connection& connection);

// Reads the whole file and checks its structure. Throws StorageError: corrupt, with what was found.
void check_structure(Connection& connection);

// Checks that every table, index, view and trigger of the schema of that version is there as the migrations make it;
// others may be there too. Throws StorageError: corrupt, with the name of the first that differs.
void check_definitions(Connection& connection, std::int64_t version);

// Checks the structure of a file that is in use, on a thread of its own and with a connection that only reads.
class BackgroundCheck {
 public:
  // `on_end` is called on that thread unless the object is destroyed before the check ends: with nothing when the file
  // is sound, with StorageError otherwise. `file`: a state that is open for writing.
  BackgroundCheck(std::filesystem::path file, std::function<void(std::exception_ptr)> on_end);
  BackgroundCheck(const BackgroundCheck&) = delete;
  BackgroundCheck& operator=(const BackgroundCheck&) = delete;
  // Ends the check.
  ~BackgroundCheck();

 private:
  void work();

  std::function<void(std::exception_ptr)> on_end_;
  std::unique_ptr<Connection> connection_;
  std::atomic<bool> stopping_ = false;
  std::future<void> work_;
};

}  // namespace elit::storage
