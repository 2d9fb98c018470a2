#include <gtest/gtest.h>

#include "core/elitbuzz/protocol.hpp"
#include "tests/support/source_options.hpp"

namespace elit::elitbuzz {
namespace {

constexpr Instant start = from_ms(1'769'850'000'000);
constexpr Instant end = from_ms(1'769'850'902'345);

std::string conversations_target(const SourceOptions& source, std::string_view user_id) {
  return conversations_request(source, user_id, start, end, 2, 500, "key").target;
}

TEST(RequestsTest, AskForTheUsersOfAnAudience) {
  const HttpRequest request = users_request(support_source(), {"user.language", "en"}, std::nullopt, "abc-1");
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target,
            "/bot-api/v1.0/customer/4660/bot/6bc26c50902b4838/users?attribute_name=user.language&attribute_value=en");
  EXPECT_TRUE(request.body.empty());
  ASSERT_EQ(request.headers.size(), 2U);
  EXPECT_EQ(request.headers[0].name, "Authorization");
  EXPECT_EQ(request.headers[0].value, "Basic abc-1");
  EXPECT_EQ(request.headers[1].name, "Accept");
  EXPECT_EQ(request.headers[1].value, "application/json");
}

TEST(RequestsTest, EncodeTheKeyOnlyWhenAskedTo) {
  SourceOptions source = support_source();
  source.api.authorization = "base64";
  EXPECT_EQ(users_request(source, {"a", "b"}, std::nullopt, "foobar").headers[0].value, "Basic Zm9vYmFy");
}

TEST(RequestsTest, SendAUsersPageOnlyWhenTheDialectNamesAParameter) {
  SourceOptions source = support_source();
  EXPECT_EQ(users_request(source, {"a", "b"}, 3, "k").target.find("=3"), std::string::npos);
  source.api.users_page_parameter = "page_number";
  EXPECT_TRUE(users_request(source, {"a", "b"}, 3, "k").target.ends_with("&page_number=3"));
}

TEST(RequestsTest, AskForAPageOfAWindowInMilliseconds) {
  EXPECT_EQ(conversations_target(support_source(), "919812345678"),
            "/bot-api/v1.0/customer/4660/bot/6bc26c50902b4838/channel-user/919812345678/conversations"
            "?start_date=1769850000000&end_date=1769850902345&page_number=2&page_size=500");
}

TEST(RequestsTest, FollowTheDialect) {
  SourceOptions source = support_source();
  source.api.conversations_path = "api/{user_id}/of/{bot_key}?v=2";
  source.api.page_size_parameter = "Page_size";
  source.api.start_date_parameter = "from";
  source.api.end_date_parameter = "";
  EXPECT_EQ(conversations_target(source, "u"),
            "/api/u/of/6bc26c50902b4838?v=2&from=1769850000000&page_number=2&Page_size=500");
}

TEST(RequestsTest, KeepAnyUserIdInOneSegmentOfThePath) {
  const auto segment = [](std::string_view user_id) {
    SourceOptions source = support_source();
    source.api.conversations_path = "/u/{user_id}/c";
    const std::string target = conversations_target(source, user_id);
    return target.substr(3, target.find("/c?") - 3);
  };
  EXPECT_EQ(segment("a/b@c:d e+f"), "a%2Fb%40c%3Ad%20e%2Bf");
  EXPECT_EQ(segment("é\n?#%"), "%C3%A9%0A%3F%23%25");
  EXPECT_EQ(segment("."), "%2E");
  EXPECT_EQ(segment(".."), "%2E%2E");
  EXPECT_EQ(segment("../../users"), "..%2F..%2Fusers");
  EXPECT_EQ(segment("{bot_key}"), "%7Bbot_key%7D");
}

TEST(RequestsTest, NeverLeaveAPlusInAQuery) {
  const std::string target = users_request(support_source(), {"a&b=c", "+1 ü"}, std::nullopt, "k").target;
  EXPECT_TRUE(target.ends_with("?attribute_name=a%26b%3Dc&attribute_value=%2B1%20%C3%BC")) << target;
}

TEST(RequestsDeathTest, RefuseAWindowThatTheApiWouldMisread) {
  const SourceOptions source = support_source();
  EXPECT_DEATH((void)conversations_request(source, "u", end, end, 1, 1, "k"), "window");
  EXPECT_DEATH((void)conversations_request(source, "u", from_ms(1'769'850'000), end, 1, 1, "k"), "window");
  EXPECT_DEATH((void)conversations_request(source, "u", start, end, 0, 1, "k"), "pages");
}

}  // namespace
}  // namespace elit::elitbuzz
