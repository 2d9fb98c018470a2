#include "core/text/canonical_json.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "core/check.hpp"
#include "core/text/decimal_text.hpp"
#include "core/text/json_scan.hpp"
#include "core/text/json_text.hpp"
#include "core/text/plain_text.hpp"
#include "core/text/utf8.hpp"

namespace elit {
namespace {

// Whether the string stays the same after unquoting and quoting.
bool stands_for_itself(std::string_view quoted) {
  const std::string_view text = quoted.substr(1, quoted.size() - 2);
  return json_plain_size(text) == text.size() && text.find('\x7F') == std::string_view::npos && is_utf8(text);
}

std::string canonical_scalar(std::string_view value) {
  switch (json_kind(value)) {
    case JsonKind::string:
      if (stands_for_itself(value)) {
        return std::string(value);
      }
      return json_quote(json_unquote(value));
    case JsonKind::number:
      break;
    default:
      return std::string(value);
  }
  const std::optional<Decimal> decimal = parse_decimal(value);
  if (!decimal) {
    return std::string(value);  // the exponent is too large: as sent
  }
  if (decimal->digits.empty()) {
    return "0";
  }
  return (decimal->negative ? "-" : "") + decimal->digits + "e" + std::to_string(decimal->exponent);
}

using Member = std::pair<std::string, std::string>;  // the quoted key and the value, both canonical

// A stable sort. Most objects have few members; these are sorted without the memory of std::stable_sort.
void sort_by_key(std::vector<Member>& members) {
  const auto by_key = [](const Member& a, const Member& b) { return a.first < b.first; };
  constexpr std::size_t few = 16;
  if (members.size() > few) {
    std::stable_sort(members.begin(), members.end(), by_key);
    return;
  }
  for (auto next = members.begin(); next != members.end(); ++next) {
    std::rotate(std::upper_bound(members.begin(), next, *next, by_key), next, std::next(next));
  }
}

// Reads a checked value once from left to right; recursion is bounded by json_depth_max.
class Canonicalizer {
 public:
  Canonicalizer(std::string_view value, const TextMap* map) : rest_(value), map_(map) {}

  std::string value() {
    const char c = peek();
    if (c == '[') {
      return array();
    }
    if (c == '"' && map_ != nullptr) {
      return json_quote((*map_)(json_unquote(take_scalar())));
    }
    return c == '{' ? object() : canonical_scalar(take_scalar());
  }

 private:
  char peek() {
    const std::size_t start = rest_.find_first_not_of(" \t\n\r");
    check(start != std::string_view::npos, "canonical_json was given text that is no JSON");
    rest_.remove_prefix(start);
    return rest_.front();
  }

  std::string_view take_scalar() {
    const std::size_t size = json_scalar_size(rest_);
    check(size != 0, "canonical_json was given text that is no JSON");
    const std::string_view scalar = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return scalar;
  }

  // Whether another item follows. Consumes the bracket or comma before it, or the closing bracket.
  bool more(char closing) {
    rest_.remove_prefix(1);
    if (peek() == closing) {
      rest_.remove_prefix(1);
      return false;
    }
    return true;
  }

  // After an item: whether a comma follows. Consumes the closing bracket if there is no comma.
  bool again() {
    const bool comma = peek() == ',';
    rest_.remove_prefix(1);
    return comma;
  }

  std::string array() {
    std::string out = "[";
    for (bool item = more(']'); item; item = again()) {
      out += out.size() > 1 ? "," : "";
      out += value();
    }
    return out += ']';
  }

  std::string object() {
    std::vector<Member> members;
    for (bool item = more('}'); item; item = again()) {
      peek();
      std::string key = canonical_scalar(take_scalar());
      peek();
      rest_.remove_prefix(1);  // the colon
      members.emplace_back(std::move(key), value());
    }
    sort_by_key(members);
    std::string out = "{";
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i + 1 < members.size() && members[i + 1].first == members[i].first) {
        continue;  // a repeated key: the last one counts
      }
      out += out.size() > 1 ? "," : "";
      out.append(members[i].first).append(":").append(members[i].second);
    }
    return out += '}';
  }

  std::string_view rest_;
  const TextMap* map_;  // absent: strings stay as they are
};

}  // namespace

std::string canonical_json(std::string_view value) {
  return Canonicalizer(value, nullptr).value();
}

std::string canonical_json(std::string_view value, const TextMap& map) {
  return Canonicalizer(value, &map).value();
}

}  // namespace elit
