#include "core/crm/transcript.hpp"

#include <algorithm>

namespace elit::crm {

std::size_t Transcript::limit_of(const TextForm& form) {
  return form.limit == 0 ? 0 : std::max(form.limit, text_limit_min);
}

void Transcript::begin_part(std::optional<Instant> instant) {
  parts_.emplace_back();
  parts_.back().started = instant;
  length_ = 0;
}

void Transcript::append(const TextPiece& piece, std::size_t length) {
  parts_.back().text += piece.shown;
  parts_.back().plain += piece.plain;
  length_ += length;
}

void Transcript::add(const Entry& entry, std::optional<Instant> instant) {
  const TextPiece whole = whole_text(entry, form_);
  const TextPiece between = entry_break(form_);
  const std::size_t length = text_length(whole.shown, form_.limit_unit);
  const std::size_t between_length = text_length(between.shown, form_.limit_unit);
  if (limit_ != 0 && length > limit_) {
    return add_long(entry, instant);
  }
  if (parts_.empty() || (limit_ != 0 && length_ + between_length + length > limit_)) {
    begin_part(instant);
  } else {
    append(between, between_length);
  }
  append(whole, length);
  ++parts_.back().messages;
  parts_.back().ended = instant;
}

void Transcript::add_long(const Entry& entry, std::optional<Instant> instant) {
  const TextPiece head = continuation(entry, form_);
  const std::size_t head_length = text_length(head.shown, form_.limit_unit);
  const auto note = [&] {
    ++parts_.back().messages;
    parts_.back().ended = instant;
  };
  begin_part(instant);
  note();
  for_each_piece(entry, form_, [&](const TextPiece& piece) {
    const std::size_t length = text_length(piece.shown, form_.limit_unit);
    const bool full = length_ + length > limit_;
    if (full) {
      begin_part(instant);
      note();
      append(head, head_length);
    }
    if (!full || !piece.line_break) {
      append(piece, length);
    }
  });
}

}  // namespace elit::crm
