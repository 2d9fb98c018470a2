#pragma once

#include <boost/json/object.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/crm/exchange.hpp"
#include "core/crm/sink_design.hpp"
#include "core/crm/token_keeper.hpp"
#include "core/delivery/outgoing_message.hpp"
#include "core/simulator/crms/simulated_crm.hpp"

// Delivers with a shipped preset to a simulated CRM, without sockets, files or waiting. The rig does in the simplest
// way what the daemon does around an exchange. A test delivers messages and checks the records of the CRM.
namespace elit::crm::rig {

// Whether a request and its answer arrive.
enum class Wire {
  whole,        // both arrive
  lost_before,  // the request does not arrive, and we do not know
  lost_answer,  // it does, and its answer does not
  late,         // it arrives `late_by` later, and we do not know
};

// How the sink is set up.
struct SinkSetup {
  std::string preset;
  std::string credential;  // by name; empty: the first
  std::map<std::string, std::string> settings;
  std::map<std::string, std::string> secrets;
  std::map<std::string, FieldMapping> fields;  // further ones, by name
  std::set<std::string> adopt;                 // by what contacts of others are taken
  DeliveryUnit unit = DeliveryUnit::message;
  std::size_t text_limit = 0;  // instead of the preset's; 0: the preset's
};

// A setup that the simulated CRM of the preset accepts.
[[nodiscard]] SinkSetup setup_of(const std::string& preset, DeliveryUnit unit = DeliveryUnit::message);

// The simulated CRM of the preset: that of the simulator, or a small one.
[[nodiscard]] std::unique_ptr<simulator::SimulatedCrm> vendor_for(const std::string& preset);

class Rig {
 public:
  explicit Rig(const SinkSetup& setup) : Rig(setup, vendor_for(setup.preset)) {}
  Rig(const SinkSetup& setup, std::unique_ptr<simulator::SimulatedCrm> vendor);
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;
  ~Rig() = default;

  // One attempt to deliver the messages together. What it learns is kept as the daemon keeps it; messages that are
  // delivered belong to their day's transcript from then on. `unsure`: an earlier attempt of them may have been
  // carried out.
  ExchangeResult attempt(const std::vector<OutgoingMessage>& batch, bool unsure = false);

  // Makes at most `attempts_max` attempts, a minute apart, until every message is delivered or refused for good.
  // Messages whose outcome is unknown are sent again together, and so are the others. False: some messages are left.
  bool deliver(std::vector<OutgoingMessage> batch, int attempts_max = 20);

  // A new process: loses what was only in memory.
  void restart();
  // A new database: loses all knowledge of what was delivered.
  void lose_state();
  void wait(Milliseconds time) {
    elapsed_ += time;
    carry_out_late();
  }

  // Asked for every request that is sent, counted from 1; token requests are asked for too.
  std::function<Wire(const CrmRequest& request, int number)> wire;
  // What it returns is the answer, and the request does not reach the CRM.
  std::function<std::optional<HttpResponse>(const CrmRequest& request)> instead;
  Milliseconds late_by{std::chrono::seconds{2}};

  [[nodiscard]] simulator::SimulatedCrm& vendor() { return *vendor_; }
  [[nodiscard]] const SinkDesign& design() const { return design_; }
  // Every request that was made, with those that did not arrive.
  [[nodiscard]] const std::vector<CrmRequest>& sent() const { return sent_; }
  // Those of one step.
  [[nodiscard]] std::vector<CrmRequest> sent_by(const std::string& step) const;
  // Keys of the messages that were refused for good, with what was said.
  [[nodiscard]] const std::map<std::string, std::string>& refused() const { return refused_; }
  [[nodiscard]] const std::set<std::string>& delivered() const { return delivered_keys_; }
  [[nodiscard]] const std::vector<RemoteRecord>& known() const { return known_; }
  // The answer to the latest attempt.
  [[nodiscard]] const DeliveryAnswer& latest() const { return latest_; }

  // The records of one object as they stand once every slow write has taken effect.
  [[nodiscard]] std::vector<const simulator::CrmRecord*> records(const std::string& object);
  // The texts of one property, in the order of the records' creation.
  [[nodiscard]] std::vector<std::string> texts(const std::string& object, const std::string& property);

 private:
  [[nodiscard]] Instant now() const;
  [[nodiscard]] CredentialValues values() const;
  struct LateRequest {
    HttpRequest request;
    Milliseconds due;
  };
  HttpResponse arrive(const HttpRequest& request, Milliseconds elapsed);
  void carry_out_late();
  [[nodiscard]] Result<HttpResponse> pass(const CrmRequest& request);
  [[nodiscard]] bool take_token(Exchange& exchange);
  void carry_out(Exchange& exchange);
  void keep(const std::vector<RemoteRecord>& learnt);

  SinkDesign design_;
  boost::json::object secrets_;
  std::unique_ptr<simulator::SimulatedCrm> vendor_;
  std::unique_ptr<TokenKeeper> keeper_;
  std::string kept_token_;
  std::vector<RemoteRecord> known_;
  std::set<RecordKey> absent_;  // unsure records that the latest attempt looked for and did not find
  std::vector<OutgoingMessage> delivered_;
  std::set<std::string> delivered_keys_;
  std::map<std::string, std::string> refused_;
  std::optional<boost::json::object> sink_;
  std::vector<CrmRequest> sent_;
  std::vector<LateRequest> late_;
  DeliveryAnswer latest_;
  Milliseconds elapsed_{0};
};

// The `number`-th message of a user of the source "bot", a minute after the one before it. Keys are 32 hex digits.
[[nodiscard]] OutgoingMessage message(DeliveryUserId user, int number, const std::string& text,
                                      Direction direction = Direction::in);
// The names and telephone numbers of the users, as message() puts them into the elements of the Users API.
[[nodiscard]] std::string name_of(DeliveryUserId user);
[[nodiscard]] std::string phone_of(DeliveryUserId user);
// Their keys: "bot.u1".
[[nodiscard]] std::string key_of(DeliveryUserId user);

// Text that every form of body and text has to survive: markup, quotes, line breaks, right-to-left, emoji, NUL.
[[nodiscard]] std::string nasty_text();

}  // namespace elit::crm::rig
