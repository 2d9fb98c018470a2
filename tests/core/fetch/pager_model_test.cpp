// The pager reads thousands of times from simulated servers that do anything the documentation allows.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/fetch/pager.hpp"
#include "core/random.hpp"

namespace elit {
namespace {

using Verdict = Pager::Verdict;
using Counts = std::map<Digest, int>;

struct Element {
  int content = 0;  // equal contents are equal messages; 0: no row at all
  int instant = 0;
};

Digest digest_of(const Element& element) {
  Digest digest;
  if (element.content != 0) {
    for (std::size_t i = 0; i < 4; ++i) {
      digest.bytes[i] = static_cast<std::uint8_t>(element.content >> (8 * i));
    }
    digest.bytes[12] = 1;
  }
  return digest;
}

enum class PastTheEnd { empty, repeats_last_page };

// A list in pages. Rows are added between the reads and are never removed.
class Server {
 public:
  explicit Server(std::uint64_t seed) : random_(seed) {
    ignores_number = chance(8);
    page_size = 1 + below(8);
    cap = ignores_number ? page_size = 2 + below(7) : 1 + below(8);
    past_the_end = chance(3) ? PastTheEnd::repeats_last_page : PastTheEnd::empty;
    busy = chance(2);
    shuffles_pages = chance(3);
  }

  // A new window. A page that is sent again and again looks the same as equal pages of messages. So equal rows fill at
  // most two pages; at most one page if the last page is repeated; and no page while the list moves. In a list that
  // ignores the page number, the instants differ, so that its window can be divided.
  void fill() {
    elements.clear();
    large_insertions = 1;
    const int size = std::min(page_size, cap);
    still = !busy || chance(2);
    const int longest_page_run = past_the_end == PastTheEnd::empty ? 2 * size : 2 * size - 1;
    const int longest_run = still ? longest_page_run : std::max(1, size - 1);
    const int count = chance(4) ? below(2) * cap : below(5 * cap + 3);
    while (static_cast<int>(elements.size()) < count) {
      const bool null_may_follow = !ignores_number && (elements.empty() || elements.back().content != 0);
      const int run = !ignores_number && chance(4) ? 1 + below(longest_run) : 1;
      const Element element{null_may_follow && chance(10) ? 0 : ++contents_, ++instants_};
      elements.insert(elements.end(), static_cast<std::size_t>(run), element);
      if (chance(5) && !ignores_number) {
        elements.push_back({++contents_, instants_});  // another message of the same instant
      }
    }
  }

  std::vector<Element> read(int page) {
    if (!still && chance(3)) {
      insert();
    }
    const int size = std::min(page_size, cap);
    const int total = static_cast<int>(elements.size());
    const int pages = (total + size - 1) / size;
    int number = ignores_number ? 1 : page;
    if (number > pages && past_the_end == PastTheEnd::repeats_last_page) {
      number = pages;
    }
    std::vector<Element> rows;
    for (int i = (number - 1) * size; number >= 1 && i < std::min(total, number * size); ++i) {
      rows.push_back(elements[static_cast<std::size_t>(i)]);
    }
    for (std::size_t i = rows.size(); shuffles_pages && i > 1; --i) {
      std::swap(rows[i - 1], rows[static_cast<std::size_t>(below(static_cast<int>(i)))]);
    }
    return rows;
  }

  bool ignores_number = false;
  int page_size = 1;
  int cap = 1;
  PastTheEnd past_the_end = PastTheEnd::empty;
  bool busy = false;
  bool still = true;
  bool shuffles_pages = false;
  int large_insertions = 0;
  std::vector<Element> elements;

  int below(int bound) { return static_cast<int>(random_.below(static_cast<std::uint64_t>(bound))); }
  bool chance(int one_in) { return below(one_in) == 0; }

 private:
  // At most once in a window, the list grows by a whole page or more: a list that grows by exactly a page at every read
  // looks like one that repeats a page.
  void insert() {
    int count = below(std::min(page_size, cap));
    if (large_insertions > 0 && chance(3) && !ignores_number) {
      --large_insertions;
      count = std::min(page_size, cap) * (1 + below(2));
    }
    const int place = chance(2) ? 0 : below(static_cast<int>(elements.size()) + 1);
    for (int i = 0; i < count; ++i) {
      elements.insert(elements.begin() + place, {++contents_, ++instants_});
    }
  }

