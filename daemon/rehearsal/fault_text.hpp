#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/instant.hpp"

namespace elit::daemon {

// A fault of a rehearsal, as the user asked for it.
struct RehearsedFault {
  enum class Target : std::uint8_t { api, crm, machine };
  enum class Kind : std::uint8_t {
    down,          // answers 503 to everything
    slow,          // every response comes after `delay`
    throttled,     // answers 429 to everything, with a Retry-After of one minute
    errors,        // a share of the requests gets 500 and is not carried out
    lost_answers,  // a share of the requests is carried out and never answered
    key_revoked,   // the key is refused for `lasts`, then the new one is in place
    crash,         // the daemon is killed in the middle of its work
    power_loss,    // the machine loses all bytes that were not synced to its disk
    restart,       // the daemon is stopped in an orderly way and started again
    disk_full,
  };

  std::string text;  // as written, with single blanks
  Kind kind = Kind::down;
  Target target = Target::machine;
  std::string name;                   // of one source or sink; empty: all
  double share = 0;                   // of the requests, 0..1
  Milliseconds delay{0};              // of slow responses
  std::optional<Milliseconds> lasts;  // absent: to the end of the rehearsed days; 0: momentary
  std::optional<Milliseconds> at;     // after the beginning; absent: any time
};

struct ParsedFault {
  std::optional<RehearsedFault> fault;
  std::string error;  // for the user: what is wrong and what is allowed; empty: no error
};

// Reads a text such as "crm down 6h at 2d".
[[nodiscard]] ParsedFault parse_fault(const std::string& text);

// The forms that parse_fault accepts, one a line; each line begins with two blanks.
[[nodiscard]] std::string known_faults();

}  // namespace elit::daemon
