#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "core/random.hpp"
#include "core/simulator/crms/simulated_crm.hpp"
#include "core/simulator/reply.hpp"
#include "core/simulator/request_target.hpp"

namespace elit::simulator {

// A vendor at the other end of a wire that may be bad: what its clients meet, and how a test or a person looks behind
// it.
class CrmPeer {
 public:
  // Requires: `vendor` is not null.
  CrmPeer(std::unique_ptr<SimulatedCrm> vendor, std::uint64_t seed);

  // `request.target` begins after the vendor's prefix. Trouble of the wire comes in the vendor's own words; when all is
  // down, 503 is a page in HTML. Such requests do not count as the vendor's.
  Reply answer(const HttpRequest& request, const CrmCall& call);

  // What is asked for behind the scenes: `verb` is empty (GET and POST of the settings), records or counts (GET).
  Reply control(const HttpRequest& request, std::string_view verb, const CrmCall& call);

  [[nodiscard]] SimulatedCrm& vendor() { return *vendor_; }

 private:
  [[nodiscard]] Reply refused(Trouble trouble, const CrmCall& call) const;
  [[nodiscard]] Reply records() const;
  [[nodiscard]] Reply counts() const;

  std::unique_ptr<SimulatedCrm> vendor_;
  Random random_;
};

// One of each vendor there is.
[[nodiscard]] std::vector<std::unique_ptr<SimulatedCrm>> all_crms();

// The names of all_crms(), as one text: "hubspot, salesforce".
[[nodiscard]] std::string crm_names();

}  // namespace elit::simulator
