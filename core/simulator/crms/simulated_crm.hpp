#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/http_message.hpp"
#include "core/instant.hpp"
#include "core/random.hpp"
#include "core/simulator/crms/access_tokens.hpp"
#include "core/simulator/crms/crm_faults.hpp"
#include "core/simulator/crms/crm_record.hpp"
#include "core/simulator/crms/record_table.hpp"

namespace elit::simulator {

// Where and when a request reaches a vendor.
struct CrmCall {
  Instant now;
  Milliseconds elapsed{0};  // since the start of the simulator
  std::string base_url;     // "http://HOST/crm/VENDOR", as the client wrote the host; no slash at the end
};

struct SimulatedCrmCounts {
  std::uint64_t requests = 0;
  std::uint64_t token_requests = 0;
  std::uint64_t tokens_given = 0;
  std::uint64_t invalid_requests = 0;  // not what the vendor's documentation allows
};

// A simulated CRM of one vendor, as a function of (request, now). It holds clients to the vendor's documented rules
// and answers in its documented shapes; what the vendor does not document it does the harder way.
class SimulatedCrm {
 public:
  SimulatedCrm() = default;
  SimulatedCrm(const SimulatedCrm&) = delete;
  SimulatedCrm& operator=(const SimulatedCrm&) = delete;
  virtual ~SimulatedCrm() = default;

  // The vendor's name in paths and settings: hubspot, salesforce, zoho, odoo.
  [[nodiscard]] virtual std::string_view name() const = 0;
  // Does what is asked for, at once. `request.target` begins after the vendor's prefix.
  virtual HttpResponse answer(const HttpRequest& request, const CrmCall& call) = 0;
  // What the vendor itself says with a trouble of the wire (draw_trouble) that has a status: 401, 429, 500 or 503.
  // Absent: nothing of its own. The headers are added to those of the refusal.
  [[nodiscard]] virtual std::optional<HttpResponse> refusal(Trouble) const { return std::nullopt; }

  // Lets time pass without a request: due writes take effect, a revocation of tokens is noticed.
  void settle(Instant now, Milliseconds elapsed);

  // How long after its request the latest answer comes (SimulatedCrmFaults::slow_commit_s).
  [[nodiscard]] Milliseconds answer_delay() const { return table_.answer_delay(); }

  [[nodiscard]] const std::vector<CrmRecord>& records() const { return records_; }
  [[nodiscard]] const SimulatedCrmCounts& counts() const { return counts_; }
  [[nodiscard]] SimulatedCrmFaults& faults() { return faults_; }

 protected:
  // The first thing in answer(): counts the request, lets due writes take effect, notices a revocation of tokens.
  void begin(const CrmCall& call);

  std::vector<CrmRecord> records_;  // in the order of their creation
  SimulatedCrmCounts counts_;
  SimulatedCrmFaults faults_;
  RecordTable table_{records_};
  AccessTokens tokens_;
  Random random_{1};  // for the order of results
};

// What opens the simulated CRMs: these and nothing else.
inline constexpr std::string_view vendor_client_id = "sample-client";
inline constexpr std::string_view vendor_client_secret = "sample-client-secret";
inline constexpr std::string_view vendor_refresh_token = "sample-refresh-token";
inline constexpr std::string_view vendor_api_key = "sample-api-key";  // a static token, or a password in Odoo
inline constexpr std::string_view vendor_login = "sample-login";      // Odoo's user
inline constexpr std::string_view vendor_database = "sample";         // Odoo's database

}  // namespace elit::simulator
