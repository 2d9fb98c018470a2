#include "tests/sim/trouble.hpp"

#include <algorithm>
#include <utility>

namespace elit::sim {
namespace {

using daemon::Stage;
using simulator::User;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class Troublemaker {
 public:
  Troublemaker(Plan& plan, Random& random) : plan_(plan), random_(random) {}

  void add_all() {
    for (simulator::SimulatorOptions& source : plan_.stage.sources) {
      add_wire_faults(source.faults, "api");
    }
    for (simulator::CrmFaults& sink : plan_.stage.sinks) {
      add_wire_faults(sink, "crm");
      sink.html =
          0;  // An answer with 200 means that the messages are accepted: that is the contract of the generic sink.
      add_refusals(sink);
      add_slowness(sink);
    }
    add_weather();
    add_outages();
    add_poison();
    add_wrong_addresses();
    add_refusals_of_crms();
    add_deaths();
    add_disk_troubles();
    add_clock_troubles();
    add_rotations();
    add_roster_changes();
    add_bursts();
    add_row_changes();
    add_option_changes();
    std::stable_sort(plan_.incidents.begin(), plan_.incidents.end(),
                     [](const Incident& a, const Incident& b) { return a.at < b.at; });
  }

 private:
  [[nodiscard]] bool chance(double share) { return random_.fraction() < share; }
  template <class T>
  T pick(std::vector<T> values) {
    return values[random_.below(values.size())];
  }
  // Small shares are as likely as large ones.
  double share() { return pick<double>({0.002, 0.01, 0.05, 0.2}); }
  Milliseconds some_time() {
    return Milliseconds{static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(plan_.chaos.count())))};
  }
  Milliseconds some_length() { return pick<Milliseconds>({seconds{20}, minutes{5}, hours{1}, hours{7}, hours{30}}); }
  std::size_t some_source() { return random_.below(plan_.stage.sources.size()); }
  std::size_t some_sink() { return random_.below(plan_.stage.sinks.size()); }

  [[nodiscard]] bool has_crms() const {
    return std::any_of(plan_.stage.options.sinks.begin(), plan_.stage.options.sinks.end(),
                       [](const SinkOptions& sink) { return !sink.crm.empty(); });
  }

  void at(Milliseconds when, std::string what, std::function<void(Stage&)> act) {
    plan_.incidents.push_back({std::min(when, plan_.chaos), std::move(what), std::move(act)});
  }
  // Begins at a random time and has a random length.
  void during(const std::string& what, const std::function<void(Stage&)>& begin,
              const std::function<void(Stage&)>& end) {
    const Milliseconds from = some_time();
    at(from, what, begin);
    at(from + some_length(), what + " is over", end);
  }
  // A few times, if the plan has this kind of fault.
  int times(double probability, int per_ten_days) {
    if (!chance(probability)) {
      return 0;
    }
    const double mean = static_cast<double>(plan_.chaos / hours{24}) * per_ten_days / 10.0;
    return 1 + static_cast<int>(random_.fraction() * 2 * mean);
  }

  void add_wire_faults(simulator::WireFaults& faults, const std::string& peer) {
    const std::vector<std::pair<const char*, double simulator::WireFaults::*>> kinds{
        {"server errors", &simulator::WireFaults::server_errors},
        {"throttled", &simulator::WireFaults::throttled},
        {"resets", &simulator::WireFaults::resets},
        {"lost answers", &simulator::WireFaults::lost_answers},
        {"truncated", &simulator::WireFaults::truncated},
        {"hangs", &simulator::WireFaults::hangs},
        {"slow", &simulator::WireFaults::slow},
        {"garbage", &simulator::WireFaults::garbage},
        {"broken json", &simulator::WireFaults::broken_json},
        {"html", &simulator::WireFaults::html},
        {"drip", &simulator::WireFaults::drip}};
    double left = 0.6;
    for (const auto& [name, member] : kinds) {
      if (chance(0.2)) {
        const double part = std::min(share(), left);
        faults.*member = part;
        left -= part;
        plan_.traits.push_back(peer + " " + name);
      }
    }
    faults.slow_s = pick<double>({0.5, 8, 15});
    faults.retry_after_s = pick<int>({0, 1, 60});
    faults.retry_after_date = chance(0.3);
  }

