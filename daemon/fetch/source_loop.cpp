#include "daemon/fetch/source_loop.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <utility>

namespace elit::daemon {
namespace {

using boost::asio::awaitable;
using storage::Store;
using storage::UserStatus;
using storage::WindowKind;
using OutcomeKind = WindowOutcome::Kind;

constexpr std::string_view paging_fact = "paging";

}  // namespace

SourceLoop::SourceLoop(const SourceOptions& options, Mode mode, Parts parts)
    : options_(options),
      mode_(mode),
      parts_(std::move(parts)),
      client_(options, client_parts()),
      planner_(std::max(earliest_instant, options.since.value_or(earliest_instant)), options.lookback),
      schedule_(options.poll),
      user_backoff_(Milliseconds{500}, std::chrono::minutes{1}),
      random_(parts_.seed),
      work_(parts_.executor),
      cycle_(parts_.executor),
      ended_(parts_.executor) {}

SourceClient::Parts SourceLoop::client_parts() {
  SourceClient::Parts parts;
  parts.executor = parts_.executor;
  parts.transport = std::move(parts_.transport);
  parts.timer = parts_.timer;
  parts.log = parts_.log;
  parts.secrets = parts_.secrets;
  parts.on_state = [this](const std::string& state, const std::string& reason) { record_state(state, reason); };
  parts.budget = parts_.budget;
  parts.seed = parts_.seed;
  return parts;
}

void SourceLoop::record_state(const std::string& state, const std::string& reason) {
  if (source_ != 0) {
    const bool covered_up = state == "running" && !alarm_.empty();
    start(covered_up ? write_state("alarm: roster", alarm_) : write_state(state, reason));
  }
}

awaitable<void> SourceLoop::write_state(std::string state, std::string reason) {
  auto job = [source = source_, state = std::move(state), reason = std::move(reason),
              at = parts_.timer->now().wall](Store& store) { store.record_source_state(source, state, reason, at); };
  co_await parts_.storage->run(std::move(job));
}

awaitable<void> SourceLoop::run() {
  co_await take_up_state();
  if (mode_ == Mode::one_pass) {
    const bool listed = co_await list_everybody();
    shortfall_.listing_failed = !listed;
  } else {
    start(cycles());
  }
  for (int i = 0; i < options_.limits.concurrency; ++i) {
    start(reader());
  }
  while (running_ > 0) {
    co_await ended_.wait();
  }
  if (mode_ == Mode::one_pass) {
    shortfall_.gave_up = client_.gave_up();
  }
  if (error_) {
    std::rethrow_exception(error_);
  }
}

// Runs a part of the loop beside the others; the first one that fails ends them all.
void SourceLoop::start(awaitable<void> part) {
  ++running_;
  auto on_end = [this](const std::exception_ptr& error) {
    --running_;
    if (error && !error_) {
      error_ = error;
      stop();
    }
    ended_.set();
  };
  boost::asio::co_spawn(parts_.executor, std::move(part), std::move(on_end));
}

void SourceLoop::stop() {
  stopped_ = true;
  client_.stop();
  work_.set();
  cycle_.set();
}

void SourceLoop::reload_secret() {
  client_.reload_secret();
}

awaitable<void> SourceLoop::take_up_state() {
  std::vector<std::pair<std::string, std::string>> audiences;
  audiences.reserve(options_.audiences.size());
  for (const Audience& audience : options_.audiences) {
    audiences.emplace_back(audience.attribute, audience.value);
  }
  struct State {
    storage::SourceId source = 0;
    std::vector<storage::AudienceId> audiences;
    std::vector<storage::ScheduledUser> users;
    PagingFacts facts;
    CycleTotals reported;
  };
  auto job = [name = options_.name, audiences = std::move(audiences)](Store& store) {
    State state;
    state.source = store.register_source(name);
    state.audiences = store.register_audiences(state.source, audiences);
    store.visit_users(state.source, [&state](const storage::ScheduledUser& user) { state.users.push_back(user); });
    for (const auto& [fact, value] : store.facts(state.source)) {
      if (fact == paging_fact) {
        state.facts = paging_facts_from(value);
      } else if (fact == CycleTotals::fact) {
        state.reported = cycle_totals_from(value);
      }
    }
    return state;
  };
  State state = co_await parts_.storage->run(std::move(job));
  source_ = state.source;
  audiences_ = std::move(state.audiences);
  facts_ = state.facts;
  saved_facts_ = facts_;
  reported_ = state.reported;
  const Now now = parts_.timer->now();
  started_ = now.steady;
  for (const storage::ScheduledUser& user : state.users) {
    SteadyTime due = now.steady;
    if (mode_ == Mode::forever && user.status == UserStatus::parked && user.parked_until) {
      due += std::clamp(*user.parked_until - now.wall, Milliseconds{0}, park_max);
    }
    schedule_.put(user.row, due, !user.history_complete);
  }
}

awaitable<void> SourceLoop::reader() {
  while (!stopped_ && !client_.finished()) {
    const std::optional<PollSchedule::Pick> pick = schedule_.pick(parts_.timer->now().steady);
    if (pick) {
      co_await read_user(*pick);
      work_.set();
      cycle_.set();
    } else if (mode_ == Mode::one_pass && schedule_.size() == 0) {
      break;
    } else {
      co_await wait_for_work();
    }
  }
  work_.set();  // the others look again whether anything is left
}

awaitable<void> SourceLoop::wait_for_work() {
  const std::optional<SteadyTime> due = schedule_.next_due();
  const SteadyTime now = parts_.timer->now().steady;
  if (!due) {
    co_await work_.wait();
  } else if (mode_ == Mode::one_pass) {
    co_await client_.wait_to_retry(std::max(Milliseconds{1}, *due - now));
  } else {
    co_await work_.wait(std::max(Milliseconds{1}, *due - now));
  }
}

awaitable<void> SourceLoop::read_user(PollSchedule::Pick pick) {
  auto load = [row = pick.user](Store& store) { return store.load_user(row); };
  UserReading reading;
  reading.pick = pick;
  reading.user = co_await parts_.storage->run(std::move(load));
  reading.began = parts_.timer->now().wall;
  reading.planned = present_at(reading.began, client_.skew(), options_.settle);
  report_retention(reading.user);
  std::optional<WindowRead> read = plan_read(reading);
  if (!read) {
    // Our clock stands before the window's start: wait for it.
    schedule_.put(pick.user, parts_.timer->now().steady + options_.poll.interval, false);
    if (mode_ == Mode::one_pass) {
      finish_user(pick.user, false);
    }
    co_return;
  }
  WindowOutcome outcome = co_await read->run();
  co_await after_read(std::move(reading), std::move(outcome));
}

std::optional<WindowRead> SourceLoop::plan_read(UserReading& reading) {
  const storage::UserState& user = reading.user;
  const auto progress_of = [&user](WindowKind kind) -> const storage::WindowProgress* {
    const auto place = std::find_if(user.windows.begin(), user.windows.end(),
                                    [kind](const storage::WindowProgress& window) { return window.kind == kind; });
    return place == user.windows.end() ? nullptr : &*place;
  };
  const bool covered = user.coverage.end() && *user.coverage.end() > planner_.start();
  // Only a history that had to be split lets newer messages go first: otherwise they arrive in the order of time.
  const bool deep = user.window_width.has_value();
  // While nothing is covered the present goes first, whoever's turn it is: once a part of the history is covered, the
  // live reads go on from there.
  const bool live_first = covered ? reading.pick.work == Work::live : deep && mode_ == Mode::forever;
  const std::array<WindowKind, 2> order = live_first ? std::array{WindowKind::live, WindowKind::history}
                                                     : std::array{WindowKind::history, WindowKind::live};
  for (const WindowKind kind : order) {
    const storage::WindowProgress* progress = progress_of(kind);
    const std::optional<Window> window = progress != nullptr ? std::optional(Window{progress->span, progress->cover_to})
                                                             : plan_window(reading, kind, covered);
    if (!window) {
      continue;
    }
    reading.kind = kind;
    reading.span = window->span;
    WindowRead read(read_parts(reading, kind), user, kind, *window);
    if (progress != nullptr) {
      read.resume(*progress);
    }
    return read;
  }
  return std::nullopt;
}

std::optional<Window> SourceLoop::plan_window(const UserReading& reading, WindowKind kind, bool covered) {
  const storage::UserState& user = reading.user;
  if (kind == WindowKind::history) {
    return planner_.history(user.coverage, reading.planned, user.window_width);
  }
  return covered ? plan_live(reading) : planner_.live_beside_history(reading.planned, user.window_width);
}

std::optional<Window> SourceLoop::plan_live(const UserReading& reading) {
  const storage::UserState& user = reading.user;
  auto place = rounds_.find(user.row);
  if (place == rounds_.end() || !place->second.round.in_parts() || !place->second.round.holds(reading.planned)) {
    const std::optional<LiveRound> round = planner_.live(user.coverage, reading.planned);
    if (!round) {
      return std::nullopt;
    }
    place = rounds_.insert_or_assign(user.row, UserRound{*round, reading.began}).first;
  }
  // In one pass everything is read before the end, and nothing twice for being new.
  const Milliseconds freshness = mode_ == Mode::forever ? options_.poll.interval : Milliseconds::max();
  return place->second.round.next(user.coverage, reading.planned, user.window_width, freshness);
}

WindowRead::Parts SourceLoop::read_parts(UserReading& reading, WindowKind kind) {
  WindowRead::Parts parts;
  parts.options = &options_;
  parts.client = &client_;
  parts.storage = parts_.storage;
  parts.timer = parts_.timer;
  parts.facts = &facts_;
  parts.on_commit = [this, &reading](storage::WindowCommit& commit, int rows) {
    complete_commit(reading, commit, rows);
  };
  const auto round = kind == WindowKind::live ? rounds_.find(reading.user.row) : rounds_.end();
  // The earlier of the two: the clock may have been ahead when the round began and right now.
  const Instant began = round == rounds_.end() ? reading.began : std::min(round->second.began, reading.began);
  parts.cover_limit = [this, began] { return present_at(began, client_.skew(), options_.settle).cover_to; };
  parts.is_part = round != rounds_.end() && round->second.round.in_parts();
  parts.make_way = [this, kind] {
    return mode_ == Mode::forever && kind == WindowKind::history && schedule_.live_waits(parts_.timer->now().steady);
  };
  return parts;
}

void SourceLoop::complete_commit(UserReading& reading, storage::WindowCommit& commit, int rows) {
  Coverage coverage = reading.user.coverage;
  if (commit.covered) {
    coverage.add(*commit.covered);
  }
  const Instant start = planner_.start();
  // What is younger than `settle` cannot be covered yet, so reading it once more would gain nothing.
  const std::optional<Window> rest = planner_.history(coverage, reading.planned, std::nullopt);
  reading.history_left = rest && rest->span.from < reading.planned.cover_to;
  commit.history_complete = !reading.history_left;
  const std::optional<Milliseconds> width = reading.user.window_width;
  // A shorter read says nothing of how much would fit into a wider one.
  if (width && reading.span.to - reading.span.from >= *width) {
    commit.window_width =
        wider_width(width, rows, Pager::Limits{}.rows_max, {start, reading.planned.read_to}).value_or(Milliseconds{0});
  }
  const std::optional<Instant>& departed = reading.user.departed;
  if (departed && coverage.frontier(start) >= *departed + options_.lookback) {
    reading.gone = true;
    commit.status = UserStatus::gone;
  }
}

awaitable<void> SourceLoop::after_read(UserReading reading, WindowOutcome outcome) {
  report_drifts(outcome.drifts);
  const SteadyTime now = parts_.timer->now().steady;
  const storage::UserRow row = reading.user.row;
  switch (outcome.kind) {
    case OutcomeKind::complete:
    case OutcomeKind::unchanged:
      if (reading.gone) {
        reading.gone = co_await is_gone(row);
      }
      after_success(reading, outcome);
      if (!(facts_ == saved_facts_)) {
        co_await save_facts();
      }
      break;
    case OutcomeKind::unproven: {
      if (outcome.counts.added > 0) {
        parts_.on_stored();
      }
      parts_.log->write(
          Event::window_unstable,
          "the list changed during every pass: its rows are stored, but not counted as complete; it is read "
          "again",
          {{"source", options_.name}, user(reading.user.user_id)});
      const int attempt = ++unstable_[row];
      if (mode_ == Mode::one_pass && attempt >= unstable_attempts_max) {
        finish_user(row, true);
      } else {
        put_again(reading, now + user_backoff_.delay(attempt, random_.fraction()));
      }
      break;
    }
    case OutcomeKind::set_aside: {
      const bool waits_for_history = !reading.user.coverage.end() && !reading.user.window_width;
      schedule_.put(row, waits_for_history ? now + options_.poll.interval : reading.pick.due, true);
      break;
    }
    case OutcomeKind::too_large:
      parts_.log->write(
          Event::window_split, "a window holds too many rows and is read in narrower parts",
          {{"source", options_.name}, user(reading.user.user_id), {"width_ms", outcome.narrower.count()}});
      schedule_.put(row, now, true);
      break;
    case OutcomeKind::failed: {
      Failure failure = std::move(*outcome.failure);
      co_await after_failure(std::move(reading), std::move(outcome), std::move(failure));
      break;
    }
    case OutcomeKind::ended:
      schedule_.put(row, now, true);
      break;
  }
}

void SourceLoop::after_success(const UserReading& reading, const WindowOutcome& outcome) {
  const storage::UserRow row = reading.user.row;
  const Now now = parts_.timer->now();
  read_succeeded_ = true;
  refused_.clear();
  unstable_.erase(row);
  if (std::exchange(misconfigured_, false)) {
    record_state("running", "");
  }
  if (reading.user.failures > 0) {
    parts_.log->write(Event::user_recovered, "a user that failed is read again",
                      {{"source", options_.name}, user(reading.user.user_id)});
  }
  if (reading.kind == WindowKind::history && !reading.history_left) {
    ++histories_completed_;
  }
  report_lateness(outcome.counts.lateness);
  if (outcome.counts.added > 0) {
    parts_.on_stored();
  }
  const bool caught_up = catches_up(reading, outcome);
  const bool live_due = outcome.span.to < reading.planned.read_to && reading.kind == WindowKind::history;
  if (reading.gone) {
    parts_.log->write(Event::user_gone, "a user who matches no audience any more is read to the end and let go",
                      {{"source", options_.name}, user(reading.user.user_id)});
    finish_user(row, false);
  } else if (mode_ == Mode::one_pass && caught_up && !reading.history_left) {
    finish_user(row, false);
  } else if (mode_ == Mode::one_pass && reading.history_left) {
    schedule_.put(row, SteadyTime::max(), true);  // The present is read once, at the end.
  } else if (mode_ == Mode::forever && live_due) {
    schedule_.put(row, std::max(reading.pick.due, now.steady), reading.history_left);
  } else if (mode_ == Mode::forever && caught_up) {
    const auto silence = outcome.counts.newest
                             ? std::optional{std::max(Milliseconds{0}, now.wall - *outcome.counts.newest)}
                             : std::nullopt;
    schedule_.put(row, now.steady + schedule_.pause(silence, client_.capacity()), reading.history_left);
  } else {
    schedule_.put(row, now.steady, reading.history_left);
  }
}

// Whether the user was read up to the present. Takes note of what was read of its live read.
bool SourceLoop::catches_up(const UserReading& reading, const WindowOutcome& outcome) {
  const bool up_to_now = outcome.span.to >= reading.planned.read_to || outcome.kind == OutcomeKind::unchanged;
  const auto place = reading.kind == WindowKind::live ? rounds_.find(reading.user.row) : rounds_.end();
  if (place == rounds_.end()) {
    return up_to_now;
  }
  LiveRound& round = place->second.round;
  round.on_read(outcome.span);
  if (round.in_parts() && !round.done()) {
    return false;
  }
  // The present moves on while parts are read. Only where that took longer than a poll waits does the next live read
  // begin at once: a user whose parts take seconds would be read without end otherwise.
  const bool soon_enough =
      mode_ == Mode::one_pass || reading.planned.read_to - outcome.span.to < options_.poll.interval;
  const bool in_parts = round.in_parts();
  rounds_.erase(place);
  return up_to_now || (in_parts && soon_enough);
}

// The user may have been listed again while it was read for the last time.
awaitable<bool> SourceLoop::is_gone(storage::UserRow row) {
  auto job = [row](Store& store) { return store.load_user(row).status == UserStatus::gone; };
  co_return co_await parts_.storage->run(std::move(job));
}

void SourceLoop::finish_user(storage::UserRow row, bool failed) {
  schedule_.remove(row);
  rounds_.erase(row);
  if (failed) {
    ++shortfall_.users_failed;
  }
}

awaitable<void> SourceLoop::save_facts() {
  saved_facts_ = facts_;
  auto job = [source = source_, text = elit::to_text(facts_)](Store& store) {
    store.record_fact(source, paging_fact, text);
  };
  co_await parts_.storage->run(std::move(job));
}

}  // namespace elit::daemon
