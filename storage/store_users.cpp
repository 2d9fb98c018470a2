#include <functional>

#include "core/check.hpp"
#include "storage/store_impl.hpp"

// Single users, facts about the vendor's dialect, states of sources and sinks.
namespace elit::storage {
namespace {

std::optional<Milliseconds> maybe_width(const Statement& query, int column) {
  const std::optional<std::int64_t> width_ms = query.maybe_integer(column);
  return width_ms ? std::optional(Milliseconds{*width_ms}) : std::nullopt;
}

std::vector<Digest> digests_of(const Connection& database, std::span<const std::uint8_t> bytes) {
  constexpr std::size_t size = sizeof(Digest::bytes);
  if (bytes.size() % size != 0) {
    database.refuse("a staged page has " + std::to_string(bytes.size()) +
                    " bytes, which is not a whole number of digests");
  }
  std::vector<Digest> digests(bytes.size() / size);
  for (std::size_t i = 0; i < digests.size(); ++i) {
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(i * size), size, digests[i].bytes.begin());
  }
  return digests;
}

std::vector<WindowProgress> load_windows(Store::Impl& impl, UserRow user) {
  std::vector<WindowProgress> windows;
  Statement query = impl.statement(
      "SELECT kind, from_ms, to_ms, cover_to_ms, pass, unreadable FROM windows WHERE user = ?1 ORDER BY kind");
  query.bind(user);
  while (query.step()) {
    WindowProgress window;
    window.kind = static_cast<WindowKind>(query.integer(0));
    window.span = Interval{query.instant(1), query.instant(2)};
    window.cover_to = query.instant(3);
    window.pass = query.small_integer(4);
    window.unreadable = query.integer(5);
    Statement pages = impl.statement(
        "SELECT previous, digests FROM staged_pages WHERE user = ?1 AND kind = ?2 ORDER BY previous, page");
    pages.bind(user, static_cast<int>(window.kind));
    while (pages.step()) {
      (pages.integer(0) != 0 ? window.previous_pages : window.pages)
          .push_back(digests_of(*impl.database, pages.bytes(1)));
    }
    windows.push_back(std::move(window));
  }
  return windows;
}

Coverage load_coverage(Store::Impl& impl, UserRow user) {
  std::vector<Interval> intervals;
  Statement query = impl.statement("SELECT from_ms, to_ms FROM coverage WHERE user = ?1 ORDER BY from_ms");
  query.bind(user);
  while (query.step()) {
    intervals.push_back(Interval{query.instant(0), query.instant(1)});
  }
  return Coverage(intervals);
}

}  // namespace

void Store::visit_users(SourceId source, const std::function<void(const ScheduledUser&)>& visit) {
  Statement query = impl_->statement(R"(
      SELECT id, status, last_message_ms, last_read_ms, parked_until_ms, history_complete,
          EXISTS (SELECT 1 FROM coverage WHERE coverage.user = users.id),
          EXISTS (SELECT 1 FROM windows WHERE windows.user = users.id AND windows.kind = 1)
      FROM users
      WHERE source = ?1 AND status IN ('following', 'draining', 'parked'))");
  query.bind(source);
  while (query.step()) {
    ScheduledUser user;
    user.row = query.integer(0);
    user.status = user_status_from(query.text(1));
    user.last_message = query.maybe_instant(2);
    user.last_read = query.maybe_instant(3);
    user.parked_until = query.maybe_instant(4);
    user.history_complete = query.integer(5) != 0;
    user.covered = query.integer(6) != 0;
    user.begun = query.integer(7) != 0;
    visit(user);
  }
}

UserState Store::load_user(UserRow row) {
  UserState user;
  user.row = row;
  {
    Statement query = impl_->statement(R"(
      SELECT source, user_id, status, first_matched_ms, departed_ms, verified_ms, window_width_ms,
          live_width_ms, failures
      FROM users WHERE id = ?1)");
    check(query.bind(row).step(), "a user that is loaded exists");
    user.source = query.integer(0);
    user.user_id = query.text(1);
    user.status = user_status_from(query.text(2));
    user.first_matched = query.instant(3);
    user.departed = query.maybe_instant(4);
    user.verified = query.maybe_instant(5);
    user.widths.history = maybe_width(query, 6);
    user.widths.live = maybe_width(query, 7);
    user.failures = query.small_integer(8);
  }
  user.coverage = load_coverage(*impl_, row);
  user.windows = load_windows(*impl_, row);
  return user;
}

void Store::record_failure(const UserFailure& failure) {
  Transaction transaction(*impl_);
  impl_
      ->statement(R"(
      UPDATE users SET failures = ?2, last_error = ?3, parked_until_ms = coalesce(?4, parked_until_ms),
          status = iif(?4 IS NULL, status, 'parked')
      WHERE id = ?1 AND status IN ('following', 'draining', 'parked'))")
      .run(failure.user, failure.failures, failure.error, failure.parked_until);
  transaction.commit();
}

std::int64_t Store::count_messages(UserRow user, Interval span) {
  // -1 means an unknown instant, which is in no span.
  Statement query = impl_->statement(
      "SELECT count(*) FROM messages WHERE user = ?1 AND instant_ms >= ?2 AND instant_ms < ?3 AND instant_ms <> -1");
  check(query.bind(user, span.from, span.to).step(), "a count has one row");
  return query.integer(0);
}

std::vector<std::pair<std::string, std::string>> Store::facts(SourceId source) {
  std::vector<std::pair<std::string, std::string>> facts;
  Statement query = impl_->statement("SELECT name, value FROM dialect_facts WHERE source = ?1 ORDER BY name");
  query.bind(source);
  while (query.step()) {
    facts.emplace_back(query.text(0), query.text(1));
  }
  return facts;
}

void Store::record_fact(SourceId source, std::string_view name, std::string_view value) {
  Transaction transaction(*impl_);
  impl_
      ->statement(R"(
      INSERT INTO dialect_facts (source, name, value) VALUES (?1, ?2, ?3)
      ON CONFLICT (source, name) DO UPDATE SET value = excluded.value)")
      .run(source, name, value);
  transaction.commit();
}

void Store::record_source_state(SourceId source, std::string_view state, std::string_view reason, Instant at) {
  Transaction transaction(*impl_);
  impl_
      ->statement(R"(
      UPDATE sources SET state_since_ms = iif(state = ?2, state_since_ms, ?4), state = ?2, reason = ?3
      WHERE id = ?1)")
      .run(source, state, reason, at);
  transaction.commit();
}

void Store::begin_condition(SourceId source, SourceCondition condition, std::string_view detail, Instant at) {
  Transaction transaction(*impl_);
  impl_
      ->statement(R"(
      INSERT INTO source_conditions (source, name, detail, since_ms) VALUES (?1, ?2, ?3, ?4)
      ON CONFLICT (source, name) DO UPDATE SET detail = excluded.detail)")
      .run(source, to_string(condition), detail, at);
  transaction.commit();
}

void Store::end_condition(SourceId source, SourceCondition condition) {
  Transaction transaction(*impl_);
  impl_->statement("DELETE FROM source_conditions WHERE source = ?1 AND name = ?2").run(source, to_string(condition));
  transaction.commit();
}

void Store::record_sink_state(SinkId sink, std::string_view state, std::string_view reason, Instant at) {
  Transaction transaction(*impl_);
  impl_
      ->statement(R"(
      UPDATE sinks SET state_since_ms = iif(state = ?2, state_since_ms, ?4), state = ?2, reason = ?3
      WHERE id = ?1)")
      .run(sink, state, reason, at);
  transaction.commit();
}

}  // namespace elit::storage
