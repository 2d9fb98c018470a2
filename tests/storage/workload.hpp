#pragma once

#include <string>
#include <vector>

#include "core/random.hpp"
#include "storage/store.hpp"

namespace elit::storage {

// What the daemon does with a store in some minutes, from a seed: lists of users, windows of one page and of several,
// failures, batches and their settlements, most of it in groups. Each step is atomic and depends on nothing but the
// seed, its number and the state, so that it can be repeated, or gone on with, after a failure.
class Workload {
 public:
  explicit Workload(std::uint64_t seed) : seed_(seed) {}

  static constexpr int steps = 28;
  // Closes and opens the store after these, as a restart of the daemon would.
  [[nodiscard]] static bool restarts_after(int step) { return step % 12 == 8; }

  // What the daemon does first; doing it again changes nothing.
  void start(Store& store);
  // The last step delivers all that is left.
  void run(Store& store, int step);

  // What is wrong in itself with the state, whatever was done: coverage without its rows, a message twice, a ledger
  // that does not balance. Empty: nothing.
  [[nodiscard]] std::string broken_promise(Store& store) const;

 private:
  class Step;
  struct Names {
    SourceId source = 0;
    AudienceId audience = 0;
    std::vector<SinkId> sinks;
  };

  std::uint64_t seed_;
  Names names_;
};

}  // namespace elit::storage
