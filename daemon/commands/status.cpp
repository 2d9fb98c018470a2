#include "daemon/commands/status.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cmath>
#include <memory>
#include <ostream>
#include <sstream>
#include <thread>

#include "config/loader.hpp"
#include "core/fetch/lateness.hpp"
#include "core/text/redaction.hpp"
#include "core/text/time_text.hpp"
#include "daemon/system/exit_status.hpp"
#include "storage/state_directory.hpp"
#include "storage/status_reader.hpp"

namespace elit::daemon {
namespace {

using storage::PeerState;
using storage::SinkStatus;
using storage::SourceStatus;

constexpr Milliseconds pending_too_long{300'000};
constexpr Milliseconds watch_interval{2'000};

struct StatusArguments {
  std::filesystem::path config;
  bool json = false;
  bool watch = false;
};

struct Picture {
  storage::Status status;
  Instant at;
  bool running = false;  // a daemon or a sync holds the state directory
};

bool well(const PeerState& state) {
  return state.state.empty() || state.state == "running";
}

bool too_long(const SinkStatus& sink, Instant now) {
  return sink.oldest_pending && now - *sink.oldest_pending > pending_too_long;
}

std::vector<std::string> problems_of(const Picture& picture) {
  std::vector<std::string> problems;
  for (const SourceStatus& source : picture.status.sources) {
    if (!well(source.state)) {
      problems.push_back("source " + source.name + ": " + source.state.state + ". " + source.state.reason);
    }
    if (source.parked > 0) {
      problems.push_back("source " + source.name + ": " + std::to_string(source.parked) + " users are parked");
    }
  }
  for (const SinkStatus& sink : picture.status.sinks) {
    if (!well(sink.state)) {
      problems.push_back("sink " + sink.name + ": " + sink.state.state + ". " + sink.state.reason);
    }
    if (sink.dead > 0) {
      problems.push_back("sink " + sink.name + ": " + std::to_string(sink.dead) + " messages are dead");
    }
    if (too_long(sink, picture.at)) {
      problems.push_back("sink " + sink.name + ": messages have been pending for more than 5 minutes");
    }
  }
  return problems;
}

boost::json::value time_or_null(const std::optional<Instant>& instant) {
  return instant ? boost::json::value(to_rfc3339(*instant)) : boost::json::value(nullptr);
}

boost::json::object state_json(const PeerState& state) {
  return {{"state", state.state.empty() ? "unknown" : state.state},
          {"reason", state.reason},
          {"since", time_or_null(state.since)}};
}

Lateness lateness_of(const SourceStatus& source) {
  Lateness lateness;
  for (const storage::LatenessBucket& bucket : source.lateness) {
    const auto seconds = bucket.bucket == 0 ? 0 : std::int64_t{1} << (bucket.bucket - 1);
    lateness.add(std::chrono::seconds{seconds}, bucket.count);
  }
  return lateness;
}

// At the measured pace; absent when nothing is left or the pace is not known yet.
std::optional<std::int64_t> backfill_eta_seconds(const SourceStatus& source) {
  if (source.history_incomplete == 0 || !source.backfill_users_per_hour) {
    return std::nullopt;
  }
  return std::llround(static_cast<double>(source.history_incomplete) / *source.backfill_users_per_hour * 3600.0);
}

boost::json::object source_json(const SourceStatus& source, Instant now) {
  boost::json::object object = state_json(source.state);
  object["name"] = source.name;
  object["users"] = boost::json::object{{"following", source.following},
                                        {"draining", source.draining},
                                        {"parked", source.parked},
                                        {"gone", source.gone},
                                        {"never_read", source.never_read}};
  object["stalest_read"] = time_or_null(source.oldest_read);
  object["stalest_read_age_seconds"] =
      source.oldest_read ? boost::json::value(std::chrono::duration<double>(now - *source.oldest_read).count())
                         : boost::json::value(nullptr);
  object["backfill"] =
      boost::json::object{{"complete", source.history_complete}, {"incomplete", source.history_incomplete}};
  object["messages"] = source.messages;
  object["last_message"] = time_or_null(source.last_message);
  object["ledger"] = boost::json::object{{"fetched", source.fetched},
                                         {"new", source.added},
                                         {"duplicate", source.duplicates},
                                         {"rejected", source.rejected}};
  const Lateness lateness = lateness_of(source);
  const std::optional<Milliseconds> look_back = lateness.look_back_for(0.999);
  object["late"] =
      boost::json::object{{"messages", lateness.count()},
                          {"lookback_for_99.9_percent_seconds",
                           look_back ? boost::json::value(look_back->count() / 1000) : boost::json::value(nullptr)}};
  return object;
}

// What went wrong, without what the peer wrote about it: that may hold the text of a message.
std::string without_answer(const std::string& error) {
  constexpr std::size_t length_of_status = 8;  // `HTTP 400`
  return error.starts_with("HTTP ") ? error.substr(0, length_of_status) : error.substr(0, error.find(':'));
}

boost::json::object sink_json(const SinkStatus& sink) {
  boost::json::object object = state_json(sink.state);
  object["name"] = sink.name;
  object["pending"] = sink.pending + sink.in_flight + sink.unknown;
  object["in_flight"] = sink.in_flight;
  object["unknown"] = sink.unknown;
  object["delivered"] = sink.delivered;
  object["dead"] = sink.dead;
  object["suppressed"] = sink.suppressed;
  object["oldest_pending"] = time_or_null(sink.oldest_pending);
  object["last_error"] = without_answer(sink.last_error);
  return object;
}

std::string to_json(const Picture& picture, bool reveal_user_ids) {
  boost::json::array sources;
  for (const SourceStatus& source : picture.status.sources) {
    sources.push_back(source_json(source, picture.at));
  }
  boost::json::array sinks;
  for (const SinkStatus& sink : picture.status.sinks) {
    sinks.push_back(sink_json(sink));
  }
  boost::json::array parked;
  for (const storage::ParkedUser& user : picture.status.parked) {
    parked.push_back(boost::json::object{{"source", user.source},
                                         {"user", reveal_user_ids ? user.user_id : mask_user_id(user.user_id)},
                                         {"until", time_or_null(user.until)},
                                         {"failures", user.failures},
                                         {"error", user.error}});
  }
  const std::vector<std::string> problems = problems_of(picture);
  boost::json::object document{{"at", to_rfc3339(picture.at)},
                               {"version", ELITBUZZ_SYNC_VERSION},
                               {"daemon", picture.running ? "running" : "stopped"},
                               {"healthy", problems.empty()},
                               {"problems", boost::json::array(problems.begin(), problems.end())},
                               {"sources", std::move(sources)},
                               {"sinks", std::move(sinks)},
                               {"parked_users", std::move(parked)}};
  return boost::json::serialize(document);
}

std::string age(const std::optional<Instant>& instant, Instant now) {
  if (!instant) {
    return "never";
  }
  const auto seconds =
      std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(now - *instant).count());
  if (seconds < 120) {
    return std::to_string(seconds) + " s ago";
  }
  if (seconds < 7200) {
    return std::to_string(seconds / 60) + " min ago";
  }
  return std::to_string(seconds / 3600) + " h ago";
}

std::string eta_text(const SourceStatus& source) {
  const std::optional<std::int64_t> eta = backfill_eta_seconds(source);
  return eta ? ", about " + std::to_string((*eta + 59) / 60) + " min to go" : "";
}

void print_source(std::ostream& out, const SourceStatus& source, Instant now) {
  out << "source " << source.name << ": " << (source.state.state.empty() ? "not started yet" : source.state.state)
      << '\n'
      << "  users      " << source.following << " followed, " << source.draining << " draining, " << source.parked
      << " parked, " << source.gone << " gone\n"
      << "  freshness  the stalest user was read " << age(source.oldest_read, now);
  if (source.never_read > 0) {
    out << "; " << source.never_read << " not read yet";
  }
  out << "\n  backfill   " << source.history_complete << " users complete, " << source.history_incomplete << " to do"
      << eta_text(source) << "\n"
      << "  messages   " << source.messages << " stored, the latest " << age(source.last_message, now) << '\n'
      << "  ledger     fetched " << source.fetched << " = new " << source.added << " + duplicate " << source.duplicates
      << " + rejected " << source.rejected << '\n';
}

void print_sink(std::ostream& out, const SinkStatus& sink, Instant now) {
  out << "sink " << sink.name << ": " << (sink.state.state.empty() ? "not started yet" : sink.state.state) << '\n'
      << "  delivered " << sink.delivered << ", pending " << sink.pending + sink.in_flight + sink.unknown
      << " (in flight " << sink.in_flight << ", unknown " << sink.unknown << "), dead " << sink.dead << ", suppressed "
      << sink.suppressed << '\n';
  if (sink.oldest_pending) {
    out << "  the oldest pending message was stored " << age(sink.oldest_pending, now) << '\n';
  }
  if (!sink.last_error.empty() && sink.pending + sink.unknown + sink.dead > 0) {
    out << "  last error: " << without_answer(sink.last_error) << " (the whole answer is in deliveries_v1)\n";
  }
}

std::string to_text(const Picture& picture) {
  std::ostringstream out;
  out << "elitbuzz-sync is " << (picture.running ? "running" : "not running") << '\n';
  for (const SourceStatus& source : picture.status.sources) {
    print_source(out, source, picture.at);
  }
  for (const SinkStatus& sink : picture.status.sinks) {
    print_sink(out, sink, picture.at);
  }
  for (const storage::ParkedUser& user : picture.status.parked) {
    out << "parked: " << mask_user_id(user.user_id) << " of " << user.source << ": " << user.error << '\n';
  }
  const std::vector<std::string> problems = problems_of(picture);
  for (const std::string& problem : problems) {
    out << "! " << problem << '\n';
  }
  if (problems.empty()) {
    out << "all is well\n";
  }
  return out.str();
}

Picture look(const Options& options) {
  const std::filesystem::path directory = options.state_directory;
  Picture picture;
  picture.status = storage::read_status(directory);
  // A source that is no longer configured keeps its place in the state, but there is nothing to be said of it.
  std::erase_if(picture.status.sources, [&options](const SourceStatus& source) {
    return std::none_of(options.sources.begin(), options.sources.end(),
                        [&source](const SourceOptions& configured) { return configured.name == source.name; });
  });
  picture.at = std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now());
  picture.running = storage::is_in_use(directory);
  return picture;
}

int status(const StatusArguments& arguments, std::ostream& out, std::ostream& err) {
  const config::Loaded loaded = config::load(arguments.config);
  if (!loaded.options) {
    config::print_mistakes(err, loaded.mistakes);
    return exit_configuration;
  }
  const std::filesystem::path directory = loaded.options->state_directory;
  std::error_code error;
  if (!std::filesystem::exists(directory / "elitbuzz-sync.db", error) && !error) {
    err << "elitbuzz-sync: no state in " << directory.string() << " yet: start `elitbuzz-sync run` or `sync` first\n";
    return exit_incomplete;
  }
  for (;;) {
    const Picture picture = look(*loaded.options);
    if (arguments.json) {
      out << to_json(picture, loaded.options->log.reveal_user_ids) << std::endl;
    } else {
      const char* redraw = arguments.watch && ::isatty(STDOUT_FILENO) != 0 ? "\033[H\033[J" : "";
      out << redraw << to_text(picture) << std::flush;
    }
    if (!arguments.watch || !out) {
      return problems_of(picture).empty() ? exit_done : exit_incomplete;
    }
    std::this_thread::sleep_for(watch_interval);
  }
}

}  // namespace

Verb status_verb() {
  return {
      "status", "what is going on, per source and per CRM",
      "Exit status 0 when all is balanced and healthy, 1 when something is pending too long, dead, parked or paused.",
      [](VerbOptions& options) -> VerbAction {
        auto arguments = std::make_shared<StatusArguments>();
        options.configuration(arguments->config);
        options.flag("--json", arguments->json, "one JSON document on stdout");
        options.flag("--watch", arguments->watch, "shows it again every 2 seconds, until it is interrupted");
        return [arguments](std::ostream& out, std::ostream& err) { return status(*arguments, out, err); };
      }};
}

}  // namespace elit::daemon
