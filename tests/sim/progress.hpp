#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "core/simulator/crm.hpp"
#include "core/simulator/passage.hpp"
#include "daemon/rehearsal/stage.hpp"

// How long messages wait that no fault concerns.
namespace elit::sim {

// Whether a fault concerns the messages of a user of a source on their way to a sink.
using Concern = std::function<bool(daemon::Stage&, std::size_t source, std::size_t sink, const std::string& user)>;

struct Wait {
  Milliseconds longest{0};   // from visible to received; a message that has not arrived waits until now
  std::string slowest;       // which message that is
  std::size_t messages = 0;  // those that were looked at
};

// What the sink has received of the source, whatever kind of receiver it is.
[[nodiscard]] std::vector<simulator::Received> received_of(daemon::Stage& stage, std::size_t source, std::size_t sink);

[[nodiscard]] std::vector<simulator::Passage> passages_of(daemon::Stage& stage, std::size_t source, std::size_t sink);

// The longest wait of the messages that became visible at `from` or later and that `concern` does not name.
[[nodiscard]] Wait longest_wait(daemon::Stage& stage, Instant from, const Concern& concern);
// The same for one source and sink.
[[nodiscard]] Wait longest_wait(daemon::Stage& stage, std::size_t source, std::size_t sink, Instant from,
                                const Concern& concern);

[[nodiscard]] bool concerns_nothing(daemon::Stage& stage, std::size_t source, std::size_t sink,
                                    const std::string& user);

}  // namespace elit::sim
