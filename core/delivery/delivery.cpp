#include "core/delivery/delivery.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "core/check.hpp"
#include "core/delivery/verdict_order.hpp"

namespace elit {
namespace {

// How many waiting messages are kept in memory, and how many may be recorded as held back at once.
constexpr std::size_t lookahead_min = 4'096;
constexpr std::size_t hold_back_max = 500;
// Batches that fail while others pass must not take the place of those: so many may wait beside the ones in flight.
constexpr std::size_t open_batches_beside_max = 64;

bool has(const DeliveryAnswer& answer, Verdict verdict) {
  return std::any_of(answer.messages.begin(), answer.messages.end(),
                     [verdict](const MessageAnswer& message) { return message.verdict == verdict; });
}

// Whether what failed for now counts as an attempt; otherwise the sink as a whole waits.
bool charges(const DeliveryAnswer& answer) {
  return !answer.whole || traits_of(*answer.whole).charges;
}

// Whether the peer may hold messages of the batch although it did not say so.
bool may_be_written(const DeliveryAnswer& answer) {
  return has(answer, Verdict::unknown) || (answer.whole && traits_of(*answer.whole).may_be_written);
}

// Whether the peer dealt with the content of the batch, or of its messages.
bool is_judged(const DeliveryAnswer& answer) {
  return !answer.whole || traits_of(*answer.whole).proof >= Proof::alive;
}

Proof proof_of(const DeliveryAnswer& answer) {
  Proof proof = answer.whole && is_judged(answer) ? traits_of(*answer.whole).proof : Proof::nothing;
  for (const MessageAnswer& message : answer.messages) {
    proof = std::max(proof, traits_of(message.verdict).proof);
  }
  return proof;
}

// Why the messages with this verdict wait.
std::string reason_of(const DeliveryAnswer& answer, Verdict verdict) {
  for (const MessageAnswer& message : answer.messages) {
    if (message.verdict == verdict && !message.error.empty()) {
      return message.error;
    }
  }
  return answer.reason;
}

}  // namespace

Delivery::Delivery(const DeliverySettings& settings, std::uint64_t seed)
    : settings_(settings),
      backoff_(settings.retry.first, settings.retry.max),
      random_(seed),
      pace_(settings.concurrency, settings.retry),
      lookahead_(std::max(lookahead_min, 2 * static_cast<std::size_t>(settings.batch.messages))) {}

void Delivery::start(const std::vector<OpenBatch>& open, DeliveryMessageId scanned_to, Now now) {
  check(!started_, "a delivery is started once");
  started_ = true;
  scan_at_ = scanned_recorded_ = scanned_to;
  for (const OpenBatch& stored : open) {
    check(stored.messages.size() == stored.users.size() && stored.messages.size() == stored.sizes_bytes.size(),
          "an open batch names user and size of each message");
    Batch batch;
    batch.stored = stored.id;
    batch.attempts = stored.attempts;
    batch.first_failed = stored.first_failed;
    batch.answer_lost = stored.answer_lost || stored.in_flight;
    // Those whose answer was lost go first: the peer may hold them already.
    batch.due = batch.answer_lost ? now.steady - Milliseconds{1} : now.steady;
    for (std::size_t i = 0; i < stored.messages.size(); ++i) {
      WaitingMessage message;
      message.id = stored.messages[i];
      message.user = stored.users[i];
      message.dated = stored.dates.empty() ? Instant{} : stored.dates.at(i);
      message.size_bytes = stored.sizes_bytes[i];
      message.arrived = message.due = now.steady;
      message.recorded = true;
      batch.messages.push_back(message);
      line_.know(message.id);
    }
    open_batch(std::move(batch), now.steady);
    if (stored.not_before && *stored.not_before > now.wall) {
      pace_.be_quiet_until(now.steady + std::min<Milliseconds>(*stored.not_before - now.wall, std::chrono::hours{24}));
    }
  }
}

DeliveryAction Delivery::next(Now now) {
  check(started_ && asked_ == 0, "an action is finished before the next is asked for");
  if (more_held_ && has_room()) {
    asked_ = static_cast<int>(lookahead_);
    return LoadHeldBack{held_at_, asked_};
  }
  if (pace_.state() == SinkState::running) {
    std::vector<DeliveryMessageId> behind = line_.take_unrecorded(hold_back_max);
    if (!behind.empty()) {
      return HoldBack{std::move(behind)};
    }
  }
  if (const auto secret_due = pace_.secret_due(); secret_due && *secret_due <= now.steady) {
    return ReloadSecret{};
  }
  // The scan passes what has no record, so those with one have to be in line first.
  if (more_pending_ && !more_held_ && has_room()) {
    asked_ = static_cast<int>(lookahead_ - line_.size());
    return ScanPending{scan_at_, asked_};
  }
  if (auto send = pick(now)) {
    return std::move(*send);
  }
  if (const auto to = scanned_to(); to && *to > scanned_recorded_) {
    scanned_recorded_ = *to;
    return RecordScanned{*to};
  }
  return WaitUntil{wake_up(now.steady)};
}

void Delivery::on_pending(const std::vector<PendingMessage>& pending, Now now) {
  more_pending_ = pending.size() == static_cast<std::size_t>(asked_);
  asked_ = 0;
  if (!pending.empty()) {
    scan_at_ = pending.back().id;
  }
  add_waiting(pending, false, now);
}

void Delivery::on_held_back(const std::vector<PendingMessage>& held, Now now) {
  more_held_ = held.size() == static_cast<std::size_t>(asked_);
  asked_ = 0;
  if (!held.empty()) {
    held_at_ = held.back().id;
  }
  add_waiting(held, true, now);
}

void Delivery::on_secret(bool changed, Now now) {
  pace_.on_secret(changed, now.steady);
}

void Delivery::add_waiting(const std::vector<PendingMessage>& pending, bool recorded, Now now) {
  for (const PendingMessage& one : pending) {
    WaitingMessage message;
    message.id = one.id;
    message.user = one.user;
    message.dated = one.dated;
    message.size_bytes = one.size_bytes;
    message.attempts = one.attempts;
    message.first_failed = one.first_failed;
    message.arrived = message.due = now.steady;
    message.recorded = recorded;
    if (one.not_before && *one.not_before > now.wall) {
      message.due += std::min<Milliseconds>(*one.not_before - now.wall, settings_.retry.max);
    }
    line_.add(message, now.steady);
  }
}

void Delivery::on_begun(BatchHandle handle, DeliveryBatchId stored) {
  Batch& batch = batches_.at(handle);
  check(!batch.stored, "a batch is created once");
  batch.stored = stored;
}

BatchHandle Delivery::open_batch(Batch batch, SteadyTime now) {
  const BatchHandle handle = ++handles_;
  const Batch& opened = batches_.emplace(handle, std::move(batch)).first->second;
  std::unordered_set<DeliveryUserId> met;
  for (const auto& message : opened.messages) {
    if (met.insert(message.user).second) {
      open_of_user_[message.user].emplace(message.place(), handle);
      place_user(message.user, now);
    }
  }
  return handle;
}

Delivery::Batch Delivery::close_batch(BatchHandle handle, SteadyTime now) {
  Batch batch = std::move(batches_.extract(handle).mapped());
  std::unordered_set<DeliveryUserId> met;
  for (const auto& message : batch.messages) {
    if (met.insert(message.user).second) {
      const auto open = open_of_user_.find(message.user);
      open->second.erase(message.place());
      if (open->second.empty()) {
        open_of_user_.erase(open);
      }
      place_user(message.user, now);
    }
  }
  return batch;
}

void Delivery::enter(Batch& batch, Phase phase, SteadyTime now) {
  batch.phase = phase;
  for (const auto& message : batch.messages) {
    place_user(message.user, now);
  }
}

void Delivery::place_user(DeliveryUserId user, SteadyTime now) {
  const auto open = open_of_user_.find(user);
  if (open == open_of_user_.end()) {
    line_.free_user(user, now);
    return;
  }
  const auto& [first, handle] = *open->second.begin();
  line_.hold_user(user, first, batches_.at(handle).phase != Phase::waiting, now);
}

bool Delivery::may_go(BatchHandle handle, const Batch& batch) const {
  // A message that failed on its own may wait before the rest of what was split off with it.
  return std::all_of(batch.messages.begin(), batch.messages.end(), [this, handle](const WaitingMessage& message) {
    const auto& [first, front] = *open_of_user_.at(message.user).begin();
    return front == handle && !line_.waits_before(message.user, first);
  });
}

bool Delivery::has_room() const {
  // Some slack, so that the store is asked for many at a time.
  return line_.size() <= lookahead_ / 2;
}

bool Delivery::may_open() const {
  return batches_.size() < static_cast<std::size_t>(settings_.concurrency) + open_batches_beside_max;
}

std::optional<SendBatch> Delivery::pick(Now now) {
  if (in_flight_ >= pace_.requests_max(now.steady)) {
    return std::nullopt;
  }
  // While everything is refused the probes are single messages, and not the same one each time.
  const bool probe_new_first = pace_.state() == SinkState::refusing;
  BatchHandle handle = probe_new_first ? pick_new(now.steady) : pick_open(now.steady);
  if (handle == 0) {
    handle = probe_new_first ? pick_open(now.steady) : pick_new(now.steady);
  }
  if (handle == 0) {
    return std::nullopt;
  }
  Batch& batch = batches_.at(handle);
  enter(batch, Phase::in_flight, now.steady);
  batch.ticket = pace_.issue();
  ++in_flight_;
  SendBatch send{handle, batch.stored, {}, batch.answer_lost};
  for (const auto& message : batch.messages) {
    send.messages.push_back(message.id);
  }
  return send;
}

BatchHandle Delivery::pick_open(SteadyTime now) const {
  const bool refusing = pace_.state() == SinkState::refusing;
  const auto rank = [refusing](const Batch& batch) {
    return refusing ? std::tuple(batch.messages.size(), batch.ticket, SteadyTime{})
                    : std::tuple(std::size_t{0}, DeliveryPace::Ticket{0}, batch.due);
  };
  auto best = batches_.end();
  for (auto batch = batches_.begin(); batch != batches_.end(); ++batch) {
    if (batch->second.phase != Phase::waiting || batch->second.due > now) {
      continue;
    }
    const bool better = best == batches_.end() || rank(batch->second) < rank(best->second);
    if (better && may_go(batch->first, batch->second)) {
      best = batch;
    }
  }
  return best == batches_.end() ? 0 : best->first;
}

BatchHandle Delivery::pick_new(SteadyTime now) {
  if (!may_open()) {
    return 0;
  }
  const int messages_max = pace_.state() == SinkState::refusing ? 1 : settings_.batch.messages;
  BatchSelection selection = line_.select(messages_max, settings_.batch.bytes, now);
  const bool ready =
      !selection.messages.empty() && (selection.full || hurry_ || selection.oldest + settings_.batch.wait <= now);
  if (!ready) {
    return 0;
  }
  Batch batch;
  batch.due = now;
  batch.messages = selection.messages;
  line_.take(selection, now);
  return open_batch(std::move(batch), now);
}

std::optional<DeliveryMessageId> Delivery::scanned_to() const {
  DeliveryMessageId to = scan_at_;
  if (const auto first = line_.first_unrecorded()) {
    to = std::min(to, *first - 1);
  }
  for (const auto& [handle, batch] : batches_) {
    if (!batch.stored && batch.phase != Phase::awaiting_id) {
      for (const WaitingMessage& message : batch.messages) {
        to = std::min(to, message.id - 1);
      }
    }
  }
  return to;
}

std::optional<SteadyTime> Delivery::wake_up(SteadyTime now) const {
  std::optional<SteadyTime> wake = pace_.secret_due();
  const auto consider = [&wake](SteadyTime time) { wake = wake ? std::min(*wake, time) : time; };
  const SteadyTime open = pace_.open_at();
  if (open <= now && in_flight_ >= pace_.requests_max(now)) {
    return wake;  // the answer is the next event
  }
  for (const auto& [handle, batch] : batches_) {
    if (batch.phase == Phase::waiting && may_go(handle, batch)) {
      consider(std::max(open, batch.due));
    }
  }
  if (may_open()) {
    if (const auto due = line_.next_due()) {
      consider(std::max(open, *due));
    }
    if (const auto oldest = line_.oldest_ready()) {
      consider(std::max(open, *oldest + (hurry_ ? Milliseconds{0} : settings_.batch.wait)));
    }
  }
  return wake;
}

DeliveryRecord Delivery::on_answer(BatchHandle handle, const DeliveryAnswer& answer, Now now) {
  const auto found = batches_.find(handle);
  check(found != batches_.end() && found->second.phase == Phase::in_flight && found->second.stored.has_value(),
        "an answer belongs to a batch in flight");
  pace_by(found->second, answer, now);
  if (answer.whole == Verdict::too_large || answer.whole == Verdict::rejected_in_company) {
    check(answer.messages.empty(), "what is refused as a whole is not judged one by one");
    return refuse(handle, answer, now);
  }
  return answer.whole && answer.messages.empty() ? fail(handle, answer, now) : settle(handle, answer, now);
}

void Delivery::on_recorded(BatchHandle handle, const std::vector<DeliveryBatchId>& splits, Now now) {
  check(in_flight_ > 0, "an attempt is recorded that was not made");
  --in_flight_;
  const auto awaiting = awaiting_id_.extract(handle);
  check((awaiting.empty() ? 0 : awaiting.mapped().size()) == splits.size(), "each split gets its id");
  for (std::size_t i = 0; i < splits.size(); ++i) {
    Batch& batch = batches_.at(awaiting.mapped()[i]);
    batch.stored = splits[i];
    enter(batch, Phase::waiting, now.steady);
  }
}

void Delivery::pace_by(const Batch& batch, const DeliveryAnswer& answer, Now now) {
  if (answer.retry_after) {
    pace_.be_quiet_until(now.steady + *answer.retry_after);
  }
  const Proof proof = proof_of(answer);
  if (proof == Proof::health) {
    refusals_ = 0;
  }
  if (answer.whole == Verdict::unauthorized || answer.whole == Verdict::misconfigured) {
    const bool refused = answer.whole == Verdict::unauthorized;
    pace_.pause(refused ? SinkState::credential : SinkState::misconfigured, batch.ticket, answer.detail, now.steady);
    return;
  }
  if (is_judged(answer) || is_paused(pace_.state())) {
    if (proof == Proof::health) {
      pace_.on_success(batch.ticket);
    } else if (proof == Proof::alive) {
      pace_.on_alive(batch.ticket);
    } else if (is_judged(answer) &&
               (pace_.state() == SinkState::credential || pace_.state() == SinkState::misconfigured)) {
      pace_.on_alive(batch.ticket);
    }
  }
  if (answer.whole == Verdict::throttled) {
    pace_.on_throttled(batch.ticket, answer.detail, answer.retry_after, random_.fraction(), now.steady);
  } else if (!is_judged(answer)) {
    pace_.on_transient(batch.ticket, answer.detail, random_.fraction(), now.steady);
  } else if (proof < Proof::alive) {
    const bool unanswered = has(answer, Verdict::unknown) || has(answer, Verdict::not_sent);
    pace_.on_transient(batch.ticket,
                       unanswered && !answer.detail.empty() ? answer.detail : "every message is refused for now",
                       random_.fraction(), now.steady);
  }
}

DeliveryRecord Delivery::fail(BatchHandle handle, const DeliveryAnswer& answer, Now now) {
  const bool charged = charges(answer);
  const bool lost = may_be_written(answer);
  Batch& batch = batches_.at(handle);
  batch.answer_lost = batch.answer_lost || lost;
  if (charged) {
    batch.first_failed = batch.first_failed.value_or(now.wall);
    ++batch.attempts;
    if (gives_up(batch.first_failed, now)) {
      BatchSettled settled;
      give_up(close_batch(handle, now.steady), answer.reason, settled.outcomes);
      return settled;
    }
  }
  enter(batch, Phase::waiting, now.steady);
  // Without a charge the sink as a whole waits, not this batch.
  batch.due =
      charged ? now.steady + backoff_.delay(batch.attempts, random_.fraction(), answer.retry_after) : now.steady;
  for (const auto& message : batch.messages) {
    line_.mark_failing(message.user);
  }
  return AttemptFailure{answer.reason, lost, charged, now.wall + answer.retry_after.value_or(Milliseconds{0})};
}

DeliveryRecord Delivery::refuse(BatchHandle handle, const DeliveryAnswer& answer, Now now) {
  const Batch& batch = batches_.at(handle);
  if (batch.messages.size() > 1) {
    const Batch whole = close_batch(handle, now.steady);
    BatchSettled halves;
    halve(handle, whole, whole.messages, {}, now, halves);
    return halves;
  }
  if (pace_.state() == SinkState::refusing) {
    pace_.pause(SinkState::refusing, batch.ticket, pace_.reason(), now.steady);
    return fail(handle, answer, now);
  }
  const DeliveryPace::Ticket ticket = batch.ticket;
  const Batch refused = close_batch(handle, now.steady);
  const WaitingMessage& message = refused.messages.front();
  BatchSettled settled;
  settled.outcomes.push_back({message.id,
                              DeliveryState::dead,
                              message.attempts + refused.attempts + 1,
                              {},
                              answer.reason,
                              std::nullopt,
                              std::nullopt});
  line_.forget(message.id);
  count_refusal(ticket, answer.detail, now);
  return settled;
}

DeliveryRecord Delivery::settle(BatchHandle handle, const DeliveryAnswer& answer, Now now) {
  const int rejections_max =
      pace_.state() == SinkState::refusing ? 0 : std::max(1, settings_.dead_letters.pause_after - refusals_);
  const std::vector<Verdict> verdicts =
      verdicts_in_order(batches_.at(handle).messages, answer.messages, rejections_max);
  if (std::all_of(verdicts.begin(), verdicts.end(),
                  [](Verdict verdict) { return verdict == Verdict::unknown || verdict == Verdict::not_sent; })) {
    DeliveryAnswer whole = answer;
    whole.reason = answer.reason.empty() ? reason_of(answer, verdicts.front()) : answer.reason;
    return fail(handle, whole, now);
  }
  const Batch batch = close_batch(handle, now.steady);
  BatchSettled settled;
  for (std::size_t i = 0; i < batch.messages.size(); ++i) {
    if (!traits_of(verdicts[i]).goes_along) {
      settled.outcomes.push_back(settle_message(batch, batch.messages[i], verdicts[i], answer.messages[i], now));
    }
  }
  if (!settled.outcomes.empty() && pace_.state() == SinkState::refusing) {
    pace_.pause(SinkState::refusing, batch.ticket, pace_.reason(), now.steady);
  }
  if (settled.outcomes.size() < batch.messages.size()) {
    split_up(handle, batch, verdicts, answer, now, settled);
  }
  return settled;
}

void Delivery::split_up(BatchHandle handle, const Batch& whole, const std::vector<Verdict>& verdicts,
                        const DeliveryAnswer& answer, Now now, BatchSettled& settled) {
  const auto those = [&whole, &verdicts](Verdict verdict) {
    std::vector<WaitingMessage> messages;
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      if (verdicts[i] == verdict) {
        messages.push_back(whole.messages[i]);
      }
    }
    return messages;
  };
  BatchSplit not_sent;
  not_sent.error = reason_of(answer, Verdict::not_sent);
  if (answer.retry_after) {
    not_sent.not_before = now.wall + *answer.retry_after;
  }
  BatchSplit unknown = not_sent;
  unknown.error = reason_of(answer, Verdict::unknown);
  unknown.answer_lost = true;
  unknown.charged = charges(answer);
  // Without a charge the sink as a whole waits, not this batch.
  const Milliseconds delay =
      unknown.charged ? backoff_.delay(whole.attempts + 1, random_.fraction(), answer.retry_after) : Milliseconds{0};
  split_off(handle, whole, those(Verdict::unknown), std::move(unknown), now.steady + delay, now, settled);
  halve(handle, whole, those(Verdict::rejected_in_company), reason_of(answer, Verdict::rejected_in_company), now,
        settled);
  split_off(handle, whole, those(Verdict::not_sent), std::move(not_sent), now.steady, now, settled);
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const bool failed = verdicts[i] == Verdict::unknown || verdicts[i] == Verdict::not_sent;
    if (failed && open_of_user_.contains(whole.messages[i].user)) {
      line_.mark_failing(whole.messages[i].user);
    }
  }
}

