#include <cmath>
#include <sstream>

#include "core/delivery/error_text.hpp"
#include "core/text/redaction.hpp"
#include "core/text/wording.hpp"
#include "daemon/commands/status_report.hpp"

namespace elit::daemon {
namespace {

std::string age(const std::optional<Instant>& instant, Instant now) {
  return instant ? rough_duration(now - *instant) + " ago" : "never";
}

std::string state_of(const PeerState& state) {
  return state.state.empty() ? "not started yet" : state.state;
}

std::string eta_text(const SourceStatus& source) {
  const std::optional<std::int64_t> eta = backfill_eta_seconds(source);
  return eta ? ", about " + rough_duration(std::chrono::seconds{*eta}) + " to go" : "";
}

void print_source(std::ostream& out, const SourceStatus& source, Instant now) {
  out << "source " << source.name << ": " << state_of(source.state) << '\n'
      << "  users      " << source.following << " followed, " << source.draining << " draining, " << source.parked
      << " parked, " << source.gone << " gone\n"
      << "  freshness  the stalest user was read " << age(source.oldest_read, now);
  if (source.never_read > 0) {
    out << "; " << source.never_read << " not read yet";
  }
  out << "\n  backfill   " << counted(source.history_complete, "user", "users") << " complete, "
      << source.history_incomplete << " to do" << eta_text(source) << "\n"
      << "  messages   " << source.messages << " stored, the latest " << age(source.last_message, now) << '\n'
      << "  ledger     fetched " << source.fetched << " = new " << source.added << " + duplicate " << source.duplicates
      << " + rejected " << source.rejected << '\n';
}

void print_sink(std::ostream& out, const SinkStatus& sink, Instant now) {
  out << "sink " << sink.name << ": " << state_of(sink.state) << '\n'
      << "  delivered " << sink.delivered << ", pending " << sink.pending + sink.in_flight + sink.unknown
      << " (in flight " << sink.in_flight << ", unknown " << sink.unknown << "), dead " << sink.dead << ", suppressed "
      << sink.suppressed << '\n';
  if (sink.oldest_pending) {
    out << "  the oldest pending message was stored " << age(sink.oldest_pending, now) << '\n';
  }
  if (!sink.last_error.empty() && sink.pending + sink.unknown + sink.dead > 0) {
    out << "  last error: " << without_answer(sink.last_error) << '\n';
  }
}

}  // namespace

std::optional<std::int64_t> backfill_eta_seconds(const SourceStatus& source) {
  if (source.history_incomplete == 0 || !source.backfill_users_per_hour) {
    return std::nullopt;
  }
  return std::llround(static_cast<double>(source.history_incomplete) / *source.backfill_users_per_hour * 3600.0);
}

std::string to_text(const StatusReport& report) {
  std::ostringstream out;
  out << "elitbuzz-sync is " << (report.running ? "running" : "not running") << '\n';
  for (const SourceStatus& source : report.status.sources) {
    print_source(out, source, report.at);
  }
  for (const SinkStatus& sink : report.status.sinks) {
    print_sink(out, sink, report.at);
  }
  for (const ParkedUser& user : report.status.parked) {
    out << "parked: " << mask_user_id(user.user_id) << " of " << user.source << ": " << user.error << '\n';
  }
  for (const std::string& problem : report.problems) {
    out << "! " << problem << '\n';
  }
  if (report.problems.empty()) {
    out << "all is well\n";
  }
  return out.str();
}

}  // namespace elit::daemon
