// Rows as the vendor may write them, and the keys they get.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/elitbuzz/row_reader.hpp"
#include "core/fetch/identity.hpp"
#include "core/message.hpp"
#include "tests/properties/for_all.hpp"
#include "tests/properties/json_model.hpp"
#include "tests/properties/time_model.hpp"

namespace elit::properties {
namespace {

// The content of a row, independent of its spelling. There are few values, so that equal rows are frequent.
struct RowModel {
  std::optional<Instant> instant;
  std::u32string unreadable_time;  // when there is no instant
  std::u32string sender;
  std::u32string type;
  JsonModel response;  // null: none
  std::u32string file;

  bool operator==(const RowModel&) const = default;
};

RowModel row_from(Choices& choices) {
  RowModel row;
  if (choices.chance(6)) {
    row.unreadable_time = choices.one_of<const char32_t*>({U"", U"yesterday", U"2026-13-01"});
  } else {
    row.instant = from_ms(1'769'850'902'000 + choices.one_of({0, 1, 340, 60'000}));
  }
  row.sender = choices.one_of<const char32_t*>({U"bot", U"user", U"us", U"Bot"});
  row.type = choices.one_of<const char32_t*>({U"", U"TEXT", U"erTEXT"});
  row.response = choices.chance(3) ? json_from(choices, 1) : JsonModel();
  row.file = choices.one_of<const char32_t*>({U"", U"https://files.example.com/a", U"https://files.example.com/ab"});
  return row;
}

std::string written_time(const RowModel& row, Choices& choices) {
  if (!row.instant) {
    return written(row.unreadable_time, choices);
  }
  const std::string epoch = written_epoch(*row.instant, choices);
  switch (choices.below(3)) {
    case 0:
      return epoch;
    case 1:
      return "\"" + epoch + "\"";
    default: {
      const std::string text = written_civil(*row.instant, choices).text;
      return written(std::u32string(text.begin(), text.end()), choices);
    }
  }
}

std::string written_file(const RowModel& row, Choices& choices) {
  if (row.file.empty()) {
    return choices.one_of<const char*>({"null", "{}", "\"\"", "[]"});
  }
  // Each read has new signatures.
  const std::u32string url = row.file + choices.one_of<const char32_t*>({U"", U"?sig=1", U"?sig=2&x", U"#2"});
  const std::string text = written(url, choices);
  return choices.one_of<std::string>(
      {text, "{\"url\":" + text + "}", "[{\"mimeType\":\"image/png\",\"url\":" + text + "}]"});
}

// Members in any order, alternative names, and members that are not part of the identity.
std::string written(const RowModel& row, Choices& choices) {
  std::vector<std::string> members;
  const auto add = [&members](const std::string& name, const std::string& value) {
    members.push_back("\"" + name + "\":" + value);
  };
  add(choices.one_of<const char*>({"timestamp", "time", "createdAt"}), written_time(row, choices));
  add("sender", written(row.sender, choices));
  add(choices.one_of<const char*>({"message_type", "messageType", "type"}), written(row.type, choices));
  add(choices.one_of<const char*>({"response", "text"}), written(row.response, choices));
  add(choices.one_of<const char*>({"file", "attachments"}), written_file(row, choices));
  while (choices.more(1)) {
    add(choices.one_of<const char*>({"user_id", "id", "status", "Sender", "read_at"}),
        written(json_from(choices, 1), choices));
  }
  std::string text;
  while (!members.empty()) {
    const auto place = members.begin() + static_cast<std::ptrdiff_t>(choices.below(members.size()));
    text += (text.empty() ? "{" : ", ") + *place;
    members.erase(place);
  }
  return text + "}";
}

std::optional<Row> read(const std::string& text, const char* source = "support", const char* user = "91") {
  SourceOptions options;
  options.name = source;
  return elitbuzz::read_row(options, user, text);
}

TEST(IdentityPropertyTest, RowsHaveEqualDigestsExactlyWhenWhatIdentifiesThemIsEqual) {
  for_all([](Choices& choices) {
    const RowModel one = row_from(choices);
    const RowModel other = choices.chance(2) ? one : row_from(choices);
    const std::string text = written(one, choices);
    const std::string other_text = written(other, choices);
    choices.note([&] { return text + "\n" + other_text; });
    const std::optional<Row> row = read(text);
    const std::optional<Row> other_row = read(other_text);
    if (!row || !other_row) {
      ADD_FAILURE() << "a row is not read";
      return;
    }
    EXPECT_EQ(row->instant, one.instant);
    EXPECT_EQ(row->digest == other_row->digest, one == other);
    EXPECT_NE(read(text, "sales")->digest, row->digest) << "another source";
    EXPECT_NE(read(text, "support", "919")->digest, row->digest) << "another user";
  });
}

TEST(IdentityPropertyTest, NoByteCanMoveFromOneFieldToTheNext) {
  for_all([](Choices& choices) {
    const auto text = [&choices] {
      std::string made;
      while (choices.more(2)) {
        made += choices.one_of({'a', 'b', '\0', '\1', '1'});
      }
      return made;
    };
    const auto fields = [&text] {
      return std::vector<std::string>{text(), text(), text(), text(), text(), text(), text()};
    };
    const auto digest = [](const std::vector<std::string>& field, std::optional<Instant> instant) {
      RowIdentity identity;
      identity.source = field[0];
      identity.user_id = field[1];
      identity.instant = instant;
      identity.instant_text = field[2];
      identity.sender = field[3];
      identity.type = field[4];
      identity.stable_response = field[5];
      identity.media_url = field[6];
      return digest_of(identity);
    };
    std::vector<std::string> one = fields();
    std::vector<std::string> other = one;
    if (choices.chance(2)) {
      other = fields();
    } else if (const std::size_t from = choices.below(6); !other[from].empty()) {
      other[from + 1].insert(0, 1, other[from].back());
      other[from].pop_back();
    }
    choices.note([&] { return testing::PrintToString(one) + "\n" + testing::PrintToString(other); });
    EXPECT_EQ(digest(one, std::nullopt) == digest(other, std::nullopt), one == other);
    EXPECT_NE(digest(one, std::nullopt), digest(one, from_ms(1)));
    one[2] = other[2] = "";
    EXPECT_EQ(digest(one, from_ms(1)) == digest(other, from_ms(1)), one == other);
  });
}

TEST(MessageKeyPropertyTest, TellsEveryPairApart) {
  for_all([](Choices& choices) {
    const auto digest_from = [&choices] {
      Digest digest;
      for (std::uint8_t& byte : digest.bytes) {
        byte = choices.chance(4) ? static_cast<std::uint8_t>(choices.below(256)) : std::uint8_t{0};
      }
      return digest;
    };
    const auto occurrence_from = [&choices] {
      return choices.one_of({Occurrence{0}, Occurrence{1}, Occurrence{255}, Occurrence{256}, Occurrence{65'536},
                             occurrence_max, static_cast<Occurrence>(choices.below(occurrence_max))});
    };
    const std::pair one(digest_from(), occurrence_from());
    const std::pair other(choices.chance(2) ? one.first : digest_from(), occurrence_from());
    const std::string key = message_key(one.first, one.second);
    choices.note([&] { return key; });
    EXPECT_EQ(key.size(), 32U);
    EXPECT_EQ(key.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_EQ(key == message_key(other.first, other.second), one == other);
    EXPECT_EQ(key < message_key(other.first, other.second), one < other) << "keys sort as what they name";
  });
}

}  // namespace
}  // namespace elit::properties
