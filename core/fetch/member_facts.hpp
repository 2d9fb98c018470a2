#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/message.hpp"

namespace elit {

// What was learnt about the members that a source's rows always have, for each type of message. A row that lacks one of
// them is no message without a text, say: the vendor may send the text under another name. Kept in the state.
class MemberFacts {
 public:
  // The members that rows of this type always had and that this row lacks; names are those of `accept_missing`.
  [[nodiscard]] std::vector<RowMember> missing(const Row& row, const std::vector<std::string>& accepted) const;

  // Learns from a row that was not held back.
  void learn(const Row& row);

  bool operator==(const MemberFacts&) const = default;

  // As one line of text for the state, and back; a text that is not understood gives no facts.
  [[nodiscard]] std::string to_text() const;
  [[nodiscard]] static MemberFacts from_text(std::string_view text);

 private:
  // How often a member was seen; `sometimes` once a row lacked it.
  static constexpr int sometimes = -1;
  using Counts = std::array<int, row_member_count>;

  std::map<std::string, Counts, std::less<>> types_;
};

}  // namespace elit
