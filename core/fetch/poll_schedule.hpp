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
// fourth turn when both wait, so that neither starves the other. A history that was begun goes before those that were
// not: so the number of users says nothing about how many are under way. A user is handed out to one reader at a time.
class PollSchedule {
 public:
  using User = std::int64_t;
  enum class Work { live, history };

  // What is to be read of a user.
  struct Wanted {
    std::optional<SteadyTime> live;               // when the live read is due; absent: the history goes first
    bool history = false;                         // parts of its history are missing
    bool begun = false;                           // a part of them is half read
    SteadyTime history_from = SteadyTime::min();  // the history may be read from then on
  };

  struct Pick {
    User user = 0;
    Work work = Work::live;
    std::optional<SteadyTime> due;  // when the live read was due
  };

  explicit PollSchedule(PollOptions options) : options_(options) {}

  // Adds a user or moves it.
  void put(User user, const Wanted& wanted);
  // The same for a user whose live read is due at `due`.
  void put(User user, SteadyTime due, bool history, SteadyTime history_from = SteadyTime::min()) {
    put(user, Wanted{.live = due, .history = history, .begun = false, .history_from = history_from});
  }
  void remove(User user);

  // The user to read now, marked as being read until put() or remove(). Absent when nothing is due.
  [[nodiscard]] std::optional<Pick> pick(SteadyTime now);

  // When the next read is due, which may be in the past; absent when none waits.
  [[nodiscard]] std::optional<SteadyTime> next_due() const;
  // Whether a live read waits that was due by `now`: a reader of history then puts its window aside for it.
  [[nodiscard]] bool live_waits(SteadyTime now) const;

  // Users whose history waits to be read.
  [[nodiscard]] std::size_t history_size() const { return begun_.size() + history_.size(); }
  [[nodiscard]] std::size_t size() const { return users_.size(); }
  [[nodiscard]] std::size_t being_read() const { return being_read_; }
  [[nodiscard]] bool is_being_read(User user) const;

  // How long after a read the next one of that user is due. With `capacity` (requests a second that the source allows;
  // 0: unknown) enough for everybody, everybody is read each interval. Otherwise the longer a user has been silent, the
  // longer the pause, up to max_staleness. `silence` absent: the user never wrote.
  [[nodiscard]] Milliseconds pause(std::optional<Milliseconds> silence, double capacity) const;

 private:
  struct Entry {
    Wanted wanted;
    bool being_read = false;
    std::uint64_t turn = 0;  // place in the history queue
  };
  using HistoryPlace = std::pair<SteadyTime, std::uint64_t>;
  using History = std::map<HistoryPlace, User>;  // those that may be read at once come first, in the order of turns

  [[nodiscard]] History& history_of(const Entry& entry) { return entry.wanted.begun ? begun_ : history_; }
  // The one to be read next; absent where none may be read yet.
  [[nodiscard]] std::optional<User> next_history(SteadyTime now) const;

  void take_out(User user, const Entry& entry);
  Pick hand_out(User user, Work work);

  PollOptions options_;
  std::unordered_map<User, Entry> users_;
  std::set<std::pair<SteadyTime, User>> live_;
  History begun_;
  History history_;  // not begun
  std::uint64_t turns_ = 0;
  int live_picks_in_a_row_ = 0;
  std::size_t being_read_ = 0;
};

}  // namespace elit
