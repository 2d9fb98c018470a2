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

// One line without its end in the format of `options`: valid UTF-8 for any entry, without the secrets that `redactor`
// knows, and with masked user ids unless `options` reveals them.
[[nodiscard]] std::string format_line(const LogEntry& entry, const LogOptions& options, const Redactor& redactor);

}  // namespace elit::daemon
