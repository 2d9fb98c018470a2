#include "core/simulator/crms/simulated_crm.hpp"

namespace elit::simulator {

void SimulatedCrm::begin(const CrmCall& call) {
  ++counts_.requests;
  table_.begin(call.now, Milliseconds{static_cast<std::int64_t>(faults_.slow_commit_s * 1000)});
  tokens_.begin(faults_, call.elapsed);
}

void SimulatedCrm::settle(Instant now, Milliseconds elapsed) {
  table_.settle(now);
  tokens_.begin(faults_, elapsed);
}

}  // namespace elit::simulator
