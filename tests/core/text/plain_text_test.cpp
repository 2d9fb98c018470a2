#include "core/text/plain_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace elit {
namespace {

using Sizer = std::size_t (*)(std::string_view);

// The place where the search stops in a text with one `special` byte, for each place and each length around the sizes
// of words and registers.
void expect_stops_at(Sizer sizer, char special) {
  for (std::size_t size = 1; size <= 40; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      std::string text(size, '~');
      text[place] = special;
      EXPECT_EQ(sizer(text), place) << "byte " << static_cast<int>(special) << " in " << size;
    }
  }
}

void expect_passes(Sizer sizer, char plain) {
  for (std::size_t size = 0; size <= 40; ++size) {
    EXPECT_EQ(sizer(std::string(size, plain)), size) << "byte " << static_cast<int>(plain);
  }
}

TEST(PlainTextTest, StopsAtEveryByteThatIsNotPlainAndAtNoOther) {
  for (int byte = 0; byte < 256; ++byte) {
    const bool ascii = byte < 0x80;
    const bool plain = byte >= 0x20 && byte != '"' && byte != '\\';
    const char c = static_cast<char>(byte);
    (plain ? expect_passes : expect_stops_at)(json_plain_size, c);
    (plain && ascii ? expect_passes : expect_stops_at)(json_plain_ascii_size, c);
    (ascii ? expect_passes : expect_stops_at)(ascii_size, c);
  }
}

TEST(PlainTextTest, StopsAtTheFirstOfSeveral) {
  EXPECT_EQ(json_plain_size("0123456789abcdefgh\"\\\x01"), 18U);
  EXPECT_EQ(json_plain_ascii_size("abc\xC3\xA9\"\\"), 3U);
  EXPECT_EQ(json_plain_size("abc\xC3\xA9\"\\"), 5U);
}

}  // namespace
}  // namespace elit
