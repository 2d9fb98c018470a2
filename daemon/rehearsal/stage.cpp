#include "daemon/rehearsal/stage.hpp"

#include <utility>

#include "core/check.hpp"

namespace elit::daemon {
namespace {

// The key that the simulated sources accept.
constexpr const char* stage_api_key = "rehearsal-api-key";

std::string source_url(const std::string& name) {
  return "http://source-" + name + ".invalid";
}

std::string sink_url(const std::string& name) {
  return "http://sink-" + name + ".invalid";
}

// The configuration with simulated peers instead of the real ones.
Configuration staged(Options options, const crm::SinkDesigns& designs) {
  crm::SinkDesigns staged_designs;
  for (SourceOptions& source : options.sources) {
    source.base_url = source_url(source.name);
    source.api_key = {SecretReference::Kind::file, "source " + source.name};
    source.transport = {};
    source.transport.insecure_http = true;
  }
  for (SinkOptions& sink : options.sinks) {
    const auto design = designs.find(sink.name);
    if (design != designs.end() && is_simulated(sink)) {
      crm::SinkDesign staged = stage_crm_sink(sink, design->second, sink_url(sink.name));
      staged_designs.emplace(sink.name, std::move(staged));
      continue;
    }
    sink.type = SinkType::http;
    sink.crm.clear();
    sink.url = sink_url(sink.name) + "/conversations";
    sink.headers.clear();
    sink.headers["Authorization"] = SecretReference{SecretReference::Kind::file, "sink " + sink.name};
    sink.sign = {};
    sink.transport = {};
    sink.transport.insecure_http = true;
  }
  return {std::move(options), std::move(staged_designs)};
}

}  // namespace

Stage::Stage(StageOptions options)
    : designs_(std::move(options.designs)),
      configuration_(staged(std::move(options.options), designs_)),
      restart_after_(options.restart_after),
      time_(options.start),
      network_(time_, Random(options.seed).next()),
      disk_(options.seed),
      log_(options.log, [this] { return time_.now().wall; }),
      host_({.time = &time_,
             .network = &network_,
             .disk = &disk_,
             .log = &log_,
             .secrets = [this](const SecretReference& reference) -> Result<std::string> {
               return secrets_.at(reference.name);
             },
             .seed = options.seed}) {
  check(options.sources.size() == configuration_.options.sources.size() &&
            options.sinks.size() == configuration_.options.sinks.size(),
        "a stage has one peer for each source and each sink");
  for (std::size_t i = 0; i < options.sources.size(); ++i) {
    const std::string& name = configuration_.options.sources[i].name;
    simulator::SimulatorOptions peer = options.sources[i];
    peer.world.start = options.start;
    peer.account.api_key = stage_api_key;
    peer.account.customer_id = configuration_.options.sources[i].customer_id;
    peer.account.bot_key = configuration_.options.sources[i].bot_key;
    secrets_["source " + name] = stage_api_key;
    sources_.push_back(std::make_unique<simulator::Simulator>(peer));
    network_.add_peer(source_url(name), [api = sources_.back().get()](const HttpRequest& request, Instant now) {
      return api->answer(request, now);
    });
  }
  for (std::size_t i = 0; i < options.sinks.size(); ++i) {
    add_sink(configuration_.options.sinks[i], options.sinks[i], options.start, options.seed + i);
  }
}

void Stage::add_sink(const SinkOptions& sink, const simulator::CrmFaults& faults, Instant start, std::uint64_t seed) {
  const std::string& name = sink.name;
  for (const auto& [secret, reference] : sink.secrets) {
    secrets_[reference.name] = staged_secret(secret);
  }
  const std::string secret = "rehearsal-sink-" + name;
  secrets_["sink " + name] = secret;
  simulator::Crm* receiver = sinks_.emplace_back(std::make_unique<simulator::Crm>(secret, seed)).get();
  receiver->faults() = faults;
  StagedCrm* crm = crms_.emplace_back().get();
  if (!sink.crm.empty()) {
    crms_.back() = std::make_unique<StagedCrm>(sink, sink_url(name), start, seed);
    crm = crms_.back().get();
    static_cast<simulator::WireFaults&>(crm->faults()) = faults;
  }
  network_.add_peer(sink_url(name), [receiver, crm, start](const HttpRequest& request, Instant now) {
    return crm != nullptr ? crm->answer(request, now) : receiver->answer(request, now, now - start);
  });
}

void Stage::run_until(SteadyTime when) {
  for (;;) {
    host_.turn();
    supervise();
    const std::optional<SteadyTime> next = time_.next();
    if (!next || *next > when) {
      break;
    }
    time_.step();
  }
  time_.pass_until(when);
}

void Stage::supervise() {
  if (host_.running() || restart_planned_) {
    return;
  }
  if (!host_.problem().empty()) {
    problems_.push_back(host_.problem());
  }
  restart_planned_ = true;
  const Milliseconds wait = starts_ == 0 ? Milliseconds{0} : restart_after_;
  time_.call_at(time_.now().steady + wait, [this] { start_host(); });
}

void Stage::start_host() {
  restart_planned_ = false;
  ++starts_;
  network_.note("start");
  host_.start(configuration_);
}

void Stage::restart() {
  network_.note("restart");
  host_.terminate();
}

void Stage::change_options(const Options& options) {
  configuration_ = staged(options, designs_);
  restart();
}

void Stage::lose_power() {
  network_.note("power");
  host_.kill();
  disk_.lose_power();
}

}  // namespace elit::daemon