void Delivery::give_up(const Batch& batch, const std::string& error, std::vector<DeliveryOutcome>& outcomes) {
  for (const auto& message : batch.messages) {
    const int attempts = message.attempts + batch.attempts;
    outcomes.push_back({message.id, DeliveryState::dead, attempts, {}, error, std::nullopt, std::nullopt});
    line_.forget(message.id);
  }
}

void Delivery::split_off(BatchHandle handle, const Batch& whole, std::vector<WaitingMessage> messages, BatchSplit split,
                         SteadyTime due, Now now, BatchSettled& settled) {
  if (messages.empty()) {
    return;
  }
  Batch part;
  part.messages = std::move(messages);
  part.attempts = whole.attempts + (split.charged ? 1 : 0);
  part.first_failed = split.charged ? whole.first_failed.value_or(now.wall) : whole.first_failed;
  part.answer_lost = whole.answer_lost || split.answer_lost;
  part.phase = Phase::awaiting_id;
  part.due = due;
  if (split.charged && gives_up(part.first_failed, now)) {
    give_up(part, split.error, settled.outcomes);
    return;
  }
  for (const auto& message : part.messages) {
    split.messages.push_back(message.id);
  }
  settled.splits.push_back(std::move(split));
  awaiting_id_[handle].push_back(open_batch(std::move(part), now.steady));
}

