#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/instant.hpp"

// What the state says about its sources and sinks, for people and monitors.
namespace elit {

struct PeerState {
  std::string state;   // running, paused: credential, ...; empty: nothing is recorded yet
  std::string reason;  // one line
  std::optional<Instant> since;
};

struct LatenessBucket {
  int bucket = 0;  // as in core's Lateness: 0 is below a second, n is [2^(n-1), 2^n) seconds
  std::int64_t count = 0;
};

struct ConditionStatus {
  std::string name;    // as to_string(SourceCondition)
  std::string detail;  // a sentence
  Instant since;
};

struct AudienceStatus {
  std::string attribute;
  std::string value;
  std::optional<Instant> listed;  // when its users were listed last; absent: never
  std::int64_t users = 0;         // in that list
};

struct SourceStatus {
  std::string name;
  PeerState state;
  std::int64_t following = 0;
  std::int64_t draining = 0;
  std::int64_t parked = 0;
  std::int64_t gone = 0;
  // Of those that are following or draining:
  std::int64_t never_read = 0;
  std::optional<Instant> oldest_read;     // the earliest last read among them; users never read are not counted
  std::optional<Instant> unread_longest;  // the same, but one never read counts from its first match
  std::int64_t history_complete = 0;
  std::int64_t history_incomplete = 0;
  std::optional<Instant> history_moved;           // when history was stored last; absent: none is incomplete
  std::optional<double> backfill_users_per_hour;  // measured during the latest backfill; absent: not known yet
  std::int64_t messages = 0;
  std::optional<Instant> last_message;
  std::int64_t fetched = 0;
  std::int64_t added = 0;
  std::int64_t duplicates = 0;
  std::int64_t rejected = 0;
  std::vector<LatenessBucket> lateness;
  std::vector<ConditionStatus> conditions;  // by name
  std::vector<AudienceStatus> audiences;    // those in use
};

struct SinkStatus {
  std::string name;
  PeerState state;
  std::int64_t pending = 0;  // in flight and unknown messages not included
  std::int64_t in_flight = 0;
  std::int64_t unknown = 0;
  std::int64_t delivered = 0;
  std::int64_t dead = 0;
  std::int64_t suppressed = 0;
  std::optional<Instant> oldest_pending;  // when the oldest message that is pending, in flight or unknown was stored
  std::string last_error;
  std::optional<Instant> last_error_at;
};

struct ParkedUser {
  std::string source;
  std::string user_id;
  std::optional<Instant> until;
  int failures = 0;
  std::string error;
};

struct Status {
  std::vector<SourceStatus> sources;  // all sources in the state, also those that are no longer configured
  std::vector<SinkStatus> sinks;      // sinks in use
  std::vector<ParkedUser> parked;     // the earliest retries first; at most 20
};

}  // namespace elit
