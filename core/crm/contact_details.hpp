#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace elit::crm {

// What an element of the Users API says about a person. The vendor does not document the names of its members, so the
// reader tries the usual names, without regard to case, `_`, `-` and a `user.` before them: name, full_name, user_name,
// first_name with last_name; phone, phone_no, phone_number, mobile, whatsapp and the like; email, mail. Members of the
// element come before those of objects in it (attributes, user and so on). Empty: not found.
//
// WhatsApp's ids of users are phone numbers in international form without a plus. So a phone number that is the same as
// `user_id` gets its plus if it has at least 11 digits or the element names WhatsApp as the channel, and if the
// country's numbering plan allows it.
struct ContactDetails {
  std::string name;
  std::string phone;
  std::string email;
};
[[nodiscard]] ContactDetails contact_details(const boost::json::value& element, std::string_view user_id);

}  // namespace elit::crm
