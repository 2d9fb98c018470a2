#include "core/status/health.hpp"

#include <algorithm>
#include <chrono>

#include "core/text/wording.hpp"

namespace elit {
namespace {

constexpr Milliseconds pending_too_long{300'000};
constexpr Milliseconds throttled_too_long{120'000};
constexpr Milliseconds backfill_too_slow{600'000};
constexpr Milliseconds read_takes{5'000};  // a user is due when it reaches the limit

using Problems = std::vector<std::string>;

bool is_throttled(const PeerState& state) {
  return state.state.starts_with("throttled");
}

// A short throttling is a part of healthy work.
bool well(const PeerState& state, Instant now) {
  return state.state == "running" ||
         (is_throttled(state) && (!state.since || now - *state.since <= throttled_too_long));
}

void judge_state(const std::string& place, const PeerState& state, Instant now, Problems& problems) {
  if (state.state.empty()) {
    problems.push_back(place + "not started yet");
  } else if (!well(state, now)) {
    problems.push_back(place + state.state + ". " + state.reason);
  }
}

void judge_audiences(const std::string& place, const SourceStatus& source, Problems& problems) {
  const bool alarm = std::any_of(source.conditions.begin(), source.conditions.end(),
                                 [](const auto& condition) { return condition.name == "roster_alarm"; });
  for (const AudienceStatus& audience : source.audiences) {
    const std::string name = "the audience " + quoted_text(audience.attribute) + " = " + quoted_text(audience.value);
    if (!audience.listed) {
      problems.push_back(place + "the users of " + name + " have not been listed yet");
    } else if (audience.users == 0 && !alarm) {
      problems.push_back(place + name + " matches nobody: compare both with the attributes of a user in the bot");
    }
  }
}

void judge_freshness(const std::string& place, const SourceStatus& source, const SourceOptions& options, Instant now,
                     Problems& problems) {
  const std::int64_t followed = source.following + source.draining;
  if (followed > 0 && source.never_read == followed && source.messages == 0) {
    problems.push_back(place + "nobody has been read yet");
    return;
  }
  const Milliseconds limit = options.poll.max_staleness + options.poll.max_staleness / 10 + read_takes;
  if (source.unread_longest && now - *source.unread_longest > limit) {
    problems.push_back(place + "the stalest user has not been read for " +
                       rough_duration(now - *source.unread_longest) + ", longer than poll.max_staleness allows");
  }
}

void judge_backfill(const std::string& place, const SourceStatus& source, Instant now, Problems& problems) {
  if (source.history_moved && now - *source.history_moved > backfill_too_slow) {
    problems.push_back(place + "the backfill has not moved for " + rough_duration(now - *source.history_moved) + "; " +
                       counted(source.history_incomplete, "user is", "users are") + " to do");
  }
}

void judge_source(const SourceStatus& source, const SourceOptions& options, Instant now, Problems& problems) {
  const std::string place = "source " + source.name + ": ";
  judge_state(place, source.state, now, problems);
  for (const ConditionStatus& condition : source.conditions) {
    problems.push_back(place + condition.detail);
  }
  judge_audiences(place, source, problems);
  judge_freshness(place, source, options, now, problems);
  judge_backfill(place, source, now, problems);
  if (source.parked > 0) {
    problems.push_back(place + counted(source.parked, "user is", "users are") + " parked and tried again later");
  }
}

void judge_sink(const SinkStatus& sink, Instant now, Problems& problems) {
  const std::string place = "sink " + sink.name + ": ";
  judge_state(place, sink.state, now, problems);
  if (sink.dead > 0) {
    problems.push_back(place + counted(sink.dead, "message is", "messages are") + " dead");
  }
  if (sink.oldest_pending && now - *sink.oldest_pending > pending_too_long) {
    problems.push_back(place + "messages have been pending for more than " + rough_duration(pending_too_long));
  }
}

}  // namespace

std::vector<std::string> problems_of(const Status& status, const Options& options, Instant now) {
  Problems problems;
  for (const SourceOptions& configured : options.sources) {
    const auto source = std::find_if(status.sources.begin(), status.sources.end(),
                                     [&](const SourceStatus& found) { return found.name == configured.name; });
    if (source == status.sources.end()) {
      problems.push_back("source " + configured.name + ": not started yet");
    } else {
      judge_source(*source, configured, now, problems);
    }
  }
  for (const SinkOptions& configured : options.sinks) {
    const auto sink = std::find_if(status.sinks.begin(), status.sinks.end(),
                                   [&](const SinkStatus& found) { return found.name == configured.name; });
    if (sink == status.sinks.end()) {
      problems.push_back("sink " + configured.name + ": not started yet");
    } else {
      judge_sink(*sink, now, problems);
    }
  }
  return problems;
}

}  // namespace elit
