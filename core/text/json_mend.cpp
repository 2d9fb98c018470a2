#include "core/text/json_mend.hpp"

#include <cstddef>
#include <optional>

#include "core/text/json_scan.hpp"
#include "core/text/json_text.hpp"

namespace elit {
namespace {

// Doubles the backslashes that begin no escape. `quoted` has its quotes.
std::string mend_string(std::string_view quoted) {
  std::string mended;
  for (std::size_t place = 0; place < quoted.size(); ++place) {
    if (quoted[place] != '\\') {
      mended += quoted[place];
      continue;
    }
    const std::size_t size = place + 1 < quoted.size() && quoted[place + 1] == 'u' ? 6 : 2;
    const std::string_view escape = quoted.substr(place, size);
    if (escape.size() == size && is_json('"' + std::string(escape) + '"')) {
      mended += escape;
      place += size - 1;
    } else {
      mended += "\\\\";
    }
  }
  return mended;
}

std::string mend_scalar(std::string_view scalar) {
  if (is_json(scalar)) {
    return std::string(scalar);
  }
  if (scalar.starts_with('"')) {
    std::string mended = mend_string(scalar);
    return is_json(mended) ? mended : json_quote(scalar);
  }
  return json_quote(scalar);
}

}  // namespace

// The recursion is as deep as the document, which json_depth_max bounds.
std::string mend_json(std::string_view value) {
  std::string out;
  if (value.starts_with('{')) {
    JsonObjectReader reader(value);
    while (const std::optional<JsonMember> member = reader.next()) {
      out += out.empty() ? "{" : ",";
      out += mend_scalar(member->key);
      out += ':';
      out += mend_json(member->value);
    }
    return out.empty() ? "{}" : out + '}';
  }
  if (value.starts_with('[')) {
    JsonArrayReader reader(value);
    while (const std::optional<std::string_view> element = reader.next()) {
      out += out.empty() ? "[" : ",";
      out += mend_json(*element);
    }
    return out.empty() ? "[]" : out + ']';
  }
  return mend_scalar(value);
}

}  // namespace elit
