#include <algorithm>
#include <utility>

#include "core/simulator/crms/json_body.hpp"
#include "core/simulator/crms/odoo.hpp"
#include "core/simulator/crms/odoo_cell.hpp"

namespace elit::simulator {
namespace {

namespace json = boost::json;

constexpr std::string_view deleted_mark = " (deleted)";

json::array names_of(const json::object& arguments) {
  const json::array* names = array_member(arguments, "fields");
  return names == nullptr ? json::array() : *names;
}

json::object shown(const CrmRecord& record, const json::array& names) {
  json::object row;
  row["id"] = parse_integer(record.id).value_or(0);
  for (const json::value& value : names) {
    const std::string name = value.is_string() ? to_text(value.get_string()) : std::string();
    const json::value* property = record.properties.if_contains(name);
    const OdooField* field = find_odoo_field(record.object, name);
    if (field != nullptr && field->type == OdooType::reference && property != nullptr && property->is_int64()) {
      row[name] = json::array{*property, json::value(field->label)};
    } else if (field != nullptr) {
      row[name] = property == nullptr ? json::value(false) : *property;
    }
  }
  return row;
}

json::value value_of(const CrmRecord& record, const std::string& name) {
  if (name == "id") {
    return parse_integer(record.id).value_or(0);
  }
  const json::value* property = record.properties.if_contains(name);
  return property == nullptr ? json::value(false) : *property;
}

// A list of [field, "=" or "in", value]; all conditions must hold.
bool is_domain(const std::string& model, const json::array& domain) {
  return std::all_of(domain.begin(), domain.end(), [&](const json::value& part) {
    const json::array* term = part.if_array();
    if (term == nullptr || term->size() != 3 || !(*term)[0].is_string()) {
      return false;
    }
    const std::string name = to_text((*term)[0].get_string());
    const bool known = name == "id" || find_odoo_field(model, name) != nullptr;
    return known && ((*term)[1] == "=" || ((*term)[1] == "in" && (*term)[2].is_array()));
  });
}

bool fits(const CrmRecord& record, const json::array& domain) {
  return std::all_of(domain.begin(), domain.end(), [&](const json::value& part) {
    const json::array& term = part.get_array();
    const json::value value = value_of(record, to_text(term[0].get_string()));
    if (term[1] == "=") {
      return value == term[2];
    }
    const json::array& values = term[2].get_array();
    return std::find(values.begin(), values.end(), value) != values.end();
  });
}

std::size_t limit_of(const json::object& arguments) {
  const json::value* limit = arguments.if_contains("limit");
  const bool given = limit != nullptr && limit->is_int64() && limit->get_int64() > 0;
  return given ? static_cast<std::size_t>(limit->get_int64()) : std::size_t{1'000'000};
}

}  // namespace

// A message belongs to its contact, or to the contact of its lead. False: it has neither.
bool Odoo::link_to_contacts(const std::string& model, const json::object& values, std::set<std::string>& linked) const {
  if (const json::value* contact = values.if_contains("partner_id"); contact != nullptr && contact->is_int64()) {
    linked.insert(std::to_string(contact->get_int64()));
  }
  const json::value* id = values.if_contains("res_id");
  if (model != "mail.message" || id == nullptr) {
    return true;
  }
  const std::string document = text_member(values, "model").value_or("");
  const CrmRecord* record = id->is_int64() ? find(document, std::to_string(id->get_int64())) : nullptr;
  if (record == nullptr) {
    return false;
  }
  if (document == "res.partner") {
    linked.insert(record->id);
  } else {
    linked.insert(record->linked.begin(), record->linked.end());
  }
  return true;
}

Odoo::Outcome Odoo::create(const std::string& model, const json::object& arguments) {
  Outcome outcome;
  const json::value& given = arguments.at("vals_list");
  json::array list = given.is_array() ? given.get_array() : json::array{given};
  std::vector<Row> rows;
  for (const json::value& element : list) {
    Row& row = rows.emplace_back();
    outcome.thrown = read_values(model, element, row.values);
    if (outcome.thrown) {
      return outcome;
    }
    if (const auto reason = wrong_values(model, true, row)) {
      outcome.thrown = Thrown{"odoo.exceptions.ValidationError", reason->message, 422};
      return outcome;
    }
  }
  json::array ids;
  for (Row& row : rows) {
    ids.emplace_back(parse_integer(table_.create(model, std::move(row.values), std::move(row.linked))).value_or(0));
  }
  outcome.result = given.is_array() ? json::value(std::move(ids)) : ids.at(0);
  return outcome;
}

std::optional<Odoo::Thrown> Odoo::read_values(const std::string& model, const json::value& given,
                                              json::object& values) const {
  const json::object* members = given.if_object();
  if (members == nullptr) {
    return Thrown{"builtins.AttributeError", "'list' object has no attribute 'items'"};
  }
  for (const auto& member : *members) {
    const std::string name(member.key().data(), member.key().size());
    const OdooField* field = find_odoo_field(model, name);
    if (field == nullptr) {
      return Thrown{"builtins.ValueError", "Invalid field '" + name + "' on model '" + model + "'"};
    }
    values[name] = member.value();
    // A datetime is in UTC here.
    if (field->type == OdooType::datetime && !convert_cell(*field, member.value(), Milliseconds{0}).mistake.empty()) {
      return Thrown{"builtins.ValueError", "time data does not match format '%Y-%m-%d %H:%M:%S'"};
    }
  }
  return std::nullopt;
}

Odoo::Outcome Odoo::write(const std::string& model, const json::object& arguments) {
  Outcome outcome;
  Row row;
  outcome.thrown = read_values(model, arguments.at("vals"), row.values);
  if (outcome.thrown) {
    return outcome;
  }
  std::vector<std::string> ids;
  outcome.thrown = read_ids(model, arguments, ids);
  if (outcome.thrown) {
    return outcome;
  }
  if (const auto reason = wrong_values(model, false, row)) {
    outcome.thrown = Thrown{"odoo.exceptions.AccessError", reason->message, 403};
    return outcome;
  }
  for (const std::string& id : ids) {
    table_.update(model, id, row.values, row.linked);
  }
  outcome.result = true;
  return outcome;
}

std::optional<Odoo::Thrown> Odoo::read_ids(const std::string& model, const json::object& arguments,
                                           std::vector<std::string>& ids) const {
  const json::array* given = array_member(arguments, "ids");
  for (const json::value& value : given == nullptr ? json::array() : *given) {
    const std::string id = cell_text(value);
    if (find(model, id) == nullptr) {
      return Thrown{"odoo.exceptions.MissingError",
                    "Record does not exist or has been deleted.\n(Record: " + model + "(" + id + ",), User: 7)", 404};
    }
    ids.push_back(id);
  }
  return std::nullopt;
}

Odoo::Outcome Odoo::read(const std::string& model, const json::object& arguments) const {
  Outcome outcome;
  std::vector<std::string> ids;
  outcome.thrown = read_ids(model, arguments, ids);
  if (outcome.thrown) {
    return outcome;
  }
  json::array rows;
  for (const std::string& id : ids) {
    rows.push_back(shown(*find(model, id), names_of(arguments)));
  }
  outcome.result = std::move(rows);
  return outcome;
}

Odoo::Outcome Odoo::search_read(const std::string& model, const json::object& arguments) const {
  Outcome outcome;
  const json::array* given = array_member(arguments, "domain");
  const json::array domain = given == nullptr ? json::array() : *given;
  if (!is_domain(model, domain)) {
    outcome.thrown = Thrown{"builtins.ValueError", "Invalid field or operator in condition"};
    return outcome;
  }
  json::array rows;
  for (const CrmRecord* record : table_.all(model)) {
    if (rows.size() < limit_of(arguments) && fits(*record, domain)) {
      rows.push_back(shown(*record, names_of(arguments)));
    }
  }
  outcome.result = std::move(rows);
  return outcome;
}

bool Odoo::remove(const std::string& object, const std::string& id) {
  const CrmRecord* record = table_.find(object, id);
  if (record != nullptr) {
    external_ids_.erase(record->key);
  }
  return SimulatedCrm::remove(object, id);
}

// The table keeps the record under another object name and without its key.
Odoo::Outcome Odoo::unlink(const std::string& model, const json::object& arguments) {
  Outcome outcome;
  std::vector<std::string> ids;
  outcome.thrown = read_ids(model, arguments, ids);
  if (outcome.thrown) {
    return outcome;
  }
  for (const std::string& id : ids) {
    for (CrmRecord& record : records_) {
      if (record.object == model && record.id == id) {
        external_ids_.erase(record.key);
        record.object += deleted_mark;
        record.key.clear();
      }
    }
  }
  outcome.result = true;
  return outcome;
}

}  // namespace elit::simulator
