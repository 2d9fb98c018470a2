#include <algorithm>
#include <utility>

#include "core/check.hpp"
#include "core/delivery.hpp"

// What answers mean.
namespace elit {

DeliveryRecord Delivery::on_answer(BatchHandle handle, const DeliveryAnswer& answer, Now now) {
  const auto found = batches_.find(handle);
  check(found != batches_.end() && found->second.phase == Phase::in_flight && found->second.stored.has_value(),
        "an answer belongs to a batch in flight");
  pace_by(found->second, answer, now);
  switch (answer.verdict) {
    case BatchVerdict::answered:
      return settle(handle, answer, now);
    case BatchVerdict::transient:
      return fail(handle, answer, true, now);
    case BatchVerdict::throttled:
    case BatchVerdict::unauthorized:
    case BatchVerdict::misconfigured:
      return fail(handle, answer, false, now);
    case BatchVerdict::too_large:
    case BatchVerdict::refused:
      return refuse(handle, answer, now);
  }
  check(false, "a verdict is one of those known");
  return BatchSettled{};
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
  switch (answer.verdict) {
    case BatchVerdict::answered: {
      const auto some = [&answer](MessageVerdict verdict) {
        return std::any_of(answer.messages.begin(), answer.messages.end(),
                           [verdict](const MessageAnswer& message) { return message.verdict == verdict; });
      };
      if (some(MessageVerdict::delivered)) {
        refusals_ = 0;
        pace_.on_success(batch.ticket);
      } else if (some(MessageVerdict::rejected)) {
        pace_.on_alive(batch.ticket);
      } else {
        if (pace_.state() == SinkState::credential || pace_.state() == SinkState::misconfigured) {
          pace_.on_alive(batch.ticket);  // Who judges messages accepts the credential.
        }
        pace_.on_transient(batch.ticket, "every message is refused for now", random_.fraction(), now.steady);
      }
      break;
    }
    case BatchVerdict::transient:
      pace_.on_transient(batch.ticket, answer.detail, random_.fraction(), now.steady);
      break;
    case BatchVerdict::throttled:
      pace_.on_throttled(batch.ticket, answer.detail, answer.retry_after, random_.fraction(), now.steady);
      break;
    case BatchVerdict::unauthorized:
      pace_.pause(SinkState::credential, batch.ticket, answer.detail, now.steady);
      break;
    case BatchVerdict::misconfigured:
      pace_.pause(SinkState::misconfigured, batch.ticket, answer.detail, now.steady);
      break;
    case BatchVerdict::too_large:
    case BatchVerdict::refused:
      pace_.on_alive(batch.ticket);
      break;
  }
}

DeliveryRecord Delivery::fail(BatchHandle handle, const DeliveryAnswer& answer, bool charged, Now now) {
  Batch& batch = batches_.at(handle);
  batch.answer_lost = batch.answer_lost || answer.answer_lost;
  if (charged) {
    batch.first_failed = batch.first_failed.value_or(now.wall);
    ++batch.attempts;
    if (gives_up(batch.first_failed, now)) {
      BatchSettled settled;
      const Batch given_up = close_batch(handle, now.steady);
      for (const auto& message : given_up.messages) {
        settled.outcomes.push_back({message.id,
                                    DeliveryState::dead,
                                    message.attempts + given_up.attempts,
                                    {},
                                    answer.reason,
                                    std::nullopt,
                                    std::nullopt});
        line_.forget(message.id);
      }
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
  return AttemptFailure{answer.reason, answer.answer_lost, charged,
                        now.wall + answer.retry_after.value_or(Milliseconds{0})};
}

DeliveryRecord Delivery::refuse(BatchHandle handle, const DeliveryAnswer& answer, Now now) {
  const Batch& batch = batches_.at(handle);
  if (batch.messages.size() > 1) {
    return split(handle, now);
  }
  if (pace_.state() == SinkState::refusing) {
    pace_.pause(SinkState::refusing, batch.ticket, pace_.reason(), now.steady);
    return fail(handle, answer, false, now);
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

BatchSettled Delivery::split(BatchHandle handle, Now now) {
  const Batch whole = close_batch(handle, now.steady);
  const auto middle = whole.messages.begin() + static_cast<std::ptrdiff_t>(whole.messages.size() / 2);
  BatchSettled settled;
  for (const auto& [from, to] : {std::pair(whole.messages.begin(), middle), std::pair(middle, whole.messages.end())}) {
    Batch half;
    half.messages.assign(from, to);
    half.attempts = whole.attempts;
    half.first_failed = whole.first_failed;
    half.answer_lost = whole.answer_lost;
    half.phase = Phase::unborn;
    half.due = now.steady;
    auto& ids = settled.splits.emplace_back();
    for (const auto& message : half.messages) {
      ids.push_back(message.id);
    }
    unborn_[handle].push_back(open_batch(std::move(half), now.steady));
  }
  return settled;
}

BatchSettled Delivery::settle(BatchHandle handle, const DeliveryAnswer& answer, Now now) {
  const Batch batch = close_batch(handle, now.steady);
  check(answer.messages.size() == batch.messages.size(), "an answer names an outcome for each message of its batch");
  BatchSettled settled;
  for (std::size_t i = 0; i < batch.messages.size(); ++i) {
    settled.outcomes.push_back(settle_message(batch, batch.messages[i], answer.messages[i], now));
  }
  if (pace_.state() == SinkState::refusing) {
    pace_.pause(SinkState::refusing, batch.ticket, pace_.reason(), now.steady);
  }
  return settled;
}

DeliveryOutcome Delivery::settle_message(const Batch& batch, WaitingMessage message, const MessageAnswer& answer,
                                         Now now) {
  const int before = message.attempts + batch.attempts;
  message.attempts = before + 1;
  if (answer.verdict == MessageVerdict::delivered) {
    line_.forget(message.id);
    return {message.id, DeliveryState::delivered, message.attempts, answer.remote_id, {}, std::nullopt, std::nullopt};
  }
  if (!message.first_failed) {
    message.first_failed = batch.first_failed;
  }
  if (answer.verdict == MessageVerdict::rejected) {
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
