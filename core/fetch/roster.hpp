#pragma once

#include <cstdint>
#include <string>

namespace elit {

// One user as the Users API lists it.
struct ListedUser {
  std::string user_id;  // what goes into the path of the Conversations API; never empty
  std::string element;  // the element of the list as sent, JSON text
};

// What a freshly read list of an audience looks like beside the audience's members so far.
struct ListingCounts {
  std::int64_t previous = 0;  // members before
  std::int64_t listed = 0;    // members in the new list
  std::int64_t missing = 0;   // members before that the new list lacks
};

enum class ListingVerdict {
  accepted,  // those who are missing have left the audience
  empty,     // there were members and now there is none: an alarm, nobody leaves
  shrunk,    // more than `shrink_alarm` of the members are missing at once: an alarm, nobody leaves
};

// Judges a list. An audience without members so far accepts anything; `shrink_alarm` is a share in [0, 1]. An empty or
// sharply shrunk list is much more often an error of the API or a renamed attribute than a fact (api.md section 9,
// trap 15).
[[nodiscard]] ListingVerdict judge_listing(const ListingCounts& counts, double shrink_alarm);

}  // namespace elit
