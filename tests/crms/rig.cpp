#include "tests/crms/rig.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "config/presets/preset_reader.hpp"
#include "core/simulator/crms/crm_peer.hpp"
#include "core/text/time_text.hpp"
#include "tests/crms/presets/small_crms.hpp"

namespace elit::crm::rig {
namespace {

namespace json = boost::json;

constexpr const char* host = "http://crm.test";
constexpr Instant start = from_ms(1'769'850'000'000);  // 2026-01-31T09:00:00Z
constexpr int requests_max = 20'000;                   // of one attempt

std::string prefix_of(const simulator::SimulatedCrm& vendor) {
  return "/crm/" + std::string(vendor.name());
}

// A text that is one placeholder gets the filter `string`, as the configuration does it for such presets.
std::string as_text(const std::string& text) {
  const bool lone = text.starts_with("${") && text.ends_with("}") && text.find("${", 2) == std::string::npos;
  return lone ? text.substr(0, text.size() - 1) + " | string}" : text;
}

SinkDesign make_design(const SinkSetup& setup, const std::string& base_url) {
  SinkDesign design;
  config::PresetRead read = config::read_shipped_preset(setup.preset);
  if (!read.preset) {
    throw std::runtime_error(setup.preset + ": " + to_string(read.mistakes.front()));
  }
  design.preset = *std::move(read.preset);
  design.base_url = base_url;
  design.config["url"] = base_url;
  for (const Setting& setting : design.preset.settings) {
    const auto given = setup.settings.find(setting.name);
    if (given == setup.settings.end() && !setting.value) {
      throw std::runtime_error(setup.preset + " needs the setting " + setting.name);
    }
    design.config[setting.name] = given == setup.settings.end() ? *setting.value : given->second;
  }
  const auto& ways = design.preset.credentials;
  while (!setup.credential.empty() && ways.at(design.credential_index).name != setup.credential) {
    ++design.credential_index;
  }
  std::map<std::string, FieldMapping> fields = setup.fields;
  for (const auto& [name, text] : design.preset.fields) {
    const std::string written = design.preset.fields_as_text ? as_text(text) : text;
    fields.insert({name, FieldMapping{name, Text::parse(written).value(), false}});
  }
  for (const auto& [name, field] : fields) {
    design.fields.push_back(field);
  }
  design.adopt = setup.adopt;
  design.work.unit = setup.unit;
  design.work.text = design.preset.text;
  if (setup.text_limit > 0) {
    design.work.text.limit = setup.text_limit;
  }
  return design;
}

Failure lost() {
  Failure failure;
  failure.kind = FailureKind::transient;
  failure.detail = "the connection was lost";
  failure.answer_lost = true;
  return failure;
}

// The setups that the small CRMs accept. False: it is none of theirs.
bool small_setup(SinkSetup& setup) {
  struct Given {
    std::map<std::string, std::string> settings;
    std::map<std::string, std::string> secrets;
  };
  static const std::map<std::string, Given> all{
      {"dynamics",
       {{{"organization", "contoso.crm.dynamics.com"},
         {"tenant", "directory"},
         {"login", "http://crm.test/crm/dynamics"}},
        {{"client_id", "c1"}, {"client_secret", "s3cret"}}}},
      {"pipedrive",
       {{{"company", "mycompany"}, {"contact_field", "f1e1d"}, {"dates", "own"}}, {{"api_token", "s3cret"}}}},
      {"freshsales", {{{"bundle", "mycompany"}}, {{"api_key", "s3cret"}}}},
      {"suitecrm", {{}, {{"client_id", "c1"}, {"client_secret", "s3cret"}}}},
      {"chatwoot", {{{"account", "3"}, {"inbox", "7"}}, {{"access_token", "s3cret"}}}},
      {"twenty", {{}, {{"api_key", "s3cret"}}}}};
  const auto found = all.find(setup.preset);
  if (found == all.end()) {
    return false;
  }
  setup.settings = found->second.settings;
  setup.secrets = found->second.secrets;
  return true;
}

bool goes_again(const MessageAnswer& answer) {
  return answer.verdict != Verdict::delivered && answer.verdict != Verdict::rejected;
}

}  // namespace

SinkSetup setup_of(const std::string& preset, DeliveryUnit unit) {
  using namespace simulator;
  SinkSetup setup;
  setup.preset = preset;
  setup.unit = unit;
  if (preset == "hubspot") {
    setup.secrets = {{"access_token", std::string(vendor_api_key)}};
  } else if (preset == "odoo" || preset == "odoo-json2") {
    setup.secrets = {{"api_key", std::string(vendor_api_key)}};
    setup.settings = {{"database", std::string(vendor_database)}};
    if (preset == "odoo") {
      setup.settings["login"] = vendor_login;
    }
  } else if (preset == "espocrm") {
    setup.secrets = {{"api_key", std::string(vendor_api_key)}};
  } else if (small_setup(setup)) {
    return setup;
  } else {
    setup.secrets = {{"client_id", std::string(vendor_client_id)},
                     {"client_secret", std::string(vendor_client_secret)},
                     {"refresh_token", std::string(vendor_refresh_token)}};
  }
  if (preset == "zoho") {
    setup.settings["accounts"] = std::string(host) + "/crm/zoho";
  }
  return setup;
}

std::unique_ptr<simulator::SimulatedCrm> vendor_for(const std::string& preset) {
  for (std::unique_ptr<simulator::SimulatedCrm>& vendor : simulator::all_crms()) {
    if (preset.starts_with(vendor->name())) {
      return std::move(vendor);
    }
  }
  return small_crm(preset);
}

Rig::Rig(const SinkSetup& setup, std::unique_ptr<simulator::SimulatedCrm> vendor)
    : design_(make_design(setup, host + prefix_of(*vendor))), vendor_(std::move(vendor)) {
  for (const auto& [name, value] : setup.secrets) {
    secrets_[name] = value;
  }
  keeper_ = std::make_unique<TokenKeeper>(design_);
}

Instant Rig::now() const {
  return start + elapsed_;
}

CredentialValues Rig::values() const {
  return {secrets_, keeper_->values()};
}

Result<HttpResponse> Rig::pass(const CrmRequest& request) {
  sent_.push_back(request);
  const Wire fate = wire ? wire(request, static_cast<int>(sent_.size())) : Wire::whole;
  const std::string prefix = prefix_of(*vendor_);
  if (request.base_url != host || !request.request.target.starts_with(prefix)) {
    throw std::runtime_error("a request went to " + request.base_url + request.request.target);
  }
  if (fate == Wire::lost_before) {
    return lost();
  }
  if (fate == Wire::late) {
    late_.push_back({request.request, elapsed_ + late_by});
    return lost();
  }
  if (std::optional<HttpResponse> canned = instead ? instead(request) : std::nullopt) {
    return *std::move(canned);
  }
  HttpResponse answer = arrive(request.request, elapsed_);
  if (fate == Wire::lost_answer) {
    return lost();
  }
  elapsed_ += vendor_->answer_delay();
  return answer;
}

HttpResponse Rig::arrive(const HttpRequest& request, Milliseconds elapsed) {
  const std::string prefix = prefix_of(*vendor_);
  HttpRequest arrived = request;
  arrived.target.erase(0, prefix.size());
  simulator::CrmCall call;
  call.now = start + elapsed;
  call.elapsed = elapsed;
  call.base_url = host + prefix;
  return vendor_->answer(arrived, call);
}

void Rig::carry_out_late() {
  const std::vector<LateRequest> waiting = std::exchange(late_, {});
  for (const LateRequest& each : waiting) {
    if (each.due <= elapsed_) {
      static_cast<void>(arrive(each.request, each.due));
    } else {
      late_.push_back(each);
    }
  }
}

// False: there is no token, and the exchange was told.
bool Rig::take_token(Exchange& exchange) {
  if (!keeper_->needed() || keeper_->is_fresh(now())) {
    return true;
  }
  const Result<CrmRequest> request = keeper_->request(secrets_, now());
  if (!request) {
    exchange.give_up(Verdict::misconfigured, request.error().detail, std::nullopt);
    return false;
  }
  const Result<HttpResponse> answer = pass(*request);
  const TokenKeeper::Outcome outcome =
      answer ? keeper_->on_answer(*answer, secrets_, now()) : keeper_->on_failure(answer.error());
  if (outcome.trouble) {
    exchange.give_up(*outcome.trouble, outcome.detail, outcome.wait);
    return false;
  }
  kept_token_ = outcome.to_keep;
  keeper_->kept();
  return true;
}

void Rig::carry_out(Exchange& exchange) {
  bool renewed = false;
  for (int turns = 0; turns < requests_max; ++turns) {
    if (!take_token(exchange)) {
      return;
    }
    const std::optional<CrmRequest> request = exchange.next(values());
    if (!request) {
      return;
    }
    const Result<HttpResponse> answer = pass(*request);
    if (!answer) {
      exchange.on_failure(answer.error());
    } else if (exchange.on_answer(parse(*answer), now())) {
      keeper_->accepted(keeper_->version());
    } else if (keeper_->may_renew() && !std::exchange(renewed, true)) {
      keeper_->refused(keeper_->version());
    } else {
      exchange.refuse_credential("the credential was refused");
    }
  }
  throw std::runtime_error("an attempt does not come to an end");
}

ExchangeResult Rig::attempt(const std::vector<OutgoingMessage>& batch, bool unsure) {
  Exchange::Task task;
  task.work = make_work(design_.work, batch,
                        design_.work.unit == DeliveryUnit::day ? delivered_ : std::vector<OutgoingMessage>{});
  task.known = known_;
  task.messages = batch.size();
  task.sink = sink_;
  task.now = now();
  task.unsure = unsure;
  task.absent = std::exchange(absent_, {});
  Exchange exchange(design_, std::move(task));
  carry_out(exchange);
  ExchangeResult result = exchange.result();
  sink_ = result.sink;
  absent_.insert(result.absent.begin(), result.absent.end());
  keep(result.records);
  latest_ = result.answer;
  for (std::size_t place = 0; place < batch.size(); ++place) {
    const MessageAnswer& answer = result.answer.messages.at(place);
    if (answer.verdict == Verdict::delivered) {
      delivered_.push_back(batch[place]);
      delivered_keys_.insert(batch[place].key);
    } else if (answer.verdict == Verdict::rejected) {
      refused_[batch[place].key] = answer.error;
    }
  }
  return result;
}

bool Rig::deliver(std::vector<OutgoingMessage> batch, int attempts_max) {
  std::vector<OutgoingMessage> unknown;
  for (int attempts = 0; attempts < attempts_max && !(batch.empty() && unknown.empty()); ++attempts) {
    const bool unsure = !unknown.empty();
    const std::vector<OutgoingMessage> present = std::exchange(unsure ? unknown : batch, {});
    const ExchangeResult result = attempt(present, unsure);
    std::vector<OutgoingMessage> again;
    for (std::size_t place = 0; place < present.size(); ++place) {
      const MessageAnswer& answer = result.answer.messages[place];
      if (goes_again(answer)) {
        const bool doubtful = unsure || answer.verdict == Verdict::unknown;
        (doubtful ? unknown : again).push_back(present[place]);
      }
    }
    batch.insert(batch.begin(), again.begin(), again.end());
    wait(std::chrono::minutes{1});
  }
  return batch.empty() && unknown.empty();
}

void Rig::restart() {
  sink_.reset();
  keeper_ = std::make_unique<TokenKeeper>(design_);
  keeper_->take_up(kept_token_, secrets_, now());
}

void Rig::lose_state() {
  restart();
  known_.clear();
  delivered_.clear();
  delivered_keys_.clear();
}

void Rig::keep(const std::vector<RemoteRecord>& learnt) {
  for (const RemoteRecord& record : learnt) {
    const auto same = std::find_if(known_.begin(), known_.end(), [&record](const RemoteRecord& one) {
      return one.user == record.user && one.key == record.key;
    });
    if (same == known_.end()) {
      known_.push_back(record);
    } else {
      *same = record;
    }
  }
}

std::vector<CrmRequest> Rig::sent_by(const std::string& step) const {
  std::vector<CrmRequest> requests;
  std::copy_if(sent_.begin(), sent_.end(), std::back_inserter(requests),
               [&step](const CrmRequest& request) { return request.step == step; });
  return requests;
}

std::vector<const simulator::CrmRecord*> Rig::records(const std::string& object) {
  vendor_->settle(now() + std::chrono::hours{1}, elapsed_);
  std::vector<const simulator::CrmRecord*> found;
  for (const simulator::CrmRecord& record : vendor_->records()) {
    if (record.object == object) {
      found.push_back(&record);
    }
  }
  return found;
}

std::vector<std::string> Rig::texts(const std::string& object, const std::string& property) {
  std::vector<std::string> texts;
  for (const simulator::CrmRecord* record : records(object)) {
    const json::value* value = record->properties.if_contains(property);
    texts.push_back(value == nullptr ? "(absent)" : text_of(*value));
  }
  return texts;
}

OutgoingMessage message(DeliveryUserId user, int number, const std::string& text, Direction direction) {
  OutgoingMessage made;
  made.id = user * 1000 + number;
  made.user = user;
  const std::string digits = std::to_string(made.id);
  made.key = std::string(32 - digits.size(), '0') + digits;
  made.source = "bot";
  made.user_id = "u" + std::to_string(user);
  made.instant = start - std::chrono::hours{1} + std::chrono::minutes{number};
  made.direction = direction;
  made.sender = direction == Direction::in ? made.user_id : "bot";
  made.type = "text";
  made.text = text;
  made.raw = json::serialize(json::object{{"response", text}});
  made.user_element = json::serialize(json::object{{"name", name_of(user)}, {"phone", phone_of(user)}});
  return made;
}

std::string name_of(DeliveryUserId user) {
  return "Asha Rao " + std::to_string(user);
}

std::string phone_of(DeliveryUserId user) {
  return "+9178" + std::to_string(10'000'000 + user);
}

std::string key_of(DeliveryUserId user) {
  return "bot.u" + std::to_string(user);
}

std::string nasty_text() {
  using namespace std::string_literals;
  return "a < b && \"c\" 'd'\nline two\r\nשלום \xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7 ${contact.key} \0 end"s;
}

}  // namespace elit::crm::rig
