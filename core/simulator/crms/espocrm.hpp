#pragma once

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/simulator/crms/simulated_crm.hpp"
#include "core/simulator/request_target.hpp"

namespace elit::simulator {

// A simulated EspoCRM 9 (docs.espocrm.com/development/api, github.com/espocrm/espocrm) with the entities Contact and
// Call, both with the text field cElitKey:
//
//   GET  /api/v1/App/user               the API user
//   GET  /api/v1/ENTITY?where[0][...]   records with a value in one field
//   GET  /api/v1/ENTITY/ID
//   POST /api/v1/ENTITY, PUT /api/v1/ENTITY/ID
//
// As in EspoCRM the reason of a refusal stands in the header X-Status-Reason, a call needs an assigned user, names have
// at most 100 characters and none of < > =, telephone numbers begin with + and have at least eight digits, and a new
// record with duplicates is refused with 409 and their list, unless X-Skip-Duplicate-Check is true. Contacts are
// compared by their names and by cElitKey, calls by cElitKey (SimulatedCrmFaults::duplicate_check).
class EspoCrm final : public SimulatedCrm {
 public:
  EspoCrm();

  [[nodiscard]] std::string_view name() const override { return "espocrm"; }
  HttpResponse answer(const HttpRequest& request, const CrmCall& call) override;
  [[nodiscard]] std::optional<HttpResponse> refusal(Trouble trouble) const override;

 private:
  HttpResponse serve(const HttpRequest& request, const CrmCall& call);
  [[nodiscard]] HttpResponse list(const std::string& entity, const RequestTarget& target) const;
  HttpResponse create(const std::string& entity, const HttpRequest& request, const CrmCall& call);
  HttpResponse update(const std::string& entity, const std::string& id, const HttpRequest& request,
                      const CrmCall& call);
  // What any write may be refused for.
  [[nodiscard]] std::optional<HttpResponse> refused(const std::string& entity, const boost::json::object& values,
                                                    const CrmCall& call) const;
  [[nodiscard]] std::optional<HttpResponse> wrong_link(const boost::json::object& values) const;
  [[nodiscard]] std::vector<const CrmRecord*> duplicates(const std::string& entity,
                                                         const boost::json::object& values) const;
};

inline constexpr std::string_view espo_api_user = "6707f0c1e5d4a2b31";  // its id

}  // namespace elit::simulator
