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

// How one source divides lists into pages. It is decided once per case, among everything that the documentation allows.
struct PagingHabits {
  enum class PastTheEnd { empty, error, last_page_again, first_page_again };

  explicit PagingHabits(Choices& choices);
  // The server changes its cap, but not to a quarter or less: such a page would look like the last one to a reader that
  // learnt the earlier cap.
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

// The rows of one window as the source sends them. Rows may be added between two reads, and are never removed.
class ServedList {
 public:
  // Makes only lists that the pager promises to read completely. A page that is sent again and again looks the same as
  // pages of equal messages. So equal rows fill at most two pages; at most one page if the server repeats a page past
  // the end; and no page while rows are added (unusable rows are equal to each other too). In a list that ignores the
  // page number, the instants differ, so that its window can be divided.
  ServedList(Choices& choices, const PagingHabits& habits);

  [[nodiscard]] ServedPage read(int page, Choices& choices, const PagingHabits& habits);
  [[nodiscard]] const std::vector<ListRow>& rows() const { return rows_; }
  [[nodiscard]] bool moves() const { return moves_; }
  // How often rows were added.
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
