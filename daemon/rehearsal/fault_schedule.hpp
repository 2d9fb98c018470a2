#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/options.hpp"
#include "daemon/rehearsal/fault_text.hpp"
#include "daemon/rehearsal/stage.hpp"

namespace elit::daemon {

// A fault with its time and its peers. At [from, until) after the beginning; equal for what is over at once.
struct ScheduledFault {
  RehearsedFault fault;
  std::vector<std::size_t> peers;  // of the sources or sinks, by their place in the options
  Milliseconds from{0};
  Milliseconds until{0};
};

struct FaultSchedule {
  std::vector<ScheduledFault> faults;  // in the order they were asked for
  std::string error;                   // why there is none, for a person; empty: there is one
};

// Gives each fault its time within `span`: the one it names, or else evenly spread among its like. What lasts longer
// than the span ends with it.
[[nodiscard]] FaultSchedule schedule_faults(const std::vector<RehearsedFault>& faults, const Options& options,
                                            Milliseconds span);

// Makes a schedule happen to a stage. `stage` and `schedule` outlive it.
class FaultPlayer {
 public:
  FaultPlayer(Stage& stage, const FaultSchedule& schedule, std::uint64_t seed);

  // When something begins or ends, ascending, each time once.
  [[nodiscard]] std::vector<Milliseconds> moments() const;
  // Lets happen what is to happen at `moment`. Requires: the stage's time is there.
  void play(Milliseconds moment);
  // Ends all that goes wrong.
  void heal();

 private:
  void begin(std::size_t index);
  void end(std::size_t index);
  void apply();
  void apply_to_peer(simulator::WireFaults& target, RehearsedFault::Target kind, std::size_t peer) const;

  Stage& stage_;
  const FaultSchedule& schedule_;
  Random random_;
  std::set<std::size_t> active_;
  std::uint64_t keys_ = 0;
  std::uint64_t capacity_ = 0;  // of the disk while it is full
};

}  // namespace elit::daemon
