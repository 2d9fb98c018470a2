#include "core/simulator/crms/simulated_crm.hpp"

namespace elit::simulator {

void SimulatedCrm::begin(const CrmCall& call) {
  ++counts_.requests;
  table_.begin(call.now, Milliseconds{static_cast<std::int64_t>(faults_.slow_commit_s * 1000)});
  tokens_.begin(faults_, call.elapsed);
}

std::size_t SimulatedCrm::remove_all(const std::string& object) {
  std::vector<std::string> ids;
  for (const CrmRecord& record : records_) {
    if (record.object == object) {
      ids.push_back(record.id);
    }
  }
  for (const std::string& id : ids) {
    remove(object, id);
  }
  return ids.size();
}

void SimulatedCrm::settle(Instant now, Milliseconds elapsed) {
  table_.settle(now);
  tokens_.begin(faults_, elapsed);
}

}  // namespace elit::simulator
