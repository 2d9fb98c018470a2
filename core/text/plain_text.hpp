#pragma once

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

// Searches for bytes that are not plain text, eight bytes at a time: most input is plain text, and scanning it is most
// of the work of reading.
namespace elit {
namespace plain_text {

constexpr std::uint64_t ones = 0x0101010101010101U;
constexpr std::uint64_t tops = 0x8080808080808080U;

// Each of these functions marks the bytes that it searches by their top bit. It may also mark other bytes after the
// first one, so only the first mark counts.
constexpr std::uint64_t bytes_above_ascii(std::uint64_t word) {
  return word & tops;
}
constexpr std::uint64_t bytes_below(std::uint64_t word, std::uint64_t bound) {
  return (word - ones * bound) & ~word & tops;
}
constexpr std::uint64_t bytes_equal(std::uint64_t word, char character) {
  return bytes_below(word ^ ones * static_cast<unsigned char>(character), 1);
}

// The offset of the first byte from `place` on that `find` marks; the size of the text if there is none.
template <typename Find>
std::size_t size_before(std::string_view text, Find find, std::size_t place = 0) {
  while (place < text.size()) {
    std::uint64_t word = 0;  // bytes beyond the end are 0 and do not count
    const std::size_t size = std::min(sizeof word, text.size() - place);
    if (size == sizeof word) {
      std::memcpy(&word, text.data() + place, sizeof word);
    } else {
      std::memcpy(&word, text.data() + place, size);
    }
    if constexpr (std::endian::native == std::endian::big) {
      word = __builtin_bswap64(word);
    }
    if (const std::uint64_t found = find(word); found != 0) {
      return std::min(place + static_cast<std::size_t>(std::countr_zero(found)) / 8, text.size());
    }
    place += size;
  }
  return text.size();
}

#ifdef __SSE2__
// The same for sixteen bytes at a time. Searches quotes, backslashes, control characters and, if `ascii`, bytes that
// are not ASCII.
template <bool ascii>
[[gnu::always_inline]] inline bool find_special(std::string_view text, std::size_t& place) {
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i control = _mm_set1_epi8(0x1F);
  for (; place + sizeof(__m128i) <= text.size(); place += sizeof(__m128i)) {
    __m128i bytes;
    std::memcpy(&bytes, text.data() + place, sizeof bytes);
    __m128i found = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash));
    found = _mm_or_si128(found, _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
    found = ascii ? _mm_or_si128(found, bytes) : found;
    if (const auto mask = static_cast<unsigned>(_mm_movemask_epi8(found)); mask != 0) {
      place += static_cast<std::size_t>(std::countr_zero(mask));
      return true;
    }
  }
  return false;
}
#else
template <bool ascii>
bool find_special(std::string_view, std::size_t&) {
  return false;
}
#endif

}  // namespace plain_text

// The number of bytes before the first quote, backslash or control character: if they are UTF-8, they need no escapes
// in a JSON string.
inline std::size_t json_plain_size(std::string_view text) {
  std::size_t place = 0;
  if (plain_text::find_special<false>(text, place)) {
    return place;
  }
  const auto find = [](std::uint64_t word) {
    return plain_text::bytes_equal(word, '"') | plain_text::bytes_equal(word, '\\') |
           plain_text::bytes_below(word, 0x20);
  };
  return plain_text::size_before(text, find, place);
}

// The same, but also stops at the first byte that is not ASCII.
inline std::size_t json_plain_ascii_size(std::string_view text) {
  std::size_t place = 0;
  if (plain_text::find_special<true>(text, place)) {
    return place;
  }
  const auto find = [](std::uint64_t word) {
    return plain_text::bytes_equal(word, '"') | plain_text::bytes_equal(word, '\\') |
           plain_text::bytes_below(word, 0x20) | plain_text::bytes_above_ascii(word);
  };
  return plain_text::size_before(text, find, place);
}

// The number of ASCII bytes at the start of `text`, control characters included.
inline std::size_t ascii_size(std::string_view text) {
  return plain_text::size_before(text, plain_text::bytes_above_ascii);
}

}  // namespace elit
