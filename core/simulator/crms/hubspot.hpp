#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/simulator/crms/hubspot_errors.hpp"
#include "core/simulator/crms/hubspot_properties.hpp"
#include "core/simulator/crms/simulated_crm.hpp"

namespace elit::simulator {

// A simulated HubSpot with contacts, communications and notes. VER in a path is any YYYY-MM. It follows the
// descriptions at developers.hubspot.com/docs/api-reference and in the published specifications of 2026-03 and 2026-09:
//
//   POST /oauth/VER/token                                         a form; refresh tokens only; tokens last 30 minutes
//   GET  /crm/properties/VER/OBJECT/NAME, POST /crm/properties/VER/OBJECT
//   POST /crm/objects/VER/OBJECT/batch/upsert, create, update (by record id) or read    100 records
//   POST /crm/associations/VER/FROM/TO/batch/associate/default    2000 pairs
//   POST /crm/associations/VER/FROM/TO/batch/read                 1000 records, 500 associations of each at a time
//
// The static token is vendor_api_key. Without objectWriteTraceId one bad record makes the whole batch fail; with one in
// every record the good records are written and the answer is 207. Where the documentation is silent, the simulation is
// strict: unknown members are refused; texts are measured in UTF-16 units; overlapping writes do not see each other.
class HubSpot final : public SimulatedCrm {
 public:
  HubSpot();

  [[nodiscard]] std::string_view name() const override { return "hubspot"; }
  HttpResponse answer(const HttpRequest& request, const CrmCall& call) override;
  [[nodiscard]] std::optional<HttpResponse> refusal(Trouble trouble) const override;

 private:
  enum class Batch : std::uint8_t { upsert, create, update };

  // A record as a client sends it.
  struct Input {
    std::string id;
    std::string id_property;
    std::string trace_id;
    boost::json::object properties;
    std::set<std::string> contacts;  // to link the record to
  };

  // The result of a batch: `results` and `errors` of the answer.
  struct Outcome {
    boost::json::array results;
    boost::json::array errors;
  };

  HttpResponse token(const HttpRequest& request, const CrmCall& call);
  [[nodiscard]] std::optional<HttpResponse> not_admitted(const HttpRequest& request, const CrmCall& call);
  [[nodiscard]] std::optional<HttpResponse> not_authentic(const HttpRequest& request) const;
  void add_limits(HttpResponse& answer) const;
  HttpResponse no_such_address();

  HttpResponse serve(const HttpRequest& request, const std::vector<std::string>& path, const CrmCall& call);
  HttpResponse serve_properties(const HttpRequest& request, const std::vector<std::string>& path);
  HttpResponse serve_objects(const boost::json::object& body, const std::string& object, const std::string& verb,
                             const CrmCall& call);
  HttpResponse serve_associations(const boost::json::object& body, const std::vector<std::string>& path,
                                  const CrmCall& call);

  HttpResponse write_batch(const std::string& object, Batch batch, const boost::json::object& body,
                           const CrmCall& call);
  [[nodiscard]] std::optional<HubSpotError> read_inputs(const std::string& object, Batch batch,
                                                        const boost::json::object& body, std::vector<Input>& inputs);
  [[nodiscard]] std::optional<HubSpotError> read_input(const std::string& object, Batch batch,
                                                       const boost::json::object& element, Input& input) const;
  [[nodiscard]] std::optional<HubSpotError> judge(const std::string& object, Batch batch, const Input& input) const;
  boost::json::object write(const std::string& object, Batch batch, Input input, const CrmCall& call);
  RecordTable::Written put(const std::string& object, Batch batch, const Input& input,
                           const boost::json::object& values);

  HttpResponse read_batch(const std::string& object, const boost::json::object& body, const CrmCall& call) const;
  HttpResponse associate(const boost::json::object& body, const std::string& from, const std::string& to,
                         const CrmCall& call);
  HttpResponse read_associations(const boost::json::object& body, const std::string& from, const std::string& to,
                                 const CrmCall& call) const;
  [[nodiscard]] std::vector<std::string> associated(const std::string& from, const std::string& to,
                                                    const std::string& id) const;

  [[nodiscard]] HttpResponse refuse(HubSpotError error) const { return hubspot_answer(error, counts_.requests); }
  [[nodiscard]] HttpResponse batch_answer(int good_status, Outcome outcome, const CrmCall& call) const;
  [[nodiscard]] const CrmRecord* with_email(const std::string& email) const;
  [[nodiscard]] std::string unique_value(const std::string& object, const boost::json::object& values) const;

  HubSpotProperties properties_;
  std::deque<Milliseconds> calls_;  // of the last 10 seconds, since the start of the simulator
};

}  // namespace elit::simulator
