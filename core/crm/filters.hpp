#pragma once

#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// What may stand after a bar in a placeholder. Each takes a value and gives one; null stays null but for `default` and
// `not`, and what a filter cannot be applied to becomes null: a text filter takes texts, numbers and flags.
//
//   string              numbers and flags as text; lists and objects as JSON
//   lower, upper        of the letters A-Z                     trim             without the blanks around it
//   number              text as a number where it is one       digits           only the digits of it
//   e164 [COUNTRY]      a phone number as +<digits>, 8 to 15 of them; `00` and a missing plus are understood; national
//                       numbers (a leading 0) need the country's calling code; what is no phone number becomes null
//                       (core/text/phone_number.hpp)
//   iso8601             an instant (milliseconds since 1970, or a text that names one) as RFC 3339 with milliseconds, Z
//   epoch_ms, epoch_s   an instant as a number
//   strftime FORMAT     an instant in UTC: %Y %m %d %H %M %S %L (milliseconds) %z (+0000); anything else as it stands;
//                       several arguments are joined by a blank, as for `default`
//   html                text with & < > " escaped and control characters that no XML document may hold removed
//   nl2br               line breaks become <br>; after html
//   limit N [UNIT]      at most N units (code_points, which is the default, utf16 or bytes), never inside a code point;
//                       lists: elements
//   skip N              a list without its first N elements
//   default TEXT        TEXT where the value is null or an empty string
//   not                 true where the value is null, false or empty, else false
//   sha256              64 hex digits of the text
//   uuid5               a name-based UUID (RFC 4122, version 5) of the text in uuid_namespace
//   base64, url         as they are used in headers and in queries or paths
//   external_id         A-Za-z0-9_- as they are, other bytes as . and two hex digits: for names that take nothing else
//   backslash CHARACTERS   a backslash before each of these (ASCII) and before each backslash: for texts in queries
//   first_word, other_words   a person's name in two: "Asha Rao Iyer" gives "Asha" and "Rao Iyer", "Asha" and ""
//   keys, values        of an object, as lists in the same order
//   join SEPARATOR      a list as text; elements that are null or empty are passed by
//   json                the value as JSON text
//   map A=B C=D ...     another word for a word; what is not named stays
namespace elit::crm {

// Empty when there is such a filter and it takes these arguments; else what is wrong, with a suggestion for a typo.
[[nodiscard]] std::string filter_mistake(std::string_view name, const std::vector<std::string>& arguments);

// Requires: filter_mistake() is empty for it.
[[nodiscard]] boost::json::value apply_filter(std::string_view name, const std::vector<std::string>& arguments,
                                              const boost::json::value& value);

// The namespace of our name-based UUIDs, made once at random. It never changes: records of CRMs are found by them.
inline constexpr std::string_view uuid_namespace = "b2c99aaf-abfb-4350-add5-baa1df7a1b97";

// A value as text: null is empty, a number or flag as JSON writes it, a list or object as JSON.
[[nodiscard]] std::string text_of(const boost::json::value& value);

}  // namespace elit::crm
