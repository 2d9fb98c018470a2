#include "core/simulator/elitbuzz_api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/core/simulator/simulator_calls.hpp"

namespace elit::simulator {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

// A user with five plain messages, one a second, at 08:59:00.000 to 08:59:04.000.
class ElitbuzzApiTest : public testing::Test {
 protected:
  void start(const std::vector<std::pair<std::string, std::string>>& dialect) {
    SimulatorOptions options = quiet_options();
    options.world.messages_per_user_day = 0;
    options.world.burst = 0;
    for (const auto& [key, value] : dialect) {
      ASSERT_EQ(apply(dialect_settings(), options.dialect, key, value), std::nullopt);
    }
    simulator_ = std::make_unique<Simulator>(options);
    User& user = simulator_->world().users()[1];
    user_ = user.id;
    for (int i = 0; i < 5; ++i) {
      simulator_->world().add_message(user, first_ + seconds{i}, first_ + seconds{i}, std::to_string(i));
    }
  }

  std::string texts(const std::string& query) {
    std::string joined;
    for (const std::string& text : responses_of(get_conversations(*simulator_, user_, query))) {
      joined += text;
    }
    return joined;
  }

  [[nodiscard]] std::string window(std::int64_t from_ms_after, std::int64_t to_ms_after) const {
    return "start_date=" + std::to_string(to_ms(first_) + from_ms_after) +
           "&end_date=" + std::to_string(to_ms(first_) + to_ms_after);
  }

  Reply past_the_end(const std::string& variant) {
    start({{"past_the_end", variant}, {"page_cap", "2"}});
    return get_conversations(*simulator_, user_, "page_number=4");
  }

