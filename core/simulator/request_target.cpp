#include "core/simulator/request_target.hpp"

#include <algorithm>
#include <charconv>

#include "core/ascii.hpp"
#include "core/letter_case.hpp"

namespace elit::simulator {
namespace {

std::string decode(std::string_view text, bool plus_is_blank) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0;
    if (escape) {
      decoded += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      decoded += plus_is_blank && text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

template <class Visitor>
void for_each_part(std::string_view text, char separator, Visitor visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) {
      visit(text.substr(0, end));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

std::optional<std::string_view> RequestTarget::value(std::string_view name) const {
  for (const auto& [key, text] : query) {
    if (key == name && !text.empty()) {
      return text;
    }
  }
  return std::nullopt;
}

RequestTarget parse_target(std::string_view target) {
  RequestTarget parsed;
  const std::size_t mark = target.find('?');
  for_each_part(target.substr(0, mark), '/',
                [&](std::string_view segment) { parsed.segments.push_back(decode(segment, false)); });
  if (mark != std::string_view::npos) {
    for_each_part(target.substr(mark + 1), '&', [&](std::string_view pair) {
      const std::size_t equals = std::min(pair.find('='), pair.size());
      const std::string_view text = equals < pair.size() ? pair.substr(equals + 1) : std::string_view{};
      parsed.query.emplace_back(decode(pair.substr(0, equals), true), decode(text, true));
    });
  }
  return parsed;
}

std::optional<std::string_view> find_header(const HttpRequest& request, std::string_view name) {
  for (const HttpHeader& header : request.headers) {
    if (equal_without_case(header.name, name)) {
      return header.value;
    }
  }
  return std::nullopt;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

}  // namespace elit::simulator
