#include <gmock/gmock.h>

#include <ctime>

#include "tests/storage/store_fixture.hpp"

namespace elit::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class StoreReadingTest : public StoreTest {
 protected:
  StoreReadingTest() : user_(follow("919800000001")) {}

  std::vector<std::string> texts() { return rows_of("SELECT text FROM messages ORDER BY id"); }

  static StagedPage page_of(UserRow user, int pass, int page, std::vector<OrderedRow> rows) {
    StagedPage staged;
    staged.user = user;
    staged.window.kind = WindowKind::history;
    staged.window.span = span_of(0, 1000);
    staged.window.cover_to = from_ms(day + 900);
    staged.window.pass = pass;
    staged.page = page;
    staged.rows = std::move(rows);
    return staged;
  }
  WindowCommit staged_commit(bool count_by_page = false) {
    WindowCommit commit = rows_read(user_, {});
    commit.kind = WindowKind::history;
    commit.staged = true;
    commit.count_by_page = count_by_page;
    return commit;
  }

  UserRow user_;
};

TEST_F(StoreReadingTest, StoresEveryPartOfARow) {
  OrderedRow row = row_at(5, std::string("two\0parts", 9));
  row.row.media = Media{"https://cdn.example/x?sig=1", "image/png"};
  row.row.direction = Direction::agent;
  row.row.zone_assumed = true;
  OrderedRow bare = row_at(6, "");
  bare.row.instant.reset();
  bare.row.instant_text = "yesterday";
  store().commit_window(rows_read(user_, {row, bare}, 77));

  const std::vector<DeliverableMessage> loaded = store().load_messages({2, 1});
  ASSERT_THAT(loaded, SizeIs(2));
  EXPECT_EQ(loaded[1].id, 1);
  EXPECT_EQ(loaded[1].text, std::string("two\0parts", 9));
  EXPECT_EQ(loaded[1].source, "support");
  EXPECT_EQ(loaded[1].user_id, "919800000001");
  EXPECT_EQ(loaded[1].instant, from_ms(day + 5));
  EXPECT_EQ(loaded[1].direction, Direction::agent);
  EXPECT_EQ(loaded[1].sender, "user");
  EXPECT_EQ(loaded[1].type, "TEXT");
  EXPECT_EQ(loaded[1].media->url, "https://cdn.example/x?sig=1");
  EXPECT_EQ(loaded[1].media->type, "image/png");
  EXPECT_EQ(loaded[1].raw, row.row.raw);
  EXPECT_EQ(loaded[1].user_element, "{\"id\":\"919800000001\"}");
  EXPECT_EQ(loaded[0].instant, std::nullopt);
  EXPECT_EQ(loaded[0].text, "");
  EXPECT_FALSE(loaded[0].media.has_value());
  EXPECT_THAT(rows_of("SELECT timestamp_ms, timestamp_text, text, media_url, media_type, stored_ms - 1767225600000 "
                      "FROM messages_v1 WHERE timestamp_text = 'yesterday'"),
              ElementsAre("-|yesterday||-|-|77"));
}

TEST_F(StoreReadingTest, AKeyIsTheDigestAndTheOccurrenceInHex) {
  OrderedRow row = row_at(5);
  row.row.digest.bytes = {0x0f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xab, 0xcd, 0xef};
  store().commit_window(rows_read(user_, {row, row}));
  EXPECT_THAT(rows_of("SELECT key FROM messages_v1 ORDER BY key"),
              ElementsAre("0f000000000000000000abcdef000000", "0f000000000000000000abcdef000001"));
  EXPECT_EQ(store().load_messages({2})[0].key, "0f000000000000000000abcdef000001");
}

TEST_F(StoreReadingTest, EqualRowsOfOneReadAreSeparateMessagesAndDuplicatesLater) {
  const WindowCounts first = store().commit_window(rows_read(user_, {row_at(1), row_at(1), row_at(2)}));
  EXPECT_EQ(first.added, 3);
  EXPECT_EQ(first.newest, from_ms(day + 2));
  const WindowCounts again = store().commit_window(rows_read(user_, {row_at(1), row_at(1), row_at(2), row_at(1)}));
  EXPECT_EQ(again.added, 1);
  EXPECT_EQ(again.duplicates, 3);
  EXPECT_EQ(again.fetched, 4);
  EXPECT_EQ(again.newest, from_ms(day + 2));
}

