#pragma once

#include <boost/json/object.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/crm/exchange.hpp"
#include "tests/core/crm/fake_crm.hpp"

// Presets for the fake CRM, and work that they carry out.
namespace elit::crm::rig {

namespace json = boost::json;

Text text(std::string_view written);
Tree leaf(std::string_view written);
Tree object(std::vector<std::pair<std::string, Tree>> members);
// {"rows": [the tree for each item]}
Tree rows_of(Tree row);
Locator at(std::string pointer);
VerdictRule on_status(int status, Verdict verdict);
VerdictRule on_code(std::string code, Verdict verdict);

// The properties of a preset for the fake CRM.
struct Shape {
  Idempotency contacts = Idempotency::upsert;
  Idempotency activities = Idempotency::upsert;
  int contacts_max = 100;  // items of one request
  int activities_max = 100;
  bool by_place = false;  // results stand in the order of the request
  bool atomic = false;
  bool link = false;
};

SinkDesign design_of(const Shape& shape);
// Steps of such a preset; `kind` is "contact" or "activity".
Step find_step(const std::string& kind, StepItem item, Idempotency way, int items_max);
Step write_step(const Shape& shape, const std::string& kind, StepItem item, Idempotency way, int items_max);
CredentialValues secrets();

Contact contact(DeliveryUserId user);
// The key of the activity in the CRM is made of the user and `key`.
Activity activity(DeliveryUserId user, const std::string& key, std::vector<std::size_t> messages,
                  const std::string& written = "hello");
// One message for each of the users, in their order.
Exchange::Task task_of(const std::vector<DeliveryUserId>& users);

// The verdicts on the messages.
std::vector<Verdict> verdicts(const ExchangeResult& result);

// Carries the task out with the CRM.
ExchangeResult delivered_to(FakeCrm& crm, const SinkDesign& design, Exchange::Task task);

// 1 to `last`.
std::vector<DeliveryUserId> users_to(int last);

// Keeps records as the state does: later records replace earlier ones of the same key.
void keep(std::vector<RemoteRecord>& known, const std::vector<RemoteRecord>& learnt);

}  // namespace elit::crm::rig
