#pragma once

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <vector>

#include "core/simulator/crms/salesforce_schema.hpp"

namespace elit::simulator {

// What Salesforce says of a mistake.
struct SalesforceError {
  std::string code;  // errorCode of a call, statusCode of a record
  std::string message;
  std::vector<std::string> fields;
};

// The field's name for people: "Last Name" for LastName, "Elit Key" for Elit_Key__c.
[[nodiscard]] std::string label_of(const SalesforceField& field);

// A value whose JSON type or form does not fit the field, so that Salesforce cannot read the request at all. Absent: it
// can.
[[nodiscard]] std::optional<SalesforceError> unreadable(const SalesforceField& field, const boost::json::value& value);

// A readable value that must not be stored. Absent: it may. The message of STRING_TOO_LONG holds the whole value, as
// the real one does. `text_area_length` replaces the length of text areas unless it is zero.
[[nodiscard]] std::optional<SalesforceError> unacceptable(const SalesforceField& field, const boost::json::value& value,
                                                          int text_area_length);

// What is stored of a readable value: surrounding blanks are cut off a text, and nothing is left of a blank one.
[[nodiscard]] boost::json::value stored(const boost::json::value& value);

}  // namespace elit::simulator
