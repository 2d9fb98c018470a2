#pragma once

#include <string>
#include <string_view>

namespace elit::crm::faults {

// HTML that was made of plain text, as a browser shows it: <br> ends a line, character references are resolved, any
// other tag is an error and shown as "<?>".
[[nodiscard]] std::string as_read(std::string_view html);

// The part of a text that a record for people must hold: all valid characters, with the line breaks of the record.
[[nodiscard]] std::string as_kept(std::string_view text);

}  // namespace elit::crm::faults
