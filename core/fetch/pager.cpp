#include "core/fetch/pager.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "core/check.hpp"

namespace elit {
namespace {

// So many equal pages in a row are one page repeated forever. One alone may also be a list that moved by just a page
// while it was read. Where the end of lists was seen to be marked, equal pages of one instant are equal messages; but
// the mark may have been an accident, so that their number is limited too.
constexpr int repetitions_max_unmarked = 2;
constexpr int repetitions_max_marked = 20;
constexpr int repetitions_max_one_instant_unmarked = 3;
constexpr int repetitions_max_one_instant_marked = 1000;

// What the vendor sends when no page size is asked for, and perhaps when a larger one is (api.md section 2.2).
constexpr int default_page_size = 500;

// A page is short beyond doubt when it holds at most this part (one over it) of a full one. Servers do lower their cap,
// and a page near the new cap would look short beside what was learnt before.
constexpr int short_page_share = 4;

// Of sorted pages.
bool have_no_row_in_common(const std::vector<Digest>& left, const std::vector<Digest>& right) {
  std::vector<Digest> common;
  std::set_intersection(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(common));
  return common.empty();
}

}  // namespace

bool PagingFacts::ends_with(int rows, Tristate short_page_ends) const {
  switch (short_page_ends) {
    case Tristate::no:
      return false;
    case Tristate::yes:
      return rows < full_size.value_or(asked_size);
    case Tristate::automatic:
      return full_size.has_value() && !sizes_vary && rows * short_page_share <= *full_size;
  }
  return false;
}

std::string to_text(const PagingFacts& facts) {
  boost::json::object object{{"asked_size", facts.asked_size},
                             {"full_size", facts.full_size.value_or(0)},
                             {"sizes_vary", facts.sizes_vary},
                             {"numbers_honoured", facts.numbers_honoured},
                             {"end_is_marked", facts.end_is_marked}};
  if (facts.newest_first) {
    object["newest_first"] = *facts.newest_first;
  }
  return boost::json::serialize(object);
}

PagingFacts paging_facts_from(std::string_view text) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(text, error);
  const boost::json::object* object = error ? nullptr : value.if_object();
  if (object == nullptr) {
    return {};
  }
  const auto number = [object](std::string_view name) {
    const boost::json::value* member = object->if_contains(name);
    return member != nullptr && member->is_int64() ? static_cast<int>(member->get_int64()) : 0;
  };
  const auto flag = [object](std::string_view name) {
    const boost::json::value* member = object->if_contains(name);
    return member != nullptr && member->is_bool() && member->get_bool();
  };
  PagingFacts facts;
  facts.asked_size = number("asked_size");
  facts.full_size = number("full_size") > 0 ? std::optional{number("full_size")} : std::nullopt;
  facts.sizes_vary = flag("sizes_vary");
  facts.numbers_honoured = flag("numbers_honoured");
  facts.end_is_marked = flag("end_is_marked");
  if (object->contains("newest_first")) {
    facts.newest_first = flag("newest_first");
  }
  return facts;
}

Pager::Pager(Limits limits, PagingFacts& facts) : limits_(limits), facts_(facts) {
  if (facts_.asked_size != limits_.page_size) {
    const std::optional<bool> newest_first = facts_.newest_first;
    facts_ = PagingFacts{};
    facts_.asked_size = limits_.page_size;
    facts_.newest_first = newest_first;
  }
}

void Pager::resume(int pass, std::vector<std::vector<Digest>> pages, std::vector<std::vector<Digest>> previous_pages) {
  pass_ = pass;
  pages_ = std::move(pages);
  pages_kept_ = pages_.size();
  previous_ = std::move(previous_pages);
  previous_kept_ = true;
  rows_ = 0;
  for (std::vector<Digest>& page : previous_) {
    std::sort(page.begin(), page.end());
  }
  for (std::vector<Digest>& page : pages_) {
    std::sort(page.begin(), page.end());
    rows_ += static_cast<int>(page.size());
  }
  const auto other = std::find_if(pages_.rbegin(), pages_.rend(),
                                  [this](const std::vector<Digest>& page) { return page != pages_.back(); });
  repetitions_ = static_cast<int>(other - pages_.rbegin());
  const bool begins_here = repetitions_ > 0 && std::find(other, pages_.rend(), pages_.back()) == pages_.rend();
  if (begins_here) {
    --repetitions_;
  }
}