  Random random_;
  int contents_ = 0;
  int instants_ = 0;
};

Counts counts_of(const std::vector<Element>& elements) {
  Counts counts;
  for (const Element& element : elements) {
    if (element.content != 0) {
      ++counts[digest_of(element)];
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

bool of_one_instant(const std::vector<Element>& rows) {
  std::vector<int> instants;
  for (const Element& row : rows) {
    if (row.content != 0) {
      instants.push_back(row.instant);
    }
  }
  const bool usable = instants.empty() || instants.size() == rows.size();
  return usable &&
         std::all_of(instants.begin(), instants.end(), [&](int instant) { return instant == instants.front(); });
}

struct Reading {
  Verdict verdict = Verdict::more;
  int requests = 0;
  Counts at_start;  // what existed when the last pass began
  std::vector<std::vector<Element>> pages;
};

// Reads one window as the daemon does. It may be killed between two pages and continues after that.
Reading read_window(Server& server, PagingFacts& facts, bool killed_at_times) {
  Pager::Limits limits;
  limits.page_size = server.page_size;
  std::optional<Pager> pager(std::in_place, limits, facts);
  Reading reading;
  std::vector<std::vector<Digest>> previous;
  std::vector<std::vector<Digest>> staged;
  for (;;) {
    if (killed_at_times && !pager->checking() && !staged.empty() && server.chance(6)) {
      const int pass = pager->pass();
      pager.emplace(limits, facts);
      pager->resume(pass, staged, previous);
    }
    if (pager->page() == 1 && !pager->checking()) {
      reading.at_start = counts_of(server.elements);
      reading.pages.clear();
    }
    const std::vector<Element> rows = server.read(pager->page());
    std::vector<Digest> digests;
    for (const Element& row : rows) {
      digests.push_back(digest_of(row));
    }
    const bool checking = pager->checking();
    const int number = pager->page();
    const int pass = pager->pass();
    reading.verdict = pager->on_page(digests, rows.empty(), of_one_instant(rows));
    if (++reading.requests > 2000) {
      return reading;
    }
    if (!checking && !rows.empty() && pager->pages() >= number && pager->pass() == pass) {
      reading.pages.push_back(rows);
      staged.push_back(digests);
    }
    if (reading.verdict == Verdict::again) {
      previous = std::exchange(staged, {});
    } else if (reading.verdict != Verdict::more && reading.verdict != Verdict::check) {
      reading.pages.resize(std::min(reading.pages.size(), static_cast<std::size_t>(pager->pages())));
      return reading;
    }
  }
}

Counts across_pages(const Reading& reading) {
  Counts counts;
  for (const auto& page : reading.pages) {
    for (const auto& [digest, count] : counts_of(page)) {
      counts[digest] += count;
    }
  }
  return counts;
}

Counts within_pages(const Reading& reading) {
  Counts counts;
  for (const auto& page : reading.pages) {
    for (const auto& [digest, count] : counts_of(page)) {
      counts[digest] = std::max(counts[digest], count);
    }
  }
  return counts;
}

std::string text_of(const std::vector<Element>& elements) {
  std::string text;
  for (const Element& element : elements) {
    text += std::to_string(element.content) + ' ';
  }
  return text;
}

std::string text_of(const Reading& reading, const Server& server) {
  std::string text = "\nread:";
  for (const auto& page : reading.pages) {
    text += " [" + text_of(page) + "]";
  }
  return text + "\nthere: " + text_of(server.elements);
}

struct Tally {
  int complete = 0;
  int unproven = 0;
  int too_large = 0;
};

void try_server(std::uint64_t seed, bool killed_at_times, Tally& tally) {
  Server server(seed);
  PagingFacts facts;
  for (int window = 0; window < 4; ++window) {
    server.fill();
    const Reading reading = read_window(server, facts, killed_at_times);
    const std::string where = "seed " + std::to_string(seed) + " window " + std::to_string(window) + " cap " +
                              std::to_string(server.cap) + " page_size " + std::to_string(server.page_size) +
                              (server.ignores_number ? " number ignored" : "") +
                              (server.past_the_end == PastTheEnd::empty ? "" : " last page repeated") +
                              text_of(reading, server) + " facts " + to_text(facts);
    const Counts now = counts_of(server.elements);
    switch (reading.verdict) {
      case Verdict::complete:
        ++tally.complete;
        ASSERT_TRUE(holds_all(across_pages(reading), reading.at_start)) << "a message is lost: " << where;
        ASSERT_TRUE(holds_all(now, across_pages(reading))) << "a message is doubled: " << where;
        break;
      case Verdict::unproven:
        ++tally.unproven;
        ASSERT_TRUE(holds_all(now, within_pages(reading))) << "a message is doubled: " << where;
        ASSERT_TRUE(server.busy || killed_at_times) << "a list at rest is always proven: " << where;
        break;
      case Verdict::too_large:
        ++tally.too_large;
        ASSERT_TRUE(!facts.numbers_honoured) << "short lists are only divided to see past an ignored number: " << where;
        break;
      default:
        FAIL() << "no end after " << reading.requests << " requests: " << where;
    }
  }
}

TEST(PagerModelTest, WhatItCallsCompleteHoldsEveryMessageOnce) {
  Tally tally;
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    ASSERT_NO_FATAL_FAILURE(try_server(seed, false, tally));
  }
  EXPECT_GT(tally.complete, 60'000) << "most lists are proven";
  EXPECT_GT(tally.unproven, 0);
  EXPECT_GT(tally.too_large, 0);
}

TEST(PagerModelTest, KillsAndRestartsLoseAndDoubleNothing) {
  Tally tally;
  for (std::uint64_t seed = 100'001; seed <= 110'000; ++seed) {
    ASSERT_NO_FATAL_FAILURE(try_server(seed, true, tally));
  }
  EXPECT_GT(tally.complete, 30'000);
}

}  // namespace
}  // namespace elit
