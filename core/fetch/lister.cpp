#include "core/fetch/lister.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/check.hpp"

namespace elit {
namespace {

constexpr Milliseconds backoff_first{500};
constexpr Milliseconds backoff_max = std::chrono::seconds{15};
constexpr int attempts_max = 6;  // to list one audience, in one pass
constexpr int pages_max = 100'000;

std::string reason_for_alarm(const ListingCounts& counts, std::int64_t unreadable) {
  if (unreadable > 0) {
    return "the users list of an audience holds elements that are no users, and members are missing from it";
  }
  return counts.listed == 0 ? "the users list of an audience is suddenly empty"
                            : "the users list of an audience shrank sharply";
}

}  // namespace

Lister::Lister(const SourceOptions& options, FetchMode mode, Random& random)
    : options_(options), mode_(mode), random_(random), backoff_(backoff_first, backoff_max) {}

ListerAction Lister::next(Now now, bool busy) {
  switch (phase_) {
    case Phase::begin:
      begin_cycle(now);
      [[fallthrough]];
    case Phase::list:
      if (audience_ < options_.audiences.size()) {
        return ListUsers{.audience = audience_, .page = is_paged() ? std::optional{page_} : std::nullopt};
      }
      if (decisions_.empty()) {
        return end_listing(now, busy);
      }
      phase_ = Phase::apply;
      return ApplyListings{decisions_};
    case Phase::wait_to_list:
      return WaitToList{wait_};
    case Phase::stage:
      return StageListing{.audience = audience_, .users = std::move(users_)};
    case Phase::apply:
      return end_listing(now, busy);
    case Phase::read:
    case Phase::rest:
      return wait(now, busy);
  }
  return ListingDone{};
}

void Lister::begin_cycle(Now now) {
  began_ = now.steady;
  decisions_.clear();
  failed_ = false;
  alarm_ = false;
  listed_ = 0;
  cycle_unreadable_ = 0;
  begin_audience(0);
}

void Lister::begin_audience(std::size_t audience) {
  phase_ = Phase::list;
  audience_ = audience;
  page_ = 1;
  attempts_ = 0;
  users_.clear();
  last_page_.clear();
  unreadable_ = 0;
}

void Lister::on_users(std::vector<ListedUser> users, std::int64_t unreadable) {
  unreadable_ += unreadable;
  cycle_unreadable_ += unreadable;
  std::vector<std::string> ids;
  ids.reserve(users.size());
  for (const ListedUser& user : users) {
    ids.push_back(user.user_id);
  }
  // An empty page ends the list, and so does one that is sent again.
  const bool ends = (ids.empty() && unreadable == 0) || (!ids.empty() && ids == last_page_);
  if (!ends) {
    std::move(users.begin(), users.end(), std::back_inserter(users_));
    last_page_ = std::move(ids);
    ++page_;
  }
  if (ends || !is_paged() || page_ > pages_max) {
    phase_ = Phase::stage;
  }
}

bool Lister::on_failure(const Failure& failure, bool finished) {
  ++attempts_;
  last_error_ = failure.detail;
  const bool first = attempts_ == 1 && !finished;
  const bool again =
      mode_ == FetchMode::one_pass && attempts_ < attempts_max && failure.kind != FailureKind::rejected && !finished;
  if (again) {
    wait_ = backoff_.delay(attempts_, random_.fraction());
    phase_ = Phase::wait_to_list;
  } else {
    on_waited(false);
  }
  return first;
}

void Lister::on_waited(bool may_go_on) {
  if (may_go_on) {
    phase_ = Phase::list;
    return;
  }
  failed_ = true;
  begin_audience(audience_ + 1);
}

Lister::Judgement Lister::on_staged(const ListingCounts& counts) {
  const std::int64_t unreadable = unreadable_;
  const std::size_t place = audience_;
  const bool accepted = judge_listing(counts, options_.roster.shrink_alarm) == ListingVerdict::accepted &&
                        (unreadable == 0 || counts.missing == 0);
  decisions_.push_back({.audience = audience(place), .members_may_leave = accepted});
  listed_ += counts.listed;
  begin_audience(place + 1);
  Judgement judgement;
  if (counts.listed > 0) {
    judgement.is_no_longer_empty = matched_.insert(place).second;
    empty_.erase(place);
  } else if (counts.previous == 0) {
    judgement.is_empty = empty_.insert(place).second;
    matched_.erase(place);
  }
  if (!accepted) {
    alarm_ = true;
    const std::string reason = reason_for_alarm(counts, unreadable) + "; no user leaves the audience meanwhile";
    judgement.alarm = std::exchange(departures_blocked_reason_, reason).empty();
  }
  return judgement;
}

bool Lister::on_applied(const ListingChange& change) {
  if (!alarm_) {
    departures_blocked_reason_.clear();
  }
  followed_ = change.followed;
  const bool changed = listed_ != last_listed_ || !change.arrived.empty() || !change.departed.empty();
  last_listed_ = listed_;
  return changed;
}

ListerAction Lister::end_listing(Now now, bool busy) {
  if (mode_ == FetchMode::one_pass) {
    return ListingDone{};
  }
  failed_cycles_ = failed_ ? failed_cycles_ + 1 : 0;
  const Milliseconds interval = options_.poll.interval;
  until_ = began_ + (failed_ ? std::min(interval, backoff_.delay(failed_cycles_, random_.fraction())) : interval);
  phase_ = Phase::read;
  return wait(now, busy);
}

ListerAction Lister::wait(Now now, bool busy) {
  const bool over = now.steady >= until_;
  if (phase_ == Phase::read && (over || !busy)) {
    phase_ = Phase::rest;
    return WriteCycle{};
  }
  if (over) {
    phase_ = Phase::begin;
    return next(now, busy);
  }
  return WaitForCycle{until_};
}

}  // namespace elit
