#include "core/fetch/row_match.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace elit {
namespace {

Digest digest_number(std::uint8_t number) {
  Digest digest;
  digest.bytes[0] = number;
  return digest;
}

RowContent row(std::uint8_t number, std::string_view text, std::string_view url = {}, std::string_view raw = {}) {
  return {digest_number(number), "user", "TEXT", text, url, raw.empty() ? text : raw};
}

std::vector<std::optional<std::size_t>> pairs(const std::vector<RowMatch>& matches) {
  std::vector<std::optional<std::size_t>> pairs;
  for (const RowMatch& match : matches) {
    pairs.push_back(match.known);
  }
  return pairs;
}

using Pairs = std::vector<std::optional<std::size_t>>;

TEST(RowMatchTest, EqualRowsAreTheSameMessagesAndTheRestIsNew) {
  const auto matches =
      match_rows({row(1, "a"), row(2, "b")}, {row(2, "b"), row(3, "c"), row(1, "a"), row(1, "a")}, true);
  EXPECT_EQ(pairs(matches), (Pairs{1, std::nullopt, 0, std::nullopt}));
  EXPECT_FALSE(matches[0].refresh);
  EXPECT_FALSE(matches[1].near_copy) << "every stored one was read";
}

TEST(RowMatchTest, AmongRowsOfOneDigestTheWholeContentDecides) {
  const RowContent known = row(1, "photo", "https://f/a", "{a}");
  const auto matches = match_rows({known}, {row(1, "photo", "https://f/b", "{b}"), known}, true);
  EXPECT_EQ(pairs(matches), (Pairs{std::nullopt, 0}));
}

TEST(RowMatchTest, WhatPeopleDoNotSeeMayChange) {
  const auto matches = match_rows({row(1, "a", "", "{read:0}")}, {row(2, "a", "", "{read:1}")}, true);
  EXPECT_EQ(pairs(matches), (Pairs{0}));
  EXPECT_TRUE(matches[0].refresh);
}

TEST(RowMatchTest, AFieldThatIsFilledIsNoNewMessageAndOneThatIsEmptiedChangesNothing) {
  const auto filled = match_rows({row(1, "")}, {row(2, "hi", "https://f/a")}, true);
  EXPECT_EQ(pairs(filled), (Pairs{0}));
  EXPECT_TRUE(filled[0].refresh);
  const auto emptied = match_rows({row(1, "hi", "https://f/a")}, {row(2, "", "https://f/a")}, true);
  EXPECT_EQ(pairs(emptied), (Pairs{0}));
  EXPECT_FALSE(emptied[0].refresh);
}

TEST(RowMatchTest, ARowThatGainsOneFieldAndLosesAnotherIsAnotherMessage) {
  EXPECT_EQ(pairs(match_rows({row(1, "hi")}, {row(2, "", "https://f/a")}, true)), (Pairs{std::nullopt}));
}

TEST(RowMatchTest, AStoredMessageThatWasReadAgainTakesNoOther) {
  EXPECT_EQ(pairs(match_rows({row(1, "")}, {row(2, "hi"), row(1, "")}, true)), (Pairs{std::nullopt, 0}));
}

TEST(RowMatchTest, LinksAndMediaMayBeSignedAnew) {
  EXPECT_EQ(pairs(match_rows({row(1, "see https://f/a/xyz")}, {row(2, "see https://f/b/uvw")}, true)), (Pairs{0}));
  EXPECT_EQ(pairs(match_rows({row(1, "x", "https://f/1")}, {row(2, "x", "https://f/2")}, true)), (Pairs{0}));
  EXPECT_EQ(pairs(match_rows({row(1, "see https://f/a")}, {row(2, "look https://f/a")}, true)), (Pairs{std::nullopt}));
}

TEST(RowMatchTest, AnotherTextOfTheSameSenderIsANearCopy) {
  const auto matches = match_rows({row(1, "one")}, {row(2, "two")}, true);
  EXPECT_EQ(pairs(matches), (Pairs{std::nullopt}));
  EXPECT_TRUE(matches[0].near_copy);
  RowContent other = row(2, "two");
  other.sender = "bot";
  EXPECT_FALSE(match_rows({row(1, "one")}, {other}, true)[0].near_copy);
}

TEST(RowMatchTest, AListWithoutAProvenEndChangesNothing) {
  const auto matches = match_rows({row(1, "")}, {row(2, "hi")}, false);
  EXPECT_EQ(pairs(matches), (Pairs{0}));
  EXPECT_FALSE(matches[0].refresh);
}

TEST(RowMatchTest, ThousandsOfRowsOfOneInstantAreMatchedInNoTime) {
  std::vector<std::string> texts;
  for (int i = 0; i < 20'000; ++i) {
    texts.push_back("text " + std::to_string(i));
  }
  std::vector<RowContent> known;
  std::vector<RowContent> read;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    known.push_back(row(1, texts[i]));
    read.push_back(row(1, texts[texts.size() - 1 - i]));
  }
  const auto matches = match_rows(known, read, true);
  EXPECT_EQ(matches.front().known, texts.size() - 1);
  EXPECT_EQ(matches.back().known, 0U);
}

}  // namespace
}  // namespace elit
