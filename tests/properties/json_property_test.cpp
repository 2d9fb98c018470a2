// Compares our readers, comparisons and quoting of JSON with Boost.JSON and with the values the texts were made from.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <optional>
#include <string>

#include "core/text/canonical_json.hpp"
#include "core/text/json_scan.hpp"
#include "core/text/json_text.hpp"
#include "core/text/utf8.hpp"
#include "tests/properties/for_all.hpp"
#include "tests/properties/json_model.hpp"

namespace elit::properties {
namespace {

std::optional<boost::json::value> parsed(const std::string& text) {
  boost::json::parse_options options;
  options.max_depth = json_depth_max;
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(text, error, {}, options);
  return error ? std::nullopt : std::optional(std::move(value));
}

TEST(CanonicalJsonPropertyTest, IsOneTextForAllWaysToWriteAValue) {
  for_all([](Choices& choices) {
    const JsonModel value = json_from(choices, 3);
    const std::string one = written(value, choices);
    const std::string other = written(value, choices);
    choices.note([&] { return one + "\n" + other; });
    EXPECT_EQ(canonical_json(one), canonical_json(other));
  });
}

TEST(CanonicalJsonPropertyTest, TellsDifferentValuesApart) {
  for_all([](Choices& choices) {
    const JsonModel value = json_from(choices, 2);
    const JsonModel other = json_from(choices, 2);
    const std::string one = written(value, choices);
    const std::string two = written(other, choices);
    choices.note([&] { return one + "\n" + two; });
    EXPECT_EQ(canonical_json(one) == canonical_json(two), value == other);
  });
}

TEST(CanonicalJsonPropertyTest, IsJsonOfTheSameValueAndItsOwnCanonicalText) {
  for_all([](Choices& choices) {
    const std::string text = written(json_from(choices, 3), choices);
    choices.note([&] { return text; });
    const std::string canonical = canonical_json(text);
    EXPECT_EQ(canonical_json(canonical), canonical);
    const std::optional<boost::json::value> value = parsed(text);
    EXPECT_TRUE(value && is_json(canonical));
    // Boost compares numbers only as doubles; the test above covers numbers.
    const bool without_numbers = text.find_first_of("0123456789") == std::string::npos;
    if (value && without_numbers) {
      EXPECT_EQ(parsed(canonical), value);
    }
  });
}

// A text near JSON: a written value with a few bytes changed.
std::string damaged(std::string text, Choices& choices) {
  constexpr std::string_view spice = "{}[],:\"\\ 0123456789.eE+-tfnulrasx\n\x01";
  while (choices.more(1)) {
    const std::size_t at = choices.below(text.size() + 1);
    switch (choices.below(3)) {
      case 0:
        text.insert(at, 1, choices.pick(spice));
        break;
      case 1:
        text.erase(at, 1);
        break;
      default:
        text.replace(at, at < text.size() ? 1 : 0, 1, choices.pick(spice));
        break;
    }
  }
  return text;
}

// Boost also refuses what repair_json repairs, such as ill-formed UTF-8. is_json does not check UTF-8.
bool is_repaired(std::string_view text) {
  std::string storage;
  return repair_json(text, storage) != text;
}

TEST(JsonScanPropertyTest, CallsJsonWhatBoostParses) {
  for_all([](Choices& choices) {
    const std::string text = damaged(written(json_from(choices, 3), choices), choices);
    choices.note([&] { return text; });
    const bool whole = is_json(text);
    EXPECT_TRUE(is_repaired(text) || whole == parsed(text).has_value());
    EXPECT_TRUE(!whole || !json_skeleton_error(text)) << "a sound text has a sound skeleton";
  });
}

TEST(JsonScanPropertyTest, FindsTheMembersAndElementsThatBoostFinds) {
  for_all([](Choices& choices) {
    JsonModel model = json_from(choices, 3);
    model.kind = choices.one_of({JsonModel::Kind::object, JsonModel::Kind::array});
    const std::string text = written(model, choices);
    choices.note([&] { return text; });
    const std::optional<boost::json::value> value = parsed(text);
    if (!value) {
      ADD_FAILURE() << "the written text is no JSON";
      return;
    }
    if (value->is_object()) {
      for (const auto& member : value->get_object()) {
        const auto found = json_member(text, std::string_view(member.key()));
        EXPECT_TRUE(found && parsed(std::string(*found)) == member.value()) << member.key();
      }
      EXPECT_EQ(json_member(text, "no such member"), std::nullopt);
      return;
    }
    JsonArrayReader reader(text);
    for (const boost::json::value& element : value->get_array()) {
      const auto found = reader.next();
      EXPECT_TRUE(found && parsed(std::string(*found)) == element);
    }
    EXPECT_EQ(reader.next(), std::nullopt);
  });
}

TEST(JsonTextPropertyTest, QuotingAndUnquotingReturnTheText) {
  for_all([](Choices& choices) {
    const std::u32string model = text_from(choices);
    const std::string text = to_utf8_bytes(model);
    const std::string spelled = written(model, choices);
    choices.note([&] { return spelled; });
    EXPECT_EQ(json_unquote(spelled), text);
    EXPECT_TRUE(is_json(json_quote(text)));
    EXPECT_EQ(json_unquote(json_quote(text)), text);
  });
}

std::string bytes_from(Choices& choices) {
  constexpr std::string_view bytes = "a\"\\{}[]:,u0dD8\x01\x1F\x7F\x80\xBF\xC2\xE0\xED\xA0\xF0\xF4\xFF\xEF\xBB";
  std::string text;
  while (choices.more(8)) {
    text += choices.chance(8) ? static_cast<char>(choices.below(256)) : choices.pick(bytes);
  }
  return text;
}

TEST(JsonTextPropertyTest, AnyBytesQuotedAreAStringOfWellFormedText) {
  for_all([](Choices& choices) {
    const std::string bytes = bytes_from(choices);
    choices.note([&] { return testing::PrintToString(bytes); });
    const std::string quoted = json_quote(bytes);
    EXPECT_TRUE(is_json(quoted) && is_utf8(quoted) && parsed(quoted)) << quoted;
    EXPECT_EQ(json_unquote(quoted), to_utf8(bytes));
  });
}

TEST(JsonTextPropertyTest, RepairChangesNothingSoundAndLeavesNothingUnsound) {
  for_all([](Choices& choices) {
    const std::string bytes = "[\"" + bytes_from(choices) + "\"," + written(json_from(choices, 2), choices) + "]";
    choices.note([&] { return testing::PrintToString(bytes); });
    std::string storage;
    const std::string repaired(repair_json(bytes, storage));
    EXPECT_TRUE(is_utf8(repaired));
    EXPECT_EQ(is_json(repaired), parsed(repaired).has_value()) << repaired;
    EXPECT_EQ(repair_json(repaired, storage), repaired) << "repairing once is enough";
    if (is_utf8(bytes) && parsed(bytes)) {
      EXPECT_EQ(repaired, bytes);
    }
  });
}

}  // namespace
}  // namespace elit::properties
