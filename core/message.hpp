#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/instant.hpp"

namespace elit {

enum class Direction : std::uint8_t { in, out, agent, system, unknown };

[[nodiscard]] const char* to_string(Direction direction);
// The direction of that name; `unknown` for any other word.
[[nodiscard]] Direction direction_from(std::string_view name);

// The first 104 bits of a hash of (recipe version, source name, user id of the path, instant, sender, type, canonical
// response, file URL without its query). Rows with equal digests are equal in everything that identifies a message;
// their occurrence tells them apart.
struct Digest {
  std::array<std::uint8_t, 13> bytes{};
  auto operator<=>(const Digest&) const = default;
};

// The number of a message among those with the same digest, from 0. At most `occurrence_max`, because the key has 24
// bits for it.
using Occurrence = std::uint32_t;
inline constexpr Occurrence occurrence_max = 0xFFFFFF;

// The public name of a message: 32 lower-case hex digits, 26 of the digest and 6 of the occurrence. It depends only on
// the content, so a message always has the same key.
[[nodiscard]] std::string message_key(const Digest& digest, Occurrence occurrence);

// What a row was seen to hold under one of the names that are known for it, whatever the value.
enum class RowMember : std::uint8_t { timestamp, sender, message_type, response, file, attachments };
inline constexpr std::size_t row_member_count = 6;

// The vendor's name of a member, as in `accept_missing`.
[[nodiscard]] const char* to_string(RowMember member);

// A set of members.
class RowMembers {
 public:
  void add(RowMember member) { bits_ = static_cast<std::uint8_t>(bits_ | bit(member)); }
  [[nodiscard]] bool has(RowMember member) const { return (bits_ & bit(member)) != 0; }
  [[nodiscard]] bool empty() const { return bits_ == 0; }
  bool operator==(const RowMembers&) const = default;

 private:
  static std::uint8_t bit(RowMember member) { return static_cast<std::uint8_t>(1U << static_cast<unsigned>(member)); }
  std::uint8_t bits_ = 0;
};

struct Media {
  std::string url;   // as sent, with its query; may be signed and expire
  std::string type;  // MIME type; empty: the vendor named none
};

// One row of a conversations answer, normalised. Every text is valid UTF-8. `raw` holds the bytes of the row as sent,
// with ill-formed UTF-8 replaced by U+FFFD; it is always valid JSON.
struct Row {
  std::optional<Instant> instant;  // absent: the vendor's text could not be read as an instant; the row is kept
  std::string instant_text;        // the vendor's text or number, verbatim
  bool zone_assumed = false;       // the text named no offset, UTC was assumed
  Direction direction = Direction::unknown;
  std::string sender;
  std::string type;
  std::string text;  // plain text for people; for structured responses their JSON text
  std::optional<Media> media;
  std::string raw;
  Digest digest;
  RowMembers members;
};

}  // namespace elit

template <>
struct std::hash<elit::Digest> {
  std::size_t operator()(const elit::Digest& digest) const noexcept {
    std::uint64_t head = 0;
    for (int i = 0; i < 8; ++i) {
      head = head << 8U | digest.bytes[static_cast<std::size_t>(i)];
    }
    return static_cast<std::size_t>(head);
  }
};
