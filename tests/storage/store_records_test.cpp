#include <gmock/gmock.h>

#include "storage/status_reader.hpp"
#include "tests/storage/store_fixture.hpp"

namespace elit::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class StoreRecordsTest : public StoreTest {
 protected:
  StoreRecordsTest() : user_(follow("919800000001")), other_(follow("919800000002")) {
    const std::vector<SinkId> sinks = store().register_sinks({{"crm", true}, {"archive", true}});
    sink_ = sinks[0];
    second_sink_ = sinks[1];
  }

  // `user|key|remote id|digest` of each.
  static std::vector<std::string> texts_of(const std::vector<RemoteRecord>& records) {
    std::vector<std::string> texts;
    for (const RemoteRecord& record : records) {
      texts.push_back(std::to_string(record.user) + "|" + record.key + "|" + record.remote_id + "|" + record.digest);
    }
    return texts;
  }
  std::vector<std::string> delivered(UserRow user, std::optional<Interval> dated) {
    std::vector<std::string> texts;
    for (const DeliverableMessage& message : store().delivered_messages(sink_, user, dated)) {
      EXPECT_EQ(message.user, user);
      texts.push_back(message.text);
    }
    return texts;
  }
  void keep(const std::vector<OrderedRow>& rows, UserRow user) { store().commit_window(rows_read(user, rows)); }
  void settle(SinkId sink, const std::vector<MessageId>& ids, DeliveryState state) {
    BatchSettlement settlement;
    settlement.sink = sink;
    settlement.batch = store().begin_batch(sink, ids, at_);
    settlement.at = at_;
    for (const MessageId id : ids) {
      settlement.outcomes.emplace_back();
      settlement.outcomes.back().id = id;
      settlement.outcomes.back().state = state;
    }
    store().settle_batch(settlement);
  }
  static OrderedRow undated(const std::string& text) {
    OrderedRow row = row_at(0, text);
    row.row.instant.reset();
    return row;
  }

  UserRow user_;
  UserRow other_;
  SinkId sink_ = 0;
  SinkId second_sink_ = 0;
  Instant at_ = from_ms(day + 5000);
};

TEST_F(StoreRecordsTest, AreFoundInTheOrderAskedForByUserAndKey) {
  store().keep_remote_records(
      sink_, {{user_, "", "501", "", {}}, {user_, "2026-01-01", "9001", "d1", {}}, {other_, "", "502", "d2", {}}}, at_);
  reopen();
  EXPECT_THAT(texts_of(store().remote_records(
                  sink_, {{other_, ""}, {other_, "2026-01-01"}, {user_, "2026-01-01"}, {user_, ""}, {user_, "2026"}})),
              ElementsAre("2||502|d2", "1|2026-01-01|9001|d1", "1||501|"));
  EXPECT_THAT(store().remote_records(sink_, {}), IsEmpty());
  EXPECT_THAT(store().remote_records(second_sink_, {{user_, ""}}), IsEmpty()) << "each sink knows its own";
}

TEST_F(StoreRecordsTest, TakeThePlaceOfWhatWasKnown) {
  store().keep_remote_records(sink_, {{user_, "a", "1", "d1", {{"etag", "7"}, {"unit", "x"}}}}, at_);
  store().keep_remote_records(sink_, {{user_, "a", "2", "", {{"etag", "8"}}}}, at_ + Milliseconds{9});
  const std::vector<RemoteRecord> known = store().remote_records(sink_, {{user_, "a"}});
  ASSERT_THAT(known, SizeIs(1));
  EXPECT_EQ(known[0].remote_id, "2");
  EXPECT_EQ(known[0].digest, "");
  EXPECT_EQ(known[0].saved, (std::map<std::string, std::string>{{"etag", "8"}}));
  EXPECT_THAT(rows_of("SELECT updated_ms - 1767225600000 FROM remote_records"), ElementsAre("5009"));
}

TEST_F(StoreRecordsTest, KeepValuesOfEveryKindOfCharacter) {
  const std::map<std::string, std::string> saved = {
      {"", ""}, {"a\"b\\", "line\nline\t\x01"}, {"\xC3\xA9", std::string("nul\0!", 5)}};
  store().keep_remote_records(sink_, {{user_, "'k\"", "r'", "d'", saved}}, at_);
  const std::vector<RemoteRecord> known = store().remote_records(sink_, {{user_, "'k\""}});
  ASSERT_THAT(known, SizeIs(1));
  EXPECT_EQ(known[0].saved, saved);
  EXPECT_EQ(known[0].remote_id, "r'");
}

