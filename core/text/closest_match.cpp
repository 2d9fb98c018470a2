#include "core/text/closest_match.hpp"

#include <algorithm>
#include <string_view>

namespace elit {
namespace {

std::string folded(std::string_view word) {
  std::string result;
  for (const char byte : word) {
    if (byte >= 'A' && byte <= 'Z') {
      result += static_cast<char>(byte - 'A' + 'a');
    } else if (byte != '-' && byte != '_' && byte != ' ') {
      result += byte;
    }
  }
  return result;
}

// The number of letters to add, remove, change or swap with their neighbour (optimal string alignment distance).
std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::vector<std::size_t>> cost(left.size() + 1, std::vector<std::size_t>(right.size() + 1));
  for (std::size_t row = 0; row <= left.size(); ++row) {
    for (std::size_t column = 0; column <= right.size(); ++column) {
      std::size_t& cell = cost[row][column];
      if (row == 0 || column == 0) {
        cell = row + column;
        continue;
      }
      const bool same = left[row - 1] == right[column - 1];
      cell = std::min(
          {cost[row - 1][column] + 1, cost[row][column - 1] + 1, cost[row - 1][column - 1] + (same ? 0U : 1U)});
      const bool swapped =
          row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1];
      if (swapped) {
        cell = std::min(cell, cost[row - 2][column - 2] + 1);
      }
    }
  }
  return cost[left.size()][right.size()];
}

}  // namespace

std::optional<std::string> closest_match(const std::string& word, const std::vector<std::string>& known) {
  constexpr std::size_t longest = 60;  // a longer word is not a misspelt name
  if (word.empty() || word.size() > longest) {
    return std::nullopt;
  }
  const std::string wanted = folded(word);
  std::optional<std::string> best;
  std::size_t fewest = 0;
  for (const std::string& candidate : known) {
    const std::string target = folded(candidate);
    const std::size_t edits = edit_distance(wanted, target);
    const std::size_t allowed = std::max<std::size_t>(1, std::min<std::size_t>(3, target.size() / 3));
    if (edits <= allowed && edits < target.size() && (!best || edits < fewest)) {
      best = candidate;
      fewest = edits;
    }
  }
  return best;
}

}  // namespace elit
