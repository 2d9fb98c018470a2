#include <gmock/gmock.h>

#include <ctime>

#include "storage/database.hpp"
#include "storage/status_reader.hpp"
#include "tests/storage/store_fixture.hpp"

namespace elit::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Kind = StorageError::Kind;

class ViewsTest : public StoreTest {
 protected:
  std::vector<std::string> columns_of(const std::string& view) {
    return rows_of("SELECT name FROM pragma_table_info('" + view + "')");
  }
};

TEST_F(ViewsTest, HaveTheirPublicColumnsInTheirPublicOrder) {
  EXPECT_THAT(columns_of("users_v1"), ElementsAre("source", "user_id", "status", "first_matched_ms", "last_matched_ms",
                                                  "covered_from_ms", "covered_to_ms", "messages", "last_message_ms"));
  EXPECT_THAT(columns_of("messages_v1"),
              ElementsAre("source", "user_id", "key", "timestamp_ms", "timestamp_text", "direction", "sender", "type",
                          "text", "media_url", "media_type", "raw", "stored_ms"));
  EXPECT_THAT(columns_of("deliveries_v1"), ElementsAre("sink", "source", "user_id", "key", "state", "attempts",
                                                       "remote_id", "last_error", "updated_ms"));
  EXPECT_THAT(columns_of("coverage_v1"), ElementsAre("source", "user_id", "from_ms", "to_ms"));
}

TEST_F(ViewsTest, NameEveryDirection) {
  const UserRow user = follow("a");
  std::vector<OrderedRow> rows;
  for (int i = 0; i < 5; ++i) {
    rows.push_back(row_at(i));
    rows.back().row.direction = static_cast<Direction>(i);
  }
  store().commit_window(rows_read(user, rows));
  EXPECT_THAT(rows_of("SELECT direction FROM messages_v1 ORDER BY timestamp_ms"),
              ElementsAre("in", "out", "agent", "system", "unknown"));
}

TEST_F(ViewsTest, ReportCoverageUpToTheFirstHole) {
  const UserRow user = follow("a");
  follow("b");
  WindowCommit commit = rows_read(user, {row_at(7), row_at(3)});
  commit.covered = span_of(0, 100);
  store().commit_window(commit);
  commit.covered = span_of(200, 300);
  store().commit_window(commit);
  EXPECT_THAT(rows_of("SELECT user_id, covered_from_ms - 1767225600000, covered_to_ms - 1767225600000, messages, "
                      "last_message_ms - 1767225600000 FROM users_v1 ORDER BY user_id"),
              ElementsAre("a|0|100|2|7", "b|-|-|0|-"));
  EXPECT_THAT(rows_of("SELECT source, user_id, from_ms - 1767225600000, to_ms - 1767225600000 FROM coverage_v1 "
                      "ORDER BY from_ms"),
              ElementsAre("support|a|0|100", "support|a|200|300"));
}

TEST_F(ViewsTest, DeliveriesAreReadOfManyMessagesAndSinks) {
  constexpr int count = 20'000;
  const UserRow user = follow("a");
  store_messages(user, count);
  store().register_sinks({{"a", true}, {"b", true}, {"c", true}});
  const std::clock_t start = std::clock();
  EXPECT_THAT(rows_of("SELECT count(*), count(DISTINCT key || sink) FROM deliveries_v1 WHERE state = 'pending'"),
              ElementsAre("60000|60000"));
  std::printf("60000 deliveries: %.2f s (CPU)\n", static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
}

class StatusReaderTest : public StoreTest {
 protected:
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory())) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  void fill() {
    const UserRow user = follow("a");
    follow("b");
    const UserRow parked = follow("c");
    store().record_failure({parked, 4, "1002", from_ms(day + 77)});
    WindowCommit commit = rows_read(user, {row_at(1), row_at(2), row_at(3), row_at(4)}, 5000);
    commit.covered = span_of(0, 100);
    commit.history_complete = true;
    commit.rejected = 1;
    store().commit_window(commit);
    store().commit_window(rows_read(user, {row_at(2), row_at(50)}, 6050));
    const SinkId sink = store().register_sinks({{"crm", true}}).front();
    const BatchId first = store().begin_batch(sink, {1, 2}, from_ms(day));
    DeliveryOutcome delivered;
    delivered.id = 1;
    DeliveryOutcome dead;
    dead.id = 2;
    dead.state = DeliveryState::dead;
    dead.error = "422";
    store().settle_batch({sink, first, from_ms(day + 9), {delivered, dead}, {}});
    store().begin_batch(sink, {3}, from_ms(day));
    const BatchId lost = store().begin_batch(sink, {4}, from_ms(day));
    store().record_attempt_failure(lost, "timeout", true, true, from_ms(day), from_ms(day + 11));
    store().record_scanned_to(sink, 4);
    store().record_sink_state(sink, "paused: credential", "401", from_ms(day + 5));
    store().record_sink_state(sink, "paused: credential", "403", from_ms(day + 6));
    store().record_source_state(source_, "running", "", from_ms(day + 1));
  }
  void expect_filled(const Status& status, std::int64_t in_flight, std::int64_t unknown) {
    ASSERT_THAT(status.sources, SizeIs(1));
    const SourceStatus& source = status.sources[0];
    EXPECT_EQ(source.name, "support");
    EXPECT_EQ(source.state.state, "running");
    EXPECT_EQ(source.following, 2);
    EXPECT_EQ(source.parked, 1);
    EXPECT_EQ(source.draining + source.gone, 0);
    EXPECT_EQ(source.never_read, 1);
    EXPECT_EQ(source.oldest_read, from_ms(day + 6050));
    EXPECT_EQ(source.history_complete, 0);
    EXPECT_EQ(source.history_incomplete, 2);
    EXPECT_EQ(source.messages, 5);
    EXPECT_EQ(source.last_message, from_ms(day + 50));
    EXPECT_EQ(source.fetched, 7);
    EXPECT_EQ(source.added, 5);
    EXPECT_EQ(source.duplicates, 1);
    EXPECT_EQ(source.rejected, 1);
    ASSERT_THAT(source.lateness, SizeIs(1));
    EXPECT_EQ(source.lateness[0].bucket, 3);
    EXPECT_EQ(source.lateness[0].count, 1);
    ASSERT_THAT(status.sinks, SizeIs(1));
    const SinkStatus& sink = status.sinks[0];
    EXPECT_EQ(sink.name, "crm");
    EXPECT_EQ(sink.state.state, "paused: credential");
    EXPECT_EQ(sink.state.reason, "403");
    EXPECT_EQ(sink.state.since, from_ms(day + 5));
    EXPECT_EQ(sink.pending, 1);
    EXPECT_EQ(sink.in_flight, in_flight);
    EXPECT_EQ(sink.unknown, unknown);
    EXPECT_EQ(sink.delivered, 1);
    EXPECT_EQ(sink.dead, 1);
    EXPECT_EQ(sink.suppressed, 0);
    EXPECT_EQ(sink.oldest_pending, from_ms(day + 5000));
    EXPECT_EQ(sink.last_error, "timeout");
    EXPECT_EQ(sink.last_error_at, from_ms(day + 11));
    ASSERT_THAT(status.parked, SizeIs(1));
    EXPECT_EQ(status.parked[0].source, "support");
    EXPECT_EQ(status.parked[0].user_id, "c");
    EXPECT_EQ(status.parked[0].until, from_ms(day + 77));
    EXPECT_EQ(status.parked[0].failures, 4);
    EXPECT_EQ(status.parked[0].error, "1002");
  }
};

