#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "core/random.hpp"
#include "core/simulator/crms/simulated_crm.hpp"
#include "core/simulator/reply.hpp"
#include "core/simulator/request_target.hpp"

namespace elit::simulator {

// A simulated CRM behind a faulty wire, as its clients see it, and its state, for tests and users.
class CrmPeer {
 public:
  // Requires: `vendor` is not null.
  CrmPeer(std::unique_ptr<SimulatedCrm> vendor, std::uint64_t seed);

  // `request.target` begins after the CRM's prefix. Faults of the wire have the CRM's own texts; if everything is down,
  // 503 is a page in HTML. Requests with such faults are not counted by the CRM.
  Reply answer(const HttpRequest& request, const CrmCall& call);

  // Reads and changes the state: `verb` is empty (GET and POST of the settings), records or counts (GET); DELETE of
  // records with ?object=NAME deletes the records of that object in the way of somebody who works with the CRM.
  Reply control(const HttpRequest& request, std::string_view verb, const CrmCall& call);

  [[nodiscard]] SimulatedCrm& vendor() { return *vendor_; }

 private:
  // Carries out the late requests that are due.
  void carry_out_late(const CrmCall& call);
  [[nodiscard]] Reply refused(Trouble trouble, const CrmCall& call) const;
  [[nodiscard]] Reply records() const;
  Reply remove_records(const HttpRequest& request);
  [[nodiscard]] Reply counts() const;

  std::unique_ptr<SimulatedCrm> vendor_;
  struct LateRequest {
    HttpRequest request;
    CrmCall call;  // when it arrives
  };
  Random random_;
  std::deque<LateRequest> late_;
  int writes_ = 0;
};

// One of each simulated CRM.
[[nodiscard]] std::vector<std::unique_ptr<SimulatedCrm>> all_crms();

// The names of all_crms() as one text: "hubspot, salesforce".
[[nodiscard]] std::string crm_names();

}  // namespace elit::simulator
