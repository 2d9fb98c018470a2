#pragma once

#include <string>
#include <string_view>

// JSON as text: repairs encoding errors, writes and reads strings.
namespace elit {

// Repairs encoding errors that strict parsers refuse: drops a leading byte order mark and replaces ill-formed UTF-8 by
// U+FFFD, raw control characters inside strings by \u00XX and escapes of lone surrogates by \ufffd. Does not change the
// structure. Returns `text` itself (or its tail) when there is nothing to repair, otherwise a view of `storage`.
[[nodiscard]] std::string_view repair_json(std::string_view text, std::string& storage);

// `text` as a JSON string with its quotes. Ill-formed UTF-8 becomes U+FFFD; control characters and NUL are escaped.
[[nodiscard]] std::string json_quote(std::string_view text);
void append_json_quoted(std::string& out, std::string_view text);

// The content of a JSON string, which is given with its quotes; always UTF-8. Requires: `quoted` passed is_json.
[[nodiscard]] std::string json_unquote(std::string_view quoted);

}  // namespace elit