  const Instant first_ = start_of_tests - seconds{60};
  std::unique_ptr<Simulator> simulator_;
  std::string user_;
};

TEST_F(ElitbuzzApiTest, ShowsAStatusThatChangesWithTheAgeOfARow) {
  start({{"delivery_status", "yes"}});
  const auto status_at = [this](Instant now) {
    return std::string(rows_of(get_conversations(*simulator_, user_, "", now)).at(0).at("status").as_string());
  };
  EXPECT_EQ(status_at(start_of_tests), "SENT");
  EXPECT_EQ(status_at(start_of_tests + std::chrono::hours{2}), "READ");
}

TEST_F(ElitbuzzApiTest, ShowsAFileThatComesLate) {
  start({});
  Message* newest = World::newest(*simulator_->world().find(user_), start_of_tests, seconds{200});
  ASSERT_NE(newest, nullptr);
  EXPECT_EQ(get_conversations(*simulator_, user_).answer.body.find("/late/"), std::string::npos);
  attach_file(*newest);
  EXPECT_NE(get_conversations(*simulator_, user_).answer.body.find("/late/"), std::string::npos);
}

TEST_F(ElitbuzzApiTest, RefusesAnyKeyButItsOwn) {
  start({});
  EXPECT_EQ(
      get(*simulator_, bot_path() + "/users?attribute_name=a&attribute_value=b", start_of_tests, "other").answer.status,
      401);
  HttpRequest without;
  without.target = bot_path() + "/users?attribute_name=a&attribute_value=b";
  EXPECT_EQ(simulator_->answer(without, start_of_tests).answer.status, 401);
}

TEST_F(ElitbuzzApiTest, NamesTheVendorsCodes) {
  start({});
  const auto code = [&](const Reply& reply) {
    EXPECT_EQ(reply.answer.status, 400);
    return body_of(reply).as_object().at("code").as_int64();
  };
  EXPECT_EQ(code(get_conversations(*simulator_, "nobody")), 1002);
  EXPECT_EQ(code(get(*simulator_, "/bot-api/v1.0/customer/1/bot/2/users?attribute_name=a&attribute_value=b")), 1002);
  EXPECT_EQ(code(get_conversations(*simulator_, user_, window(5, 5))), 1003);
  EXPECT_EQ(code(get_conversations(*simulator_, user_, "start_date=soon")), 1003);
  EXPECT_EQ(code(get_conversations(*simulator_, user_, "page_number=0")), 1004);
}

TEST_F(ElitbuzzApiTest, ListsTheUsersWhoMatchInEveryShape) {
  for (const char* shape : {"users", "responseObject", "data", "content", "result", "results", "channelUsers"}) {
    start({{"users_shape", shape}, {"user_id_field", "id"}});
    const auto body = body_of(get_users(*simulator_));
    EXPECT_EQ(body.as_object().at(shape).as_array().size(), 6U) << shape;
  }
  start({{"users_shape", "array"}, {"users_elements", "ids"}});
  EXPECT_EQ(body_of(get_users(*simulator_)).as_array().at(1).as_string(), user_);
  start({{"users_shape", "responseObject.users"}, {"user_id_kind", "number"}});
  const auto body = body_of(get_users(*simulator_));
  EXPECT_EQ(std::to_string(body.at_pointer("/responseObject/users/1/channelUserId").to_number<std::int64_t>()), user_);
}

TEST_F(ElitbuzzApiTest, MarksThoseWhoWereListed) {
  start({});
  ASSERT_EQ(get_users(*simulator_).answer.status, 200);
  for (const User& user : simulator_->world().users()) {
    EXPECT_EQ(user.listed, user.id.find('-') == std::string::npos);
  }
}

TEST_F(ElitbuzzApiTest, PagesTheUsersWhenAskedTo) {
  start({{"users_paging", "yes"}, {"page_cap", "4"}, {"users_shape", "users"}});
  const auto count = [&](const std::string& more) {
    return body_of(get_users(*simulator_, more)).as_object().at("users").as_array().size();
  };
  EXPECT_EQ(count(""), 4U);
  EXPECT_EQ(count("&page_number=2"), 2U);
  EXPECT_EQ(count("&page_number=3"), 0U);
}

TEST_F(ElitbuzzApiTest, MatchesAttributesAsTheSwitchSays) {
  const auto count = [&](const std::string& value) {
    return body_of(get(*simulator_, bot_path() + "/users?attribute_name=user.channel&attribute_value=" + value))
        .as_object()
        .at("responseObject")
        .as_array()
        .size();
  };
  start({});
  EXPECT_EQ(count("WhatsApp") + count("what"), 0U);
  start({{"attribute_match", "without_case"}});
  EXPECT_EQ(count("WhatsApp"), 6U);
  start({{"attribute_match", "contains"}});
  EXPECT_EQ(count("what"), 6U);
}

TEST_F(ElitbuzzApiTest, OrdersPagesAndRows) {
  start({{"page_order", "newest_first"}, {"page_cap", "2"}});
  EXPECT_EQ(texts("page_number=1") + texts("page_number=2") + texts("page_number=3"), "43210");
  start({{"page_order", "oldest_first"}, {"page_cap", "2"}});
  EXPECT_EQ(texts("page_number=1") + texts("page_number=2") + texts("page_number=3"), "01234");
  start({{"rows_order", "reversed"}, {"page_cap", "2"}});
  EXPECT_EQ(texts("page_number=1") + texts("page_number=2") + texts("page_number=3"), "34120");
}

TEST_F(ElitbuzzApiTest, KeepsAnUnsortedOrderStable) {
  start({{"page_order", "unsorted"}, {"page_cap", "2"}});
  const std::string once = texts("page_number=1") + texts("page_number=2") + texts("page_number=3");
  EXPECT_EQ(once, texts("page_number=1") + texts("page_number=2") + texts("page_number=3"));
  std::string sorted = once;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, "01234");
  EXPECT_NE(once, "01234");
  EXPECT_NE(once, "43210");
}

TEST_F(ElitbuzzApiTest, ObeysOnlyTheRightSpellingOfThePageSize) {
  start({});
  EXPECT_EQ(texts("page_size=2").size(), 2U);
  EXPECT_EQ(texts("Page_size=2").size(), 5U);
  start({{"page_size_parameter", "Page_size"}});
  EXPECT_EQ(texts("page_size=2").size(), 5U);
  EXPECT_EQ(texts("Page_size=2").size(), 2U);
  start({{"page_size_parameter", "none"}});
  EXPECT_EQ(texts("page_size=2&Page_size=2").size(), 5U);
}

TEST_F(ElitbuzzApiTest, CapsThePageBelowTheSizeAskedFor) {
  start({{"page_cap", "3"}});
  EXPECT_EQ(texts("page_size=5").size(), 3U);
}

TEST_F(ElitbuzzApiTest, MayIgnoreThePageNumber) {
  start({{"page_number_obeyed", "no"}, {"page_cap", "2"}});
  EXPECT_EQ(texts("page_number=1"), texts("page_number=9"));
}

