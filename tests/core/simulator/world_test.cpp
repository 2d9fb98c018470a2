#include "core/simulator/world.hpp"

#include <gtest/gtest.h>

#include <set>

#include "core/simulator/phrases.hpp"

namespace elit::simulator {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

WorldOptions options_of_tests() {
  WorldOptions options;
  options.start = from_ms(1'769'850'000'000);
  options.history = hours{72};
  options.arrivals_per_minute = 120;
  return options;
}

std::string printed(const World& world) {
  std::string text;
  for (const User& user : world.users()) {
    text += user.id + ' ' + user.row_id + '\n';
    for (const Message& message : user.messages) {
      text += std::to_string(message.number) + ' ' + std::to_string(to_ms(message.instant)) + ' ' +
              std::to_string(to_ms(message.visible_from)) + ' ' + message.type + ' ' + message.response + '\n';
    }
  }
  return text;
}

std::size_t messages_in(const World& world) {
  std::size_t count = 0;
  for (const User& user : world.users()) {
    count += user.messages.size();
  }
  return count;
}

TEST(WorldTest, IsTheSameForTheSameSeed) {
  World a(options_of_tests());
  World b(options_of_tests());
  EXPECT_EQ(printed(a), printed(b));
  WorldOptions other = options_of_tests();
  other.seed = 2;
  EXPECT_NE(printed(a), printed(World(other)));
}

TEST(WorldTest, ArrivesTheSameHoweverOftenItIsAdvanced) {
  World often(options_of_tests());
  World once(options_of_tests());
  for (int i = 1; i <= 600; ++i) {
    often.advance(options_of_tests().start + seconds{i});
  }
  once.advance(options_of_tests().start + minutes{10});
  EXPECT_EQ(printed(often), printed(once));
}

TEST(WorldTest, ArrivesAtAboutTheRateAskedFor) {
  World world(options_of_tests());
  const std::size_t before = messages_in(world);
  world.advance(options_of_tests().start + minutes{60});
  const std::size_t arrived = messages_in(world) - before;
  EXPECT_GT(arrived, 60U * 120U * 8U / 10U);
  EXPECT_LT(arrived, 60U * 120U * 12U / 10U);
}

TEST(WorldTest, StopsArrivalsWhenAskedTo) {
  WorldOptions options = options_of_tests();
  options.arrivals_stop_after = seconds{30};
  World world(options);
  world.advance(options.start + seconds{30});
  const std::string then = printed(world);
  world.advance(options.start + hours{1});
  EXPECT_EQ(printed(world), then);
  for (const User& user : world.users()) {
    for (const Message& message : user.messages) {
      EXPECT_LT(message.instant, options.start + seconds{30});
    }
  }
}

TEST(WorldTest, LetsSomeArriveLateAndNoneLaterThanAllowed) {
  WorldOptions options = options_of_tests();
  options.late_share = 0.5;
  options.late_max = seconds{20};
  World world(options);
  world.advance(options.start + minutes{10});
  std::size_t late = 0;
  for (const User& user : world.users()) {
    for (const Message& message : user.messages) {
      late += message.visible_from > message.instant ? 1U : 0U;
      EXPECT_LE(message.visible_from - message.instant, seconds{20});
    }
  }
  EXPECT_GT(late, 100U);
}

TEST(WorldTest, KeepsMessagesInOrderAndNumbersUnique) {
  World world(options_of_tests());
  world.advance(options_of_tests().start + minutes{30});
  std::set<std::uint64_t> numbers;
  for (const User& user : world.users()) {
    for (std::size_t i = 0; i < user.messages.size(); ++i) {
      EXPECT_TRUE(numbers.insert(user.messages[i].number).second);
      if (i > 0) {
        EXPECT_LE(user.messages[i - 1].instant, user.messages[i].instant);
      }
    }
  }
}

TEST(WorldTest, SpeaksOfEverythingInSeveralLanguages) {
  WorldOptions options = options_of_tests();
  options.users = 60;
  const World world(options);
  std::set<std::string> types;
  std::set<std::size_t> languages;
  bool twins = false;
  for (const User& user : world.users()) {
    languages.insert(user.language);
    for (std::size_t i = 0; i < user.messages.size(); ++i) {
      types.insert(user.messages[i].type);
      twins = twins || (i > 0 && user.messages[i].instant == user.messages[i - 1].instant &&
                        user.messages[i].response == user.messages[i - 1].response);
    }
  }
  EXPECT_EQ(languages.size(), phrasebooks().size());
  EXPECT_EQ(types, (std::set<std::string>{"TEXT", "OPTIONS", "AGENT_PARTICIPATION_STATUS", "FILE_RECEIVED", "IMAGE"}));
  EXPECT_TRUE(twins);
}

TEST(WorldTest, HasPhonesForWhatsAppAndUuidsForTheWeb) {
  const World world(options_of_tests());
  for (const User& user : world.users()) {
    const bool web = user.id.find('-') != std::string::npos;
    EXPECT_EQ(web, user.id.find_first_not_of("0123456789") != std::string::npos);
    EXPECT_EQ(user.id.size(), web ? 36U : user.id.size());
    EXPECT_NE(user.row_id, user.id);
  }
}

TEST(WorldTest, PutsAsManyMessagesIntoOneMillisecondAsAskedFor) {
  WorldOptions options = options_of_tests();
  options.messages_per_user_day = 0;
  options.burst = 1000;
  const World world(options);
  const std::vector<Message>& messages = world.users().front().messages;
  ASSERT_EQ(messages.size(), 1000U);
  EXPECT_EQ(messages.front().instant, messages.back().instant);
  EXPECT_EQ(messages[0].response, messages[1].response);
}

TEST(WorldTest, HasOddContentOnlyWhenAskedFor) {
  WorldOptions options = options_of_tests();
  const auto ill_formed = [](const World& world) {
    std::size_t count = 0;
    for (const User& user : world.users()) {
      for (const Message& message : user.messages) {
        count += message.ill_formed ? 1U : 0U;
        EXPECT_EQ(message.well_formed_response() == message.response, !message.ill_formed);
      }
    }
    return count;
  };
  EXPECT_EQ(ill_formed(World(options)), 0U);
  options.odd_content = true;
  EXPECT_GT(ill_formed(World(options)), 0U);
}

}  // namespace
}  // namespace elit::simulator