TEST_F(StoreReadingTest, CountsEqualRowsByPageWhereTheCountAcrossPagesIsNotProven) {
  store().stage_page(page_of(user_, 0, 1, {row_at(1), row_at(1), row_at(2)}));
  store().stage_page(page_of(user_, 0, 2, {row_at(2), row_at(1)}));
  WindowCommit commit = staged_commit(true);
  commit.rows = {row_at(2), row_at(3)};
  const WindowCounts counts = store().commit_window(commit);
  EXPECT_EQ(counts.added, 4);  // 1, 1, 2, 3
  EXPECT_EQ(counts.duplicates, 3);
}

TEST_F(StoreReadingTest, CountsEqualRowsAcrossPagesWhereThatIsProven) {
  store().stage_page(page_of(user_, 0, 1, {row_at(1), row_at(2)}));
  store().stage_page(page_of(user_, 0, 2, {row_at(2), row_at(1)}));
  EXPECT_EQ(store().commit_window(staged_commit(false)).added, 4);
}

TEST_F(StoreReadingTest, ReleasesInOrderAndAmongEqualsAsTheyCame) {
  store().commit_window(rows_read(user_, {row_at(3, "d"), row_at(1, "a"), row_at(2, "b"), row_at(2, "c")}));
  EXPECT_THAT(texts(), ElementsAre("a", "b", "c", "d"));
}

TEST_F(StoreReadingTest, ReleasesNewestFirstPagesReversedAmongEquals) {
  store().stage_page(page_of(user_, 0, 1, {row_at(3, "e"), row_at(2, "d"), row_at(2, "c")}));
  store().stage_page(page_of(user_, 0, 2, {row_at(2, "b")}));
  WindowCommit commit = staged_commit();
  commit.rows = {row_at(1, "a")};
  commit.newest_first = true;
  store().commit_window(commit);
  EXPECT_THAT(texts(), ElementsAre("a", "b", "c", "d", "e"));
}

