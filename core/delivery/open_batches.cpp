#include "core/delivery/open_batches.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace elit {
namespace {

// The least of those that wait and may go, by `rank`, where `fits` holds.
template <class Fits, class Rank>
BatchHandle least(const OpenBatches& batches, const Fits& fits, const Rank& rank) {
  BatchHandle found = 0;
  const DeliveryBatch* best = nullptr;
  for (const auto& [handle, batch] : batches.all()) {
    if (batch.phase == BatchPhase::waiting && fits(batch) && (best == nullptr || rank(batch) < rank(*best)) &&
        batches.may_go(handle, batch)) {
      best = &batch;
      found = handle;
    }
  }
  return found;
}

}  // namespace

BatchHandle OpenBatches::open(DeliveryBatch batch, SteadyTime now) {
  const BatchHandle handle = ++handles_;
  const DeliveryBatch& opened = batches_.emplace(handle, std::move(batch)).first->second;
  std::unordered_set<DeliveryUserId> met;
  for (const auto& message : opened.messages) {
    if (met.insert(message.user).second) {
      open_of_user_[message.user].emplace(message.place(), handle);
      place_user(message.user, now);
    }
  }
  return handle;
}

DeliveryBatch OpenBatches::close(BatchHandle handle, SteadyTime now) {
  DeliveryBatch batch = std::move(batches_.extract(handle).mapped());
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

void OpenBatches::enter(DeliveryBatch& batch, BatchPhase phase, SteadyTime now) {
  batch.phase = phase;
  for (const auto& message : batch.messages) {
    place_user(message.user, now);
  }
}

void OpenBatches::place_user(DeliveryUserId user, SteadyTime now) {
  const auto open = open_of_user_.find(user);
  if (open == open_of_user_.end()) {
    line_.free_user(user, now);
    return;
  }
  const auto& [first, handle] = *open->second.begin();
  line_.hold_user(user, first, batches_.at(handle).phase != BatchPhase::waiting, now);
}

bool OpenBatches::may_go(BatchHandle handle, const DeliveryBatch& batch) const {
  // A message that failed on its own may wait before the rest of what was split off with it.
  return std::all_of(batch.messages.begin(), batch.messages.end(), [this, handle](const WaitingMessage& message) {
    const auto& [first, front] = *open_of_user_.at(message.user).begin();
    return front == handle && !line_.waits_before(message.user, first);
  });
}

std::vector<WaitingMessage> OpenBatches::behind_failure(BatchHandle handle, const DeliveryBatch& batch,
                                                        SteadyTime now) const {
  std::vector<WaitingMessage> behind;
  for (const WaitingMessage& message : batch.messages) {
    const auto& [first, front] = *open_of_user_.at(message.user).begin();
    const DeliveryBatch& before = batches_.at(front);
    const bool batch_failed = front != handle && before.tries > 0 && before.phase == BatchPhase::waiting;
    if (batch_failed || line_.fails_before(message.user, first, now)) {
      behind.push_back(message);
    }
  }
  return behind.size() < batch.messages.size() ? behind : std::vector<WaitingMessage>{};
}

bool OpenBatches::behind(BatchHandle later, BatchHandle earlier) const {
  const auto& messages = batches_.at(later).messages;
  return std::all_of(messages.begin(), messages.end(), [this, earlier](const WaitingMessage& message) {
    return open_of_user_.at(message.user).begin()->second == earlier;
  });
}

BatchHandle OpenBatches::first_due(SteadyTime now) const {
  return least(
      *this, [now](const DeliveryBatch& batch) { return batch.due <= now; },
      [](const DeliveryBatch& batch) { return std::tuple(batch.failed, batch.due); });
}

BatchHandle OpenBatches::smallest_due(SteadyTime now) const {
  return least(
      *this, [now](const DeliveryBatch& batch) { return batch.due <= now; },
      [](const DeliveryBatch& batch) { return std::tuple(batch.messages.size(), batch.ticket); });
}

BatchHandle OpenBatches::first_untried(SteadyTime now) const {
  return least(
      *this, [now](const DeliveryBatch& batch) { return !batch.failed && batch.due <= now; },
      [](const DeliveryBatch& batch) { return batch.due; });
}

BatchHandle OpenBatches::single() const {
  return least(
      *this, [](const DeliveryBatch& batch) { return batch.is_single() && batch.strikes == 0; },
      [](const DeliveryBatch& batch) { return batch.ticket; });
}

int OpenBatches::count_singles() const {
  return static_cast<int>(std::count_if(batches_.begin(), batches_.end(), [this](const auto& each) {
    const DeliveryBatch& batch = each.second;
    return batch.is_single() && batch.strikes == 0 && batch.phase == BatchPhase::waiting && may_go(each.first, batch);
  }));
}

std::size_t OpenBatches::count_beside_isolated() const {
  return static_cast<std::size_t>(
      std::count_if(batches_.begin(), batches_.end(), [](const auto& batch) { return !batch.second.isolated; }));
}

}  // namespace elit
