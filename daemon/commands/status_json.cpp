#include <boost/json.hpp>
#include <chrono>

#include "core/delivery/error_text.hpp"
#include "core/fetch/lateness.hpp"
#include "core/text/redaction.hpp"
#include "core/text/time_text.hpp"
#include "daemon/commands/status_report.hpp"

namespace elit::daemon {
namespace {

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
  for (const LatenessBucket& bucket : source.lateness) {
    const auto seconds = bucket.bucket == 0 ? 0 : std::int64_t{1} << (bucket.bucket - 1);
    lateness.add(std::chrono::seconds{seconds}, bucket.count);
  }
  return lateness;
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
  const std::optional<std::int64_t> eta = backfill_eta_seconds(source);
  object["backfill"] =
      boost::json::object{{"complete", source.history_complete},
                          {"incomplete", source.history_incomplete},
                          {"eta_seconds", eta ? boost::json::value(*eta) : boost::json::value(nullptr)},
                          {"moved", time_or_null(source.history_moved)}};
  boost::json::array audiences;
  for (const AudienceStatus& audience : source.audiences) {
    audiences.push_back(boost::json::object{{"attribute", audience.attribute},
                                            {"value", audience.value},
                                            {"users", audience.users},
                                            {"listed", time_or_null(audience.listed)}});
  }
  object["audiences"] = std::move(audiences);
  boost::json::array conditions;
  for (const ConditionStatus& condition : source.conditions) {
    conditions.push_back(boost::json::object{
        {"name", condition.name}, {"detail", condition.detail}, {"since", to_rfc3339(condition.since)}});
  }
  object["conditions"] = std::move(conditions);
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
  object["last_error"] = sink.last_error.empty() ? "" : without_answer(sink.last_error);
  return object;
}

}  // namespace

std::string to_json(const StatusReport& report, bool reveal_user_ids) {
  boost::json::array sources;
  for (const SourceStatus& source : report.status.sources) {
    sources.push_back(source_json(source, report.at));
  }
  boost::json::array sinks;
  for (const SinkStatus& sink : report.status.sinks) {
    sinks.push_back(sink_json(sink));
  }
  boost::json::array parked;
  for (const ParkedUser& user : report.status.parked) {
    parked.push_back(boost::json::object{{"source", user.source},
                                         {"user", reveal_user_ids ? user.user_id : mask_user_id(user.user_id)},
                                         {"until", time_or_null(user.until)},
                                         {"failures", user.failures},
                                         {"error", user.error}});
  }
  boost::json::object document{{"at", to_rfc3339(report.at)},
                               {"version", ELITBUZZ_SYNC_VERSION},
                               {"daemon", report.running ? "running" : "stopped"},
                               {"healthy", report.problems.empty()},
                               {"problems", boost::json::array(report.problems.begin(), report.problems.end())},
                               {"sources", std::move(sources)},
                               {"sinks", std::move(sinks)},
                               {"parked_users", std::move(parked)}};
  return boost::json::serialize(document);
}

}  // namespace elit::daemon
