#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/instant.hpp"

namespace elit {

// How late messages become visible at the vendor: each row that a look-back finds in a span that was already covered is
// a measured late arrival. Buckets are powers of two of seconds: bucket k counts lateness below 2^k s (and not below
// 2^(k-1)).
class Lateness {
 public:
  static constexpr int buckets = 32;

  void add(Milliseconds lateness, std::int64_t count = 1);

  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] static int bucket_of(Milliseconds lateness);

  // The look-back that would have caught `share` (0..1) of the late arrivals, rounded up to the bucket's bound; absent
  // without any.
  [[nodiscard]] std::optional<Milliseconds> look_back_for(double share) const;

 private:
  std::array<std::int64_t, buckets> counts_{};
  std::int64_t count_ = 0;
};

}  // namespace elit
