#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace elit::simulator {

enum class SalesforceType : std::uint8_t { id, text, text_area, email, phone, picklist, date, datetime, number, reference };

struct SalesforceField {
  std::string object;  // Contact, Task, Chat_Transcript__c
  std::string name;
  SalesforceType type = SalesforceType::text;
  int length = 0;  // of a text, in UTF-16 units; 0: not a text
  bool required = false;
  bool external_id = false;  // and unique
  std::string relationship;  // of a reference: the member that names the parent by its external id
  std::string refers_to;     // of a reference: the parent's object
};

// What Salesforce says of a mistake in a record. https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/
// sforce_api_calls_concepts_core_data_objects.htm lists the codes.
struct SalesforceError {
  std::string code;
  std::string message;
  std::vector<std::string> fields;
};

// Contact with the external id Elit_User__c, Chat_Transcript__c and Task with the external id Elit_Key__c. Both of
// these refer to a Contact (Contact__r, Who). Lengths are those of a new organisation.
[[nodiscard]] std::vector<SalesforceField> sample_salesforce_fields();

// The field of that name, compared without case as Salesforce does; null: none. It lives as long as `fields`.
[[nodiscard]] const SalesforceField* find_field(const std::vector<SalesforceField>& fields, std::string_view object,
                                                std::string_view name);
// The reference that `relationship` belongs to; null: none.
[[nodiscard]] const SalesforceField* find_relationship(const std::vector<SalesforceField>& fields,
                                                       std::string_view object, std::string_view relationship);
[[nodiscard]] bool has_object(const std::vector<SalesforceField>& fields, std::string_view object);

// The answer of GET .../sobjects/OBJECT/describe.
[[nodiscard]] boost::json::object describe(const std::vector<SalesforceField>& fields, std::string_view object);

// A value whose JSON type or form does not fit the field: Salesforce cannot read the request. Absent: it can.
[[nodiscard]] std::optional<SalesforceError> unreadable(const SalesforceField& field, const boost::json::value& value);

// A value that can be read and must not be stored. Absent: it may.
[[nodiscard]] std::optional<SalesforceError> unacceptable(const SalesforceField& field,
                                                          const boost::json::value& value);

// What is stored of a readable value: surrounding blanks are cut off a text, and nothing is left of an empty one.
[[nodiscard]] boost::json::value stored(const SalesforceField& field, const boost::json::value& value);

}  // namespace elit::simulator
