#include "core/elitbuzz/list_shape.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "core/ascii.hpp"
#include "core/text/json_scan.hpp"
#include "core/text/json_text.hpp"

namespace elit::elitbuzz {
namespace {

// Members in which the vendor and related APIs wrap an answer (api.md sections 2.3 and 3.1).
constexpr std::array<std::string_view, 3> wrappers{"responseObject", "data", "result"};
constexpr int wrapper_depth_max = 3;
constexpr std::size_t described_keys_max = 12;
constexpr std::size_t described_key_size_max = 40;

bool is_empty_array(std::string_view array) {
  JsonArrayReader reader(array);
  return !reader.next();
}

// All candidates for the list, the preferred ones first: arrays, and nulls where an array is expected.
void collect_candidates(std::span<const JsonMember> members, std::span<const std::string_view> keys, int depth,
                        std::vector<std::string_view>& candidates) {
  std::vector<std::optional<std::string_view>> values(keys.size());
  pick_json_members(members, keys, values);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::optional<std::string_view>& value = values[i];
    if (!value) {
      continue;
    }
    const JsonKind kind = json_kind(*value);
    const bool wrapper = std::find(wrappers.begin(), wrappers.end(), keys[i]) != wrappers.end();
    if (kind == JsonKind::array || kind == JsonKind::null) {
      candidates.push_back(*value);
    } else if (kind == JsonKind::object && wrapper && depth < wrapper_depth_max) {
      collect_candidates(json_members_of(*value), keys, depth + 1, candidates);
    }
  }
}

bool is_tame_key(std::string_view key) {
  int digits = 0;
  for (const char c : key) {
    const bool digit = is_digit(c);
    digits += digit ? 1 : 0;
    if (!is_alphanumeric(c) && c != '_' && c != '.' && c != '-') {
      return false;
    }
  }
  return !key.empty() && key.size() <= described_key_size_max && digits <= 4;
}

std::size_t count_elements(std::string_view array) {
  JsonArrayReader reader(array);
  std::size_t count = 0;
  while (reader.next()) {
    ++count;
  }
  return count;
}

std::string describe_kind(std::string_view value) {
  const JsonKind kind = json_kind(value);
  std::string text = to_string(kind);
  return kind == JsonKind::array ? text + " of " + std::to_string(count_elements(value)) : text;
}

std::string describe_object(std::string_view object) {
  JsonObjectReader reader(object);
  std::string text = "object with keys ";
  std::size_t count = 0;
  while (const std::optional<JsonMember> member = reader.next()) {
    if (count == described_keys_max) {
      return text + ", …";
    }
    const std::string key = json_unquote(member->key);
    text += count++ == 0 ? "" : ", ";
    text += (is_tame_key(key) ? key : "…") + "(" + describe_kind(member->value) + ")";
  }
  return count == 0 ? "empty object" : text;
}

std::string describe_document(std::string_view document) {
  const JsonKind kind = json_kind(document);
  if (kind == JsonKind::object) {
    return describe_object(document);
  }
  if (kind != JsonKind::array) {
    return std::string("JSON ") + to_string(kind);
  }
  JsonArrayReader reader(document);
  const std::optional<std::string_view> first = reader.next();
  if (!first) {
    return "empty array";
  }
  const bool object = json_kind(*first) == JsonKind::object;
  return describe_kind(document) + ", the first being " +
         (object ? describe_object(*first) : std::string(to_string(json_kind(*first))));
}

}  // namespace

std::optional<std::string_view> find_list(std::string_view document, std::span<const JsonMember> members,
                                          std::span<const std::string_view> keys) {
  if (json_kind(document) == JsonKind::array) {
    return document;
  }
  std::vector<std::string_view> candidates;
  collect_candidates(members, keys, 0, candidates);
  const auto is_array = [](std::string_view value) { return json_kind(value) == JsonKind::array; };
  for (const std::string_view candidate : candidates) {
    if (is_array(candidate) && !is_empty_array(candidate)) {
      return candidate;
    }
  }
  if (candidates.empty() || !is_array(candidates.front())) {
    return std::nullopt;
  }
  return candidates.front();
}

std::string describe_structure(std::string_view body) {
  std::string storage;
  const std::string_view text = json_trim(repair_json(body, storage));
  const std::string size = std::to_string(body.size()) + " bytes";
  if (text.empty()) {
    return "empty body";
  }
  if (text.starts_with('<')) {
    return "HTML or XML, " + size;
  }
  if (const std::optional<std::size_t> error = json_skeleton_error(text)) {
    return "not JSON from byte " + std::to_string(*error) + " on, " + size;
  }
  if (json_kind(text) == JsonKind::number && !is_json(text)) {
    return "text that is not JSON, " + size;
  }
  return describe_document(text);
}

}  // namespace elit::elitbuzz
