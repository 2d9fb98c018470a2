#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "core/letter_case.hpp"
#include "core/simulator/crms/batch_results.hpp"
#include "core/simulator/crms/hubspot.hpp"
#include "core/simulator/crms/json_body.hpp"
#include "core/text/time_text.hpp"

// Writes and reads batches of records.
namespace elit::simulator {
namespace {

namespace json = boost::json;

constexpr std::size_t batch_max = 100;
constexpr std::size_t batch_with_history_max = 50;
constexpr std::size_t text_length_of_bodies = 65'536;

HubSpotError mistake(std::string message) {
  HubSpotError error;
  error.message = std::move(message);
  return error;
}

// The first member that is not in `known`; empty: there is none.
std::string unknown_member(const json::object& object, std::initializer_list<std::string_view> known) {
  for (const auto& member : object) {
    const std::string_view name(member.key().data(), member.key().size());
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return std::string(name);
    }
  }
  return {};
}

// The number of the link from an activity to a contact that HubSpot itself defines.
std::int64_t link_type(std::string_view object) {
  return object == "communications" ? 81 : 202;
}

std::optional<HubSpotError> read_links(const std::string& object, const json::array& links,
                                       std::set<std::string>& contacts) {
  for (const json::value& element : links) {
    const json::object* link = element.if_object();
    const json::object* to = link == nullptr ? nullptr : object_member(*link, "to");
    const json::array* types = link == nullptr ? nullptr : array_member(*link, "types");
    const std::optional<std::string> id = to == nullptr ? std::nullopt : text_member(*to, "id");
    if (!id || types == nullptr || types->empty()) {
      return mistake(R"(Invalid input JSON: an association is {"to": {"id": ...}, "types": [...]})");
    }
    for (const json::value& entry : *types) {
      const json::object* type = entry.if_object();
      const json::value* number = type == nullptr ? nullptr : type->if_contains("associationTypeId");
      if (number == nullptr || text_member(*type, "associationCategory") != "HUBSPOT_DEFINED" ||
          number->if_int64() == nullptr || number->get_int64() != link_type(object)) {
        return mistake("One or more associations are not valid: from " + object + " to contacts it is " +
                       "HUBSPOT_DEFINED " + std::to_string(link_type(object)));
      }
    }
    contacts.insert(*id);
  }
  return std::nullopt;
}

std::optional<HubSpotError> read_values(const json::object& element, json::object& values) {
  const json::object* properties = object_member(element, "properties");
  if (properties == nullptr) {
    return mistake("Invalid input JSON: properties is required");
  }
  for (const auto& property : *properties) {
    const std::string name(property.key().data(), property.key().size());
    if (!property.value().is_string()) {
      return mistake("Invalid input JSON: the value of " + name + " is not a string");
    }
    const std::string text = to_text(property.value().get_string());
    values[name] = name == "email" ? to_lower_case(text) : text;
  }
  return std::nullopt;
}

std::optional<HubSpotError> list_of(const json::object& body, std::size_t most, const json::array*& list) {
  list = array_member(body, "inputs");
  if (list == nullptr || list->empty()) {
    return mistake("Invalid input JSON: inputs is required and not empty");
  }
  if (list->size() > most) {
    return mistake("Batch size of " + std::to_string(list->size()) + " exceeds the limit of " + std::to_string(most));
  }
  return std::nullopt;
}

// Adds the members that HubSpot adds to returned values.
json::object shown(const CrmRecord& record, const json::array& wanted) {
  json::object values{
      {"hs_object_id", record.id},
      {record.object == "contacts" ? "createdate" : "hs_createdate", to_rfc3339(record.created)},
      {record.object == "contacts" ? "lastmodifieddate" : "hs_lastmodifieddate", to_rfc3339(record.updated)}};
  for (const json::value& name : wanted) {
    const std::string key = name.is_string() ? to_text(name.get_string()) : "";
    const json::value* value = record.properties.if_contains(key);
    values[key] = value == nullptr ? json::value(nullptr) : *value;
  }
  return values;
}

}  // namespace

