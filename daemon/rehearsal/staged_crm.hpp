#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/options.hpp"
#include "core/simulator/crm.hpp"
#include "core/simulator/crms/crm_peer.hpp"
#include "core/simulator/world.hpp"

namespace elit::daemon {

// A simulated CRM at the other end of a sink that runs its own preset. It finds the messages in the CRM's records by
// the mark of their world (WorldOptions::mark).
class StagedCrm {
 public:
  // `sink` is the result of stage_crm_sink(). `base_url` is where requests arrive, without a path; `start` the
  // beginning of the simulation.
  StagedCrm(const SinkOptions& sink, std::string base_url, Instant start, std::uint64_t seed);

  simulator::Reply answer(const HttpRequest& request, Instant now);

  [[nodiscard]] simulator::WireFaults& faults() { return peer_.vendor().faults(); }
  [[nodiscard]] std::uint64_t requests() { return peer_.vendor().counts().requests; }

  // What the CRM holds of the world's messages, as if a sink of type: http had received it: a message once for each
  // record that holds it, from the time when the CRM first held it. `source` is the name of the world's source.
  [[nodiscard]] std::vector<simulator::Received> received(const simulator::World& world,
                                                          const std::string& source) const;

 private:
  using Mark = std::pair<std::string, std::uint64_t>;  // of the world, number of the message

  // What was last seen of a record.
  struct Seen {
    int writes = 0;
    std::set<Mark> marks;
  };

  void look(Instant now);

  std::string base_url_;
  std::string prefix_;
  Instant start_;
  simulator::CrmPeer peer_;
  std::vector<Seen> seen_;         // of the CRM's records, in their order
  std::map<Mark, Instant> first_;  // when a record first held it
};

// The sink with its own preset, unit and field values, pointed at a simulated CRM at `base_url`. Its secrets are
// references by `sink NAME SECRET`; settings that name parts of the real CRM have the preset's defaults, and fields
// that the preset does not fill by itself are left out, since the simulated CRM does not have them. Absent: the sink
// has no preset, or no CRM is simulated for it.
[[nodiscard]] std::optional<SinkOptions> stage_crm_sink(const SinkOptions& sink, const std::string& base_url);

// What opens a simulated CRM, by the name of a sink's secret.
[[nodiscard]] std::string staged_secret(const std::string& name);

}  // namespace elit::daemon