Pager::Verdict Pager::on_page(std::vector<Digest> rows, bool past_the_end, bool one_instant) {
  std::sort(rows.begin(), rows.end());  // The order inside a page may differ from read to read.
  if (checking_) {
    return rows == pages_.front() ? Verdict::complete : next_pass();
  }
  if (past_the_end) {
    if (!pages_.empty()) {
      facts_.end_is_marked = true;
    }
    repetitions_ = 0;
    return on_end();
  }
  if (repeats_an_earlier_page(rows)) {
    const bool page_one_full =
        pages_.size() == 1 && static_cast<int>(rows.size()) >= std::min(limits_.page_size, default_page_size);
    if (page_one_full && !one_instant && !facts_.numbers_honoured) {
      // Perhaps the server ignores the page number: only smaller windows can tell.
      return limits_.divisible ? Verdict::too_large : Verdict::unproven;
    }
    if (repetitions_ > 0 && rows != pages_.back()) {
      repetitions_ = 0;  // Not one page forever: what repeated before was a list that moved.
    }
    if (repetitions_ + 1 >= repetitions_max(one_instant)) {
      facts_.end_is_marked = false;
      for (; repetitions_ > 0; --repetitions_) {
        rows_ -= static_cast<int>(pages_.back().size());
        pages_.pop_back();
      }
      return on_end();
    }
    ++repetitions_;
  } else {
    repetitions_ = 0;
  }
  if (repetitions_ == 0) {
    learn_from(rows);
  }
  rows_ += static_cast<int>(rows.size());
  pages_.push_back(std::move(rows));
  if (pages_.size() == 1 && facts_.ends_with(rows_, limits_.short_page_ends)) {
    return Verdict::complete;
  }
  const bool at_limit = static_cast<int>(pages_.size()) >= limits_.pages_max || rows_ >= limits_.rows_max;
  return at_limit && !one_instant && limits_.divisible ? Verdict::too_large : Verdict::more;
}

int Pager::repetitions_max(bool one_instant) const {
  if (facts_.end_is_marked) {
    return one_instant ? repetitions_max_one_instant_marked : repetitions_max_marked;
  }
  return one_instant ? repetitions_max_one_instant_unmarked : repetitions_max_unmarked;
}

void Pager::learn_from(const std::vector<Digest>& rows) {
  if (!pages_.empty()) {
    const int size = static_cast<int>(pages_.back().size());
    if (pages_.size() <= pages_kept_) {
      // How many rows it had says nothing: other pages may have been asked for then.
    } else if (!facts_.full_size && size > 0) {
      facts_.full_size = size;
    } else if (facts_.full_size != size) {
      facts_.sizes_vary = true;
    }
    // A server that ignores the number may send page 1 with a new row in front: only a wholly different page tells.
    facts_.numbers_honoured = facts_.numbers_honoured || have_no_row_in_common(pages_.back(), rows);
  } else if (static_cast<int>(rows.size()) == limits_.page_size && !facts_.full_size) {
    facts_.full_size = limits_.page_size;
  }
}

Pager::Verdict Pager::on_end() {
  if (pages_.size() <= 1 && pages_kept_ == 0) {
    return Verdict::complete;
  }
  if (equals_previous_pass()) {
    return Verdict::complete;
  }
  if (has_equal_rows_across_pages()) {
    return next_pass();
  }
  checking_ = true;
  return Verdict::check;
}

bool Pager::equals_previous_pass() const {
  const std::size_t size = pages_.size();
  if (previous_.size() < size || !std::equal(pages_.begin(), pages_.end(), previous_.begin())) {
    return false;
  }
  // What a restart leaves of a pass includes the pages by which its end was known: they repeat earlier ones.
  const auto rest = previous_.begin() + static_cast<std::ptrdiff_t>(size);
  return rest == previous_.end() ||
         (previous_kept_ && std::all_of(rest, previous_.end(), [this](const std::vector<Digest>& page) {
            return repeats_an_earlier_page(page);
          }));
}

Pager::Verdict Pager::next_pass() {
  if (pass_ + 1 >= limits_.passes_max) {
    return Verdict::unproven;
  }
  ++pass_;
  checking_ = false;
  rows_ = 0;
  pages_kept_ = 0;
  repetitions_ = 0;
  previous_ = std::move(pages_);
  previous_kept_ = false;
  pages_.clear();
  return Verdict::again;
}

bool Pager::repeats_an_earlier_page(const std::vector<Digest>& rows) const {
  return std::find(pages_.begin(), pages_.end(), rows) != pages_.end();
}

bool Pager::has_equal_rows_across_pages() const {
  std::unordered_map<Digest, std::size_t> page_of;
  for (std::size_t page = 0; page < pages_.size(); ++page) {
    for (const Digest& row : pages_[page]) {
      const auto [place, inserted] = page_of.try_emplace(row, page);
      if (!inserted && place->second != page && row != no_row) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace elit
