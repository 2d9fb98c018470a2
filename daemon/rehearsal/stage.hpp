#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/crm/sink_design.hpp"
#include "core/options.hpp"
#include "core/simulator/crm.hpp"
#include "core/simulator/simulator.hpp"
#include "daemon/log/log.hpp"
#include "daemon/rehearsal/host.hpp"
#include "daemon/rehearsal/network.hpp"
#include "daemon/rehearsal/staged_crm.hpp"
#include "daemon/time/virtual_time.hpp"
#include "storage/memory_disk/memory_disk.hpp"

namespace elit::daemon {

struct StageOptions {
  // The options of the daemon. If a sink's CRM can be simulated, the sink runs its own preset against the simulated
  // CRM; every other sink becomes a sink of type: http.
  Options options;
  crm::SinkDesigns designs;                          // of the sinks of CRMs
  std::vector<simulator::SimulatorOptions> sources;  // one for each source, in order; their worlds begin at `start`
  std::vector<simulator::CrmFaults> sinks;  // one for each sink, in order; of a simulated CRM those of the wire
  Instant start;
  std::uint64_t seed = 1;
  LogOptions log;
  Milliseconds restart_after{5'000};  // the pause after the daemon has ended for any reason
};

// A host and its surroundings: a simulated Elitbuzz for each source, a simulated CRM for each sink, the network between
// them and a service manager that restarts the daemon.
//
// Only one stage at a time in a process, because SQLite's random numbers are global.
class Stage {
 public:
  explicit Stage(StageOptions options);
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  ~Stage() = default;

  // Runs everything until `when`. The first call starts the daemon.
  void run_until(SteadyTime when);

  // Stops the daemon in an orderly way and starts it again, as the service manager does.
  void restart();
  // Restarts the daemon with other options for the same peers. Sinks that run a preset keep it.
  void change_options(const Options& options);
  // The machine loses its power.
  void lose_power();

  // Changes a secret on the host. The daemon gets the new value when it next reads the secret.
  void set_secret(const std::string& name, const std::string& value) { secrets_[name] = value; }

  [[nodiscard]] VirtualTime& time() { return time_; }
  [[nodiscard]] Network& network() { return network_; }
  [[nodiscard]] Host& host() { return host_; }
  [[nodiscard]] storage::MemoryDisk& disk() { return disk_; }
  [[nodiscard]] const Options& options() const { return configuration_.options; }
  [[nodiscard]] simulator::Simulator& source(std::size_t index) { return *sources_[index]; }
  // The receiver of a sink of type: http. For a sink with a simulated CRM it receives nothing.
  [[nodiscard]] simulator::Crm& sink(std::size_t index) { return *sinks_[index]; }
  // The simulated CRM of a sink; null: the sink runs as type: http.
  [[nodiscard]] StagedCrm* crm(std::size_t index) { return crms_[index].get(); }
  // The faults of the wire to whatever receives for a sink.
  [[nodiscard]] simulator::WireFaults& wire_of_sink(std::size_t index) {
    return crms_[index] != nullptr ? static_cast<simulator::WireFaults&>(crms_[index]->faults())
                                   : sinks_[index]->faults();
  }
  [[nodiscard]] std::size_t sources() const { return sources_.size(); }
  [[nodiscard]] std::size_t sinks() const { return sinks_.size(); }

  // How often the daemon was started, and the reasons when it ended by itself.
  [[nodiscard]] int starts() const { return starts_; }
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

 private:
  void add_sink(const SinkOptions& sink, const simulator::CrmFaults& faults, Instant start, std::uint64_t seed);
  void supervise();
  void start_host();

  crm::SinkDesigns designs_;  // of the real sinks
  Configuration configuration_;
  Milliseconds restart_after_;
  std::map<std::string, std::string> secrets_;
  VirtualTime time_;
  Network network_;
  storage::MemoryDisk disk_;
  Log log_;
  std::vector<std::unique_ptr<simulator::Simulator>> sources_;
  std::vector<std::unique_ptr<simulator::Crm>> sinks_;
  std::vector<std::unique_ptr<StagedCrm>> crms_;  // null: none
  Host host_;
  bool restart_planned_ = false;
  int starts_ = 0;
  std::vector<std::string> problems_;
};

}  // namespace elit::daemon