  void add_refusals(simulator::CrmFaults& crm) {
    if (crm.results && chance(0.3)) {
      crm.rejected = share();
      crm.rejected_retryable = true;
      crm.rejected_times = 1 + static_cast<int>(random_.below(4));
      plan_.traits.emplace_back("crm refuses some messages for a while");
    }
    // Where each user waits behind such a message, nothing shows that the receiver takes others.
    if (chance(0.15) && users_of_each_source() >= 3) {
      crm.poison = pick<double>({0.003, 0.03});
      crm.poison_status = pick<int>({400, 422});
      plan_.traits.push_back("crm refuses some messages for good (" + std::to_string(crm.poison_status) + ")");
    }
  }

  [[nodiscard]] int users_of_each_source() const {
    const auto& sources = plan_.stage.sources;
    return std::min_element(sources.begin(), sources.end(),
                            [](const auto& one, const auto& other) { return one.world.users < other.world.users; })
        ->world.users;
  }

  void add_slowness(simulator::CrmFaults& crm) {
    if (chance(0.15)) {
      crm.message_s = pick<double>({0.04, 0.3, 1.5});
      plan_.traits.push_back("crm needs " + std::to_string(static_cast<int>(crm.message_s * 1000)) +
                             " ms for each message");
    }
  }

  void add_weather() {
    for (int i = times(0.4, 10); i > 0; --i) {
      const daemon::NetworkConditions bad{.latency_min = Milliseconds{pick<int>({0, 5, 800})},
                                          .latency_max = Milliseconds{pick<int>({900, 3000, 9000})},
                                          .refused = pick<double>({0, 0.1, 1}),
                                          .lost_requests = pick<double>({0, 0.02, 0.3}),
                                          .late_requests = pick<double>({0, 0.02, 0.3})};
      during(
          bad.late_requests > 0 ? "bad weather, some requests come late" : "bad weather",
          [bad](Stage& stage) { stage.network().conditions() = bad; },
          [](Stage& stage) { stage.network().conditions() = {}; });
    }
  }

  void add_outages() {
    for (int i = times(0.4, 8); i > 0; --i) {
      const std::size_t source = some_source();
      during(
          "api down", [source](Stage& stage) { stage.source(source).faults().down.on = true; },
          [source](Stage& stage) { stage.source(source).faults().down.on = false; });
    }
    for (int i = times(0.4, 8); i > 0; --i) {
      const std::size_t sink = some_sink();
      during(
          "crm down", [sink](Stage& stage) { stage.wire_of_sink(sink).down.on = true; },
          [sink](Stage& stage) { stage.wire_of_sink(sink).down.on = false; });
    }
  }

  // The receiver fails each request that holds a message of one user.
  void add_poison() {
    for (int i = has_crms() ? 0 : times(0.3, 5); i > 0; --i) {
      const std::size_t source = some_source();
      const std::size_t sink = some_sink();
      const std::uint64_t which = random_.next();
      const int status = plan_.stage.sinks[sink].poison_status;
      during(
          "crm answers 500 to what holds messages of a user",
          [=](Stage& stage) {
            const std::vector<User>& users = stage.source(source).world().users();
            stage.sink(sink).faults().poison_user = users[which % users.size()].id;
            stage.sink(sink).faults().poison_status = 500;
          },
          [=](Stage& stage) {
            stage.sink(sink).faults().poison_user.clear();
            stage.sink(sink).faults().poison_status = status;
          });
    }
  }

