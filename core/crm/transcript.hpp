#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/crm/activity_text.hpp"
#include "core/instant.hpp"

namespace elit::crm {

// A part of a transcript: the text of one record.
struct TranscriptPart {
  std::string text;           // in the TextForm, within its limit
  std::string plain;          // the same, never HTML
  std::int64_t messages = 0;  // the number of messages with text in this part
  std::optional<Instant> started;
  std::optional<Instant> ended;
};

// Writes entries one after the other into parts of limited length. An entry is added whole to the current part or
// begins the next one. An entry that is longer than a part begins a new part and continues in the following ones. So a
// finished part never changes again, and additional entries never reduce the number of parts.
class Transcript {
 public:
  explicit Transcript(const TextForm& form) : form_(form), limit_(limit_of(form)) {}

  void add(const Entry& entry, std::optional<Instant> instant);
  // Not empty after the first entry.
  [[nodiscard]] const std::vector<TranscriptPart>& parts() const { return parts_; }

 private:
  static std::size_t limit_of(const TextForm& form);
  void begin_part(std::optional<Instant> instant);
  void append(const TextPiece& piece, std::size_t length);
  void add_long(const Entry& entry, std::optional<Instant> instant);

  TextForm form_;
  std::size_t limit_;       // 0: none
  std::size_t length_ = 0;  // of the last part
  std::vector<TranscriptPart> parts_;
};

}  // namespace elit::crm
