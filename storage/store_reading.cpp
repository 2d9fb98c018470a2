#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "core/check.hpp"
#include "core/fetch/lateness.hpp"
#include "storage/store_impl.hpp"

// Pages, windows, and the transaction that ends a window.
namespace elit::storage {
namespace {

constexpr std::int64_t unknown_instant_ms = -1;

// The numbers in the tables; messages_v1 shows them as words.
static_assert(static_cast<int>(Direction::in) == 0 && static_cast<int>(Direction::out) == 1);
static_assert(static_cast<int>(Direction::agent) == 2 && static_cast<int>(Direction::system) == 3);
static_assert(static_cast<int>(WindowKind::live) == 0 && static_cast<int>(WindowKind::history) == 1);

std::int64_t stored_instant(const Row& row) {
  return row.instant ? to_ms(*row.instant) : unknown_instant_ms;
}

// Roughly the bytes that a row adds to a batch besides its two long texts.
constexpr std::size_t json_overhead = 300;

std::int64_t size_of(const Row& row) {
  return static_cast<std::int64_t>(row.raw.size() + row.text.size() + json_overhead);
}

std::optional<std::string_view> media_url(const Row& row) {
  return row.media ? std::optional<std::string_view>(row.media->url) : std::nullopt;
}

std::optional<std::string_view> media_type(const Row& row) {
  return row.media && !row.media->type.empty() ? std::optional<std::string_view>(row.media->type) : std::nullopt;
}

void forget_window(Store::Impl& impl, UserRow user, WindowKind kind) {
  const int number = static_cast<int>(kind);
  impl.statement("DELETE FROM windows WHERE user = ?1 AND kind = ?2").run(user, number);
  impl.statement("DELETE FROM staged_pages WHERE user = ?1 AND kind = ?2").run(user, number);
  impl.statement("DELETE FROM staged_rows WHERE user = ?1 AND kind = ?2").run(user, number);
}

// Makes `page.window` the stored window. A new pass keeps the digests of the previous pass; a new window keeps nothing.
void enter_window(Store::Impl& impl, const StagedPage& page) {
  const WindowProgress& window = page.window;
  const int kind = static_cast<int>(window.kind);
  bool same_window = false;
  bool same_pass = false;
  {
    Statement query = impl.statement(
        "SELECT from_ms = ?3 AND to_ms = ?4 AND cover_to_ms = ?5, pass FROM windows WHERE user = ?1 AND kind = ?2");
    if (query.bind(page.user, kind, window.span.from, window.span.to, window.cover_to).step()) {
      same_window = query.integer(0) != 0;
      same_pass = same_window && query.integer(1) == window.pass;
    }
  }
  if (same_pass) {
    return;
  }
  check(page.page == 1, "a window and each of its passes begin at page 1");
  if (same_window && window.pass > 0) {
    impl.statement("DELETE FROM staged_pages WHERE user = ?1 AND kind = ?2 AND previous = 1").run(page.user, kind);
    impl.statement("UPDATE staged_pages SET previous = 1 WHERE user = ?1 AND kind = ?2").run(page.user, kind);
    impl.statement("DELETE FROM staged_rows WHERE user = ?1 AND kind = ?2").run(page.user, kind);
  } else {
    check(window.pass == 0, "a window begins with its first pass");
    forget_window(impl, page.user, window.kind);
  }
  impl.statement(R"(
      INSERT OR REPLACE INTO windows (user, kind, from_ms, to_ms, cover_to_ms, pass)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6))")
      .run(page.user, kind, window.span.from, window.span.to, window.cover_to, window.pass);
}

// The columns that a message and its staged row share, except the user and the time.
constexpr std::string_view content_columns =
    "size_bytes, zone_assumed, direction, timestamp_text, sender, type, media_url, media_type, text, raw";

void stage_rows(Store::Impl& impl, const StagedPage& page) {
  static const std::string sql = fmt::format(R"(
      INSERT INTO staged_rows (user, kind, page, position, order_ms, instant_ms, digest, {})
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17))",
                                             content_columns);
  const int kind = static_cast<int>(page.window.kind);
  Statement insert = impl.statement(sql);
  std::int64_t position = 0;
  for (const auto& [row, order] : page.rows) {
    insert.run(page.user, kind, page.page, position++, order, stored_instant(row), row.digest, size_of(row),
               row.zone_assumed, static_cast<int>(row.direction), row.instant_text, row.sender, row.type,
               media_url(row), media_type(row), row.text, row.raw);
  }
}

