#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "core/ascii.hpp"
#include "core/elitbuzz/answer_reader.hpp"
#include "core/elitbuzz/list_shape.hpp"
#include "core/elitbuzz/protocol.hpp"
#include "core/text/decimal_text.hpp"
#include "core/text/json_scan.hpp"
#include "core/text/json_text.hpp"

namespace elit::elitbuzz {
namespace {

// Both by api.md section 3.1.
constexpr std::array<std::string_view, 8> list_keys{"users",  "responseObject", "data",         "content",
                                                    "result", "results",        "channelUsers", "items"};
constexpr std::array<std::string_view, 9> id_keys{"channelUserId", "channel_user_id",      "userId",
                                                  "user_id",       "user.channel_user_id", "id",
                                                  "phoneNumber",   "phone_number",         "user.phone_no"};

// The same, and the object that may hold those beginning with `user.`.
constexpr auto searched_keys = [] {
  std::array<std::string_view, id_keys.size() + 1> keys;
  std::copy(id_keys.begin(), id_keys.end(), keys.begin());
  keys.back() = "user";
  return keys;
}();

// The id in a string or number; empty when there is none. A number is written out: an id has no exponent.
std::string id_of(std::string_view value) {
  switch (json_kind(value)) {
    case JsonKind::string:
      return std::string(trimmed(json_unquote(value)));
    case JsonKind::number: {
      const std::optional<Decimal> decimal = parse_decimal(value);
      return decimal ? to_plain_text(*decimal).value_or("") : "";
    }
    default:
      return {};
  }
}

std::string find_id(std::string_view object) {
  std::array<std::optional<std::string_view>, id_keys.size() + 1> values;
  json_members(object, searched_keys, values);
  const std::optional<std::string_view>& user = values.back();
  for (std::size_t i = 0; i < id_keys.size(); ++i) {
    std::optional<std::string_view> value = values[i];
    if (!value && user && id_keys[i].starts_with("user.")) {
      value = json_member(*user, id_keys[i].substr(5));
    }
    if (std::string id = value ? id_of(*value) : std::string(); !id.empty()) {
      return id;
    }
  }
  return {};
}

// Requires: `element` passed is_json.
std::string element_id(const DialectOptions& dialect, std::string_view element) {
  if (!dialect.user_id.empty()) {
    const std::optional<std::string_view> value = json_at_pointer(element, dialect.user_id);
    return value ? id_of(*value) : "";
  }
  return json_kind(element) == JsonKind::object ? find_id(element) : id_of(element);
}

// The ids of the users kept so far, as an open hash table of positions in the list: lists may be long, and a set of
// strings would cost more than reading the rest of the answer.
class SeenIds {
 public:
  // Whether `id` is new among `users`. Requires: a new user is appended to `users` next.
  bool insert(std::string_view id, const std::vector<ListedUser>& users) {
    if (2 * (users.size() + 1) > slots_.size()) {
      grow();
    }
    const std::size_t hash = std::hash<std::string_view>{}(id);
    for (std::size_t place = hash;; ++place) {
      Slot& slot = slots_[place & (slots_.size() - 1)];
      if (slot.user == 0) {
        slot = {hash, users.size() + 1};
        return true;
      }
      if (slot.hash == hash && users[slot.user - 1].user_id == id) {
        return false;
      }
    }
  }

 private:
  struct Slot {
    std::size_t hash = 0;
    std::size_t user = 0;  // position in the list, from 1; 0: free
  };

  void grow() {
    constexpr std::size_t size_min = 64;
    std::vector<Slot> slots(std::max(size_min, 2 * slots_.size()));
    for (const Slot& slot : slots_) {
      if (slot.user != 0) {
        std::size_t place = slot.hash;
        while (slots[place & (slots.size() - 1)].user != 0) {
          ++place;
        }
        slots[place & (slots.size() - 1)] = slot;
      }
    }
    slots_ = std::move(slots);
  }

  std::vector<Slot> slots_;  // a power of two
};

}  // namespace

Result<UsersAnswer> read_users(const SourceOptions& source, const HttpResponse& answer) {
  if (answer.status == 204) {
    return UsersAnswer{};
  }
  if (!has_document(answer)) {
    return failure_of(answer, std::nullopt);
  }
  std::string storage;
  const Result<Document> document = read_document(answer, storage);
  if (!document) {
    return document.error();
  }
  if (const std::optional<StatedFailure> stated = find_stated_failure(*document)) {
    return to_failure(*stated, answer, std::nullopt);
  }
  const bool configured = !source.api.users_list.empty();
  const std::optional<std::string_view> list = configured ? json_at_pointer(document->text, source.api.users_list)
                                                          : find_list(document->text, document->members, list_keys);
  if (!list || json_kind(*list) != JsonKind::array) {
    if (const std::optional<StatedFailure> stated = guess_failure(document->text)) {
      return to_failure(*stated, answer, std::nullopt);
    }
    return not_understood(answer, configured ? "users_list under api does not name an array"
                                             : "no list of users was found; name it by users_list under api");
  }
  UsersAnswer users;
  SeenIds seen;
  JsonArrayReader reader(*list);
  while (const std::optional<std::string_view> element = reader.next()) {
    std::string id = document->all_json || is_json(*element) ? element_id(source.api, *element) : "";
    if (id.empty()) {
      users.rejected_shape = users.rejected++ == 0 ? describe_structure(*element) : users.rejected_shape;
    } else if (seen.insert(id, users.users)) {
      users.users.push_back({std::move(id), std::string(*element)});
    }
  }
  if (users.users.empty() && users.rejected > 0) {
    return not_understood(answer, "no element of the list has a user id; name it by user_id under api");
  }
  return users;
}

}  // namespace elit::elitbuzz
