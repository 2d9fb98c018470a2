#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace elit {

// A user id as logs may show it: `9198…5678`. Shows at most half of an id of less than 12 characters, and nothing of an
// id of one character. Replaces ill-formed UTF-8, so that the result can be logged.
[[nodiscard]] std::string mask_user_id(std::string_view user_id);

// Removes known secrets from texts before they leave the program: in plain form, percent-encoded, in base64 and as in
// JSON strings.
class Redactor {
 public:
  // Ignores an empty secret; adding a secret twice does no harm.
  void add(std::string_view secret);

  // `text` with each secret replaced by `[redacted]`, the longest match first.
  [[nodiscard]] std::string apply(std::string_view text) const;

 private:
  std::vector<std::string> forms_;  // longest first
};

}  // namespace elit