  void add_wrong_addresses() {
    for (int i = times(0.3, 5); i > 0; --i) {
      const std::size_t sink = some_sink();
      const int status = pick<int>({404, 405, 410, 501});
      during(
          "crm answers " + std::to_string(status) + " to everything",
          [sink, status](Stage& stage) {
            stage.wire_of_sink(sink).wrong_address.on = true;
            stage.wire_of_sink(sink).wrong_address_status = status;
          },
          [sink](Stage& stage) { stage.wire_of_sink(sink).wrong_address.on = false; });
    }
  }

  void add_deaths() {
    for (int i = times(0.5, 20); i > 0; --i) {
      const std::uint64_t steps = random_.below(pick<std::uint64_t>({3, 30, 300}));
      at(some_time(), "killed after " + std::to_string(steps) + " steps",
         [steps](Stage& stage) { stage.host().kill_after(steps); });
    }
    for (int i = times(0.3, 10); i > 0; --i) {
      const std::uint64_t operations = random_.below(pick<std::uint64_t>({3, 30, 300}));
      at(some_time(), "killed after " + std::to_string(operations) + " operations on the disk",
         [operations](Stage& stage) { stage.disk().die_after(operations); });
    }
    for (int i = times(0.3, 10); i > 0; --i) {
      at(some_time(), "power lost", [](Stage& stage) { stage.lose_power(); });
    }
    for (int i = times(0.3, 10); i > 0; --i) {
      at(some_time(), "restarted", [](Stage& stage) { stage.restart(); });
    }
  }

