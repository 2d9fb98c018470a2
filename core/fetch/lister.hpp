#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/failure.hpp"
#include "core/fetch/fetch_mode.hpp"
#include "core/fetch/fetch_record.hpp"
#include "core/fetch/roster.hpp"
#include "core/instant.hpp"
#include "core/options.hpp"
#include "core/random.hpp"
#include "core/retry.hpp"

namespace elit {

// What the lister of a source does next. Each is carried out before next() is asked again.
struct ListUsers {           // ask for the users of an audience -> on_users or on_failure
  std::size_t audience = 0;  // its place in SourceOptions::audiences
  std::optional<int> page;   // from 1; absent: the list has no pages
};
struct WaitToList {  // wait before the list is asked for again -> on_waited
  Milliseconds wait{0};
};
struct StageListing {  // hand the complete list to the store -> on_staged
  std::size_t audience = 0;
  std::vector<ListedUser> users;
};
struct ApplyListings {  // apply what was staged -> on_applied
  std::vector<ListingDecision> decisions;
};
struct WriteCycle {};  // report the cycle that is over
struct WaitForCycle {  // nothing to do before `until`; ask again whenever a read ends
  SteadyTime until;
};
struct ListingDone {};  // one pass: every list was asked for
using ListerAction =
    std::variant<ListUsers, WaitToList, StageListing, ApplyListings, WriteCycle, WaitForCycle, ListingDone>;

// Decides when the users of a source's audiences are listed and whether those who are missing may leave. Pure. A cycle
// lists every audience, waits until the users who are due have been read, is reported, and lasts at least the polling
// interval, or less where a list could not be read.
class Lister {
 public:
  // `options` and `random` outlive the lister.
  Lister(const SourceOptions& options, FetchMode mode, Random& random);

  // The store's numbers of the audiences, in the order of the options. Requires: called once, first.
  void start(std::vector<AudienceId> audiences) { audiences_ = std::move(audiences); }

  [[nodiscard]] AudienceId audience(std::size_t place) const { return audiences_.at(place); }

  // `busy`: users who were due when the cycle began have still to be read.
  [[nodiscard]] ListerAction next(Now now, bool busy);
  // When the present cycle began.
  [[nodiscard]] SteadyTime cycle_began() const { return began_; }

  // `unreadable`: elements of the page that are no users. Perhaps those who are missing are among them, so nobody
  // leaves the audience.
  void on_users(std::vector<ListedUser> users, std::int64_t unreadable);
  // `finished`: no later request will do better. True: it is the first failure of this list, to be reported.
  [[nodiscard]] bool on_failure(const Failure& failure, bool finished);
  void on_waited(bool may_go_on);
  // What is to be reported of a list.
  struct Judgement {
    bool alarm = false;     // what else it finds wrong is a part of the same alarm
    bool is_empty = false;  // the audience matches nobody and has no members; once until it matches
    bool is_no_longer_empty = false;
  };
  [[nodiscard]] Judgement on_staged(const ListingCounts& counts);
  // True: the users are others than before, which is to be reported.
  [[nodiscard]] bool on_applied(const ListingChange& change);

  // Why no user leaves an audience, for `status`; empty: departures are allowed.
  [[nodiscard]] const std::string& departures_blocked_reason() const { return departures_blocked_reason_; }
  // Whether some list of the present cycle could not be read, and the latest failure of a list.
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] const std::string& last_error() const { return last_error_; }
  [[nodiscard]] std::int64_t listed() const { return listed_; }
  // Elements of the present cycle's lists that are no users.
  [[nodiscard]] std::int64_t unreadable() const { return cycle_unreadable_; }
  [[nodiscard]] std::int64_t followed() const { return followed_; }

 private:
  enum class Phase { begin, list, wait_to_list, stage, apply, read, rest };

  void begin_cycle(Now now);
  void begin_audience(std::size_t audience);
  [[nodiscard]] bool is_paged() const { return !options_.api.users_page_parameter.empty(); }
  [[nodiscard]] ListerAction end_listing(Now now, bool busy);
  [[nodiscard]] ListerAction wait(Now now, bool busy);

  const SourceOptions& options_;
  FetchMode mode_;
  Random& random_;
  Backoff backoff_;
  std::vector<AudienceId> audiences_;
  Phase phase_ = Phase::begin;
  SteadyTime began_{};
  SteadyTime until_{};
  int failed_cycles_ = 0;  // in a row
  // The present cycle:
  std::vector<ListingDecision> decisions_;
  bool failed_ = false;
  bool alarm_ = false;
  std::int64_t listed_ = 0;
  std::int64_t cycle_unreadable_ = 0;
  // The present audience:
  std::size_t audience_ = 0;
  int page_ = 1;
  int attempts_ = 0;
  Milliseconds wait_{0};
  std::vector<ListedUser> users_;
  std::vector<std::string> last_page_;
  std::int64_t unreadable_ = 0;
  // Since the start:
  std::string departures_blocked_reason_;
  std::string last_error_;
  std::set<std::size_t> matched_;  // audiences that have members, and those that have none
  std::set<std::size_t> empty_;
  std::int64_t last_listed_ = -1;
  std::int64_t followed_ = 0;
};

}  // namespace elit