const CrmRecord* HubSpot::with_email(const std::string& email) const {
  for (const CrmRecord& record : records_) {
    const json::value* there = record.object == "contacts" ? record.properties.if_contains("email") : nullptr;
    if (there != nullptr && there->is_string() && there->get_string() == email) {
      return &record;
    }
  }
  return nullptr;
}

std::string HubSpot::unique_value(const std::string& object, const json::object& values) const {
  for (const auto& property : values) {
    const std::string name(property.key().data(), property.key().size());
    if (name != "email" && properties_.identifies(object, name)) {
      return to_text(property.value().as_string());
    }
  }
  return {};
}

std::optional<HubSpotError> HubSpot::read_input(const std::string& object, Batch batch, const json::object& element,
                                                Input& input) const {
  const std::string unknown = batch == Batch::create
                                  ? unknown_member(element, {"associations", "objectWriteTraceId", "properties"})
                                  : unknown_member(element, {"id", "idProperty", "objectWriteTraceId", "properties"});
  if (!unknown.empty()) {
    return mistake("Invalid input JSON: unknown member " + unknown);
  }
  input.trace_id = text_member(element, "objectWriteTraceId").value_or("");
  if (const std::optional<HubSpotError> wrong = read_values(element, input.properties)) {
    return wrong;
  }
  if (batch == Batch::create) {
    const json::array* links = array_member(element, "associations");
    return links == nullptr ? mistake("Invalid input JSON: associations is required")
                            : read_links(object, *links, input.contacts);
  }
  const std::optional<std::string> id = text_member(element, "id");
  input.id_property = text_member(element, "idProperty").value_or("");
  if (batch == Batch::update && id && !id->empty() && input.id_property.empty()) {
    input.id = *id;
    return std::nullopt;
  }
  if (!id || id->empty() || input.id_property.empty()) {
    return mistake("Invalid input JSON: id and idProperty are required");
  }
  input.id = input.id_property == "email" ? to_lower_case(*id) : *id;
  if (!properties_.identifies(object, input.id_property)) {
    return mistake("Property " + input.id_property + " of " + object + " is not a unique identifier property");
  }
  const std::optional<std::string> repeated = text_member(input.properties, input.id_property);
  if (repeated && *repeated != input.id) {
    return mistake("The value of " + input.id_property + " is not the id");
  }
  input.properties[input.id_property] = input.id;
  return std::nullopt;
}

std::optional<HubSpotError> HubSpot::read_inputs(const std::string& object, Batch batch, const json::object& body,
                                                 std::vector<Input>& inputs) {
  const json::array* list = nullptr;
  if (std::optional<HubSpotError> wrong = list_of(body, batch_max, list)) {
    return wrong;
  }
  if (const std::string unknown = unknown_member(body, {"inputs"}); !unknown.empty()) {
    return mistake("Invalid input JSON: unknown member " + unknown);
  }
  std::set<std::string> ids;
  std::set<std::string> traces;
  for (const json::value& element : *list) {
    const json::object* object_element = element.if_object();
    Input input;
    if (object_element == nullptr) {
      return mistake("Invalid input JSON: an input is not an object");
    }
    if (std::optional<HubSpotError> wrong = read_input(object, batch, *object_element, input)) {
      return wrong;
    }
    if (!input.id.empty() && !ids.insert(input.id).second) {
      HubSpotError duplicate = mistake("Duplicate IDs found in batch input: [" + input.id + "]. IDs must be unique");
      duplicate.context = hubspot_context("ids", input.id);
      return duplicate;
    }
    if (!input.trace_id.empty() && !traces.insert(input.trace_id).second) {
      return mistake("Duplicate objectWriteTraceId found in batch input: " + input.trace_id);
    }
    inputs.push_back(std::move(input));
  }
  return std::nullopt;
}

