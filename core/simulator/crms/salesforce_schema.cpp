#include "core/simulator/crms/salesforce_schema.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include "core/letter_case.hpp"
#include "core/simulator/crms/salesforce_values.hpp"

namespace elit::simulator {
namespace {

namespace json = boost::json;

using Type = SalesforceType;

struct Row {
  const char* name;
  Type type;
  int length;
};

constexpr std::array<Row, 17> contact_rows{{
    {"Id", Type::id, 18},
    {"FirstName", Type::text, 40},
    {"Phone", Type::phone, 40},
    {"MobilePhone", Type::phone, 40},
    {"HomePhone", Type::phone, 40},
    {"OtherPhone", Type::phone, 40},
    {"Email", Type::email, 80},
    {"Title", Type::text, 128},
    {"Department", Type::text, 80},
    {"LeadSource", Type::picklist, 255},
    {"Description", Type::text_area, 32'000},
    {"Birthdate", Type::date, 0},
    {"MailingStreet", Type::text_area, 255},
    {"MailingCity", Type::text, 40},
    {"MailingState", Type::text, 80},
    {"MailingPostalCode", Type::text, 20},
    {"MailingCountry", Type::text, 80},
}};

constexpr std::array<Row, 11> transcript_rows{{
    {"Id", Type::id, 18},
    {"Name", Type::text, 80},
    {"Body__c", Type::text_area, 131'072},
    {"Subject__c", Type::text, 255},
    {"Channel__c", Type::text, 255},
    {"Source__c", Type::text, 255},
    {"Day__c", Type::date, 0},
    {"Started_At__c", Type::datetime, 0},
    {"Ended_At__c", Type::datetime, 0},
    {"Message_Count__c", Type::number, 0},
    {"Part__c", Type::number, 0},
}};

constexpr std::array<Row, 8> task_rows{{
    {"Id", Type::id, 18},
    {"Subject", Type::text, 255},
    {"Description", Type::text_area, 32'000},
    {"Status", Type::picklist, 255},
    {"Priority", Type::picklist, 255},
    {"Type", Type::picklist, 255},
    {"TaskSubtype", Type::picklist, 40},
    {"ActivityDate", Type::date, 0},
}};

template <std::size_t size>
void add_rows(std::vector<SalesforceField>& fields, const std::string& object, const std::array<Row, size>& rows) {
  for (const Row& row : rows) {
    SalesforceField field;
    field.object = object;
    field.name = row.name;
    field.type = row.type;
    field.length = row.length;
    fields.push_back(std::move(field));
  }
}

void add_external_id(std::vector<SalesforceField>& fields, const std::string& object, const std::string& name) {
  SalesforceField field;
  field.object = object;
  field.name = name;
  field.length = 255;
  field.external_id = true;
  fields.push_back(std::move(field));
}

void add_contact_reference(std::vector<SalesforceField>& fields, const std::string& object, const std::string& name,
                           const std::string& relationship) {
  SalesforceField field;
  field.object = object;
  field.name = name;
  field.type = Type::reference;
  field.length = 18;
  field.relationship = relationship;
  field.refers_to = "Contact";
  fields.push_back(std::move(field));
}

const char* describe_type(Type type) {
  constexpr std::array<const char*, 10> names{"id",       "string", "textarea", "email",  "phone",
                                              "picklist", "date",   "datetime", "double", "reference"};
  return names.at(static_cast<std::size_t>(type));
}

json::object describe_field(const SalesforceField& field) {
  const bool writable = field.type != Type::id;
  json::array parents;
  if (!field.refers_to.empty()) {
    parents.emplace_back(field.refers_to);
  }
  json::object said;
  said["name"] = field.name;
  said["label"] = label_of(field);
  said["type"] = describe_type(field.type);
  said["length"] = field.length;
  said["custom"] = field.name.ends_with("__c");
  said["nillable"] = writable && !field.required;
  said["createable"] = writable;
  said["updateable"] = writable;
  said["externalId"] = field.external_id;
  said["unique"] = field.external_id;
  said["caseSensitive"] = field.external_id;
  said["idLookup"] = field.external_id || !writable;
  said["referenceTo"] = std::move(parents);
  said["relationshipName"] = field.relationship.empty() ? json::value(nullptr) : json::value(field.relationship);
  return said;
}

}  // namespace

std::vector<SalesforceField> sample_salesforce_fields() {
  std::vector<SalesforceField> fields;
  add_rows(fields, "Contact", contact_rows);
  SalesforceField last_name;
  last_name.object = "Contact";
  last_name.name = "LastName";
  last_name.length = 80;
  last_name.required = true;
  fields.push_back(std::move(last_name));
  add_external_id(fields, "Contact", "Elit_User__c");
  add_rows(fields, "Chat_Transcript__c", transcript_rows);
  add_external_id(fields, "Chat_Transcript__c", "Elit_Key__c");
  add_contact_reference(fields, "Chat_Transcript__c", "Contact__c", "Contact__r");
  add_rows(fields, "Task", task_rows);
  add_external_id(fields, "Task", "Elit_Key__c");
  add_contact_reference(fields, "Task", "WhoId", "Who");
  return fields;
}

const SalesforceField* find_field(const std::vector<SalesforceField>& fields, std::string_view object,
                                  std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const SalesforceField& field) {
    return equal_without_case(field.object, object) && equal_without_case(field.name, name);
  });
  return found == fields.end() ? nullptr : &*found;
}

const SalesforceField* find_relationship(const std::vector<SalesforceField>& fields, std::string_view object,
                                         std::string_view relationship) {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const SalesforceField& field) {
    return !field.relationship.empty() && equal_without_case(field.object, object) &&
           equal_without_case(field.relationship, relationship);
  });
  return found == fields.end() ? nullptr : &*found;
}

std::optional<std::string> find_object(const std::vector<SalesforceField>& fields, std::string_view object) {
  for (const SalesforceField& field : fields) {
    if (equal_without_case(field.object, object)) {
      return field.object;
    }
  }
  return std::nullopt;
}

json::object describe(const std::vector<SalesforceField>& fields, std::string_view object) {
  json::array described;
  for (const SalesforceField& field : fields) {
    if (field.object == object) {
      described.push_back(describe_field(field));
    }
  }
  json::object said;
  said["name"] = object;
  said["label"] = object;
  said["custom"] = object.ends_with("__c");
  said["createable"] = true;
  said["updateable"] = true;
  said["queryable"] = true;
  said["fields"] = std::move(described);
  return said;
}

}  // namespace elit::simulator
