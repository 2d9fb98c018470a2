#include "core/fetch/poll_schedule.hpp"

#include <algorithm>

#include "core/check.hpp"

namespace elit {
namespace {

// Live reads in a row after which waiting history gets a turn.
constexpr int live_picks_max = 3;

// The share of the capacity that reading everybody may take; the rest is for lists, second pages and history.
constexpr double capacity_share = 0.7;

// A user is read again after this part (one over it) of the time it has been silent.
constexpr int silence_share = 10;

}  // namespace

void PollSchedule::put(User user, const Wanted& wanted) {
  check(wanted.live || wanted.history, "a user who is scheduled has something to be read");
  const auto [place, inserted] = users_.try_emplace(user);
  Entry& entry = place->second;
  if (!inserted) {
    take_out(user, entry);
  }
  entry = Entry{.wanted = wanted, .being_read = false, .turn = ++turns_};
  if (wanted.live) {
    live_.emplace(*wanted.live, user);
  }
  if (wanted.history) {
    history_of(entry).emplace(HistoryPlace{wanted.history_from, entry.turn}, user);
  }
}

void PollSchedule::remove(User user) {
  const auto place = users_.find(user);
  if (place != users_.end()) {
    take_out(user, place->second);
    users_.erase(place);
  }
}

void PollSchedule::take_out(User user, const Entry& entry) {
  if (entry.being_read) {
    --being_read_;
    return;
  }
  if (entry.wanted.live) {
    live_.erase({*entry.wanted.live, user});
  }
  if (entry.wanted.history) {
    history_of(entry).erase({entry.wanted.history_from, entry.turn});
  }
}

std::optional<PollSchedule::Pick> PollSchedule::pick(SteadyTime now) {
  const bool live = live_waits(now);
  const std::optional<User> history = next_history(now);
  if (history && (!live || live_picks_in_a_row_ >= live_picks_max)) {
    live_picks_in_a_row_ = 0;
    return hand_out(*history, Work::history);
  }
  if (!live) {
    return std::nullopt;
  }
  ++live_picks_in_a_row_;
  return hand_out(live_.begin()->second, Work::live);
}

std::optional<PollSchedule::User> PollSchedule::next_history(SteadyTime now) const {
  for (const History* histories : {&begun_, &history_}) {
    if (!histories->empty() && histories->begin()->first.first <= now) {
      return histories->begin()->second;
    }
  }
  return std::nullopt;
}

PollSchedule::Pick PollSchedule::hand_out(User user, Work work) {
  Entry& entry = users_.at(user);
  check(!entry.being_read, "a user is handed out to one reader at a time");
  take_out(user, entry);
  entry.being_read = true;
  ++being_read_;
  return Pick{.user = user, .work = work, .due = entry.wanted.live};
}

std::optional<SteadyTime> PollSchedule::next_due() const {
  std::optional<SteadyTime> due;
  if (!live_.empty()) {
    due = live_.begin()->first;
  }
  for (const History* histories : {&begun_, &history_}) {
    if (!histories->empty()) {
      due = std::min(due.value_or(SteadyTime::max()), histories->begin()->first.first);
    }
  }
  return due;
}

bool PollSchedule::is_being_read(User user) const {
  const auto place = users_.find(user);
  return place != users_.end() && place->second.being_read;
}

bool PollSchedule::live_waits(SteadyTime now) const {
  return !live_.empty() && live_.begin()->first <= now;
}

Milliseconds PollSchedule::pause(std::optional<Milliseconds> silence, double capacity) const {
  const double seconds = std::chrono::duration<double>(options_.interval).count();
  const bool everybody_fits =
      capacity <= 0 || static_cast<double>(users_.size()) <= capacity * capacity_share * seconds;
  if (everybody_fits) {
    return options_.interval;
  }
  if (!silence) {
    return options_.max_staleness;
  }
  return std::clamp(*silence / silence_share, options_.interval, options_.max_staleness);
}

}  // namespace elit