TEST_F(StatusReaderTest, SeesEverythingBesideAWriter) {
  fill();
  store().begin_group();
  store().commit_window(rows_read(follow("d"), {row_at(9)}));
  expect_filled(read_status(directory()), 1, 1);
  store().commit_group();
  EXPECT_EQ(read_status(directory()).sources.at(0).messages, 6);
}

TEST_F(StatusReaderTest, SeesEverythingWithoutAWriterAndCreatesNothing) {
  fill();
  store_.reset();
  EXPECT_THAT(files(), ElementsAre("elitbuzz-sync.db", "elitbuzz-sync.lock"));
  expect_filled(read_status(directory()), 1, 1);
  EXPECT_THAT(files(), ElementsAre("elitbuzz-sync.db", "elitbuzz-sync.lock"));
  reopen();
  expect_filled(read_status(directory()), 0, 2);
}

TEST_F(StatusReaderTest, SeesWhatAKilledWriterCommitted) {
  fill();
  store().begin_group();
  store().commit_window(rows_read(follow("d"), {row_at(9)}));
  const std::filesystem::path left = temporary_.path() / "left";
  std::filesystem::copy(directory(), left);
  expect_filled(read_status(left), 1, 1);
  std::filesystem::remove(left / "elitbuzz-sync.db-shm");
  expect_filled(read_status(left), 1, 1);
}

TEST_F(StatusReaderTest, ReadsAPathWithEveryKindOfCharacter) {
  store_.reset();
  const std::filesystem::path odd = temporary_.path() / "a?b#c%20d e\xC3\xA9";
  (void)Store::open(odd)->register_source("odd");
  EXPECT_EQ(read_status(odd).sources.at(0).name, "odd");
}

TEST_F(StatusReaderTest, LeavesOutFiguresThatNobodyWroteLikeThis) {
  fill();
  for (const char* bucket : {"-1", "32", "4294967299"}) {
    connection().execute(std::string("UPDATE lateness SET bucket = ") + bucket);
    EXPECT_THAT(read_status(directory()).sources.at(0).lateness, IsEmpty()) << bucket;
  }
  store().record_fact(source_, backfill_rate_fact, "12.5");
  EXPECT_EQ(read_status(directory()).sources.at(0).backfill_users_per_hour, 12.5);
  for (const char* rate : {"inf", "nan", "-1", "1e-300", "many"}) {
    store().record_fact(source_, backfill_rate_fact, rate);
    EXPECT_FALSE(read_status(directory()).sources.at(0).backfill_users_per_hour) << rate;
  }
}

TEST_F(StatusReaderTest, SaysThatThereIsNoState) {
  std::string message;
  const std::filesystem::path nowhere = temporary_.path() / "nowhere";
  EXPECT_EQ(kind_thrown_by([&] { (void)read_status(nowhere); }, &message), Kind::unreadable);
  EXPECT_THAT(message, HasSubstr("there is no state yet"));
  EXPECT_FALSE(std::filesystem::exists(nowhere));
}

TEST_F(StatusReaderTest, RefusesANewerState) {
  connection().execute("PRAGMA user_version = 4711");
  EXPECT_EQ(kind_thrown_by([&] { (void)read_status(directory()); }), Kind::newer);
  store_.reset();
  EXPECT_EQ(kind_thrown_by([&] { (void)read_status(directory()); }), Kind::newer);
}

}  // namespace
}  // namespace elit::storage
