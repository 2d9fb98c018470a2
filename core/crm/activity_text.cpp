#include "core/crm/activity_text.hpp"

#include <algorithm>
#include <initializer_list>

#include "core/letter_case.hpp"
#include "core/text/clean_text.hpp"
#include "core/text/html_text.hpp"
#include "core/text/text_length.hpp"

namespace elit::crm {
namespace {

namespace json = boost::json;

constexpr std::size_t name_length_max = 60;  // code points
constexpr std::string_view indent = "  ";
constexpr std::string_view html_indent = "&nbsp;&nbsp;";

std::string shortened(std::string_view name) {
  return std::string(text_beginning(name, name_length_max, TextUnit::code_points));
}

std::string member_of(const json::value& value, std::initializer_list<std::string_view> names) {
  const json::object* object = value.if_object();
  for (const std::string_view name : names) {
    const json::value* member = object != nullptr ? object->if_contains(name) : nullptr;
    if (member != nullptr && (member->is_string() || member->is_int64() || member->is_uint64())) {
      if (std::string text = clean_line(text_of(*member)); !text.empty()) {
        return text;
      }
    }
  }
  return {};
}

// The sender's name where the row has it in a member of its own or the sender is an object.
std::string named_in_row(const json::value& raw) {
  if (std::string name = member_of(raw, {"agentName", "agent_name", "senderName", "sender_name"}); !name.empty()) {
    return name;
  }
  const json::object* row = raw.if_object();
  for (const std::string_view member : {"agent", "sender"}) {
    const json::value* value = row != nullptr ? row->if_contains(member) : nullptr;
    if (value != nullptr && value->is_object()) {
      return member_of(*value, {"name", "displayName", "display_name", "agentName", "email", "id", "agentId"});
    }
  }
  return member_of(raw, {"agentId", "agent_id"});
}

// What the sender says beyond that it is an agent.
std::string agent_name(const std::string& sender, const json::value& raw) {
  const std::string lower = to_lower_case(sender);
  const bool is_object = sender.starts_with('{');
  for (const std::string_view word : {"agent", "human_agent", "live_agent", "human agent", "live agent", "human"}) {
    if (lower == word) {
      return named_in_row(raw);
    }
  }
  if (is_object || sender.empty()) {
    return named_in_row(raw);
  }
  return lower.starts_with("agent ") ? clean_line(sender.substr(6)) : sender;
}

TextPiece piece_of(std::string_view text, const TextForm& form) {
  return {form.html ? html_escaped(text) : std::string(text), std::string(text)};
}

TextPiece link_of(const std::string& url, const TextForm& form) {
  const bool web = url.starts_with("https://") || url.starts_with("http://");
  const std::string escaped = html_escaped(url);
  return form.html && web ? TextPiece{"<a href=\"" + escaped + "\">" + escaped + "</a>", url} : piece_of(url, form);
}

TextPiece line_break(const Entry& entry, const TextForm& form) {
  TextPiece piece = entry_break(form);
  if (entry.indented) {
    piece.shown += form.html ? html_indent : indent;
    piece.plain += indent;
  }
  return piece;
}

std::string label_of(const Entry& entry, std::string_view more) {
  return entry.time + (entry.time.empty() ? "" : " ") + entry.speaker + std::string(more) + ": ";
}

void append(TextPiece& whole, const TextPiece& piece) {
  whole.shown += piece.shown;
  whole.plain += piece.plain;
}

std::size_t longest_piece(const TextForm& form) {
  return std::max(form.limit, text_limit_min) / 2;
}

using TakePiece = std::function<void(const TextPiece&)>;

// Text in clusters, or in code points where a cluster is too long.
void give_text(std::string_view text, const TextForm& form, const TakePiece& take) {
  while (!text.empty()) {
    TextPiece piece = piece_of(text.substr(0, cluster_size(text)), form);
    if (text_length(piece.shown, form.limit_unit) > longest_piece(form)) {
      piece = piece_of(text.substr(0, character_size(text)), form);
    }
    text.remove_prefix(piece.plain.size());
    take(piece);
  }
}

}  // namespace

std::string speaker_of(const OutgoingMessage& message, const json::value& raw) {
  const std::string sender = clean_line(message.sender);
  switch (message.direction) {
    case Direction::in:
      return "Customer";
    case Direction::out:
      return "Bot";
    case Direction::system:
      return "System";
    case Direction::agent: {
      const std::string name = shortened(agent_name(sender, raw));
      return name.empty() ? "Agent" : "Agent " + name;
    }
    case Direction::unknown:
      break;
  }
  return sender.empty() || sender.starts_with('{') ? "Unknown" : shortened(sender);
}

TextPiece entry_break(const TextForm& form) {
  return {form.html ? "<br>" : "\n", "\n", true};
}

TextPiece whole_text(const Entry& entry, const TextForm& form) {
  TextPiece whole = piece_of(label_of(entry, ""), form);
  for (std::size_t i = 0; i < entry.lines.size(); ++i) {
    if (i > 0) {
      append(whole, line_break(entry, form));
    }
    append(whole, piece_of(entry.lines[i].text, form));
    append(whole, link_of(entry.lines[i].url, form));
  }
  return whole;
}

void for_each_piece(const Entry& entry, const TextForm& form, const TakePiece& take) {
  give_text(label_of(entry, ""), form, take);
  for (std::size_t i = 0; i < entry.lines.size(); ++i) {
    if (i > 0) {
      take(line_break(entry, form));
    }
    give_text(entry.lines[i].text, form, take);
    const TextPiece link = link_of(entry.lines[i].url, form);
    if (text_length(link.shown, form.limit_unit) <= longest_piece(form)) {
      take(link);
    } else {
      give_text(entry.lines[i].url, form, take);
    }
  }
}

TextPiece continuation(const Entry& entry, const TextForm& form) {
  TextPiece piece = piece_of(label_of(entry, " (continued)"), form);
  return text_length(piece.shown, form.limit_unit) <= longest_piece(form) ? piece : TextPiece{};
}

}  // namespace elit::crm
