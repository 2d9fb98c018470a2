#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/random.hpp"

namespace elit::storage {

// How much of what was not synced survives a loss of power.
enum class Survival { nothing, everything, some };

// The bytes of one file of a MemoryDisk: what the program sees, and what of it is not synced.
class MemoryFile {
 public:
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return bytes_; }

  // Copies what there is from `offset` on and says how many bytes that were.
  [[nodiscard]] std::size_t read(std::size_t offset, std::span<std::uint8_t> into) const;
  // A gap between the end and `offset` becomes zeros. These two either happen or throw std::bad_alloc.
  void write(std::size_t offset, std::span<const std::uint8_t> data);
  void truncate(std::size_t size);
  void sync();

  // Back to what was synced, and of the changes since then what `survival` says; `some` decides for each sector by
  // itself how many of its changes are there, and now and then the last one left rubbish.
  void lose_power(Survival survival, Random& random);

 private:
  // A write or a cut since the last sync: what was there before and what was written stand in `journal_`.
  struct Change {
    std::size_t offset = 0;
    std::size_t size_before = 0;
    std::size_t size_after = 0;
    std::size_t journal_at = 0;
    std::size_t old_length = 0;
    std::size_t new_length = 0;
  };
  class Sectors;

  void note(const Change& change, std::span<const std::uint8_t> data);
  void undo(const Change& change);
  // The bytes that the change touched: those written, or those cut off.
  [[nodiscard]] static std::size_t length_of(const Change& change);
  [[nodiscard]] std::size_t surviving_size(Random& random) const;
  void apply_some(const std::vector<Change>& changes, Random& random);

  std::vector<std::uint8_t> bytes_;
  std::vector<Change> changes_;
  std::vector<std::uint8_t> journal_;
};

}  // namespace elit::storage
