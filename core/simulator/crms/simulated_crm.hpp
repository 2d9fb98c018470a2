#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/http_message.hpp"
#include "core/instant.hpp"
#include "core/random.hpp"
#include "core/simulator/crms/access_tokens.hpp"
#include "core/simulator/crms/crm_faults.hpp"
#include "core/simulator/crms/crm_record.hpp"
#include "core/simulator/crms/record_table.hpp"

namespace elit::simulator {

// Where and when a request reaches a CRM.
struct CrmCall {
  Instant now;
  Milliseconds elapsed{0};  // since the start of the simulator
  std::string base_url;     // "http://HOST/crm/VENDOR", as the client wrote the host; no slash at the end
};

struct SimulatedCrmCounts {
  std::uint64_t requests = 0;
  std::uint64_t token_requests = 0;
  std::uint64_t tokens_given = 0;
  std::uint64_t invalid_requests = 0;  // against the CRM's documentation
};

// A simulated CRM, as a function of (request, now). It holds clients to the documented rules of the real CRM and
// answers in its documented shapes; where the documentation is silent, it is strict.
class SimulatedCrm {
 public:
  SimulatedCrm() = default;
  SimulatedCrm(const SimulatedCrm&) = delete;
  SimulatedCrm& operator=(const SimulatedCrm&) = delete;
  virtual ~SimulatedCrm() = default;

  // The name in paths and settings: hubspot, salesforce, zoho, odoo, espocrm.
  [[nodiscard]] virtual std::string_view name() const = 0;
  // Carries out a request at once. `request.target` begins after the CRM's prefix.
  virtual HttpResponse answer(const HttpRequest& request, const CrmCall& call) = 0;
  // The CRM's own answer to a fault of the wire (draw_trouble) that has a status: 401, 429, 500 or 503. Absent: it has
  // none. The headers are added to those of the refusal.
  [[nodiscard]] virtual std::optional<HttpResponse> refusal(Trouble) const { return std::nullopt; }

  // Somebody deletes the record by hand. False: there is no such record.
  virtual bool remove(const std::string& object, const std::string& id) { return table_.remove(object, id); }
  // The same for all records of the object; returns their number.
  std::size_t remove_all(const std::string& object);

  // Somebody makes a record by hand; returns its id.
  virtual std::string make(const std::string& object, boost::json::object properties) {
    return table_.create(object, std::move(properties));
  }

  // Advances the time without a request: due writes take effect, a revocation of tokens is applied.
  void settle(Instant now, Milliseconds elapsed);

  // How long after its request the latest answer comes (SimulatedCrmFaults::slow_commit_s).
  [[nodiscard]] Milliseconds answer_delay() const { return table_.answer_delay(); }

  [[nodiscard]] const std::vector<CrmRecord>& records() const { return records_; }
  [[nodiscard]] const SimulatedCrmCounts& counts() const { return counts_; }
  [[nodiscard]] SimulatedCrmFaults& faults() { return faults_; }

 protected:
  // answer() calls it first: counts the request, lets due writes take effect, applies a revocation of tokens.
  void begin(const CrmCall& call);

  std::vector<CrmRecord> records_;  // in the order of their creation
  SimulatedCrmCounts counts_;
  SimulatedCrmFaults faults_;
  RecordTable table_{records_};
  AccessTokens tokens_;
  Random random_{1};  // for the order of results
};

// The credentials of all simulated CRMs; others are refused.
inline constexpr std::string_view vendor_client_id = "sample-client";
inline constexpr std::string_view vendor_client_secret = "sample-client-secret";
inline constexpr std::string_view vendor_refresh_token = "sample-refresh-token";
inline constexpr std::string_view vendor_api_key = "sample-api-key";  // a static token, or a password in Odoo
inline constexpr std::string_view vendor_login = "sample-login";      // Odoo's user
inline constexpr std::string_view vendor_database = "sample";         // Odoo's database

}  // namespace elit::simulator
