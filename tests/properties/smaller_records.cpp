#include "tests/properties/smaller_records.hpp"

#include <algorithm>
#include <array>

namespace elit::properties {
namespace {

// A choice is lowered to zero, to a half, by a quarter and so on, and by one.
constexpr std::array lowering_shifts{1U, 2U, 4U, 8U, 16U, 32U};
constexpr std::size_t lowering_steps = lowering_shifts.size() + 2;
// Runs up to this length are tried in each length and at each place: one element of a list may take so many choices.
constexpr std::size_t short_run = 8;

}  // namespace

SmallerRecords::SmallerRecords(std::vector<std::uint64_t> record, Place begin)
    : record_(std::move(record)), finished_(record_.empty()) {
  const bool fits = begin.run <= record_.size() && begin.at < record_.size() && begin != Place();
  begin_ = upcoming_ = place_ = fits ? begin : first();
}

std::optional<std::vector<std::uint64_t>> SmallerRecords::next() {
  while (!finished_) {
    place_ = upcoming_;
    upcoming_ = after(place_);
    finished_ = upcoming_ == begin_;
    if (auto found = smaller(place_)) {
      return found;
    }
  }
  return std::nullopt;
}

std::optional<std::vector<std::uint64_t>> SmallerRecords::smaller(Place place) const {
  std::vector<std::uint64_t> record = record_;
  if (place.run > 0) {
    const auto from = record.begin() + static_cast<std::ptrdiff_t>(place.at);
    const auto size = static_cast<std::ptrdiff_t>(std::min(place.run, record.size() - place.at));
    record.erase(from, from + size);
    return record;
  }
  std::uint64_t& choice = record[place.at];
  if (choice == 0) {
    return std::nullopt;
  }
  std::uint64_t lower = place.step == 0 ? 0 : choice - 1;
  if (place.step > 0 && place.step <= lowering_shifts.size()) {
    lower = choice - (choice >> lowering_shifts[place.step - 1]);
  }
  if (lower == choice || (place.step > 0 && lower == 0)) {
    return std::nullopt;
  }
  choice = lower;
  return record;
}

Place SmallerRecords::after(Place place) const {
  if (place.run > 0) {
    place.at += place.run > short_run ? place.run : 1;
    if (place.at < record_.size()) {
      return place;
    }
    return {.run = place.run > short_run ? place.run / 2 : place.run - 1, .at = 0, .step = 0};
  }
  if (++place.step < lowering_steps) {
    return place;
  }
  return place.at + 1 < record_.size() ? Place{.run = 0, .at = place.at + 1, .step = 0} : first();
}

}  // namespace elit::properties
