#include "core/http_message.hpp"

#include <algorithm>

namespace elit {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_without_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::optional<std::string_view> HttpAnswer::header(std::string_view name) const {
  for (const HttpHeader& header : headers) {
    if (equal_without_case(header.name, name)) {
      return header.value;
    }
  }
  return std::nullopt;
}

}  // namespace elit
