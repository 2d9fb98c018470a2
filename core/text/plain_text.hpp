#pragma once

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

// Searching eight bytes at once for what is not plain text: most of what we read is, and scanning it is most of the
// work of reading.
namespace elit {
namespace plain_text {

constexpr std::uint64_t ones = 0x0101010101010101U;
constexpr std::uint64_t tops = 0x8080808080808080U;

// Each of these sets the top bit of the bytes it looks for; it may also set some behind the first such byte, so only
// the first counts.
constexpr std::uint64_t bytes_above_ascii(std::uint64_t word) {
  return word & tops;
}
constexpr std::uint64_t bytes_below(std::uint64_t word, std::uint64_t bound) {
  return (word - ones * bound) & ~word & tops;
}
constexpr std::uint64_t bytes_equal(std::uint64_t word, char character) {
  return bytes_below(word ^ ones * static_cast<unsigned char>(character), 1);
}

// How many bytes stand before the first one that `find` marks in a word, from `place` on.
template <typename Find>
std::size_t size_before(std::string_view text, Find find, std::size_t place = 0) {
  while (place < text.size()) {
    std::uint64_t word = 0;  // what lies beyond the end is 0 and does not count
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
// The same for sixteen bytes at once. What is searched: quotes, backslashes, control characters, and if `ascii` bytes
// that are not ASCII.
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

// The bytes at the start of `text` before the first quote, backslash or control character: what may stand in a JSON
// string as it is, if it is UTF-8.
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

// The same, and before the first byte that is not ASCII.
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

// The ASCII bytes at the start of `text`, control characters included.
inline std::size_t ascii_size(std::string_view text) {
  return plain_text::size_before(text, plain_text::bytes_above_ascii);
}

}  // namespace elit
