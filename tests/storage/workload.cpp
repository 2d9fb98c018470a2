#include "tests/storage/workload.hpp"

#include <algorithm>

#include "tests/storage/store_fixture.hpp"

namespace elit::storage {
namespace {

constexpr std::int64_t step_length_ms = 10'000;
constexpr std::int64_t look_back_ms = 15'000;
constexpr std::int64_t settle_ms = 5'000;
constexpr std::int64_t late_ms = 12'000;
constexpr std::int64_t row_distance_ms = 9'000;
constexpr std::size_t rows_a_page = 3;
constexpr int users = 4;

std::string name_of(UserRow user) {
  return "u" + std::to_string(user);
}

bool is_late(std::int64_t number) {
  return number % 11 == 5;
}

// The rows that the source has for a user's span at `now`.
std::vector<OrderedRow> source_rows(UserRow user, std::int64_t from_ms, std::int64_t to_ms, std::int64_t now_ms) {
  std::vector<OrderedRow> rows;
  for (std::int64_t number = 0; number * row_distance_ms + user < to_ms; ++number) {
    const std::int64_t at = number * row_distance_ms + user;
    if (at < from_ms || (is_late(number) && at + late_ms > now_ms)) {
      continue;
    }
    const std::size_t length = number % 19 == 7 ? 5'000 : static_cast<std::size_t>(number % 5) * 40;
    const OrderedRow row = row_at(at, name_of(user) + std::string(length, 'x'));
    rows.push_back(row);
    if (number % 6 == 2) {
      rows.push_back(row);  // said twice in one millisecond
    }
  }
  return rows;
}

std::int64_t ms_of_day(Instant instant) {
  return to_ms(instant) - day;
}

}  // namespace

// One step under way.
class Workload::Step {
 public:
  Step(Store& store, const Names& names, std::uint64_t seed, int number)
      : store_(store), names_(names), random_(seed * 1'000'003U + static_cast<std::uint64_t>(number)) {
    now_ms_ = (number + 3) * step_length_ms;
  }

  void act() {
    switch (random_.below(10)) {
      case 0:
        return list();
      case 1:
      case 2:
      case 3:
        return read_live();
      case 4:
      case 5:
        return read_history();
      case 6:
        return begin_batch();
      case 7:
      case 8:
        return go_on_with_a_batch();
      default:
        return note_something();
    }
  }
  // One call of the store.
  void act_once() { random_.below(2) == 0 ? read_live() : store_.record_fact(names_.source, "page", number()); }
  void list() {
    std::vector<ListedUser> listed;
    for (UserRow user = 1; user <= users; ++user) {
      if (random_.below(8) > 0) {
        listed.push_back(ListedUser{name_of(user), "{\"seen\":" + number() + "}"});
      }
    }
    store_.stage_listing(names_.audience, listed);
    store_.apply_listings(names_.source, {{names_.audience, random_.below(3) > 0}}, now());
  }
  void deliver_everything() {
    for (const SinkId sink : names_.sinks) {
      for (const OpenBatch& batch : store_.open_batches(sink)) {
        settle(sink, batch, {});
      }
      for (std::vector<PendingMessage> left = store_.held_back(sink, 9); !left.empty();
           left = store_.held_back(sink, 9)) {
        deliver(sink, left);
      }
      for (std::vector<PendingMessage> left = unscanned(sink, 9); !left.empty(); left = unscanned(sink, 9)) {
        deliver(sink, left);
        store_.record_scanned_to(sink, left.back().id);
      }
    }
  }

 private:
  [[nodiscard]] Instant now() const { return from_ms(day + now_ms_); }
  std::string number() { return std::to_string(random_.below(1'000'000)); }
  SinkId any_sink() { return names_.sinks[random_.below(names_.sinks.size())]; }

  std::optional<UserState> any_user() {
    std::vector<UserRow> rows;
    store_.visit_users(names_.source, [&rows](const ScheduledUser& user) { rows.push_back(user.row); });
    std::sort(rows.begin(), rows.end());
    return rows.empty() ? std::nullopt : std::optional(store_.load_user(rows[random_.below(rows.size())]));
  }
  [[nodiscard]] std::vector<OrderedRow> rows_of(const UserState& user, Interval span) const {
    return source_rows(user.row, ms_of_day(span.from), ms_of_day(span.to), now_ms_);
  }

