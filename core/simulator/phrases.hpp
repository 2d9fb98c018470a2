#pragma once

#include <string_view>
#include <vector>

namespace elit::simulator {

// Phrases of users and bots in one language. "{n}" in a phrase is replaced by an order number.
struct Phrasebook {
  std::string_view language;     // as in the attribute user.language
  std::string_view dial_prefix;  // of WhatsApp numbers, digits only
  std::vector<std::string_view> names;
  std::vector<std::string_view> questions;  // the user
  std::vector<std::string_view> answers;    // the bot
  std::vector<std::string_view> agent_lines;
  std::vector<std::string_view> options;  // quick replies; some contain a comma, as real ones do
  std::string_view thanks;
};

// All languages, always in the same order. Neither the result nor a list in it is empty.
[[nodiscard]] const std::vector<Phrasebook>& phrasebooks();

}  // namespace elit::simulator
