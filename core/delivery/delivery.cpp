#include "core/delivery/delivery.hpp"

#include <algorithm>
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
// So many refusals of all alike, with nothing accepted, and the address is wrong.
constexpr int doubtful_refusals_max = 3;
// A batch without a strike is repeated so often before a message is taken out of it as a probe.
constexpr int tries_before_probe = 2;
constexpr int tries_before_probe_lost = 3;
constexpr Milliseconds time_before_probe_lost{std::chrono::seconds{5}};
// If so many suspects fail and nothing is accepted, the receiver is the cause.
constexpr int suspects_failing_max = 16;

}  // namespace

Delivery::Delivery(const DeliverySettings& settings, std::uint64_t seed)
    : settings_(settings),
      backoff_(settings.retry.first, settings.retry.max),
      random_(seed),
      pace_(settings.concurrency, settings.retry),
      batches_(line_),
      size_(settings.batch.messages),
      scan_(std::max(lookahead_min, 2 * static_cast<std::size_t>(settings.batch.messages))) {}

void Delivery::start(const std::vector<OpenBatch>& open, DeliveryMessageId scanned_to, Now now, bool accepted_before) {
  check(!started_, "a delivery is started once");
  started_ = true;
  accepted_ = accepted_before ? 1 : 0;
  scan_.start(scanned_to);
  for (const OpenBatch& stored : open) {
    check(stored.messages.size() == stored.users.size() && stored.messages.size() == stored.sizes_bytes.size(),
          "an open batch names user and size of each message");
    DeliveryBatch batch;
    batch.stored = stored.id;
    batch.attempts = stored.attempts;
    batch.first_failed = stored.first_failed;
    batch.answer_lost = stored.answer_lost || stored.in_flight;
    // Those whose answer was lost go first: the peer may hold them already.
    batch.due = batch.answer_lost ? now.steady - Milliseconds{1} : now.steady;
    if (batch.answer_lost && settings_.late_arrival > Milliseconds{0}) {
      const Milliseconds passed = stored.in_flight || !stored.updated ? Milliseconds{0} : now.wall - *stored.updated;
      batch.not_before =
          now.steady + settings_.late_arrival - std::clamp(passed, Milliseconds{0}, settings_.late_arrival);
      batch.set_due(batch.due);
    }
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
    batches_.open(std::move(batch), now.steady);
    if (stored.not_before && *stored.not_before > now.wall) {
      pace_.hold_requests(now.steady, *stored.not_before - now.wall);
    }
  }
}

