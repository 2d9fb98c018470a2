#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/random.hpp"

namespace elit::storage {

// How many of the changes that were not synced survive a loss of power.
enum class Survival { nothing, everything, some };

// One file of a MemoryDisk: its bytes as the program reads them, and the changes that are not synced.
class MemoryFile {
 public:
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return bytes_; }

  // Copies bytes from `offset` on until `into` is full or the file ends. Returns their number.
  [[nodiscard]] std::size_t read(std::size_t offset, std::span<std::uint8_t> into) const;
  // A gap between the end and `offset` is filled with zeros. write() and truncate() change nothing if they throw
  // std::bad_alloc.
  void write(std::size_t offset, std::span<const std::uint8_t> data);
  void truncate(std::size_t size);
  void sync();

  // Goes back to the synced bytes plus the changes that survive. With `some`, each sector separately keeps a random
  // number of its changes; sometimes the last one leaves random bytes.
  void lose_power(Survival survival, Random& random);

 private:
  // A write or a truncation since the last sync; `journal_` has the bytes before and the written bytes.
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
  // The number of bytes that the change wrote or cut off.
  [[nodiscard]] static std::size_t length_of(const Change& change);
  [[nodiscard]] std::size_t surviving_size(Random& random) const;
  void apply_some(const std::vector<Change>& changes, Random& random);

  std::vector<std::uint8_t> bytes_;
  std::vector<Change> changes_;
  std::vector<std::uint8_t> journal_;
};

}  // namespace elit::storage
