#include "core/fetch/member_facts.hpp"

#include <gtest/gtest.h>

namespace elit {
namespace {

Row row(std::string type, std::initializer_list<RowMember> members) {
  Row row;
  row.type = std::move(type);
  for (const RowMember member : members) {
    row.members.add(member);
  }
  return row;
}

const Row text = row("TEXT", {RowMember::sender, RowMember::message_type, RowMember::response});
const Row renamed = row("TEXT", {RowMember::sender, RowMember::message_type});

MemberFacts after(const Row& seen, int times) {
  MemberFacts facts;
  for (int i = 0; i < times; ++i) {
    facts.learn(seen);
  }
  return facts;
}

TEST(MemberFactsTest, AMemberThatAlwaysWasThereIsMissed) {
  EXPECT_TRUE(after(text, 2).missing(renamed, {}).empty()) << "two rows are no fact yet";
  EXPECT_EQ(after(text, 3).missing(renamed, {}), (std::vector{RowMember::response}));
  EXPECT_TRUE(after(text, 3).missing(text, {}).empty());
}

TEST(MemberFactsTest, AMemberThatOnceWasNotThereIsNeverMissed) {
  MemberFacts facts = after(text, 2);
  facts.learn(renamed);
  for (int i = 0; i < 10; ++i) {
    facts.learn(text);
  }
  EXPECT_TRUE(facts.missing(renamed, {}).empty());
}

TEST(MemberFactsTest, EachTypeOfMessageHasItsOwn) {
  const MemberFacts facts = after(text, 3);
  EXPECT_TRUE(facts.missing(row("LOCATION", {RowMember::sender, RowMember::message_type}), {}).empty());
  EXPECT_EQ(facts.missing(row("", {RowMember::sender}), {}), (std::vector{RowMember::message_type}))
      << "but all rows have a type";
}

TEST(MemberFactsTest, WhatTheOperatorAcceptsIsNotMissed) {
  const MemberFacts facts = after(text, 3);
  EXPECT_TRUE(facts.missing(renamed, {"response"}).empty());
  EXPECT_EQ(facts.missing(row("TEXT", {RowMember::message_type}), {"response"}), (std::vector{RowMember::sender}));
}

TEST(MemberFactsTest, SurviveAsTextAndDoNotGrowWithoutEnd) {
  MemberFacts facts = after(text, 1'000);
  facts.learn(renamed);
  EXPECT_EQ(MemberFacts::from_text(facts.to_text()), facts);
  EXPECT_EQ(after(text, 3), after(text, 1'000)) << "nothing new is to be recorded";
  for (int i = 0; i < 1'000; ++i) {
    facts.learn(row("TYPE_" + std::to_string(i), {RowMember::sender}));
  }
  EXPECT_LT(facts.to_text().size(), 4'000U);
  for (const char* damaged : {"", "[]", "{\"TEXT\":1}", "{\"TEXT\":[1]}", "{\"TEXT\":[9,9,9,9,9,9]}"}) {
    EXPECT_EQ(MemberFacts::from_text(damaged), MemberFacts()) << damaged;
  }
}

}  // namespace
}  // namespace elit
