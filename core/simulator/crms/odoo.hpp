#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/simulator/crms/odoo_cell.hpp"
#include "core/simulator/crms/odoo_schema.hpp"
#include "core/simulator/crms/simulated_crm.hpp"
#include "core/simulator/request_target.hpp"

namespace elit::simulator {

struct OdooOptions {
  // How far the time zone of the integration's user is ahead of UTC. load() reads datetimes in it unless the context
  // says tz: UTC.
  Milliseconds user_offset{std::chrono::hours{1}};
};

// A simulated database of Odoo: JSON-RPC as in version 18
// (https://www.odoo.com/documentation/18.0/developer/reference/external_api.html) and JSON-2 as in version 19
// (https://www.odoo.com/documentation/19.0/developer/reference/external_api.html).
//
//   POST /jsonrpc                 common.version, common.authenticate, object.execute_kw
//   POST /json/2/MODEL/METHOD
//
// Models are res.partner, mail.message and crm.lead; methods are load, create, write, read, search_read, unlink and
// fields_get. JSON-2 does not know a field that version 19 dropped (mobile of res.partner). The user is an ordinary one
// with rights to these three; database, login and key are vendor_database, vendor_login and vendor_api_key. load()
// writes all rows or none, and follows the rules of the real one:
//   - a record keeps the noupdate flag of the call that created it; with mode "update" it does not change such a
//   record;
//   - without it, `model` and `res_id` of an existing message are only for administrators, in every row that names
//   them;
//   - when rows fail for a reason of the business (not of conversion or of the database), the reason of the first one
//     is also listed for record 0, whether that record is valid or not;
//   - after ten failures it stops.
// A missing right is such a reason as well: it fails the rows, not the call. A revoked key is refused as long as
// SimulatedCrmFaults::tokens_revoked holds, since Odoo gives out no others; too many logins look like a wrong password.
class Odoo : public SimulatedCrm {
 public:
  explicit Odoo(OdooOptions options = {}) : options_(options) {}

  [[nodiscard]] std::string_view name() const override { return "odoo"; }
  HttpResponse answer(const HttpRequest& request, const CrmCall& call) override;
  bool remove(const std::string& object, const std::string& id) override;

 private:
  // An exception of the server, with the status that JSON-2 gives it.
  struct Thrown {
    std::string name;
    std::string message;
    int status = 500;
  };
  struct Outcome {
    boost::json::value result;
    std::optional<Thrown> thrown;
  };
  // An error of load() in a row.
  struct Reason {
    std::string message;
    bool of_business = true;  // a UserError; otherwise conversion or the database
    std::string field;        // of a conversion
  };
  struct Row {
    std::string external_id;  // empty: none
    boost::json::object values;
    std::set<std::string> linked;
    std::string present;  // the id of the record with that external id; empty: there is none
    bool left_alone = false;
    std::optional<Reason> reason;
  };
  struct Column {
    const OdooField* field = nullptr;  // null: the external id
    std::string part;                  // of a reference: id for an external id, .id for an id, empty for a name
  };
  struct ExternalId {
    std::string model;
    bool noupdate = false;
  };

  HttpResponse json_rpc(const HttpRequest& request);
  Outcome common(const std::string& method, const boost::json::array& arguments);
  Outcome execute(const boost::json::array& arguments);
  HttpResponse json_2(const HttpRequest& request, const RequestTarget& target);
  [[nodiscard]] bool knows_key(std::string_view key) const;

  Outcome call_method(const std::string& model, const std::string& method, const boost::json::object& arguments);
  [[nodiscard]] std::optional<Thrown> refused_access(const std::string& model, const std::string& method) const;
  Outcome load(const std::string& model, const boost::json::object& arguments);
  [[nodiscard]] std::optional<std::vector<Column>> read_columns(const std::string& model,
                                                                const boost::json::array& names,
                                                                std::string& unknown) const;
  void convert(const boost::json::array& cells, const std::vector<Column>& columns, const boost::json::object& context,
               Row& row) const;
  [[nodiscard]] Milliseconds user_offset(const boost::json::object& context) const;
  [[nodiscard]] OdooCell referred(const Column& column, const std::string& text) const;
  void judge(const std::string& model, const boost::json::array& cells, const boost::json::object& context,
             std::set<std::string>& seen, Row& row) const;
  [[nodiscard]] std::optional<Reason> wrong_external_id(const std::string& model, const Row& row) const;
  [[nodiscard]] std::optional<Reason> wrong_values(const std::string& model, bool is_new, Row& row) const;
  [[nodiscard]] static boost::json::array failures(const std::vector<Row>& rows);
  boost::json::array write_rows(const std::string& model, const boost::json::object& context, std::vector<Row>& rows);
  std::string write_row(const std::string& model, const boost::json::object& context, Row& row);

  [[nodiscard]] bool link_to_contacts(const std::string& model, const boost::json::object& values,
                                      std::set<std::string>& linked) const;
  [[nodiscard]] std::optional<Thrown> read_values(const std::string& model, const boost::json::value& given,
                                                  boost::json::object& values) const;
  [[nodiscard]] std::optional<Thrown> read_ids(const std::string& model, const boost::json::object& arguments,
                                               std::vector<std::string>& ids) const;
  Outcome create(const std::string& model, const boost::json::object& arguments);
  Outcome write(const std::string& model, const boost::json::object& arguments);
  Outcome read(const std::string& model, const boost::json::object& arguments) const;
  Outcome search_read(const std::string& model, const boost::json::object& arguments) const;
  Outcome unlink(const std::string& model, const boost::json::object& arguments);

  // The record that is in effect and was not deleted; null: there is none.
  [[nodiscard]] const CrmRecord* find(const std::string& model, const std::string& id) const;

  OdooOptions options_;
  Milliseconds elapsed_{0};  // of the current call
  bool is_version_19_ = false;
  std::map<std::string, ExternalId> external_ids_;
};

}  // namespace elit::simulator
