#include "tests/sim/progress.hpp"

#include <iterator>

#include "core/simulator/timestamp_form.hpp"

namespace elit::sim {

using daemon::Stage;

std::vector<simulator::Received> received_of(Stage& stage, std::size_t source, std::size_t sink) {
  const std::string& name = stage.options().sources[source].name;
  if (const daemon::StagedCrm* crm = stage.crm(sink)) {
    return crm->received(stage.source(source).world(), name);
  }
  std::vector<simulator::Received> received;
  for (const simulator::Received& message : stage.sink(sink).received()) {
    if (message.source == name) {
      received.push_back(message);
    }
  }
  return received;
}

std::vector<simulator::Passage> passages_of(Stage& stage, std::size_t source, std::size_t sink) {
  const Instant now = stage.time().truth();
  simulator::Simulator& api = stage.source(source);
  api.world().advance(now);
  const SourceOptions& options = stage.options().sources[source];
  const simulator::LedgerQuery query{.source = options.name, .since = options.since, .visible_until = std::nullopt};
  return simulator::passages(api.world(), api.api(), received_of(stage, source, sink), query, now);
}

Wait longest_wait(Stage& stage, std::size_t source, std::size_t sink, Instant from, const Concern& concern) {
  const Instant now = stage.time().truth();
  Wait wait;
  for (const simulator::Passage& passage : passages_of(stage, source, sink)) {
    if (passage.visible_from < from || concern(stage, source, sink, passage.user_id)) {
      continue;
    }
    ++wait.messages;
    const Milliseconds took = passage.arrived.value_or(now) - passage.visible_from;
    if (took > wait.longest) {
      wait.longest = took;
      wait.slowest = "user " + passage.user_id + " dated " + simulator::iso_text(passage.instant) + " visible from " +
                     simulator::iso_text(passage.visible_from) + ", from " + stage.options().sources[source].name +
                     " to " + stage.options().sinks[sink].name + (passage.arrived ? "" : ", not arrived");
    }
  }
  return wait;
}

Wait longest_wait(Stage& stage, Instant from, const Concern& concern) {
  Wait longest;
  for (std::size_t source = 0; source < stage.sources(); ++source) {
    for (std::size_t sink = 0; sink < stage.sinks(); ++sink) {
      Wait wait = longest_wait(stage, source, sink, from, concern);
      wait.messages += longest.messages;
      if (wait.longest < longest.longest) {
        wait.longest = longest.longest;
        wait.slowest = std::move(longest.slowest);
      }
      longest = std::move(wait);
    }
  }
  return longest;
}

bool concerns_nothing(Stage&, std::size_t, std::size_t, const std::string&) {
  return false;
}

}  // namespace elit::sim
