#pragma once

#include <optional>
#include <string>
#include <string_view>

// Regular expressions (ECMAScript, without back-references) of presets on what peers wrote. Only the first 2,048 bytes
// of a text are looked at, and a search takes polynomial time, so that no answer can make one expensive.
namespace elit {

// Empty when it is a regular expression of at most 500 characters; else what is wrong with it.
[[nodiscard]] std::string pattern_mistake(const std::string& pattern);

// Whether it matches somewhere in the text. A pattern that is none matches nothing.
[[nodiscard]] bool matches(const std::string& pattern, std::string_view text);

// The first group of the first match, or the whole match where there is no group; absent without a match.
[[nodiscard]] std::optional<std::string> first_group(const std::string& pattern, std::string_view text);

}  // namespace elit