DeliveryAction Delivery::next(Now now) {
  check(started_ && !scan_.asks(), "an action is finished before the next is asked for");
  if (const auto list = scan_.held_back(line_.size())) {
    return LoadHeldBack{list->after, list->limit};
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
  if (const auto list = scan_.pending(line_.size())) {
    return ScanPending{list->after, list->limit};
  }
  if (auto split = narrow(now)) {
    return *std::move(split);
  }
  if (auto picked = pick(now)) {
    return *std::move(picked);
  }
  if (const auto to = scanned_to(); to && scan_.take_to_record(*to)) {
    return RecordScanned{*to};
  }
  return WaitUntil{wake_up(now.steady)};
}

void Delivery::on_pending(const std::vector<PendingMessage>& pending, Now now) {
  scan_.on_pending(pending);
  add_waiting(pending, false, now);
}

void Delivery::on_held_back(const std::vector<PendingMessage>& held, Now now) {
  scan_.on_held_back(held);
  add_waiting(held, true, now);
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
  DeliveryBatch& batch = batches_.at(handle);
  check(!batch.stored, "a batch is created once");
  batch.stored = stored;
}

bool Delivery::may_open() const {
  return batches_.count_beside_isolated() < static_cast<std::size_t>(settings_.concurrency) + open_batches_beside_max;
}

std::optional<DeliveryAction> Delivery::pick(Now now) {
  if (in_flight_ >= pace_.requests_max(now.steady)) {
    // What was never tried need not wait for the repetition of what failed.
    const bool fresh = in_flight_ == 0 && pace_.takes_new_probe(now.steady) && wants_another_probe();
    const BatchHandle handle = fresh ? pick_fresh(now.steady) : 0;
    return handle == 0 ? std::nullopt : std::optional<DeliveryAction>(send(handle, now));
  }
  if (pace_.is_probing()) {
    return probe(now);
  }
  // While everything is refused the probes are single messages, and not the same one each time.
  const bool refusing = pace_.state() == SinkState::refusing;
  BatchHandle handle = refusing ? pick_new(now.steady, 1) : batches_.first_due(now.steady);
  if (handle == 0) {
    handle = refusing ? batches_.smallest_due(now.steady) : pick_new(now.steady, size_.limit());
  }
  if (handle != 0) {
    return send(handle, now);
  }
  // Only a part of the suspect can show now whether the suspect or the receiver is the cause.
  if (in_flight_ == 0 && wants_another_probe()) {
    for (const auto& [suspect, batch] : batches_.all()) {
      if ((batch.strikes > 0 || batch.refused_at) && may_be_probed(suspect, batch, now.steady)) {
        return split_probe(suspect, now);
      }
    }
  }
  return std::nullopt;
}

// One request that shows whether the receiver works: a small one, and of messages that did not fail.
std::optional<DeliveryAction> Delivery::probe(Now now) {
  if (wants_another_probe()) {
    if (const BatchHandle handle = pick_fresh(now.steady); handle != 0) {
      return send(handle, now);
    }
    for (const auto& [whole, batch] : batches_.all()) {
      if (may_be_probed(whole, batch, now.steady)) {
        return split_probe(whole, now);
      }
    }
  }
  BatchHandle handle = batches_.single();
  handle = handle == 0 ? batches_.first_due(now.steady) : handle;
  return handle == 0 ? std::nullopt : std::optional<DeliveryAction>(send(handle, now));
}

// In an outage the number of messages that are probes grows with the logarithm of the failures only.
bool Delivery::wants_another_probe() const {
  return failures_ >= (1LL << std::min(batches_.count_singles(), 40)) - 1;
}

bool Delivery::may_be_probed(BatchHandle handle, const DeliveryBatch& batch, SteadyTime now) const {
  const bool lost = batch.answer_lost;
  const bool was_repeated = batch.tries >= (lost ? tries_before_probe_lost : tries_before_probe) &&
                            (!lost || now - batch.tried_first >= time_before_probe_lost);
  const bool is_suspect =
      batch.strikes > 0 && (!lost || (batch.tries > 1 && batch.strikes + 1 >= strikes_needed(batch)));
  // A set whose answer was lost is its own probe.
  const bool doubted = is_suspect || was_repeated || (!lost && (batch.refused_at || is_paused(pace_.state())));
  return batch.phase == BatchPhase::waiting && !batch.recording && batch.failed && !batch.is_single() && doubted &&
         batches_.may_go(handle, batch);
}

SendBatch Delivery::send(BatchHandle handle, Now now) {
  DeliveryBatch& batch = batches_.at(handle);
  batches_.enter(batch, BatchPhase::in_flight, now.steady);
  batch.ticket = pace_.issue(now.steady);
  ++in_flight_;
  SendBatch send{handle, batch.stored, {}, batch.answer_lost};
  for (const auto& message : batch.messages) {
    send.messages.push_back(message.id);
  }
  return send;
}

BatchHandle Delivery::pick_fresh(SteadyTime now) {
  const BatchHandle untried = batches_.first_untried(now);
  return untried == 0 ? pick_new(now, 1) : untried;
}

BatchHandle Delivery::pick_new(SteadyTime now, int messages_max) {
  if (!may_open()) {
    return 0;
  }
  BatchSelection selection = line_.select(messages_max, settings_.batch.bytes, now);
  const bool ready =
      !selection.messages.empty() && (selection.full || hurry_ || selection.oldest + settings_.batch.wait <= now);
  if (!ready) {
    return 0;
  }
  DeliveryBatch batch;
  batch.due = now;
  batch.messages = selection.messages;
  line_.take(selection, now);
  return batches_.open(std::move(batch), now);
}

std::optional<SplitBatch> Delivery::narrow(Now now) {
  for (const auto& [handle, batch] : batches_.all()) {
    if (batch.phase != BatchPhase::waiting || batch.recording || batch.is_single()) {
      continue;
    }
    if (batch.strikes >= strikes_needed(batch)) {
      return narrow_down(handle, now);
    }
    if (!batches_.may_go(handle, batch)) {
      std::vector<WaitingMessage> behind = batches_.behind_failure(handle, batch, now.steady);
      if (!behind.empty()) {
        return split(handle, TwoParts(without(batch.messages, behind), std::move(behind)), now);
      }
    }
  }
  return std::nullopt;
}

SplitBatch Delivery::narrow_down(BatchHandle handle, Now now) {
  const DeliveryBatch& whole = batches_.at(handle);
  const int strikes = strikes_needed(whole) - 1;
  const int part_of = whole.part_of > 0 ? whole.part_of : static_cast<int>(whole.messages.size());
  SplitBatch action = split(handle, by_suspicion(whole), now);
  for (const BatchHandle part : awaiting_id_.at(handle)) {
    DeliveryBatch& batch = batches_.at(part);
    batch.strikes = strikes;
    batch.part_of = part_of;
    batch.tries = 0;
    batch.suspects.clear();
    batch.set_due(now.steady);
  }
  return action;
}

SplitBatch Delivery::split_probe(BatchHandle handle, Now now) {
  SplitBatch action = split(handle, one_and_rest(batches_.at(handle).messages, random_.fraction()), now);
  const auto& parts = awaiting_id_.at(handle);
  DeliveryBatch& one = batches_.at(parts.front());
  // The first of a suspect's only user is a suspect itself.
  const bool is_suspect = one.strikes > 0 && batches_.behind(parts.back(), parts.front());
  one.part_of = static_cast<int>(is_suspect ? action.splits.back().messages.size() + 1 : 0);
  one.strikes = is_suspect ? one.strikes : 0;
  one.tries = 0;
  one.failed = false;
  one.suspects.clear();
  one.set_due(now.steady);
  return action;
}

// Each part keeps what is known of the whole.
SplitBatch Delivery::split(BatchHandle handle, TwoParts parts, Now now) {
  const DeliveryBatch whole = batches_.close(handle, now.steady);
  check(whole.stored.has_value(), "a batch that failed is stored");
  SplitBatch action{handle, *whole.stored, {}};
  for (auto* messages : {&parts.first, &parts.second}) {
    DeliveryBatch part = whole;
    part.stored.reset();
    part.messages = std::move(*messages);
    part.phase = BatchPhase::awaiting_id;
    part.first_failed.reset();
    BatchSplit split;
    split.answer_lost = part.answer_lost;
    for (const WaitingMessage& message : part.messages) {
      split.messages.push_back(message.id);
    }
    action.splits.push_back(std::move(split));
    awaiting_id_[handle].push_back(batches_.open(std::move(part), now.steady));
  }
  return action;
}

std::optional<DeliveryMessageId> Delivery::scanned_to() const {
  DeliveryMessageId to = scan_.at();
  if (const auto first = line_.first_unrecorded()) {
    to = std::min(to, *first - 1);
  }
  for (const auto& [handle, batch] : batches_.all()) {
    if (!batch.stored && batch.phase != BatchPhase::awaiting_id) {
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
  const bool probing = pace_.is_probing();
  for (const auto& [handle, batch] : batches_.all()) {
    if (batch.phase == BatchPhase::waiting && batches_.may_go(handle, batch)) {
      const bool is_probe = probing && ((batch.is_single() && batch.strikes == 0) || may_be_probed(handle, batch, now));
      consider(is_probe ? open : std::max(open, batch.due));
    }
  }
  if (may_open()) {
    if (const auto due = line_.next_due()) {
      consider(std::max(open, *due));
    }
    if (const auto oldest = line_.oldest_ready()) {
      consider(std::max(open, *oldest + (hurry_ || probing ? Milliseconds{0} : settings_.batch.wait)));
    }
  }
  return wake;
}

DeliveryRecord Delivery::on_answer(BatchHandle handle, const DeliveryAnswer& answer, Now now) {
  const auto found = batches_.all().find(handle);
  check(
      found != batches_.all().end() && found->second.phase == BatchPhase::in_flight && found->second.stored.has_value(),
      "an answer belongs to a batch in flight");
  const DeliveryBatch& batch = found->second;
  if (proof_of(answer) == Proof::health) {
    on_accepted(now.steady);
    size_.on_accepted(static_cast<int>(batch.messages.size()));
  }
  if (is_refusal(answer)) {
    check(answer.messages.empty(), "what is refused as a whole is not judged one by one");
    if (answer.retry_after) {
      pace_.hold_requests(now.steady, *answer.retry_after);
    }
    return refuse(handle, answer, now);
  }
  // What fails while others are accepted is charged for it, and the receiver is not.
  const bool suspected = is_suspected(batch) && answer.whole != Verdict::throttled;
  const bool charged = charges(answer) || (suspected && concerns_sink(answer));
  if (suspected && (!is_judged(answer) || concerns_sink(answer))) {
    if (answer.retry_after) {
      pace_.hold_requests(now.steady, *answer.retry_after);
    }
  } else {
    pace_by(batch, answer, now);
  }
  return answer.whole && answer.messages.empty() ? fail(handle, answer, charged, now)
                                                 : settle(handle, answer, charged, now);
}

void Delivery::on_recorded(BatchHandle handle, const std::vector<DeliveryBatchId>& splits, Now now) {
  check(in_flight_ > 0, "an attempt is recorded that was not made");
  --in_flight_;
  if (const auto failed = batches_.all().find(handle); failed != batches_.all().end()) {
    failed->second.recording = false;
  }
  number_splits(handle, splits, now);
}

void Delivery::number_splits(BatchHandle handle, const std::vector<DeliveryBatchId>& splits, Now now) {
  const auto awaiting = awaiting_id_.extract(handle);
  check((awaiting.empty() ? 0 : awaiting.mapped().size()) == splits.size(), "each split gets its id");
  for (std::size_t i = 0; i < splits.size(); ++i) {
    DeliveryBatch& batch = batches_.at(awaiting.mapped()[i]);
    batch.stored = splits[i];
    batches_.enter(batch, BatchPhase::waiting, now.steady);
  }
}

// The receiver works, so each failed batch is itself the cause, or the failure has passed. It is tried once at once.
void Delivery::on_accepted(SteadyTime now) {
  ++accepted_;
  failures_ = doubtful_refusals_ = 0;
  for (auto& [handle, batch] : batches_.all()) {
    if (!batch.failed) {
      continue;
    }
    batch.failed = false;
    ++batch.strikes;
    if (!batch.is_single() || batch.strikes == 1 || batch.refused_at) {
      batch.set_due(now);
    }
    if (!batch.is_single() && batch.strikes >= strikes_needed_refused && batch.by_size && batch.suspects.empty()) {
      size_.on_failed(static_cast<int>(batch.messages.size()));
    }
    if (batch.is_single() && batch.strikes >= strikes_needed_refused) {
      isolate(batch);
    }
  }
}

void Delivery::isolate(DeliveryBatch& batch) {
  if (!batch.isolated && batch.by_size) {
    size_.on_one_failed(batch.part_of);
  }
  batch.isolated = true;
}

bool Delivery::is_suspected(const DeliveryBatch& batch) const {
  const bool suspect = batch.strikes > 0 && failures_ < suspects_failing_max;
  // An isolated message shows nothing about the receiver.
  return batch.isolated ? !is_paused(pace_.state()) : suspect && pace_.state() == SinkState::running;
}

bool Delivery::nobody_else_waits(const DeliveryBatch& batch) const {
  const DeliveryUserId user = batch.messages.front().user;
  const auto is_of_user = [user](const WaitingMessage& message) { return message.user == user; };
  return !line_.has_others(user) && std::all_of(batch.messages.begin(), batch.messages.end(), is_of_user) &&
         std::all_of(batches_.all().begin(), batches_.all().end(), [&is_of_user](const auto& open) {
           return std::all_of(open.second.messages.begin(), open.second.messages.end(), is_of_user);
         });
}

void Delivery::pace_by(const DeliveryBatch& batch, const DeliveryAnswer& answer, Now now) {
  if (answer.retry_after && answer.whole != Verdict::throttled) {
    pace_.hold_requests(now.steady, *answer.retry_after);
  }
  const Proof proof = proof_of(answer);
  if (proof == Proof::health) {
    refusals_ = 0;
  }
  if (concerns_sink(answer)) {
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

DeliveryRecord Delivery::fail(BatchHandle handle, const DeliveryAnswer& answer, bool charged, Now now) {
  const bool lost = may_be_written(answer);
  DeliveryBatch& batch = batches_.at(handle);
  if (lost && !batch.answer_lost) {
    batch.answer_lost = true;
    batch.tries = 0;  // From the first loss on it has to be repeated as it is.
  }
  if (answer.whole != Verdict::throttled) {
    if (!is_refusal(answer)) {
      batch.refused_at.reset();
    }
    ++failures_;
    batch.tried_first = ++batch.tries == 1 ? now.steady : batch.tried_first;
    batch.failed = true;
    batch.by_size = !concerns_sink(answer);
    // Where larger batches failed before, the size is the likely cause.
    const int known = size_.is_reduced() && !batch.is_single() ? strikes_needed(batch) - 2 : 0;
    batch.strikes = std::max(batch.strikes, known);
    if (batch.is_single() && batch.part_of > 0 && batch.strikes > 0) {
      isolate(batch);
    }
    batch.suspects.clear();
    for (std::size_t i = 0; i < answer.messages.size(); ++i) {
      if (answer.messages[i].suspect) {
        batch.suspects.insert(batch.messages[i].id);
      }
    }
  }
  if (charged) {
    batch.first_failed = batch.first_failed.value_or(now.wall);
    ++batch.attempts;
    if (batch.is_single() && gives_up(batch.first_failed, now)) {
      BatchSettled settled;
      give_up(batches_.close(handle, now.steady), answer.reason, settled.outcomes);
      return settled;
    }
  }
  batches_.enter(batch, BatchPhase::waiting, now.steady);
  batch.recording = true;
  // Without a charge the sink as a whole waits, not this batch.
  if (answer.may_arrive) {
    batch.not_before = now.steady + settings_.late_arrival;
  }
  batch.set_due(charged ? now.steady + backoff_.delay(std::max(1, batch.tries), random_.fraction()) : now.steady);
  for (const auto& message : batch.messages) {
    line_.mark_failing(message.user);
  }
  return AttemptFailure{answer.reason, lost, charged, now.wall + answer.retry_after.value_or(Milliseconds{0})};
}

DeliveryRecord Delivery::refuse(BatchHandle handle, const DeliveryAnswer& answer, Now now) {
  DeliveryBatch& batch = batches_.at(handle);
  // Too large a batch, for example, shows nothing about an answer of another address.
  if (batch.refused_elsewhere != answer.elsewhere) {
    batch.refused_at.reset();
  }
  batch.refused_elsewhere = answer.elsewhere;
  batch.refused_at = batch.refused_at.value_or(accepted_);
  if (batch.is_single() && pace_.state() == SinkState::refusing) {
    pace_.pause(SinkState::refusing, batch.ticket, pace_.reason(), now.steady);
    return fail(handle, answer, false, now);
  }
  const bool proven = accepted_ > *batch.refused_at;
  // Everything may get this answer, whatever it holds.
  const bool in_doubt = answer.elsewhere || pace_.state() == SinkState::misconfigured ||
                        (accepted_ == 0 && answer.whole == Verdict::rejected_in_company);
  const bool last_known = batch.is_single() && accepted_ > 0 && nobody_else_waits(batch);
  if (proven || (!in_doubt && (!batch.is_single() || last_known))) {
    pace_.on_alive(batch.ticket);
    return refuse_for_good(handle, answer, now);
  }
  return doubt(handle, answer, now);
}

// The batch is kept until something shows that others are accepted.
DeliveryRecord Delivery::doubt(BatchHandle handle, const DeliveryAnswer& answer, Now now) {
  const DeliveryPace::Ticket ticket = batches_.at(handle).ticket;
  pace_.on_transient(ticket, answer.detail, random_.fraction(), now.steady);
  DeliveryRecord record = fail(handle, answer, false, now);
  count_doubtful_refusal(ticket, answer.detail, now);
  DeliveryBatch& batch = batches_.at(handle);
  batch.by_size = answer.whole == Verdict::too_large;
  batch.set_due(now.steady + backoff_.delay(batch.tries, random_.fraction()));
  return record;
}

DeliveryRecord Delivery::refuse_for_good(BatchHandle handle, const DeliveryAnswer& answer, Now now) {
  const DeliveryBatch batch = batches_.close(handle, now.steady);
  BatchSettled settled;
  if (!batch.is_single()) {
    if (answer.whole == Verdict::too_large) {
      size_.on_failed(static_cast<int>(batch.messages.size()));
    }
    halve(handle, batch, batch.messages, {}, now, settled);
    return settled;
  }
  if (answer.whole == Verdict::too_large) {
    size_.on_one_failed(settings_.batch.messages);
  }
  const WaitingMessage& message = batch.messages.front();
  settled.outcomes.push_back({message.id,
                              DeliveryState::dead,
                              message.attempts + batch.attempts + 1,
                              {},
                              answer.reason,
                              std::nullopt,
                              std::nullopt});
  line_.forget(message.id);
  count_refusal(batch.ticket, answer.detail, now);
  return settled;
}

DeliveryRecord Delivery::settle(BatchHandle handle, const DeliveryAnswer& answer, bool charged, Now now) {
  const int rejections_max =
      pace_.state() == SinkState::refusing ? 0 : std::max(1, settings_.dead_letters.pause_after - refusals_);
  const std::vector<Verdict> verdicts =
      verdicts_in_order(batches_.at(handle).messages, answer.messages, rejections_max);
  const auto all_are = [&verdicts](Verdict verdict) {
    return std::all_of(verdicts.begin(), verdicts.end(), [verdict](Verdict each) { return each == verdict; });
  };
  const bool learnt = batches_.at(handle).answer_lost && all_absent(answer);
  if (all_are(Verdict::unknown) || (all_are(Verdict::not_sent) && !learnt)) {
    DeliveryAnswer whole = answer;
    whole.reason = answer.reason.empty() ? reason_of(answer, verdicts.front()) : answer.reason;
    return fail(handle, whole, charged, now);
  }
  const bool accepts = proof_of(answer) == Proof::health;
  failures_ += accepts ? 0 : 1;
  const DeliveryBatch batch = batches_.close(handle, now.steady);
  BatchSettled settled;
  for (std::size_t i = 0; i < batch.messages.size(); ++i) {
    if (!traits_of(verdicts[i]).goes_along) {
      settled.outcomes.push_back(
          settle_message(batch, batch.messages[i], verdicts[i], answer.messages[i], accepts, now));
    }
  }
  if (!settled.outcomes.empty() && pace_.state() == SinkState::refusing) {
    pace_.pause(SinkState::refusing, batch.ticket, pace_.reason(), now.steady);
  }
  if (settled.outcomes.size() < batch.messages.size()) {
    split_up(handle, batch, verdicts, answer, charged, now, settled);
  }
  return settled;
}

void Delivery::split_up(BatchHandle handle, const DeliveryBatch& whole, const std::vector<Verdict>& verdicts,
                        const DeliveryAnswer& answer, bool charged, Now now, BatchSettled& settled) {
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
  not_sent.answer_lost = whole.answer_lost && !all_absent(answer);
  not_sent.error = reason_of(answer, Verdict::not_sent);
  if (answer.retry_after) {
    not_sent.not_before = now.wall + *answer.retry_after;
  }
  BatchSplit unknown = not_sent;
  unknown.error = reason_of(answer, Verdict::unknown);
  unknown.answer_lost = true;
  unknown.charged = charged;
  const bool accepts = proof_of(answer) == Proof::health;
  // Without a charge the sink as a whole waits, not this batch.
  const Milliseconds delay = unknown.charged ? backoff_.delay(whole.attempts + 1, random_.fraction()) : Milliseconds{0};
  const SteadyTime arrived = answer.may_arrive ? now.steady + settings_.late_arrival : now.steady;
  split_off(handle, whole, those(Verdict::unknown), std::move(unknown), std::max(now.steady + delay, arrived), accepts,
            now, settled);
  halve(handle, whole, those(Verdict::rejected_in_company), reason_of(answer, Verdict::rejected_in_company), now,
        settled);
  split_off(handle, whole, those(Verdict::not_sent), std::move(not_sent), now.steady, accepts, now, settled);
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const bool failed = verdicts[i] == Verdict::unknown || verdicts[i] == Verdict::not_sent;
    if (failed && batches_.holds(whole.messages[i].user)) {
      line_.mark_failing(whole.messages[i].user);
    }
  }
}

void Delivery::give_up(const DeliveryBatch& batch, const std::string& error, std::vector<DeliveryOutcome>& outcomes) {
  for (const auto& message : batch.messages) {
    const int attempts = message.attempts + batch.attempts;
    outcomes.push_back({message.id, DeliveryState::dead, attempts, {}, error, std::nullopt, std::nullopt});
    line_.forget(message.id);
  }
}

void Delivery::split_off(BatchHandle handle, const DeliveryBatch& whole, std::vector<WaitingMessage> messages,
                         BatchSplit split, SteadyTime due, bool accepts, Now now, BatchSettled& settled) {
  if (messages.empty()) {
    return;
  }
  const bool is_all = messages.size() == whole.messages.size();
  DeliveryBatch part;
  part.messages = std::move(messages);
  part.attempts = whole.attempts + (split.charged ? 1 : 0);
  // What several went through together does not count against one.
  part.first_failed = is_all ? whole.first_failed : std::nullopt;
  if (split.charged) {
    part.first_failed = part.first_failed.value_or(now.wall);
    part.tries = whole.tries + 1;
    part.strikes = whole.strikes + (accepts ? 1 : 0);
    part.failed = !accepts;
    if (part.is_single() && gives_up(part.first_failed, now)) {
      give_up(part, split.error, settled.outcomes);
      return;
    }
  }
  part.refused_at = whole.refused_at;
  part.refused_elsewhere = whole.refused_elsewhere;
  part.answer_lost = split.answer_lost;
  part.phase = BatchPhase::awaiting_id;
  part.due = due;
  part.not_before = split.answer_lost ? due : SteadyTime::min();
  split.first_failed = part.first_failed;
  for (const auto& message : part.messages) {
    split.messages.push_back(message.id);
  }
  settled.splits.push_back(std::move(split));
  awaiting_id_[handle].push_back(batches_.open(std::move(part), now.steady));
}

void Delivery::halve(BatchHandle handle, const DeliveryBatch& whole, const std::vector<WaitingMessage>& messages,
                     const std::string& error, Now now, BatchSettled& settled) {
  BatchSplit split;
  split.error = error;
  split.answer_lost = whole.answer_lost;
  auto [first, second] = messages.size() > 1 ? in_halves(messages) : TwoParts(messages, {});
  split_off(handle, whole, std::move(first), split, now.steady, true, now, settled);
  split_off(handle, whole, std::move(second), std::move(split), now.steady, true, now, settled);
}

DeliveryOutcome Delivery::settle_message(const DeliveryBatch& batch, WaitingMessage message, Verdict verdict,
                                         const MessageAnswer& answer, bool accepts, Now now) {
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
    const bool proven = accepts || (message.refused_at && accepted_ > *message.refused_at);
    if (answer.by_status && !proven && !(accepted_ > 0 && nobody_else_waits(batch))) {
      message.refused_at = message.refused_at.value_or(accepted_);
      message.attempts = before;
      count_doubtful_refusal(batch.ticket, answer.error, now);
      return keep(message, answer.error, backoff_.delay(1, random_.fraction()), now);
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

// Each message gets the same answer, and nothing is accepted: the address is wrong, not the messages.
void Delivery::count_doubtful_refusal(DeliveryPace::Ticket ticket, const std::string& reason, Now now) {
  if (++doubtful_refusals_ >= doubtful_refusals_max || pace_.state() == SinkState::misconfigured) {
    pace_.pause(SinkState::misconfigured, ticket, "every request is refused: " + reason, now.steady);
  }
}

DeliverySummary Delivery::summary(Now now) const {
  DeliverySummary summary;
  summary.state = pace_.state();
  summary.reason = pace_.reason();
  summary.in_flight = in_flight_;
  summary.waiting = line_.size();
  for (const auto& [handle, batch] : batches_.all()) {
    summary.waiting += batch.phase == BatchPhase::in_flight ? 0 : batch.messages.size();
    summary.isolated += batch.isolated ? 1 : 0;
  }
  summary.settled = started_ && batches_.all().empty() && line_.size() == 0 && in_flight_ == 0 && scan_.done();
  summary.held_until = pace_.held_until(now.steady);
  summary.wake_up = wake_up(now.steady);
  return summary;
}

}  // namespace elit
