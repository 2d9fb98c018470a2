#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/crm/sink_design.hpp"
#include "core/options.hpp"
#include "core/simulator/crm.hpp"
#include "core/simulator/crms/crm_peer.hpp"
#include "core/simulator/world.hpp"

namespace elit::daemon {

// The simulated CRM of a sink that runs its own preset. It finds messages in the CRM's records by the mark in their
// texts (WorldOptions::mark).
class StagedCrm {
 public:
  // `sink` went through stage_crm_sink(). Requests arrive at `base_url`, which has no path. `start` is the
  // beginning of the simulation.
  StagedCrm(const SinkOptions& sink, std::string base_url, Instant start, std::uint64_t seed);

  simulator::Reply answer(const HttpRequest& request, Instant now);

  [[nodiscard]] simulator::SimulatedCrmFaults& faults() { return peer_.vendor().faults(); }
  [[nodiscard]] std::uint64_t requests() { return peer_.vendor().counts().requests; }

  // What the CRM holds of the world's messages, as if a sink of type: http had received it: a message once for each
  // record that holds it, from the time when the CRM first held it. `source` is the name of the world's source.
  [[nodiscard]] std::vector<simulator::Received> received(const simulator::World& world,
                                                          const std::string& source) const;

 private:
  using Mark = std::pair<std::string, std::uint64_t>;  // mark of the world, number of the message

  // The state of a record at the last look.
  struct Seen {
    int writes = 0;
    std::set<Mark> marks;
  };

  void look(Instant now);

  std::string base_url_;
  std::string prefix_;
  Instant start_;
  simulator::CrmPeer peer_;
  std::vector<Seen> seen_;         // one for each of the CRM's records, in their order
  std::map<Mark, Instant> first_;  // when a record first held it
};

// Whether the sink has a preset whose CRM can be simulated.
[[nodiscard]] bool is_simulated(const SinkOptions& sink);

// Gives a sink and its design the address of a simulated CRM, `base_url`. Preset, unit and field values stay. The
// secrets become references named `sink NAME SECRET`. Settings that name parts of the real CRM get the preset's
// defaults. Fields that the preset does not fill by itself are left out, because the simulated CRM does not have them.
// Requires: is_simulated(sink).
[[nodiscard]] crm::SinkDesign stage_crm_sink(SinkOptions& sink, crm::SinkDesign design, const std::string& base_url);

// The value of a sink's secret that a simulated CRM accepts, by the name of the secret.
[[nodiscard]] std::string staged_secret(const std::string& name);

}  // namespace elit::daemon
