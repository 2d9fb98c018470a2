#pragma once

#include <boost/json/value.hpp>

#include <string>

namespace elit::crm {

// What an element of the Users API says about a person. The vendor does not document the names of its members, so the
// reader tries the usual names, without regard to case, `_`, `-` and a `user.` before them: name, full_name, user_name,
// first_name with last_name; phone, phone_no, phone_number, mobile, whatsapp and the like. Members of the element come
// before those of objects in it (attributes, user and so on). Empty: not found.
struct ContactDetails {
  std::string name;
  std::string phone;
};
[[nodiscard]] ContactDetails contact_details(const boost::json::value& element);

}  // namespace elit::crm
