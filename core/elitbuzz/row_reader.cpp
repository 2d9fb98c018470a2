#include "core/elitbuzz/row_reader.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "core/fetch/identity.hpp"
#include "core/letter_case.hpp"
#include "core/text/canonical_json.hpp"
#include "core/text/json_mend.hpp"
#include "core/text/json_scan.hpp"
#include "core/text/json_text.hpp"
#include "core/text/time_text.hpp"

namespace elit::elitbuzz {
namespace {

constexpr std::string_view agent_status_type = "AGENT_PARTICIPATION_STATUS";

using Names = std::array<std::string_view, 5>;  // of one fact, the preferred one first; the rest empty

enum Fact : std::size_t { instant_fact, sender_fact, type_fact, response_fact, text_fact, file_fact, attachments_fact };
constexpr std::size_t fact_count = 7;

// A text under either name is the response.
constexpr std::array<RowMember, fact_count> fact_members{
    RowMember::timestamp, RowMember::sender, RowMember::message_type, RowMember::response,
    RowMember::response,  RowMember::file,   RowMember::attachments};

constexpr std::array<Names, fact_count> fact_names{{
    {"timestamp", "time", "createdAt", "created_at", "date"},
    {"sender"},
    {"message_type", "messageType", "type"},
    {"response"},
    {"text"},
    {"file"},
    {"attachments"},
}};

// The values of a row by their meaning, found in one pass. For `usable`, null and empty strings count as absent.
class Facts {
 public:
  explicit Facts(std::string_view object) {
    std::string storage;
    JsonObjectReader reader(object);
    while (const std::optional<JsonMember> member = reader.next()) {
      note(json_key_name(member->key, storage), member->value);
    }
  }

  // The first of the fact's members that is not null.
  [[nodiscard]] std::optional<std::string_view> find(Fact fact) const {
    for (const std::optional<std::string_view>& value : values_[fact]) {
      if (value && *value != "null") {
        return value;
      }
    }
    return std::nullopt;
  }

  // The first of the fact's members that is neither null nor an empty string.
  [[nodiscard]] std::optional<std::string_view> find_filled(Fact fact) const {
    for (const std::optional<std::string_view>& value : values_[fact]) {
      if (value && *value != "null" && *value != "\"\"") {
        return value;
      }
    }
    return std::nullopt;
  }

  // What is there, whatever its value.
  [[nodiscard]] RowMembers members() const { return members_; }

 private:
  void note(std::string_view name, std::string_view value) {
    for (std::size_t fact = 0; fact < fact_count; ++fact) {
      for (std::size_t i = 0; i < fact_names[fact].size() && !fact_names[fact][i].empty(); ++i) {
        if (name == fact_names[fact][i]) {
          values_[fact][i] = value;
          members_.add(fact_members[fact]);
          return;
        }
      }
    }
  }

