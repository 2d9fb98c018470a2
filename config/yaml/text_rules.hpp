#pragma once

#include <optional>
#include <string>

namespace elit::config {

// What a text option may hold. `problem` gives what is wrong with a text, in words that follow the key, or nothing.
// A problem never repeats the text: someone may have put a secret there.
struct TextRule {
  const char* means = nullptr;    // for the reference: "an absolute http or https URL"
  const char* pattern = nullptr;  // for the JSON Schema, as far as a regular expression can tell; empty: any
  std::optional<std::string> (*problem)(const std::string& text) = nullptr;
  bool booleans = false;  // true and false may stand unquoted
};

namespace rules {

extern const TextRule name;
extern const TextRule identifier;      // a segment of a URL path
extern const TextRule any_text;        // not empty
extern const TextRule audience_value;  // not empty, unquoted numbers and truth values welcome
extern const TextRule base_url;
extern const TextRule url;
extern const TextRule proxy;
extern const TextRule users_path;
extern const TextRule conversations_path;
extern const TextRule parameter;
extern const TextRule parameter_or_none;
extern const TextRule json_pointer;

}  // namespace rules

// Header names are HTTP tokens, and some are the program's own business.
[[nodiscard]] std::optional<std::string> header_name_problem(const std::string& name);

// True when a header of that name is likely to carry a secret, so that its value must be a reference.
[[nodiscard]] bool is_secret_header(const std::string& name);

[[nodiscard]] bool has_control_characters(const std::string& text);

}  // namespace elit::config
