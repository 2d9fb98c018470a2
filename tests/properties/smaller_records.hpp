#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace elit::properties {

// Where in the list of smaller records one stands.
struct Place {
  std::size_t run = 0;  // how many choices are left out together; 0: choices are lowered
  std::size_t at = 0;   // the first of them
  std::size_t step = 0;
  bool operator==(const Place&) const = default;
};

// The records that are smaller than a given one, to be tried in turn: runs of choices left out, long ones first, then
// single choices lowered. It begins where the search that found the given one stood, or a long record would be tried
// from its beginning after each success, and goes once round.
class SmallerRecords {
 public:
  SmallerRecords(std::vector<std::uint64_t> record, Place begin);

  // The next one; absent when all were given out.
  [[nodiscard]] std::optional<std::vector<std::uint64_t>> next();
  // Of the record that was given out last.
  [[nodiscard]] Place place() const { return place_; }

 private:
  [[nodiscard]] std::optional<std::vector<std::uint64_t>> smaller(Place place) const;
  // The place behind; the first after the last.
  [[nodiscard]] Place after(Place place) const;
  [[nodiscard]] Place first() const { return {.run = record_.size(), .at = 0, .step = 0}; }

  std::vector<std::uint64_t> record_;
  Place begin_;
  Place upcoming_;
  Place place_;
  bool finished_;
};

}  // namespace elit::properties
