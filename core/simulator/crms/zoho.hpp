#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/simulator/crms/simulated_crm.hpp"
#include "core/simulator/request_target.hpp"

namespace elit::simulator {

// A simulated Zoho CRM (zoho.com/crm/developer/docs/api/v8, github.com/zoho/crm-oas version 8.0). Its accounts host and
// its API host are the same, as api_domain of the token reply says:
//
//   POST /oauth/v2/token                       query or form; refresh tokens only; tokens last an hour; a wrong client
//                                              or refresh token is refused with status 200
//   POST /crm/v8/MODULE/upsert                 data and duplicate_check_fields; 100 records; not for Notes
//   POST /crm/v8/Notes, PUT /crm/v8/Notes      no key: a repeated POST is a second note
//   GET  /crm/v8/MODULE/ID/Notes?fields=       the notes of a record, 200 a page; 204: it has none
//   GET  /crm/v8/MODULE/search?criteria=       one condition, or several of "and" or of "or"; 204: nothing found
//
// Any module that is not one of Zoho's is a custom module of the operator. Answers list results in the order of the
// request: 200 (Notes: 201), 207 when mixed, 400 when all are refused. Where the documentation is silent, the
// simulation is strict: texts are measured in UTF-16 units, and overlapping writes do not see each other. As
// documented, `equals` in a search finds everything that contains the value.
class Zoho final : public SimulatedCrm {
 public:
  Zoho();

  [[nodiscard]] std::string_view name() const override { return "zoho"; }
  HttpResponse answer(const HttpRequest& request, const CrmCall& call) override;
  [[nodiscard]] std::optional<HttpResponse> refusal(Trouble trouble) const override;

 private:
  HttpResponse token(const HttpRequest& request, const RequestTarget& target, const CrmCall& call);
  [[nodiscard]] std::optional<HttpResponse> not_admitted(const HttpRequest& request, const CrmCall& call) const;
  HttpResponse serve(const HttpRequest& request, const RequestTarget& target, const CrmCall& call);
  HttpResponse serve_records(const HttpRequest& request, const RequestTarget& target, const CrmCall& call);
  HttpResponse serve_notes(const HttpRequest& request, const CrmCall& call);

  HttpResponse upsert(const std::string& module, const HttpRequest& request, const CrmCall& call);
  boost::json::object upsert_one(const std::string& module, const boost::json::object& values,
                                 const std::vector<std::string>& fields, std::size_t index, const CrmCall& call);
  boost::json::object write_note(const boost::json::object& values, bool creating, std::size_t index,
                                 const CrmCall& call);

  [[nodiscard]] HttpResponse search(const std::string& module, const RequestTarget& target) const;
  [[nodiscard]] HttpResponse notes_of(const std::string& module, const std::string& id,
                                      const RequestTarget& target) const;

  // A refusal that any record may get: requested by a fault, locked, or with wrong values.
  [[nodiscard]] std::optional<boost::json::object> refused(const std::string& module, const boost::json::object& values,
                                                           bool creating, std::size_t index, const CrmCall& call) const;
  [[nodiscard]] const CrmRecord* duplicate(const std::string& module, const boost::json::object& values,
                                           const std::vector<std::string>& fields, std::string& field) const;
  // The contacts that lookup fields refer to; a refusal when one refers to none.
  [[nodiscard]] std::optional<boost::json::object> read_lookups(const boost::json::object& values, std::size_t index,
                                                                std::set<std::string>& contacts) const;
  [[nodiscard]] boost::json::object details(const std::string& module, const std::string& id,
                                            const CrmCall& call) const;
  [[nodiscard]] HttpResponse results(boost::json::array list, int good_status) const;
};

}  // namespace elit::simulator
