#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/simulator/crms/salesforce_schema.hpp"
#include "core/simulator/crms/salesforce_values.hpp"
#include "core/simulator/crms/simulated_crm.hpp"
#include "core/simulator/request_target.hpp"

namespace elit::simulator {

struct SalesforceOptions {
  // PEM of the public key whose private half signs the assertions of the JWT bearer grant; empty: any signature of a
  // well-formed assertion is accepted.
  std::string assertion_key;
  // The calls allowed in 24 hours; further calls, and all calls under SimulatedCrmFaults::quota_spent, get 403.
  int calls_per_day = 100'000;
  std::vector<SalesforceField> fields = sample_salesforce_fields();
};

// A simulated organisation of Salesforce (https://developer.salesforce.com/docs/platform/api-rest/guide/):
//
//   POST  /services/oauth2/token                                  client_credentials, jwt-bearer
//   GET   /services/data/vNN.0/sobjects/OBJECT/describe
//   PATCH /services/data/vNN.0/composite/sobjects/OBJECT/FIELD     upsert of a collection
//   PATCH /services/data/vNN.0/sobjects/OBJECT/FIELD/VALUE         upsert of one record
//   GET   /services/data/vNN.0/query?q=SELECT ... FROM ... [WHERE ...] [LIMIT n]
//
// The user of the JWT bearer grant is vendor_login, its audience login.salesforce.com, test.salesforce.com or the base
// URL of the call, its time to expiry at most three minutes. Sessions last two hours, and the reply does not say
// so. Where the documentation is silent: names are compared without case and external ids with it, lengths are counted
// in UTF-16 units, a malformed record makes its whole call fail, every record is refused whose external id appears
// twice in a call, and a record is locked while a slow commit writes it or its parent.
class Salesforce : public SimulatedCrm {
 public:
  explicit Salesforce(SalesforceOptions options = {});

  [[nodiscard]] std::string_view name() const override { return "salesforce"; }
  HttpResponse answer(const HttpRequest& request, const CrmCall& call) override;
  [[nodiscard]] std::optional<HttpResponse> refusal(Trouble trouble) const override;

 private:
  // One record of an upsert.
  struct Row {
    std::string key;
    boost::json::object properties;
    std::set<std::string> linked;
    std::optional<SalesforceError> error;
  };

  HttpResponse give_token(const HttpRequest& request, const CrmCall& call);
  [[nodiscard]] std::optional<std::string> assertion_mistake(std::string_view assertion, const CrmCall& call) const;
  HttpResponse serve(const HttpRequest& request, const RequestTarget& target);
  [[nodiscard]] bool quota_is_spent() const;
  void count_call(Instant now);
  [[nodiscard]] bool comes_too_fast() const;
  HttpResponse route(const HttpRequest& request, const RequestTarget& target, int version);

  HttpResponse upsert_collection(const HttpRequest& request, const std::string& object, const std::string& field);
  HttpResponse upsert_one(const HttpRequest& request, const std::string& object, const std::string& field,
                          const std::string& key);
  [[nodiscard]] const SalesforceField* external_id(const std::string& object, const std::string& field) const;
  [[nodiscard]] std::optional<SalesforceError> read_row(const boost::json::object& record, const SalesforceField& key,
                                                        Row& row) const;
  [[nodiscard]] std::optional<SalesforceError> read_parent(const SalesforceField& reference,
                                                           const boost::json::value& value, Row& row) const;
  void link(const SalesforceField& reference, const CrmRecord* parent, SalesforceError missing, Row& row) const;
  void judge(const boost::json::object& record, const SalesforceField& key, Row& row) const;
  void refuse_repeated_keys(std::vector<Row>& rows, const SalesforceField& key);

  static void roll_back_if_any_failed(std::vector<Row>& rows);

  HttpResponse query(const std::string& version, std::string_view text);
  HttpResponse wrong_method(const HttpRequest& request, const std::string& allowed);
  HttpResponse refuse(int status, const SalesforceError& error);
  HttpResponse refuse(int status, std::string code, std::string message);

  SalesforceOptions options_;
  Milliseconds elapsed_{0};  // of the current call
  int calls_ = 0;            // since day_begin_
  std::optional<Instant> day_begin_;
  std::deque<Instant> latest_calls_;  // of the last ten seconds
};

// An answer with a failure: an array with one error.
[[nodiscard]] HttpResponse salesforce_error(int status, const SalesforceError& error);

}  // namespace elit::simulator