std::optional<HubSpotError> HubSpot::judge(const std::string& object, Batch batch, const Input& input) const {
  if (holds_text(input.properties, faults_.refused_text)) {
    return mistake("Property values were not valid: the record was refused on request");
  }
  const CrmRecord* there = nullptr;
  if (batch == Batch::upsert) {
    there = input.id_property == "email" ? with_email(input.id) : table_.find_key(object, input.id);
  } else if (batch == Batch::update) {
    there = input.id_property.empty() ? table_.find(object, input.id) : table_.find_key(object, input.id);
    if (there == nullptr) {
      HubSpotError missing = mistake("No record of " + object + " with id " + input.id);
      missing.category = "OBJECT_NOT_FOUND";
      return missing;
    }
  }
  const auto most =
      faults_.text_length_max > 0 ? static_cast<std::size_t>(faults_.text_length_max) : text_length_of_bodies;
  if (std::optional<HubSpotError> wrong = properties_.complaint(object, input.properties, there == nullptr, most)) {
    return wrong;
  }
  for (const std::string& contact : input.contacts) {
    if (table_.find("contacts", contact) == nullptr) {
      HubSpotError missing = mistake("No contact with id " + contact);
      missing.category = "OBJECT_NOT_FOUND";
      return missing;
    }
  }
  const std::optional<std::string> email = text_member(input.properties, "email");
  const CrmRecord* other = email ? with_email(*email) : nullptr;
  if (other != nullptr && (there == nullptr || other->id != there->id)) {
    HubSpotError conflict = mistake("Contact already exists. Existing ID: " + other->id);
    conflict.status = 409;
    conflict.category = "CONFLICT";
    conflict.context = hubspot_context("existingId", other->id);
    return conflict;
  }
  return std::nullopt;
}

HttpResponse HubSpot::write_batch(const std::string& object, Batch batch, const json::object& body,
                                  const CrmCall& call) {
  std::vector<Input> inputs;
  if (const std::optional<HubSpotError> wrong = read_inputs(object, batch, body, inputs)) {
    return refuse(*wrong);
  }
  if (holds_text(body, faults_.locked_text)) {
    HubSpotError locked = mistake("The resource is locked, try again in two seconds.");
    locked.status = 423;
    locked.category = "LOCKED";
    return refuse(locked);
  }
  const bool traced =
      std::all_of(inputs.begin(), inputs.end(), [](const Input& input) { return !input.trace_id.empty(); });
  std::vector<std::optional<HubSpotError>> wrongs;
  for (const Input& input : inputs) {
    wrongs.push_back(judge(object, batch, input));
    if (wrongs.back() && !traced) {
      return refuse(*wrongs.back());
    }
  }
  Outcome outcome;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (wrongs[i]) {
      for (const auto& member : hubspot_context("objectWriteTraceId", inputs[i].trace_id)) {
        wrongs[i]->context[member.key()] = member.value();
      }
      outcome.errors.push_back(hubspot_item(*wrongs[i]));
    } else {
      outcome.results.push_back(write(object, batch, std::move(inputs[i]), call));
    }
  }
  outcome.results = shuffled(mentioned(std::move(outcome.results), faults_), faults_, random_);
  return batch_answer(batch == Batch::create ? 201 : 200, std::move(outcome), call);
}

RecordTable::Written HubSpot::put(const std::string& object, Batch batch, const Input& input,
                                  const json::object& values) {
  const std::string key = unique_value(object, values);
  if (batch == Batch::upsert && input.id_property == "email") {
    if (const CrmRecord* there = with_email(input.id)) {
      const std::string id = there->id;
      table_.update(object, id, values, {}, key);
      return {id, false};
    }
  }
  if (batch == Batch::update) {
    const std::string id = input.id_property.empty() ? input.id : table_.find_key(object, input.id)->id;
    table_.update(object, id, values, {}, key);
    return {id, false};
  }
  if (batch == Batch::upsert && !key.empty()) {
    return table_.upsert(object, key, values);
  }
  return {table_.create(object, values, input.contacts, key), true};
}

