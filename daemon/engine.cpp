#include "daemon/engine.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <memory>
#include <utility>

#include "core/text/wording.hpp"
#include "daemon/delivery/sink_kind.hpp"

namespace elit::daemon {
namespace {

using boost::asio::awaitable;

// The time that running deliveries get after stop().
constexpr Milliseconds farewell{3'000};
constexpr Milliseconds connect_timeout_max{10'000};
constexpr Milliseconds look_again{500};

TransportSettings source_transport_settings(const SourceOptions& options) {
  TransportSettings settings;
  settings.base_url = options.base_url;
  settings.options = options.transport;
  settings.connect_timeout = std::min(connect_timeout_max, options.limits.timeout);
  settings.handshake_timeout = settings.connect_timeout;
  settings.header_timeout = options.limits.timeout;
  settings.body_idle_timeout = options.limits.timeout;
  settings.total_timeout = options.limits.timeout;
  settings.response_size_bytes_max = options.limits.response_size;
  settings.connections_max = options.limits.concurrency;
  return settings;
}

}  // namespace

Engine::Engine(Configuration configuration, SourceLoop::Mode mode, Parts parts)
    : configuration_(std::move(configuration)), mode_(mode), parts_(std::move(parts)), changed_(parts_.executor) {
  sink_parts_ = make_sink_parts();
  for (const SourceOptions& source : configuration_.options.sources) {
    SourceLoop::Parts loop;
    loop.executor = parts_.executor;
    loop.transport = parts_.transports(source_transport_settings(source));
    loop.storage = parts_.storage;
    loop.timer = parts_.timer;
    loop.log = parts_.log;
    loop.secrets = parts_.secrets;
    loop.on_stored = [this] {
      for (const auto& sink : sinks_) {
        sink->on_stored();
      }
    };
    loop.budget = mode_ == SourceLoop::Mode::one_pass ? std::optional{configuration_.options.sync.wait} : std::nullopt;
    loop.seed = parts_.seed + sources_.size() + 1;
    sources_.push_back(std::make_unique<SourceLoop>(source, mode_, std::move(loop)));
  }
}

std::vector<Engine::SinkParts> Engine::make_sink_parts() {
  std::vector<SinkParts> made;
  for (const SinkOptions& sink : configuration_.options.sinks) {
    const std::unique_ptr<SinkKind> kind = sink_kind(sink, configuration_.designs);
    if (!uses_network(sink) && !archives_) {
      archives_.emplace(1);
    }
    SinkParts parts;
    parts.secrets = std::make_unique<SinkSecrets>(parts_.secrets, *parts_.log);
    SinkClientParts client;
    client.executor = parts_.executor;
    client.blocking = archives_ ? boost::asio::any_io_executor(archives_->get_executor()) : parts_.executor;
    client.transports = parts_.transports;
    client.storage = parts_.storage;
    client.timer = parts_.timer;
    client.log = parts_.log;
    client.secrets = parts.secrets.get();
    client.token_directory = parts_.token_directory;
    parts.client = kind->make_client(std::move(client));
    parts.concurrency = kind->concurrency();
    parts.late_arrival = kind->late_arrival();
    made.push_back(std::move(parts));
  }
  return made;
}

Engine::~Engine() {
  if (archives_) {
    archives_->join();
  }
}

awaitable<void> Engine::run() {
  co_await register_sinks();
  if (!stopped_) {
    start_loops();
  }
  while (sources_running_ > 0) {
    co_await changed_.wait();
  }
  if (mode_ == SourceLoop::Mode::one_pass && !stopped_) {
    if (parts_.deliver) {
      co_await finish_delivering();
    }
    for (const auto& source : sources_) {
      co_await source->write_cycle();
    }
    stop();
  }
  while (sinks_running_ > 0 || waits_running_ > 0) {
    co_await changed_.wait();
  }
  if (error_) {
    std::rethrow_exception(error_);
  }
}

void Engine::start_loops() {
  for (const auto& sink : sinks_) {
    if (parts_.deliver) {
      start(sink->run(), sinks_running_);
    }
  }
  for (const auto& source : sources_) {
    start(source->run(), sources_running_);
  }
}

awaitable<void> Engine::register_sinks() {
  std::vector<std::pair<std::string, bool>> names;
  names.reserve(configuration_.options.sinks.size());
  for (const SinkOptions& sink : configuration_.options.sinks) {
    names.emplace_back(sink.name, sink.history);
  }
  // Messages dated within this time before a new sink began may be found only after its start. The sink gets them, with
  // or without history.
  Milliseconds margin{0};
  for (const SourceOptions& source : configuration_.options.sources) {
    margin = std::max(margin, news_margin(source));
  }
  auto job = [names = std::move(names), since = parts_.timer->now().wall - margin](storage::Store& store) {
    return store.register_sinks(names, since);
  };
  const std::vector<storage::SinkId> ids = co_await parts_.storage->run(std::move(job));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    SinkLoop::Parts loop;
    loop.executor = parts_.executor;
    loop.secrets = std::move(sink_parts_[i].secrets);
    loop.client = std::move(sink_parts_[i].client);
    loop.concurrency = sink_parts_[i].concurrency;
    loop.late_arrival = sink_parts_[i].late_arrival;
    loop.storage = parts_.storage;
    loop.timer = parts_.timer;
    loop.log = parts_.log;
    loop.on_change = [this] { changed_.set(); };
    loop.seed = parts_.seed * 31 + i;
    loop.after_reload = parts_.after_reload;
    sinks_.push_back(std::make_unique<SinkLoop>(configuration_.options.sinks[i], ids[i], std::move(loop)));
    sinks_.back()->hurry(mode_ == SourceLoop::Mode::one_pass);
  }
}

// Runs a loop concurrently with the others. The first loop that fails stops all.
void Engine::start(awaitable<void> part, int& running) {
  ++running;
  auto on_end = [this, &running](const std::exception_ptr& error) {
    --running;
    if (error && !error_) {
      error_ = error;
      stop();
    }
    changed_.set();
  };
  boost::asio::co_spawn(parts_.executor, std::move(part), std::move(on_end));
}

void Engine::stop() {
  if (std::exchange(stopped_, true)) {
    return;
  }
  for (const auto& source : sources_) {
    source->stop();
  }
  for (const auto& sink : sinks_) {
    sink->stop();
  }
  start(abandon_later(), waits_running_);
}

awaitable<void> Engine::abandon_later() {
  const SteadyTime until = parts_.timer->now().steady + farewell;
  for (SteadyTime now = parts_.timer->now().steady; sinks_running_ > 0 && now < until;
       now = parts_.timer->now().steady) {
    co_await changed_.wait(until - now);
  }
  for (const auto& sink : sinks_) {
    sink->abandon();
  }
}

awaitable<void> Engine::finish_delivering() {
  std::vector<WaitBudget> budget(sinks_.size(), WaitBudget(configuration_.options.sync.wait));
  SteadyTime looked = parts_.timer->now().steady;
  for (;;) {
    undelivered_.clear();
    bool done = true;
    const SteadyTime now = parts_.timer->now().steady;
    for (std::size_t i = 0; i < sinks_.size(); ++i) {
      if (sinks_[i]->summary().state == SinkState::failing || sinks_[i]->summary().in_flight == 0) {
        budget[i].spend(looked, now);
      }
      std::string why;
      done = is_done(*sinks_[i], budget[i], why) && done;
      if (!why.empty()) {
        undelivered_.push_back(why);
      }
    }
    looked = now;
    if (done || stopped_ || error_) {
      co_return;
    }
    co_await changed_.wait(look_again);
  }
}

bool Engine::is_done(const SinkLoop& sink, WaitBudget& budget, std::string& why) const {
  const DeliverySummary summary = sink.summary();
  if (summary.settled) {
    return true;
  }
  const std::string place = "sink " + sink.name() + ": ";
  if (is_paused(summary.state)) {
    why = place + to_string(summary.state) + ": " + summary.reason;
    return true;
  }
  const SteadyTime now = parts_.timer->now().steady;
  const bool budget_spent = !budget.allows(Milliseconds{1});
  const bool too_far = summary.in_flight == 0 && summary.wake_up && !budget.allows(*summary.wake_up - now);
  if (budget_spent || too_far) {
    why = place + "messages are left undelivered: " +
          (summary.reason.empty() ? std::string("they wait to be tried again") : summary.reason);
    return true;
  }
  return false;
}

void Engine::reload_secrets() {
  for (const auto& source : sources_) {
    source->reload();
  }
  for (const auto& sink : sinks_) {
    sink->reload_secrets();
  }
}

std::vector<std::string> Engine::problems() const {
  std::vector<std::string> lines;
  for (const auto& source : sources_) {
    const SourceLoop::Shortfall shortfall = source->shortfall();
    const std::string place = "source " + source->name() + ": ";
    if (shortfall.listing_failed) {
      lines.push_back(place + "the users could not be listed: " + shortfall.last_error);
    }
    if (shortfall.users_failed > 0) {
      lines.push_back(place + counted(static_cast<std::int64_t>(shortfall.users_failed), "user", "users") +
                      " could not be read: " + shortfall.last_error);
    }
    if (shortfall.gave_up && !shortfall.listing_failed) {
      lines.push_back(place + "gave up waiting: " + shortfall.last_error);
    }
  }
  lines.insert(lines.end(), undelivered_.begin(), undelivered_.end());
  return lines;
}

Engine::Progress Engine::progress() const {
  Progress progress;
  for (const auto& source : sources_) {
    const SourceLoop::Progress one = source->progress();
    progress.fetched.users += one.users;
    progress.fetched.users_done += one.users_done;
    progress.fetched.pages += one.pages;
    progress.fetched.messages += one.messages;
  }
  for (const auto& sink : sinks_) {
    progress.waiting += sink->summary().waiting;
  }
  return progress;
}

std::vector<std::string> Engine::warnings() const {
  std::vector<std::string> lines;
  for (const auto& source : sources_) {
    for (const std::string& problem : source->problems()) {
      lines.push_back("source " + source->name() + ": " + problem);
    }
  }
  return lines;
}

std::string Engine::summary() const {
  std::string line;
  for (const auto& source : sources_) {
    const bool in_trouble = !source->state().empty() && source->state() != "running";
    line += "source " + source->name() + ": " + (in_trouble ? source->state() + ", " : "") +
            std::to_string(source->followed()) + " users; ";
  }
  for (const auto& sink : sinks_) {
    const DeliverySummary summary = sink->summary();
    line += "sink " + sink->name() + ": " + to_string(summary.state) + ", " + std::to_string(summary.waiting) +
            " waiting; ";
  }
  if (line.size() >= 2) {
    line.resize(line.size() - 2);
  }
  return line;
}

bool Engine::stalled() const {
  return std::any_of(sources_.begin(), sources_.end(),
                     [](const auto& source) { return source->stalled_since().has_value(); });
}

}  // namespace elit::daemon
