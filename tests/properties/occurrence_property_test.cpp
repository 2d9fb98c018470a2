// The keys of equal rows in the store do not depend on the pages or on the order in which the rows come.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/message.hpp"
#include "storage/store.hpp"
#include "tests/properties/for_all.hpp"
#include "tests/storage/store_fixture.hpp"

namespace elit::properties {
namespace {

using storage::OrderedRow;
using Keys = std::set<std::string>;

class OccurrencePropertyTest : public storage::StoreTest {
 protected:
  OccurrencePropertyTest() : user_(follow("91")) {}

  [[nodiscard]] Keys stored_keys() {
    Keys keys;
    for (std::string& key : rows_of("SELECT key FROM messages_v1")) {
      keys.insert(std::move(key));
    }
    return keys;
  }

  [[nodiscard]] bool released_in_order_of_time() {
    const std::vector<std::string> instants = rows_of("SELECT printf('%020d', instant_ms) FROM messages ORDER BY id");
    return std::is_sorted(instants.begin(), instants.end());
  }

  // One read of the list in pages of `page_size`, complete or not. All pages but the last are staged; the last one may
  // be staged too.
  storage::WindowCounts read(const std::vector<OrderedRow>& list, bool newest_first, bool complete, Choices& choices) {
    const std::size_t page_size = static_cast<std::size_t>(choices.number(1, 4));
    storage::WindowCommit commit = storage::rows_read(user_, {});
    commit.newest_first = newest_first;
    commit.count_by_page = !complete;
    storage::StagedPage page;
    page.user = user_;
    page.window = {.kind = commit.kind,
                   .span = storage::span_of(0, 100),
                   .cover_to = {},
                   .pass = 0,
                   .pages = {},
                   .previous_pages = {}};
    for (std::size_t from = 0; from < list.size(); from += page_size) {
      const std::size_t to = std::min(list.size(), from + page_size);
      page.rows.assign(list.begin() + static_cast<std::ptrdiff_t>(from),
                       list.begin() + static_cast<std::ptrdiff_t>(to));
      for (std::size_t i = page.rows.size(); i > 1; --i) {
        std::swap(page.rows[i - 1], page.rows[i - 1 - choices.below(i)]);
      }
      if (to == list.size() && choices.chance(2)) {
        commit.rows = page.rows;
      } else {
        store().stage_page(page);
        commit.staged = true;
        ++page.page;
      }
    }
    return store().commit_window(commit);
  }

  storage::UserRow user_;
};

std::vector<OrderedRow> rows_from(Choices& choices, int average) {
  std::vector<OrderedRow> rows;
  while (choices.more(average)) {
    rows.push_back(storage::row_at(choices.number(0, 3), choices.one_of<const char*>({"a", "b"})));
  }
  return rows;
}

void sort_by_time(std::vector<OrderedRow>& rows, bool newest_first) {
  std::stable_sort(rows.begin(), rows.end(), [newest_first](const OrderedRow& left, const OrderedRow& right) {
    return newest_first ? right.order < left.order : left.order < right.order;
  });
}

// The k-th of equal rows has occurrence k.
Keys keys_of(const std::vector<OrderedRow>& rows) {
  std::map<Digest, Occurrence> counts;
  Keys keys;
  for (const OrderedRow& row : rows) {
    keys.insert(message_key(row.row.digest, counts[row.row.digest]++));
  }
  return keys;
}

std::string text_of(const std::vector<OrderedRow>& rows) {
  std::string text;
  for (const OrderedRow& row : rows) {
    text += row.row.text + "@" + std::to_string(to_ms(row.order) - storage::day) + " ";
  }
  return text;
}

TEST_F(OccurrencePropertyTest, EqualRowsGetTheSameKeysInEveryReadAndOrder) {
  const auto property = [this](Choices& choices) {
    const bool newest_first = choices.chance(2);
    std::vector<OrderedRow> list = rows_from(choices, 6);
    store().begin_group();
    Keys before;
    for (int round = 0; round == 0 || (round < 3 && choices.chance(2)); ++round) {
      for (OrderedRow& late : rows_from(choices, round == 0 ? 0 : 1)) {
        list.push_back(std::move(late));
      }
      sort_by_time(list, newest_first);
      const bool complete = !choices.chance(4);
      const storage::WindowCounts counts = read(list, newest_first, complete, choices);
      const Keys keys = stored_keys();
      choices.note([&] { return text_of(list) + (complete ? "" : "unproven"); });
      EXPECT_EQ(static_cast<std::size_t>(counts.added), keys.size() - before.size());
      EXPECT_EQ(counts.fetched, std::ssize(list));
      EXPECT_TRUE(std::includes(keys.begin(), keys.end(), before.begin(), before.end())) << "a key has changed";
      const Keys truth = keys_of(list);
      EXPECT_TRUE(std::includes(truth.begin(), truth.end(), keys.begin(), keys.end())) << "a message is invented";
      EXPECT_TRUE(!complete || keys == truth) << "a message is missing";
      EXPECT_TRUE(round > 0 || released_in_order_of_time());
      before = keys;
    }
    store().rollback_group();
  };
  for_all(property);
}

}  // namespace
}  // namespace elit::properties
