#pragma once

#include <boost/json/value.hpp>

#include <string>

namespace elit::crm {

// What an element of the Users API says of a person. How the vendor names its members is not documented, so the usual
// names are tried, without regard to case, `_`, `-` and a `user.` before them: name, full_name, user_name, first_name
// with last_name; phone, phone_no, phone_number, mobile, whatsapp and the like. Members of the element come before
// those of objects in it (attributes, user and so on). Empty where nothing is found.
struct ContactDetails {
  std::string name;
  std::string phone;
};
[[nodiscard]] ContactDetails contact_details(const boost::json::value& element);

}  // namespace elit::crm
