#include "core/crm/pacer.hpp"

#include <gtest/gtest.h>

namespace elit::crm {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime begin{Milliseconds{50'000}};
constexpr Instant wall = from_ms(1'769'850'902'345);

Locator header(std::string name, std::optional<Pattern> pattern = {}) {
  Locator locator;
  locator.header = std::move(name);
  locator.pattern = std::move(pattern);
  return locator;
}

HttpResponse answer_with(std::vector<HttpHeader> headers) {
  HttpResponse answer;
  answer.status = 200;
  answer.headers = std::move(headers);
  return answer;
}

TEST(PacerTest, WithoutRulesLetsEverythingGoAtOnce) {
  Pacer pacer(PaceRules{});
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_LE(pacer.earliest(begin), begin);
    pacer.on_request(begin);
  }
}

TEST(PacerTest, NeverLetsMoreGoInAnyWindowThanItsRequests) {
  PaceRules rules;
  rules.requests = 10;
  rules.window = 1s;
  Pacer pacer(rules);
  std::vector<SteadyTime> sent;
  SteadyTime now = begin;
  while (sent.size() < 100) {
    now = std::max(now, pacer.earliest(now));
    pacer.on_request(now);
    sent.push_back(now);
    now += Milliseconds{sent.size() % 7 == 0 ? 130 : 0};
  }
  for (std::size_t i = 10; i < sent.size(); ++i) {
    EXPECT_GE(sent[i] - sent[i - 10], rules.window) << i;
  }
  EXPECT_LE(sent.back() - begin, 10 * rules.window) << "it is no slower than it has to be";
}

TEST(PacerTest, WaitsUntilAWindowThatIsUsedUpIsFullAgain) {
  using Unit = PaceRules::Burst::Unit;
  const auto wait_after = [](Unit unit, const std::string& reset) {
    PaceRules rules;
    rules.burst = PaceRules::Burst{header("X-Remaining"), header("X-Reset"), unit};
    Pacer pacer(rules);
    pacer.on_answer(parse(answer_with({{"X-Remaining", "0"}, {"X-Reset", reset}})), Now{wall, begin});
    return pacer.earliest(begin) - begin;
  };
  EXPECT_EQ(wait_after(Unit::seconds, "7"), 7s);
  EXPECT_EQ(wait_after(Unit::milliseconds, "250"), 250ms);
  EXPECT_EQ(wait_after(Unit::epoch_milliseconds, "1769850905345"), 3s);
  EXPECT_EQ(wait_after(Unit::epoch_seconds, "1769850903"), 655ms);
  EXPECT_EQ(wait_after(Unit::epoch_seconds, "1"), 0s) << "what is past needs no waiting";
  EXPECT_EQ(wait_after(Unit::seconds, "99999999999"), 24h) << "nobody is waited for longer than a day";
  EXPECT_EQ(wait_after(Unit::seconds, "soon"), 1s) << "what cannot be read costs a short wait";
}

TEST(PacerTest, GoesOnWhileSomeOfTheWindowIsLeft) {
  PaceRules rules;
  rules.burst = PaceRules::Burst{header("X-Remaining"), std::nullopt, PaceRules::Burst::Unit::seconds};
  Pacer pacer(rules);
  pacer.on_answer(parse(answer_with({{"x-remaining", "1"}})), Now{wall, begin});
  pacer.on_answer(parse(answer_with({})), Now{wall, begin});
  pacer.on_answer(parse(answer_with({{"X-Remaining", "many"}})), Now{wall, begin});
  EXPECT_LE(pacer.earliest(begin), begin);
}

TEST(PacerTest, LeavesAShareOfTheBudgetToOthers) {
  PaceRules rules;
  PaceRules::Budget budget;
  budget.remaining = header("X-Left");
  budget.limit = header("X-Limit");
  budget.reserve = 0.2;
  budget.wait = 30min;
  rules.budget = budget;
  Pacer pacer(rules);
  pacer.on_answer(parse(answer_with({{"X-Left", "201"}, {"X-Limit", "1000"}})), Now{wall, begin});
  EXPECT_LE(pacer.earliest(begin), begin);
  pacer.on_answer(parse(answer_with({{"X-Left", "199"}, {"X-Limit", "1000"}})), Now{wall, begin});
  EXPECT_EQ(pacer.earliest(begin) - begin, 30min);
}

TEST(PacerTest, ReadsWhatSalesforceSaysOfItsBudget) {
  PaceRules rules;
  PaceRules::Budget budget;
  budget.used = header("Sforce-Limit-Info", Pattern("api-usage=([0-9]+)/"));
  budget.limit = header("Sforce-Limit-Info", Pattern("api-usage=[0-9]+/([0-9]+)"));
  budget.reserve = 0.1;
  rules.budget = budget;
  Pacer pacer(rules);
  pacer.on_answer(parse(answer_with({{"Sforce-Limit-Info", "api-usage=18/100000"}})), Now{wall, begin});
  EXPECT_LE(pacer.earliest(begin), begin);
  pacer.on_answer(parse(answer_with({{"Sforce-Limit-Info", "api-usage=95000/100000"}})), Now{wall, begin});
  EXPECT_GT(pacer.earliest(begin), begin);
}

}  // namespace
}  // namespace elit::crm
