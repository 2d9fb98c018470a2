#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

#include "core/decimal_text.hpp"
#include "core/elitbuzz/answer_reader.hpp"
#include "core/elitbuzz/list_shape.hpp"
#include "core/elitbuzz/protocol.hpp"
#include "core/json_scan.hpp"
#include "core/json_text.hpp"

namespace elit::elitbuzz {
namespace {

// Both by api.md section 3.1.
constexpr std::array<std::string_view, 8> list_keys{"users",  "responseObject", "data",         "content",
                                                    "result", "results",        "channelUsers", "items"};
constexpr std::array<std::string_view, 9> id_keys{"channelUserId", "channel_user_id",      "userId",
                                                  "user_id",       "user.channel_user_id", "id",
                                                  "phoneNumber",   "phone_number",         "user.phone_no"};

std::string trim(std::string text) {
  constexpr std::string_view blanks = " \t\r\n";
  text.erase(0, std::min(text.find_first_not_of(blanks), text.size()));
  text.erase(text.find_last_not_of(blanks) + 1);
  return text;
}

// The id in a string or number; empty when there is none. A number is written out: an id has no exponent.
std::string id_of(std::string_view value) {
  switch (json_kind(value)) {
    case JsonKind::string:
      return trim(json_unquote(value));
    case JsonKind::number: {
      const std::optional<Decimal> decimal = parse_decimal(value);
      return decimal ? to_plain_text(*decimal).value_or("") : "";
    }
    default:
      return {};
  }
}

std::string find_id(std::string_view object) {
  for (const std::string_view key : id_keys) {
    std::optional<std::string_view> value = json_member(object, key);
    if (!value && key.starts_with("user.")) {
      const std::optional<std::string_view> user = json_member(object, "user");
      value = user ? json_member(*user, key.substr(5)) : std::nullopt;
    }
    if (std::string id = value ? id_of(*value) : std::string(); !id.empty()) {
      return id;
    }
  }
  return {};
}

std::string element_id(const DialectOptions& dialect, std::string_view element) {
  if (!is_json(element)) {
    return {};
  }
  if (!dialect.user_id.empty()) {
    const std::optional<std::string_view> value = json_at_pointer(element, dialect.user_id);
    return value ? id_of(*value) : "";
  }
  return json_kind(element) == JsonKind::object ? find_id(element) : id_of(element);
}

}  // namespace

Result<UsersAnswer> read_users(const SourceOptions& source, const HttpAnswer& answer) {
  if (answer.status == 204) {
    return UsersAnswer{};
  }
  if (!has_document(answer)) {
    return failure_of(answer, std::nullopt);
  }
  std::string storage;
  const Result<std::string_view> document = read_document(answer, storage);
  if (!document) {
    return document.error();
  }
  if (const std::optional<StatedFailure> stated = find_stated_failure(*document)) {
    return to_failure(*stated, answer, std::nullopt);
  }
  const bool configured = !source.api.users_list.empty();
  const std::optional<std::string_view> list =
      configured ? json_at_pointer(*document, source.api.users_list) : find_list(*document, list_keys);
  if (!list || json_kind(*list) != JsonKind::array) {
    if (const std::optional<StatedFailure> stated = guess_failure(*document)) {
      return to_failure(*stated, answer, std::nullopt);
    }
    return not_understood(answer, configured ? "users_list under api names no array"
                                             : "no list of users was found; name it by users_list under api");
  }
  UsersAnswer users;
  std::unordered_set<std::string> seen;
  JsonArrayReader reader(*list);
  while (const std::optional<std::string_view> element = reader.next()) {
    std::string id = element_id(source.api, *element);
    if (id.empty()) {
      ++users.rejected;
    } else if (seen.insert(id).second) {
      users.users.push_back({std::move(id), std::string(*element)});
    }
  }
  if (users.users.empty() && users.rejected > 0) {
    return not_understood(answer, "no element of the list has a user id; name it by user_id under api");
  }
  return users;
}

}  // namespace elit::elitbuzz
