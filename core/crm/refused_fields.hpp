#pragma once

#include <boost/json/object.hpp>

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/crm/response.hpp"
#include "core/delivery/outgoing_message.hpp"

// A CRM that refuses a contact often refuses one field of it: a phone number, a name with odd characters. Such a field
// is left out, so that the conversation does not wait for it.
namespace elit::crm {

// The mapped fields of a contact that were left out because the CRM refused the contact with them.
struct RefusedFields {
  DeliveryUserId user = 0;
  std::string user_id;
  std::vector<std::string> fields;
  std::string code;  // the CRM's error code, or "HTTP 400"; empty where there is neither
};

// All texts of a refusal: those in `element` or, without one, in the body of the response; and those of headers that
// begin with "X-" where the response is about one record. Names of members do not count.
[[nodiscard]] std::vector<std::string> texts_of_refusal(const ParsedResponse& response,
                                                        const boost::json::value* element);

// Those of `fields` that the texts name: by a text that is the name and nothing else, or, if there is none, by words in
// a text ("Mobile number is invalid" names mobile_number). Case, `_`, `-` and blanks do not count.
[[nodiscard]] std::vector<std::string> named_fields(const std::vector<std::string>& fields,
                                                    const std::vector<std::string>& texts);

// Whether a refusal says that another record has a value already (a duplicate, a conflict). The person is then in the
// CRM as another contact: the conversation waits for the operator, because without the field a second contact would be
// made.
[[nodiscard]] bool names_another_record(const std::vector<std::string>& texts);

// Chooses which fields of one contact to leave out: after a refusal that names fields, those; otherwise each one alone
// (if there are at most `tried_alone_max`), then all of them.
class FieldOmission {
 public:
  static constexpr std::size_t tried_alone_max = 6;

  // `fields`: the names of those that may be left out.
  explicit FieldOmission(std::vector<std::string> fields) : fields_(std::move(fields)) {}

  // The contact was refused. `may_guess`: whether fields that no refusal named may be left out. False: nothing is left
  // to try, and left_out() is empty.
  [[nodiscard]] bool on_refusal(const std::vector<std::string>& texts, bool may_guess);
  [[nodiscard]] const std::set<std::string>& left_out() const { return left_out_; }

 private:
  std::vector<std::string> fields_;
  std::set<std::string> named_;       // by refusals
  std::vector<std::string> guesses_;  // that no refusal named, once they are tried
  std::optional<std::size_t> next_;   // of those; absent: not yet
  std::set<std::string> left_out_;
};

}  // namespace elit::crm
