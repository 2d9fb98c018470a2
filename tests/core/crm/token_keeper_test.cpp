#include "core/crm/token_keeper.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace elit::crm {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr Instant start = from_ms(1'769'850'902'345);
const json::value secrets{{"client_id", "id"}, {"client_secret", "canary-secret"}, {"refresh_token", "canary-first"}};

Text text(const std::string& written) {
  auto parsed = Text::parse(written);
  EXPECT_TRUE(parsed);
  return *std::move(parsed);
}

Locator at(std::string pointer) {
  Locator locator;
  locator.pointer = std::move(pointer);
  return locator;
}

SinkDesign design_with_refresh_token() {
  Credential credential;
  credential.name = "oauth";
  Credential::TokenRequest token;
  token.url = text("/oauth/token");
  TreeObject body;
  body.members.emplace_back(Text("grant_type"), Tree{Text("refresh_token")});
  body.members.emplace_back(Text("refresh_token"), Tree{text("${secret.refresh_token}")});
  token.body = Tree{std::move(body)};
  token.values = {{"access_token", at("/access_token")},
                  {"refresh_token", at("/refresh_token")},
                  {"expires_in", at("/expires_in")},
                  {"base_url", at("/instance_url")}};
  VerdictRule throttled;
  throttled.statuses = {{400, 400}};
  Condition denied;
  denied.at = at("/error");
  denied.equals = "Access Denied";
  throttled.conditions = {denied};
  throttled.verdict = Verdict::throttled;
  throttled.wait = 5min;
  token.verdicts = {throttled};
  credential.token = token;
  SinkDesign design;
  design.preset.credentials = {credential};
  design.base_url = "https://crm.example.com/api";
  design.config = {{"url", "https://crm.example.com/api"}};
  return design;
}

HttpResponse answer(int status, std::string body) {
  HttpResponse made;
  made.status = status;
  made.body = std::move(body);
  return made;
}

class TokenKeeperTest : public ::testing::Test {
 protected:
  TokenKeeper::Outcome give(const std::string& body, Instant now = start) {
    TokenKeeper::Outcome outcome = keeper_.on_answer(answer(200, body), secrets, now);
    if (!outcome.trouble) {
      keeper_.kept();
    }
    return outcome;
  }
  std::string access_token() const {
    const json::value* token = keeper_.values().get_object().if_contains("access_token");
    return token == nullptr ? "" : std::string(token->get_string().c_str());
  }
  std::string asked_with() const { return asked_with(keeper_); }
  static std::string asked_with(const TokenKeeper& keeper) {
    const auto request = keeper.request(secrets, start);
    return request ? request->request.body : request.error().detail;
  }

  const SinkDesign design_ = design_with_refresh_token();
  TokenKeeper keeper_{design_};
};

TEST_F(TokenKeeperTest, AsksBelowTheBaseUrlWithTheSecrets) {
  const auto request = keeper_.request(secrets, start);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->base_url, "https://crm.example.com");
  EXPECT_EQ(request->request.target, "/api/oauth/token");
  EXPECT_EQ(request->request.body, "grant_type=refresh_token&refresh_token=canary-first");
}

TEST_F(TokenKeeperTest, UsesANewTokenOnlyAfterItWasKept) {
  EXPECT_TRUE(keeper_.needed());
  EXPECT_FALSE(keeper_.is_fresh(start));
  const TokenKeeper::Outcome outcome =
      keeper_.on_answer(answer(200, R"({"access_token":"one","expires_in":3600})"), secrets, start);
  EXPECT_EQ(outcome.trouble, std::nullopt);
  EXPECT_NE(outcome.to_keep, "");
  EXPECT_FALSE(keeper_.is_fresh(start));
  EXPECT_EQ(access_token(), "");
  keeper_.kept();
  EXPECT_TRUE(keeper_.is_fresh(start));
  EXPECT_EQ(access_token(), "one");
  EXPECT_EQ(keeper_.version(), 1);
}