  void add_disk_troubles() {
    for (int i = times(0.2, 5); i > 0; --i) {
      const std::uint64_t room = random_.below(200'000);
      const Milliseconds from = some_time();
      at(from, "disk nearly full",
         [room](Stage& stage) { stage.disk().set_capacity(stage.disk().used_bytes() + room); });
      at(from + pick<Milliseconds>({seconds{20}, minutes{20}}), "disk has room",
         [](Stage& stage) { stage.disk().set_capacity(0); });
    }
    for (int i = times(0.2, 10); i > 0; --i) {
      const std::uint64_t operations = random_.below(300);
      const auto fault =
          pick<storage::MemoryDisk::Fault>({storage::MemoryDisk::Fault::io_error, storage::MemoryDisk::Fault::full,
                                            storage::MemoryDisk::Fault::short_transfer});
      at(some_time(), "disk error after " + std::to_string(operations) + " operations",
         [operations, fault](Stage& stage) { stage.disk().fail_once(operations, fault); });
    }
  }

  void add_clock_troubles() {
    // If our clock and the source's are both ahead of the truth, the daemon cannot know which messages are missing.
    if (std::any_of(plan_.stage.sources.begin(), plan_.stage.sources.end(),
                    [](const simulator::SimulatorOptions& source) { return source.dialect.clock_skew_s > 0; })) {
      return;
    }
    for (int i = times(0.3, 6); i > 0; --i) {
      const auto error = pick<Milliseconds>(
          {seconds{2}, -seconds{2}, minutes{7}, -minutes{7}, hours{24}, -hours{24}, hours{24 * 365}, -hours{24 * 365}});
      during(
          "clock wrong by " + std::to_string(error / seconds{1}) + " s",
          [error](Stage& stage) { stage.time().set_clock_error(error); },
          [](Stage& stage) { stage.time().set_clock_error(Milliseconds{0}); });
    }
  }

  void add_rotations() {
    for (int i = times(0.3, 4); i > 0; --i) {
      const std::size_t source = some_source();
      const std::string key = "key-" + std::to_string(random_.next());
      const std::string name = "source " + plan_.stage.options.sources[source].name;
      const bool told = chance(0.5);
      const Milliseconds from = some_time();
      at(from, "api key revoked", [source, key](Stage& stage) { stage.source(source).faults().api_key = key; });
      at(from + some_length(), "new api key on the host", [source, name, told](Stage& stage) {
        stage.set_secret(name, stage.source(source).api().account().api_key);
        if (told) {
          stage.host().reload_secrets();
        }
      });
    }
    for (int i = times(0.3, 4); i > 0; --i) {
      const std::size_t sink = some_sink();
      const std::string token = "token-" + std::to_string(random_.next());
      const std::string name = "sink " + plan_.stage.options.sinks[sink].name;
      const Milliseconds from = some_time();
      at(from, "crm token revoked", [sink, token](Stage& stage) { stage.sink(sink).faults().authorization = token; });
      at(from + some_length(), "new crm token on the host", [sink, name](Stage& stage) {
        const std::string& current = stage.sink(sink).faults().authorization;
        if (!current.empty()) {
          stage.set_secret(name, current);
        }
      });
    }
  }

  void add_roster_changes() {
    for (int i = times(0.4, 10); i > 0; --i) {
      const std::size_t source = some_source();
      const std::uint64_t which = random_.next();
      const auto attribute = pick<std::string>({"followed", "also"});
      const auto set = [source, which, attribute](const std::string& value) {
        return [source, which, attribute, value](Stage& stage) {
          std::vector<User>& users = stage.source(source).world().users();
          set_attribute(users[which % users.size()], attribute, value);
        };
      };
      during("a user stops matching " + attribute, set("no"), set("yes"));
    }
    for (int i = times(0.3, 6); i > 0; --i) {
      const std::size_t source = some_source();
      const auto share = pick<double>({0.3, 1});
      during(
          "list shrunk", [source, share](Stage& stage) { stage.source(source).faults().users_shrunk = share; },
          [source](Stage& stage) { stage.source(source).faults().users_shrunk = 0; });
    }
    for (int i = times(0.3, 6); i > 0; --i) {
      const std::size_t source = some_source();
      const std::uint64_t which = random_.next();
      const int status = pick<int>({400, 500});
      during(
          "a user fails",
          [source, which, status](Stage& stage) {
            std::vector<User>& users = stage.source(source).world().users();
            stage.source(source).faults().bad_user = users[which % users.size()].id;
            stage.source(source).faults().bad_user_status = status;
          },
          [source](Stage& stage) { stage.source(source).faults().bad_user.clear(); });
    }
  }

  // Many messages in one millisecond, now.
  void add_bursts() {
    for (int i = times(0.3, 4); i > 0; --i) {
      const std::size_t source = some_source();
      const std::uint64_t which = random_.next();
      // More equal messages than fill a page or two look the same as a last page that is sent again and again.
      const bool equal = chance(0.3);
      const std::uint64_t messages = 2 + random_.below(equal ? 4 : 80);
      at(some_time(), std::to_string(messages) + " messages at once", [=](Stage& stage) {
        simulator::World& world = stage.source(source).world();
        User& user = world.users()[which % world.users().size()];
        const Instant now = stage.time().truth();
        for (std::uint64_t k = 0; k < messages; ++k) {
          world.add_message(user, now, now, equal ? "equal" : "message " + std::to_string(k));
        }
      });
    }
  }

  // What a CRM with a preset refuses in its own way, for a time.
  void add_refusals_of_crms() {
    using Faults = simulator::SimulatedCrmFaults;
    struct Kind {
      const char* what;
      simulator::Toggle Faults::*toggle;
    };
    for (int i = has_crms() ? times(0.6, 8) : 0; i > 0; --i) {
      const std::size_t sink = some_sink();
      const Kind kind = pick<Kind>({{"crm locks its records", &Faults::locked},
                                    {"crm revokes its tokens", &Faults::tokens_revoked},
                                    {"crm takes the rights away", &Faults::forbidden},
                                    {"crm's calls of the day are used up", &Faults::quota_spent}});
      const auto turn = [sink, kind](bool on) {
        return [sink, kind, on](Stage& stage) { (stage.crm(sink)->faults().*kind.toggle).on = on; };
      };
      during(kind.what, turn(true), turn(false));
    }
  }

  // A row differs from what was read before. Its change is promised to be found as long as a late message is.
  void add_row_changes() {
    for (int i = times(0.3, 40); i > 0; --i) {
      const std::size_t source = some_source();
      const std::uint64_t which = random_.next();
      const Milliseconds age_max = plan_.stage.sources[source].world.late_max;
      // Rows without a time that can be read are told apart by all they hold, so a file would make another one of them.
      const simulator::TimestampForm form = plan_.stage.sources[source].dialect.timestamp;
      const bool readable =
          form != simulator::TimestampForm::unreadable && form != simulator::TimestampForm::sometimes_unreadable;
      const bool file = readable && (has_crms() || chance(0.4));
      if (has_crms() && !file) {
        continue;
      }
      at(some_time(), file ? "a file comes late" : "a text changes", [=](Stage& stage) {
        simulator::World& world = stage.source(source).world();
        const Instant now = stage.time().truth();
        world.advance(now);
        User& user = world.users()[which % world.users().size()];
        simulator::Message* message = simulator::World::newest(user, now, age_max);
        if (message == nullptr) {
          return;
        }
        if (file) {
          attach_file(*message);
        } else {
          change_text(*message, "changed " + std::to_string(which), now);
        }
      });
    }
  }

  // The operator changes sizes and limits and restarts: work that was begun with the old ones continues.
  void add_option_changes() {
    for (int i = times(0.3, 6); i > 0; --i) {
      const int page_size = pick<int>({3, 10, 50, 500});
      const int batch = pick<int>({1, 3, 20, 100});
      const int concurrency = pick<int>({1, 2, 4});
      at(some_time(), "options changed", [page_size, batch, concurrency](Stage& stage) {
        Options options = stage.options();
        for (SourceOptions& source : options.sources) {
          source.limits.page_size = page_size;
          source.limits.concurrency = concurrency;
        }
        for (SinkOptions& sink : options.sinks) {
          sink.batch.messages = batch;
          sink.concurrency = concurrency;
        }
        stage.change_options(options);
      });
    }
  }

  static void set_attribute(User& user, const std::string& name, const std::string& value) {
    std::erase_if(user.attributes, [&](const auto& attribute) { return attribute.first == name; });
    user.attributes.emplace_back(name, value);
  }

  Plan& plan_;
  Random& random_;
};

}  // namespace

