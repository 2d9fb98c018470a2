#pragma once

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace elit::simulator {

enum class SalesforceType : std::uint8_t {
  id,
  text,
  text_area,
  email,
  phone,
  picklist,
  date,
  datetime,
  number,
  reference,
};

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

// Contact with the external id Elit_User__c, Chat_Transcript__c and Task with the external id Elit_Key__c. Both of
// these refer to a Contact (Contact__r, Who). Lengths are those of a new organisation.
[[nodiscard]] std::vector<SalesforceField> sample_salesforce_fields();

// The field of that name; names are compared without case, as Salesforce does. Null: none. It lives as long as
// `fields`.
[[nodiscard]] const SalesforceField* find_field(const std::vector<SalesforceField>& fields, std::string_view object,
                                                std::string_view name);

// The reference of the member `relationship`. Null: there is none.
[[nodiscard]] const SalesforceField* find_relationship(const std::vector<SalesforceField>& fields,
                                                       std::string_view object, std::string_view relationship);

// The name of the object as the schema spells it; absent: there is no such object.
[[nodiscard]] std::optional<std::string> find_object(const std::vector<SalesforceField>& fields,
                                                     std::string_view object);

// The answer of GET .../sobjects/OBJECT/describe, reduced to the members that clients read.
[[nodiscard]] boost::json::object describe(const std::vector<SalesforceField>& fields, std::string_view object);

}  // namespace elit::simulator
