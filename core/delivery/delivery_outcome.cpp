#include <algorithm>
#include <utility>

#include "core/check.hpp"
#include "core/delivery/delivery.hpp"
#include "core/delivery/verdict_order.hpp"

// Turns answers into outcomes and pace.
namespace elit {
namespace {

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
  const auto unborn = unborn_.extract(handle);
  check((unborn.empty() ? 0 : unborn.mapped().size()) == splits.size(), "each split gets its id");
  for (std::size_t i = 0; i < splits.size(); ++i) {
    Batch& batch = batches_.at(unborn.mapped()[i]);
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
  part.phase = Phase::unborn;
  part.due = due;
  if (split.charged && gives_up(part.first_failed, now)) {
    give_up(part, split.error, settled.outcomes);
    return;
  }
  for (const auto& message : part.messages) {
    split.messages.push_back(message.id);
  }
  settled.splits.push_back(std::move(split));
  unborn_[handle].push_back(open_batch(std::move(part), now.steady));
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

}  // namespace elit
