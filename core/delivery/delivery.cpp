#include "core/delivery/delivery.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "core/check.hpp"

// Feeding the machine and choosing what is sent; what answers mean is in delivery_outcome.cpp.
namespace elit {
namespace {

// How many waiting messages are kept in memory, and how many may be recorded as held back at once.
constexpr std::size_t lookahead_min = 4'096;
constexpr std::size_t hold_back_max = 500;
// Batches that fail while others pass must not take the place of those: so many may wait beside the ones in flight.
constexpr std::size_t open_batches_beside_max = 64;

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
    if (!batch.stored && batch.phase != Phase::unborn) {
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
