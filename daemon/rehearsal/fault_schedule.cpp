#include "daemon/rehearsal/fault_schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/delivery/sink_kind.hpp"

namespace elit::daemon {
namespace {

using Kind = RehearsedFault::Kind;
using Target = RehearsedFault::Target;

// A crash happens within this many of the daemon's next steps, so that it interrupts its work.
constexpr std::uint64_t crash_steps_max = 40;
constexpr int throttled_retry_after_s = 60;

template <class Peers>
std::vector<std::size_t> named(const Peers& peers, const std::string& name) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < peers.size(); ++i) {
    if (name.empty() || peers[i].name == name) {
      found.push_back(i);
    }
  }
  return found;
}

template <class Peers>
std::string names_of(const Peers& peers) {
  std::string names;
  for (const auto& peer : peers) {
    names += (names.empty() ? "" : ", ") + peer.name;
  }
  return names.empty() ? "none" : names;
}

// The sink that the fault names. Without a name, all sinks that are reached over a network, because a directory has no
// outage; if there are none, all sinks.
std::vector<std::size_t> sinks_of(const RehearsedFault& fault, const std::vector<SinkOptions>& sinks) {
  std::vector<std::size_t> all = named(sinks, fault.name);
  std::vector<std::size_t> remote = all;
  std::erase_if(remote, [&sinks](std::size_t index) { return !uses_network(sinks[index]); });
  return fault.name.empty() && !remote.empty() ? remote : all;
}

// Finds the peers of the fault. Returns what is wrong with their name; empty: nothing.
std::string find_peers(ScheduledFault& scheduled, const Options& options) {
  const RehearsedFault& fault = scheduled.fault;
  if (fault.target == Target::machine) {
    return {};
  }
  const bool api = fault.target == Target::api;
  scheduled.peers = api ? named(options.sources, fault.name) : sinks_of(fault, options.sinks);
  if (!scheduled.peers.empty()) {
    return {};
  }
  return fmt::format("the fault \"{}\": the configuration has no {} of that name; it has {}", fault.text,
                     api ? "source" : "sink", api ? names_of(options.sources) : names_of(options.sinks));
}

// A fault that lasts to the end begins at the beginning; the others are spread.
bool is_spread(const RehearsedFault& fault) {
  return !fault.at && fault.lasts;
}

}  // namespace

FaultSchedule schedule_faults(const std::vector<RehearsedFault>& faults, const Options& options, Milliseconds span) {
  FaultSchedule schedule;
  const auto spread = std::count_if(faults.begin(), faults.end(), is_spread);
  std::int64_t placed = 0;
  for (const RehearsedFault& fault : faults) {
    ScheduledFault scheduled{fault, {}, fault.at.value_or(Milliseconds{0}), span};
    schedule.error = find_peers(scheduled, options);
    if (schedule.error.empty() && scheduled.from >= span) {
      schedule.error = fmt::format("the fault \"{}\" would begin after the end of the days", fault.text);
    }
    if (!schedule.error.empty()) {
      return schedule;
    }
    if (is_spread(fault)) {
      scheduled.from = span * ++placed / (spread + 1);
      scheduled.from = std::max(Milliseconds{0}, std::min(scheduled.from, span - *fault.lasts));
    }
    scheduled.until = std::min(span, scheduled.from + fault.lasts.value_or(span));
    schedule.faults.push_back(std::move(scheduled));
  }
  return schedule;
}

FaultPlayer::FaultPlayer(Stage& stage, const FaultSchedule& schedule, std::uint64_t seed)
    : stage_(stage), schedule_(schedule), random_(simulator::random_for(seed, "rehearsed faults", 0)) {
  apply();
}

std::vector<Milliseconds> FaultPlayer::moments() const {
  std::set<Milliseconds> moments;
  for (const ScheduledFault& scheduled : schedule_.faults) {
    moments.insert(scheduled.from);
    moments.insert(scheduled.until);
  }
  return {moments.begin(), moments.end()};
}