// A row of the window, small enough that all rows of a window fit in memory.
struct Arrival {
  std::int64_t order_ms = 0;
  std::int64_t instant_ms = 0;
  std::int64_t place = 0;  // the id of a staged row, or the index of a given one
  int page = 0;            // 0: a given one
  Digest digest;
};

// All rows in the order received.
std::vector<Arrival> arrivals_of(Store::Impl& impl, const WindowCommit& commit) {
  std::vector<Arrival> arrivals;
  if (commit.staged) {
    Statement query = impl.statement(R"(
      SELECT order_ms, instant_ms, id, page, digest FROM staged_rows
      WHERE user = ?1 AND kind = ?2 AND page <= ?3 ORDER BY page, position)");
    query.bind(commit.user, static_cast<int>(commit.kind), commit.staged_pages);
    while (query.step()) {
      arrivals.push_back(
          Arrival{query.integer(0), query.integer(1), query.integer(2), query.small_integer(3), query.digest(4)});
    }
  }
  std::int64_t index = 0;
  for (const auto& [row, order] : commit.rows) {
    arrivals.push_back(Arrival{to_ms(order), stored_instant(row), index++, 0, row.digest});
  }
  return arrivals;
}

struct Equal {
  int page = 0;
  Digest digest;
  bool operator==(const Equal&) const = default;
};

struct EqualHash {
  std::size_t operator()(const Equal& equal) const noexcept {
    return std::hash<Digest>()(equal.digest) ^ static_cast<std::size_t>(equal.page) * 0x9E3779B97F4A7C15U;
  }
};

// Gives equal rows their numbers.
class Occurrences {
 public:
  explicit Occurrences(bool by_page) : by_page_(by_page) {}
  std::int64_t next(const Arrival& arrival) { return counts_[Equal{by_page_ ? arrival.page : 0, arrival.digest}]++; }

 private:
  bool by_page_;
  std::unordered_map<Equal, std::int64_t, EqualHash> counts_;
};

// False: the message is already stored.
bool insert_message(Store::Impl& impl, const WindowCommit& commit, const Arrival& arrival, std::int64_t occurrence) {
  static const std::string columns =
      fmt::format("user, instant_ms, digest, occurrence, stored_ms, {}", content_columns);
  static const std::string insert_staged = fmt::format(R"(
      INSERT INTO messages ({}) SELECT user, instant_ms, digest, ?2, ?3, {} FROM staged_rows WHERE id = ?1
      ON CONFLICT (user, instant_ms, digest, occurrence) DO NOTHING)",
                                                       columns, content_columns);
  static const std::string insert_given = fmt::format(R"(
      INSERT INTO messages ({}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
      ON CONFLICT (user, instant_ms, digest, occurrence) DO NOTHING)",
                                                      columns);
  if (arrival.page > 0) {
    impl.statement(insert_staged).run(arrival.place, occurrence, commit.read_at);
  } else {
    const Row& row = commit.rows[static_cast<std::size_t>(arrival.place)].row;
    impl.statement(insert_given)
        .run(commit.user, arrival.instant_ms, row.digest, occurrence, commit.read_at, size_of(row), row.zone_assumed,
             static_cast<int>(row.direction), row.instant_text, row.sender, row.type, media_url(row), media_type(row),
             row.text, row.raw);
  }
  return impl.database->changes() == 1;
}

// Suppresses the message that was inserted last for sinks that began after its instant.
void suppress_for_late_sinks(Store::Impl& impl, const WindowCommit& commit, SourceId source, std::int64_t instant_ms) {
  constexpr int suppressed_state = 3;
  std::vector<SinkId> sinks;
  Statement query = impl.statement("SELECT id FROM sinks WHERE starts_ms > ?1");
  query.bind(instant_ms);
  while (query.step()) {
    sinks.push_back(query.integer(0));
  }
  for (const SinkId sink : sinks) {
    impl.statement(R"(
      INSERT INTO deliveries (sink, message, state, attempts, updated_ms)
      VALUES (?1, last_insert_rowid(), ?2, 0, ?3))")
        .run(sink, suppressed_state, commit.read_at);
    impl.statement(R"(
      INSERT INTO sink_totals (sink, source, suppressed) VALUES (?1, ?2, 1)
      ON CONFLICT (sink, source) DO UPDATE SET suppressed = suppressed + 1)")
        .run(sink, source);
  }
}

