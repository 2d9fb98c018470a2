#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "core/message.hpp"

namespace elit {

// What tells one message of an instant from another. The views outlive the call that they are given to.
struct RowContent {
  Digest digest;
  std::string_view sender;
  std::string_view type;
  std::string_view text;
  std::string_view media_url;  // empty: no media
  std::string_view raw;
};

// What a row that was read is.
struct RowMatch {
  std::optional<std::size_t> known;  // that stored message, read again; absent: a new message
  bool refresh = false;              // the stored message takes the row's content: it changed and did not lose anything
  bool near_copy = false;            // new, but it may be another version of a stored message that was not read again
};

// Pairs the rows of one user and instant that were read with the stored messages of that instant, each with at most one
// other. A row is a stored message if, tried in this order, all of it is equal, if what people see is equal, if the
// digests are equal, or if one differs from the other only in what the vendor fills in or signs anew: a field that is
// empty in one of them, a link, the media's address. So two messages are taken for one only if the stored one was not
// read again beside the new one.
//
// `proven`: the list was read to its proven end, so every message that still exists is among the rows. Otherwise a row
// that differs from a stored message in the last way counts as that message and changes nothing: it will be read again.
[[nodiscard]] std::vector<RowMatch> match_rows(const std::vector<RowContent>& known,
                                               const std::vector<RowContent>& read, bool proven);

}  // namespace elit
