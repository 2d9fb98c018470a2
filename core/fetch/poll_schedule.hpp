#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "core/instant.hpp"
#include "core/options.hpp"

namespace elit {

// Whom to read next. Live reads come when they are due; reads of the history fill the time between, and get every
// fourth turn when both wait, so that neither starves the other. A user is handed out to one reader at a time.
class PollSchedule {
 public:
  using User = std::int64_t;
  enum class Work { live, history };

  struct Pick {
    User user = 0;
    Work work = Work::live;
    SteadyTime due{};  // when it was due
  };

  explicit PollSchedule(PollOptions options) : options_(options) {}

  // Adds a user or moves it: the live read is due at `due`; `history`: parts of its history are missing, and they may
  // be read from `history_from` on.
  void put(User user, SteadyTime due, bool history, SteadyTime history_from = SteadyTime::min());
  void remove(User user);

  // The user to read now, marked as being read until put() or remove(). Absent when nothing is due.
  [[nodiscard]] std::optional<Pick> pick(SteadyTime now);

  // When the next read is due, which may be in the past; absent when none waits.
  [[nodiscard]] std::optional<SteadyTime> next_due() const;
  // Whether a live read waits that was due by `now`: a reader of history then puts its window aside.
  [[nodiscard]] bool live_waits(SteadyTime now) const;

  // Users whose history waits to be read.
  [[nodiscard]] std::size_t history_size() const { return history_.size(); }
  [[nodiscard]] std::size_t size() const { return users_.size(); }
  [[nodiscard]] std::size_t being_read() const { return being_read_; }
  [[nodiscard]] bool is_being_read(User user) const;

  // How long after a read the next one of that user is due. With `capacity` (requests a second that the source allows;
  // 0: unknown) enough for everybody, everybody is read each interval. Otherwise the longer a user has been silent, the
  // longer the pause, up to max_staleness. `silence` absent: the user never wrote.
  [[nodiscard]] Milliseconds pause(std::optional<Milliseconds> silence, double capacity) const;

 private:
  struct Entry {
    SteadyTime due{};
    bool history = false;
    bool being_read = false;
    SteadyTime history_from{};
    std::uint64_t turn = 0;  // place in the history queue
  };
  using HistoryPlace = std::pair<SteadyTime, std::uint64_t>;

  void take_out(User user, const Entry& entry);
  Pick hand_out(User user, Work work);

  PollOptions options_;
  std::unordered_map<User, Entry> users_;
  std::set<std::pair<SteadyTime, User>> live_;
  std::map<HistoryPlace, User> history_;  // those that may be read at once come first, in the order of their turns
  std::uint64_t turns_ = 0;
  int live_picks_in_a_row_ = 0;
  std::size_t being_read_ = 0;
};

}  // namespace elit