void FaultPlayer::play(Milliseconds moment) {
  for (std::size_t i = 0; i < schedule_.faults.size(); ++i) {
    if (schedule_.faults[i].until == moment && active_.erase(i) > 0) {
      end(i);
    }
  }
  for (std::size_t i = 0; i < schedule_.faults.size(); ++i) {
    if (schedule_.faults[i].from == moment) {
      begin(i);
    }
  }
  apply();
}

void FaultPlayer::heal() {
  for (const std::size_t index : std::exchange(active_, {})) {
    end(index);
  }
  apply();
}

void FaultPlayer::begin(std::size_t index) {
  const ScheduledFault& scheduled = schedule_.faults[index];
  stage_.network().note(scheduled.fault.text);
  switch (scheduled.fault.kind) {
    case Kind::crash:
      stage_.host().kill_after(random_.below(crash_steps_max));
      return;
    case Kind::power_loss:
      stage_.lose_power();
      return;
    case Kind::restart:
      stage_.restart();
      return;
    case Kind::disk_full:
      capacity_ = std::max<std::uint64_t>(1, stage_.disk().used_bytes());
      break;
    case Kind::key_revoked:
      for (const std::size_t peer : scheduled.peers) {
        key_of(scheduled.fault.target, peer) = "rehearsal-key-" + std::to_string(++keys_);
      }
      break;
    default:
      break;
  }
  active_.insert(index);
}

// Sets the new key if the fault revoked one. The other faults end because apply() leaves them out.
void FaultPlayer::end(std::size_t index) {
  const ScheduledFault& scheduled = schedule_.faults[index];
  if (scheduled.fault.kind != Kind::key_revoked) {
    return;
  }
  for (const std::size_t peer : scheduled.peers) {
    const std::string name = scheduled.fault.target == Target::api ? "source " + stage_.options().sources[peer].name
                                                                   : "sink " + stage_.options().sinks[peer].name;
    stage_.set_secret(name, key_of(scheduled.fault.target, peer));
  }
}

std::string& FaultPlayer::key_of(Target target, std::size_t peer) {
  return target == Target::api ? stage_.source(peer).faults().api_key : stage_.sink(peer).faults().authorization;
}

void FaultPlayer::apply() {
  for (std::size_t i = 0; i < stage_.sources(); ++i) {
    apply_to_peer(stage_.source(i).faults(), Target::api, i);
  }
  for (std::size_t i = 0; i < stage_.sinks(); ++i) {
    apply_to_peer(stage_.wire_of_sink(i), Target::crm, i);
  }
  const bool full = std::any_of(active_.begin(), active_.end(), [this](std::size_t index) {
    return schedule_.faults[index].fault.kind == Kind::disk_full;
  });
  stage_.disk().set_capacity(full ? capacity_ : 0);
}

void FaultPlayer::apply_to_peer(simulator::WireFaults& target, RehearsedFault::Target kind, std::size_t peer) {
  simulator::WireFaults faults;
  faults.retry_after_s = 0;
  for (const std::size_t index : active_) {
    const ScheduledFault& scheduled = schedule_.faults[index];
    const RehearsedFault& fault = scheduled.fault;
    if (fault.target != kind ||
        std::find(scheduled.peers.begin(), scheduled.peers.end(), peer) == scheduled.peers.end()) {
      continue;
    }
    // A simulated CRM with a preset refuses every credential during the fault and accepts the same ones afterwards.
    faults.unauthorized.on = faults.unauthorized.on ||
                             (fault.kind == Kind::key_revoked && kind == Target::crm && stage_.crm(peer) != nullptr);
    faults.down.on = faults.down.on || fault.kind == Kind::down;
    faults.server_errors += fault.kind == Kind::errors ? fault.share : 0;
    faults.lost_answers += fault.kind == Kind::lost_answers ? fault.share : 0;
    faults.latency_s = std::max(faults.latency_s, std::chrono::duration<double>(fault.delay).count());
    if (fault.kind == Kind::throttled) {
      faults.throttled = 1;
      faults.retry_after_s = throttled_retry_after_s;
    }
  }
  target = faults;
}

}  // namespace elit::daemon
