#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

// One state of the model: the durable part, the part that a crash loses, the source, the CRM, and requests and answers
// in flight.
namespace elit::model {

using Count = std::uint8_t;
using Tick = std::uint8_t;
using Number = std::uint8_t;  // of a message, from 0
using User = std::uint8_t;
using Set = std::uint8_t;  // of messages, a bit each

inline constexpr std::size_t messages_max = 3;
inline constexpr std::size_t users_max = 2;
inline constexpr std::size_t pages_max = 6;   // of one pass; see ReaderSide
inline constexpr std::size_t stored_max = 6;  // with room for doubles, which an error may cause
inline constexpr std::size_t sets = 1U << messages_max;

constexpr bool has(Set set, Number message) {
  return (set >> message & 1U) != 0;
}
constexpr Set one(Number message) {
  return static_cast<Set>(1U << message);
}
constexpr Set with(Set set, Set more) {
  return static_cast<Set>(set | more);
}
constexpr Set without(Set set, Set less) {
  return static_cast<Set>(set & ~less);
}
constexpr bool within(Set part, Set whole) {
  return without(part, whole) == 0;
}

struct Pages {
  std::array<Set, pages_max> content{};
  Count count = 0;
};

// A window that is being read: as the store has it while pages are staged, or as the reader knows it.
struct Window {
  Count open = 0;
  Tick from = 0;
  Tick to = 0;
  Tick cover_to = 0;
  Count pass = 0;
  Pages pages;
  Pages previous;
  // Only for the properties.
  Set promised = 0;  // visible when the window was frozen, and in the span that it will cover
  Count last = 0;    // frozen when the source had no more steps
};

struct Reader {
  Count busy = 0;
  User user = 0;
  Count checking = 0;
  Count held = 0;     // the last page is only in memory
  Count rowless = 0;  // an error: this many pages were stored without their rows
  Window window;
  // Between the two halves of a commit that an error divided.
  Count rows_missing = 0;
  Set rows = 0;
};

enum class Phase : std::uint8_t {
  at_rest,    // waits to be sent again
  beginning,  // its creation is not durable yet
  begun,      // durable, about to be sent
  on_its_way,
  answered,   // the CRM's answer is in flight
  recording,  // the outcome is decided but not durable yet
};

struct Batch {
  Set members = 0;  // 0: no batch
  Count durable = 0;
  Phase phase = Phase::at_rest;
  Set accepted = 0;   // by the answer that is in flight or being recorded
  Count refused = 0;  // the answer is: too large
  Count failed = 0;   // the attempt failed as a whole
  Count new_key = 0;  // an error: its key differs from before
  // Of receivers without keys only:
  Count lost = 0;      // an attempt got no answer, and nothing has shown what became of it
  Count missed = 0;    // it was looked for once and not found
  Set transcript = 0;  // what the request in flight writes: its members and all before them of their users
};

struct State {
  // The source.
  Tick now = 0;
  Set visible = 0;
  Count crashes = 0;
  // Durable.
  std::array<Tick, users_max> covered_to{};
  std::array<Window, users_max> windows{};
  std::array<Number, stored_max> stored{};  // in the order of their release
  Count stored_count = 0;
  Set delivered = 0;
  Set recorded = 0;  // pending, with a record: held back or refused for now
  Count scanned_to = 0;
  std::array<Batch, messages_max> batches{};  // also their volatile side
  // Volatile.
  Reader reader;
  Count scan_at = 0;
  Set waiting = 0;
  Set settled = 0;  // accepted, known to the sink, possibly not durable
  // The network and the CRM. A request whose sender gave up may still arrive; of transcripts the set is all that is
  // written.
  std::array<Count, sets> strays{};
  std::array<Count, sets> answered{};      // the CRM knows the key of this set and answers the same again
  std::array<Set, sets> accepted_under{};  // the messages accepted under that key
  std::array<Count, messages_max> effects{};
  Set indexed = 0;  // what a CRM that is looked up finds so far
  // Only for the properties.
  Set promised = 0;                     // the messages that coverage promises
  std::array<Count, users_max> rest{};  // the user was read when the source had no more steps
  Count overtaken = 0;                  // the CRM got a message before an earlier one of its user

  bool operator==(const State& other) const { return std::memcmp(this, &other, sizeof(State)) == 0; }
};
static_assert(std::has_unique_object_representations_v<State>, "a state is its bytes");

struct StateHash {
  std::size_t operator()(const State& state) const noexcept;
};

}  // namespace elit::model
