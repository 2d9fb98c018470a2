#include "daemon/commands/backlog_chart.hpp"

#include <fmt/format.h>
#include <langinfo.h>

#include <algorithm>
#include <clocale>
#include <string_view>

namespace elit::daemon {
namespace {

constexpr Milliseconds day = std::chrono::hours{24};

// The characters for a cell of the chart, from empty to full.
const std::vector<std::string_view>& fillings(bool blocks) {
  static const std::vector<std::string_view> pictures{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  static const std::vector<std::string_view> letters{" ", ".", ":", "#"};
  return blocks ? pictures : letters;
}

// The character for a column of this height in the row `row`; 0 is the lowest row.
std::string_view cell(std::uint64_t height, std::uint64_t peak, int row, bool blocks) {
  const std::vector<std::string_view>& levels = fillings(blocks);
  const std::uint64_t full = levels.size() - 1;
  // Rounded up, so that a single message is visible.
  const std::uint64_t units = (height * full * chart_rows + peak - 1) / std::max<std::uint64_t>(1, peak);
  const std::uint64_t below = full * static_cast<std::uint64_t>(row);
  return levels[units <= below ? 0 : std::min(full, units - below)];
}

// The numbers of the days under the columns in which they begin, as far as there is room. The last column usually lies
// after the last day.
std::string day_line(const Backlog& backlog) {
  std::string line(backlog.highest.size(), ' ');
  std::size_t free = 0;
  const auto days = static_cast<int>(backlog.step * static_cast<std::int64_t>(backlog.highest.size()) / day) + 1;
  for (int number = 1; number <= days; ++number) {
    const std::string text = (number == 1 ? "day " : "") + std::to_string(number);
    const auto column = static_cast<std::size_t>(day * (number - 1) / backlog.step);
    if (column >= free && column + text.size() < line.size()) {
      line.replace(column, text.size(), text);
      free = column + text.size() + 1;
    }
  }
  return line;
}

}  // namespace

std::vector<std::string> backlog_chart(const Backlog& backlog, int indent, bool blocks) {
  std::vector<std::string> lines;
  const std::string top = std::to_string(backlog.peak);
  for (int row = chart_rows - 1; row >= 0; --row) {
    std::string line = fmt::format("{:{}}{:>{}} {}", "", indent,
                                   row == chart_rows - 1 ? top
                                   : row == 0            ? "0"
                                                         : "",
                                   top.size(), blocks ? "│" : "|");
    for (const std::uint64_t height : backlog.highest) {
      line += cell(height, backlog.peak, row, blocks);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(std::move(line));
  }
  std::string rule;
  for (std::size_t i = 0; i < backlog.highest.size(); ++i) {
    rule += blocks ? "─" : "-";
  }
  const std::string margin(static_cast<std::size_t>(indent) + top.size() + 1, ' ');
  lines.push_back(margin + (blocks ? "└" : "+") + rule);
  std::string days = margin + ' ' + day_line(backlog);
  days.erase(days.find_last_not_of(' ') + 1);
  lines.push_back(std::move(days));
  return lines;
}

bool locale_is_utf8() {
  const locale_t locale = newlocale(LC_CTYPE_MASK, "", nullptr);
  if (locale == nullptr) {
    return false;
  }
  const bool utf8 = std::string_view(nl_langinfo_l(CODESET, locale)) == "UTF-8";
  freelocale(locale);
  return utf8;
}

}  // namespace elit::daemon
