#include "storage/memory_disk/memory_file.hpp"

#include <algorithm>
#include <map>
#include <ranges>

namespace elit::storage {
namespace {

// Smaller than the sector size that SQLite is told (4096), as on real disks.
constexpr std::size_t sector_size = 512;
// Of the sectors that were being written when the power was lost, one in this many has random bytes.
constexpr std::uint64_t rubbish_one_in = 24;
// Memory that is kept for the next changes after a sync.
constexpr std::size_t journal_kept = std::size_t{1} << 20U;

}  // namespace

std::size_t MemoryFile::read(std::size_t offset, std::span<std::uint8_t> into) const {
  if (offset >= bytes_.size()) {
    return 0;
  }
  const std::size_t length = std::min(into.size(), bytes_.size() - offset);
  std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), length, into.begin());
  return length;
}

void MemoryFile::write(std::size_t offset, std::span<const std::uint8_t> data) {
  if (data.empty()) {
    return;
  }
  const std::size_t end = offset + data.size();
  Change change;
  change.offset = offset;
  change.size_before = bytes_.size();
  change.size_after = std::max(bytes_.size(), end);
  change.old_length = offset < bytes_.size() ? std::min(data.size(), bytes_.size() - offset) : 0;
  change.new_length = data.size();
  // Doubles the capacity, because a file grows page by page and resize() alone does not guarantee doubling.
  if (change.size_after > bytes_.capacity()) {
    bytes_.reserve(std::max(change.size_after, 2 * bytes_.capacity()));
  }
  note(change, data);
  bytes_.resize(change.size_after);
  std::copy(data.begin(), data.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
}

void MemoryFile::truncate(std::size_t size) {
  if (size == bytes_.size()) {
    return;
  }
  Change change;
  change.offset = std::min(size, bytes_.size());
  change.size_before = bytes_.size();
  change.size_after = size;
  change.old_length = bytes_.size() - change.offset;
  bytes_.reserve(size);
  note(change, {});
  bytes_.resize(size);
}

void MemoryFile::note(const Change& change, std::span<const std::uint8_t> data) {
  const std::size_t needed = journal_.size() + change.old_length + data.size();
  if (needed > journal_.capacity()) {
    journal_.reserve(std::max(needed, 2 * journal_.capacity()));
  }
  changes_.push_back(change);
  changes_.back().journal_at = journal_.size();
  const auto old = bytes_.begin() + static_cast<std::ptrdiff_t>(change.offset);
  journal_.insert(journal_.end(), old, old + static_cast<std::ptrdiff_t>(change.old_length));
  journal_.insert(journal_.end(), data.begin(), data.end());
}

void MemoryFile::sync() {
  changes_.clear();
  journal_.clear();
  if (journal_.capacity() > journal_kept) {
    journal_.shrink_to_fit();
  }
}

std::size_t MemoryFile::length_of(const Change& change) {
  return change.new_length > 0 ? change.new_length : change.old_length;
}

void MemoryFile::undo(const Change& change) {
  bytes_.resize(change.size_before);
  std::copy_n(journal_.begin() + static_cast<std::ptrdiff_t>(change.journal_at), change.old_length,
              bytes_.begin() + static_cast<std::ptrdiff_t>(std::min(change.offset, bytes_.size())));
}

void MemoryFile::lose_power(Survival survival, Random& random) {
  if (survival != Survival::everything) {
    for (const Change& change : std::views::reverse(changes_)) {
      undo(change);
    }
  }
  if (survival == Survival::some && !changes_.empty()) {
    const std::size_t size = surviving_size(random);
    apply_some(changes_, random);
    bytes_.resize(size);
  }
  sync();
}

std::size_t MemoryFile::surviving_size(Random& random) const {
  const std::size_t kept = random.below(changes_.size() + 1);
  return kept == 0 ? changes_.front().size_before : changes_[kept - 1].size_after;
}

// The changes of each sector, counted twice: all of them, then those that survive.
class MemoryFile::Sectors {
 public:
  template <class Visit>
  static void visit(const Change& change, Visit&& visit_piece) {
    const std::size_t end = change.offset + length_of(change);
    for (std::size_t from = change.offset; from < end;) {
      const std::size_t to = std::min(end, (from / sector_size + 1) * sector_size);
      visit_piece(from, to);
      from = to;
    }
  }
  void count(std::size_t at) { ++left_[at / sector_size]; }
  void choose(Random& random) {
    for (auto& [sector, left] : left_) {
      left = random.below(left + 1);
    }
  }
  // Whether the next change of this sector survives.
  bool take(std::size_t at) {
    std::uint64_t& left = left_[at / sector_size];
    return left > 0 && left-- > 0;
  }
  bool is_last(std::size_t at) { return left_[at / sector_size] == 0; }

 private:
  std::map<std::size_t, std::uint64_t> left_;
};

void MemoryFile::apply_some(const std::vector<Change>& changes, Random& random) {
  Sectors sectors;
  std::size_t size = bytes_.size();
  for (const Change& change : changes) {
    Sectors::visit(change, [&](std::size_t from, std::size_t) { sectors.count(from); });
    size = std::max({size, change.size_before, change.size_after});
  }
  sectors.choose(random);
  bytes_.resize(size);
  for (const Change& change : changes) {
    Sectors::visit(change, [&](std::size_t from, std::size_t to) {
      if (!sectors.take(from)) {
        return;
      }
      const bool rubbish = sectors.is_last(from) && random.below(rubbish_one_in) == 0;
      const std::size_t written = change.journal_at + change.old_length;
      for (std::size_t at = from; at < to; ++at) {
        const std::uint8_t byte = change.new_length > 0 ? journal_[written + (at - change.offset)] : std::uint8_t{0};
        bytes_[at] = rubbish && change.new_length > 0 ? static_cast<std::uint8_t>(random.next()) : byte;
      }
    });
  }
}

}  // namespace elit::storage
