#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/message.hpp"
#include "tests/properties/choices.hpp"

namespace elit::properties {

struct ListRow {
  int content = 0;  // equal contents are equal messages; 0: an element that is no row
  int instant = 0;
};

using Counts = std::map<Digest, int>;

[[nodiscard]] Digest digest_of(const ListRow& row);
// How often each message is there.
[[nodiscard]] Counts counts_of(const std::vector<ListRow>& rows);
[[nodiscard]] bool holds_all(const Counts& whole, const Counts& part);
[[nodiscard]] std::string text_of(const std::vector<ListRow>& rows);

// How one source cuts lists into pages: decided once, as no documentation forbids it.
struct PagingHabits {
  enum class PastTheEnd { empty, error, last_page_again, first_page_again };

  explicit PagingHabits(Choices& choices);
  // The server changes its cap, not to a quarter or less: a page of it would look short beside what was learnt.
  void change_cap(Choices& choices);
  [[nodiscard]] int size() const { return std::min(page_size, cap); }
  [[nodiscard]] bool marks_the_end() const {
    return past_the_end == PastTheEnd::empty || past_the_end == PastTheEnd::error;
  }
  [[nodiscard]] std::string text() const;

  bool ignores_number;  // sends page 1 whatever is asked for
  int page_size;        // asked for
  int cap;              // of the server
  int cap_max;          // of all times
  PastTheEnd past_the_end;
  bool newest_first;
  bool shuffles_pages;  // differently each time
};

struct ServedPage {
  std::vector<ListRow> rows;
  bool past_the_end = false;  // the answer says so itself
};

// The rows of one window as the source sends them. Rows may come between two reads, and never go.
class ServedList {
 public:
  // The list stays within what the pager promises to tell apart. Nobody can tell a page that is repeated forever from
  // pages of equal messages, so equal rows fill at most two pages, or one where a page is repeated past the end, or
  // none while rows come (rows that are none are equal too); a list that ignores the page number has to show by its
  // instants that it can be divided.
  ServedList(Choices& choices, const PagingHabits& habits);

  [[nodiscard]] ServedPage read(int page, Choices& choices, const PagingHabits& habits);
  [[nodiscard]] const std::vector<ListRow>& rows() const { return rows_; }
  [[nodiscard]] bool moves() const { return moves_; }
  // How often rows came.
  [[nodiscard]] int growths() const { return growths_; }

 private:
  void grow(Choices& choices, const PagingHabits& habits);

  std::vector<ListRow> rows_;
  bool moves_;
  int contents_ = 0;
  int instants_ = 0;
  int growths_ = 0;
  int jumps_left_ = 1;  // a list that moves by whole pages at every read looks like one that repeats
};

}  // namespace elit::properties
