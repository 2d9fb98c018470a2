#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace elit {

// A user id as logs may show it: `9198…5678`. Of an id shorter than 12 characters at most half is shown, of one
// character nothing. Ill-formed UTF-8 is replaced, so that the result can be logged.
[[nodiscard]] std::string mask_user_id(std::string_view user_id);

// Removes known secrets from text on its way out: as they are, percent-encoded, in base64 and as JSON strings write
// them.
class Redactor {
 public:
  // An empty secret is ignored, a repeated one harmless.
  void add(std::string_view secret);

  // `text` with each secret replaced by `[redacted]`, the longest match first.
  [[nodiscard]] std::string apply(std::string_view text) const;

 private:
  std::vector<std::string> forms_;  // longest first
};

}  // namespace elit
