#include "core/delivery/pending_scan.hpp"

namespace elit {

std::optional<PendingScan::List> PendingScan::held_back(std::size_t waiting) {
  if (!more_held_ || !has_room(waiting)) {
    return std::nullopt;
  }
  asked_ = static_cast<int>(room_);
  return List{held_at_, asked_};
}

std::optional<PendingScan::List> PendingScan::pending(std::size_t waiting) {
  if (!more_pending_ || more_held_ || !has_room(waiting)) {
    return std::nullopt;
  }
  asked_ = static_cast<int>(room_ - waiting);
  return List{at_, asked_};
}

void PendingScan::on_held_back(const std::vector<PendingMessage>& held) {
  more_held_ = held.size() == static_cast<std::size_t>(asked_);
  asked_ = 0;
  if (!held.empty()) {
    held_at_ = held.back().id;
  }
}

void PendingScan::on_pending(const std::vector<PendingMessage>& pending) {
  more_pending_ = pending.size() == static_cast<std::size_t>(asked_);
  asked_ = 0;
  if (!pending.empty()) {
    at_ = pending.back().id;
  }
}

bool PendingScan::take_to_record(DeliveryMessageId to) {
  if (to <= recorded_) {
    return false;
  }
  recorded_ = to;
  return true;
}

}  // namespace elit
