#include "tests/sim/plan.hpp"

#include <algorithm>
#include <utility>

#include "config/loader.hpp"
#include "core/check.hpp"
#include "core/random.hpp"
#include "core/simulator/dialect.hpp"
#include "tests/sim/lone_trouble.hpp"
#include "tests/sim/trouble.hpp"

namespace elit::sim {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Instant begin = from_ms(1'767'225'600'000);  // 2026-01-01T00:00:00Z

class Planner {
 public:
  Planner(std::uint64_t seed, int days) : random_(seed), seed_(seed) {
    plan_.chaos = hours{24 * days};
    plan_.healthy = chance(0.15);
  }

  Plan make() {
    daemon::StageOptions& stage = plan_.stage;
    stage.start = begin;
    stage.seed = seed_;
    stage.log.file = "/dev/null";
    stage.log.level = LogLevel::error;
    stage.restart_after = pick<Milliseconds>({seconds{5}, minutes{2}});
    const bool lone = !plan_.healthy && chance(0.25);
    crms_ = !plan_.healthy && !lone && chance(0.25);
    const int sources = lone || chance(0.2) ? 2 : 1;
    for (int i = 0; i < sources; ++i) {
      add_source(i);
    }
    const int sinks = lone || chance(0.3) ? 2 : 1;
    for (int i = 0; i < sinks; ++i) {
      add_sink(i);
    }
    plan_.calm = hours{14} + longest_staleness();
    if (plan_.healthy) {
      plan_.traits.emplace_back("healthy");
      plan_.concern = concerns_nothing;
    } else if (lone) {
      add_lone_trouble(plan_, random_);
    } else {
      add_trouble(plan_, random_);
    }
    return std::move(plan_);
  }

 private:
  [[nodiscard]] bool chance(double share) { return random_.fraction() < share; }
  template <class T>
  T pick(std::vector<T> values) {
    return values[random_.below(values.size())];
  }
  double between(double low, double high) { return low + random_.fraction() * (high - low); }

  void add_source(int index) {
    SourceOptions source;
    source.name = "source-" + std::to_string(index);
    source.customer_id = "4660";
    source.bot_key = "6bc26c50902b4838";
    source.audiences = {{"followed", "yes"}};
    if (chance(0.3)) {
      source.audiences.push_back({"also", "yes"});
    }
    source.poll.interval =
        chance(0.1) ? Milliseconds{minutes{5}} : pick<Milliseconds>({minutes{30}, hours{1}, hours{2}, hours{4}});
    source.poll.max_staleness = source.poll.interval * pick<int>({1, 2, 4});
    source.settle = pick<Milliseconds>({seconds{0}, seconds{10}, minutes{2}, minutes{10}});
    source.lookback = pick<Milliseconds>({seconds{20}, minutes{10}, hours{1}});
    source.limits.requests_per_second = pick<double>({0, 1, 5});
    source.limits.concurrency = pick<int>({1, 2, 4});
    source.limits.page_size = pick<int>({3, 10, 50, 500});
    source.limits.timeout = seconds{10};
    if (chance(0.3)) {
      source.since = begin - hours{static_cast<int>(random_.below(100))};
    }
    simulator::SimulatorOptions peer;
    describe_world(peer.world, source);
    describe_dialect(peer.dialect);
    plan_.stage.options.sources.push_back(std::move(source));
    plan_.stage.sources.push_back(std::move(peer));
  }

  void describe_world(simulator::WorldOptions& world, const SourceOptions& source) {
    world.seed = random_.next();
    world.users = 1 + static_cast<int>(random_.below(5));
    world.history = hours{random_.below(72)};
    world.messages_per_user_day = between(1, 60);
    world.arrivals_per_minute = between(0.005, 0.2);
    world.arrivals_stop_after = plan_.chaos;
    world.late_share = chance(0.5) ? between(0, 0.3) : 0;
    // Messages that become visible later than this are not promised.
    world.late_max = std::max<Milliseconds>(Milliseconds{1}, source.settle + source.lookback - seconds{5});
    world.burst = chance(0.3) ? static_cast<int>(random_.below(60)) : 0;
    world.odd_content = chance(0.1) && !crms_;
    world.mark = crms_ ? source.name : "";
  }

  void set(simulator::Dialect& dialect, const std::string& key, const std::string& value) {
    check(!apply(simulator::dialect_settings(), dialect, key, value), "a plan knows the dialects");
    plan_.traits.push_back(key + " " + value);
  }

