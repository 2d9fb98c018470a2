#include "core/fetch/lateness.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace elit {

int Lateness::bucket_of(Milliseconds lateness) {
  const auto seconds = static_cast<std::uint64_t>(std::max<Milliseconds::rep>(0, lateness.count()) / 1000);
  return std::min(buckets - 1, static_cast<int>(std::bit_width(seconds)));
}

void Lateness::add(Milliseconds lateness, std::int64_t count) {
  counts_[static_cast<std::size_t>(bucket_of(lateness))] += count;
  count_ += count;
}

std::optional<Milliseconds> Lateness::look_back_for(double share) const {
  if (count_ == 0) {
    return std::nullopt;
  }
  const auto wanted = static_cast<std::int64_t>(std::ceil(share * static_cast<double>(count_)));
  std::int64_t seen = 0;
  for (int bucket = 0; bucket < buckets; ++bucket) {
    seen += counts_[static_cast<std::size_t>(bucket)];
    if (seen >= wanted) {
      return std::chrono::seconds{std::int64_t{1} << bucket};
    }
  }
  return std::nullopt;
}

}  // namespace elit
