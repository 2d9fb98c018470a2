#pragma once

#include <string>
#include <string_view>

// Links inside texts. A vendor signs links anew at each read, so a part of their text changes although the message does
// not. A link begins with a scheme and `://`, with `//` or with `www.`, and ends at a blank, a quote, a bracket of
// markup or the end of the text.
namespace elit {

// Whether the text may hold a link.
[[nodiscard]] bool may_hold_link(std::string_view text);

// `text` with what signing may change in its links left out: query and fragment, and those segments of the path that
// look like tokens, dates of expiry or digests, each of which becomes `*`. A file's name with an extension stays. The
// keys of messages depend on it: it must never change.
[[nodiscard]] std::string without_signatures(std::string_view text);

// `text` with its links cut behind the host.
[[nodiscard]] std::string with_bare_links(std::string_view text);

}  // namespace elit
