#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/options.hpp"
#include "daemon/rehearsal/fault_text.hpp"
#include "daemon/rehearsal/stage.hpp"

namespace elit::daemon {

// A fault with its time and its peers. It lasts for [from, until) after the beginning. Equal times: the fault is
// momentary.
struct ScheduledFault {
  RehearsedFault fault;
  std::vector<std::size_t> peers;  // indices of sources or sinks in the options
  Milliseconds from{0};
  Milliseconds until{0};
};

struct FaultSchedule {
  std::vector<ScheduledFault> faults;  // in the order of the request
  std::string error;                   // for the user: why there is no schedule; empty: there is one
};

// Gives each fault its time within `span`: the time that it names; faults without a time are spread evenly. A fault
// that lasts longer than the span ends with it.
[[nodiscard]] FaultSchedule schedule_faults(const std::vector<RehearsedFault>& faults, const Options& options,
                                            Milliseconds span);

// Applies a schedule to a stage. `stage` and `schedule` must outlive it.
class FaultPlayer {
 public:
  FaultPlayer(Stage& stage, const FaultSchedule& schedule, std::uint64_t seed);

  // The times at which faults begin or end, ascending, each time once.
  [[nodiscard]] std::vector<Milliseconds> moments() const;
  // Begins and ends the faults of `moment`. Requires: the stage's time is `moment`.
  void play(Milliseconds moment);
  // Ends all faults.
  void heal();

 private:
  void begin(std::size_t index);
  void end(std::size_t index);
  // The key that a peer accepts.
  std::string& key_of(RehearsedFault::Target target, std::size_t peer);
  void apply();
  void apply_to_peer(simulator::WireFaults& target, RehearsedFault::Target kind, std::size_t peer);

  Stage& stage_;
  const FaultSchedule& schedule_;
  Random random_;
  std::set<std::size_t> active_;
  std::uint64_t keys_ = 0;
  std::uint64_t capacity_ = 0;  // of the disk while it is full
};

}  // namespace elit::daemon
