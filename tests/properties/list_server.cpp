#include "tests/properties/list_server.hpp"

#include <algorithm>

namespace elit::properties {

Digest digest_of(const ListRow& row) {
  Digest digest;
  if (row.content != 0) {
    digest.bytes[0] = static_cast<std::uint8_t>(row.content);
    digest.bytes[1] = static_cast<std::uint8_t>(row.content >> 8);
    digest.bytes[12] = 1;
  }
  return digest;
}

Counts counts_of(const std::vector<ListRow>& rows) {
  Counts counts;
  for (const ListRow& row : rows) {
    if (row.content != 0) {
      ++counts[digest_of(row)];
    }
  }
  return counts;
}

bool holds_all(const Counts& whole, const Counts& part) {
  return std::all_of(part.begin(), part.end(), [&whole](const auto& entry) {
    const auto place = whole.find(entry.first);
    return place != whole.end() && place->second >= entry.second;
  });
}

std::string text_of(const std::vector<ListRow>& rows) {
  std::string text;
  for (const ListRow& row : rows) {
    text += (text.empty() ? "" : " ") + std::to_string(row.content) + "@" + std::to_string(row.instant);
  }
  return "[" + text + "]";
}

PagingHabits::PagingHabits(Choices& choices)
    : ignores_number(choices.chance(10)),
      page_size(choices.number(1, 8)),
      cap(choices.number(1, 8)),
      cap_max(cap),
      past_the_end(choices.one_of(
          {PastTheEnd::empty, PastTheEnd::error, PastTheEnd::last_page_again, PastTheEnd::first_page_again})),
      newest_first(choices.chance(2)),
      shuffles_pages(choices.chance(3)) {
  if (ignores_number) {
    page_size = cap = std::max(2, page_size);
  }
}

void PagingHabits::change_cap(Choices& choices) {
  if (!ignores_number) {
    cap = choices.number(std::min(cap_max, page_size) / 4 + 1, 8);
    cap_max = std::max(cap_max, cap);
  }
}

std::string PagingHabits::text() const {
  constexpr const char* names[] = {"nothing", "an error", "the last page again", "the first page again"};
  return "pages of " + std::to_string(page_size) + " capped at " + std::to_string(cap) + ", past the end " +
         names[static_cast<int>(past_the_end)] + (newest_first ? ", newest first" : "") +
         (shuffles_pages ? ", shuffled" : "") + (ignores_number ? ", the number is ignored" : "");
}

ServedList::ServedList(Choices& choices, const PagingHabits& habits) : moves_(choices.chance(2)) {
  const int longest_at_rest = habits.marks_the_end() ? 2 * habits.size() : 2 * habits.size() - 1;
  const int longest_run = moves_ ? std::max(1, habits.size() - 1) : longest_at_rest;
  int nulls_left = habits.ignores_number ? 0 : habits.marks_the_end() ? 5 : 1;
  while (choices.more(10)) {
    const bool null_may_follow = nulls_left > 0 && (rows_.empty() || rows_.back().content != 0);
    const bool null = null_may_follow && choices.chance(12);
    nulls_left -= null ? 1 : 0;
    const bool same_instant = !habits.ignores_number && choices.chance(4);
    instants_ += same_instant ? 0 : 1;
    const int run = !habits.ignores_number && choices.chance(4) ? choices.number(1, longest_run) : 1;
    const ListRow row{null ? 0 : ++contents_, instants_};
    rows_.insert(rows_.end(), null ? 1 : static_cast<std::size_t>(run), row);
  }
}

ServedPage ServedList::read(int page, Choices& choices, const PagingHabits& habits) {
  if (moves_ && choices.chance(4)) {
    grow(choices, habits);
  }
  const int size = habits.size();
  const int total = static_cast<int>(rows_.size());
  const int pages = (total + size - 1) / size;
  int number = habits.ignores_number ? 1 : page;
  ServedPage served;
  if (number > pages) {
    served.past_the_end = habits.past_the_end == PagingHabits::PastTheEnd::error && page > 1;
    number = habits.past_the_end == PagingHabits::PastTheEnd::last_page_again    ? pages
             : habits.past_the_end == PagingHabits::PastTheEnd::first_page_again ? std::min(1, pages)
                                                                                 : 0;
  }
  for (int i = (number - 1) * size; number >= 1 && i < std::min(total, number * size); ++i) {
    const int place = habits.newest_first ? total - 1 - i : i;
    served.rows.push_back(rows_[static_cast<std::size_t>(place)]);
  }
  for (std::size_t i = served.rows.size(); habits.shuffles_pages && i > 1; --i) {
    std::swap(served.rows[i - 1], served.rows[i - 1 - choices.below(i)]);
  }
  return served;
}

void ServedList::grow(Choices& choices, const PagingHabits& habits) {
  int count = choices.number(1, std::max(1, habits.size() - 1));
  if (habits.size() == 1 || (!habits.ignores_number && choices.chance(4))) {
    if (jumps_left_-- <= 0) {
      return;
    }
    count = habits.size() * choices.number(1, 2);
  }
  ++growths_;
  const int total = static_cast<int>(rows_.size());
  const int place = choices.one_of({total, 0, choices.number(0, total)});
  const int instant = place == 0 ? 0 : rows_[static_cast<std::size_t>(place - 1)].instant;
  // A late message may be equal to another one if the equal ones do not fill a page.
  const auto is_equal = [&](const ListRow& row) {
    return row.content == rows_[static_cast<std::size_t>(place - 1)].content;
  };
  const bool may_double = place > 0 && habits.size() > 2 && !habits.ignores_number &&
                          std::count_if(rows_.begin(), rows_.end(), is_equal) == 1;
  for (int i = 0; i < count; ++i) {
    // Sorted by time, but two rows of a list whose number is ignored never share an instant.
    const bool equal = i == 0 && may_double && choices.chance(3);
    const int content = equal ? rows_[static_cast<std::size_t>(place - 1)].content : ++contents_;
    const ListRow row{content, habits.ignores_number ? 1000 + contents_ : instant};
    rows_.insert(rows_.begin() + place, row);
  }
}

}  // namespace elit::properties
