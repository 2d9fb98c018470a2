#include "core/text/redaction.hpp"

#include <algorithm>

#include "core/text/base64.hpp"
#include "core/text/json_text.hpp"
#include "core/text/percent_encoding.hpp"
#include "core/text/utf8.hpp"

namespace elit {
namespace {

constexpr std::string_view ellipsis = "…";
constexpr std::string_view replacement = "[redacted]";
constexpr std::size_t shown_each_side = 4;

// The offset of each character of a UTF-8 text, and the size of the text.
std::vector<std::size_t> character_starts(std::string_view text) {
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < text.size(); i += utf8_character_size(text.substr(i))) {
    starts.push_back(i);
  }
  starts.push_back(text.size());
  return starts;
}

std::string lower_hex(std::string text) {
  for (std::size_t i = 0; i + 2 < text.size(); ++i) {
    if (text[i] == '%') {
      for (std::size_t place : {i + 1, i + 2}) {
        text[place] =
            text[place] >= 'A' && text[place] <= 'F' ? static_cast<char>(text[place] - 'A' + 'a') : text[place];
      }
    }
  }
  return text;
}

}  // namespace

std::string mask_user_id(std::string_view user_id) {
  const std::string text = to_utf8(user_id);
  const std::vector<std::size_t> starts = character_starts(text);
  const std::size_t count = starts.size() - 1;
  std::size_t head = shown_each_side;
  std::size_t tail = shown_each_side;
  if (count < 3 * shown_each_side) {
    const std::size_t shown = count / 2;
    tail = shown / 2;
    head = shown - tail;
  }
  std::string masked = text.substr(0, starts[head]);
  masked += ellipsis;
  masked += text.substr(starts[count - tail]);
  return masked;
}

void Redactor::add(std::string_view secret) {
  if (secret.empty()) {
    return;
  }
  const std::string encoded = percent_encode(secret);
  const std::string quoted = json_quote(secret);
  std::string base64 = base64_encode(secret);
  base64.erase(base64.find_last_not_of('=') + 1);
  for (const std::string& form : {std::string(secret), encoded, lower_hex(encoded), base64, percent_encode(base64),
                                  quoted.substr(1, quoted.size() - 2)}) {
    forms_.push_back(form);
  }
  std::sort(forms_.begin(), forms_.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  forms_.erase(std::unique(forms_.begin(), forms_.end()), forms_.end());
}

std::string Redactor::apply(std::string_view text) const {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto form =
        std::find_if(forms_.begin(), forms_.end(), [&](const std::string& f) { return text.starts_with(f); });
    if (form != forms_.end()) {
      out += replacement;
      text.remove_prefix(form->size());
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace elit