TEST_F(TokenKeeperTest, RenewsAMinuteOrATenthOfItsLifeBeforeTheEnd) {
  give(R"({"access_token":"one","expires_in":3600})");
  EXPECT_TRUE(keeper_.is_fresh(start + 58min));
  EXPECT_FALSE(keeper_.is_fresh(start + 59min));
  give(R"({"access_token":"two","expires_in":"100"})");
  EXPECT_TRUE(keeper_.is_fresh(start + 89s));
  EXPECT_FALSE(keeper_.is_fresh(start + 90s));
  give(R"({"access_token":"three"})");
  EXPECT_TRUE(keeper_.is_fresh(start + 24h * 400)) << "without a lifetime it holds until it is refused";
}

TEST_F(TokenKeeperTest, TakesARefusalOfAnOldTokenForNoNews) {
  give(R"({"access_token":"one"})");
  keeper_.accepted(1);
  give(R"({"access_token":"two"})");
  keeper_.refused(1);
  EXPECT_TRUE(keeper_.is_fresh(start));
  keeper_.refused(2);
  EXPECT_FALSE(keeper_.is_fresh(start));
}

TEST_F(TokenKeeperTest, DoesNotRenewForEverWhatIsRefusedAtFirstUse) {
  give(R"({"access_token":"one"})");
  keeper_.refused(1);
  EXPECT_FALSE(keeper_.may_renew());
  give(R"({"access_token":"two"})");
  keeper_.accepted(2);
  keeper_.refused(2);
  EXPECT_TRUE(keeper_.may_renew()) << "one that was good once is old now";
}

TEST_F(TokenKeeperTest, RenewsAKeptTokenThatIsRefusedAtFirstUse) {
  const std::string kept = give(R"({"access_token":"one"})").to_keep;
  TokenKeeper later(design_);
  later.take_up(kept, secrets, start);
  EXPECT_TRUE(later.is_fresh(start));
  later.refused(later.version());
  EXPECT_TRUE(later.may_renew());
}

TEST_F(TokenKeeperTest, UsesTheRotatedRefreshTokenFromThenOnAndAfterARestart) {
  const std::string kept = give(R"({"access_token":"one","refresh_token":"canary-second","expires_in":60})").to_keep;
  EXPECT_THAT(asked_with(), HasSubstr("canary-second"));
  TokenKeeper later(design_);
  later.take_up(kept, secrets, start);
  EXPECT_THAT(asked_with(later), HasSubstr("canary-second"));
  EXPECT_TRUE(later.is_fresh(start));
  EXPECT_FALSE(later.is_fresh(start + 60s)) << "its end is kept too";
}

TEST_F(TokenKeeperTest, ForgetsWhatWasKeptUnderOtherSecrets) {
  const std::string kept = give(R"({"access_token":"one","refresh_token":"canary-second"})").to_keep;
  TokenKeeper later(design_);
  const json::value others{{"client_id", "id"}, {"client_secret", "other"}, {"refresh_token", "canary-first"}};
  later.take_up(kept, others, start);
  EXPECT_EQ(later.version(), 0);
  EXPECT_THAT(asked_with(later), HasSubstr("canary-first"));
}

