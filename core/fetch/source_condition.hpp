#pragma once

#include <cstdint>
#include <string_view>

namespace elit {

// What can be wrong with a source for a while besides its state (running, paused, ...). Several can hold at a time.
enum class SourceCondition : std::uint8_t {
  roster_alarm,  // a list of users is empty or sharply shrunk, and nobody may leave
  drift,         // the API deviates from what was seen before
  late,          // messages become visible later than the look-back reaches, or nearly so
  withheld,      // lists of messages hold elements that nobody can read, and spans stay uncovered for it
  unstable,      // the list of a user changes during every read, so that nothing of it counts as complete
};

// The name in the state. Never changed.
[[nodiscard]] constexpr std::string_view to_string(SourceCondition condition) {
  switch (condition) {
    case SourceCondition::roster_alarm:
      return "roster_alarm";
    case SourceCondition::drift:
      return "drift";
    case SourceCondition::late:
      return "late";
    case SourceCondition::withheld:
      return "withheld";
    case SourceCondition::unstable:
      return "unstable";
  }
  return "unknown";
}

}  // namespace elit
