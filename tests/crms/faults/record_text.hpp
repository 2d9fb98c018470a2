#pragma once

#include <string>
#include <string_view>

namespace elit::crm::faults {

// HTML that was made of plain text, as a browser shows it: <br> ends a line, character references are resolved, any
// other tag is an error and shown as "<?>".
[[nodiscard]] std::string as_read(std::string_view html);

// What of a text has to be in a record for people: all of it but characters that are none, with line breaks as the
// record has them.
[[nodiscard]] std::string as_kept(std::string_view text);

}  // namespace elit::crm::faults
