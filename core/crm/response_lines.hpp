#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <vector>

#include "core/delivery/outgoing_message.hpp"

namespace elit::crm {

// A line of a message for people: clean_text without line breaks.
struct TextLine {
  std::string text;
  std::string url;  // follows the text, as a link if the record supports links; empty: none
  bool operator==(const TextLine&) const = default;
};

// The content of a message, line by line: its text; the titles, texts and options of structured messages (quick
// replies, lists, carousels, cards, a place), one option a line as "- Option"; its media and all attachments as links.
// Every web address in a structured message is shown, with "Image: ", "Video: ", "Audio: " or "File: " before it where
// the row or the address tells its kind. `raw` is the row as
// JSON. An unknown structure stays the text of the row reader, which is its JSON, cut after json_excerpt_max code
// points. Never empty: a message without text is represented by its type, such as "[STICKER]".
[[nodiscard]] std::vector<TextLine> message_lines(const OutgoingMessage& message, const boost::json::value& raw);
inline constexpr std::size_t json_excerpt_max = 1000;

}  // namespace elit::crm
