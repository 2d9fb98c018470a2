#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/fetch/source_machine.hpp"

namespace elit {

// A row with a content of its own for each number.
inline Row numbered_row(std::uint8_t number, std::optional<Instant> instant) {
  Row row;
  row.instant = instant;
  row.digest.bytes[0] = number;
  return row;
}

// Rows evenly spread over a span, oldest first.
inline std::vector<Row> rows_between(Instant from, Instant to, int count) {
  std::vector<Row> rows;
  for (int i = 0; i < count; ++i) {
    Row row = numbered_row(static_cast<std::uint8_t>(i % 250), from + (to - from) * i / count);
    row.digest.bytes[1] = static_cast<std::uint8_t>(i / 250);
    rows.push_back(std::move(row));
  }
  return rows;
}

// A source's state in memory, one reader and a clock, for driving a SourceMachine by hand.
class SourceRig {
 public:
  explicit SourceRig(FetchMode mode = FetchMode::forever) : mode_(mode) {
    options.since = now.wall - std::chrono::hours{72};
    paging.asked_size = options.limits.page_size;
    paging.full_size = 100'000;  // A page that is much shorter is the last one.
  }

  // A user of whom nothing is known yet.
  UserState& add(UserRow row) {
    UserState& user = users[row];
    user.row = row;
    user.user_id = "user-" + std::to_string(row);
    return user;
  }
  // A user who was read up to `ago` before now.
  UserState& add_covered(UserRow row, Milliseconds ago) {
    UserState& user = add(row);
    user.coverage.add({*options.since, now.wall - ago});
    user.verified = now.wall - ago;
    history_complete.insert(row);
    return user;
  }
  void pass(Milliseconds time) {
    now.wall += time;
    now.steady += time;
  }

  // Carries out everything but requests; returns the next request, or nothing when the reader waits or is done.
  std::optional<RequestPage> step() {
    start();
    for (int turns = 0;; ++turns) {
      if (turns > 100) {
        ADD_FAILURE() << "the machine goes round in circles";
        return std::nullopt;
      }
      if (reading) {
        ReadStep step = machine->next_step(*reading, health, now);
        take_notices();
        if (auto* request = std::get_if<RequestPage>(&step)) {
          return *request;
        }
        carry_out(step);
        continue;
      }
      const ReaderAction action = machine->next(now);
      if (const auto* read = std::get_if<ReadUser>(&action)) {
        EXPECT_TRUE(users.contains(read->user));
        reading = machine->on_loaded(users.at(read->user), health.skew, now) ? std::optional{read->user} : std::nullopt;
        take_notices();
      } else {
        const auto* later = std::get_if<ReadLater>(&action);
        done = later == nullptr;
        wake_up = later != nullptr ? later->time : std::nullopt;
        EXPECT_TRUE(!wake_up || *wake_up > now.steady) << "a wait that is over already";
        return std::nullopt;
      }
    }
  }
  // As step(), after time has passed until something is due.
  std::optional<RequestPage> step_when_due() {
    std::optional<RequestPage> request = step();
    if (!request && wake_up && *wake_up != SteadyTime::max()) {
      pass(*wake_up - now.steady);
      request = step();
    }
    return request;
  }

  void answer(std::vector<Row> rows, std::int64_t rejected = 0) {
    machine->on_page(*reading, FetchedPage{.rows = std::move(rows),
                                           .rejected = rejected,
                                           .rejected_shape = rejected > 0 ? "an odd thing" : "",
                                           .past_the_end = false});
  }
  void answer_end() {
    machine->on_page(*reading, FetchedPage{.rows = {}, .rejected = 0, .rejected_shape = {}, .past_the_end = true});
  }
  void fail(int status, FailureKind kind = FailureKind::transient) {
    Failure failure;
    failure.kind = kind;
    failure.status = status;
    failure.detail = "status " + std::to_string(status);
    machine->on_failure(*reading, failure);
  }
  void refuse() { fail(400, FailureKind::rejected); }

  // How long the reader waits now.
  Milliseconds waits() {
    EXPECT_FALSE(step());
    return wake_up ? *wake_up - now.steady : Milliseconds::max();
  }
  [[nodiscard]] std::vector<SourceNotice> told(SourceNotice::Kind kind) const {
    std::vector<SourceNotice> found;
    std::copy_if(notices.begin(), notices.end(), std::back_inserter(found),
                 [kind](const SourceNotice& notice) { return notice.kind == kind; });
    return found;
  }
  Instant covered_to(UserRow row) { return users.at(row).coverage.frontier(*options.since); }

  void start() {
    if (machine) {
      return;
    }
    machine.emplace(options, mode_, random);
    std::vector<ScheduledUser> scheduled;
    for (const auto& [row, user] : users) {
      ScheduledUser one;
      one.row = row;
      one.status = user.status;
      one.history_complete = history_complete.contains(row);
      one.covered = !user.coverage.intervals().empty();
      one.parked_until = parked_until.contains(row) ? std::optional{parked_until.at(row)} : std::nullopt;
      scheduled.push_back(one);
    }
    SourceFacts facts;
    facts.paging = paging;
    facts.members = members;
    machine->start(scheduled, facts, now);
  }

