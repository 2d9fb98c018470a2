#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Shortened responses for the state and for logs: long enough to find a cause, short enough for the state.
namespace elit {

inline constexpr std::size_t excerpt_size_max = 500;
inline constexpr std::size_t remote_id_size_max = 500;

// At most `size_max` bytes of `text`, cut between code points and ended by an ellipsis; always valid UTF-8.
[[nodiscard]] std::string cut(std::string_view text, std::size_t size_max);

// A response cut to excerpt_size_max bytes, as one printable line.
[[nodiscard]] std::string excerpt(std::string_view text);

// An error code such as UNABLE_TO_LOCK_ROW: letters, digits and `_.-` only, at most 60 of them; empty for other texts.
// Logs may contain such codes, but no other text of a peer.
[[nodiscard]] std::string code_word(std::string_view text);

}  // namespace elit
