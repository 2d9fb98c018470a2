#pragma once

#include <string>
#include <string_view>

// JSON as text: repairing what is only badly encoded, and writing and reading strings.
namespace elit {

// `text` with what strict parsers refuse in otherwise sound JSON replaced: a leading byte order mark is dropped,
// ill-formed UTF-8 becomes U+FFFD, raw control characters inside strings become \u00XX, escapes of lone surrogates
// become \ufffd. Structure is not touched. Returns `text` itself (or its tail) when there is nothing to repair, else a
// view of `storage`.
[[nodiscard]] std::string_view repair_json(std::string_view text, std::string& storage);

// `text` as a JSON string with its quotes. Ill-formed UTF-8 becomes U+FFFD; control characters and NUL are escaped.
[[nodiscard]] std::string json_quote(std::string_view text);
void append_json_quoted(std::string& out, std::string_view text);

// The content of a JSON string, given with its quotes; always UTF-8. Requires: `quoted` passed is_json.
[[nodiscard]] std::string json_unquote(std::string_view quoted);

}  // namespace elit