void Delivery::halve(BatchHandle handle, const Batch& whole, const std::vector<WaitingMessage>& messages,
                     const std::string& error, Now now, BatchSettled& settled) {
  BatchSplit split;
  split.error = error;
  const auto middle = messages.begin() + static_cast<std::ptrdiff_t>(messages.size() / 2);
  split_off(handle, whole, {messages.begin(), middle}, split, now.steady, now, settled);
  split_off(handle, whole, {middle, messages.end()}, std::move(split), now.steady, now, settled);
}

DeliveryOutcome Delivery::settle_message(const Batch& batch, WaitingMessage message, Verdict verdict,
                                         const MessageAnswer& answer, Now now) {
  const int before = message.attempts + batch.attempts;
  message.attempts = before + 1;
  if (verdict == Verdict::delivered) {
    line_.forget(message.id);
    return {message.id, DeliveryState::delivered, message.attempts, answer.remote_id, {}, std::nullopt, std::nullopt};
  }
  if (!message.first_failed) {
    message.first_failed = batch.first_failed;
  }
  if (verdict == Verdict::rejected) {
    if (pace_.state() == SinkState::refusing) {
      message.attempts = before;
      // Another message is to be the next probe.
      return keep(message, answer.error, 4 * pace_.probe_distance(), now);
    }
    count_refusal(batch.ticket, "message after message is refused", now);
  } else {
    message.first_failed = message.first_failed.value_or(now.wall);
    if (!gives_up(message.first_failed, now)) {
      // Another message is to be the next probe, as above.
      const Milliseconds probes = pace_.state() == SinkState::refusing ? 4 * pace_.probe_distance() : Milliseconds{0};
      return keep(message, answer.error, std::max(probes, backoff_.delay(message.attempts, random_.fraction())), now);
    }
  }
  line_.forget(message.id);
  return {message.id, DeliveryState::dead, message.attempts, {}, answer.error, std::nullopt, std::nullopt};
}

