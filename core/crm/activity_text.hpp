#pragma once

#include <boost/json/value.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/crm/filters.hpp"
#include "core/crm/response_lines.hpp"
#include "core/delivery/outgoing_message.hpp"
#include "core/instant.hpp"
#include "core/text/text_length.hpp"

// Makes the text of records from messages: for people, in the form of the CRM's field.
namespace elit::crm {

// The form of the text of activities.
struct TextForm {
  bool html = false;      // the field holds HTML: text is escaped, line breaks become <br>
  std::size_t limit = 0;  // of one record's text; 0: none; smaller values count as text_limit_min
  TextUnit limit_unit = TextUnit::code_points;
  bool operator==(const TextForm&) const = default;
};
inline constexpr std::size_t text_limit_min = 64;

// The speaker of a message: "Customer", "Bot", "Agent NAME", "System"; for an unknown direction the sender's name, or
// "Unknown".
[[nodiscard]] std::string speaker_of(const OutgoingMessage& message, const boost::json::value& raw);

// A message in a record: "09:15:02 Customer: the text".
struct Entry {
  std::string time;  // as shown; empty: none
  std::string speaker;
  std::vector<TextLine> lines;  // not empty
  // Indents the lines after the first one, so that a text cannot imitate the next message.
  bool indented = false;
};

// A piece of text that is never cut: a cluster or code point, a line break, a link.
struct TextPiece {
  std::string shown;  // in the TextForm
  std::string plain;
  bool line_break = false;
};

// The text of a whole entry, as one piece.
[[nodiscard]] TextPiece whole_text(const Entry& entry, const TextForm& form);
// Calls `take` with the same text in pieces, none longer than half of the limit. Requires: form.limit > 0.
void for_each_piece(const Entry& entry, const TextForm& form, const std::function<void(const TextPiece&)>& take);
// The beginning of a record that continues the entry: "09:15:02 Customer (continued): ". Empty if it would be longer
// than half of the limit.
[[nodiscard]] TextPiece continuation(const Entry& entry, const TextForm& form);

// A line break between two entries.
[[nodiscard]] TextPiece entry_break(const TextForm& form);

}  // namespace elit::crm
