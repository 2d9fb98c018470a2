#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/instant.hpp"

namespace elit::daemon {

// Something that goes wrong in a rehearsal, as a person asked for it.
struct RehearsedFault {
  enum class Target : std::uint8_t { api, crm, machine };
  enum class Kind : std::uint8_t {
    down,          // answers nothing but 503
    slow,          // every answer comes after `delay`
    throttled,     // answers nothing but 429, with the wish to be asked again in a minute
    errors,        // a share of the requests is answered with 500 and not carried out
    lost_answers,  // a share of the requests is carried out and never answered
    key_revoked,   // the key is refused until the new one is in place, after `lasts`
    crash,         // the daemon is killed in the middle of its work
    power_loss,    // the machine loses what was not on its disk
    restart,       // the daemon is ended in order and started again
    disk_full,
  };

  std::string text;  // as it was written, with single blanks
  Kind kind = Kind::down;
  Target target = Target::machine;
  std::string name;                   // of one source or sink; empty: all
  double share = 0;                   // of the requests, 0..1
  Milliseconds delay{0};              // of slow answers
  std::optional<Milliseconds> lasts;  // absent: to the end of the days; 0: it is over at once
  std::optional<Milliseconds> at;     // after the beginning; absent: nobody minds
};

struct ParsedFault {
  std::optional<RehearsedFault> fault;
  std::string error;  // what is wrong and what would be right, for a person; empty: nothing
};

// Reads a text such as "crm down 6h at 2d".
[[nodiscard]] ParsedFault parse_fault(const std::string& text);

// What parse_fault understands, one form a line, each line beginning with two blanks.
[[nodiscard]] std::string known_faults();

}  // namespace elit::daemon
