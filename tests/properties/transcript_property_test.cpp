// The transcripts of a user's day while messages arrive in any order.

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/crm/work.hpp"
#include "core/text/clean_text.hpp"
#include "core/text/utf8.hpp"
#include "tests/properties/for_all.hpp"

namespace elit::properties {
namespace {

using crm::Activity;

// One case makes about fifty transcripts, so there are fewer cases.
constexpr int cases = cases_default / 20;

constexpr Instant morning = from_ms(1'769'850'900'000);  // 2026-01-31T09:15:00Z

// No digits, colons and blanks: the test recognises labels of messages by them.
std::string text_from(Choices& choices) {
  static const std::vector<std::string> pieces{"a",
                                               "&",
                                               "<",
                                               "\"",
                                               "é",
                                               "😀",
                                               "👨‍👩‍👧‍👦",
                                               "🇮🇳",
                                               "e\u0301",
                                               "שלום",
                                               "\n",
                                               "\u202E",
                                               std::string(1, '\0'),
                                               std::string(40, 'w'),
                                               std::string(70, '&'),
                                               std::string(200, 'x')};
  std::string text = "a";
  while (choices.more(4)) {
    text += choices.pick(pieces);
  }
  return text;
}

// Messages of one day in their order; some at the same instant.
std::vector<OutgoingMessage> day_from(Choices& choices) {
  std::vector<OutgoingMessage> day;
  Instant instant = morning;
  while (choices.more(5) && day.size() < 12) {
    OutgoingMessage message;
    message.user = 1;
    message.source = "support";
    message.user_id = "u";
    message.key = std::string(32, static_cast<char>('a' + day.size()));
    message.direction = choices.one_of({Direction::in, Direction::out});
    message.type = "TEXT";
    message.text = text_from(choices);
    instant += Milliseconds{choices.between(0, 2) * 1'000};
    message.instant = instant;
    day.push_back(std::move(message));
  }
  return day;
}

crm::WorkOptions options_from(Choices& choices) {
  crm::WorkOptions options;
  options.unit = crm::DeliveryUnit::day;
  options.text.html = choices.chance(2);
  options.text.limit = static_cast<std::size_t>(choices.between(64, 260));
  options.text.limit_unit = choices.one_of({TextUnit::code_points, TextUnit::utf16, TextUnit::bytes});
  return options;
}

std::string told(const crm::WorkOptions& options, const std::vector<OutgoingMessage>& day) {
  std::string text = (options.text.html ? "html, limit " : "limit ") + std::to_string(options.text.limit);
  for (const OutgoingMessage& message : day) {
    text += "\n  " + std::to_string(to_ms(*message.instant) - to_ms(morning)) + " ms " +
            testing::PrintToString(message.text);
  }
  return text;
}

std::vector<Activity> parts_of(const crm::WorkOptions& options, const std::vector<OutgoingMessage>& batch,
                               const std::vector<OutgoingMessage>& delivered = {}) {
  return crm::make_work(options, batch, delivered).activities;
}

std::string member(const Activity& part, std::string_view name) {
  return std::string(part.values.at(name).as_string());
}

// Counts in another way than the product.
std::size_t length_of(const std::string& text, TextUnit unit) {
  if (unit == TextUnit::bytes) {
    return text.size();
  }
  const auto count = [&](auto fits) { return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), fits)); };
  const std::size_t pairs = count([](unsigned char byte) { return byte >= 0xF0; });
  return count([](unsigned char byte) { return (byte & 0xC0U) != 0x80U; }) + (unit == TextUnit::utf16 ? pairs : 0);
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

std::string without(std::string text, std::string_view what) {
  replace_all(text, what, "");
  return text;
}

TEST(TranscriptPropertyTest, FullPartsStayAsTheyAreWhileTheDayGrows) {
  for_all(
      [](Choices& choices) {
        const crm::WorkOptions options = options_from(choices);
        const std::vector<OutgoingMessage> day = day_from(choices);
        choices.note([&] { return told(options, day); });
        std::vector<Activity> before;
        for (std::size_t count = 1; count <= day.size(); ++count) {
          const auto end = day.begin() + static_cast<std::ptrdiff_t>(count);
          const std::vector<Activity> now = parts_of(options, {*std::prev(end)}, {day.begin(), std::prev(end)});
          EXPECT_GE(now.size(), before.size());
          for (std::size_t i = 0; i + 1 < before.size() && i < now.size(); ++i) {
            EXPECT_EQ(now[i].digest, before[i].digest) << member(now[i], "text");
          }
          if (!before.empty() && before.size() <= now.size()) {
            EXPECT_TRUE(member(now[before.size() - 1], "text").starts_with(member(before.back(), "text")))
                << "the last part only grows";
          }
          before = now;
        }
      },
      cases);
}

TEST(TranscriptPropertyTest, IsTheSameForEveryOrderOfArrival) {
  for_all(
      [](Choices& choices) {
        const crm::WorkOptions options = options_from(choices);
        const std::vector<OutgoingMessage> day = day_from(choices);
        choices.note([&] { return told(options, day); });
        if (day.empty()) {
          return;
        }
        std::vector<OutgoingMessage> shuffled = day;
        for (std::size_t i = 0; i < shuffled.size(); ++i) {
          std::swap(shuffled[i], shuffled[i + choices.below(shuffled.size() - i)]);
        }
        const auto split = shuffled.begin() + 1 + static_cast<std::ptrdiff_t>(choices.below(shuffled.size()));
        const auto whole = parts_of(options, day);
        const auto other = parts_of(options, {shuffled.begin(), split}, {split, shuffled.end()});
        EXPECT_EQ(whole.size(), other.size());
        for (std::size_t i = 0; i < std::min(whole.size(), other.size()); ++i) {
          EXPECT_EQ(whole[i].digest, other[i].digest);
          EXPECT_EQ(whole[i].local_key, other[i].local_key);
        }
        EXPECT_GE(whole.size(), parts_of(options, {shuffled.begin(), split}).size()) << "parts never become fewer";
      },
      cases);
}

TEST(TranscriptPropertyTest, HoldsEveryTextOnceAndInOrder) {
  for_all(
      [](Choices& choices) {
        const crm::WorkOptions options = options_from(choices);
        const std::vector<OutgoingMessage> day = day_from(choices);
        choices.note([&] { return told(options, day); });
        std::string expected;
        for (const OutgoingMessage& message : day) {
          expected += without(clean_text(message.text), "\n");
        }
        std::string found;
        for (const Activity& part : parts_of(options, day)) {
          std::string plain = member(part, "plain");
          for (const std::string_view label : {"Customer (continued): ", "Bot (continued): ", "Customer: ", "Bot: "}) {
            for (std::size_t at = plain.find(label); at != std::string::npos; at = plain.find(label)) {
              const std::size_t time = std::min<std::size_t>(at, 9);
              plain.erase(at - time, time + label.size());
            }
          }
          found += without(without(plain, "\n"), "  ");
        }
        EXPECT_EQ(found, expected);
      },
      cases);
}

TEST(TranscriptPropertyTest, FitsAndIsWellFormed) {
  for_all(
      [](Choices& choices) {
        const crm::WorkOptions options = options_from(choices);
        const std::vector<OutgoingMessage> day = day_from(choices);
        choices.note([&] { return told(options, day); });
        for (const Activity& part : parts_of(options, day)) {
          std::string text = member(part, "text");
          EXPECT_LE(length_of(text, options.text.limit_unit), options.text.limit);
          EXPECT_TRUE(is_utf8(text) && text.find('\0') == std::string::npos);
          if (options.text.html) {
            replace_all(text, "<br>", "\n");
            EXPECT_EQ(text.find('<'), std::string::npos) << text;
            for (const auto& [entity, character] : {std::pair{"&nbsp;", " "}, {"&lt;", "<"}, {"&quot;", "\""}}) {
              replace_all(text, entity, character);
            }
            replace_all(text, "&amp;", "&");
          }
          EXPECT_EQ(text, member(part, "plain")) << "an entity or tag is cut";
        }
      },
      cases);
}

}  // namespace
}  // namespace elit::properties
