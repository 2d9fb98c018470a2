#include "config/yaml/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace elit::config {
namespace {

constexpr std::size_t longest_quotation = 160;

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

}  // namespace

std::string printable(const std::string& text) {
  std::string result = text;
  if (result.size() > longest_quotation) {
    std::size_t end = longest_quotation;
    while (end > 0 && is_continuation(result[end])) {
      --end;
    }
    result.resize(end);
    result += "...";
  }
  for (char& byte : result) {
    const auto code = static_cast<unsigned char>(byte);
    if (code < 0x20 || code == 0x7F) {
      byte = '?';
    }
  }
  return result;
}

std::string to_string(const Diagnostic& mistake) {
  return fmt::format("{}:{}:{}: {}: {}", mistake.file, mistake.line, mistake.column, mistake.key, mistake.what);
}

void sort_by_place(std::vector<Diagnostic>& mistakes) {
  std::stable_sort(mistakes.begin(), mistakes.end(), [](const Diagnostic& left, const Diagnostic& right) {
    return std::tie(left.line, left.column) < std::tie(right.line, right.column);
  });
}

}  // namespace elit::config
