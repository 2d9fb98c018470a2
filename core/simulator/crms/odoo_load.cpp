#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

#include "core/simulator/crms/batch_results.hpp"
#include "core/simulator/crms/json_body.hpp"
#include "core/simulator/crms/odoo.hpp"
#include "core/simulator/crms/odoo_cell.hpp"

namespace elit::simulator {
namespace {

namespace json = boost::json;

constexpr std::size_t failures_max = 10;
constexpr const char* race = "could not serialize access due to concurrent update";

json::object place_of(std::size_t row) {
  json::object place;
  place["rows"] = json::object{{"from", row}, {"to", row}};
  place["record"] = row;
  return place;
}

json::object error_message(std::size_t row, const std::string& message, const std::string& field) {
  json::object said = place_of(row);
  said["type"] = "error";
  said["message"] = message;
  if (!field.empty()) {
    said["field"] = field;
  }
  return said;
}

bool updates(const json::object& context) {
  return text_member(context, "mode") == "update";
}

bool is_true(const json::object& context, std::string_view name) {
  const json::value* value = context.if_contains(json::string_view(name.data(), name.size()));
  return value != nullptr && *value == true;
}

json::object context_of(const json::object& arguments) {
  const json::object* context = object_member(arguments, "context");
  return context == nullptr ? json::object() : *context;
}

}  // namespace

Odoo::Outcome Odoo::load(const std::string& model, const json::object& arguments) {
  Outcome outcome;
  const json::array* names = array_member(arguments, "fields");
  const json::array* data = array_member(arguments, "data");
  if (names == nullptr || data == nullptr) {
    outcome.thrown = Thrown{"builtins.TypeError", "fields and data are lists"};
    return outcome;
  }
  std::string unknown;
  const std::optional<std::vector<Column>> columns = read_columns(model, *names, unknown);
  if (!columns) {
    outcome.thrown = Thrown{"builtins.ValueError", "Invalid field name '" + unknown + "'"};
    return outcome;
  }
  const json::object context = context_of(arguments);
  std::vector<Row> rows(data->size());
  std::set<std::string> seen;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const json::array* cells = (*data)[i].if_array();
    if (cells == nullptr || cells->size() != columns->size()) {
      outcome.thrown = Thrown{"builtins.IndexError", "list index out of range"};
      return outcome;
    }
    convert(*cells, *columns, context, rows[i]);
    judge(model, *cells, context, seen, rows[i]);
  }
  json::array messages = failures(rows);
  json::object said;
  said["ids"] = messages.empty() ? json::value(write_rows(model, context, rows)) : json::value(false);
  said["messages"] = std::move(messages);
  said["nextrow"] = 0;
  outcome.result = std::move(said);
  return outcome;
}

// First the cells that could not be converted, row by row; then single rows, because writing all at once failed.
json::array Odoo::failures(const std::vector<Row>& rows) {
  json::array messages;
  std::vector<json::object> later;
  std::optional<json::object> of_all;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].reason) {
      continue;
    }
    json::object message = error_message(i, rows[i].reason->message, rows[i].reason->field);
    if (!rows[i].reason->field.empty()) {
      messages.push_back(std::move(message));
      continue;
    }
    if (later.empty() && rows[i].reason->of_business) {
      of_all = error_message(0, rows[i].reason->message, "");
    }
    if (later.size() < failures_max) {
      later.push_back(std::move(message));
    }
  }
  const bool stopped = later.size() == failures_max;
  const bool known = of_all && std::find(later.begin(), later.end(), *of_all) != later.end();
  if (of_all && !known) {
    messages.insert(messages.begin(), json::value(*std::move(of_all)));
  }
  for (json::object& message : later) {
    messages.push_back(std::move(message));
  }
  if (stopped) {
    json::object warning;
    warning["type"] = "warning";
    warning["message"] =
        "Found more than 10 errors and more than one error per 10 records, interrupted to avoid showing too many "
        "errors.";
    messages.push_back(std::move(warning));
  }
  return messages;
}