TEST_F(ElitbuzzApiTest, EndsPagingInEveryVariant) {
  EXPECT_TRUE(rows_of(past_the_end("empty")).empty());
  EXPECT_THAT(past_the_end("1004").answer.body, HasSubstr("INVALID_PAGE_NUMBER"));
  EXPECT_EQ(past_the_end("404").answer.status, 404);
  const Reply nothing = past_the_end("204");
  EXPECT_EQ(nothing.answer.status, 204);
  EXPECT_EQ(nothing.answer.body, "");
  EXPECT_EQ(responses_of(past_the_end("repeat_last")), std::vector<std::string>{"0"});
}

TEST_F(ElitbuzzApiTest, AnswersAnEmptyFirstPageWithoutAnError) {
  for (const char* variant : {"empty", "1004", "404", "repeat_last"}) {
    start({{"past_the_end", variant}});
    EXPECT_EQ(texts(window(-100, -50)), "") << variant;
  }
}

TEST_F(ElitbuzzApiTest, DrawsBoundariesInAllFourWays) {
  for (const bool start_inclusive : {true, false}) {
    for (const bool end_inclusive : {true, false}) {
      start({{"start_inclusive", start_inclusive ? "yes" : "no"}, {"end_inclusive", end_inclusive ? "yes" : "no"}});
      const std::string expected =
          std::string(end_inclusive ? "3" : "") + "2" + std::string(start_inclusive ? "1" : "");
      EXPECT_EQ(texts(window(1000, 3000)), expected);
    }
  }
}

TEST_F(ElitbuzzApiTest, HidesWhatIsNotVisibleYetAndWhatIsTooOld) {
  start({{"retention_days", "1"}});
  User& user = *simulator_->world().find(user_);
  simulator_->world().add_message(user, first_, start_of_tests + seconds{10}, "late");
  simulator_->world().add_message(user, start_of_tests - std::chrono::hours{25}, first_, "old");
  EXPECT_EQ(texts(""), "43210");
  EXPECT_EQ(responses_of(get_conversations(*simulator_, user_, "", start_of_tests + seconds{10})).size(), 6U);
}

TEST_F(ElitbuzzApiTest, NamesSendersAsTheSwitchesSay) {
  start({{"sender_user", "CUSTOMER"}});
  EXPECT_EQ(rows_of(get_conversations(*simulator_, user_)).at(0).as_object().at("sender").as_string(), "CUSTOMER");
}

TEST_F(ElitbuzzApiTest, WrapsSuccessAndFailureInTheEnvelope) {
  start({{"status_envelope", "yes"}, {"conversations_shape", "responseObject.messages"}, {"failures_with_200", "yes"}});
  const auto body = body_of(get_conversations(*simulator_, user_));
  EXPECT_EQ(body.at_pointer("/status/code").as_int64(), 1000);
  EXPECT_EQ(body.at_pointer("/responseObject/messages").as_array().size(), 5U);
  const Reply failed = get_conversations(*simulator_, "nobody");
  EXPECT_EQ(failed.answer.status, 200);
  EXPECT_EQ(body_of(failed).at_pointer("/status/code").as_int64(), 1002);
}

TEST_F(ElitbuzzApiTest, WritesErrorsInEveryShape) {
  const std::vector<std::pair<std::string, std::string>> shapes{{"plain", R"("code":1002)"},
                                                                {"camel", R"("errorCode":1002)"},
                                                                {"snake", R"("error_code":"1002")"},
                                                                {"status", R"("status":{"code":1002)"},
                                                                {"spring", R"("error":"Bad Request")"},
                                                                {"problem", R"("type":"about:blank")"},
                                                                {"text", "failed: INVALID_BOT"},
                                                                {"html", "<html>"}};
  for (const auto& [shape, part] : shapes) {
    start({{"error_body", shape}});
    const Reply reply = get_conversations(*simulator_, "nobody");
    EXPECT_EQ(reply.answer.status, 400);
    EXPECT_THAT(reply.answer.body, HasSubstr(part));
  }
  start({{"error_body", "empty"}});
  EXPECT_EQ(get_conversations(*simulator_, "nobody").answer.body, "");
}

