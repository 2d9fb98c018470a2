#include "tests/crms/faults/crm_case.hpp"

namespace elit::crm::faults {

std::string name_of(const Case& each) {
  return std::string(each.crm.name) + (each.unit == DeliveryUnit::day ? "Days" : "Messages");
}

void PrintTo(const Case& each, std::ostream* out) {
  *out << name_of(each);
}

const std::vector<CrmKind>& crm_kinds() {
  static const std::vector<CrmKind> kinds{
      {"HubSpot", "hubspot"},
      {"HubSpotMarked", "hubspot", false, false},
      {"HubSpotOauth", "hubspot", true},
      {"Salesforce", "salesforce", true},
      {"Zoho", "zoho", true},
      {"Odoo", "odoo"},
      {"OdooJson2", "odoo-json2"},
  };
  return kinds;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const CrmKind& kind : crm_kinds()) {
    cases.push_back({kind, DeliveryUnit::message});
    cases.push_back({kind, DeliveryUnit::day});
  }
  return cases;
}

std::vector<Case> token_cases() {
  std::vector<Case> cases = all_cases();
  std::erase_if(cases, [](const Case& each) { return !each.crm.tokens; });
  return cases;
}

std::vector<Case> secret_cases() {
  std::vector<Case> cases = all_cases();
  std::erase_if(cases, [](const Case& each) { return each.crm.tokens; });
  return cases;
}

}  // namespace elit::crm::faults