void insert_rows(Store::Impl& impl, const WindowCommit& commit, const UserState& before, WindowCounts& counts) {
  std::vector<Arrival> arrivals = arrivals_of(impl, commit);
  if (commit.newest_first) {
    std::reverse(arrivals.begin(), arrivals.end());
  }
  std::stable_sort(arrivals.begin(), arrivals.end(),
                   [](const Arrival& left, const Arrival& right) { return left.order_ms < right.order_ms; });
  Occurrences occurrences(commit.count_by_page);
  for (const Arrival& arrival : arrivals) {
    const std::int64_t occurrence = occurrences.next(arrival);
    if (occurrence > occurrence_max) {
      ++counts.rejected;  // its occurrence does not fit into the key
      continue;
    }
    if (!insert_message(impl, commit, arrival, occurrence)) {
      ++counts.duplicates;
      continue;
    }
    ++counts.added;
    if (arrival.instant_ms == unknown_instant_ms) {
      continue;
    }
    suppress_for_late_sinks(impl, commit, before.source, arrival.instant_ms);
    const Instant instant = from_ms(arrival.instant_ms);
    counts.newest = std::max(counts.newest.value_or(instant), instant);
    if (before.coverage.contains(instant)) {
      counts.lateness.push_back(commit.read_at - instant);
    }
  }
}

void write_coverage(Store::Impl& impl, UserRow user, const Coverage& before, Interval span) {
  Coverage after = before;
  after.add(span);
  const auto has = [](const Coverage& coverage, const Interval& interval) {
    return std::find(coverage.intervals().begin(), coverage.intervals().end(), interval) != coverage.intervals().end();
  };
  for (const Interval& interval : before.intervals()) {
    if (!has(after, interval)) {
      impl.statement("DELETE FROM coverage WHERE user = ?1 AND from_ms = ?2").run(user, interval.from);
    }
  }
  for (const Interval& interval : after.intervals()) {
    if (!has(before, interval)) {
      impl.statement("INSERT INTO coverage (user, from_ms, to_ms) VALUES (?1, ?2, ?3)")
          .run(user, interval.from, interval.to);
    }
  }
}

void count_lateness(Store::Impl& impl, SourceId source, const std::vector<Milliseconds>& lateness) {
  for (const Milliseconds late : lateness) {
    impl.statement(R"(
      INSERT INTO lateness (source, bucket, count) VALUES (?1, ?2, 1)
      ON CONFLICT (source, bucket) DO UPDATE SET count = count + 1)")
        .run(source, Lateness::bucket_of(late));
  }
}

UserStatus status_after(const WindowCommit& commit, const UserState& user) {
  if (commit.status == UserStatus::gone && !user.departed) {
    return user.status == UserStatus::parked ? UserStatus::following : user.status;
  }
  if (commit.status) {
    return *commit.status;
  }
  if (user.status == UserStatus::parked) {
    return user.departed ? UserStatus::draining : UserStatus::following;
  }
  return user.status;
}

void write_user(Store::Impl& impl, const WindowCommit& commit, UserStatus status, const WindowCounts& counts) {
  impl.statement(R"(
      UPDATE users SET status = ?2, departed_ms = iif(?2 = 'following', NULL, departed_ms), failures = 0,
          last_error = NULL, parked_until_ms = NULL, last_read_ms = iif(?9, last_read_ms, ?3), verified_ms = iif(?4, ?3, verified_ms),
          window_width_ms = iif(?5 IS NULL, window_width_ms, nullif(?5, 0)), history_complete = ?6,
          messages = messages + ?7,
          last_message_ms = CASE WHEN ?8 IS NULL THEN last_message_ms ELSE max(coalesce(last_message_ms, ?8), ?8) END
      WHERE id = ?1)")
      .run(commit.user, to_string(status), commit.read_at, commit.verified, commit.window_width,
           commit.history_complete, counts.added, counts.newest, commit.count_by_page);
}

