#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "core/crm/work.hpp"

namespace elit::crm::faults {

// A CRM, and a way to talk to it.
struct CrmKind {
  const char* name;  // as tests show it
  const char* preset;
  bool tokens = false;            // access tokens are asked for with a client's id and secret
  bool unique_activities = true;  // HubSpot: activities may have a property with unique values
  bool operator==(const CrmKind&) const = default;
};

struct Case {
  CrmKind crm;
  DeliveryUnit unit = DeliveryUnit::message;
};
[[nodiscard]] std::string name_of(const Case& each);
// How GoogleTest shows it.
void PrintTo(const Case& each, std::ostream* out);  // NOLINT(readability-identifier-naming)

[[nodiscard]] const std::vector<CrmKind>& crm_kinds();
// Every CRM with every unit.
[[nodiscard]] std::vector<Case> all_cases();
// Those of the CRMs that are asked for access tokens.
[[nodiscard]] std::vector<Case> token_cases();
// Those whose credential is one secret that never changes by itself.
[[nodiscard]] std::vector<Case> secret_cases();

}  // namespace elit::crm::faults