  void describe_dialect(simulator::Dialect& dialect) {
    // Chooses one of the values in the table of the dialect.
    for (const auto& row : simulator::dialect_settings()) {
      static const std::vector<std::string> varied{
          "users_shape",       "conversations_shape", "user_id_field", "row_id_field",   "page_order",
          "rows_order",        "past_the_end",        "timestamp",     "media",          "start_inclusive",
          "end_inclusive",     "status_envelope",     "error_body",    "live_chat_rows", "retry_after",
          "failures_with_200", "delivery_status"};
      if (crms_ && row.key == "timestamp") {
        continue;  // The records of a CRM are compared with dates that everybody can read.
      }
      if (std::find(varied.begin(), varied.end(), row.key) == varied.end() || !chance(0.3)) {
        continue;
      }
      const std::vector<std::string> values = values_of(row.values);
      set(dialect, row.key, values[random_.below(values.size())]);
    }
    if (dialect.past_the_end == simulator::PastTheEnd::error_1004) {
      set(dialect, "error_body", "plain");  // Without its code this answer could mean any refusal.
    }
    set(dialect, "page_cap", pick<std::string>({"0", "2", "7", "100", "500"}));
    if (chance(0.2)) {
      set(dialect, "insert_between_pages", "1");
    }
    if (chance(0.3)) {
      set(dialect, "clock_skew_s", pick<std::string>({"-300", "-3", "2", "90"}));
    }
  }

  // "a, b, c" as in the tables; a switch has another form.
  static std::vector<std::string> values_of(const std::string& values) {
    if (values.find(", ") == std::string::npos) {
      return {"yes", "no"};
    }
    std::vector<std::string> parts;
    std::size_t from = 0;
    for (std::size_t comma = values.find(", "); comma != std::string::npos; comma = values.find(", ", from)) {
      parts.push_back(values.substr(from, comma - from));
      from = comma + 2;
    }
    parts.push_back(values.substr(from));
    return parts;
  }

  void add_sink(int index) {
    SinkOptions sink;
    if (crms_) {
      sink = crm_sink("sink-" + std::to_string(index));
    }
    sink.name = "sink-" + std::to_string(index);
    sink.batch.messages = pick<int>({1, 3, 20, 100});
    sink.batch.wait = pick<Milliseconds>({Milliseconds{0}, seconds{1}, seconds{30}});
    sink.concurrency = pick<int>({1, 2, 4});
    sink.timeout = seconds{10};
    sink.retry.first = pick<Milliseconds>({Milliseconds{10}, seconds{1}, seconds{10}});
    sink.retry.max = pick<Milliseconds>({seconds{30}, minutes{5}});
    sink.retry.give_up_after = Milliseconds{0};
    sink.dead_letters.pause_after = 1'000'000;
    simulator::CrmFaults crm;
    crm.results = chance(0.7);
    crm.messages_max = chance(0.2) ? 1 + static_cast<int>(random_.below(10)) : 0;
    plan_.stage.options.sinks.push_back(std::move(sink));
    plan_.stage.sinks.push_back(std::move(crm));
  }

  [[nodiscard]] Milliseconds longest_staleness() const {
    Milliseconds longest{0};
    for (const SourceOptions& source : plan_.stage.options.sources) {
      longest = std::max(longest, source.poll.max_staleness + source.settle + source.lookback);
    }
    return longest * 2;
  }

  // A sink with the preset of a CRM that can be simulated.
  SinkOptions crm_sink(const std::string& name) {
    const auto type = pick<std::string>({"hubspot", "salesforce", "zoho", "odoo"});
    const auto unit = pick<std::string>({"message", "day"});
    plan_.traits.push_back("crm " + type + ", a record for each " + unit);
    config::Loaded loaded = config::load_text(
        "sources:\n"
        "  - {name: any, base_url: https://api.example.com, customer_id: \"1\", bot_key: key, api_key: {file: absent},\n"
        "     audiences: [{attribute: any, value: any}]}\n"
        "sinks:\n"
        "  - {name: " +
            name + ", type: " + type + ", unit: " + unit + settings_of(type) + "}\n",
        "/etc/elitbuzz-sync/plan.yaml");
    check(loaded.options.has_value(), "a plan can write the configuration of a CRM");
    plan_.stage.designs.merge(loaded.designs);
    return loaded.options->sinks.front();
  }

  // What a sink needs besides; the simulated CRM has values of its own for it.
  static std::string settings_of(const std::string& type) {
    const std::string url = ", url: https://crm.example.com";
    if (type == "hubspot") {
      return url + ", secrets: {access_token: {file: absent}}";
    }
    if (type == "odoo") {
      return url + ", secrets: {api_key: {file: absent}}, settings: {database: ours, login: sync}";
    }
    return url + ", secrets: {client_id: {file: absent}, " +
           (type == "salesforce" ? "private_key: {file: absent}}, settings: {username: sync@example.com}"
                                 : "client_secret: {file: absent}, refresh_token: {file: absent}}");
  }

  Random random_;
  bool crms_ = false;  // the sinks have presets of CRMs
  std::uint64_t seed_;
  Plan plan_;
};

}  // namespace

Plan make_plan(std::uint64_t seed, int days) {
  return Planner(seed, days).make();
}

}  // namespace elit::sim