// The part of the user that commit_window needs, without the digests that load_user reads.
UserState user_before(Store::Impl& impl, UserRow row) {
  UserState user;
  user.row = row;
  Statement query = impl.statement("SELECT source, status, departed_ms FROM users WHERE id = ?1");
  check(query.bind(row).step(), "a user who is read exists");
  user.source = query.integer(0);
  user.status = user_status_from(query.text(1));
  user.departed = query.maybe_instant(2);
  std::vector<Interval> intervals;
  Statement spans = impl.statement("SELECT from_ms, to_ms FROM coverage WHERE user = ?1");
  spans.bind(row);
  while (spans.step()) {
    intervals.push_back(Interval{spans.instant(0), spans.instant(1)});
  }
  user.coverage = Coverage(intervals);
  return user;
}

}  // namespace

void Store::stage_page(const StagedPage& page) {
  check(page.page >= 1 && page.window.pass >= 0, "pages count from 1 and passes from 0");
  Transaction transaction(*impl_);
  enter_window(*impl_, page);
  const int kind = static_cast<int>(page.window.kind);
  {
    Statement query = impl_->statement(
        "SELECT count(*) FROM staged_pages WHERE user = ?1 AND kind = ?2 AND previous = 0 AND page < ?3");
    check(query.bind(page.user, kind, page.page).step() && query.integer(0) == page.page - 1,
          "pages are staged one after another");
  }
  std::vector<std::uint8_t> digests;
  for (const auto& [row, order] : page.rows) {
    digests.insert(digests.end(), row.digest.bytes.begin(), row.digest.bytes.end());
  }
  impl_->statement("DELETE FROM staged_rows WHERE user = ?1 AND kind = ?2 AND page = ?3")
      .run(page.user, kind, page.page);
  impl_
      ->statement(
          "INSERT OR REPLACE INTO staged_pages (user, kind, previous, page, digests) VALUES (?1, ?2, 0, ?3, ?4)")
      .run(page.user, kind, page.page, std::span<const std::uint8_t>(digests));
  stage_rows(*impl_, page);
  transaction.commit();
}

std::int64_t Store::count_known(UserRow user, const std::vector<OrderedRow>& rows) {
  Occurrences occurrences(true);
  std::int64_t known = 0;
  for (const auto& [row, order] : rows) {
    const Arrival arrival{to_ms(order), stored_instant(row), 0, 0, row.digest};
    Statement query = impl_->statement(
        "SELECT 1 FROM messages WHERE user = ?1 AND instant_ms = ?2 AND digest = ?3 AND occurrence = ?4");
    known += query.bind(user, arrival.instant_ms, row.digest, occurrences.next(arrival)).step() ? 1 : 0;
  }
  return known;
}

void Store::discard_window(UserRow user, WindowKind kind, std::optional<Milliseconds> window_width) {
  Transaction transaction(*impl_);
  forget_window(*impl_, user, kind);
  if (window_width) {
    impl_->statement("UPDATE users SET window_width_ms = ?2 WHERE id = ?1").run(user, window_width);
  }
  transaction.commit();
}

WindowCounts Store::commit_window(const WindowCommit& commit) {
  Transaction transaction(*impl_);
  WindowCounts counts;
  const UserState before = user_before(*impl_, commit.user);
  if (before.status != UserStatus::erased) {
    counts.rejected = commit.rejected;
    insert_rows(*impl_, commit, before, counts);
    counts.fetched = counts.added + counts.duplicates + counts.rejected;
    if (commit.covered) {
      write_coverage(*impl_, commit.user, before.coverage, *commit.covered);
    }
    count_lateness(*impl_, before.source, counts.lateness);
    write_user(*impl_, commit, status_after(commit, before), counts);
    impl_
        ->statement(R"(
      UPDATE sources SET fetched = fetched + ?2, added = added + ?3, duplicates = duplicates + ?4,
          rejected = rejected + ?5, history_read_ms = iif(?6, ?7, history_read_ms)
      WHERE id = ?1)")
        .run(before.source, counts.fetched, counts.added, counts.duplicates, counts.rejected,
             commit.kind == WindowKind::history && commit.covered.has_value(), commit.read_at);
  }
  forget_window(*impl_, commit.user, commit.kind);
  {
    Statement query = impl_->statement("SELECT last_message_ms FROM users WHERE id = ?1");
    check(query.bind(commit.user).step(), "a user who is read exists");
    counts.newest = query.maybe_instant(0);
  }
  transaction.commit();
  return counts;
}

}  // namespace elit::storage
