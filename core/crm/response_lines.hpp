#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <vector>

#include "core/delivery/outgoing_message.hpp"

namespace elit::crm {

// A line of a message as a person reads it. Lines hold no line breaks and are clean_text.
struct TextLine {
  std::string text;
  std::string url;  // behind the text, as a link where the record can hold one; empty: none
  bool operator==(const TextLine&) const = default;
};

// What a message says, line by line: its text; the titles, texts and options of structured ones (quick replies, lists,
// carousels, cards, a place), one option a line as "- Option"; its media as a link. `raw` is the row as JSON. What is
// structured in a way that we do not know stays the text that the row reader made, its JSON, cut after
// json_excerpt_max code points. Never empty: a message without any text is named by its type, as "[STICKER]".
[[nodiscard]] std::vector<TextLine> message_lines(const OutgoingMessage& message, const boost::json::value& raw);
inline constexpr std::size_t json_excerpt_max = 1000;

}  // namespace elit::crm