  std::array<std::array<std::optional<std::string_view>, 5>, fact_count> values_;
  RowMembers members_;
};

bool has_content(RowMembers members) {
  return members.has(RowMember::sender) || members.has(RowMember::response) || members.has(RowMember::file) ||
         members.has(RowMember::attachments);
}

// Whether an object without content of its own is a wrapper: the message is in one of its members.
bool wraps_message(std::string_view object) {
  JsonObjectReader reader(object);
  while (const std::optional<JsonMember> member = reader.next()) {
    if (json_kind(member->value) == JsonKind::object && has_content(Facts(member->value).members())) {
      return true;
    }
  }
  return false;
}

// A value as text for people: the content of a string, the JSON text of anything else.
std::string text_of(std::string_view value) {
  return json_kind(value) == JsonKind::string ? json_unquote(value) : std::string(value);
}

// A value as text that does not depend on how its JSON is written.
std::string stable_text_of(std::string_view value) {
  const JsonKind kind = json_kind(value);
  return kind == JsonKind::object || kind == JsonKind::array ? canonical_json(value) : text_of(value);
}

// An agent who joins or leaves is an event, with any sender in the row.
Direction direction_of(const DialectOptions& dialect, std::string_view sender, std::string_view type) {
  if (type == agent_status_type) {
    return Direction::system;
  }
  if (const auto role = dialect.sender_roles.find(std::string(sender)); role != dialect.sender_roles.end()) {
    return direction_from(role->second);
  }
  for (const auto& [name, role] : dialect.sender_roles) {
    if (equal_without_case(name, sender)) {
      return direction_from(role);
    }
  }
  if (sender.empty()) {
    return Direction::unknown;
  }
  return equal_without_case(sender, "bot") ? Direction::out : Direction::in;
}

std::optional<std::string> string_member(std::string_view object, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const std::optional<std::string_view> value = json_member(object, name);
    if (value && json_kind(*value) == JsonKind::string && *value != "\"\"") {
      return json_unquote(*value);
    }
  }
  return std::nullopt;
}

// A file is an object with a URL, a URL, or a list of such; then the first counts.
std::optional<Media> media_of(std::string_view value) {
  switch (json_kind(value)) {
    case JsonKind::object: {
      std::optional<std::string> url = string_member(value, {"url"});
      if (!url) {
        return std::nullopt;
      }
      return Media{std::move(*url), string_member(value, {"mimeType", "mime_type"}).value_or("")};
    }
    case JsonKind::string: {
      std::string url = json_unquote(value);
      const bool web = url.starts_with("http://") || url.starts_with("https://");
      return web ? std::optional(Media{std::move(url), {}}) : std::nullopt;
    }
    case JsonKind::array: {
      JsonArrayReader reader(value);
      while (const std::optional<std::string_view> element = reader.next()) {
        const JsonKind kind = json_kind(*element);
        if (kind != JsonKind::array) {
          if (std::optional<Media> media = media_of(*element)) {
            return media;
          }
        }
      }
      return std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

// Programs write the first or last date that they know where they have none: year 1, 1601, 1900, 1970, 9999. Nobody
// chatted before the earliest instant that is ever asked for.
bool is_placeholder(Instant instant) {
  constexpr Instant last_days{std::chrono::sys_days{std::chrono::year{9999} / 12 / 30}};
  return instant < earliest_instant || instant >= last_days;
}

void read_instant(std::string_view value, Row& row) {
  row.instant_text = text_of(value);
  const JsonKind kind = json_kind(value);
  if (kind != JsonKind::string && kind != JsonKind::number) {
    return;
  }
  const std::optional<ReadInstant> read = parse_timestamp(row.instant_text);
  if (read && !is_placeholder(read->instant)) {
    row.instant = read->instant;
    row.zone_assumed = read->zone_assumed;
  }
}

void read_object(const DialectOptions& dialect, const Facts& facts, Row& row) {
  if (const auto value = facts.find_filled(instant_fact)) {
    read_instant(*value, row);
  }
  if (const auto value = facts.find(sender_fact)) {
    row.sender = text_of(*value);
  }
  if (const auto value = facts.find_filled(type_fact)) {
    row.type = text_of(*value);
  }
  if (const auto value = facts.find(file_fact)) {
    row.media = media_of(*value);
  }
  if (const auto value = facts.find(attachments_fact); value && !row.media) {
    row.media = media_of(*value);
  }
  row.direction = direction_of(dialect, row.sender, row.type);
}

}  // namespace

std::optional<Row> read_row(const SourceOptions& source, std::string_view user_id, std::string_view element) {
  if (is_json(element)) {
    return read_json_row(source, user_id, element);
  }
  const std::string mended = mend_json(element);
  return is_json(mended) ? read_json_row(source, user_id, mended) : std::nullopt;
}

std::optional<Row> read_json_row(const SourceOptions& source, std::string_view user_id, std::string_view element) {
  const std::string& pointer = source.api.message;
  const std::string_view message = pointer.empty() ? element : json_at_pointer(element, pointer).value_or("null");
  if (json_kind(message) != JsonKind::object) {
    return std::nullopt;
  }
  const Facts facts(message);
  if (facts.members().empty() || (!has_content(facts.members()) && wraps_message(message))) {
    return std::nullopt;
  }
  std::optional<Row> read(std::in_place);
  Row& row = *read;
  row.raw = element;
  row.members = facts.members();
  read_object(source.api, facts, row);
  std::optional<std::string_view> response = facts.find(response_fact);
  response = response ? response : facts.find(text_fact);
  row.text = response ? text_of(*response) : std::string();
  const std::string sender = stable_text_of(facts.find(sender_fact).value_or("\"\""));
  const std::string stable = response ? stable_response(*response) : std::string();

  RowIdentity identity;
  identity.source = source.name;
  identity.user_id = user_id;
  identity.instant = row.instant;
  identity.instant_text = row.instant_text;
  identity.sender = sender;
  identity.type = row.type;
  identity.stable_response = stable;
  identity.media_url = row.media ? std::string_view(row.media->url) : std::string_view();
  row.digest = digest_of(identity);
  return read;
}

}  // namespace elit::elitbuzz
