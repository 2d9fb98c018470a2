#include "core/text/percent_encoding.hpp"

#include "core/ascii.hpp"

namespace elit {
namespace {

bool is_unreserved(char c) {
  return is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

}  // namespace

std::string percent_encode(std::string_view text, std::string_view kept) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c) || kept.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += '%';
      append_hex(out, static_cast<unsigned char>(c), HexCase::upper);
    }
  }
  return out;
}

std::string percent_encode_segment(std::string_view text) {
  if (text == ".") {
    return "%2E";
  }
  if (text == "..") {
    return "%2E%2E";
  }
  return percent_encode(text);
}

}  // namespace elit
