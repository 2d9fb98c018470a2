#pragma once

#include <boost/json/object.hpp>

#include <string>

#include "daemon/rehearsal/rehearsal.hpp"

namespace elit::daemon {

// The report of a rehearsal as text for people. `blocks`: with block characters, in UTF-8.
[[nodiscard]] std::string rehearsal_text(const RehearsalOptions& options, const RehearsalReport& report, bool blocks);

// The report as JSON for programs; see rehearse.hpp.
[[nodiscard]] boost::json::object rehearsal_json(const RehearsalOptions& options, const RehearsalReport& report);

// "41 s", "1 min 2 s", "5 h 12 min", "3 d 4 h"; below ten seconds with a tenth.
[[nodiscard]] std::string length_text(Milliseconds length);

// "day 3, 08:00", the first day being 1.
[[nodiscard]] std::string moment_text(Milliseconds since_beginning);

}  // namespace elit::daemon
