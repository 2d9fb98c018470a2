#include "core/fetch/roster.hpp"

namespace elit {

ListingVerdict judge_listing(const ListingCounts& counts, double shrink_alarm) {
  if (counts.missing == 0) {
    return ListingVerdict::accepted;
  }
  if (counts.listed == 0) {
    return ListingVerdict::empty;
  }
  const double share = static_cast<double>(counts.missing) / static_cast<double>(counts.previous);
  return share > shrink_alarm ? ListingVerdict::shrunk : ListingVerdict::accepted;
}

}  // namespace elit
