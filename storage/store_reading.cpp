#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/check.hpp"
#include "core/fetch/lateness.hpp"
#include "core/fetch/row_match.hpp"
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

// Counts equal rows, together or within each page.
class Occurrences {
 public:
  explicit Occurrences(bool by_page) : by_page_(by_page) {}
  std::int64_t next(int page, const Digest& digest) { return counts_[Equal{by_page_ ? page : 0, digest}]++; }

 private:
  bool by_page_;
  std::unordered_map<Equal, std::int64_t, EqualHash> counts_;
};

// What is done with an arrival.
struct ArrivalOutcome {
  enum class Kind { added, duplicate, refreshed };
  Kind kind = Kind::added;
  std::int64_t occurrence = 0;  // added
  MessageId message = 0;        // refreshed
};

struct Content {
  Digest digest;
  std::string sender;
  std::string type;
  std::string text;
  std::string media_url;
  std::string raw;

  [[nodiscard]] RowContent view() const { return {digest, sender, type, text, media_url, raw}; }
};

struct Known {
  MessageId id = 0;
  std::int64_t occurrence = 0;
  Content content;
};

std::vector<RowContent> views_of(const std::vector<Content>& contents) {
  std::vector<RowContent> views;
  views.reserve(contents.size());
  for (const Content& content : contents) {
    views.push_back(content.view());
  }
  return views;
}

// Compares the arrivals of one commit with what is stored and decides what is done with each.
class ArrivalMatcher {
 public:
  ArrivalMatcher(Store::Impl& impl, const WindowCommit& commit, const std::vector<Arrival>& arrivals)
      : impl_(impl), commit_(commit), arrivals_(arrivals), outcomes_(arrivals.size()) {}

  std::vector<ArrivalOutcome> match() {
    std::map<std::pair<std::int64_t, Digest>, std::vector<std::size_t>> groups;
    Occurrences within_pages(true);
    std::unordered_set<Equal, EqualHash> seen;
    for (std::size_t place = 0; place < arrivals_.size(); ++place) {
      const Arrival& arrival = arrivals_[place];
      if (commit_.count_by_page) {
        // It may be a row of another page that moved.
        const auto number = static_cast<int>(within_pages.next(arrival.page, arrival.digest));
        if (!seen.insert(Equal{number, arrival.digest}).second) {
          outcomes_[place].kind = ArrivalOutcome::Kind::duplicate;
          continue;
        }
      }
      // Rows without an instant belong together only if they are equal.
      const bool dated = arrival.instant_ms != unknown_instant_ms;
      groups[{arrival.instant_ms, dated ? Digest{} : arrival.digest}].push_back(place);
    }
    const bool any_dated_known = any_known(groups);
    for (const auto& [key, places] : groups) {
      const bool dated = key.first != unknown_instant_ms;
      match_group(places, dated && !any_dated_known ? std::vector<Known>() : known_at(key.first, key.second));
    }
    return std::move(outcomes_);
  }

  [[nodiscard]] std::int64_t near_copies() const { return near_copies_; }

 private:
  using Groups = std::map<std::pair<std::int64_t, Digest>, std::vector<std::size_t>>;

  // Whether anything is stored between the first and the last instant: for a first read one look suffices.
  bool any_known(const Groups& groups) {
    const auto first = groups.lower_bound({unknown_instant_ms + 1, Digest{}});
    if (first == groups.end()) {
      return false;
    }
    Statement query =
        impl_.statement("SELECT 1 FROM messages WHERE user = ?1 AND instant_ms BETWEEN ?2 AND ?3 LIMIT 1");
    return query.bind(commit_.user, first->first.first, groups.rbegin()->first.first).step();
  }

