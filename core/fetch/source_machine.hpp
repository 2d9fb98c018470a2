#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "core/failure.hpp"
#include "core/fetch/fetch_mode.hpp"
#include "core/fetch/fetch_record.hpp"
#include "core/fetch/pager.hpp"
#include "core/fetch/poll_schedule.hpp"
#include "core/fetch/source_warnings.hpp"
#include "core/fetch/window_planner.hpp"
#include "core/fetch/window_reader.hpp"
#include "core/instant.hpp"
#include "core/options.hpp"
#include "core/random.hpp"
#include "core/retry.hpp"

namespace elit {

// What a reader does next.
struct ReadUser {  // load the user -> on_loaded
  UserRow user = 0;
};
struct ReadLater {  // nothing is due before, unless a read ends or users join; absent: nothing at all
  std::optional<SteadyTime> time;
};
struct ReadingDone {};  // one pass: every user is read or has failed
using ReaderAction = std::variant<ReadUser, ReadLater, ReadingDone>;

// What to do next in the read of one user, beside the steps of a window. Each is carried out before next_step() is
// asked again.
struct ConfirmGone {};  // is the user still gone in the store, not listed again meanwhile -> on_confirmed
struct RecordFailure {
  UserFailure failure;
  std::optional<DiscardWindow> discard;  // in the same transaction
};
struct ReadEnded {                   // the reader is free
  std::optional<SourceFacts> facts;  // what was learnt about the source, when it has changed: to be recorded
};
using ReadStep = std::variant<RequestPage, StorePage, ComparePage, CommitWindow, DiscardWindow, ConfirmGone,
                              RecordFailure, ReadEnded>;

// An event for the log, the status or the delivering half.
struct SourceNotice {
  enum class Kind {
    messages_stored,     // new ones
    read_failed,         // the first failure in a row of this user; `detail`, `status`
    user_parked,         // tried again in `time`; `detail`
    user_recovered,      // a user that failed before is read
    user_gone,           // a user who left every audience is read to the end
    window_unstable,     // the list changed during every pass
    lists_unstable,      // several reads in a row of a user proved nothing; `count`: how many users it concerns
    lists_stable,        // no longer lists_unstable
    window_split,        // read in parts of `time`
    every_user_refused,  // a wrong configuration; `detail`: the latest error
    some_user_accepted,  // no longer every_user_refused
    drift,               // a deviation of the API for which messages are held back: `name`, `detail`
    dialect,             // one that is allowed for: `detail`
    rows_unreadable,     // `count` elements of a user's list are no messages; the span is read again in `time`
    rows_readable,       // no span is withheld any more
    near_copies,         // `count` messages came again with another content
    late_messages,       // `count` arrived late; a look-back of `time` is advised
    retention_near,      // unread for `time`
  };
  Kind kind = Kind::drift;
  std::string user_id;
  std::string name;
  std::string detail;
  int status = 0;  // HTTP status; 0: there was no response
  Milliseconds time{0};
  std::int64_t count = 0;
};

// What is known of the source as a whole.
struct SourceHealth {
  Milliseconds skew{0};  // the vendor's clock minus ours
  double capacity = 0;   // requests a second that it allows; 0: unknown
  bool down = false;     // every request fails: that is no user's fault
};

// How long before it is found a message of the source may be dated and still be news: at least ten minutes, and as far
// as reads look back.
[[nodiscard]] Milliseconds news_margin(const SourceOptions& options);

// Decides which user of a source is read when, which window of it, and what follows from what was read. Pure: it is
// told what happened and says what to do.
//
// Several readers share the machine. A reader asks next(); for ReadUser it loads the user, calls on_loaded(), and then
// asks next_step() until the read has ended. A user is read by one reader at a time.
class SourceMachine {
 public:
  // `options` and `random` outlive the machine.
  SourceMachine(const SourceOptions& options, FetchMode mode, Random& random);
  SourceMachine(const SourceMachine&) = delete;
  SourceMachine& operator=(const SourceMachine&) = delete;
  ~SourceMachine() = default;

  // What the store knows. Requires: called once, first.
  void start(const std::vector<ScheduledUser>& users, const SourceFacts& facts, Now now);

  [[nodiscard]] ReaderAction next(Now now);

  // False: nothing can be read of this user now, and the reader is free.
  [[nodiscard]] bool on_loaded(UserState user, Milliseconds skew, Now now);
  // Requires: on_loaded() was true, and the step before was carried out.
  [[nodiscard]] ReadStep next_step(UserRow user, const SourceHealth& health, Now now);
  void on_page(UserRow user, FetchedPage page) { readings_.at(user).window->on_page(std::move(page)); }
  void on_failure(UserRow user, Failure failure) { readings_.at(user).window->on_failure(std::move(failure)); }
  void on_compared(UserRow user, bool equal) { readings_.at(user).window->on_compared(equal); }
  void on_committed(UserRow user, WindowCounts counts) { readings_.at(user).window->on_committed(std::move(counts)); }
  void on_confirmed(UserRow user, bool gone);
  // The read ends without an answer: the client was stopped or gave up. The reader is free.
  void on_abandoned(UserRow user, Now now);

