#include "storage/record_rows.hpp"

#include <vector>

#include "core/text/json_scan.hpp"
#include "core/text/json_text.hpp"

namespace elit::storage {

std::map<std::string, std::string> saved_from(const Connection& database, const std::string& text) {
  const bool is_object = is_json(text) && json_kind(json_trim(text)) == JsonKind::object;
  std::map<std::string, std::string> saved;
  for (const JsonMember& member : is_object ? json_members_of(json_trim(text)) : std::vector<JsonMember>()) {
    if (json_kind(member.value) != JsonKind::string) {
      database.refuse("a value saved from a CRM's answer is not a text");
    }
    saved.insert_or_assign(json_unquote(member.key), json_unquote(member.value));
  }
  if (!is_object) {
    database.refuse("the values saved from a CRM's answer are not a JSON object");
  }
  return saved;
}

}  // namespace elit::storage
