#pragma once

#include <string>
#include <vector>

#include "core/random.hpp"
#include "storage/store.hpp"

namespace elit::storage {

// The work of the daemon with a store in some minutes, made from a seed: lists of users, windows of one page and of
// several, failures, batches and their settlements, most of it in groups. Each step is atomic and depends only on the
// seed, its number and the state, so that the work can repeat it or continue after a failure.
class Workload {
 public:
  explicit Workload(std::uint64_t seed) : seed_(seed) {}

  static constexpr int steps = 28;
  // Closes and opens the store after these, as a restart of the daemon would.
  [[nodiscard]] static bool restarts_after(int step) { return step % 12 == 8; }

  // The first work of the daemon; a repetition changes nothing.
  void start(Store& store);
  // The last step delivers all that is left.
  void run(Store& store, int step);

  // A contradiction in the state: coverage without its rows, a message twice, a ledger that does not balance. Empty:
  // none.
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
