#include "daemon/sink_loop.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "core/check.hpp"
#include "core/crm/webhook.hpp"
#include "core/crm/webhook_signature.hpp"

namespace elit::daemon {
namespace asio = boost::asio;
using storage::Store;

namespace {

DeliverySettings settings_of(const SinkOptions& options) {
  DeliverySettings settings;
  settings.batch = options.batch;
  // An archive is one file: its batches are written one after the other.
  settings.concurrency = options.type == SinkType::file ? 1 : options.concurrency;
  settings.retry = options.retry;
  settings.dead_letters = options.dead_letters;
  return settings;
}

DeliveryAnswer answer_of(const std::optional<Failure>& failure, std::size_t messages) {
  if (failure) {
    return crm::read_failure(*failure);
  }
  DeliveryAnswer answer;
  answer.verdict = BatchVerdict::answered;
  answer.messages.resize(messages);
  return answer;
}

asio::awaitable<std::optional<Failure>> append_to(FileArchive* archive, std::vector<crm::OutgoingMessage> messages,
                                                  Instant at) {
  co_return archive->append(messages, at);
}

asio::awaitable<std::optional<Failure>> recover(FileArchive* archive, std::set<std::string> unsure) {
  co_return archive->recover(std::move(unsure));
}

}  // namespace

struct SinkLoop::Known {
  std::vector<storage::OpenBatch> open;
  storage::MessageId scanned_to = 0;
  std::set<std::string> unsure;  // keys of batches that may have arrived
};

struct SinkLoop::Begun {
  storage::BatchId batch = 0;
  std::vector<crm::OutgoingMessage> messages;
};

TransportSettings sink_transport_settings(const SinkOptions& options) {
  TransportSettings settings;
  settings.base_url = crm::split_url(options.url).base_url;
  settings.options = options.transport;
  settings.total_timeout = options.timeout;
  settings.header_timeout = options.timeout;
  settings.body_idle_timeout = options.timeout;
  settings.connections_max = options.concurrency;
  return settings;
}

SinkLoop::SinkLoop(const SinkOptions& options, storage::SinkId sink, Parts parts)
    : options_(options),
      sink_(sink),
      parts_(std::move(parts)),
      machine_(settings_of(options), parts_.seed),
      bell_(parts_.executor),
      target_(crm::split_url(options.url).target) {
  if (options.type == SinkType::file) {
    archive_.emplace(options.directory);
  } else {
    check(parts_.transport != nullptr, "a sink of type http needs a transport");
  }
}

asio::awaitable<void> SinkLoop::run() {
  try {
    co_await take_up();
    while (!stopping_ && !failure_) {
      co_await turn();
    }
  } catch (...) {
    // What came first is what is wrong; a machine that it left half-way may fail in other ways.
    failure_ = failure_ ? failure_ : std::current_exception();
  }
  while (sending_ > 0) {
    co_await bell_.wait();
  }
  if (failure_) {
    std::rethrow_exception(failure_);
  }
}

asio::awaitable<void> SinkLoop::turn() {
  co_await note_state();
  DeliveryAction action = machine_.next(parts_.timer->now());
  if (auto* send = std::get_if<SendBatch>(&action)) {
    spawn(std::move(*send));
  } else if (const auto* idle = std::get_if<WaitUntil>(&action)) {
    const std::optional<SteadyTime> until = idle->time;
    if (parts_.on_change) {
      parts_.on_change();
    }
    co_await wait(until);
  } else {
    co_await carry_out(std::move(action));
  }
}

void SinkLoop::stop() {
  stopping_ = true;
  bell_.ring();
}

void SinkLoop::abandon() {
  stop();
  abandoned_ = true;
  if (parts_.transport) {
    parts_.transport->close();
  }
}

void SinkLoop::on_stored() {
  machine_.on_arrivals();
  bell_.ring();
}

void SinkLoop::on_requeued() {
  machine_.on_requeued();
  bell_.ring();
}

void SinkLoop::reload_secrets() {
  machine_.on_secret(read_secrets(), parts_.timer->now());
  bell_.ring();
}

void SinkLoop::hurry(bool on) {
  machine_.hurry(on);
  bell_.ring();
}

asio::awaitable<void> SinkLoop::take_up() {
  static_cast<void>(read_secrets());
  const storage::SinkId sink = sink_;
  const bool archives = archive_.has_value();
  const Instant at = parts_.timer->now().wall;
  auto load = [sink, archives, at](Store& store) {
    // The loop of the configuration before this one abandoned them: nobody will hear their answers.
    for (const auto& batch : store.open_batches(sink)) {
      if (batch.in_flight) {
        store.record_attempt_failure(batch.id, "abandoned at a reload", true, false, at, at);
      }
    }
    Known known;
    known.open = store.open_batches(sink);
    known.scanned_to = store.scanned_to(sink);
    for (const auto& batch : known.open) {
      if (archives && batch.answer_lost) {
        for (const auto& message : store.load_messages(batch.messages)) {
          known.unsure.insert(message.key);
        }
      }
    }
    return known;
  };
  Known known = co_await parts_.storage->run(std::move(load));
  while (archive_ && !stopping_) {
    auto recovery = recover(&*archive_, known.unsure);
    const std::optional<Failure> failure =
        co_await asio::co_spawn(parts_.blocking, std::move(recovery), asio::use_awaitable);
    if (!failure) {
      break;
    }
    // Without knowing what is in the files nothing can be written exactly once.
    const std::string message = "sink " + options_.name + ": " + failure->detail;
    parts_.log->write(Event::sink_failing, message);
    co_await wait(parts_.timer->now().steady + options_.retry.max);
  }
  machine_.start(known.open, known.scanned_to, parts_.timer->now());
}

asio::awaitable<void> SinkLoop::wait(std::optional<SteadyTime> until) {
  std::optional<Milliseconds> at_most;
  if (until) {
    at_most = std::max(Milliseconds{0}, *until - parts_.timer->now().steady);
  }
  static_cast<void>(co_await bell_.wait(at_most));
}

asio::awaitable<void> SinkLoop::carry_out(DeliveryAction action) {
  const storage::SinkId sink = sink_;
  if (const auto* scan = std::get_if<ScanPending>(&action)) {
    auto job = [sink, asked = *scan](Store& store) { return store.pending_after(sink, asked.after, asked.limit); };
    const std::vector<PendingMessage> pending = co_await parts_.storage->run(std::move(job));
    machine_.on_pending(pending, parts_.timer->now());
  } else if (const auto* load = std::get_if<LoadHeldBack>(&action)) {
    auto job = [sink, asked = *load](Store& store) { return store.held_back(sink, asked.limit, asked.after); };
    const std::vector<PendingMessage> held = co_await parts_.storage->run(std::move(job));
    machine_.on_held_back(held, parts_.timer->now());
  } else if (auto* hold = std::get_if<HoldBack>(&action)) {
    const Instant at = parts_.timer->now().wall;
    auto job = [sink, at, messages = std::move(hold->messages)](Store& store) { store.hold_back(sink, messages, at); };
    co_await parts_.storage->run(std::move(job));
  } else if (const auto* scanned = std::get_if<RecordScanned>(&action)) {
    auto job = [sink, to = scanned->to](Store& store) { store.record_scanned_to(sink, to); };
    co_await parts_.storage->run(std::move(job));
  } else {
    reload_secrets();
  }
}

void SinkLoop::spawn(SendBatch send) {
  auto on_end = [this](std::exception_ptr failure) {
    --sending_;
    if (failure && !failure_) {
      failure_ = failure;
    }
    bell_.ring();
  };
  ++sending_;
  try {
    asio::co_spawn(parts_.executor, deliver(std::move(send)), std::move(on_end));
  } catch (...) {
    --sending_;  // Without memory nothing was started whose end could be waited for.
    throw;
  }
}

asio::awaitable<void> SinkLoop::deliver(SendBatch send) {
  const bool fresh = !send.stored.has_value();
  const BatchHandle handle = send.batch;
  Begun begun = co_await begin(std::move(send));
  if (fresh) {
    machine_.on_begun(handle, begun.batch);
  }
  if (stopping_ || failure_) {
    co_return;
  }
  DeliveryAnswer answer = co_await ask(std::move(begun.messages));
  if (failure_) {
    co_return;
  }
  if (abandoned_ && answer.verdict == BatchVerdict::transient) {
    co_return;  // the state says in flight, which is the truth
  }
  redact(answer);
  DeliveryRecord decided = machine_.on_answer(handle, answer, parts_.timer->now());
  log_outcome(answer, decided);
  const std::vector<storage::BatchId> splits = co_await record(begun.batch, std::move(decided));
  machine_.on_recorded(handle, splits, parts_.timer->now());
}

asio::awaitable<SinkLoop::Begun> SinkLoop::begin(SendBatch send) {
  const storage::SinkId sink = sink_;
  const Instant at = parts_.timer->now().wall;
  auto job = [sink, at, send = std::move(send)](Store& store) {
    Begun begun;
    if (send.stored) {
      begun.batch = *send.stored;
      store.begin_attempt(begun.batch, at);
    } else {
      begun.batch = store.begin_batch(sink, send.messages, at);
    }
    begun.messages = store.load_messages(send.messages);
    return begun;
  };
  co_return co_await parts_.storage->run(std::move(job));
}

asio::awaitable<DeliveryAnswer> SinkLoop::ask(std::vector<crm::OutgoingMessage> messages) {
  if (archive_) {
    co_return co_await archive(std::move(messages));
  }
  co_return co_await post(std::move(messages));
}

asio::awaitable<DeliveryAnswer> SinkLoop::post(std::vector<crm::OutgoingMessage> messages) {
  if (!headers_) {
    DeliveryAnswer answer;
    answer.verdict = BatchVerdict::unauthorized;
    answer.detail = answer.reason = secret_problem_;
    co_return answer;
  }
  for (;;) {
    const int headers_used = headers_version_;
    HttpRequest request = crm::webhook_request(target_, *headers_, messages);
    if (!signing_secret_.empty()) {
      crm::sign_request(request, signing_secret_, parts_.timer->now().wall);
    }
    const Result<HttpAnswer> answered = co_await parts_.transport->send(std::move(request));
    if (!answered) {
      co_return crm::read_failure(answered.error());
    }
    DeliveryAnswer answer = crm::read_answer(*answered, messages, parts_.timer->now().wall);
    if (answer.verdict != BatchVerdict::unauthorized || headers_used == headers_version_ || stopping_) {
      co_return answer;
    }
    // What is refused is the secret of before a reload: the batch goes again with the one in force.
  }
}

asio::awaitable<DeliveryAnswer> SinkLoop::archive(std::vector<crm::OutgoingMessage> messages) {
  const std::size_t count = messages.size();
  auto writing = append_to(&*archive_, std::move(messages), parts_.timer->now().wall);
  const std::optional<Failure> failure =
      co_await asio::co_spawn(parts_.blocking, std::move(writing), asio::use_awaitable);
  co_return answer_of(failure, count);
}

asio::awaitable<std::vector<storage::BatchId>> SinkLoop::record(storage::BatchId batch, DeliveryRecord record) {
  const storage::SinkId sink = sink_;
  const Instant at = parts_.timer->now().wall;
  auto job = [sink, batch, at, record = std::move(record)](Store& store) {
    std::vector<storage::BatchId> splits;
    if (const auto* failed = std::get_if<AttemptFailure>(&record)) {
      store.record_attempt_failure(batch, failed->error, failed->answer_lost, failed->charged, failed->not_before, at);
      return splits;
    }
    const auto& settled = std::get<BatchSettled>(record);
    store.settle_batch({sink, batch, at, settled.outcomes, settled.splits});
    if (!settled.splits.empty()) {
      // No two open batches share a message: the first one tells which is which.
      const std::vector<storage::OpenBatch> open = store.open_batches(sink);
      for (const auto& split : settled.splits) {
        const auto found = std::find_if(open.begin(), open.end(), [&split](const auto& each) {
          return each.messages.front() == split.messages.front();
        });
        check(found != open.end(), "a split is an open batch");
        splits.push_back(found->id);
      }
    }
    return splits;
  };
  co_return co_await parts_.storage->run(std::move(job));
}

asio::awaitable<void> SinkLoop::note_state() {
  const DeliverySummary now = summary();
  if (now.state == noted_) {
    co_return;
  }
  const bool first = !noted_.has_value();  // The state may still say what an earlier process met.
  const bool was_paused = noted_ && is_paused(*noted_);
  noted_ = now.state;
  const std::string place = "sink " + options_.name + ": ";
  Fields fields{Field("sink", options_.name), Field("state", to_string(now.state))};
  if (is_paused(now.state)) {
    parts_.log->write(Event::sink_paused, place + to_string(now.state) + " (" + now.reason + "); nothing is lost",
                      fields);
  } else if (now.state == SinkState::failing) {
    parts_.log->write(Event::sink_failing, place + now.reason + "; it is tried again with growing pauses", fields);
  } else if (!first) {
    parts_.log->write(was_paused ? Event::sink_resumed : Event::sink_recovered, place + "messages are accepted again",
                      fields);
  }
  const storage::SinkId sink = sink_;
  const Instant at = parts_.timer->now().wall;
  auto job = [sink, at, state = now.state, reason = now.reason](Store& store) {
    store.record_sink_state(sink, to_string(state), reason, at);
  };
  co_await parts_.storage->run(std::move(job));
}

// Whether the headers or the signing secret are others than before.
bool SinkLoop::read_secrets() {
  std::vector<HttpHeader> headers;
  for (const auto& [name, value] : options_.headers) {
    const auto* reference = std::get_if<SecretReference>(&value);
    if (reference == nullptr) {
      headers.push_back({name, std::get<std::string>(value)});
      continue;
    }
    std::optional<std::string> secret = read_secret_of("header " + name, *reference);
    if (!secret) {
      return false;
    }
    headers.push_back({name, *std::move(secret)});
  }
  std::optional<std::string> signing_secret = std::string{};
  if (!options_.sign.secret.name.empty()) {
    signing_secret = read_secret_of("sign.secret", options_.sign.secret);
  }
  if (!signing_secret) {
    return false;
  }
  const auto same = [](const HttpHeader& one, const HttpHeader& other) {
    return one.name == other.name && one.value == other.value;
  };
  const bool changed = !headers_ || *signing_secret != signing_secret_ ||
                       !std::equal(headers.begin(), headers.end(), headers_->begin(), headers_->end(), same);
  headers_ = std::move(headers);
  signing_secret_ = *std::move(signing_secret);
  headers_version_ += changed ? 1 : 0;
  return changed;
}

std::optional<std::string> SinkLoop::read_secret_of(const std::string& place, const SecretReference& reference) {
  const Result<std::string> secret = parts_.secrets(reference);
  if (!secret) {
    secret_problem_ = place + ": " + secret.error().detail;
    return std::nullopt;
  }
  // The scheme before the first blank is no secret, what follows it is one by itself.
  redactor_.add(*secret);
  parts_.log->add_secret(*secret);
  if (const auto blank = secret->find(' '); blank != std::string::npos) {
    redactor_.add(secret->substr(blank + 1));
    parts_.log->add_secret(secret->substr(blank + 1));
  }
  return *secret;
}

void SinkLoop::redact(DeliveryAnswer& answer) const {
  answer.detail = redactor_.apply(answer.detail);
  answer.reason = redactor_.apply(answer.reason);
  for (auto& message : answer.messages) {
    if (!message.error.empty()) {
      message.error = redactor_.apply(message.error);
    }
  }
}

void SinkLoop::log_outcome(const DeliveryAnswer& answer, const DeliveryRecord& record) {
  const std::string place = "sink " + options_.name + ": ";
  const Field sink("sink", options_.name);
  if (std::holds_alternative<AttemptFailure>(record)) {
    parts_.log->write(Event::delivery_retry, place + answer.detail, {sink});
    return;
  }
  const auto& outcomes = std::get<BatchSettled>(record).outcomes;
  const auto count = [&outcomes](DeliveryState state) {
    return std::count_if(outcomes.begin(), outcomes.end(), [state](const auto& each) { return each.state == state; });
  };
  const auto delivered = count(DeliveryState::delivered);
  const auto dead = count(DeliveryState::dead);
  if (delivered > 0) {
    parts_.log->write(Event::delivered, place + "a batch is delivered", {sink, Field("messages", delivered)});
  }
  if (dead > 0) {
    parts_.log->write(Event::dead_letter,
                      place + std::to_string(dead) + " messages are refused for good" +
                          (answer.detail.empty() ? "" : " (" + answer.detail + ")") +
                          "; deliveries_v1 holds the reasons",
                      {sink, Field("messages", dead)});
  }
}

}  // namespace elit::daemon
