#pragma once

#include <boost/json/object.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/http_message.hpp"
#include "core/instant.hpp"
#include "core/simulator/faults.hpp"

namespace elit::simulator {

// What can go wrong with a make-believe CRM of a vendor besides the wire.
struct VendorFaults : WireFaults {
  bool shuffled = false;      // results come in another order than the request's, where the vendor promises none
  int unmentioned_every = 0;  // each n-th record of a request is written but missing from the results; 0: none
  std::string refused_text;   // a record that holds this text anywhere is refused for good; empty: none
  std::string locked_text;    // a record that holds this text is refused for now, as the vendor does it; empty: none
  Toggle tokens_revoked;      // every access token given out before now is refused; given out from now on are good
  Toggle token_throttled;     // the token endpoint answers as the vendor does to too many calls
  bool rotate_refresh_tokens = false;  // each use of the refresh token gives a new one
  bool old_refresh_token_dies =
      false;                 // and the old one is refused from then on at once; else once the new one was used
  double slow_commit_s = 0;  // what a request writes takes effect this much later, and its answer comes then
};

// Where and when a request reaches a vendor.
struct VendorCall {
  Instant now;
  Milliseconds elapsed{0};  // since the start of the simulator
  std::string base_url;     // "http://HOST/crm/VENDOR", as the client wrote the host; no slash at the end
};

// A record as it stands in the CRM.
struct VendorRecord {
  std::string object;  // the vendor's name of the table: contacts, communications, Chat_Transcript__c, mail.message
  std::string id;      // the vendor's own
  std::string key;     // the value of its unique field; empty: it has none
  boost::json::object properties;
  std::set<std::string> linked;  // ids of the contacts it is linked to
  int writes = 0;                // 1: written once
  Instant created;
  Instant updated;
};

struct VendorCounts {
  std::uint64_t requests = 0;
  std::uint64_t token_requests = 0;
  std::uint64_t tokens_given = 0;
  std::uint64_t invalid_requests = 0;  // not what the vendor's documentation allows
};

// A make-believe CRM of one vendor, as a function of (request, now). It holds clients to the vendor's documented rules
// and answers in its documented shapes; what the vendor does not document it does the harder way.
class VendorCrm {
 public:
  VendorCrm() = default;
  VendorCrm(const VendorCrm&) = delete;
  VendorCrm& operator=(const VendorCrm&) = delete;
  virtual ~VendorCrm() = default;

  // The vendor's name in paths and settings: hubspot, salesforce, zoho, odoo.
  [[nodiscard]] virtual std::string_view name() const = 0;
  // Does what is asked for, at once. `request.target` begins after the vendor's prefix.
  virtual HttpAnswer answer(const HttpRequest& request, const VendorCall& call) = 0;

  [[nodiscard]] const std::vector<VendorRecord>& records() const { return records_; }
  [[nodiscard]] const VendorCounts& counts() const { return counts_; }
  [[nodiscard]] VendorFaults& faults() { return faults_; }

 protected:
  std::vector<VendorRecord> records_;  // in the order of their creation
  VendorCounts counts_;
  VendorFaults faults_;
};

// What opens the make-believe CRMs: these and nothing else.
inline constexpr std::string_view vendor_client_id = "sample-client";
inline constexpr std::string_view vendor_client_secret = "sample-client-secret";
inline constexpr std::string_view vendor_refresh_token = "sample-refresh-token";
inline constexpr std::string_view vendor_api_key = "sample-api-key";  // a static token, or a password in Odoo
inline constexpr std::string_view vendor_login = "sample-login";      // Odoo's user
inline constexpr std::string_view vendor_database = "sample";         // Odoo's database

}  // namespace elit::simulator