void add_trouble(Plan& plan, Random& random) {
  Troublemaker(plan, random).add_all();
}

void heal(Stage& stage) {
  stage.network().conditions() = {};
  stage.time().set_clock_error(Milliseconds{0});
  stage.disk().set_capacity(0);
  stage.disk().withdraw_fault();  // The daemon may never reach it, and the oracle reads the same disk.
  for (std::size_t i = 0; i < stage.sources(); ++i) {
    simulator::Simulator& source = stage.source(i);
    const std::string key = source.faults().api_key;
    source.faults() = {};
    source.faults().api_key = key;
    stage.set_secret("source " + stage.options().sources[i].name, source.api().account().api_key);
    if (!key.empty()) {
      stage.set_secret("source " + stage.options().sources[i].name, key);
    }
    for (User& user : source.world().users()) {
      std::erase_if(user.attributes, [](const auto& attribute) { return attribute.first == "followed"; });
      user.attributes.emplace_back("followed", "yes");
    }
  }
  for (std::size_t i = 0; i < stage.sinks(); ++i) {
    stage.wire_of_sink(i) = {};
    if (daemon::StagedCrm* crm = stage.crm(i)) {
      crm->faults() = {};
    }
    simulator::CrmFaults& faults = stage.sink(i).faults();
    simulator::CrmFaults sound;
    sound.results = faults.results;
    sound.poison = faults.poison;
    sound.poison_status = faults.poison_status;
    sound.messages_max = faults.messages_max;
    sound.authorization = faults.authorization;
    faults = sound;
    if (!faults.authorization.empty()) {
      stage.set_secret("sink " + stage.options().sinks[i].name, faults.authorization);
    }
  }
}

}  // namespace elit::sim