TEST_F(TokenKeeperTest, ForgetsWhatWasGivenForAnotherAddressOrAccount) {
  const std::string kept = give(R"({"access_token":"one","instance_url":"https://old.example.com"})").to_keep;
  const auto taken_up_by = [&kept](const SinkDesign& design) {
    TokenKeeper later(design);
    later.take_up(kept, secrets, start);
    return later.version() == 1;
  };
  EXPECT_TRUE(taken_up_by(design_));
  SinkDesign moved = design_;
  moved.base_url = "https://other.example.com/api";
  EXPECT_FALSE(taken_up_by(moved));
  SinkDesign other_endpoint = design_;
  other_endpoint.preset.credentials.front().token->url = text("https://accounts.example.eu/oauth/token");
  EXPECT_FALSE(taken_up_by(other_endpoint));
  SinkDesign other_scope = design_;
  TreeObject body;
  body.members.emplace_back(Text("scope"), Tree{Text("https://other.example.com/.default")});
  other_scope.preset.credentials.front().token->body = Tree{std::move(body)};
  EXPECT_FALSE(taken_up_by(other_scope));
  SinkDesign other_user = design_;
  other_user.preset.credentials.front().token->assertion.emplace().claims = {{"sub", Text("somebody@example.com")}};
  EXPECT_FALSE(taken_up_by(other_user));
  SinkDesign other_field = design_;
  other_field.config["subject"] = "Subject__c";
  EXPECT_TRUE(taken_up_by(other_field)) << "a setting that has nothing to do with tokens";
}

TEST_F(TokenKeeperTest, TakesUpNothingButItsOwnFile) {
  const std::string kept = give(R"({"access_token":"one","expires_in":60})").to_keep;
  for (std::size_t size = 0; size < kept.size(); ++size) {
    TokenKeeper other(design_);
    other.take_up(std::string_view(kept).substr(0, size), secrets, start);
    EXPECT_EQ(other.version(), 0) << size;
  }
  for (const char* foreign : {"", "null", "[]", "{}", R"({"access_token":"x"})", R"({"elitbuzz_sync_token":1})"}) {
    TokenKeeper other(design_);
    other.take_up(foreign, secrets, start);
    EXPECT_EQ(other.version(), 0) << foreign;
  }
}

TEST_F(TokenKeeperTest, KeepsTheDigestOfTheSecretsAndNotTheSecrets) {
  EXPECT_THAT(give(R"({"access_token":"one"})").to_keep,
              AllOf(Not(HasSubstr("canary-secret")), Not(HasSubstr("canary-first"))));
}

TEST_F(TokenKeeperTest, SortsTheTroublesOfTheTokenEndpoint) {
  const auto trouble = [this](int status, const std::string& body) {
    return keeper_.on_answer(answer(status, body), secrets, start);
  };
  EXPECT_EQ(trouble(400, R"({"error":"invalid_grant"})").trouble, Verdict::unauthorized);
  EXPECT_EQ(trouble(401, "").trouble, Verdict::unauthorized);
  EXPECT_EQ(trouble(503, "<html>").trouble, Verdict::retry);
  EXPECT_EQ(trouble(500, "").trouble, Verdict::retry);
  EXPECT_EQ(trouble(429, "").trouble, Verdict::throttled);
  const auto throttled = trouble(400, R"({"error":"Access Denied"})");
  EXPECT_EQ(throttled.trouble, Verdict::throttled);
  EXPECT_EQ(throttled.wait, 5min);
  EXPECT_EQ(trouble(200, R"({"hello":1})").trouble, Verdict::misconfigured);
  EXPECT_THAT(trouble(400, R"({"error":"invalid_grant"})").detail, HasSubstr("authorise"));
  EXPECT_THAT(trouble(400, "canary-secret").detail, Not(HasSubstr("canary")));
  EXPECT_EQ(keeper_.version(), 0);
}

TEST_F(TokenKeeperTest, IsLedNowhereWithoutTls) {
  EXPECT_EQ(give(R"({"access_token":"one","instance_url":"http://evil.example"})").trouble, Verdict::misconfigured);
  EXPECT_EQ(access_token(), "");
  EXPECT_EQ(give(R"({"access_token":"two","instance_url":"https://eu7.example.com"})").trouble, std::nullopt);
  EXPECT_EQ(give(R"({"access_token":"three","instance_url":"http://127.0.0.1:8080"})").trouble, std::nullopt);
  for (const char* disguised :
       {"http://127.evil.example", "http://localhost.evil.example", "http://localhost@evil.example",
        "http://[::1].evil.example", "http://127.1..2", "ftp://x", "//x"}) {
    EXPECT_EQ(give(std::string(R"({"access_token":"x","instance_url":")") + disguised + "\"}").trouble,
              Verdict::misconfigured)
        << disguised;
  }
}

TEST_F(TokenKeeperTest, SaysWhatNoLogMayRepeat) {
  give(R"({"access_token":"canary-access","refresh_token":"canary-second"})");
  EXPECT_THAT(keeper_.secrets_to_redact(), AllOf(Contains("canary-access"), Contains("canary-second")));
}

TEST_F(TokenKeeperTest, BeginsAnewWithOtherSecrets) {
  give(R"({"access_token":"one","refresh_token":"canary-second"})");
  keeper_.forget();
  EXPECT_FALSE(keeper_.is_fresh(start));
  EXPECT_EQ(access_token(), "");
  EXPECT_THAT(asked_with(), HasSubstr("canary-first"));
}

}  // namespace
}  // namespace elit::crm
