#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// What is kept of a peer's words: enough to find the cause, too little to fill the state.
namespace elit {

inline constexpr std::size_t excerpt_size_max = 500;
inline constexpr std::size_t remote_id_size_max = 500;

// At most `size_max` bytes of it, ended between code points by an ellipsis; always valid UTF-8.
[[nodiscard]] std::string cut(std::string_view text, std::size_t size_max);

// A peer's words on one line.
[[nodiscard]] std::string excerpt(std::string_view text);

// An error code such as UNABLE_TO_LOCK_ROW: letters, digits and `_.-` only, at most 60 of them; anything else is empty.
// A code may stand in a log, other words of a peer may not.
[[nodiscard]] std::string code_word(std::string_view text);

}  // namespace elit
