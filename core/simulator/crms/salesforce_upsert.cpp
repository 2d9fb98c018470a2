#include <boost/json/array.hpp>

#include <map>
#include <utility>

#include "core/letter_case.hpp"
#include "core/simulator/crms/batch_results.hpp"
#include "core/simulator/crms/json_body.hpp"
#include "core/simulator/crms/salesforce.hpp"

namespace elit::simulator {
namespace {

namespace json = boost::json;

constexpr std::size_t records_max = 200;

std::string name_of(const json::key_value_pair& member) {
  return {member.key().data(), member.key().size()};
}

std::string attributes_type(const json::object& record) {
  const json::object* attributes = object_member(record, "attributes");
  return attributes == nullptr ? std::string() : text_member(*attributes, "type").value_or("");
}

SalesforceError mistake(std::string code, std::string message, std::vector<std::string> fields = {}) {
  SalesforceError error;
  error.code = std::move(code);
  error.message = std::move(message);
  error.fields = std::move(fields);
  return error;
}

SalesforceError locked(const std::string& id) {
  return mistake("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records: " + id);
}

json::object failure(const SalesforceError& error) {
  json::object said;
  said["statusCode"] = error.code;
  said["message"] = error.message;
  said["fields"] = json::array(error.fields.begin(), error.fields.end());
  json::object result;
  result["success"] = false;
  result["errors"] = json::array{std::move(said)};
  return result;
}

json::object success(const RecordTable::Written& written) {
  json::object result;
  result["id"] = written.id;
  result["success"] = true;
  result["errors"] = json::array();
  result["created"] = written.created;
  return result;
}

struct Collection {
  bool all_or_none = false;
  json::array records;
};

// The error of the call as a whole; absent: none.
std::optional<SalesforceError> read_collection(const std::string& body, const std::string& object,
                                               Collection& collection) {
  std::optional<json::object> call = read_json_object(body);
  if (!call) {
    return mistake("JSON_PARSER_ERROR", "The HTTP entity body is required and must be a JSON object");
  }
  json::value* records = call->if_contains("records");
  if (records == nullptr || !records->is_array() || records->get_array().empty()) {
    return mistake("JSON_PARSER_ERROR", "The request body must contain a list of records");
  }
  if (const json::value* all_or_none = call->if_contains("allOrNone")) {
    if (!all_or_none->is_bool()) {
      return mistake("JSON_PARSER_ERROR", "Cannot deserialize instance of boolean: allOrNone");
    }
    collection.all_or_none = all_or_none->get_bool();
  }
  collection.records = std::move(records->get_array());
  if (collection.records.size() > records_max) {
    return mistake("EXCEEDED_ID_LIMIT", "record limit reached. cannot submit more than 200 records into this call");
  }
  for (const json::value& record : collection.records) {
    const std::string type = record.is_object() ? attributes_type(record.get_object()) : std::string();
    if (type.empty()) {
      return mistake("INVALID_FIELD", "Each record must contain an attributes map with a type");
    }
    if (!equal_without_case(type, object)) {
      return mistake("INVALID_FIELD", "The type " + type + " is not that of the request URI: " + object);
    }
  }
  return std::nullopt;
}

}  // namespace

const SalesforceField* Salesforce::external_id(const std::string& object, const std::string& field) const {
  const SalesforceField* found = find_field(options_.fields, object, field);
  return found != nullptr && found->external_id ? found : nullptr;
}

HttpResponse Salesforce::upsert_collection(const HttpRequest& request, const std::string& object,
                                           const std::string& field) {
  const SalesforceField* key = external_id(object, field);
  if (key == nullptr) {
    return refuse(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: " + field);
  }
  Collection collection;
  if (const auto error = read_collection(request.body, object, collection)) {
    return refuse(400, *error);
  }
  std::vector<Row> rows(collection.records.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const json::object& record = collection.records[i].get_object();
    if (const auto error = read_row(record, *key, rows[i])) {
      return refuse(400, *error);
    }
    judge(record, *key, rows[i]);
  }
  refuse_repeated_keys(rows, *key);
  if (collection.all_or_none) {
    roll_back_if_any_failed(rows);
  }
  json::array results;
  for (Row& row : rows) {
    results.push_back(row.error ? failure(*row.error)
                                : success(table_.upsert(object, row.key, std::move(row.properties), row.linked)));
  }
  return json_answer(200, mentioned(std::move(results), faults_));
}

void Salesforce::roll_back_if_any_failed(std::vector<Row>& rows) {
  bool failed = false;
  for (const Row& row : rows) {
    failed = failed || row.error.has_value();
  }
  for (Row& row : rows) {
    if (failed && !row.error) {
      row.error = mistake("ALL_OR_NONE_OPERATION_ROLLED_BACK",
                          "Record rolled back because not all records were valid and the request was using AllOrNone "
                          "header");
    }
  }
}

HttpResponse Salesforce::upsert_one(const HttpRequest& request, const std::string& object, const std::string& field,
                                    const std::string& key_text) {
  const SalesforceField* key = external_id(object, field);
  if (key == nullptr) {
    return refuse(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: " + field);
  }
  std::optional<json::object> record = read_json_object(request.body);
  if (!record) {
    return refuse(400, "JSON_PARSER_ERROR", "The HTTP entity body is required and must be a JSON object");
  }
  for (const auto& member : *record) {
    if (equal_without_case(name_of(member), key->name)) {
      return refuse(400, "INVALID_FIELD", "The " + key->name + " field should not be specified in the sobject data.");
    }
  }
  (*record)[key->name] = key_text;
  Row row;
  if (const auto wrong = read_row(*record, *key, row)) {
    return refuse(400, *wrong);
  }
  judge(*record, *key, row);
  if (row.error) {
    return salesforce_error(400, *row.error);
  }
  const RecordTable::Written written = table_.upsert(object, row.key, std::move(row.properties), row.linked);
  return json_answer(written.created ? 201 : 200, success(written));
}

// Returns the error of an unreadable value, which makes the call fail. A value that must not be stored becomes an
// error of its row.
std::optional<SalesforceError> Salesforce::read_row(const json::object& record, const SalesforceField& key,
                                                    Row& row) const {
  for (const auto& member : record) {
    const std::string name = name_of(member);
    if (name == "attributes") {
      continue;
    }
    if (equal_without_case(name, "Id")) {
      return mistake("INVALID_FIELD", "The Id field should not be specified in the sobject data.");
    }
    if (const SalesforceField* parent = find_relationship(options_.fields, key.object, name)) {
      if (auto error = read_parent(*parent, member.value(), row)) {
        return error;
      }
      continue;
    }
    const SalesforceField* field = find_field(options_.fields, key.object, name);
    if (field == nullptr) {
      return mistake("INVALID_FIELD", "No such column '" + name + "' on sobject of type " + key.object);
    }
    if (auto error = unreadable(*field, member.value())) {
      return error;
    }
    if (auto error = unacceptable(*field, member.value(), faults_.text_length_max); error && !row.error) {
      row.error = std::move(error);
    }
    if (field->type == SalesforceType::reference && member.value().is_string()) {
      link(*field, table_.find(field->refers_to, to_text(member.value().get_string())),
           mistake("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", {field->name}), row);
    }
    row.properties[field->name] = stored(member.value());
  }
  row.key = text_member(row.properties, key.name).value_or("");
  return std::nullopt;
}

// A parent, named by its external id: {"Elit_User__c": "u1"}; a reference to several objects also names its type.
std::optional<SalesforceError> Salesforce::read_parent(const SalesforceField& reference, const json::value& value,
                                                       Row& row) const {
  const json::object* named = value.if_object();
  const SalesforceField* field = nullptr;
  std::string key;
  std::size_t names = 0;
  if (named != nullptr) {
    for (const auto& member : *named) {
      if (name_of(member) != "attributes") {
        ++names;
        field = external_id(reference.refers_to, name_of(member));
        key = text_member(*named, name_of(member)).value_or("");
      }
    }
  }
  if (field == nullptr || names != 1) {
    return mistake("INVALID_FIELD",
                   "More than 1 field provided in an external foreign key reference in entity: " + reference.refers_to);
  }
  if (reference.relationship == "Who" && attributes_type(*named) != reference.refers_to) {
    return mistake("INVALID_FIELD", "A polymorphic relationship needs the type of its parent: Who");
  }
  link(reference, table_.find_key(reference.refers_to, key),
       mistake("INVALID_FIELD", "Foreign key external ID: " + key + " not found for field " + field->name +
                                    " in entity " + reference.refers_to),
       row);
  return std::nullopt;
}

void Salesforce::link(const SalesforceField& reference, const CrmRecord* parent, SalesforceError missing,
                      Row& row) const {
  if (parent == nullptr) {
    row.error = row.error ? row.error : std::move(missing);
    return;
  }
  if (table_.being_written(parent->object, parent->id) && !row.error) {
    row.error = locked(parent->id);
  }
  row.properties[reference.name] = parent->id;
  row.linked.insert(parent->id);
}

void Salesforce::judge(const json::object& record, const SalesforceField& key, Row& row) const {
  if (holds_text(record, faults_.refused_text)) {
    row.error = mistake("FIELD_CUSTOM_VALIDATION_EXCEPTION", "The record was refused on request");
  } else if (faults_.locked.active(elapsed_) || holds_text(record, faults_.locked_text) ||
             table_.being_written(key.object, row.key)) {
    row.error = locked(row.key);
  } else if (row.key.empty()) {
    row.error = mistake("MISSING_ARGUMENT", key.name + " not specified");
  }
  if (row.error || table_.find_key(key.object, row.key) != nullptr) {
    return;
  }
  for (const SalesforceField& field : options_.fields) {
    if (field.object == key.object && field.required && !row.properties.contains(field.name)) {
      row.error = mistake("REQUIRED_FIELD_MISSING", "Required fields are missing: [" + field.name + "]", {field.name});
    }
  }
}

void Salesforce::refuse_repeated_keys(std::vector<Row>& rows, const SalesforceField& key) {
  std::map<std::string, int> times;
  for (const Row& row : rows) {
    ++times[row.key];
  }
  bool repeated = false;
  for (Row& row : rows) {
    if (!row.key.empty() && times[row.key] > 1) {
      repeated = true;
      row.error = mistake("DUPLICATE_VALUE", "Duplicate external id specified: " + row.key, {key.name});
    }
  }
  counts_.invalid_requests += repeated ? 1U : 0U;
}

}  // namespace elit::simulator