  // These users are followed from now on: they are new, or `returned` from draining or gone.
  void on_joined(const std::vector<UserRow>& users, const std::vector<UserRow>& returned, Now now);

  // What is to be told since the call before, in order.
  [[nodiscard]] std::vector<SourceNotice> take_notices() { return std::exchange(notices_, {}); }
  void note(const Deviation& deviation);

  // Whether users who were due by `tick` are still to be read.
  [[nodiscard]] bool busy(SteadyTime tick) const { return schedule_.live_waits(tick) || schedule_.being_read() > 0; }
  [[nodiscard]] std::size_t users() const { return schedule_.size(); }
  // Users whose history is being read or waits to be, and those whose history was completed since the start.
  [[nodiscard]] std::size_t histories_left() const;
  [[nodiscard]] std::int64_t histories_completed() const { return histories_completed_; }
  // Users whom one pass could not read, and why the latest read failed; a line for a person.
  [[nodiscard]] std::size_t users_failed() const { return users_failed_; }
  [[nodiscard]] const std::string& last_error() const { return last_error_; }

 private:
  // The read of one user, from being picked to its consequences.
  struct Reading {
    PollSchedule::Pick pick;
    UserState user;
    Instant began;
    Present planned;
    WindowKind kind = WindowKind::live;
    std::optional<Milliseconds> width;  // the widest window that was planned; absent: as wide as needed
    std::optional<WindowReader> window;
    std::optional<WindowOutcome> outcome;
    Coverage planned_coverage;         // what need not be read now: what is covered, and what is withheld
    std::optional<Interval> withheld;  // by the commit
    bool history_left = true;          // after the commit
    bool gone = false;                 // after the commit nobody reads the user
    bool gone_confirmed = false;
    std::optional<SteadyTime> retry_at;  // set when the failure is to be recorded
    Milliseconds retry_in{0};
    bool parked = false;
  };
  // Spans of a user whose lists hold elements that nobody can read. They are not covered, yet they must not keep the
  // user's other messages waiting: they are read again from time to time. After a restart they are read again at once.
  struct Withheld {
    Coverage spans;
    int times = 0;
    SteadyTime retry_at;
  };
  // A live read that takes several windows. It is not stored: after a restart another one begins.
  struct UserRound {
    LiveRound round;
    Instant began;
  };

  [[nodiscard]] std::optional<Window> plan_window(Reading& reading, WindowKind kind, bool covered);
  [[nodiscard]] std::optional<Window> plan_live(Reading& reading);
  [[nodiscard]] bool plan(Reading& reading, Now now);
  void begin_window(Reading& reading, WindowKind kind, Window window, const WindowProgress* progress, Now now);
  [[nodiscard]] Instant cover_limit(const Reading& reading, Milliseconds skew) const;
  void complete_commit(Reading& reading, WindowCommit& commit) const;  // also notes in `reading` what is left

  [[nodiscard]] ReadStep after_window(Reading& reading, const SourceHealth& health, Now now);
  void after_success(const Reading& reading, double capacity, Now now);
  void schedule_after_success(const Reading& reading, double capacity, Now now);
  [[nodiscard]] bool catches_up(const Reading& reading);
  void after_unproven(const Reading& reading, Now now);
  void forget_unproven(UserRow user);
  void withhold(Reading& reading, Now now);
  void release_withheld(const Reading& reading);
  void look_at_withheld(Reading& reading, Now now);
  [[nodiscard]] RecordFailure record_failure(Reading& reading, Now now);
  void after_failure(const Reading& reading);
  [[nodiscard]] Milliseconds retry_delay(int failures) { return backoff_.delay(failures, random_.fraction()); }
  [[nodiscard]] Milliseconds parking_time(UserRow user, int failures, bool refused);
  void put_again(const Reading& reading, SteadyTime from);
  void finish_user(UserRow user, bool failed);
  [[nodiscard]] ReadEnded end(UserRow user);
  SourceNotice& notify(SourceNotice::Kind kind);
  SourceNotice& notify(SourceNotice::Kind kind, const Reading& reading);

  const SourceOptions& options_;
  FetchMode mode_;
  WindowPlanner planner_;
  PollSchedule schedule_;
  SourceFacts facts_;
  SourceFacts facts_recorded_;
  Backoff backoff_;
  Random& random_;
  std::unordered_map<UserRow, Reading> readings_;
  std::unordered_map<UserRow, UserRound> rounds_;
  std::unordered_map<UserRow, Withheld> withheld_;
  std::unordered_map<UserRow, int> unproven_;  // reads in a row that proved nothing
  std::int64_t unstable_users_ = 0;            // how many of them have failed to prove anything for long
  std::unordered_set<UserRow> refused_;        // since a user was read
  bool read_succeeded_ = false;                // a user was read since all of them were refused
  bool every_user_refused_ = false;            // reported
  std::int64_t histories_completed_ = 0;
  SourceWarnings warnings_;
  std::size_t users_failed_ = 0;
  std::string last_error_;
  std::vector<SourceNotice> notices_;
};

}  // namespace elit
