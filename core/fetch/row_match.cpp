#include "core/fetch/row_match.hpp"

#include <functional>
#include <string>
#include <unordered_map>

#include "core/text/link_text.hpp"

namespace elit {
namespace {

// How a field of a row that was read stands to that of a stored message.
enum class Change { none, filled, emptied, signed_anew, other };

Change change_of(std::string_view known, std::string_view read) {
  if (known == read) {
    return Change::none;
  }
  return known.empty() ? Change::filled : read.empty() ? Change::emptied : Change::other;
}

Change text_change(std::string_view known, std::string_view read) {
  const Change change = change_of(known, read);
  const bool links = change == Change::other && may_hold_link(known) && may_hold_link(read);
  return links && with_bare_links(known) == with_bare_links(read) ? Change::signed_anew : change;
}

struct Comparison {
  bool compatible = false;
  bool poorer = false;  // the row lacks what the message has
};

// A row that has something the message lacks and lacks something that it has is another message.
Comparison compare(const RowContent& known, const RowContent& read) {
  Change media = change_of(known.media_url, read.media_url);
  media = media == Change::other ? Change::signed_anew : media;
  bool filled = false;
  bool emptied = false;
  for (const Change change : {change_of(known.sender, read.sender), change_of(known.type, read.type),
                              text_change(known.text, read.text), media}) {
    if (change == Change::other) {
      return {};
    }
    filled = filled || change == Change::filled;
    emptied = emptied || change == Change::emptied;
  }
  return {.compatible = !(filled && emptied), .poorer = emptied};
}

std::string visible_content(const RowContent& row) {
  std::string text;
  for (const std::string_view field : {row.sender, row.type, row.media_url, row.text}) {
    text += std::to_string(field.size());
    text += ':';
    text += field;
  }
  return text;
}

class Matching {
 public:
  Matching(const std::vector<RowContent>& known, const std::vector<RowContent>& read)
      : known_(known), read_(read), matches_(read.size()), paired_(known.size()) {}

  // Pairs those that are alike in `key`, in their order.
  template <class Key>
  void pair_by(Key key, bool changed) {
    using Value = std::invoke_result_t<Key, const RowContent&>;
    std::unordered_map<Value, std::vector<std::size_t>> waiting;
    for (std::size_t place = known_.size(); place-- > 0;) {
      if (!paired_[place]) {
        waiting[key(known_[place])].push_back(place);
      }
    }
    for (std::size_t place = 0; place < read_.size() && !waiting.empty(); ++place) {
      const auto alike = matches_[place].known ? waiting.end() : waiting.find(key(read_[place]));
      if (alike != waiting.end() && !alike->second.empty()) {
        pair(alike->second.back(), place, changed && !compare(known_[alike->second.back()], read_[place]).poorer);
        alike->second.pop_back();
      }
    }
  }

  void pair_compatible(bool proven) {
    std::vector<std::size_t> left;
    for (std::size_t place = 0; place < known_.size(); ++place) {
      if (!paired_[place]) {
        left.push_back(place);
      }
    }
    for (std::size_t place = 0; place < read_.size() && !left.empty(); ++place) {
      if (!matches_[place].known) {
        pair_compatible(place, left, proven);
      }
    }
  }

  [[nodiscard]] std::vector<RowMatch> take() { return std::move(matches_); }

 private:
  void pair(std::size_t known, std::size_t read, bool refresh) {
    paired_[known] = true;
    matches_[read].known = known;
    matches_[read].refresh = refresh;
  }

  void pair_compatible(std::size_t place, std::vector<std::size_t>& left, bool proven) {
    for (auto candidate = left.begin(); candidate != left.end(); ++candidate) {
      const RowContent& known = known_[*candidate];
      const Comparison comparison = compare(known, read_[place]);
      if (comparison.compatible) {
        pair(*candidate, place, proven && !comparison.poorer);
        left.erase(candidate);
        return;
      }
      matches_[place].near_copy =
          matches_[place].near_copy || (known.sender == read_[place].sender && known.type == read_[place].type);
    }
  }

  const std::vector<RowContent>& known_;
  const std::vector<RowContent>& read_;
  std::vector<RowMatch> matches_;
  std::vector<bool> paired_;
};

}  // namespace

std::vector<RowMatch> match_rows(const std::vector<RowContent>& known, const std::vector<RowContent>& read,
                                 bool proven) {
  Matching matching(known, read);
  matching.pair_by([](const RowContent& row) { return row.raw; }, false);
  matching.pair_by(visible_content, true);
  matching.pair_by([](const RowContent& row) { return row.digest; }, true);
  matching.pair_compatible(proven);
  return matching.take();
}

}  // namespace elit
