#include "tests/sim/status_watch.hpp"

#include <algorithm>

#include "core/simulator/timestamp_form.hpp"
#include "core/status/health.hpp"
#include "storage/status_reader.hpp"
#include "tests/sim/progress.hpp"

namespace elit::sim {
namespace {

using daemon::Stage;
using std::chrono::minutes;

constexpr std::size_t unnamed_told_max = 4;
constexpr Milliseconds start_takes = minutes{10};
// A pending message is named after five minutes, and a user that is not read soon after poll.max_staleness. What was
// read late and is sent late takes both, and some time for requests and repetitions.
constexpr Milliseconds until_named = minutes{15};

bool matches(const simulator::User& user, const SourceOptions& options) {
  return std::any_of(options.audiences.begin(), options.audiences.end(), [&user](const Audience& audience) {
    return std::find(user.attributes.begin(), user.attributes.end(), std::pair(audience.attribute, audience.value)) !=
           user.attributes.end();
  });
}

bool names(const std::vector<std::string>& problems, const std::string& peer) {
  return std::any_of(problems.begin(), problems.end(),
                     [&peer](const std::string& problem) { return problem.starts_with(peer + ": "); });
}

}  // namespace

std::vector<std::string> problems_now(Stage& stage) {
  return problems_of(storage::read_status(stage.host().store()), stage.options(), stage.time().now().wall);
}

void StatusWatch::look(Stage& stage) {
  notice_changes(stage);
  const bool is_new = stage.time().truth() - running_since_ < start_takes;
  if (!stage.host().running() || is_new || unnamed_.size() >= unnamed_told_max) {
    return;
  }
  for (std::size_t source = 0; source < stage.sources(); ++source) {
    for (std::size_t sink = 0; sink < stage.sinks(); ++sink) {
      look_at(stage, source, sink);
    }
  }
}

// Users that match no audience, or are left out of lists, are not read; nobody waits for them.
void StatusWatch::notice_changes(Stage& stage) {
  const Instant now = stage.time().truth();
  if (stage.starts() != starts_ || !stage.host().running()) {
    starts_ = stage.starts();
    running_since_ = now;
  }
  for (std::size_t i = 0; i < stage.sources(); ++i) {
    simulator::Simulator& source = stage.source(i);
    for (const simulator::User& user : source.world().users()) {
      const bool listed = matches(user, stage.options().sources[i]) && source.faults().users_shrunk == 0;
      const std::string name = stage.options().sources[i].name + ' ' + user.id;
      if (listed) {
        matching_since_.try_emplace(name, now);
      } else {
        matching_since_.erase(name);
      }
    }
  }
}

void StatusWatch::look_at(Stage& stage, std::size_t source, std::size_t sink) {
  const SourceOptions& options = stage.options().sources[source];
  const std::string& name = stage.options().sinks[sink].name;
  const Milliseconds silent_max = options.poll.max_staleness + options.poll.max_staleness / 10 +
                                  stage.options().sinks[sink].batch.wait + until_named;
  const Instant now = stage.time().truth();
  const auto has_waited = [&](const simulator::Passage& passage) {
    const auto matching = matching_since_.find(options.name + ' ' + passage.user_id);
    // The history before the start is read for as long as it takes.
    if (passage.arrived || matching == matching_since_.end() ||
        passage.visible_from <= stage.source(source).world().options().start) {
      return false;
    }
    return now - std::max({passage.visible_from, running_since_, matching->second}) > silent_max;
  };
  const std::vector<simulator::Passage> passages = passages_of(stage, source, sink);
  const auto waiting = std::find_if(passages.begin(), passages.end(), has_waited);
  if (waiting == passages.end()) {
    return;
  }
  ++judged_;
  const std::vector<std::string> problems = problems_(stage);
  Instant& last_named = last_named_[options.name + ' ' + name];
  if (names(problems, "source " + options.name) || names(problems, "sink " + name)) {
    last_named = now;
  } else if (now - last_named > silent_max) {  // What waited in an outage has the time of a usual read after it.
    unnamed_.push_back("at " + simulator::iso_text(now) + " status named neither " + options.name + " nor " + name +
                       ", and a message of user " + waiting->user_id + " visible from " +
                       simulator::iso_text(waiting->visible_from) + " had not arrived");
  }
}

}  // namespace elit::sim
