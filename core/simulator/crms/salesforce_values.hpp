#pragma once

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <vector>

#include "core/simulator/crms/salesforce_schema.hpp"

namespace elit::simulator {

// An error as Salesforce reports it.
struct SalesforceError {
  std::string code;  // errorCode of a call, statusCode of a record
  std::string message;
  std::vector<std::string> fields;
};

// The label of the field: "Last Name" for LastName, "Elit Key" for Elit_Key__c.
[[nodiscard]] std::string label_of(const SalesforceField& field);

// The error of a value whose JSON type or form does not fit the field, so that Salesforce cannot read the request.
// Absent: it can.
[[nodiscard]] std::optional<SalesforceError> unreadable(const SalesforceField& field, const boost::json::value& value);

// The error of a readable value that must not be stored. Absent: it may. The message of STRING_TOO_LONG contains the
// whole value, as the real one does. `text_area_length` replaces the length of text areas unless it is zero.
[[nodiscard]] std::optional<SalesforceError> unacceptable(const SalesforceField& field, const boost::json::value& value,
                                                          int text_area_length);

// The stored form of a readable value: a text without surrounding blanks, null for a blank text.
[[nodiscard]] boost::json::value stored(const boost::json::value& value);

}  // namespace elit::simulator
