#include "core/text/decimal_text.hpp"

#include <gtest/gtest.h>

namespace elit {
namespace {

std::string plain(std::string_view text) {
  const std::optional<Decimal> decimal = parse_decimal(text);
  return decimal ? to_plain_text(*decimal).value_or("too long") : "no number";
}

TEST(DecimalTextTest, WritesNumbersWithoutExponentAndWithoutLoss) {
  EXPECT_EQ(plain("919812345678"), "919812345678");
  EXPECT_EQ(plain("9.19812345678e11"), "919812345678");
  EXPECT_EQ(plain("919812345678.0"), "919812345678");
  EXPECT_EQ(plain("123456789012345678901234567890"), "123456789012345678901234567890");
  EXPECT_EQ(plain("-1.50"), "-1.5");
  EXPECT_EQ(plain("5e-3"), "0.005");
  EXPECT_EQ(plain("12.5"), "12.5");
  EXPECT_EQ(plain("-0.0"), "0");
}

TEST(DecimalTextTest, RefusesWhatIsNoNumberAndWhatIsBeyondReason) {
  for (const std::string_view text : {"", "-", ".", "e5", "1e", "1e+", "1x", "0x10", " 1", "1e9999999999999999"}) {
    EXPECT_EQ(plain(text), "no number") << text;
  }
  EXPECT_EQ(plain("1e64"), "too long");
  EXPECT_EQ(plain("1e-400"), "too long");
  EXPECT_EQ(plain("1e999999999"), "too long");
}

TEST(DecimalTextTest, KnowsOneZeroBesideItsSign) {
  EXPECT_EQ(parse_decimal("0"), Decimal{});
  EXPECT_EQ(parse_decimal("0.00e7"), Decimal{});
  EXPECT_EQ(parse_decimal("-0"), (Decimal{true, "", 0}));
}

}  // namespace
}  // namespace elit
