#include "tests/crms/faults/record_text.hpp"

#include <array>
#include <utility>

namespace elit::crm::faults {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> written{{
    {"<br>", "\n"},
    {"<br/>", "\n"},
    {"&lt;", "<"},
    {"&gt;", ">"},
    {"&quot;", "\""},
    {"&#39;", "'"},
    {"&amp;", "&"},
}};

}  // namespace

std::string as_read(std::string_view html) {
  std::string read;
  while (!html.empty()) {
    bool known = false;
    for (const auto& [from, to] : written) {
      if (html.starts_with(from)) {
        read += to;
        html.remove_prefix(from.size());
        known = true;
        break;
      }
    }
    if (!known) {
      read += html.front() == '<' ? "<?>" : std::string(1, html.front());
      html.remove_prefix(1);
    }
  }
  return read;
}

std::string as_kept(std::string_view text) {
  std::string kept;
  for (const char each : text) {
    if (each != '\0' && each != '\r') {
      kept += each;
    }
  }
  return kept;
}

}  // namespace elit::crm::faults
