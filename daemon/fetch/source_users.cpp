// The part of SourceLoop that concerns who is followed: the lists, and users who cannot be read.

#include <algorithm>
#include <utility>

#include "daemon/fetch/source_loop.hpp"

namespace elit::daemon {
namespace {

using boost::asio::awaitable;
using storage::Store;

constexpr int listing_attempts_max = 6;  // in one pass
constexpr int failures_before_narrowing = 3;
constexpr int failures_before_parking = 5;
constexpr int narrowing = 16;
constexpr Milliseconds narrow_enough{60'000};
constexpr Milliseconds park_first{300'000};
constexpr Milliseconds park_short{60'000};  // while nobody can be read at all: that is a configuration, not a user
constexpr int pages_of_users_max = 100'000;

}  // namespace

awaitable<void> SourceLoop::cycles() {
  int failures = 0;
  while (!stopped_) {
    const SteadyTime tick = parts_.timer->now().steady;
    const bool listed = co_await list_everybody();
    failures = listed ? 0 : failures + 1;
    const SteadyTime next =
        tick + (listed ? options_.poll.interval
                       : std::min(options_.poll.interval, user_backoff_.delay(failures, random_.fraction())));
    SteadyTime now = parts_.timer->now().steady;
    while (!stopped_ && now < next && (schedule_.live_waits(tick) || schedule_.being_read() > 0)) {
      co_await cycle_.wait(next - now);
      now = parts_.timer->now().steady;
    }
    if (stopped_) {
      break;
    }
    co_await write_cycle();
    for (now = parts_.timer->now().steady; !stopped_ && now < next; now = parts_.timer->now().steady) {
      co_await cycle_.wait(next - now);
    }
  }
}

awaitable<bool> SourceLoop::list_everybody() {
  bool all_listed = true;
  bool alarm = false;
  std::int64_t listed = 0;
  std::vector<storage::ListingDecision> decisions;
  for (std::size_t i = 0; i < options_.audiences.size() && !stopped_; ++i) {
    Result<std::vector<ListedUser>> users = co_await list_audience(options_.audiences[i]);
    if (users.has_error()) {
      all_listed = false;
      continue;
    }
    auto stage = [audience = audiences_[i], users = std::move(*users)](Store& store) {
      return store.stage_listing(audience, users);
    };
    const ListingCounts counts = co_await parts_.storage->run(std::move(stage));
    const ListingVerdict verdict = judge_listing(counts, options_.roster.shrink_alarm);
    listed += counts.listed;
    if (verdict != ListingVerdict::accepted) {
      alarm = true;
      report_alarm(options_.audiences[i], counts);
    }
    storage::ListingDecision decision;
    decision.audience = audiences_[i];
    decision.members_may_leave = verdict == ListingVerdict::accepted;
    decisions.push_back(decision);
  }
  if (decisions.empty()) {
    co_return all_listed;
  }
  auto apply = [source = source_, decisions, at = parts_.timer->now().wall](Store& store) {
    return store.apply_listings(source, decisions, at);
  };
  const storage::ListingChange change = co_await parts_.storage->run(std::move(apply));
  if (!alarm && !std::exchange(alarm_, "").empty()) {
    record_state("running", "");
  }
  followed_ = change.followed;
  if (listed != last_listed_ || !change.arrived.empty() || !change.departed.empty()) {
    last_listed_ = listed;
    parts_.log->write(Event::users_listed, "the users of all audiences are listed",
                      {{"source", options_.name},
                       {"listed", listed},
                       {"arrived", change.arrived.size()},
                       {"departed", change.departed.size()},
                       {"followed", change.followed}});
  }
  welcome(change);
  co_return all_listed;
}

void SourceLoop::report_alarm(const Audience& audience, const ListingCounts& counts) {
  const std::string what = counts.listed == 0 ? "the users list of an audience is suddenly empty"
                                              : "the users list of an audience shrank sharply";
  if (!std::exchange(alarm_, what + "; nobody is let go").empty()) {
    return;
  }
  parts_.log->write(Event::roster_alarm,
                    what + ": nobody is let go. Check the attribute's name and the API; if the list is right, " +
                        (counts.listed == 0 ? "remove the audience" : "raise roster.shrink_alarm for a while"),
                    {{"source", options_.name},
                     {"attribute", audience.attribute},
                     {"previous", counts.previous},
                     {"listed", counts.listed},
                     {"missing", counts.missing}});
  record_state("running", "");
}

awaitable<Result<std::vector<ListedUser>>> SourceLoop::list_audience(Audience audience) {
  const bool paged = !options_.api.users_page_parameter.empty();
  std::vector<ListedUser> users;
  std::vector<std::string> last_page;
  int attempts = 0;
  for (int page = 1; page <= pages_of_users_max;) {
    const std::optional<int> number = paged ? std::optional{page} : std::nullopt;
    Result<elitbuzz::UsersAnswer> answer = co_await client_.list_users(audience, number);
    if (answer.has_error()) {
      ++attempts;
      if (attempts == 1 && !client_.finished()) {
        parts_.log->write(Event::page_failed,
                          "the users list of an audience could not be read: " + answer.error().detail,
                          {{"source", options_.name}, {"attribute", audience.attribute}});
      }
      shortfall_.last_error = answer.error().detail;
      const bool again = mode_ == Mode::one_pass && attempts < listing_attempts_max &&
                         answer.error().kind != FailureKind::rejected && !client_.finished();
      const bool waited = again && co_await client_.wait_to_retry(user_backoff_.delay(attempts, random_.fraction()));
      if (!waited) {
        co_return answer.error();
      }
      continue;
    }
    if (answer->rejected > 0) {
      report_drifts({"the users list holds elements without an id: set api.user_id"});
    }
    std::vector<std::string> ids;
    for (const ListedUser& listed : answer->users) {
      ids.push_back(listed.user_id);
    }
    if (ids.empty() || ids == last_page) {
      break;
    }
    std::move(answer->users.begin(), answer->users.end(), std::back_inserter(users));
    last_page = std::move(ids);
    if (!paged) {
      break;
    }
    ++page;
  }
  co_return users;
}

void SourceLoop::welcome(const storage::ListingChange& change) {
  const SteadyTime now = parts_.timer->now().steady;
  for (const storage::UserRow row : change.arrived) {
    if (schedule_.is_being_read(row)) {
      continue;  // It was draining. What follows its read finds it followed again.
    }
    // The first read is one of history; the live read waits for it unless the history is deep.
    schedule_.put(row, mode_ == Mode::one_pass ? now : now + options_.poll.interval, true);
  }
  if (!change.arrived.empty()) {
    work_.set();
  }
}

awaitable<void> SourceLoop::after_failure(UserReading reading, WindowOutcome outcome, Failure failure) {
  const storage::UserState& user = reading.user;
  const Now now = parts_.timer->now();
  shortfall_.last_error = failure.detail;
  if (client_.down()) {
    // Not this user's fault: the gate holds everybody until the source answers again.
    schedule_.put(user.row, now.steady, reading.pick.work == Work::history);
    co_return;
  }
  const Interval span = outcome.span;
  storage::UserFailure record;
  record.user = user.row;
  // A long list over a bad line gets on page by page: that is no user who cannot be read.
  record.failures = (outcome.progressed ? 0 : user.failures) + 1;
  record.error = failure.detail;
  const bool refused = failure.kind == FailureKind::rejected;
  if (record.failures == 1) {
    parts_.log->write(Event::page_failed, "a user's conversations could not be read: " + failure.detail,
                      {{"source", options_.name}, daemon::user(user.user_id), {"status", failure.status}});
  }
  const bool narrow = !refused && record.failures >= failures_before_narrowing && failure.status >= 500 &&
                      reading.kind == storage::WindowKind::history && span.to - span.from > narrow_enough;
  const bool park = refused || record.failures >= failures_before_parking;
  Milliseconds wait = user_backoff_.delay(record.failures, random_.fraction());
  if (park) {
    wait = parking_time(user.row, record.failures, refused);
    record.parked_until = now.wall + wait;
  }
  auto job = [record, narrow, kind = reading.kind, width = (span.to - span.from) / narrowing](Store& store) {
    store.record_failure(record);
    if (narrow) {
      store.discard_window(record.user, kind, width);
    }
  };
  co_await parts_.storage->run(std::move(job));
  if (!park) {
    put_again(reading, now.steady + wait);
    co_return;
  }
  if (user.status != storage::UserStatus::parked) {
    parts_.log->write(Event::user_parked,
                      "a user cannot be read and is parked; it is tried again, the others go on. " + failure.detail,
                      {{"source", options_.name}, daemon::user(user.user_id), {"retry_in_ms", wait.count()}});
  }
  if (mode_ == Mode::one_pass) {
    finish_user(user.row, true);
  } else {
    schedule_.put(user.row, now.steady + wait, false);
  }
}

// The same read once more, not before `from`.
void SourceLoop::put_again(const UserReading& reading, SteadyTime from) {
  const bool history = reading.pick.work == Work::history;
  schedule_.put(reading.user.row, history ? std::max(reading.pick.due, from) : from, history, from);
}

Milliseconds SourceLoop::parking_time(storage::UserRow row, int failures, bool refused) {
  if (refused) {
    refused_.insert(row);
  }
  // In one pass those who are done have left the schedule.
  const bool could_be_all = mode_ == Mode::forever || !read_succeeded_;
  const std::size_t all = schedule_.size() + static_cast<std::size_t>(shortfall_.users_failed);
  if (refused && could_be_all && refused_.size() >= all) {
    read_succeeded_ = false;
    if (!std::exchange(misconfigured_, true)) {
      parts_.log->write(Event::source_down,
                        "every user is refused: check customer_id, bot_key, base_url and api.conversations_path",
                        {{"source", options_.name}});
      record_state("failing: every user is refused", shortfall_.last_error);
    }
  }
  if (!read_succeeded_) {
    return park_short;
  }
  const int step = std::clamp(failures - (refused ? 1 : failures_before_parking), 0, 10);
  return std::min(park_max, park_first * (1 << step));
}

std::optional<SteadyTime> SourceLoop::stalled_since() const {
  const std::optional<SteadyTime> oldest = client_.oldest_request();
  const bool overdue =
      oldest && parts_.timer->now().steady - *oldest > options_.limits.timeout + std::chrono::minutes{1};
  return overdue ? oldest : std::nullopt;
}

}  // namespace elit::daemon