  void read_live() {
    const std::optional<UserState> user = any_user();
    if (!user) {
      return;
    }
    if (random_.below(6) == 0) {
      UserFailure failure{user->row, user->failures + 1, "HTTP 503", std::nullopt};
      if (failure.failures > 1) {
        failure.parked_until = now() + Milliseconds{step_length_ms};
      }
      return store_.record_failure(failure);
    }
    const Instant covered = user->coverage.end().value_or(now() - Milliseconds{2 * step_length_ms});
    WindowCommit commit;
    commit.user = user->row;
    commit.read_at = now();
    const Interval span{std::max(from_ms(day), covered - Milliseconds{look_back_ms}), now()};
    commit.rows = rows_of(*user, span);
    commit.rejected = static_cast<std::int64_t>(random_.below(2));
    commit.covered = Interval{span.from, now() - Milliseconds{settle_ms}};
    commit.verified = true;
    if (user->departed && random_.below(2) == 0) {
      commit.status = UserStatus::gone;
    }
    store_.commit_window(commit);
  }

  // A page a time; when all pages are staged, another pass or the end.
  void read_history() {
    const std::optional<UserState> user = any_user();
    if (!user) {
      return;
    }
    for (const WindowProgress& window : user->windows) {
      if (window.kind == WindowKind::history) {
        return random_.below(12) == 0 ? store_.discard_window(user->row, window.kind, Milliseconds{30'000})
                                      : go_on_with_window(*user, window);
      }
    }
    const std::vector<Interval> gaps = user->coverage.gaps({from_ms(day), now() - Milliseconds{settle_ms}});
    if (!gaps.empty()) {
      WindowProgress window;
      window.kind = WindowKind::history;
      window.span = {gaps.front().from, std::min(gaps.front().to, gaps.front().from + Milliseconds{70'000})};
      window.cover_to = window.span.to;
      stage(*user, window, 1);
    }
  }
  void stage(const UserState& user, const WindowProgress& window, std::size_t page) {
    const std::vector<OrderedRow> rows = rows_of(user, window.span);
    StagedPage staged;
    staged.user = user.row;
    staged.window = window;
    staged.page = static_cast<int>(page);
    const std::size_t from = std::min(rows.size(), (page - 1) * rows_a_page);
    const std::size_t to = std::min(rows.size(), page * rows_a_page);
    staged.rows.assign(rows.begin() + static_cast<std::ptrdiff_t>(from),
                       rows.begin() + static_cast<std::ptrdiff_t>(to));
    store_.stage_page(staged);
  }
  void go_on_with_window(const UserState& user, WindowProgress window) {
    if (window.pages.size() * rows_a_page < rows_of(user, window.span).size()) {
      return stage(user, window, window.pages.size() + 1);
    }
    if (window.pass == 0 && random_.below(3) == 0) {
      ++window.pass;
      return stage(user, window, 1);
    }
    WindowCommit commit;
    commit.user = user.row;
    commit.kind = window.kind;
    commit.read_at = now();
    commit.staged = true;
    commit.covered = Interval{window.span.from, window.cover_to};
    commit.verified = true;
    store_.commit_window(commit);
  }

  std::vector<PendingMessage> unscanned(SinkId sink, int limit) {
    return store_.pending_after(sink, store_.scanned_to(sink), limit);
  }
  static std::vector<MessageId> ids_of(const std::vector<PendingMessage>& messages) {
    std::vector<MessageId> ids;
    for (const PendingMessage& message : messages) {
      ids.push_back(message.id);
    }
    return ids;
  }
  void begin_batch() {
    const SinkId sink = any_sink();
    if (const auto waiting = store_.held_back(sink, 3); !waiting.empty() && random_.below(2) == 0) {
      store_.begin_batch(sink, ids_of(waiting), now());
      return;
    }
    const std::vector<PendingMessage> pending = unscanned(sink, 4 + static_cast<int>(random_.below(8)));
    if (pending.empty()) {
      return;
    }
    if (random_.below(4) == 0) {
      store_.hold_back(sink, ids_of(pending), now());
    } else {
      store_.begin_batch(sink, ids_of(pending), now());
    }
    store_.record_scanned_to(sink, pending.back().id);
  }

  DeliveryOutcome outcome_of(MessageId message) {
    DeliveryOutcome outcome;
    outcome.id = message;
    const std::uint64_t dice = random_.below(8);
    if (dice == 0) {
      outcome.state = DeliveryState::dead;
      outcome.error = "HTTP 422";
    } else if (dice == 1) {
      outcome.state = DeliveryState::pending;
      outcome.error = "HTTP 503";
      outcome.not_before = now() + Milliseconds{1000};
      outcome.first_failed = now();
    } else {
      outcome.remote_id = "crm-" + std::to_string(message);
    }
    return outcome;
  }
  void settle(SinkId sink, const OpenBatch& batch, std::vector<BatchSplit> splits) {
    BatchSettlement settlement;
    settlement.sink = sink;
    settlement.batch = batch.id;
    settlement.at = now();
    for (std::size_t i = 0; splits.empty() && i < batch.messages.size(); ++i) {
      settlement.outcomes.push_back(outcome_of(batch.messages[i]));
    }
    settlement.splits = std::move(splits);
    store_.settle_batch(settlement);
  }
  void deliver(SinkId sink, const std::vector<PendingMessage>& messages) {
    BatchSettlement settlement;
    settlement.sink = sink;
    settlement.batch = store_.begin_batch(sink, ids_of(messages), now());
    settlement.at = now();
    for (const PendingMessage& message : messages) {
      settlement.outcomes.push_back(DeliveryOutcome{});
      settlement.outcomes.back().id = message.id;
    }
    store_.settle_batch(settlement);
  }
  void go_on_with_a_batch() {
    const SinkId sink = any_sink();
    const std::vector<OpenBatch> open = store_.open_batches(sink);
    if (open.empty()) {
      return begin_batch();
    }
    const OpenBatch& batch = open[random_.below(open.size())];
    if (!batch.in_flight) {
      store_.begin_attempt(batch.id, now());
    }
    const std::uint64_t dice = random_.below(6);
    if (dice == 0) {
      return;  // its answer is still to come
    }
    if (dice == 1) {
      return store_.record_attempt_failure(batch.id, "timeout", true, true, now() + Milliseconds{1000}, now());
    }
    if (dice == 2 && batch.messages.size() > 1) {
      const auto middle = batch.messages.begin() + static_cast<std::ptrdiff_t>(batch.messages.size() / 2);
      const bool lost = batch.id % 2 == 0;
      return settle(
          sink, batch,
          {{{batch.messages.begin(), middle}, lost, lost, lost ? "no answer" : "", std::nullopt, std::nullopt},
           {{middle, batch.messages.end()}, false, false, {}, std::nullopt, std::nullopt}});
    }
    settle(sink, batch, {});
  }

  void keep_records() {
    const std::optional<UserState> user = any_user();
    if (user) {
      store_.keep_remote_records(
          any_sink(),
          {{user->row, "", "contact-" + number(), "", {{"etag", number()}}},
           {user->row, "day-" + std::to_string(random_.below(3)), "activity-" + number(), "d", {}}},
          now());
    }
  }
  void note_something() {
    switch (random_.below(4)) {
      case 0:
        return keep_records();
      case 1:
        return store_.record_fact(names_.source, "fact-" + std::to_string(random_.below(5)), number());
      case 2:
        return store_.record_source_state(names_.source, "running", "since " + number(), now());
      default:
        return store_.record_sink_state(any_sink(), "paused: credential", "HTTP 401", now());
    }
  }

  Store& store_;
  const Names& names_;
  Random random_;
  std::int64_t now_ms_ = 0;
};

void Workload::start(Store& store) {
  store.begin_group();
  names_.source = store.register_source("support");
  names_.audience = store.register_audiences(names_.source, {{"feedback", "1"}}).front();
  names_.sinks = store.register_sinks({{"crm", true}, {"archive", false}}, from_ms(day + 4 * step_length_ms));
  store.commit_group();
}

void Workload::run(Store& store, int step) {
  Step action(store, names_, seed_, step);
  Random random(seed_ + static_cast<std::uint64_t>(step) * 7919U);
  if (step > 0 && step < steps - 1 && random.below(4) == 0) {
    return action.act_once();
  }
  store.begin_group();
  if (step == 0) {
    action.list();
  } else if (step == steps - 1) {
    action.deliver_everything();
  } else {
    for (std::uint64_t actions = 1 + random.below(4); actions > 0; --actions) {
      action.act();
    }
  }
  store.commit_group();
}

std::string Workload::broken_promise(Store& store) const {
  Connection& database = StorePeek::connection(store);
  if (database.integer("SELECT count(*) - count(DISTINCT key) FROM messages_v1") != 0) {
    return "a message is there twice";
  }
  const Ledger ledger = store.ledger(names_.source);
  if (ledger.fetched != ledger.added + ledger.duplicates + ledger.rejected || ledger.stored != ledger.added) {
    return "the ledger of the source does not balance";
  }
  for (const SinkTotals& sink : ledger.sinks) {
    if (sink.delivered + sink.pending + sink.dead + sink.suppressed != ledger.stored) {
      return "the ledger of " + sink.sink + " does not balance";
    }
  }
  Statement spans = database.statement("SELECT user, from_ms, to_ms FROM coverage");
  spans.bind();
  while (spans.step()) {
    const UserRow user = spans.integer(0);
    // A late message may come after its span was covered.
    std::vector<OrderedRow> rows = source_rows(user, spans.integer(1) - day, spans.integer(2) - day, 0);
    if (store.count_known(user, rows) != static_cast<std::int64_t>(rows.size())) {
      return "a covered span of " + name_of(user) + " lacks rows";
    }
  }
  return {};
}

}  // namespace elit::storage
