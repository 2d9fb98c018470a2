#include "tests/crms/faults/delivery_rig.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "config/loader.hpp"
#include "daemon/delivery/sink_kind.hpp"
#include "tests/crms/rig.hpp"

namespace elit::crm::faults {
namespace {

namespace json = boost::json;
using simulator::Reply;
using simulator::WireFault;

constexpr const char* host = "http://127.0.0.1:9";
constexpr Instant beginning = from_ms(1'769'850'000'000);  // 2026-01-31T09:00:00Z

// The key in an element of a request's list: the first value of a row of Odoo, a member elsewhere.
std::string name_in(const json::value& element) {
  if (const json::array* row = element.if_array(); row != nullptr && !row->empty()) {
    return json::serialize(row->front());
  }
  if (const json::object* object = element.if_object()) {
    for (const char* member : {"id", "Elit_User__c", "Elit_Key__c", "Elit_User", "Elit_Key"}) {
      if (const json::value* name = object->if_contains(member)) {
        return json::serialize(*name);
      }
    }
  }
  return json::serialize(element);
}

const json::array* list_of(const json::value& body) {
  boost::system::error_code error;
  for (const char* place : {"/inputs", "/records", "/data", "/params/args/5/1"}) {
    const json::value* found = body.find_pointer(place, error);
    if (found != nullptr && found->is_array()) {
      return &found->get_array();
    }
  }
  return nullptr;
}

void note_repeated_names(const HttpRequest& request, std::set<std::string>& twice) {
  boost::system::error_code error;
  const json::value body = json::parse(request.body, error);
  const json::array* list = error ? nullptr : list_of(body);
  std::set<std::string> seen;
  for (std::size_t place = 0; list != nullptr && place < list->size(); ++place) {
    if (const std::string name = name_in(list->at(place)); !seen.insert(name).second) {
      twice.insert(name);
    }
  }
}

}  // namespace

Reply lost_before() {
  Reply reply;
  reply.fault = WireFault::close_before_answer;
  return reply;
}

Reply lost_answer(const DeliveryRig::CarryOut& carry_out) {
  Reply reply = carry_out();
  reply.fault = WireFault::close_before_answer;
  return reply;
}

Reply cut_answer(const DeliveryRig::CarryOut& carry_out) {
  Reply reply = carry_out();
  reply.fault = WireFault::close_mid_body;
  return reply;
}

DeliveryRig::DeliveryRig(const Case& of) : DeliveryRig(of, Setup()) {}

DeliveryRig::DeliveryRig(const Case& of, Setup setup)
    : case_(of),
      time_(beginning),
      network_(time_, setup.seed),
      disk_(setup.seed),
      peer_(rig::vendor_for(of.crm.preset), setup.seed) {
  const std::string text = configuration(setup);
  config::Loaded loaded = config::load_text(text, "/etc/elitbuzz-sync/config.yaml", beginning);
  if (!loaded.options) {
    throw std::runtime_error(to_string(loaded.mistakes.front()) + "\n" + text);
  }
  options_ = *std::move(loaded.options);
  designs_ = std::move(loaded.designs);
  secrets_ = rig::setup_of(of.crm.preset).secrets;
  if (of.crm.tokens) {
    secrets_ = {{"client_id", std::string(simulator::vendor_client_id)},
                {"client_secret", std::string(simulator::vendor_client_secret)},
                {"refresh_token", std::string(simulator::vendor_refresh_token)}};
  }
  faults().unique_activities = of.crm.unique_activities;
  LogOptions log;
  log.file = (scratch_.path() / "log").string();
  log.level = LogLevel::trace;
  log_ = std::make_unique<daemon::Log>(log);
  network_.add_peer(host, [this](const HttpRequest& request, Instant now) { return arrive(request, now); });
  store_ = storage::Store::open(disk_);
  source_ = store_->register_source("bot");
  audience_ = store_->register_audiences(source_, {{"feedback", "1"}}).at(0);
  sink_ = store_->register_sinks({{"crm", true}}).at(0);
}

DeliveryRig::~DeliveryRig() {
  clear();
}

std::string DeliveryRig::configuration(const Setup& setup) const {
  const std::string preset = case_.crm.preset;
  std::string text =
      "sources:\n"
      "  - name: bot\n"
      "    base_url: http://127.0.0.1:8\n"
      "    customer_id: \"1\"\n"
      "    bot_key: key\n"
      "    api_key: {env: API_KEY}\n"
      "    audiences: [{attribute: feedback, value: \"1\"}]\n"
      "sinks:\n"
      "  - name: crm\n"
      "    type: " +
      preset + "\n" + "    url: " + host + "/crm/" + std::string(rig::vendor_for(preset)->name()) + "\n" +
      "    unit: " + (case_.unit == DeliveryUnit::day ? "day" : "message") + "\n";
  const bool refreshes = case_.crm.tokens && preset != "salesforce";
  text += std::string("    secrets: {") +
          (case_.crm.tokens      ? "client_id: {env: client_id}, client_secret: {env: client_secret}"
           : preset == "hubspot" ? "access_token: {env: access_token}"
                                 : "api_key: {env: api_key}") +
          (refreshes ? ", refresh_token: {env: refresh_token}}\n" : "}\n");
  if (preset == "odoo") {
    text += "    settings: {database: sample, login: sample-login}\n";
  } else if (preset == "odoo-json2") {
    text += "    settings: {database: sample}\n";
  } else if (preset == "zoho") {
    text += std::string("    settings: {accounts: ") + host + "/crm/zoho}\n";
  }
  return text + setup.sink_lines;
}

storage::UserRow DeliveryRig::follow(const std::string& user) {
  const auto known = users_.find(user);
  if (known != users_.end()) {
    return known->second;
  }
  const json::object element{{"id", user}, {"name", "Asha " + user}, {"phone", "+919812345678"}};
  store_->stage_listing(audience_, {{user, json::serialize(element)}});
  const auto change = store_->apply_listings(source_, {{audience_, false}}, beginning);
  return users_[user] = change.arrived.at(0);
}

std::string DeliveryRig::say(const std::string& user, const std::string& text, std::optional<Instant> instant) {
  const int number = static_cast<int>(said_.size()) + 1;
  const Instant at = instant.value_or(beginning - std::chrono::hours{8} + std::chrono::minutes{number});
  said_.push_back({user, text + " (words " + std::to_string(number) + ".)", at});
  storage::OrderedRow ordered;
  ordered.order = at;
  ordered.row.instant = at;
  ordered.row.direction = number % 3 == 0 ? Direction::out : Direction::in;
  ordered.row.sender = number % 3 == 0 ? "bot" : user;
  ordered.row.type = "text";
  ordered.row.text = said_.back().text;
  ordered.row.raw = json::serialize(json::object{{"response", said_.back().text}});
  for (std::size_t i = 0; i < ordered.row.digest.bytes.size(); ++i) {
    ordered.row.digest.bytes[i] = static_cast<std::uint8_t>(static_cast<std::size_t>(number) >> (8 * (i % 4)));
  }
  storage::WindowCommit commit;
  commit.user = follow(user);
  commit.read_at = time_.truth();
  commit.rows.push_back(ordered);
  if (store_->commit_window(commit).added != 1) {
    throw std::runtime_error("a message of the test is not new");
  }
  if (loop_) {
    loop_->on_stored();
  }
  return said_.back().text;
}

void DeliveryRig::say_some(int users, int messages) {
  for (int message = 1; message <= messages; ++message) {
    for (int user = 1; user <= users; ++user) {
      say("u" + std::to_string(user), "hello");
    }
  }
}

void DeliveryRig::start() {
  if (disk_.dead()) {
    disk_.revive();
  }
  if (!store_) {
    store_ = storage::Store::open(disk_);
  }
  context_ = std::make_unique<boost::asio::io_context>(1);
  time_.govern(*context_);
  storage_ = std::make_unique<daemon::StorageThread>(
      *store_, context_->get_executor(), [this](std::exception_ptr failure) { ended_ = failure; },
      daemon::StorageThread::Running::inline_in_caller);
  daemon::SecretSource source = [this](const SecretReference& reference) -> Result<std::string> {
    return secrets_.at(reference.name);
  };
  daemon::SinkLoop::Parts parts;
  parts.executor = context_->get_executor();
  parts.secrets = std::make_unique<daemon::SinkSecrets>(std::move(source), *log_);
  parts.storage = storage_.get();
  parts.timer = &time_;
  parts.log = log_.get();
  parts.seed = steps_;
  daemon::SinkClientParts client;
  client.executor = client.blocking = context_->get_executor();
  client.transports = [this](daemon::TransportSettings settings) {
    return network_.connect(context_->get_executor(), std::move(settings));
  };
  client.storage = storage_.get();
  client.timer = &time_;
  client.log = log_.get();
  client.secrets = parts.secrets.get();
  client.token_directory = scratch_.path() / "tokens";
  const SinkOptions& options = options_.sinks.at(0);
  const std::unique_ptr<daemon::SinkKind> kind = daemon::sink_kind(options, designs_);
  parts.client = kind->make_client(std::move(client));
  parts.concurrency = kind->concurrency();
  parts.late_arrival = kind->late_arrival();
  loop_ = std::make_unique<daemon::SinkLoop>(options, sink_, std::move(parts));
  boost::asio::co_spawn(*context_, loop_->run(), [this](std::exception_ptr failure) { ended_ = failure; });
}

void DeliveryRig::kill() {
  disk_.die_after(0);  // the store would close its files in order
  clear();
}

void DeliveryRig::lose_power() {
  disk_.lose_power();
  clear();
}

// The coroutines are destroyed before the objects that they refer to.
void DeliveryRig::clear() {
  steps_left_.reset();
  kill_wanted_ = false;
  context_.reset();
  loop_.reset();
  storage_.reset();
  store_.reset();
}

void DeliveryRig::turn() {
  if (kill_wanted_ && power_too_) {
    lose_power();
  } else if (kill_wanted_) {
    kill();
  }
  if (!loop_) {
    return;
  }
  context_->restart();
  while (context_->poll_one() > 0) {
    ++steps_;
    if (steps_left_ && (*steps_left_)-- == 0) {
      kill();
      return;
    }
  }
  if (ended_) {
    std::rethrow_exception(std::exchange(ended_, nullptr));
  }
}

bool DeliveryRig::settle(Milliseconds at_most) {
  const SteadyTime end = time_.now().steady + at_most;
  turn();
  while (loop_ && !loop_->summary().settled) {
    const std::optional<SteadyTime> next = time_.next();
    if (!next || *next > end) {
      return false;
    }
    time_.step();
    turn();
  }
  return loop_ != nullptr;
}

void DeliveryRig::pass(Milliseconds time) {
  const SteadyTime end = time_.now().steady + time;
  turn();
  for (auto next = time_.next(); next && *next <= end; next = time_.next()) {
    time_.step();
    turn();
  }
  time_.pass_until(end);
  turn();
}

void DeliveryRig::change_secret(const std::string& name, const std::string& value) {
  secrets_[name] = value;
  if (loop_) {
    loop_->reload_secrets();
  }
}

void DeliveryRig::lose_tokens() {
  std::filesystem::remove_all(scratch_.path() / "tokens");
}

Reply DeliveryRig::arrive(const HttpRequest& request, Instant now) {
  arrivals_.push_back(elapsed());
  note_repeated_names(request, named_twice_);
  const std::string prefix = "/crm/" + std::string(vendor().name());
  if (!request.target.starts_with(prefix)) {
    throw std::runtime_error("a request went to " + request.target);
  }
  const CarryOut carry_out = [this, &request, &prefix, now] {
    HttpRequest arrived = request;
    arrived.target.erase(0, prefix.size());
    if (change_request) {
      arrived = change_request(std::move(arrived));
    }
    return peer_.answer(arrived, {now, elapsed(), host + prefix});
  };
  return wire ? wire(request, requests(), carry_out) : carry_out();
}

}  // namespace elit::crm::faults
