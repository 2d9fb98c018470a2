#include "storage/delivery_rows.hpp"

#include <string>
#include <utility>

#include "core/message.hpp"
#include "core/text/json_scan.hpp"
#include "core/text/json_text.hpp"

namespace elit::storage {

std::vector<OutgoingMessage> read_messages(Connection& database, const std::vector<MessageId>& ids) {
  std::vector<OutgoingMessage> messages;
  messages.reserve(ids.size());
  Statement query = database.statement(R"(
      SELECT messages.digest, sources.name, users.user_id, nullif(messages.instant_ms, -1), messages.direction,
          messages.sender, messages.type, messages.media_url, messages.media_type, messages.text, messages.raw,
          user_elements.element, messages.user, messages.occurrence
      FROM messages JOIN users ON users.id = messages.user JOIN sources ON sources.id = users.source
      LEFT JOIN user_elements ON user_elements.user = users.id WHERE messages.id = ?1)");
  for (const MessageId id : ids) {
    if (!query.bind(id).step()) {
      database.refuse("message " + std::to_string(id) + " or the user it belongs to is missing");
    }
    OutgoingMessage message;
    message.id = id;
    message.key = message_key(query.digest(0), static_cast<Occurrence>(query.integer(13)));
    message.source = query.text(1);
    message.user_id = query.text(2);
    message.instant = query.maybe_instant(3);
    message.direction = static_cast<Direction>(query.integer(4));
    message.sender = query.text(5);
    message.type = query.text(6);
    if (!query.is_null(7)) {
      message.media = Media{query.text(7), query.text(8)};
    }
    message.text = query.text(9);
    message.raw = query.text(10);
    message.user_element = query.text(11);
    message.user = query.integer(12);
    messages.push_back(std::move(message));
  }
  return messages;
}

std::vector<MessageId> read_ids(Statement& query) {
  std::vector<MessageId> ids;
  while (query.step()) {
    ids.push_back(query.integer(0));
  }
  return ids;
}

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