std::optional<std::vector<Odoo::Column>> Odoo::read_columns(const std::string& model, const json::array& names,
                                                            std::string& unknown) const {
  std::vector<Column> columns;
  for (const json::value& value : names) {
    const std::string path = value.is_string() ? to_text(value.get_string()) : std::string();
    Column column;
    const std::size_t slash = path.find('/');
    const std::string name = path.substr(0, slash);
    column.part = slash == std::string::npos ? std::string() : path.substr(slash + 1);
    column.field = find_odoo_field(model, name);
    // Version 19 has one number for a partner.
    const bool gone = is_version_19_ && model == "res.partner" && name == "mobile";
    const bool has_parts = column.field != nullptr && column.field->type == OdooType::reference;
    const bool good_part = column.part.empty() || (has_parts && (column.part == "id" || column.part == ".id"));
    if (path != "id" && (column.field == nullptr || gone || !good_part)) {
      unknown = path;
      return std::nullopt;
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

void Odoo::convert(const json::array& cells, const std::vector<Column>& columns, const json::object& context,
                   Row& row) const {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Column& column = columns[i];
    if (column.field == nullptr) {
      row.external_id = cells[i].is_string() ? to_text(cells[i].get_string()) : std::string();
      continue;
    }
    OdooCell cell = column.field->type == OdooType::reference && !is_empty_cell(cells[i])
                        ? referred(column, cell_text(cells[i]))
                        : convert_cell(*column.field, cells[i], user_offset(context));
    if (!cell.mistake.empty()) {
      row.reason = Reason{cell.mistake, false, column.field->name};
    }
    row.values[column.field->name] = std::move(cell.value);
  }
}

Milliseconds Odoo::user_offset(const json::object& context) const {
  return text_member(context, "tz") == "UTC" ? Milliseconds{0} : options_.user_offset;
}

OdooCell Odoo::referred(const Column& column, const std::string& text) const {
  const std::string model(column.field->refers_to);
  OdooCell cell;
  std::optional<std::int64_t> id;
  if (column.part == "id") {
    const CrmRecord* record = table_.find_key(model, text);
    id = record != nullptr && record->object == model ? parse_integer(record->id) : shipped_record(model, text);
  } else if (column.part == ".id") {
    id = find(model, text) != nullptr ? parse_integer(text) : std::nullopt;
  } else {
    for (const CrmRecord* record : table_.all(model)) {
      id = text_member(record->properties, "name") == text ? parse_integer(record->id) : id;
    }
  }
  if (id) {
    cell.value = *id;
    return cell;
  }
  const char* what = column.part == "id" ? "external id" : column.part == ".id" ? "database id" : "name";
  cell.mistake =
      "No matching record found for " + std::string(what) + " '" + text + "' in field '" + column.field->label + "'";
  return cell;
}

void Odoo::judge(const std::string& model, const json::array& cells, const json::object& context,
                 std::set<std::string>& seen, Row& row) const {
  const bool repeated = !row.external_id.empty() && !seen.insert(row.external_id).second;
  const auto known = external_ids_.find(row.external_id);
  if (!row.external_id.empty()) {
    const CrmRecord* present = table_.find_key(model, row.external_id);
    row.present = present != nullptr && present->object == model ? present->id : "";
  }
  // The second of two rows with one external id finds the record that the first one made.
  const bool is_there = !row.present.empty() || repeated;
  const bool noupdate =
      row.present.empty() ? is_true(context, "noupdate") : known != external_ids_.end() && known->second.noupdate;
  row.left_alone = is_there && noupdate && updates(context);
  if (row.reason) {
    return;
  }
  if (faults_.locked.active(elapsed_) || holds_text(cells, faults_.locked_text) ||
      (!row.external_id.empty() && table_.being_written(model, row.external_id)) ||
      (!row.present.empty() && table_.being_written(model, row.present))) {
    row.reason = Reason{race, false, ""};
  } else if (faults_.forbidden.active(elapsed_)) {
    row.reason = Reason{"You are not allowed to create '" + std::string(label_of_model(model)) + "' (" + model +
                            ") records.\n\nContact your administrator to request access if necessary.",
                        true, ""};
  } else if (holds_text(cells, faults_.refused_text)) {
    row.reason = Reason{"The record was refused on request", true, ""};
  } else if (auto wrong = wrong_external_id(model, row)) {
    row.reason = std::move(wrong);
  } else if (!row.left_alone) {
    row.reason = wrong_values(model, !is_there, row);
  }
}

std::optional<Odoo::Reason> Odoo::wrong_external_id(const std::string& model, const Row& row) const {
  const std::string& id = row.external_id;
  if (id.empty()) {
    return std::nullopt;
  }
  if (id.find(' ') != std::string::npos) {
    return Reason{"External IDs cannot contain spaces", false, ""};
  }
  const std::size_t dot = id.find('.');
  if (dot == std::string::npos || dot == 0 || dot + 1 == id.size()) {
    return Reason{"An external ID is a module and a name with a dot between them", false, ""};
  }
  const auto known = external_ids_.find(id);
  if (known != external_ids_.end() && known->second.model != model) {
    return Reason{"For external id " + id + " when trying to create/update a record of model " + model +
                      " found record of different model " + known->second.model,
                  true, ""};
  }
  return std::nullopt;
}

std::optional<Odoo::Reason> Odoo::wrong_values(const std::string& model, bool is_new, Row& row) const {
  const json::value* name = row.values.if_contains("name");
  const bool nameless = name == nullptr ? is_new : is_empty_cell(*name);
  if (model == "res.partner" && nameless) {
    return Reason{"Contacts require a name", false, ""};
  }
  if (model == "crm.lead" && nameless) {
    return Reason{"Missing required value for the field 'Opportunity' (name)", false, ""};
  }
  if (model == "mail.message" && !is_new && (row.values.contains("model") || row.values.contains("res_id"))) {
    return Reason{"Only administrators can modify 'model' and 'res_id' fields.", true, ""};
  }
  if (!link_to_contacts(model, row.values, row.linked)) {
    return Reason{
        "The requested operation cannot be completed due to security restrictions. Please contact your system "
        "administrator.\n\n(Document type: Message, Operation: create)",
        true, ""};
  }
  return std::nullopt;
}

json::array Odoo::write_rows(const std::string& model, const json::object& context, std::vector<Row>& rows) {
  json::array ids;
  std::map<std::string, std::string> made;  // created in this call, by external id
  for (Row& row : rows) {
    std::string id;
    if (!row.external_id.empty()) {
      const auto known = made.find(row.external_id);
      id = row.left_alone ? (known == made.end() ? row.present : known->second) : write_row(model, context, row);
      made[row.external_id] = id;
    } else if (!updates(context)) {
      id = table_.create(model, std::move(row.values), std::move(row.linked));
    } else {
      continue;  // the real one skips it without a message
    }
    ids.emplace_back(parse_integer(id).value_or(0));
  }
  return mentioned(std::move(ids), faults_);
}

std::string Odoo::write_row(const std::string& model, const json::object& context, Row& row) {
  if (!external_ids_.contains(row.external_id)) {
    external_ids_[row.external_id] = ExternalId{model, is_true(context, "noupdate")};
  }
  // The key of a deleted record still refers to it.
  const CrmRecord* remains = table_.find_key(model, row.external_id);
  if (remains != nullptr && remains->object != model) {
    return table_.create(model, std::move(row.values), std::move(row.linked), row.external_id);
  }
  return table_.upsert(model, row.external_id, std::move(row.values), std::move(row.linked)).id;
}

}  // namespace elit::simulator