DeliveryOutcome Delivery::keep(WaitingMessage message, const std::string& error, Milliseconds delay, Now now) {
  message.recorded = true;
  message.due = now.steady + delay;
  line_.put_back(message, now.steady);
  return {message.id, DeliveryState::pending, message.attempts, {}, error, std::nullopt, message.first_failed};
}

bool Delivery::gives_up(std::optional<Instant> first_failed, Now now) const {
  const Milliseconds limit = settings_.retry.give_up_after;
  return limit > Milliseconds{0} && first_failed && now.wall - *first_failed >= limit;
}

void Delivery::count_refusal(DeliveryPace::Ticket ticket, const std::string& reason, Now now) {
  if (++refusals_ >= settings_.dead_letters.pause_after) {
    refusals_ = 0;
    pace_.pause(SinkState::refusing, ticket,
                std::to_string(settings_.dead_letters.pause_after) + " messages in a row were refused (" + reason + ")",
                now.steady);
  }
}

DeliverySummary Delivery::summary(Now now) const {
  DeliverySummary summary;
  summary.state = pace_.state();
  summary.reason = pace_.reason();
  summary.in_flight = in_flight_;
  summary.waiting = line_.size();
  for (const auto& [handle, batch] : batches_) {
    summary.waiting += batch.phase == Phase::in_flight ? 0 : batch.messages.size();
  }
  summary.settled =
      started_ && batches_.empty() && line_.size() == 0 && in_flight_ == 0 && !more_pending_ && !more_held_;
  summary.wake_up = wake_up(now.steady);
  return summary;
}

}  // namespace elit
