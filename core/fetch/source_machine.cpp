#include "core/fetch/source_machine.hpp"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "core/check.hpp"

namespace elit {
namespace {

using OutcomeKind = WindowOutcome::Kind;
using NoticeKind = SourceNotice::Kind;
using Work = PollSchedule::Work;

constexpr Milliseconds news_margin_min = std::chrono::minutes{10};

constexpr Milliseconds backoff_first{500};
constexpr Milliseconds backoff_max = std::chrono::minutes{1};
// So many reads in a row that prove nothing end one pass, and make the list count as unstable.
constexpr int unproven_reads_max = 3;

// How soon what nobody could read is read again.
constexpr Milliseconds withheld_first = std::chrono::minutes{10};
constexpr Milliseconds withheld_max = std::chrono::hours{6};

// A user whose history makes the source fail is read in narrower windows: perhaps the source takes too long for one.
constexpr int failures_before_narrowing = 3;
constexpr int narrowing = 16;
constexpr Milliseconds narrow_enough = std::chrono::minutes{1};

constexpr int failures_before_parking = 5;
constexpr Milliseconds park_first = std::chrono::minutes{5};
constexpr Milliseconds park_max = std::chrono::hours{6};
constexpr Milliseconds park_short = std::chrono::minutes{1};  // while no user can be read: that is a configuration

const WindowProgress* progress_of(const UserState& user, WindowKind kind) {
  const auto place = std::find_if(user.windows.begin(), user.windows.end(),
                                  [kind](const WindowProgress& window) { return window.kind == kind; });
  return place == user.windows.end() ? nullptr : &*place;
}

}  // namespace

Milliseconds news_margin(const SourceOptions& options) {
  return std::max(news_margin_min, options.lookback + options.settle);
}

SourceMachine::SourceMachine(const SourceOptions& options, FetchMode mode, Random& random)
    : options_(options),
      mode_(mode),
      planner_(std::max(earliest_instant, options.since.value_or(earliest_instant)), options.lookback),
      schedule_(options.poll),
      backoff_(backoff_first, backoff_max),
      random_(random),
      warnings_(options.lookback) {}

void SourceMachine::start(const std::vector<ScheduledUser>& users, const SourceFacts& facts, Now now) {
  facts_ = facts_recorded_ = facts;
  for (const ScheduledUser& user : users) {
    SteadyTime due = now.steady;
    const bool parked = mode_ == FetchMode::forever && user.status == UserStatus::parked && user.parked_until;
    if (parked) {
      due += std::clamp(*user.parked_until - now.wall, Milliseconds{0}, park_max);
    }
    PollSchedule::Wanted wanted{.live = due, .history = !user.history_complete, .begun = user.begun};
    if (wanted.history && !user.covered) {
      wanted.live.reset();
    }
    wanted.history_from = parked ? due : SteadyTime::min();
    schedule_.put(user.row, wanted);
  }
}

ReaderAction SourceMachine::next(Now now) {
  if (const std::optional<PollSchedule::Pick> pick = schedule_.pick(now.steady)) {
    Reading reading;
    reading.pick = *pick;
    readings_.emplace(pick->user, std::move(reading));
    return ReadUser{pick->user};
  }
  if (mode_ == FetchMode::one_pass && schedule_.size() == 0) {
    return ReadingDone{};
  }
  return ReadLater{schedule_.next_due()};
}

bool SourceMachine::on_loaded(UserState user, Milliseconds skew, Now now) {
  Reading& reading = readings_.at(user.row);
  const UserRow row = user.row;
  reading.user = std::move(user);
  reading.began = now.wall;
  reading.planned = present_at(now.wall, skew, options_.settle);
  look_at_withheld(reading, now);
  if (const auto unread = warnings_.retention(reading.user.coverage.end(), now.wall)) {
    notify(NoticeKind::retention_near).time = *unread;
  }
  if (plan(reading, now)) {
    return true;
  }
  // Our clock stands before the window's start: wait for it.
  readings_.erase(row);
  schedule_.put(row, now.steady + options_.poll.interval, false);
  if (mode_ == FetchMode::one_pass) {
    finish_user(row, false);
  }
  return false;
}

// Chooses between the live read and the history. False: there is nothing to read.
bool SourceMachine::plan(Reading& reading, Now now) {
  const UserState& user = reading.user;
  const bool covered = reading.planned_coverage.end() && *reading.planned_coverage.end() > planner_.start();
  // Only a history that had to be split lets newer messages go first: otherwise they arrive in the order of time.
  const bool deep = user.widths.history.has_value();
  // While nothing is covered the present goes first, whatever the schedule says: once a part of the history is covered,
  // the live reads go on from there.
  const bool live_first = covered ? reading.pick.work == Work::live : deep && mode_ == FetchMode::forever;
  const std::array<WindowKind, 2> order = live_first ? std::array{WindowKind::live, WindowKind::history}
                                                     : std::array{WindowKind::history, WindowKind::live};
  for (const WindowKind kind : order) {
    const WindowProgress* progress = progress_of(user, kind);
    const std::optional<Window> window = progress != nullptr ? std::optional(Window{progress->span, progress->cover_to})
                                                             : plan_window(reading, kind, covered);
    if (window) {
      begin_window(reading, kind, *window, progress, now);
      return true;
    }
  }
  return false;
}

std::optional<Window> SourceMachine::plan_window(Reading& reading, WindowKind kind, bool covered) {
  reading.width = reading.user.widths.of(kind);
  if (kind == WindowKind::history) {
    return planner_.history(reading.planned_coverage, reading.planned, reading.width);
  }
  return covered ? plan_live(reading) : planner_.live_beside_history(reading.planned, reading.width);
}

std::optional<Window> SourceMachine::plan_live(Reading& reading) {
  const UserState& user = reading.user;
  auto place = rounds_.find(user.row);
  if (place == rounds_.end() || !place->second.round.in_parts() || !place->second.round.holds(reading.planned)) {
    const std::optional<LiveRound> round = planner_.live(reading.planned_coverage, reading.planned);
    if (!round) {
      return std::nullopt;
    }
    place = rounds_.insert_or_assign(user.row, UserRound{*round, reading.began}).first;
  }
  // What nobody read for long is read like a history.
  if (!reading.width && place->second.round.unread() > std::max(options_.lookback, options_.poll.max_staleness)) {
    reading.width = user.widths.history;
  }
  // In one pass everything is read before the end, and nothing twice for being new.
  const Milliseconds freshness = mode_ == FetchMode::forever ? options_.poll.interval : Milliseconds::max();
  return place->second.round.next(reading.planned_coverage, reading.planned, reading.width, freshness);
}

void SourceMachine::begin_window(Reading& reading, WindowKind kind, Window window, const WindowProgress* progress,
                                 Now now) {
  const auto round = kind == WindowKind::live ? rounds_.find(reading.user.row) : rounds_.end();
  const bool in_round = round != rounds_.end();
  const bool is_part = in_round && round->second.round.in_parts();
  reading.kind = kind;
  // The earlier of the two: the clock may have been ahead when the round began and right now.
  reading.began = in_round ? std::min(round->second.began, reading.began) : reading.began;
  reading.window.emplace(options_, facts_, reading.user, kind, window, is_part, now);
  if (progress != nullptr) {
    reading.window->resume(*progress);
  }
}

// Both clocks may have been set since the window was planned.
Instant SourceMachine::cover_limit(const Reading& reading, Milliseconds skew) const {
  return present_at(reading.began, skew, options_.settle).cover_to;
}

ReadStep SourceMachine::next_step(UserRow user, const SourceHealth& health, Now now) {
  Reading& reading = readings_.at(user);
  if (reading.outcome) {
    return after_window(reading, health, now);
  }
  WindowReader::Circumstances circumstances{.now = now, .cover_limit = cover_limit(reading, health.skew)};
  circumstances.yield =
      mode_ == FetchMode::forever && reading.kind == WindowKind::history && schedule_.live_waits(now.steady);
  WindowReader::Step step = reading.window->next(circumstances);
  for (const Deviation& deviation : reading.window->take_deviations()) {
    note(deviation);
  }
  if (auto* outcome = std::get_if<WindowOutcome>(&step)) {
    reading.outcome = std::move(*outcome);
    return after_window(reading, health, now);
  }
  if (auto* commit = std::get_if<CommitWindow>(&step)) {
    reading.withheld = commit->withheld;
    complete_commit(reading, commit->commit);
  }
  return std::visit(
      [](auto& next) -> ReadStep {
        if constexpr (std::is_same_v<std::decay_t<decltype(next)>, WindowOutcome>) {
          return ReadEnded{};
        } else {
          return std::move(next);
        }
      },
      step);
}

// Fills in what the commit says about the user beyond the rows: history, width and status.
void SourceMachine::complete_commit(Reading& reading, WindowCommit& commit) const {
  Coverage coverage = reading.user.coverage;
  Coverage planned = reading.planned_coverage;
  if (commit.covered) {
    coverage.add(*commit.covered);
    planned.add(*commit.covered);
  }
  if (reading.withheld) {
    planned.add(*reading.withheld);
  }
  const Instant start = planner_.start();
  // What is younger than `settle` cannot be covered yet, so reading it once more would gain nothing.
  const auto is_left = [this, &reading](const Coverage& known) {
    const std::optional<Window> rest = planner_.history(known, reading.planned, std::nullopt);
    return rest && rest->span.from < reading.planned.cover_to;
  };
  reading.history_left = is_left(planned);
  commit.history_complete = !is_left(coverage);
  const std::optional<Milliseconds> width = reading.width;
  const Interval span = reading.window->span();
  // A shorter read says nothing of how much would fit into a wider one.
  if (width && span.to - span.from >= *width) {
    commit.window_width =
        wider_width(width, reading.window->rows(), Pager::Limits{}.rows_max, {start, reading.planned.read_to})
            .value_or(Milliseconds{0});
  }
  const std::optional<Instant>& departed = reading.user.departed;
  if (departed && coverage.frontier(start) >= *departed + options_.lookback) {
    reading.gone = true;
    commit.status = UserStatus::gone;
  }
}

void SourceMachine::on_confirmed(UserRow user, bool gone) {
  Reading& reading = readings_.at(user);
  reading.gone = gone;
  reading.gone_confirmed = true;
}

void SourceMachine::on_abandoned(UserRow user, Now now) {
  schedule_.put(user, now.steady, true);
  readings_.erase(user);
}

ReadStep SourceMachine::after_window(Reading& reading, const SourceHealth& health, Now now) {
  const UserRow row = reading.user.row;
  switch (reading.outcome->kind) {
    case OutcomeKind::unreadable:
      withhold(reading, now);
      [[fallthrough]];
    case OutcomeKind::complete:
    case OutcomeKind::unchanged: {
      if (reading.gone && !reading.gone_confirmed) {
        return ConfirmGone{};
      }
      after_success(reading, health.capacity, now);
      ReadEnded ended = end(row);
      if (!(facts_ == facts_recorded_)) {
        facts_recorded_ = facts_;
        ended.facts = facts_;
      }
      return ended;
    }
    case OutcomeKind::unproven:
      after_unproven(reading, now);
      return end(row);
    case OutcomeKind::suspended: {
      PollSchedule::Wanted wanted{.live = reading.pick.due, .history = true, .begun = true};
      schedule_.put(row, wanted);
      return end(row);
    }
    case OutcomeKind::too_large:
      notify(NoticeKind::window_split, reading).time = reading.outcome->narrower;
      schedule_.put(row, now.steady, true);
      return end(row);
    case OutcomeKind::failed:
      break;
  }
  if (reading.retry_at) {
    after_failure(reading);
    return end(row);
  }
  last_error_ = reading.outcome->failure->detail;
  if (health.down) {
    put_again(reading, now.steady);
    return end(row);
  }
  return record_failure(reading, now);
}

void SourceMachine::after_success(const Reading& reading, double capacity, Now now) {
  const WindowOutcome& outcome = *reading.outcome;
  read_succeeded_ = true;
  refused_.clear();
  release_withheld(reading);
  forget_unproven(reading.user.row);
  if (std::exchange(every_user_refused_, false)) {
    notify(NoticeKind::some_user_accepted, reading);
  }
  if (reading.user.failures > 0) {
    notify(NoticeKind::user_recovered, reading);
  }
  if (reading.kind == WindowKind::history && !reading.history_left) {
    ++histories_completed_;
  }
  if (const auto wanted = warnings_.lookback_wanted(outcome.counts.lateness)) {
    SourceNotice& notice = notify(NoticeKind::late_messages);
    notice.time = *wanted;
    notice.count = warnings_.late();
  }
  if (outcome.counts.added > 0) {
    notify(NoticeKind::messages_stored, reading);
  }
  if (outcome.counts.near_copies > 0) {
    notify(NoticeKind::near_copies, reading).count = outcome.counts.near_copies;
  }
  schedule_after_success(reading, capacity, now);
}

void SourceMachine::schedule_after_success(const Reading& reading, double capacity, Now now) {
  const WindowOutcome& outcome = *reading.outcome;
  const UserRow row = reading.user.row;
  const bool one_pass = mode_ == FetchMode::one_pass;
  const bool caught_up = catches_up(reading);
  const bool live_due = outcome.span.to < reading.planned.read_to && reading.kind == WindowKind::history;
  if (reading.gone) {
    notify(NoticeKind::user_gone, reading);
    finish_user(row, false);
  } else if (one_pass && caught_up && !reading.history_left) {
    finish_user(row, false);
  } else if (one_pass && reading.history_left) {
    schedule_.put(row, SteadyTime::max(), true);  // The present is read once, at the end.
  } else if (!one_pass && live_due) {
    schedule_.put(row, std::max(reading.pick.due.value_or(now.steady), now.steady), reading.history_left);
  } else if (!one_pass && caught_up) {
    const auto silence = outcome.counts.newest
                             ? std::optional{std::max(Milliseconds{0}, now.wall - *outcome.counts.newest)}
                             : std::nullopt;
    // The pause counts from the present that was read: a request may wait for the end of an outage before it is sent.
    const Milliseconds age = std::max(Milliseconds{0}, now.wall - outcome.span.to);
    const Milliseconds pause = schedule_.pause(silence, capacity);
    schedule_.put(row, now.steady + std::max(Milliseconds{0}, pause - age), reading.history_left);
  } else {
    schedule_.put(row, now.steady, reading.history_left);
  }
}

// Whether the user was read up to the present. Takes note of what was read of its live read.
bool SourceMachine::catches_up(const Reading& reading) {
  const WindowOutcome& outcome = *reading.outcome;
  const bool up_to_now = outcome.span.to >= reading.planned.read_to || outcome.kind == OutcomeKind::unchanged;
  const auto place = reading.kind == WindowKind::live ? rounds_.find(reading.user.row) : rounds_.end();
  if (place == rounds_.end()) {
    return up_to_now;
  }
  LiveRound& round = place->second.round;
  round.on_read(outcome.span);
  const bool in_parts = round.in_parts();
  if (in_parts && !round.done()) {
    return false;
  }
  // The present moves on while parts are read. Only where that took longer than a poll waits does the next live read
  // begin at once: a user whose parts take seconds would be read without end otherwise.
  const bool soon_enough =
      mode_ == FetchMode::one_pass || reading.planned.read_to - outcome.span.to < options_.poll.interval;
  rounds_.erase(place);
  return up_to_now || (in_parts && soon_enough);
}

// What is withheld need not be read before its time.
void SourceMachine::look_at_withheld(Reading& reading, Now now) {
  reading.planned_coverage = reading.user.coverage;
  const auto place = withheld_.find(reading.user.row);
  if (place == withheld_.end()) {
    return;
  }
  if (now.steady >= place->second.retry_at) {
    place->second.spans = Coverage();
    place->second.retry_at = SteadyTime::max();
  }
  for (const Interval& span : place->second.spans.intervals()) {
    reading.planned_coverage.add(span);
  }
}

// A user of whom nothing is withheld any more is as others are.
void SourceMachine::release_withheld(const Reading& reading) {
  const auto place = withheld_.find(reading.user.row);
  const bool all_read = place != withheld_.end() && place->second.spans.intervals().empty() && !reading.history_left;
  if (!all_read || reading.outcome->kind == OutcomeKind::unreadable) {
    return;
  }
  withheld_.erase(place);
  if (withheld_.empty()) {
    warnings_.forget_deviations();
    notify(NoticeKind::rows_readable);
  }
}

void SourceMachine::withhold(Reading& reading, Now now) {
  const WindowOutcome& outcome = *reading.outcome;
  const auto [place, inserted] = withheld_.try_emplace(reading.user.row);
  Withheld& withheld = place->second;
  if (reading.withheld) {
    withheld.spans.add(*reading.withheld);
  }
  if (inserted || withheld.retry_at == SteadyTime::max()) {
    withheld.retry_at = now.steady + std::min(withheld_max, withheld_first * (1 << std::min(withheld.times, 10)));
    ++withheld.times;
  }
  last_error_ = std::to_string(outcome.unreadable) +
                (outcome.unreadable == 1 ? " element of a list is no message" : " elements of a list are no messages") +
                "; the span stays uncovered (the log says more)";
  if (inserted) {
    SourceNotice& notice = notify(NoticeKind::rows_unreadable, reading);
    notice.count = outcome.unreadable;
    notice.time = withheld.retry_at - now.steady;
  }
}

void SourceMachine::after_unproven(const Reading& reading, Now now) {
  const UserRow row = reading.user.row;
  if (reading.outcome->counts.added > 0) {
    notify(NoticeKind::messages_stored, reading);
  }
  notify(NoticeKind::window_unstable, reading);
  last_error_ = "the list of messages changed during every pass over it";
  const int reads = ++unproven_[row];
  if (reads == unproven_reads_max) {
    notify(NoticeKind::lists_unstable, reading).count = ++unstable_users_;
  }
  if (mode_ == FetchMode::one_pass && reads >= unproven_reads_max) {
    finish_user(row, true);
  } else {
    put_again(reading, now.steady + retry_delay(reads));
  }
}

void SourceMachine::forget_unproven(UserRow user) {
  const auto place = unproven_.find(user);
  if (place == unproven_.end()) {
    return;
  }
  if (place->second >= unproven_reads_max && --unstable_users_ == 0) {
    notify(NoticeKind::lists_stable);
  }
  unproven_.erase(place);
}

RecordFailure SourceMachine::record_failure(Reading& reading, Now now) {
  const WindowOutcome& outcome = *reading.outcome;
  const Failure& failure = *outcome.failure;
  const Milliseconds length = outcome.span.to - outcome.span.from;
  RecordFailure record;
  record.failure.user = reading.user.row;
  // A long list over a bad line gets on page by page: that is no user who cannot be read.
  const int failures = (outcome.progressed ? 0 : reading.user.failures) + 1;
  record.failure.failures = failures;
  record.failure.error = failure.detail;
  const bool refused = failure.kind == FailureKind::rejected;
  if (failures == 1) {
    notify(NoticeKind::read_failed, reading);
  }
  if (!refused && failures >= failures_before_narrowing && failure.status >= 500 &&
      reading.kind == WindowKind::history && length > narrow_enough) {
    record.discard = DiscardWindow{.user = reading.user.row, .kind = reading.kind, .width = length / narrowing};
  }
  Milliseconds wait = retry_delay(failures);
  reading.parked = refused || failures >= failures_before_parking;
  if (reading.parked) {
    wait = parking_time(reading.user.row, failures, refused);
    record.failure.parked_until = now.wall + wait;
  }
  reading.retry_in = wait;
  reading.retry_at = now.steady + wait;
  return record;
}

// The failure is recorded.
void SourceMachine::after_failure(const Reading& reading) {
  if (!reading.parked) {
    put_again(reading, *reading.retry_at);
    return;
  }
  if (reading.user.status != UserStatus::parked) {
    notify(NoticeKind::user_parked, reading);
  }
  if (mode_ == FetchMode::one_pass) {
    finish_user(reading.user.row, true);
  } else {
    schedule_.put(reading.user.row, *reading.retry_at, false);
  }
}

// The same read once more, not before `from`.
void SourceMachine::put_again(const Reading& reading, SteadyTime from) {
  PollSchedule::Wanted wanted{.live = from, .history = reading.pick.work == Work::history, .begun = false};
  wanted.history_from = from;
  if (wanted.history) {
    wanted.begun = reading.outcome->progressed || progress_of(reading.user, WindowKind::history) != nullptr;
    wanted.live = reading.pick.due ? std::optional{std::max(*reading.pick.due, from)} : std::nullopt;
  }
  schedule_.put(reading.user.row, wanted);
}

Milliseconds SourceMachine::parking_time(UserRow user, int failures, bool refused) {
  if (refused) {
    refused_.insert(user);
  }
  // In one pass those who are done have left the schedule.
  const bool could_be_all = mode_ == FetchMode::forever || !read_succeeded_;
  const std::size_t all = schedule_.size() + users_failed_;
  if (refused && could_be_all && refused_.size() >= all) {
    read_succeeded_ = false;
    if (!std::exchange(every_user_refused_, true)) {
      notify(NoticeKind::every_user_refused).detail = last_error_;
    }
  }
  if (!read_succeeded_) {
    return park_short;
  }
  const int step = std::clamp(failures - (refused ? 1 : failures_before_parking), 0, 10);
  return std::min(park_max, park_first * (1 << step));
}

void SourceMachine::finish_user(UserRow user, bool failed) {
  schedule_.remove(user);
  rounds_.erase(user);
  if (failed || withheld_.contains(user)) {
    ++users_failed_;
  }
}

ReadEnded SourceMachine::end(UserRow user) {
  readings_.erase(user);
  return {};
}

void SourceMachine::on_joined(const std::vector<UserRow>& users, const std::vector<UserRow>& returned, Now now) {
  const SteadyTime due = mode_ == FetchMode::one_pass ? now.steady : now.steady + options_.poll.interval;
  const std::unordered_set<UserRow> known(returned.begin(), returned.end());
  for (const UserRow user : users) {
    if (schedule_.is_being_read(user)) {
      continue;  // It was draining. What follows its read finds it followed again.
    }
    // The first read of a new user is one of history; its live reads begin when something is covered.
    PollSchedule::Wanted wanted{.live = std::nullopt, .history = true, .begun = false};
    if (known.contains(user)) {
      wanted.live = due;
    }
    schedule_.put(user, wanted);
  }
}

std::size_t SourceMachine::histories_left() const {
  const auto reads_history = [](const auto& entry) { return entry.second.kind == WindowKind::history; };
  return schedule_.history_size() +
         static_cast<std::size_t>(std::count_if(readings_.begin(), readings_.end(), reads_history));
}

void SourceMachine::note(const Deviation& deviation) {
  if (warnings_.is_new(deviation.name)) {
    SourceNotice& notice = notify(deviation.withholds ? NoticeKind::drift : NoticeKind::dialect);
    notice.name = deviation.name;
    notice.detail = deviation.detail;
  }
}

SourceNotice& SourceMachine::notify(NoticeKind kind) {
  SourceNotice& notice = notices_.emplace_back();
  notice.kind = kind;
  return notice;
}

SourceNotice& SourceMachine::notify(NoticeKind kind, const Reading& reading) {
  SourceNotice& notice = notify(kind);
  notice.user_id = reading.user.user_id;
  notice.time = reading.retry_in;
  if (reading.outcome->failure) {
    notice.detail = reading.outcome->failure->detail;
    notice.status = reading.outcome->failure->status;
  }
  return notice;
}

}  // namespace elit
