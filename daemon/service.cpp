#include "daemon/service.hpp"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <csignal>
#include <random>
#include <utility>

#include "core/status/health.hpp"
#include "core/text/wording.hpp"
#include "daemon/delivery/token_file.hpp"
#include "daemon/http/transport.hpp"
#include "daemon/loaded_configuration.hpp"
#include "daemon/system/blocked_signals.hpp"
#include "daemon/system/secret.hpp"
#include "storage/state_directory.hpp"
#include "storage/status_reader.hpp"

namespace elit::daemon {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

Result<std::string> secret_of(const SecretReference& reference) {
  auto secret = read_secret(reference);
  if (secret.has_value()) {
    return std::move(*secret);
  }
  return Failure{.kind = FailureKind::unauthorized,
                 .detail = secret.error().what,
                 .retry_after = std::nullopt,
                 .status = 0,
                 .answer_lost = false};
}

constexpr Milliseconds status_interval{5'000};
constexpr Milliseconds stop_limit{9'000};
constexpr Milliseconds progress_interval{200};
// Judging the state takes at most one part in so many of the time.
constexpr int judging_share = 200;

}  // namespace

Service::Service(std::filesystem::path file, Configuration configuration, Log& log)
    : file_(std::move(file)),
      configuration_(std::move(configuration)),
      log_(log),
      io_(1),
      notifier_(Notifier::from_environment()),
      store_(storage::Store::open(configuration_.options.state_directory)),
      signals_(io_, SIGTERM, SIGINT),
      seed_(std::random_device{}()),
      check_ended_(io_.get_executor()) {
  storage_ = std::make_unique<StorageThread>(*store_, io_.get_executor(),
                                             [this](std::exception_ptr error) { fail(std::move(error)); });
}

Service::~Service() {
  state_check_.reset();
  engine_.reset();
  next_engine_.reset();
  storage_->stop();
}

std::unique_ptr<Engine> Service::make_engine(Configuration configuration, SourceLoop::Mode mode, bool deliver,
                                             bool after_reload) {
  Engine::Parts parts;
  parts.executor = io_.get_executor();
  parts.transports = [executor = parts.executor](TransportSettings settings) {
    return make_transport(executor, std::move(settings));
  };
  parts.secrets = secret_of;
  parts.token_directory = token_directory_for(configuration.options.state_directory);
  parts.storage = storage_.get();
  parts.timer = &timer_;
  parts.log = &log_;
  parts.seed = seed_++;
  parts.deliver = deliver;
  parts.after_reload = after_reload;
  return std::make_unique<Engine>(std::move(configuration), mode, std::move(parts));
}

// A large state must not keep the work waiting until all of it was read. What is damaged ends the process.
void Service::check_state() {
  if (!store_->needs_check()) {
    return;
  }
  checked_ = false;
  auto end = [this](std::exception_ptr finding) {
    asio::post(io_, [this, finding = std::move(finding)] {
      checked_ = true;
      check_ended_.set();
      if (finding) {
        fail(finding);
      }
    });
  };
  state_check_ = std::make_unique<storage::BackgroundCheck>(
      std::filesystem::path(configuration_.options.state_directory) / storage::database_name, std::move(end));
}

void Service::run_forever() {
  signals_.add(SIGHUP);
  engine_ = make_engine(configuration_, SourceLoop::Mode::forever);
  start(handle_signals());
  start(feed_watchdog());
  check_state();
  start(serve());
  log_.write(Event::ready, "the state is open, all sources and sinks are started",
             {{"sources", configuration_.options.sources.size()}, {"sinks", configuration_.options.sinks.size()}});
  notifier_.ready();
  run_loop();
}

std::vector<std::string> Service::run_once(const Pass& asked) {
  engine_ = make_engine(configuration_, SourceLoop::Mode::one_pass, asked.deliver);
  start(handle_signals());
  if (asked.show_progress) {
    start(show_progress(asked.show_progress));
  }
  check_state();
  start(pass());
  run_loop();
  return problems_;
}

void Service::run_loop() {
  release_signals();  // Signals that arrived meanwhile are handled first.
  io_.run();
  block_signals(true);
  if (error_) {
    std::rethrow_exception(error_);
  }
}

void Service::start(awaitable<void> part) {
  auto on_end = [this](std::exception_ptr error) {
    if (error) {
      fail(std::move(error));
    }
  };
  asio::co_spawn(io_, std::move(part), std::move(on_end));
}

// The first failure of this machine ends the process; the next start recovers.
void Service::fail(std::exception_ptr error) {
  if (!error_) {
    error_ = std::move(error);
  }
  io_.stop();
}

awaitable<void> Service::serve() {
  for (;;) {
    co_await engine_->run();
    if (stopping_ || !next_engine_) {
      break;
    }
    engine_ = std::move(next_engine_);
    configuration_ = engine_->configuration();
    log_.write(Event::reloaded, "the new configuration is in use",
               {{"sources", configuration_.options.sources.size()}, {"sinks", configuration_.options.sinks.size()}});
    notifier_.ready();
  }
  io_.stop();
}

awaitable<void> Service::pass() {
  co_await engine_->run();
  if (!checked_ && !stopping_) {
    co_await check_ended_.wait();
  }
  problems_ = engine_->problems();
  warnings_ = engine_->warnings();
  if (stopping_) {
    problems_.emplace_back("stopped by a signal before the pass was complete");
  }
  io_.stop();
}

awaitable<void> Service::show_progress(std::function<void(const Engine::Progress&)> show) {
  for (;;) {
    show(engine_->progress());
    co_await sleep_for(progress_interval);
  }
}

awaitable<void> Service::handle_signals() {
  for (;;) {
    const auto [error, signal] = co_await signals_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) {
      co_return;
    }
    if (signal == SIGHUP) {
      reload();
    } else {
      stop(signal == SIGTERM ? "SIGTERM" : "SIGINT");
    }
  }
}

void Service::stop(const std::string& why) {
  if (std::exchange(stopping_, true)) {
    return;
  }
  notifier_.stopping();
  check_ended_.set();
  log_.write(Event::stopping, "stopping after " + why + ": reads are abandoned, running deliveries get 3 s to finish");
  engine_->stop();
  next_engine_.reset();
  start(end_after_limit());
}

awaitable<void> Service::end_after_limit() {
  co_await sleep_for(stop_limit);
  io_.stop();  // The remaining requests are abandoned; the state covers this case.
}

void Service::reload() {
  notifier_.reloading();
  if (const std::optional<std::string> problem = log_.reopen()) {
    log_.write(Event::log_failed, "the log could not be reopened: " + *problem);
  }
  LoadedConfiguration loaded = load_configuration(file_);
  if (!loaded.configuration) {
    refuse_reload(loaded.complaint);
    return;
  }
  const Options& options = loaded.configuration->options;
  if (options.state_directory != configuration_.options.state_directory) {
    refuse_reload("state.directory cannot change while running: restart instead");
    return;
  }
  refused_.clear();
  if (loaded.configuration->is_same_as(configuration_)) {
    engine_->reload_secrets();
    log_.write(Event::reloaded, "the configuration is unchanged; the secrets were read again and the log was reopened");
    notifier_.ready();
    return;
  }
  try {
    next_engine_ = make_engine(*loaded.configuration, SourceLoop::Mode::forever, true, true);
  } catch (const std::runtime_error& error) {
    refuse_reload(error.what());
    return;
  }
  if (const std::optional<std::string> problem = log_.reconfigure(options.log)) {
    log_.write(Event::log_failed, "the new log settings are not in use: " + *problem);
  }
  engine_->stop();
}

void Service::refuse_reload(const std::string& why) {
  refused_ = "the new configuration is refused, the old one stays in use: " + why;
  log_.write(Event::reload_refused, refused_);
  notifier_.ready();
  notifier_.status(refused_);
}

awaitable<void> Service::feed_watchdog() {
  const Milliseconds period = std::min(status_interval, notifier_.watchdog_period().value_or(status_interval));
  for (;;) {
    // If the storage thread answers, on the files that were opened, and no request exceeds its limits, every part makes
    // progress or waits for a stated time.
    auto ping = [](const storage::Store& store) { store.require_own_files(); };
    co_await storage_->run(ping);
    if (!engine_->stalled()) {
      notifier_.watchdog();
    }
    co_await tell_status();
    co_await sleep_for(period);
  }
}

// What `status` would say, in one line for the service manager. A large state is judged less often than it is fed, so
// that the judging stays cheap.
awaitable<void> Service::tell_status() {
  if (!notifier_.enabled()) {
    co_return;
  }
  if (timer_.now().steady >= judge_again_) {
    auto read = [](storage::Store& store) {
      const auto began = std::chrono::steady_clock::now();
      Status status = storage::read_status(store);
      return std::pair{std::move(status), std::chrono::steady_clock::now() - began};
    };
    const auto [status, took] = co_await storage_->run(read);
    const Now now = timer_.now();
    unhealthy_ = problems_of(status, configuration_.options, now.wall);
    judge_again_ = now.steady + std::chrono::ceil<Milliseconds>(took * judging_share);
  }
  std::string line = refused_.empty() ? "" : refused_ + ". ";
  if (!unhealthy_.empty()) {
    line = counted(static_cast<std::int64_t>(unhealthy_.size()), "problem", "problems") + ": " +
           fmt::format("{}", fmt::join(unhealthy_, "; ")) + ". ";
  }
  notifier_.status(line + engine_->summary());
}

std::vector<std::pair<std::string, storage::Ledger>> Service::ledgers() {
  storage_->stop();
  std::vector<std::pair<std::string, storage::Ledger>> ledgers;
  ledgers.reserve(configuration_.options.sources.size());
  for (const SourceOptions& source : configuration_.options.sources) {
    ledgers.emplace_back(source.name, store_->ledger(store_->register_source(source.name)));
  }
  return ledgers;
}

}  // namespace elit::daemon
