#include "core/delivery/delivery_line.hpp"

#include <algorithm>

#include "core/check.hpp"

namespace elit {

bool DeliveryLine::add(const WaitingMessage& message, SteadyTime now) {
  if (!known_.insert(message.id).second) {
    return false;
  }
  put_back(message, now);
  return true;
}

void DeliveryLine::put_back(const WaitingMessage& message, SteadyTime now) {
  check(known_.contains(message.id), "a message is put back that was never known");
  Line& line = lines_[message.user];
  check(line.waiting.emplace(message.place(), message).second, "a message waits twice");
  ++size_;
  if (!message.recorded) {
    unrecorded_.insert(message.id);
  }
  if (line.failing || line.waiting.begin()->second.due > now) {
    behind_failure_.insert(message.user);
  }
  place(message.user, now);
}

void DeliveryLine::hold_user(DeliveryUserId user, DeliveryPlace first, bool busy, SteadyTime now) {
  Line& line = lines_[user];
  line.ceiling = first;
  line.busy = busy;
  place(user, now);
}

void DeliveryLine::free_user(DeliveryUserId user, SteadyTime now) {
  Line& line = lines_[user];
  line.ceiling.reset();
  line.busy = false;
  line.failing = false;
  place(user, now);
}

void DeliveryLine::mark_failing(DeliveryUserId user) {
  lines_[user].failing = true;
  behind_failure_.insert(user);
}

BatchSelection DeliveryLine::select(int messages_max, std::int64_t bytes_max, SteadyTime now) {
  advance(now);
  BatchSelection selection;
  selection.oldest = SteadyTime::max();
  std::int64_t bytes = 0;
  for (const auto& [first, user] : ready_) {
    const Line& line = lines_.at(user);
    for (const auto& [place, message] : line.waiting) {
      if (message.due > now || (line.ceiling && place > *line.ceiling)) {
        break;
      }
      const bool fits = selection.messages.empty() || bytes + message.size_bytes <= bytes_max;
      if (!fits || selection.messages.size() == static_cast<std::size_t>(messages_max)) {
        selection.full = true;
        break;
      }
      bytes += message.size_bytes;
      selection.oldest = std::min(selection.oldest, message.arrived);
      selection.messages.push_back(message);
      if (message.first_failed) {
        break;  // It was refused for now: those behind it wait until it is accepted.
      }
    }
    if (selection.full) {
      break;
    }
  }
  selection.full = selection.full || selection.messages.size() == static_cast<std::size_t>(messages_max);
  std::sort(selection.messages.begin(), selection.messages.end(),
            [](const WaitingMessage& one, const WaitingMessage& other) { return one.place() < other.place(); });
  return selection;
}

void DeliveryLine::take(const BatchSelection& selection, SteadyTime now) {
  for (const auto& message : selection.messages) {
    Line& line = lines_[message.user];
    check(line.waiting.erase(message.place()) == 1, "a message is taken that does not wait");
    --size_;
    unrecorded_.erase(message.id);
    place(message.user, now);
  }
}

std::vector<DeliveryMessageId> DeliveryLine::take_unrecorded(std::size_t count_max) {
  std::vector<DeliveryMessageId> messages;
  while (!behind_failure_.empty() && messages.size() < count_max) {
    const auto found = lines_.find(*behind_failure_.begin());
    behind_failure_.erase(behind_failure_.begin());
    // A line that has recovered meanwhile moves on by itself.
    if (found == lines_.end() || !(found->second.failing || found->second.deferred)) {
      continue;
    }
    for (auto& [place, message] : found->second.waiting) {
      if (!message.recorded) {
        message.recorded = true;
        unrecorded_.erase(message.id);
        messages.push_back(message.id);
      }
    }
  }
  std::sort(messages.begin(), messages.end());
  return messages;
}

std::optional<DeliveryMessageId> DeliveryLine::first_unrecorded() const {
  return unrecorded_.empty() ? std::nullopt : std::optional(*unrecorded_.begin());
}

std::optional<SteadyTime> DeliveryLine::next_due() const {
  return deferred_.empty() ? std::nullopt : std::optional(deferred_.begin()->first);
}

bool DeliveryLine::waits_before(DeliveryUserId user, DeliveryPlace place) const {
  const auto line = lines_.find(user);
  return line != lines_.end() && !line->second.waiting.empty() && line->second.waiting.begin()->first < place;
}

bool DeliveryLine::fails_before(DeliveryUserId user, DeliveryPlace place, SteadyTime now) const {
  return waits_before(user, place) && lines_.at(user).waiting.begin()->second.due > now;
}

bool DeliveryLine::has_others(DeliveryUserId user) const {
  return std::any_of(lines_.begin(), lines_.end(),
                     [user](const auto& line) { return line.first != user && !line.second.waiting.empty(); });
}

std::optional<SteadyTime> DeliveryLine::oldest_ready() const {
  std::optional<SteadyTime> oldest;
  for (const auto& [first, user] : ready_) {
    const SteadyTime arrived = lines_.at(user).waiting.begin()->second.arrived;
    oldest = oldest ? std::min(*oldest, arrived) : arrived;
  }
  return oldest;
}

void DeliveryLine::place(DeliveryUserId user, SteadyTime now) {
  Line& line = lines_[user];
  if (line.ready) {
    ready_.erase(*line.ready);
    line.ready.reset();
  }
  if (line.deferred) {
    deferred_.erase(*line.deferred);
    line.deferred.reset();
  }
  if (line.waiting.empty()) {
    if (!line.ceiling) {
      lines_.erase(user);
    }
    return;
  }
  const WaitingMessage& first = line.waiting.begin()->second;
  if (line.busy || (line.ceiling && first.place() > *line.ceiling)) {
    return;
  }
  if (first.due > now) {
    line.deferred.emplace(first.due, user);
    deferred_.insert(*line.deferred);
    behind_failure_.insert(user);
  } else {
    line.ready.emplace(first.id, user);
    ready_.insert(*line.ready);
  }
}

void DeliveryLine::advance(SteadyTime now) {
  while (!deferred_.empty() && deferred_.begin()->first <= now) {
    const DeliveryUserId user = deferred_.begin()->second;
    place(user, now);
  }
}

}  // namespace elit