  SourceOptions options;
  Now now{from_ms(1'769'850'902'345), SteadyTime{Milliseconds{5'000}}};
  SourceHealth health;
  PagingFacts paging;
  MemberFacts members;
  Random random{1};
  std::optional<SourceMachine> machine;
  std::map<UserRow, UserState> users;
  std::set<UserRow> history_complete;
  std::map<UserRow, Instant> parked_until;
  std::map<UserRow, std::vector<Row>> messages;
  std::vector<WindowCommit> commits;
  std::vector<UserFailure> failures;
  std::vector<DiscardWindow> discards;
  std::vector<SourceNotice> notices;
  std::optional<SourceFacts> facts_saved;
  std::vector<Milliseconds> lateness;  // of the next commit
  std::optional<UserRow> reading;
  std::optional<SteadyTime> wake_up;
  int pages_stored = 0;
  int compared = 0;
  bool listed_again = false;  // those who would be gone are not
  bool done = false;

 private:
  void take_notices() {
    for (SourceNotice& notice : machine->take_notices()) {
      notices.push_back(std::move(notice));
    }
  }

  void carry_out(ReadStep& step) {
    if (const auto* stored = std::get_if<StorePage>(&step)) {
      store(stored->page);
    } else if (const auto* compare = std::get_if<ComparePage>(&step)) {
      ++compared;
      machine->on_compared(*reading, is_stored(*compare));
    } else if (const auto* commit = std::get_if<CommitWindow>(&step)) {
      if (commit->last) {
        store(*commit->last);
      }
      machine->on_committed(*reading, apply(commit->commit));
    } else if (const auto* discard = std::get_if<DiscardWindow>(&step)) {
      apply(*discard);
    } else if (std::holds_alternative<ConfirmGone>(step)) {
      machine->on_confirmed(*reading, !std::exchange(listed_again, false));
    } else if (const auto* record = std::get_if<RecordFailure>(&step)) {
      record_failure(*record);
    } else {
      const auto& ended = std::get<ReadEnded>(step);
      facts_saved = ended.facts ? ended.facts : facts_saved;
      reading.reset();
    }
  }

  WindowProgress* progress(UserState& user, WindowKind kind) {
    const auto place = std::find_if(user.windows.begin(), user.windows.end(),
                                    [kind](const WindowProgress& window) { return window.kind == kind; });
    return place == user.windows.end() ? nullptr : &*place;
  }
  void store(const StagedPage& page) {
    ++pages_stored;
    UserState& user = users.at(page.user);
    WindowProgress* window = progress(user, page.window.kind);
    if (window == nullptr) {
      window = &user.windows.emplace_back(page.window);
    }
    if (window->pass != page.window.pass) {
      window->previous_pages = std::exchange(window->pages, {});
      window->pass = page.window.pass;
      staged_[page.user].clear();
    }
    EXPECT_EQ(page.page, static_cast<int>(window->pages.size()) + 1);
    std::vector<Digest> digests;
    for (const OrderedRow& row : page.rows) {
      digests.push_back(row.row.digest);
      staged_[page.user].push_back(row.row);
    }
    window->pages.push_back(std::move(digests));
  }
  bool is_stored(const ComparePage& compare) {
    const std::vector<Row>& stored = messages[compare.user];
    const auto in_span = std::count_if(stored.begin(), stored.end(), [&compare](const Row& row) {
      return row.instant && *row.instant >= compare.span.from && *row.instant < compare.span.to;
    });
    return std::all_of(compare.rows.begin(), compare.rows.end(),
                       [&](const OrderedRow& row) { return knows(compare.user, row.row); }) &&
           in_span <= static_cast<std::ptrdiff_t>(compare.rows.size());
  }
  bool knows(UserRow user, const Row& row) {
    std::set<Digest>& known = known_[user];
    for (std::size_t i = known.size(); i < messages[user].size(); ++i) {
      known.insert(messages[user][i].digest);
    }
    return known.contains(row.digest);
  }
  WindowCounts apply(const WindowCommit& commit) {
    commits.push_back(commit);
    UserState& user = users.at(commit.user);
    std::vector<Row> rows = commit.staged ? std::exchange(staged_[commit.user], {}) : std::vector<Row>{};
    for (const OrderedRow& row : commit.rows) {
      rows.push_back(row.row);
    }
    WindowCounts counts;
    counts.lateness = std::exchange(lateness, {});
    for (const Row& row : rows) {
      if (!knows(commit.user, row)) {
        ++counts.added;
        messages[commit.user].push_back(row);
      }
    }
    for (const Row& row : messages[commit.user]) {
      counts.newest = row.instant ? std::max(counts.newest.value_or(*row.instant), *row.instant) : counts.newest;
    }
    if (commit.covered) {
      user.coverage.add(*commit.covered);
    }
    user.verified = commit.verified ? std::optional{commit.read_at} : user.verified;
    if (commit.window_width) {
      user.widths.of(commit.kind) = *commit.window_width == Milliseconds{0} ? std::nullopt : commit.window_width;
    }
    user.status = commit.status.value_or(user.status == UserStatus::parked ? UserStatus::following : user.status);
    user.failures = 0;
    erase_window(user, commit.kind);
    return counts;
  }
  void apply(const DiscardWindow& discard) {
    discards.push_back(discard);
    UserState& user = users.at(discard.user);
    user.widths.of(discard.kind) = discard.width;
    erase_window(user, discard.kind);
  }
  void erase_window(UserState& user, WindowKind kind) {
    std::erase_if(user.windows, [kind](const WindowProgress& window) { return window.kind == kind; });
    staged_[user.row].clear();
  }
  void record_failure(const RecordFailure& record) {
    failures.push_back(record.failure);
    UserState& user = users.at(record.failure.user);
    user.failures = record.failure.failures;
    user.status = record.failure.parked_until ? UserStatus::parked : user.status;
    if (record.discard) {
      apply(*record.discard);
    }
  }

  FetchMode mode_;
  std::map<UserRow, std::vector<Row>> staged_;
  std::map<UserRow, std::set<Digest>> known_;  // of `messages`, which differ from each other
};

}  // namespace elit
