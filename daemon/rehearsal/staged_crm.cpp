#include "daemon/rehearsal/staged_crm.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <charconv>

#include "core/check.hpp"
#include "core/crm/sink_design.hpp"
#include "core/simulator/content.hpp"
#include "core/simulator/timestamp_form.hpp"

namespace elit::daemon {
namespace {

namespace json = boost::json;
using Mark = std::pair<std::string, std::uint64_t>;

// The simulated CRM for the sink's preset; null: there is none.
std::unique_ptr<simulator::SimulatedCrm> simulated_for(const SinkOptions& sink) {
  const std::string name = sink.crm == "odoo-json2" ? "odoo" : sink.crm;
  for (std::unique_ptr<simulator::SimulatedCrm>& crm : simulator::all_crms()) {
    if (crm->name() == name) {
      return std::move(crm);
    }
  }
  return nullptr;
}

bool is_staged(const crm::Credential& credential) {
  return std::none_of(credential.secrets.begin(), credential.secrets.end(),
                      [](const std::string& name) { return staged_secret(name).empty(); });
}

// The sink's own credential if the simulated CRM knows it, otherwise the first one that it knows.
std::size_t staged_credential(const crm::SinkDesign& design) {
  const auto& all = design.preset.credentials;
  const auto known = std::find_if(all.begin(), all.end(), is_staged);
  check(known != all.end(), "a simulated CRM knows a credential of its preset");
  return is_staged(design.credential()) ? design.credential_index : static_cast<std::size_t>(known - all.begin());
}

void stage_settings(crm::SinkDesign& design) {
  const std::map<std::string, std::string> samples{{"database", std::string(simulator::vendor_database)},
                                                   {"login", std::string(simulator::vendor_login)},
                                                   {"accounts", design.base_url}};
  design.config["url"] = design.base_url;
  for (const crm::Setting& setting : design.preset.settings) {
    const auto sample = samples.find(setting.name);
    if (sample != samples.end()) {
      design.config[setting.name] = sample->second;
    } else if (setting.choices.empty() && setting.value) {
      design.config[setting.name] = *setting.value;
    }
  }
}

// Calls `take` with each text in the value, at any depth.
template <class Take>
void each_text(const json::value& value, const Take& take) {
  if (const json::string* text = value.if_string()) {
    take(std::string_view(text->data(), text->size()));
  } else if (const json::array* list = value.if_array()) {
    for (const json::value& element : *list) {
      each_text(element, take);
    }
  } else if (const json::object* object = value.if_object()) {
    for (const auto& member : *object) {
      each_text(member.value(), take);
    }
  }
}

// The marks in a text: `(WORLD#NUMBER)`.
void find_marks(std::string_view text, std::set<Mark>& marks) {
  for (std::size_t hash = text.find('#'); hash != std::string_view::npos; hash = text.find('#', hash + 1)) {
    const std::size_t open = text.rfind('(', hash);
    if (open == std::string_view::npos) {
      continue;
    }
    std::uint64_t number = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + hash + 1, end, number);
    if (read.ec == std::errc() && read.ptr != end && *read.ptr == ')') {
      marks.insert({std::string(text.substr(open + 1, hash - open - 1)), number});
    }
  }
}

}  // namespace

StagedCrm::StagedCrm(const SinkOptions& sink, std::string base_url, Instant start, std::uint64_t seed)
    : base_url_(std::move(base_url)), start_(start), peer_(simulated_for(sink), seed) {
  prefix_ = "/crm/" + std::string(peer_.vendor().name());
}

simulator::Reply StagedCrm::answer(const HttpRequest& request, Instant now) {
  check(request.target.starts_with(prefix_), "a rehearsed sink keeps to the address of its CRM");
  HttpRequest arrived = request;
  arrived.target.erase(0, prefix_.size());
  simulator::Reply reply = peer_.answer(arrived, {now, now - start_, base_url_ + prefix_});
  look(now);
  return reply;
}

void StagedCrm::look(Instant now) {
  const std::vector<simulator::CrmRecord>& records = peer_.vendor().records();
  seen_.resize(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    const simulator::CrmRecord& record = records[i];
    Seen& seen = seen_[i];
    if (seen.writes == record.writes) {
      continue;
    }
    seen.writes = record.writes;
    seen.marks.clear();
    for (const auto& property : record.properties) {
      each_text(property.value(), [&seen](std::string_view text) { find_marks(text, seen.marks); });
    }
    for (const Mark& mark : seen.marks) {
      first_.insert({mark, now});
    }
  }
}

std::vector<simulator::Received> StagedCrm::received(const simulator::World& world, const std::string& source) const {
  std::map<std::uint64_t, int> held;  // records with it, by the number of the message
  for (const Seen& seen : seen_) {
    for (const auto& [mark, number] : seen.marks) {
      held[number] += mark == world.options().mark ? 1 : 0;
    }
  }
  std::vector<simulator::Received> all;
  for (const simulator::User& user : world.users()) {
    for (const simulator::Message& message : user.messages) {
      simulator::Received one;
      one.source = source;
      one.user_id = user.id;
      one.timestamp = simulator::iso_text(message.instant);
      one.type = message.type;
      one.content = simulator::comparable_content(message.text);
      for (int count = held[message.number]; count > 0; --count) {
        one.arrived = first_.at({world.options().mark, message.number});
        all.push_back(one);
      }
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.arrived < b.arrived; });
  return all;
}

bool is_simulated(const SinkOptions& sink) {
  return simulated_for(sink) != nullptr;
}

crm::SinkDesign stage_crm_sink(SinkOptions& sink, crm::SinkDesign design, const std::string& base_url) {
  const std::unique_ptr<simulator::SimulatedCrm> simulated = simulated_for(sink);
  check(simulated != nullptr, "a sink is staged for which a CRM is simulated");
  design.base_url = base_url + "/crm/" + std::string(simulated->name());
  design.credential_index = staged_credential(design);
  stage_settings(design);
  std::erase_if(design.fields, [&preset = design.preset](const crm::FieldMapping& field) {
    return !preset.fields.contains(field.field);
  });
  sink.url = design.base_url;
  sink.secrets.clear();
  for (const std::string& name : design.credential().secrets) {
    sink.secrets[name] = {SecretReference::Kind::file, "sink " + sink.name + ' ' + name};
  }
  sink.transport = {};
  sink.transport.insecure_http = true;
  return design;
}

std::string staged_secret(const std::string& name) {
  if (name == "access_token" || name == "api_key") {
    return std::string(simulator::vendor_api_key);
  }
  return std::string(name == "client_id"       ? simulator::vendor_client_id
                     : name == "client_secret" ? simulator::vendor_client_secret
                     : name == "refresh_token" ? simulator::vendor_refresh_token
                                               : std::string_view());
}

}  // namespace elit::daemon