TEST_F(StoreRecordsTest, StayWithASinkThatIsNotConfiguredForAWhile) {
  store().keep_remote_records(sink_, {{user_, "", "501", "", {}}}, at_);
  store().register_sinks({{"renamed", true}});
  EXPECT_EQ(store().register_sinks({{"crm", true}}).front(), sink_);
  EXPECT_THAT(store().remote_records(sink_, {{user_, ""}}), SizeIs(1));
}

TEST_F(StoreRecordsTest, AreRefusedWhenTheFileHoldsWhatNobodyWroteLikeThis) {
  store().keep_remote_records(sink_, {{user_, "", "501", "", {}}}, at_);
  for (const char* saved : {"", "[]", "{", "{\"a\":1}", "{\"a\":\"b\",\"c\":null}", "\"a\""}) {
    connection().execute("UPDATE remote_records SET saved = '" + std::string(saved) + "'");
    EXPECT_EQ(kind_thrown_by([this] {
                (void)store().remote_records(sink_, {{user_, ""}});
              }),
              StorageError::Kind::corrupt)
        << saved;
  }
}

TEST_F(StoreRecordsTest, ListsWhatIsDeliveredOfAUserInASpanInTheOrderOfTime) {
  keep({row_at(9, "nine")}, user_);
  keep({row_at(3, "three"), row_at(5, "five"), row_at(7, "seven"), row_at(10, "ten"), undated("when")}, user_);
  keep({row_at(4, "theirs")}, other_);
  keep({row_at(4, "dead"), row_at(6, "pending")}, user_);
  settle(sink_, {1, 2, 3, 4, 5, 6, 7}, DeliveryState::delivered);
  settle(sink_, {8}, DeliveryState::dead);
  store().begin_batch(sink_, {9}, at_);
  EXPECT_THAT(delivered(user_, span_of(3, 10)), ElementsAre("three", "five", "seven", "nine"));
  EXPECT_THAT(delivered(user_, span_of(4, 9)), ElementsAre("five", "seven"));
  EXPECT_THAT(delivered(user_, span_of(11, 20)), IsEmpty());
  EXPECT_THAT(delivered(user_, Interval{from_ms(-10), from_ms(10)}), IsEmpty());
  EXPECT_THAT(store().delivered_messages(second_sink_, user_, span_of(0, 20)), IsEmpty());
}

TEST_F(StoreRecordsTest, ListsWhatIsDeliveredWithoutAReadableInstantAsItWasStored) {
  store().commit_window(rows_read(user_, {undated("late")}, 2'000));
  store().commit_window(rows_read(user_, {undated("early"), row_at(1)}, 1'000));
  store().commit_window(rows_read(user_, {undated("pending")}, 3'000));
  settle(sink_, {1, 2, 3}, DeliveryState::delivered);
  EXPECT_THAT(delivered(user_, std::nullopt), ElementsAre("early", "late"));
  EXPECT_THAT(delivered(other_, std::nullopt), IsEmpty());
}

TEST_F(StoreRecordsTest, MessagesSayWhoseTheyAre) {
  keep({row_at(1)}, user_);
  keep({row_at(1)}, other_);
  EXPECT_EQ(store().load_messages({2}).at(0).user, other_);
}

TEST_F(StoreRecordsTest, TheLastMessagesAreReadBesideAWriterAscendingByDate) {
  keep({row_at(50, "b"), row_at(90, "c")}, user_);
  keep({row_at(20, "a")}, other_);
  keep({undated("now")}, user_);
  const auto last = [this](int count) {
    std::vector<std::string> texts;
    for (const auto& message : read_last_messages(directory(), count)) {
      texts.push_back(message.text);
    }
    return texts;
  };
  EXPECT_THAT(last(3), ElementsAre("a", "c", "now")) << "dated by when it was stored";
  EXPECT_THAT(last(99), ElementsAre("a", "b", "c", "now"));
  EXPECT_THAT(last(0), IsEmpty());
  EXPECT_THAT(last(-1), IsEmpty());
  EXPECT_EQ(read_last_messages(directory(), 1).at(0).user, user_);
}

using StoreRecordsDeathTest = StoreRecordsTest;

TEST_F(StoreRecordsDeathTest, BelongToAUserThatExists) {
  EXPECT_DEATH(store().keep_remote_records(sink_, {{4711, "", "1", "", {}}}, at_), "FOREIGN KEY");
}

}  // namespace
}  // namespace elit::storage
