#include "core/text/html_text.hpp"

#include <array>
#include <cstddef>
#include <utility>

namespace elit {
namespace {

constexpr auto references = std::to_array<std::pair<std::string_view, std::string_view>>(
    {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&apos;", "'"}, {"&nbsp;", " "}});

// A tag begins with a letter, so "1 < 2" does not contain one.
bool begins_tag(std::string_view rest) {
  const char c = rest.size() > 1 ? rest[1] : '\0';
  return rest.starts_with('<') && (c == '/' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
}

}  // namespace

std::string html_escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    const std::string_view three = text.substr(i, 3);
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (three == "\xEF\xBF\xBE" || three == "\xEF\xBF\xBF") {
      i += 2;
    } else if (byte >= 0x20 || c == '\t' || c == '\n' || c == '\r') {
      out += c;
    }
  }
  return out;
}

std::string html_removed(std::string_view html) {
  std::string out;
  while (!html.empty()) {
    const std::size_t tag_end = begins_tag(html) ? html.find('>') : std::string_view::npos;
    if (tag_end != std::string_view::npos) {
      html.remove_prefix(tag_end + 1);
      continue;
    }
    std::size_t size = 1;
    std::string_view meaning = html.substr(0, 1);
    for (const auto& [reference, character] : references) {
      if (html.starts_with(reference)) {
        size = reference.size();
        meaning = character;
      }
    }
    out += meaning;
    html.remove_prefix(size);
  }
  return out;
}

}  // namespace elit
