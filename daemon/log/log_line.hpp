#pragma once

#include <string>
#include <string_view>

#include "core/instant.hpp"
#include "core/options.hpp"
#include "core/text/redaction.hpp"
#include "daemon/log/event.hpp"
#include "daemon/log/log.hpp"

namespace elit::daemon {

struct LogEntry {
  Instant at;
  Event event;
  std::string_view message;
  const Fields& fields;
};

// One line without its end, valid UTF-8 whatever the entry holds, in the format of `options`, without the secrets that
// `redactor` knows and with user ids masked unless `options` reveals them.
[[nodiscard]] std::string format_line(const LogEntry& entry, const LogOptions& options, const Redactor& redactor);

}  // namespace elit::daemon
