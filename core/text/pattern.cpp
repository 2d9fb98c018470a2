#include "core/text/pattern.hpp"

#include <regex>

namespace elit {
namespace {

constexpr std::size_t pattern_size_max = 500;
// The time of a search grows with the square of the text's length.
constexpr std::size_t text_size_max = 2'048;
// The library's own way that takes polynomial time; the usual one tries every path through nested repetitions, (a+)+b
// on a few dozen letters for ever.
constexpr auto syntax = std::regex_constants::ECMAScript | std::regex_constants::__polynomial;

std::optional<std::cmatch> search(const std::string& pattern, std::string_view text) {
  const std::string_view looked = text.substr(0, text_size_max);
  try {
    std::cmatch match;
    const std::regex expression(pattern, syntax);
    if (std::regex_search(looked.data(), looked.data() + looked.size(), match, expression)) {
      return match;
    }
  } catch (const std::regex_error&) {
    // Too complex for this text: it is not found.
  }
  return std::nullopt;
}

}  // namespace

std::string pattern_mistake(const std::string& pattern) {
  if (pattern.empty()) {
    return "is empty";
  }
  if (pattern.size() > pattern_size_max) {
    return "is longer than 500 characters";
  }
  try {
    const std::regex expression(pattern, syntax);
  } catch (const std::regex_error& error) {
    return std::string("is no regular expression: ") + error.what();
  }
  return {};
}

bool matches(const std::string& pattern, std::string_view text) {
  return search(pattern, text).has_value();
}

std::optional<std::string> first_group(const std::string& pattern, std::string_view text) {
  const auto match = search(pattern, text);
  if (!match) {
    return std::nullopt;
  }
  const auto& group = match->size() > 1 ? (*match)[1] : (*match)[0];
  return group.matched ? std::optional(group.str()) : std::nullopt;
}

}  // namespace elit
