#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace elit::properties {

// A place in the list of smaller records.
struct Place {
  std::size_t run = 0;  // how many choices are left out together; 0: choices are lowered
  std::size_t at = 0;   // the first of them
  std::size_t step = 0;
  bool operator==(const Place&) const = default;
};

// Lists the records that are smaller than a given one: first those without a run of choices, long runs first; then
// those with a single lower choice. The list begins at the place where the search found the given record and goes round
// once. Otherwise, each success in a long record would start the search from its beginning.
class SmallerRecords {
 public:
  SmallerRecords(std::vector<std::uint64_t> record, Place begin);

  // The next one; absent after the last.
  [[nodiscard]] std::optional<std::vector<std::uint64_t>> next();
  // The place of the record that next() returned last.
  [[nodiscard]] Place place() const { return place_; }

 private:
  [[nodiscard]] std::optional<std::vector<std::uint64_t>> smaller(Place place) const;
  // The next place; the first place follows the last.
  [[nodiscard]] Place after(Place place) const;
  [[nodiscard]] Place first() const { return {.run = record_.size(), .at = 0, .step = 0}; }

  std::vector<std::uint64_t> record_;
  Place begin_;
  Place upcoming_;
  Place place_;
  bool finished_;
};

}  // namespace elit::properties
