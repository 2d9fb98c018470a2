// Configurations written from options, read back, and damaged.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "config/effective_values.hpp"
#include "config/loader.hpp"
#include "tests/properties/for_all.hpp"
#include "tests/properties/option_model.hpp"

namespace elit::properties {
namespace {

config::Loaded loaded_from(const std::string& text) {
  constexpr Instant now = from_ms(1'780'272'000'000);
  return config::load_text(text, "/etc/elitbuzz-sync/test.yaml", now);
}

std::string mistakes_of(const config::Loaded& loaded) {
  std::ostringstream out;
  config::print_mistakes(out, loaded.mistakes);
  return out.str();
}

TEST(ConfigPropertyTest, OptionsWrittenAndReadAreTheSame) {
  for_all([](Choices& choices) {
    const OptionModel model(choices);
    const std::string text = configuration_of(model.set);
    choices.note([&] { return text; });
    const config::Loaded loaded = loaded_from(text);
    EXPECT_EQ(mistakes_of(loaded), "");
    if (!loaded.options) {
      return;
    }
    std::map<std::string, std::string> shown;
    for (const config::ValueInForce& value : config::effective_values(loaded)) {
      shown[value.key] = value.value;
    }
    for (const auto& [key, value] : model.set) {
      EXPECT_EQ(shown[key], value) << key;
      EXPECT_TRUE(loaded.origins.contains(key)) << key;
    }
  });
}

// Whole configurations are long. Their values are written in the same way as those of the test above.
TEST(ConfigPropertyTest, TheValuesInForceWrittenAndReadAreTheSame) {
  constexpr int cases = 2'000;
  const auto property = [](Choices& choices) {
    const OptionModel model(choices);
    const config::Loaded loaded = loaded_from(configuration_of(model.set));
    if (!loaded.options) {
      ADD_FAILURE() << mistakes_of(loaded);
      return;
    }
    const std::string text = configuration_of(key_values_of(config::effective_values(loaded)));
    choices.note([&] { return text; });
    const config::Loaded again = loaded_from(text);
    EXPECT_EQ(mistakes_of(again), "");
    EXPECT_TRUE(again.options == loaded.options) << "not what was shown";
  };
  for_all(property, std::min(cases, cases_default));
}

constexpr std::array free_maps{".headers", ".sender_roles", ".secrets", ".settings", ".fields"};

std::string damaged(std::string text, Choices& choices) {
  constexpr std::string_view spice = ":-#{}[]\"'&*!|>%@`,?~\n\t \\0aQ\x80\xFF";
  do {
    const std::size_t at = choices.below(text.size());
    switch (choices.below(4)) {
      case 0:
        text[at] = choices.pick(spice);
        break;
      case 1:
        text.erase(at, 1 + choices.below(20));
        break;
      case 2:
        text.insert(at, text.substr(choices.below(text.size()), 1 + choices.below(40)));
        break;
      default:
        text.insert(at, 1, static_cast<char>(choices.below(256)));
        break;
    }
  } while (!text.empty() && choices.more(1));
  return text;
}

// The keys inside of these are the operator's own.
bool is_free(const std::string& key) {
  return std::any_of(free_maps.begin(), free_maps.end(),
                     [&](const char* map) { return key.find(map) != std::string::npos; });
}

// One letter more in one of the keys.
void expect_unknown_key_refused(OptionModel model, Choices& choices) {
  std::string& key = choices.pick(model.set).first;
  const std::size_t name = key.find_last_of('.') == std::string::npos ? 0 : key.find_last_of('.') + 1;
  key.insert(name + choices.below(key.size() - name + 1), 1, choices.one_of({'Q', '_', '-', 'x'}));
  const std::string text = configuration_of(model.set);
  choices.note([&] { return key + "\n" + text; });
  const config::Loaded loaded = loaded_from(text);
  EXPECT_FALSE(loaded.options) << "a key that is not known passes";
  EXPECT_TRUE(std::any_of(loaded.mistakes.begin(), loaded.mistakes.end(), [&](const config::Diagnostic& mistake) {
    return mistake.key == key;
  })) << mistakes_of(loaded);
}

TEST(ConfigPropertyTest, WhatIsDamagedGivesMistakesOrOptionsOfKnownKeys) {
  for_all([](Choices& choices) {
    const OptionModel model(choices);
    if (choices.chance(2)) {
      expect_unknown_key_refused(model, choices);
      return;
    }
    const std::string text = damaged(configuration_of(model.set), choices);
    choices.note([&] { return text; });
    const config::Loaded loaded = loaded_from(text);
    EXPECT_EQ(loaded.options.has_value(), loaded.mistakes.empty());
    for (const config::Diagnostic& mistake : loaded.mistakes) {
      EXPECT_GE(mistake.line, 1);
      EXPECT_GE(mistake.column, 1);
      EXPECT_EQ(to_string(mistake).find('\n'), std::string::npos);
    }
    if (!loaded.options) {
      return;
    }
    std::set<std::string> known;
    for (const config::ValueInForce& value : config::effective_values(loaded)) {
      for (std::string key = value.key; !key.empty();
           key.erase(key.find_last_of(".[") == std::string::npos ? 0 : key.find_last_of(".["))) {
        known.insert(key);
      }
    }
    for (const auto& [key, place] : loaded.origins) {
      EXPECT_TRUE(known.contains(key) || is_free(key) || key == "sinks") << key << " is not known, and passes";
    }
  });
}

}  // namespace
}  // namespace elit::properties
