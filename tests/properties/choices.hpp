#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "core/random.hpp"

namespace elit::properties {

// The decisions of a generated case. They come from a seed or from a record of earlier decisions. Every decision is
// recorded, so that a failing case can be made smaller: by leaving out decisions or by lowering them. This needs two
// rules: the lowest decision is the simplest one, and a generator ends when it gets only zeros, because zeros follow
// the end of a record.
class Choices {
 public:
  explicit Choices(std::uint64_t seed) : random_(Random(seed)) {}
  explicit Choices(std::vector<std::uint64_t> record) : given_(std::move(record)) {}

  // In [0, bound). Requires: bound > 0.
  std::uint64_t below(std::uint64_t bound);
  // In [least, most]. Requires: least <= most.
  std::int64_t between(std::int64_t least, std::int64_t most);
  int number(int least, int most) { return static_cast<int>(between(least, most)); }
  // In [0, 2^bits], small ones as often as large ones.
  std::int64_t of_any_size(int bits) { return between(0, std::int64_t{1} << number(0, bits)); }
  // True once in `one_in` times; false is the simple case.
  bool chance(int one_in) {
    return below(static_cast<std::uint64_t>(one_in)) + 1 == static_cast<std::uint64_t>(one_in);
  }
  // Whether a list has one more element; asked before each element. A list has `average` elements in the mean. The
  // decision stands in the record beside its element, so that both can be left out together.
  bool more(int average) { return below(static_cast<std::uint64_t>(average) + 1) != 0; }
  // One of them; the first is the simplest.
  template <class T>
  T one_of(std::initializer_list<T> values) {
    return *std::next(values.begin(), static_cast<std::ptrdiff_t>(below(values.size())));
  }
  template <class Range>
  auto& pick(Range&& values) {
    return *std::next(std::begin(values), static_cast<std::ptrdiff_t>(below(std::size(values))));
  }

  // Describes the case for the report of a failure. `tell` returns the text and is called only for such a report.
  template <class Tell>
  void note(const Tell& tell) {
    if (telling_) {
      notes_ += tell();
      notes_ += '\n';
    }
  }
  void keep_notes() { telling_ = true; }
  [[nodiscard]] const std::string& notes() const { return notes_; }

  // What was decided so far.
  [[nodiscard]] const std::vector<std::uint64_t>& record() const { return record_; }

 private:
  std::optional<Random> random_;
  std::vector<std::uint64_t> given_;
  std::vector<std::uint64_t> record_;
  std::size_t asked_ = 0;
  bool telling_ = false;
  std::string notes_;
};

}  // namespace elit::properties