json::object HubSpot::write(const std::string& object, Batch batch, Input input, const CrmCall& call) {
  const RecordTable::Written written = put(object, batch, input, input.properties);
  const CrmRecord* there = table_.find(object, written.id);
  CrmRecord seen;
  seen.object = object;
  seen.id = written.id;
  seen.created = there == nullptr ? call.now + answer_delay() : there->created;
  seen.updated = call.now + answer_delay();
  seen.properties = input.properties;
  json::array names;
  for (const auto& property : input.properties) {
    names.emplace_back(property.key());
  }
  json::object result{{"id", written.id},
                      {"properties", shown(seen, names)},
                      {"createdAt", to_rfc3339(seen.created)},
                      {"updatedAt", to_rfc3339(seen.updated)},
                      {"archived", false}};
  if (batch == Batch::upsert) {
    result["new"] = written.created;
  }
  if (!input.trace_id.empty()) {
    result["objectWriteTraceId"] = input.trace_id;
  }
  return result;
}

HttpResponse HubSpot::read_batch(const std::string& object, const json::object& body, const CrmCall& call) const {
  const json::array* wanted = array_member(body, "properties");
  const json::array* history = array_member(body, "propertiesWithHistory");
  if (wanted == nullptr || history == nullptr) {
    return refuse(mistake("Invalid input JSON: properties and propertiesWithHistory are required"));
  }
  const json::array* list = nullptr;
  if (const std::optional<HubSpotError> wrong =
          list_of(body, history->empty() ? batch_max : batch_with_history_max, list)) {
    return refuse(*wrong);
  }
  const std::string id_property = text_member(body, "idProperty").value_or("");
  if (!id_property.empty() && !properties_.identifies(object, id_property)) {
    return refuse(mistake("Property " + id_property + " of " + object + " is not a unique identifier property"));
  }
  Outcome outcome;
  HubSpotError missing =
      mistake("Could not get some objects, they may be deleted or not exist. Check that ids are valid.");
  missing.category = "OBJECT_NOT_FOUND";
  json::array missing_ids;
  for (const json::value& element : *list) {
    const json::object* input = element.if_object();
    const std::optional<std::string> id = input == nullptr ? std::nullopt : text_member(*input, "id");
    if (!id) {
      return refuse(mistake("Invalid input JSON: an input is not {\"id\": ...}"));
    }
    const CrmRecord* record =
        id_property.empty() ? table_.find(object, *id)
                            : (id_property == "email" ? with_email(to_lower_case(*id)) : table_.find_key(object, *id));
    if (record == nullptr) {
      missing_ids.emplace_back(*id);
      continue;
    }
    outcome.results.push_back(json::object{{"id", record->id},
                                           {"properties", shown(*record, *wanted)},
                                           {"createdAt", to_rfc3339(record->created)},
                                           {"updatedAt", to_rfc3339(record->updated)},
                                           {"archived", false}});
  }
  if (!missing_ids.empty()) {
    missing.context["ids"] = std::move(missing_ids);
    outcome.errors.push_back(hubspot_item(missing));
  }
  return batch_answer(200, std::move(outcome), call);
}

HttpResponse HubSpot::batch_answer(int good_status, Outcome outcome, const CrmCall& call) const {
  const int status = outcome.errors.empty() ? good_status : (faults_.errors_with_200 ? 200 : 207);
  json::object body{{"status", "COMPLETE"},
                    {"results", std::move(outcome.results)},
                    {"startedAt", to_rfc3339(call.now)},
                    {"completedAt", to_rfc3339(call.now + answer_delay())}};
  if (!outcome.errors.empty()) {
    body["numErrors"] = outcome.errors.size();
    body["errors"] = std::move(outcome.errors);
  }
  return json_answer(status, body);
}

}  // namespace elit::simulator
