#include "core/simulator/faults.hpp"

#include <gtest/gtest.h>

#include <map>

namespace elit::simulator {
namespace {

using std::chrono::seconds;

constexpr Instant now = from_ms(1'769'850'902'345);

TEST(FaultsTest, HappenAsOftenAsTheirShareSays) {
  WireFaults faults;
  faults.server_errors = 0.1;
  faults.hangs = 0.2;
  Random random(7);
  std::map<Trouble, int> seen;
  for (int i = 0; i < 10'000; ++i) {
    ++seen[draw_trouble(faults, seconds{0}, random)];
  }
  EXPECT_NEAR(seen[Trouble::server_error], 1000, 150);
  EXPECT_NEAR(seen[Trouble::hang], 2000, 200);
  EXPECT_EQ(seen.size(), 3U);
}

TEST(FaultsTest, AreTheSameForTheSameSeed) {
  WireFaults faults;
  faults.resets = 0.5;
  Random a(3);
  Random b(3);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(draw_trouble(faults, seconds{0}, a), draw_trouble(faults, seconds{0}, b));
  }
}

TEST(FaultsTest, OfATimeHappenInThatTimeOnly) {
  WireFaults faults;
  faults.down = *parse_toggle("20..35.5");
  Random random(1);
  EXPECT_EQ(draw_trouble(faults, seconds{19}, random), Trouble::none);
  EXPECT_EQ(draw_trouble(faults, seconds{20}, random), Trouble::down);
  EXPECT_EQ(draw_trouble(faults, Milliseconds{35'499}, random), Trouble::down);
  EXPECT_EQ(draw_trouble(faults, Milliseconds{35'500}, random), Trouble::none);
}

TEST(FaultsTest, SayHowLongToWait) {
  WireFaults faults;
  faults.retry_after_s = 9;
  EXPECT_EQ(refusal(Trouble::down, faults, now).answer.status, 503);
  EXPECT_EQ(refusal(Trouble::throttled, faults, now).answer.status, 429);
  EXPECT_EQ(refusal(Trouble::throttled, faults, now).answer.header("Retry-After"), "9");
  faults.retry_after_date = true;
  EXPECT_EQ(refusal(Trouble::down, faults, now).answer.header("Retry-After"), "Sat, 31 Jan 2026 09:15:11 GMT");
  faults.retry_after_s = 0;
  EXPECT_EQ(refusal(Trouble::down, faults, now).answer.header("Retry-After"), std::nullopt);
}

TEST(FaultsTest, RefuseWithoutDoingAnything) {
  const WireFaults faults;
  EXPECT_EQ(refusal(Trouble::unauthorized, faults, now).answer.status, 401);
  EXPECT_EQ(refusal(Trouble::server_error, faults, now).answer.status, 500);
  EXPECT_EQ(refusal(Trouble::html, faults, now).answer.header("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(refusal(Trouble::hang, faults, now).fault, WireFault::hang);
  EXPECT_EQ(refusal(Trouble::reset, faults, now).fault, WireFault::close_before_answer);
}

TEST(FaultsTest, RefuseEverythingAtAWrongAddress) {
  WireFaults faults;
  faults.wrong_address.on = true;
  faults.hangs = 1;
  Random random(1);
  EXPECT_EQ(draw_trouble(faults, seconds{0}, random), Trouble::wrong_address);
  EXPECT_FALSE(carried_out(Trouble::wrong_address));
  EXPECT_EQ(refusal(Trouble::wrong_address, faults, now).answer.status, 404);
  faults.wrong_address_status = 410;
  EXPECT_EQ(refusal(Trouble::wrong_address, faults, now).answer.status, 410);
}

TEST(FaultsTest, SpoilWhatWasCarriedOut) {
  WireFaults faults;
  faults.slow_s = 3;
  faults.latency_s = 0.5;
  const Reply good = json_reply(200, "0123456789");
  EXPECT_EQ(spoiled(Trouble::none, faults, good).delay, Milliseconds{500});
  EXPECT_EQ(spoiled(Trouble::slow, faults, good).delay, Milliseconds{3500});
  EXPECT_EQ(spoiled(Trouble::lost_answer, faults, good).fault, WireFault::close_before_answer);
  EXPECT_EQ(spoiled(Trouble::truncated, faults, good).fault, WireFault::close_mid_body);
  EXPECT_EQ(spoiled(Trouble::garbage, faults, good).fault, WireFault::garbage);
  EXPECT_EQ(spoiled(Trouble::drip, faults, good).fault, WireFault::drip);
  EXPECT_EQ(spoiled(Trouble::broken_json, faults, good).answer.body, "01234");
  for (const Trouble trouble : {Trouble::slow, Trouble::lost_answer, Trouble::truncated, Trouble::drip}) {
    EXPECT_TRUE(carried_out(trouble));
  }
  for (const Trouble trouble : {Trouble::down, Trouble::reset, Trouble::hang, Trouble::server_error}) {
    EXPECT_FALSE(carried_out(trouble));
  }
}

TEST(SettingsTest, RefuseWhatTheyDoNotKnowAndSayWhatIsRight) {
  ApiFaults faults;
  EXPECT_EQ(apply(api_fault_settings(), faults, "server_errors", "0.25"), std::nullopt);
  EXPECT_EQ(faults.server_errors, 0.25);
  EXPECT_EQ(apply(api_fault_settings(), faults, "server_errors", "1.5"),
            "server_errors: \"1.5\" is not a possible value; write 0 to 1");
  EXPECT_EQ(faults.server_errors, 0.25);
  EXPECT_NE(apply(api_fault_settings(), faults, "sever_errors", "1")->find("users_shrunk"), std::string::npos);
}

TEST(SettingsTest, ReadTogglesInEveryForm) {
  EXPECT_TRUE(parse_toggle("yes")->on);
  EXPECT_FALSE(parse_toggle("false")->on);
  EXPECT_EQ(to_string(*parse_toggle("1.5..4")), "1.5..4");
  for (const char* wrong : {"", "maybe", "4..1", "..3", "1..", "-1..2"}) {
    EXPECT_FALSE(parse_toggle(wrong)) << wrong;
  }
}

TEST(SettingsTest, NeverShowASecret) {
  ApiFaults faults;
  faults.api_key = "canary";
  for (const Setting<ApiFaults>& row : api_fault_settings()) {
    EXPECT_NE(row.show(faults), "canary");
  }
}

}  // namespace
}  // namespace elit::simulator