  std::vector<Known> known_at(std::int64_t instant_ms, const Digest& digest) {
    std::vector<Known> known;
    Statement query = impl_.statement(R"(
      SELECT id, occurrence, digest, sender, type, text, coalesce(media_url, ''), raw FROM messages
      WHERE user = ?1 AND instant_ms = ?2 AND (?2 <> -1 OR digest = ?3) ORDER BY id)");
    query.bind(commit_.user, instant_ms, digest);
    while (query.step()) {
      known.push_back(Known{.id = query.integer(0), .occurrence = query.integer(1), .content = content_in(query, 2)});
    }
    return known;
  }

  static Content content_in(Statement& query, int column) {
    return Content{.digest = query.digest(column),
                   .sender = std::string(query.text(column + 1)),
                   .type = std::string(query.text(column + 2)),
                   .text = std::string(query.text(column + 3)),
                   .media_url = std::string(query.text(column + 4)),
                   .raw = std::string(query.text(column + 5))};
  }

  Content content_of(const Arrival& arrival) {
    if (arrival.page == 0) {
      const Row& row = commit_.rows[static_cast<std::size_t>(arrival.place)].row;
      return Content{row.digest, row.sender, row.type, row.text, row.media ? row.media->url : std::string(), row.raw};
    }
    Statement query = impl_.statement(
        "SELECT digest, sender, type, text, coalesce(media_url, ''), raw FROM staged_rows WHERE id = ?1");
    check(query.bind(arrival.place).step(), "a staged row stays until its window is committed");
    return content_in(query, 0);
  }

  void match_group(const std::vector<std::size_t>& places, const std::vector<Known>& known) {
    std::vector<RowMatch> matches(places.size());
    std::unordered_map<Digest, std::int64_t> next;  // the first free occurrence
    if (!known.empty()) {
      std::vector<Content> stored;
      std::vector<Content> read;
      for (const Known& one : known) {
        stored.push_back(one.content);
        std::int64_t& free = next[one.content.digest];
        free = std::max(free, one.occurrence + 1);
      }
      for (const std::size_t place : places) {
        read.push_back(content_of(arrivals_[place]));
      }
      matches = match_rows(views_of(stored), views_of(read), commit_.verified);
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
      ArrivalOutcome& outcome = outcomes_[places[i]];
      if (matches[i].known) {
        outcome.kind = matches[i].refresh ? ArrivalOutcome::Kind::refreshed : ArrivalOutcome::Kind::duplicate;
        outcome.message = known[*matches[i].known].id;
      } else {
        outcome.occurrence = next[arrivals_[places[i]].digest]++;
        near_copies_ += matches[i].near_copy && commit_.verified ? 1 : 0;
      }
    }
  }

  Store::Impl& impl_;
  const WindowCommit& commit_;
  const std::vector<Arrival>& arrivals_;
  std::vector<ArrivalOutcome> outcomes_;
  std::int64_t near_copies_ = 0;
};

void insert_message(Store::Impl& impl, const WindowCommit& commit, const Arrival& arrival, std::int64_t occurrence) {
  static const std::string columns =
      fmt::format("user, instant_ms, digest, occurrence, stored_ms, {}", content_columns);
  static const std::string insert_staged = fmt::format(
      "INSERT INTO messages ({}) SELECT user, instant_ms, digest, ?2, ?3, {} FROM staged_rows WHERE id = ?1", columns,
      content_columns);
  static const std::string insert_given = fmt::format(
      "INSERT INTO messages ({}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)", columns);
  if (arrival.page > 0) {
    impl.statement(insert_staged).run(arrival.place, occurrence, commit.read_at);
    return;
  }
  const Row& row = commit.rows[static_cast<std::size_t>(arrival.place)].row;
  impl.statement(insert_given)
      .run(commit.user, arrival.instant_ms, row.digest, occurrence, commit.read_at, size_of(row), row.zone_assumed,
           static_cast<int>(row.direction), row.instant_text, row.sender, row.type, media_url(row), media_type(row),
           row.text, row.raw);
}

