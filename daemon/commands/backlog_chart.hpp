#pragma once

#include <string>
#include <vector>

#include "core/instant.hpp"
#include "daemon/rehearsal/rehearsal.hpp"

namespace elit::daemon {

inline constexpr int chart_rows = 6;

// Draws the backlog: `chart_rows` lines, and two more below with the days. Every line begins with `indent` blanks.
// `blocks`: with block characters, in UTF-8; otherwise in ASCII.
[[nodiscard]] std::vector<std::string> backlog_chart(const Backlog& backlog, int indent, bool blocks);

// Whether the user's locale uses UTF-8.
[[nodiscard]] bool locale_is_utf8();

}  // namespace elit::daemon
