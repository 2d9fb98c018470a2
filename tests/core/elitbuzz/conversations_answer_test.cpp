#include <gtest/gtest.h>

#include "core/elitbuzz/protocol.hpp"
#include "core/text/json_scan.hpp"
#include "core/text/utf8.hpp"
#include "tests/support/source_options.hpp"

namespace elit::elitbuzz {
namespace {

Result<ConversationsPage> read(int status, std::string body, int page_number = 1, const DialectOptions& dialect = {}) {
  SourceOptions source = support_source();
  source.api = dialect;
  HttpResponse answer;
  answer.status = status;
  answer.body = std::move(body);
  return read_conversations(source, "91", page_number, answer);
}

std::string summary(const Result<ConversationsPage>& page) {
  if (!page) {
    return std::string("failed: ") + to_string(page.error().kind);
  }
  std::string text;
  for (const Row& row : page->rows) {
    text += row.text + " ";
  }
  return text + "-" + std::to_string(page->rejected) + (page->past_the_end ? " end" : "");
}

TEST(ConversationsAnswerTest, FindsTheRowsInEveryKnownShape) {
  const std::string rows = R"([{"response":"a"},{"response":"b"}])";
  for (const std::string key :
       {"conversations", "messages", "responseObject", "data", "content", "result", "results", "items"}) {
    EXPECT_EQ(summary(read(200, "{\"" + key + "\":" + rows + "}")), "a b -0") << key;
    EXPECT_EQ(summary(read(200, "{\"responseObject\":{\"" + key + "\":" + rows + "}}")), "a b -0") << key;
  }
  EXPECT_EQ(summary(read(200, rows)), "a b -0");
  EXPECT_EQ(summary(read(201, rows)), "a b -0");
  EXPECT_EQ(summary(read(200, "{\"data\":{\"content\":" + rows + "},\"status\":{\"code\":1000}}")), "a b -0");
  EXPECT_EQ(summary(read(200, "{\"messages\":[],\"conversations\":" + rows + "}")), "a b -0");
}

TEST(ConversationsAnswerTest, FollowsTheConfiguredPointerAlone) {
  DialectOptions dialect;
  dialect.messages_list = "/chat/0/rows";
  EXPECT_EQ(summary(read(200, R"({"messages":[],"chat":[{"rows":[{"response":"x"}]}]})", 1, dialect)), "x -0");
  EXPECT_EQ(summary(read(200, R"({"messages":[],"chat":[]})", 1, dialect)), "failed: malformed");
}

TEST(ConversationsAnswerTest, AListWithoutAnyObjectIsNoListOfMessages) {
  EXPECT_EQ(summary(read(200, "[1,2,3]")), "failed: malformed");
  EXPECT_EQ(summary(read(200, R"({"conversations":["a","b"]})")), "failed: malformed");
}

TEST(ConversationsAnswerTest, OnlyARecognisedEmptyListIsEmpty) {
  for (const std::string body :
       {"[]", R"({"conversations":[]})", R"({"responseObject":[]})", R"({"data":{"messages":[ ]}})"}) {
    for (const int page_number : {1, 2}) {
      EXPECT_EQ(summary(read(200, body, page_number)), "-0") << body;
    }
  }
  EXPECT_EQ(summary(read(204, "")), "-0 end");
}

TEST(ConversationsAnswerTest, AnUnknownShapeIsNeverAnEmptyList) {
  for (const std::string body : {"",
                                 "  ",
                                 "{}",
                                 "null",
                                 "true",
                                 "1",
                                 "\"\"",
                                 R"({"responseObject":true})",
                                 R"({"conversations":null})",
                                 R"({"conversations":null,"messages":[]})",
                                 R"({"conversations":{}})",
                                 R"({"chat":[]})",
                                 "<!doctype html><p>down",
                                 "[",
                                 "[{}",
                                 R"({"conversations":[)",
                                 R"({"conversations":[]}})",
                                 "[][]",
                                 "[[]]",
                                 "[[{}]]",
                                 "[true]",
                                 "[01]",
                                 "]",
                                 "Service unavailable"}) {
    for (const int page_number : {1, 2}) {
      EXPECT_EQ(summary(read(200, body, page_number)), "failed: malformed") << body;
    }
  }
  EXPECT_EQ(summary(read(205, "[]")), "failed: malformed");
  EXPECT_EQ(summary(read(206, "[]")), "failed: malformed");
}

TEST(ConversationsAnswerTest, APageAfterTheEndIsToldFromAFailure) {
  const auto both = [](int status, const std::string& body) {
    return summary(read(status, body, 2)) + ", first: " + summary(read(status, body, 1));
  };
  EXPECT_EQ(both(204, ""), "-0 end, first: -0 end");
  EXPECT_EQ(both(404, "<html>"), "-0 end, first: failed: rejected");
  EXPECT_EQ(both(400, R"({"code":1004})"), "-0 end, first: failed: malformed");
  EXPECT_EQ(both(400, R"({"status":{"code":"1004"}})"), "-0 end, first: failed: malformed");
  EXPECT_EQ(both(400, "INVALID_PAGE_NUMBER"), "-0 end, first: failed: malformed");
  EXPECT_EQ(both(200, R"({"status":{"code":1004,"desc":"INVALID_PAGE_NUMBER"}})"), "-0 end, first: failed: malformed");
  EXPECT_EQ(both(200, R"({"errorCode":1004})"), "-0 end, first: failed: malformed");
  EXPECT_EQ(both(400, R"({"code":1002})"), "failed: rejected, first: failed: rejected");
  EXPECT_EQ(both(500, R"({"code":1004})"), "failed: transient, first: failed: transient");
  EXPECT_EQ(both(400, ""), "failed: rejected, first: failed: rejected");
}

TEST(ConversationsAnswerTest, ATextThatNamesAFailureIsNoFailure) {
  EXPECT_EQ(summary(read(200, R"({"chat":[{"response":"INVALID_PAGE_NUMBER"}]})", 2)), "failed: malformed");
  EXPECT_EQ(summary(read(200, R"([{"response":"INVALID_PAGE_NUMBER","error":"x","status":500}])", 2)),
            "INVALID_PAGE_NUMBER -0");
}

TEST(ConversationsAnswerTest, AFailureInsideASuccessIsAFailure) {
  EXPECT_EQ(summary(read(200, R"({"status":{"code":2000},"conversations":[]})")), "failed: malformed");
  EXPECT_EQ(summary(read(200, R"({"status":{"code":"1002"},"conversations":[]})")), "failed: rejected");
  EXPECT_EQ(summary(read(200, R"({"status":401,"conversations":[]})")), "failed: unauthorized");
  EXPECT_EQ(summary(read(200, R"({"status":"429","conversations":[]})")), "failed: throttled");
  EXPECT_EQ(summary(read(200, R"({"status":200,"conversations":[]})")), "-0");
  EXPECT_EQ(summary(read(200, R"({"status":"success","conversations":[]})")), "-0");
  EXPECT_EQ(summary(read(200, R"({"status":1000,"conversations":[]})")), "-0");
  EXPECT_EQ(summary(read(200, R"({"error":{"code":403},"conversations":[]})")), "failed: unauthorized");
  for (const std::string nothing : {"null", "false", "\"\"", "0", "[]", "{}"}) {
    EXPECT_EQ(summary(read(200, R"({"error":)" + nothing + R"(,"conversations":[]})")), "-0") << nothing;
  }
  EXPECT_EQ(summary(read(200, R"({"success":false,"conversations":[]})")), "failed: malformed");
}

TEST(ConversationsAnswerTest, ABadElementIsCountedAndItsNeighboursLive) {
  EXPECT_EQ(summary(read(200, R"([{"response":"a"},null,[1],{"x":01},{"response":"\q"},false,{"response":"b"}])")),
            "a \\q b -4");
  EXPECT_EQ(summary(read(200, "[null,null]")), "-2");
  EXPECT_EQ(read(200, R"([{"response":"a"},{"message":{"response":"b"}},null])")->rejected_shape,
            "object with keys message(object)");
}

TEST(ConversationsAnswerTest, BadlyEncodedTextsLoseNothing) {
  const std::string nul(1, '\0');
  const std::string body = "[{\"response\":\"a\xFF\"},{\"response\":\"\\ud800\"},{\"response\":\"x" + nul +
                           "y\"},{\"response\":\"l\n\"},{\"re\xC3sponse\":1,\"text\":\"w\"},{\"response\":\"z\"}]";
  const Result<ConversationsPage> page = read(200, body);
  ASSERT_TRUE(page);
  ASSERT_EQ(page->rows.size(), 6U);
  EXPECT_EQ(page->rejected, 0);
  EXPECT_EQ(page->rows[0].text, "a\xEF\xBF\xBD");
  EXPECT_EQ(page->rows[1].text, "\xEF\xBF\xBD");
  EXPECT_EQ(page->rows[2].text, std::string("x\0y", 3));
  EXPECT_EQ(page->rows[3].text, "l\n");
  EXPECT_EQ(page->rows[5].text, "z");
  for (const Row& row : page->rows) {
    EXPECT_TRUE(is_json(row.raw)) << row.raw;
    EXPECT_TRUE(is_utf8(row.raw)) << row.raw;
  }
}

TEST(ConversationsAnswerTest, TakesTextsOfAnyLengthAndBoundsTheDepth) {
  const std::string huge(5'000'000, 'x');
  const Result<ConversationsPage> page = read(200, "[{\"response\":\"" + huge + "\"}]");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->rows.at(0).text.size(), huge.size());
  EXPECT_EQ(summary(read(200, "[{\"response\":" + std::string(1'000'000, '[') + std::string(1'000'000, ']') + "}]")),
            "failed: malformed");
  EXPECT_EQ(summary(read(200, "[{\"response\":" + std::string(100, '[') + std::string(100, ']') + "}]")),
            std::string(100, '[') + std::string(100, ']') + " -0");
}

TEST(ConversationsAnswerTest, NamesKeysThatCannotBeNumbersOfPeople) {
  const auto detail = [](const std::string& key) { return read(200, "{\"" + key + "\":1}").error().detail; };
  EXPECT_NE(detail("page_2024").find("page_2024"), std::string::npos);
  EXPECT_EQ(detail("page_20245").find("20245"), std::string::npos);
  for (const std::string key : {"a:b", "a/b", "a[", "a@", "a`", "a{", "a b"}) {
    EXPECT_EQ(detail(key).find(key), std::string::npos) << key;
  }
}

TEST(ConversationsAnswerTest, SaysWhatItSawWithoutSayingWhatWasInIt) {
  for (const std::string body : {R"({"chat":{"response":"CANARY"}})", R"("CANARY")", "CANARY", "<p>CANARY",
                                 R"([["CANARY"]])", R"({"a CANARY sentence":1})", R"([{"response":"CANARY)"}) {
    const Result<ConversationsPage> page = read(200, body);
    ASSERT_FALSE(page) << body;
    EXPECT_EQ(page.error().detail.find("CANARY"), std::string::npos) << page.error().detail;
    EXPECT_EQ(page.error().status, 200);
  }
}

}  // namespace
}  // namespace elit::elitbuzz
