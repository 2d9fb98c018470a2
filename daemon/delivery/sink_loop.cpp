#include "daemon/delivery/sink_loop.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>
#include <variant>

#include "core/check.hpp"
#include "core/delivery/error_text.hpp"
#include "core/delivery/outgoing_message.hpp"
#include "core/text/time_text.hpp"

namespace elit::daemon {
namespace asio = boost::asio;
using storage::Store;

namespace {

DeliverySettings settings_of(const SinkOptions& options, const SinkLoop::Parts& parts) {
  DeliverySettings settings;
  settings.batch = options.batch;
  settings.concurrency = parts.concurrency;
  settings.late_arrival = parts.late_arrival;
  settings.retry = options.retry;
  settings.dead_letters = options.dead_letters;
  return settings;
}

}  // namespace

struct SinkLoop::Known {
  std::vector<storage::OpenBatch> open;
  storage::MessageId scanned_to = 0;
  bool has_delivered = false;
  std::set<std::string> unsure;  // keys of batches that may have arrived
};

struct SinkLoop::Begun {
  storage::BatchId batch = 0;
  std::vector<OutgoingMessage> messages;
};

SinkLoop::SinkLoop(const SinkOptions& options, storage::SinkId sink, Parts parts)
    : options_(options),
      sink_(sink),
      parts_(std::move(parts)),
      machine_(settings_of(options, parts_), parts_.seed),
      event_(parts_.executor) {
  check(parts_.client != nullptr && parts_.secrets != nullptr, "a sink loop has a client and secrets");
}

asio::awaitable<void> SinkLoop::run() {
  try {
    co_await load();
    while (!stopping_ && !failure_) {
      co_await turn();
    }
  } catch (...) {
    // What came first is what is wrong; a machine that it left half-way may fail in other ways.
    failure_ = failure_ ? failure_ : std::current_exception();
  }
  while (sending_ > 0) {
    co_await event_.wait();
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
  parts_.client->stop();
  event_.set();
}

void SinkLoop::abandon() {
  stop();
  abandoned_ = true;
  parts_.client->close();
}

void SinkLoop::on_stored() {
  machine_.on_arrivals();
  event_.set();
}

void SinkLoop::reload_secrets() {
  read_secrets();
  machine_.try_at_once(parts_.timer->now());
  event_.set();
}

void SinkLoop::read_secrets() {
  machine_.on_secret(parts_.client->reload_secrets(), parts_.timer->now());
}

void SinkLoop::hurry(bool on) {
  machine_.hurry(on);
  event_.set();
}

asio::awaitable<void> SinkLoop::load() {
  const storage::SinkId sink = sink_;
  const bool looks_for_unsure = parts_.client->looks_for_unsure();
  const Instant at = parts_.timer->now().wall;
  auto job = [sink, looks_for_unsure, at, after_reload = parts_.after_reload](Store& store) {
    Known known;
    known.open = store.open_batches(sink);
    known.scanned_to = store.scanned_to(sink);
    known.has_delivered = store.has_delivered(sink);
    for (auto& batch : known.open) {
      if (after_reload) {
        batch.not_before.reset();
      }
      if (batch.in_flight) {
        // The loop of the previous configuration abandoned this request; nobody reads its answer.
        store.record_attempt_failure(batch.id, "abandoned at a reload", true, false, at, at);
        batch.in_flight = false;
        batch.answer_lost = true;
        batch.not_before = at;
      }
      if (looks_for_unsure && batch.answer_lost) {
        for (const auto& message : store.load_messages(batch.messages)) {
          known.unsure.insert(message.key);
        }
      }
    }
    return known;
  };
  Known known = co_await parts_.storage->run(std::move(job));
  while (!stopping_) {
    auto recovery = parts_.client->recover(sink_, known.unsure);
    const std::optional<Failure> failure = co_await std::move(recovery);
    if (!failure) {
      break;
    }
    // Without knowing what is there already nothing can be delivered exactly once.
    const std::string message = "sink " + options_.name + ": " + failure->detail;
    parts_.log->write(Event::sink_failing, message);
    co_await wait(parts_.timer->now().steady + options_.retry.max);
  }
  machine_.start(known.open, known.scanned_to, parts_.timer->now(), known.has_delivered);
}

asio::awaitable<void> SinkLoop::wait(std::optional<SteadyTime> until) {
  std::optional<Milliseconds> at_most;
  if (until) {
    at_most = std::max(Milliseconds{0}, *until - parts_.timer->now().steady);
  }
  static_cast<void>(co_await event_.wait(at_most));
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
  } else if (auto* split = std::get_if<SplitBatch>(&action)) {
    const BatchHandle handle = split->batch;
    BatchSettled parts;
    parts.splits = std::move(split->splits);
    const std::vector<storage::BatchId> ids = co_await record(split->stored, std::move(parts));
    machine_.on_split(handle, ids, parts_.timer->now());
  } else {
    read_secrets();
  }
}

void SinkLoop::spawn(SendBatch send) {
  auto on_end = [this](std::exception_ptr failure) {
    --sending_;
    if (failure && !failure_) {
      failure_ = failure;
    }
    event_.set();
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
  const bool lost_before = send.lost_before;
  Begun begun = co_await begin(std::move(send));
  if (fresh) {
    machine_.on_begun(handle, begun.batch);
  }
  if (stopping_ || failure_) {
    co_return;
  }
  Batch batch;
  batch.messages = std::move(begun.messages);
  batch.unsure = lost_before;
  DeliveryAnswer answer = co_await parts_.client->send(std::move(batch));
  if (failure_) {
    co_return;
  }
  if (abandoned_ && (answer.whole == Verdict::retry || answer.whole == Verdict::unknown)) {
    co_return;  // the state says in flight, which is the truth
  }
  parts_.secrets->redact(answer);
  DeliveryRecord decided = machine_.on_answer(handle, answer, parts_.timer->now());
  log_outcome(answer, decided);
  std::vector<DeadMessage> dead = dead_in(decided);
  const std::vector<storage::BatchId> splits = co_await record(begun.batch, std::move(decided));
  if (!dead.empty()) {
    co_await log_dead(std::move(dead));
  }
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

asio::awaitable<std::vector<storage::BatchId>> SinkLoop::record(storage::BatchId batch, DeliveryRecord record) {
  const storage::SinkId sink = sink_;
  const Instant at = parts_.timer->now().wall;
  auto job = [sink, batch, at, record = std::move(record)](Store& store) {
    if (const auto* failed = std::get_if<AttemptFailure>(&record)) {
      store.record_attempt_failure(batch, failed->error, failed->answer_lost, failed->charged, failed->not_before, at);
      return std::vector<storage::BatchId>{};
    }
    const auto& settled = std::get<BatchSettled>(record);
    return store.settle_batch({sink, batch, at, settled.outcomes, settled.splits});
  };
  co_return co_await parts_.storage->run(std::move(job));
}

asio::awaitable<void> SinkLoop::note_state() {
  const DeliverySummary now = summary();
  if (now.state == noted_ && now.held_until == noted_hold_) {
    co_return;
  }
  const std::string reason = reason_of(now);
  log_state(now.state, reason);
  noted_ = now.state;
  noted_hold_ = now.held_until;
  const storage::SinkId sink = sink_;
  const Instant at = parts_.timer->now().wall;
  auto job = [sink, at, state = now.state, reason](Store& store) {
    store.record_sink_state(sink, to_string(state), reason, at);
  };
  co_await parts_.storage->run(std::move(job));
}

// Why the sink does not take messages now, and until when it asked for silence.
std::string SinkLoop::reason_of(const DeliverySummary& summary) const {
  if (!summary.held_until) {
    return summary.reason;
  }
  const Now now = parts_.timer->now();
  const auto until = std::chrono::floor<std::chrono::seconds>(now.wall + (*summary.held_until - now.steady));
  return summary.reason + (summary.reason.empty() ? "" : "; ") + "the receiver asked to wait until " +
         to_rfc3339(until) + ", a reload tries at once";
}

void SinkLoop::log_state(SinkState state, const std::string& reason) {
  const bool first = !noted_.has_value();  // The state may still say what an earlier process met.
  const bool was_paused = noted_ && is_paused(*noted_);
  const std::string place = "sink " + options_.name + ": ";
  const Fields fields{Field("sink", options_.name), Field("state", to_string(state))};
  if (is_paused(state)) {
    parts_.log->write(Event::sink_paused, place + to_string(state) + " (" + reason + "); nothing is lost", fields);
  } else if (state == SinkState::failing) {
    parts_.log->write(Event::sink_failing, place + reason + "; it is tried again with growing pauses", fields);
  } else if (!first && noted_ != state) {
    parts_.log->write(was_paused ? Event::sink_resumed : Event::sink_recovered, place + "messages are accepted again",
                      fields);
  }
}

void SinkLoop::log_outcome(const DeliveryAnswer& answer, const DeliveryRecord& record) {
  const std::string place = "sink " + options_.name + ": ";
  const Field sink("sink", options_.name);
  if (std::holds_alternative<AttemptFailure>(record)) {
    parts_.log->write(Event::delivery_retry, place + answer.detail, {sink});
    return;
  }
  const auto& [outcomes, splits] = std::get<BatchSettled>(record);
  const auto count = [&outcomes](DeliveryState state) {
    return std::count_if(outcomes.begin(), outcomes.end(), [state](const auto& each) { return each.state == state; });
  };
  const auto delivered = count(DeliveryState::delivered);
  const auto waiting = std::accumulate(splits.begin(), splits.end(), std::size_t{0},
                                       [](std::size_t sum, const auto& each) { return sum + each.messages.size(); });
  if (waiting > 0 && !answer.messages.empty()) {
    const std::string why = answer.detail.empty() ? "the answer does not settle all of the batch" : answer.detail;
    parts_.log->write(Event::delivery_retry, place + why, {sink, Field("messages", waiting)});
  }
  if (delivered > 0) {
    parts_.log->write(Event::delivered, place + "a batch is delivered", {sink, Field("messages", delivered)});
  }
}

std::vector<SinkLoop::DeadMessage> SinkLoop::dead_in(const DeliveryRecord& record) {
  std::vector<DeadMessage> dead;
  if (const auto* settled = std::get_if<BatchSettled>(&record)) {
    for (const DeliveryOutcome& outcome : settled->outcomes) {
      if (outcome.state == DeliveryState::dead) {
        dead.push_back({outcome.id, outcome.error});
      }
    }
  }
  return dead;
}

// Names each message that is given up. Their names are read only now: most batches have none.
asio::awaitable<void> SinkLoop::log_dead(std::vector<DeadMessage> dead) {
  std::vector<storage::MessageId> ids;
  ids.reserve(dead.size());
  for (const DeadMessage& message : dead) {
    ids.push_back(message.id);
  }
  auto job = [ids = std::move(ids)](Store& store) { return store.load_messages(ids); };
  const std::vector<OutgoingMessage> messages = co_await parts_.storage->run(std::move(job));
  for (std::size_t index = 0; index < dead.size(); ++index) {
    const OutgoingMessage& message = messages.at(index);
    parts_.log->write(Event::dead_letter,
                      "sink " + options_.name + ": a message is given up: " + without_answer(dead[index].error) +
                          "; it stays in the state, find it in deliveries_v1 by its key",
                      {Field("sink", options_.name), Field("key", message.key), Field("source", message.source),
                       Field("user", UserId{message.user_id})});
  }
}

}  // namespace elit::daemon