TEST_F(StoreReadingTest, ARowWithoutInstantStandsWhereItsOrderSays) {
  OrderedRow unknown = row_at(2, "b");
  unknown.row.instant.reset();
  store().commit_window(rows_read(user_, {row_at(3, "c"), unknown, row_at(1, "a")}));
  EXPECT_THAT(texts(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(store().commit_window(rows_read(user_, {unknown})).duplicates, 1);
  EXPECT_EQ(store().count_messages(user_, span_of(0, 10)), 2);
  EXPECT_EQ(store().count_messages(user_, Interval{from_ms(-10), from_ms(10)}), 0);
  EXPECT_EQ(store().count_messages(user_, span_of(1, 3)), 1);
}

TEST_F(StoreReadingTest, GrantsCoverageTogetherWithTheRows) {
  WindowCommit commit = rows_read(user_, {row_at(1)});
  commit.covered = span_of(0, 100);
  commit.verified = true;
  commit.window_width = Milliseconds{5000};
  store().commit_window(commit);
  commit.rows = {row_at(150)};
  commit.covered = span_of(200, 300);
  commit.verified = false;
  commit.window_width.reset();
  store().commit_window(commit);
  EXPECT_THAT(store().load_user(user_).coverage.intervals(), ElementsAre(span_of(0, 100), span_of(200, 300)));
  commit.covered = span_of(100, 200);
  store().commit_window(commit);
  reopen();
  const UserState user = store().load_user(user_);
  EXPECT_THAT(user.coverage.intervals(), ElementsAre(span_of(0, 300)));
  EXPECT_EQ(user.verified, from_ms(day + 1'000'000));
  EXPECT_EQ(user.widths.live, Milliseconds{5000});
  EXPECT_EQ(user.widths.history, std::nullopt);
}

TEST_F(StoreReadingTest, LosesCoverageAndRowsTogetherWhenTheGroupIsNotCommitted) {
  store().begin_group();
  WindowCommit commit = rows_read(user_, {row_at(1)});
  commit.covered = span_of(0, 100);
  store().commit_window(commit);
  EXPECT_THAT(texts(), SizeIs(1));
  reopen();
  EXPECT_THAT(texts(), IsEmpty());
  EXPECT_THAT(store().load_user(user_).coverage.intervals(), IsEmpty());
  EXPECT_EQ(store().ledger(source_).fetched, 0);
}

TEST_F(StoreReadingTest, KeepsACommittedGroup) {
  store().begin_group();
  store().commit_window(rows_read(user_, {row_at(1)}));
  store().commit_window(rows_read(user_, {row_at(2)}));
  store().commit_group();
  reopen();
  EXPECT_THAT(texts(), SizeIs(2));
}

TEST_F(StoreReadingTest, RollsAGroupBackAndCountsOnCorrectly) {
  store().commit_window(rows_read(user_, {row_at(1)}));
  store().begin_group();
  store().commit_window(rows_read(user_, {row_at(2)}));
  EXPECT_EQ(store().ledger(source_).stored, 2);
  store().rollback_group();
  EXPECT_EQ(store().ledger(source_).stored, 1);
  store().commit_window(rows_read(user_, {row_at(3)}));
  EXPECT_EQ(store().ledger(source_).stored, 2);
}

TEST_F(StoreReadingTest, MeasuresOnlyRowsThatAppearInWhatWasCoveredBefore) {
  WindowCommit commit = rows_read(user_, {row_at(1)}, 100);
  commit.covered = span_of(0, 100);
  EXPECT_THAT(store().commit_window(commit).lateness, IsEmpty());
  const WindowCounts counts =
      store().commit_window(rows_read(user_, {row_at(1), row_at(50, "late"), row_at(100, "new")}, 5050));
  EXPECT_THAT(counts.lateness, ElementsAre(Milliseconds{5000}));
  EXPECT_THAT(rows_of("SELECT bucket, count FROM lateness"), ElementsAre("3|1"));
}

TEST_F(StoreReadingTest, KeepsTheTotalsOfTheSource) {
  WindowCommit commit = rows_read(user_, {row_at(1), row_at(2)});
  commit.rejected = 3;
  store().commit_window(commit);
  store().commit_window(rows_read(user_, {row_at(2)}));
  const Ledger ledger = store().ledger(source_);
  EXPECT_EQ(ledger.fetched, 6);
  EXPECT_EQ(ledger.added, 2);
  EXPECT_EQ(ledger.duplicates, 1);
  EXPECT_EQ(ledger.rejected, 3);
  EXPECT_EQ(ledger.stored, 2);
}

TEST_F(StoreReadingTest, StagedPagesSurviveARestart) {
  store().stage_page(page_of(user_, 0, 1, {row_at(1), row_at(2)}));
  store().stage_page(page_of(user_, 0, 2, {row_at(3)}));
  reopen();
  const UserState user = store().load_user(user_);
  ASSERT_THAT(user.windows, SizeIs(1));
  const WindowProgress& window = user.windows[0];
  EXPECT_EQ(window.kind, WindowKind::history);
  EXPECT_EQ(window.span, span_of(0, 1000));
  EXPECT_EQ(window.cover_to, from_ms(day + 900));
  EXPECT_EQ(window.pass, 0);
  EXPECT_THAT(window.pages,
              ElementsAre(ElementsAre(row_at(1).row.digest, row_at(2).row.digest), ElementsAre(row_at(3).row.digest)));
  EXPECT_THAT(window.previous_pages, IsEmpty());
  EXPECT_EQ(store().commit_window(staged_commit()).added, 3);
  EXPECT_THAT(store().load_user(user_).windows, IsEmpty());
  EXPECT_THAT(rows_of("SELECT id FROM staged_rows"), IsEmpty());
  EXPECT_THAT(rows_of("SELECT page FROM staged_pages"), IsEmpty());
}

TEST_F(StoreReadingTest, RefusesStagedPagesThatNobodyWroteLikeThis) {
  std::string message;
  store().stage_page(page_of(user_, 0, 1, {row_at(1)}));
  connection().execute("UPDATE staged_rows SET digest = x'00'");
  EXPECT_EQ(kind_thrown_by([this] { (void)store().commit_window(staged_commit()); }, &message),
            StorageError::Kind::corrupt);
  EXPECT_THAT(message, ::testing::HasSubstr("a digest has 1 bytes"));
  connection().execute("UPDATE staged_pages SET digests = x'00'");
  EXPECT_EQ(kind_thrown_by([this] { (void)store().load_user(user_); }), StorageError::Kind::corrupt);
}

TEST_F(StoreReadingTest, RefusesMessagesWhoseUserIsMissing) {
  store().commit_window(rows_read(user_, {row_at(1)}));
  connection().execute("PRAGMA foreign_keys = OFF; DELETE FROM users");
  EXPECT_EQ(kind_thrown_by([this] { (void)store().load_messages({1}); }), StorageError::Kind::corrupt);
}

TEST_F(StoreReadingTest, ANewPassKeepsOnlyTheDigestsOfTheOneBefore) {
  store().stage_page(page_of(user_, 0, 1, {row_at(1)}));
  store().stage_page(page_of(user_, 0, 2, {row_at(2)}));
  store().stage_page(page_of(user_, 1, 1, {row_at(3)}));
  store().stage_page(page_of(user_, 1, 1, {row_at(4)}));  // the page once more
  const WindowProgress window = store().load_user(user_).windows.at(0);
  EXPECT_EQ(window.pass, 1);
  EXPECT_THAT(window.pages, ElementsAre(ElementsAre(row_at(4).row.digest)));
  EXPECT_THAT(window.previous_pages, ElementsAre(ElementsAre(row_at(1).row.digest), ElementsAre(row_at(2).row.digest)));
  store().stage_page(page_of(user_, 2, 1, {row_at(5)}));
  EXPECT_THAT(store().load_user(user_).windows.at(0).previous_pages, ElementsAre(ElementsAre(row_at(4).row.digest)));
  EXPECT_EQ(store().commit_window(staged_commit()).added, 1);
  EXPECT_EQ(store().count_messages(user_, span_of(5, 6)), 1);
}

TEST_F(StoreReadingTest, AnotherWindowOfTheSameKindStartsEmpty) {
  store().stage_page(page_of(user_, 0, 1, {row_at(1)}));
  StagedPage other = page_of(user_, 0, 1, {row_at(2)});
  other.window.span = span_of(0, 500);
  store().stage_page(other);
  EXPECT_THAT(store().load_user(user_).windows.at(0).pages, SizeIs(1));
  EXPECT_EQ(store().commit_window(staged_commit()).added, 1);
}

TEST_F(StoreReadingTest, TheTwoKindsOfWindowsDoNotTouchEachOther) {
  store().stage_page(page_of(user_, 0, 1, {row_at(1)}));
  StagedPage live = page_of(user_, 0, 1, {row_at(2)});
  live.window.kind = WindowKind::live;
  store().stage_page(live);
  WindowCommit commit = staged_commit();
  commit.kind = WindowKind::live;
  EXPECT_EQ(store().commit_window(commit).added, 1);
  EXPECT_EQ(store().commit_window(staged_commit()).added, 1);
}

TEST_F(StoreReadingTest, TakesOnlyThePagesThatCount) {
  store().stage_page(page_of(user_, 0, 1, {row_at(1)}));
  store().stage_page(page_of(user_, 0, 2, {row_at(2)}));
  WindowCommit commit = staged_commit();
  commit.staged_pages = 1;
  EXPECT_EQ(store().commit_window(commit).added, 1);
  EXPECT_EQ(store().count_known(user_, {row_at(1), row_at(1), row_at(2)}), 1);
}

TEST_F(StoreReadingTest, AWidthOfZeroForgetsTheLimit) {
  store().discard_window(user_, WindowKind::history, Milliseconds{500});
  store().discard_window(user_, WindowKind::live, Milliseconds{300});
  WindowCommit commit = rows_read(user_, {});
  commit.kind = WindowKind::history;
  commit.window_width = Milliseconds{0};
  store().commit_window(commit);
  EXPECT_EQ(store().load_user(user_).widths.history, std::nullopt);
  EXPECT_EQ(store().load_user(user_).widths.live, Milliseconds{300}) << "that of the other kind";
}

TEST_F(StoreReadingTest, DiscardsAWindowAndRemembersTheWidth) {
  store().stage_page(page_of(user_, 0, 1, {row_at(1)}));
  store().discard_window(user_, WindowKind::history, Milliseconds{500});
  const UserState user = store().load_user(user_);
  EXPECT_THAT(user.windows, IsEmpty());
  EXPECT_EQ(user.widths.history, Milliseconds{500});
  store().discard_window(user_, WindowKind::history, std::nullopt);
  EXPECT_EQ(store().load_user(user_).widths.history, Milliseconds{500});
  EXPECT_EQ(store().commit_window(staged_commit()).fetched, 0);
}

TEST_F(StoreReadingTest, AnErasedUserGetsNoRows) {
  connection().execute("UPDATE users SET status = 'erased'");
  const WindowCounts counts = store().commit_window(rows_read(user_, {row_at(1)}));
  EXPECT_EQ(counts.fetched, 0);
  EXPECT_THAT(texts(), IsEmpty());
  EXPECT_EQ(store().load_user(user_).status, UserStatus::erased);
}

TEST_F(StoreReadingTest, AFullDiskUndoesTheCallAndGoesOnWithRoom) {
  connection().execute("PRAGMA max_page_count = " + std::to_string(connection().integer("PRAGMA page_count") + 5));
  std::vector<OrderedRow> rows;
  for (int i = 0; i < 500; ++i) {
    rows.push_back(row_at(i));
  }
  WindowCommit commit = rows_read(user_, rows);
  commit.covered = span_of(0, 500);
  std::string message;
  EXPECT_EQ(kind_thrown_by([&] { store().commit_window(commit); }, &message), StorageError::Kind::full);
  EXPECT_THAT(message, ::testing::HasSubstr("elitbuzz-sync.db"));
  EXPECT_THAT(message, ::testing::HasSubstr("make room"));
  EXPECT_THAT(texts(), IsEmpty());
  EXPECT_THAT(store().load_user(user_).coverage.intervals(), IsEmpty());
  connection().execute("PRAGMA max_page_count = 1000000");
  EXPECT_EQ(store().commit_window(commit).added, 500);
}

TEST_F(StoreReadingTest, AFullDiskInAGroupIsRolledBackAsAWhole) {
  connection().execute("PRAGMA max_page_count = " + std::to_string(connection().integer("PRAGMA page_count") + 10));
  store().begin_group();
  store().commit_window(rows_read(user_, {row_at(100'000)}));
  std::vector<OrderedRow> rows;
  for (int i = 0; i < 2000; ++i) {
    rows.push_back(row_at(i));
  }
  EXPECT_EQ(kind_thrown_by([&] { store().commit_window(rows_read(user_, rows)); }), StorageError::Kind::full);
  store().rollback_group();
  EXPECT_THAT(texts(), IsEmpty());
  connection().execute("PRAGMA max_page_count = 1000000");
  store().begin_group();
  EXPECT_EQ(store().commit_window(rows_read(user_, rows)).added, 2000);
  store().commit_group();
  EXPECT_EQ(store().ledger(source_).stored, 2000);
}

WindowCommit read_to_the_end(UserRow user, std::vector<OrderedRow> rows) {
  WindowCommit commit = rows_read(user, std::move(rows));
  commit.verified = true;
  return commit;
}

// The same message with another content, as the vendor sends it later.
OrderedRow changed(OrderedRow row, const std::string& text, const std::string& url, bool same_digest) {
  row.row.text = text;
  row.row.media = url.empty() ? std::nullopt : std::optional(Media{url, "image/png"});
  row.row.raw = "{\"text\":\"" + text + "\",\"url\":\"" + url + "\"}";
  row.row.digest = same_digest ? row.row.digest : digest_of(std::hash<std::string>()(text + url));
  return row;
}

TEST_F(StoreReadingTest, ARowWithAnotherSignatureIsTheSameMessageAndRefreshesIt) {
  const OrderedRow first = changed(row_at(5), "see", "https://f/a?sig=1", true);
  const OrderedRow later = changed(row_at(5), "see", "https://f/a?sig=2", true);
  EXPECT_EQ(store().commit_window(read_to_the_end(user_, {first})).added, 1);
  const WindowCounts counts = store().commit_window(read_to_the_end(user_, {later}));
  EXPECT_EQ(counts.added, 0);
  EXPECT_EQ(counts.duplicates, 1);
  EXPECT_EQ(rows_of("SELECT media_url, raw FROM messages"),
            (std::vector<std::string>{"https://f/a?sig=2|" + later.row.raw}));
}

TEST_F(StoreReadingTest, AFieldThatIsFilledLaterMakesNoNewMessage) {
  const OrderedRow empty = changed(row_at(5), "", "", false);
  const OrderedRow filled = changed(row_at(5), "the text", "https://f/a", false);
  store().commit_window(read_to_the_end(user_, {empty}));
  const std::vector<std::string> key = rows_of("SELECT key FROM messages_v1");
  EXPECT_EQ(store().commit_window(read_to_the_end(user_, {filled})).added, 0);
  EXPECT_EQ(rows_of("SELECT key FROM messages_v1"), key) << "the same message for ever";
  EXPECT_EQ(rows_of("SELECT text, media_url FROM messages_v1"), (std::vector<std::string>{"the text|https://f/a"}));
  EXPECT_EQ(store().commit_window(read_to_the_end(user_, {filled})).added, 0);
  EXPECT_EQ(store().commit_window(read_to_the_end(user_, {empty})).added, 0) << "emptied again";
  EXPECT_EQ(rows_of("SELECT text FROM messages_v1"), (std::vector<std::string>{"the text"}));
}

TEST_F(StoreReadingTest, TwoMessagesOfOneInstantAreTwoHoweverAlikeTheyAre) {
  const OrderedRow empty = changed(row_at(5), "", "", false);
  const OrderedRow text = changed(row_at(5), "hi", "", false);
  const OrderedRow other = changed(row_at(5), "hi", "https://f/b", false);
  store().commit_window(read_to_the_end(user_, {empty}));
  EXPECT_EQ(store().commit_window(read_to_the_end(user_, {text, empty})).added, 1);
  EXPECT_EQ(store().commit_window(read_to_the_end(user_, {other, text, empty})).added, 1);
  EXPECT_EQ(rows_of("SELECT text, media_url FROM messages_v1 ORDER BY 1, 2"),
            (std::vector<std::string>{"|-", "hi|-", "hi|https://f/b"}));
}

TEST_F(StoreReadingTest, AmongRowsOfOneDigestTheNewOneIsAddedWhereverItStands) {
  const OrderedRow known = changed(row_at(5), "photo", "https://f/a?sig=1", true);
  OrderedRow fresh = changed(row_at(5), "photo", "https://f/b?sig=1", true);
  fresh.row.digest = known.row.digest;
  store().commit_window(read_to_the_end(user_, {known}));
  EXPECT_EQ(store().commit_window(read_to_the_end(user_, {fresh, known})).added, 1);
  EXPECT_EQ(rows_of("SELECT media_url, occurrence FROM messages ORDER BY id"),
            (std::vector<std::string>{"https://f/a?sig=1|0", "https://f/b?sig=1|1"}));
}

TEST_F(StoreReadingTest, AnotherTextIsAnotherMessageAndCountsAsANearCopy) {
  store().commit_window(read_to_the_end(user_, {changed(row_at(5), "one", "", false)}));
  const WindowCounts counts = store().commit_window(read_to_the_end(user_, {changed(row_at(5), "two", "", false)}));
  EXPECT_EQ(counts.added, 1);
  EXPECT_EQ(counts.near_copies, 1);
}

TEST_F(StoreReadingTest, AListThatWasNotReadToItsEndRefreshesNothing) {
  store().commit_window(read_to_the_end(user_, {changed(row_at(5), "", "", false)}));
  WindowCommit unproven = rows_read(user_, {changed(row_at(5), "hi", "", false)});
  unproven.count_by_page = true;
  EXPECT_EQ(store().commit_window(unproven).added, 0) << "the empty one may be on a page that was skipped";
  EXPECT_EQ(rows_of("SELECT text FROM messages"), (std::vector<std::string>{""}));
}

TEST_F(StoreReadingTest, StagedRowsAreComparedToo) {
  store().commit_window(read_to_the_end(user_, {changed(row_at(5), "", "", false)}));
  StagedPage page;
  page.user = user_;
  page.window.span = span_of(0, 1'000);
  page.window.cover_to = from_ms(day + 1'000);
  page.window.unreadable = 2;
  page.rows = {changed(row_at(5), "hi", "https://f/a", false), row_at(6)};
  store().stage_page(page);
  reopen();
  EXPECT_EQ(store().load_user(user_).windows.at(0).unreadable, 2) << "it is known after a restart";
  WindowCommit commit = read_to_the_end(user_, {});
  commit.staged = true;
  EXPECT_EQ(store().commit_window(commit).added, 1);
  EXPECT_EQ(rows_of("SELECT text, media_url FROM messages ORDER BY instant_ms"),
            (std::vector<std::string>{"hi|https://f/a", "hello|-"}));
}

TEST_F(StoreReadingTest, StoresAndReadsAgainManyRows) {
  constexpr int count = 65'000;
  std::vector<OrderedRow> rows;
  for (int i = 0; i < count; ++i) {
    rows.push_back(row_at(i, std::string(80, 'x')));
  }
  const auto seconds = [](std::clock_t from) { return static_cast<double>(std::clock() - from) / CLOCKS_PER_SEC; };
  std::clock_t start = std::clock();
  EXPECT_EQ(store().commit_window(rows_read(user_, rows)).added, count);
  const double adding = seconds(start);
  start = std::clock();
  EXPECT_EQ(store().commit_window(rows_read(user_, rows)).duplicates, count);
  std::printf("%d rows: %.1f us each to add, %.1f us each as duplicates (CPU)\n", count, adding / count * 1e6,
              seconds(start) / count * 1e6);
  EXPECT_EQ(store().ledger(source_).stored, count);
}

}  // namespace
}  // namespace elit::storage
