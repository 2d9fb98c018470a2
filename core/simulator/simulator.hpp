#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/http_message.hpp"
#include "core/simulator/crm.hpp"
#include "core/simulator/crms/crm_peer.hpp"
#include "core/simulator/elitbuzz_api.hpp"
#include "core/simulator/faults.hpp"
#include "core/simulator/reply.hpp"
#include "core/simulator/world.hpp"

namespace elit::simulator {

struct SimulatorOptions {
  WorldOptions world;
  Account account;
  Dialect dialect;
  ApiFaults faults;
  CrmFaults crm_faults;
  std::string crm_authorization;  // the whole header that the CRM requires; empty: none
  std::map<std::string, SimulatedCrmFaults, std::less<>> vendor_faults;  // by the name of the CRM
};

// A simulated Elitbuzz, simulated CRMs and the truth about both, as a function of (request, now): the same options and
// calls give the same replies on every machine.
//
//   /bot-api/...                     the API (api.md sections 1 to 3)
//   POST /crm/conversations          the receiver of the generic http sink
//   /crm/VENDOR/...                  a CRM: hubspot, salesforce, zoho, odoo or espocrm (core/simulator/crms/). Its base
//   URL ends
//                                    with this prefix
//   GET /simulator/ledger            the truth compared with the CRM; ?since_ms= and ?visible_until_ms= narrow it
//   GET /simulator/messages          every visible message, one JSON object a line: user_id, timestamp, sender, type,
//                                    response, listed; ?user_id= and ?listed=true select
//   POST /simulator/messages         {"user_id", "text", "timestamp_ms"}: the user writes a message; the default
//                                    instant is now
//   GET /simulator/users             every user, one JSON object a line
//   POST /simulator/users            {"user_id", "attribute", "value"}: changes an attribute of a user
//   GET /simulator/received          what the CRM received, in order, one JSON object a line
//   GET /simulator/SETTINGS          the current settings; SETTINGS is faults, crm or dialect
//   POST /simulator/SETTINGS         {"key": value, ...}: changes all of these settings, or none
//   GET, POST /simulator/VENDOR      the same for the faults of a CRM
//   GET /simulator/VENDOR/records    its records, one JSON object a line: object, id, key, properties, linked (ids of
//                                    contacts), writes
//   GET /simulator/VENDOR/counts     requests, token_requests, tokens_given, invalid_requests
class Simulator {
 public:
  explicit Simulator(const SimulatorOptions& options);
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;
  ~Simulator() = default;

  Reply answer(const HttpRequest& request, Instant now);

  [[nodiscard]] World& world() { return world_; }
  [[nodiscard]] ElitbuzzApi& api() { return api_; }
  [[nodiscard]] Crm& crm() { return crm_; }
  [[nodiscard]] ApiFaults& faults() { return faults_; }
  // The CRM of that name; null: there is none.
  [[nodiscard]] CrmPeer* vendor(std::string_view name);

 private:
  Reply answer_api(const HttpRequest& request, Instant now);
  Reply answer_crm(const HttpRequest& request, const RequestTarget& target, Instant now);
  [[nodiscard]] CrmCall vendor_call(const HttpRequest& request, std::string_view name, Instant now) const;
  Reply control(const HttpRequest& request, const RequestTarget& target, Instant now);
  [[nodiscard]] Reply ledger(const RequestTarget& target, Instant now) const;
  [[nodiscard]] Reply messages(const RequestTarget& target, Instant now) const;
  Reply say(const HttpRequest& request, Instant now);
  [[nodiscard]] Reply list_users() const;
  Reply change_user(const HttpRequest& request);
  [[nodiscard]] Reply received() const;

  World world_;
  ElitbuzzApi api_;
  Crm crm_;
  std::vector<CrmPeer> vendors_;
  ApiFaults faults_;
  Random random_;
  Instant now_;  // the latest instant seen: time does not go back
};

}  // namespace elit::simulator