// The message keeps its key and its time of storing.
void refresh_message(Store::Impl& impl, const WindowCommit& commit, const Arrival& arrival, MessageId message) {
  static const std::string refresh_staged = fmt::format(
      "UPDATE messages SET ({0}) = (SELECT {0} FROM staged_rows WHERE id = ?2) WHERE id = ?1", content_columns);
  static const std::string refresh_given = fmt::format(
      "UPDATE messages SET ({}) = (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) WHERE id = ?1", content_columns);
  if (arrival.page > 0) {
    impl.statement(refresh_staged).run(message, arrival.place);
    return;
  }
  const Row& row = commit.rows[static_cast<std::size_t>(arrival.place)].row;
  impl.statement(refresh_given)
      .run(message, size_of(row), row.zone_assumed, static_cast<int>(row.direction), row.instant_text, row.sender,
           row.type, media_url(row), media_type(row), row.text, row.raw);
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
  ArrivalMatcher matcher(impl, commit, arrivals);
  const std::vector<ArrivalOutcome> outcomes = matcher.match();
  counts.near_copies = matcher.near_copies();
  for (std::size_t place = 0; place < arrivals.size(); ++place) {
    const Arrival& arrival = arrivals[place];
    const ArrivalOutcome& outcome = outcomes[place];
    if (outcome.kind != ArrivalOutcome::Kind::added) {
      if (outcome.kind == ArrivalOutcome::Kind::refreshed) {
        refresh_message(impl, commit, arrival, outcome.message);
      }
      ++counts.duplicates;
      continue;
    }
    if (outcome.occurrence > occurrence_max) {
      ++counts.rejected;  // the key has no place for its number
      continue;
    }
    insert_message(impl, commit, arrival, outcome.occurrence);
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
  WindowWidths widths;
  widths.of(commit.kind) = commit.window_width;
  impl.statement(R"(
      UPDATE users SET status = ?2, departed_ms = iif(?2 = 'following', NULL, departed_ms), failures = 0,
          last_error = NULL, parked_until_ms = NULL, last_read_ms = iif(?9, last_read_ms, ?3),
          verified_ms = iif(?4, ?3, verified_ms),
          window_width_ms = iif(?5 IS NULL, window_width_ms, nullif(?5, 0)),
          live_width_ms = iif(?10 IS NULL, live_width_ms, nullif(?10, 0)), history_complete = ?6,
          messages = messages + ?7,
          last_message_ms = CASE WHEN ?8 IS NULL THEN last_message_ms ELSE max(coalesce(last_message_ms, ?8), ?8) END
      WHERE id = ?1)")
      .run(commit.user, to_string(status), commit.read_at, commit.verified, widths.history, commit.history_complete,
           counts.added, counts.newest, commit.count_by_page, widths.live);
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
  impl_->statement("UPDATE windows SET unreadable = ?3 WHERE user = ?1 AND kind = ?2")
      .run(page.user, kind, page.window.unreadable);
  transaction.commit();
}

std::int64_t Store::count_known(UserRow user, const std::vector<OrderedRow>& rows) {
  Occurrences occurrences(true);
  std::int64_t known = 0;
  for (const auto& [row, order] : rows) {
    Statement query = impl_->statement(
        "SELECT 1 FROM messages WHERE user = ?1 AND instant_ms = ?2 AND digest = ?3 AND occurrence = ?4");
    known += query.bind(user, stored_instant(row), row.digest, occurrences.next(0, row.digest)).step() ? 1 : 0;
  }
  return known;
}

void Store::discard_window(UserRow user, WindowKind kind, std::optional<Milliseconds> width) {
  Transaction transaction(*impl_);
  forget_window(*impl_, user, kind);
  if (width) {
    impl_
        ->statement(kind == WindowKind::live ? "UPDATE users SET live_width_ms = ?2 WHERE id = ?1"
                                             : "UPDATE users SET window_width_ms = ?2 WHERE id = ?1")
        .run(user, width);
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
