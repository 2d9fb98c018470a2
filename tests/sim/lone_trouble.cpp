#include "tests/sim/lone_trouble.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace elit::sim {
namespace {

using daemon::Stage;
using std::chrono::hours;

// The source, or the sink, or both, that have the fault.
constexpr std::size_t sick = 0;

struct Fault {
  std::string name;
  std::function<void(Stage&)> begin;
};

const std::string& sick_user(Stage& stage) {
  return stage.source(sick).world().users().front().id;
}

// A fault of the wire has another share for each source or sink that has it.
template <class Faults>
std::vector<std::pair<std::string, std::function<void(Faults&)>>> wire_faults() {
  return {{"503 to everything", [](Faults& faults) { faults.down.on = true; }},
          {"401 to everything", [](Faults& faults) { faults.unauthorized.on = true; }},
          {"404 to everything", [](Faults& faults) { faults.wrong_address.on = true; }},
          {"429 to everything", [](Faults& faults) { faults.throttled = 1; }},
          {"500 to everything", [](Faults& faults) { faults.server_errors = 1; }},
          {"no answer to anything", [](Faults& faults) { faults.hangs = 1; }},
          {"a reset of each connection", [](Faults& faults) { faults.resets = 1; }},
          {"a loss of each answer", [](Faults& faults) { faults.lost_answers = 1; }},
          {"half of each body", [](Faults& faults) { faults.truncated = 1; }}};
}

std::vector<Fault> faults_of_source() {
  std::vector<Fault> faults;
  for (auto& [name, change] : wire_faults<simulator::ApiFaults>()) {
    faults.push_back({name, [change = change](Stage& stage) { change(stage.source(sick).faults()); }});
  }
  return faults;
}

std::vector<Fault> faults_of_sink() {
  std::vector<Fault> faults;
  for (auto& [name, change] : wire_faults<simulator::WireFaults>()) {
    faults.push_back({name, [change = change](Stage& stage) { change(stage.wire_of_sink(sick)); }});
  }
  return faults;
}

std::vector<Fault> faults_of_user() {
  std::vector<Fault> faults;
  for (const int status : {400, 500}) {
    faults.push_back({std::to_string(status), [status](Stage& stage) {
                        stage.source(sick).faults().bad_user = sick_user(stage);
                        stage.source(sick).faults().bad_user_status = status;
                      }});
  }
  return faults;
}

std::vector<Fault> faults_of_messages() {
  return {{"500 to their requests",
           [](Stage& stage) {
             stage.sink(sick).faults().poison_user = sick_user(stage);
             stage.sink(sick).faults().poison_status = 500;
           }},
          {"an error for now", [](Stage& stage) {
             stage.sink(sick).faults().rejected_user = sick_user(stage);
             stage.sink(sick).faults().rejected_retryable = true;
           }}};
}

struct Kind {
  std::string name;
  std::vector<Fault> faults;
  Concern concern;
};

std::vector<Kind> kinds() {
  const auto of_user = [](Stage& stage, std::size_t source, const std::string& user) {
    return source == sick && user == sick_user(stage);
  };
  return {
      {"one source gives ", faults_of_source(),
       [](Stage&, std::size_t source, std::size_t, const std::string&) { return source == sick; }},
      {"one sink gives ", faults_of_sink(),
       [](Stage&, std::size_t, std::size_t sink, const std::string&) { return sink == sick; }},
      {"one user is answered ", faults_of_user(),
       [of_user](Stage& stage, std::size_t source, std::size_t, const std::string& user) {
         return of_user(stage, source, user);
       }},
      {"one user's messages get ", faults_of_messages(),
       [of_user](Stage& stage, std::size_t source, std::size_t sink, const std::string& user) {
         return sink == sick && of_user(stage, source, user);
       }},
  };
}

}  // namespace

void add_lone_trouble(Plan& plan, Random& random) {
  const std::vector<Kind> all = kinds();
  const Kind& kind = all[random.below(all.size())];
  const Fault& fault = kind.faults[random.below(kind.faults.size())];
  const Milliseconds from{
      static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>((plan.chaos / 2).count())))};
  plan.traits.push_back("all is well, but " + kind.name + fault.name);
  plan.concern = kind.concern;
  plan.incidents.push_back({from, kind.name + fault.name, fault.begin});
}

}  // namespace elit::sim
