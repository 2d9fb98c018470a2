#include <gtest/gtest.h>

#include <random>

#include "core/elitbuzz/protocol.hpp"
#include "core/text/json_scan.hpp"
#include "core/text/utf8.hpp"
#include "tests/support/source_options.hpp"

namespace elit::elitbuzz {
namespace {

constexpr int rounds = 15'000;
constexpr std::uint32_t seed = 20'260'131;

const std::vector<std::string>& seeds() {
  static const std::vector<std::string> bodies{
      R"({"conversations":[{"timestamp":"2026/01/31 09:15:02.345+0000","sender":"bot","message_type":"TEXT","response":"hi \ud83d\ude00"
         },
         {"timestamp":1769850902345,"sender":{"a":[1.5e3,null]},"response":{"z":1,"a":"\u00e9"},
          "file":{"url":"https://f/a?b#c"}},"x",12]})",
      R"([{"channelUserId":919812345678},{"userId":"a/b"},"91",{"user":{"phone_no":"+1"}},null,[7]])",
      R"({"status":{"code":"1004","desc":"INVALID_PAGE_NUMBER"},"responseObject":{"errors":[{"code":1002}]}})",
      "{\"data\":{\"content\":[{\"response\":\"\xE2\xAD\x90\"}]},\"error\":null}",
      "<html><head><title>502</title></head></html>",
  };
  return bodies;
}

// Changes a few bytes of a seed: overwrites, cuts, repeats, and inserts texts that parsers often handle wrongly.
std::string mutate(std::mt19937& random) {
  static const std::vector<std::string> pieces{"\"",
                                               "\\",
                                               "[",
                                               "]",
                                               "{",
                                               "}",
                                               ",",
                                               ":",
                                               "null",
                                               "\xFF",
                                               "\xED\xA0\x80",
                                               "\\ud800",
                                               "\\u",
                                               "1e999999999999",
                                               "-",
                                               std::string(1, '\0'),
                                               "\n",
                                               "[[[[[[[[",
                                               "\"error\":1,"};
  const auto below = [&random](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
  std::string text = seeds()[below(seeds().size())];
  for (std::size_t count = 1 + below(4); count > 0 && !text.empty(); --count) {
    const std::size_t place = below(text.size());
    switch (below(4)) {
      case 0:
        text[place] = static_cast<char>(random() & 0xFFU);
        break;
      case 1:
        text.erase(place, 1 + below(8));
        break;
      case 2:
        text.insert(place, pieces[below(pieces.size())]);
        break;
      default:
        text.insert(place, text.substr(below(text.size()), below(40)));
        break;
    }
  }
  return text;
}

void expect_sound(const Failure& failure, const std::string& body) {
  EXPECT_TRUE(is_utf8(failure.detail)) << body;
  EXPECT_LT(failure.detail.size(), 2000U) << body;
}

// Whether some array in the text has an element. A text that became an empty list may be read as one.
bool holds_an_empty_array(const std::string& body) {
  for (std::size_t place = body.find('['); place != std::string::npos; place = body.find('[', place + 1)) {
    const std::size_t next = body.find_first_not_of(" \t\r\n", place + 1);
    if (next != std::string::npos && body[next] == ']') {
      return true;
    }
  }
  return false;
}

TEST(HostileAnswerTest, NeverHurtAndAreNeverTakenForAnEmptyList) {
  std::mt19937 random(seed);
  SourceOptions source = support_source();
  for (int round = 0; round < rounds; ++round) {
    HttpResponse answer;
    answer.status = random() % 8 == 0 ? 400 : 200;
    answer.body = mutate(random);
    SCOPED_TRACE("round " + std::to_string(round) + ": " + answer.body);
    const Result<ConversationsPage> page = read_conversations(source, "91", 1, answer);
    if (!page) {
      expect_sound(page.error(), answer.body);
    } else {
      EXPECT_TRUE(!page->rows.empty() || page->rejected > 0 || holds_an_empty_array(answer.body));
      for (const Row& row : page->rows) {
        EXPECT_TRUE(is_json(row.raw) && is_utf8(row.raw) && is_utf8(row.text) && is_utf8(row.sender));
        EXPECT_TRUE(is_utf8(row.type) && is_utf8(row.instant_text) && (!row.media || is_utf8(row.media->url)));
      }
    }
    const Result<UsersAnswer> users = read_users(source, answer);
    if (!users) {
      expect_sound(users.error(), answer.body);
    } else {
      EXPECT_TRUE(!users->users.empty() || holds_an_empty_array(answer.body));
      for (const ListedUser& user : users->users) {
        EXPECT_TRUE(!user.user_id.empty() && is_utf8(user.user_id) && is_json(user.element));
      }
    }
    if (HasFailure()) {
      return;
    }
  }
}

TEST(HostileAnswerTest, PureNoiseIsMalformed) {
  std::mt19937 random(seed);
  for (int round = 0; round < rounds; ++round) {
    HttpResponse answer;
    answer.status = 200;
    answer.body.resize(1 + random() % 64);
    for (char& c : answer.body) {
      c = static_cast<char>(random() & 0xFFU);
    }
    const Result<ConversationsPage> page = read_conversations(SourceOptions{}, "91", 2, answer);
    ASSERT_FALSE(page) << "round " << round;
    EXPECT_EQ(page.error().kind, FailureKind::malformed);
    expect_sound(page.error(), answer.body);
  }
}

}  // namespace
}  // namespace elit::elitbuzz
