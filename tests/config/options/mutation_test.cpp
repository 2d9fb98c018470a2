#include <gtest/gtest.h>

#include <random>
#include <string>

#include "config/options/example.hpp"
#include "tests/config/configurations.hpp"

namespace elit::config {
namespace {

// Changes, drops, doubles or inserts a few bytes of `text`.
std::string mutated(std::string text, std::mt19937& random) {
  static const std::string spice = ":-#{}[]\"'&*!|>%@`,?~\n\t \\0\x80\xFF";
  const auto below = [&](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
  };
  const std::size_t changes = 1 + below(4);
  for (std::size_t change = 0; change < changes; ++change) {
    const std::size_t at = below(text.size());
    switch (below(4)) {
      case 0:
        text[at] = spice[below(spice.size())];
        break;
      case 1:
        text.erase(at, 1 + below(20));
        break;
      case 2:
        text.insert(at, text.substr(below(text.size()), 1 + below(40)));
        break;
      default:
        text.insert(at, 1, static_cast<char>(below(256)));
        break;
    }
  }
  return text;
}

// Any bytes give either options or mistakes, each mistake at a place inside the text and on one line, and no crash.
TEST(MutationTest, OfTheExampleGiveOptionsOrMistakesAndNothingElse) {
  std::mt19937 random(20260601);
  const std::string example = example_yaml();
  int refused = 0;
  for (int round = 0; round < 1500; ++round) {
    const std::string text = mutated(round % 2 == 0 ? example : smallest, random);
    const Loaded loaded = load_for_test(text);
    ASSERT_EQ(loaded.options.has_value(), loaded.mistakes.empty()) << text;
    refused += loaded.options ? 0 : 1;
    for (const Diagnostic& mistake : loaded.mistakes) {
      ASSERT_GE(mistake.line, 1);
      ASSERT_GE(mistake.column, 1);
      ASSERT_EQ(to_string(mistake).find('\n'), std::string::npos);
    }
  }
  EXPECT_GT(refused, 700);
}

}  // namespace
}  // namespace elit::config