TEST_F(ElitbuzzApiTest, GivesRowsIdsOfEveryKind) {
  const auto ids = [&](const std::string& kind) {
    start({{"row_id_field", "messageId"}, {"row_id_kind", kind}});
    std::vector<std::string> both;
    for (int read = 0; read < 2; ++read) {
      for (const auto& row : rows_of(get_conversations(*simulator_, user_))) {
        both.emplace_back(row.as_object().at("messageId").as_string().c_str());
      }
    }
    return both;
  };
  const auto stable = ids("stable");
  EXPECT_EQ(stable[0], stable[5]);
  EXPECT_NE(stable[0], stable[1]);
  const auto fresh = ids("fresh");
  EXPECT_NE(fresh[0], fresh[5]);
  const auto same = ids("same");
  EXPECT_EQ(same[0], same[1]);
  start({});
  EXPECT_FALSE(rows_of(get_conversations(*simulator_, user_)).at(0).as_object().contains("messageId"));
}

TEST_F(ElitbuzzApiTest, ShufflesTheMembersOfRows) {
  start({{"random_member_order", "yes"}});
  const std::string once = get_conversations(*simulator_, user_).answer.body;
  const std::string again = get_conversations(*simulator_, user_).answer.body;
  EXPECT_NE(once, again);
  EXPECT_EQ(boost::json::parse(once), boost::json::parse(again));
}

TEST_F(ElitbuzzApiTest, SignsMediaAfreshOnEveryRead) {
  const auto urls = [&](const std::string& media) {
    start({{"media", media}});
    simulator_->world().find(user_)->messages.front().file = File{"/a.png", "image/png", "IMAGE"};
    std::vector<std::string> both;
    for (int read = 0; read < 2; ++read) {
      const auto rows = rows_of(get_conversations(*simulator_, user_));
      both.emplace_back(rows.at(4).at_pointer("/file/url").as_string().c_str());
    }
    return both;
  };
  const auto plain = urls("plain");
  EXPECT_EQ(plain[0], plain[1]);
  const auto fresh = urls("signed");
  EXPECT_NE(fresh[0], fresh[1]);
  EXPECT_EQ(fresh[0].substr(0, fresh[0].find('?')), plain[0]);
}

TEST_F(ElitbuzzApiTest, LimitsTheRateAndSaysForHowLong) {
  start({{"rate_limit", "2"}});
  EXPECT_EQ(get_users(*simulator_).answer.status, 200);
  EXPECT_EQ(get_users(*simulator_).answer.status, 200);
  const Reply refused = get_users(*simulator_, "", start_of_tests + Milliseconds{400});
  EXPECT_EQ(refused.answer.status, 429);
  EXPECT_EQ(refused.answer.header("Retry-After"), "1");
  EXPECT_EQ(get_users(*simulator_, "", start_of_tests + seconds{1}).answer.status, 200);
}

TEST_F(ElitbuzzApiTest, WritesRetryAfterAsADateThatIsNotTooEarly) {
  start({{"rate_limit", "1"}, {"rate_limit_answer", "503"}, {"retry_after", "date"}});
  EXPECT_EQ(get_users(*simulator_).answer.status, 200);
  const Reply refused = get_users(*simulator_);
  EXPECT_EQ(refused.answer.status, 503);
  EXPECT_EQ(refused.answer.header("Retry-After"), "Sat, 31 Jan 2026 09:00:02 GMT");
}

TEST_F(ElitbuzzApiTest, InsertsAFreshRowAfterAFirstPage) {
  start({{"insert_between_pages", "1"}, {"page_cap", "2"}});
  const std::string first = texts("page_number=1");
  EXPECT_EQ(first, "43");
  const auto rows = responses_of(get_conversations(*simulator_, user_, "page_size=2"));
  EXPECT_EQ(simulator_->world().find(user_)->messages.size(), 6U);
  EXPECT_EQ(rows.size(), 2U);
  EXPECT_FALSE(texts("page_number=1").empty());
  EXPECT_EQ(simulator_->world().find(user_)->messages.size(), 6U);
}

TEST_F(ElitbuzzApiTest, LeavesLiveChatOutWhenAskedTo) {
  start({{"live_chat_rows", "no"}});
  simulator_->world().find(user_)->messages.front().speaker = Speaker::agent;
  EXPECT_EQ(texts(""), "4321");
}

TEST_F(ElitbuzzApiTest, SkewsItsClockWhenAskedTo) {
  start({{"clock_skew_s", "-60"}});
  EXPECT_EQ(get_users(*simulator_).answer.header("Date"), "Sat, 31 Jan 2026 08:59:00 GMT");
}

}  // namespace
}  // namespace elit::simulator
