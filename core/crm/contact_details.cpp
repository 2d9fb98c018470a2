#include "core/crm/contact_details.hpp"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <string_view>

#include "core/ascii.hpp"
#include "core/crm/filters.hpp"
#include "core/letter_case.hpp"
#include "core/text/clean_text.hpp"
#include "core/text/phone_number.hpp"

namespace elit::crm {
namespace {

namespace json = boost::json;

using Names = std::initializer_list<std::string_view>;

std::string plain_name(std::string_view key) {
  constexpr std::string_view owner = "user.";
  std::string name = to_lower_case(key);
  if (name.starts_with(owner)) {
    name.erase(0, owner.size());
  }
  name.erase(std::remove_if(name.begin(), name.end(), [](char c) { return c == '_' || c == '-' || c == ' '; }),
             name.end());
  return name;
}

// The first of the names that has a text, or a number, in the object.
std::string member_of(const json::object& object, Names names) {
  for (const std::string_view name : names) {
    for (const auto& member : object) {
      const json::value& value = member.value();
      if ((value.is_string() || value.is_int64() || value.is_uint64()) && plain_name(member.key()) == name) {
        if (std::string text = clean_line(text_of(value)); !text.empty()) {
          return text;
        }
      }
    }
  }
  return {};
}

std::string name_in(const json::object& object) {
  if (std::string name = member_of(object, {"name", "fullname", "username", "displayname", "profilename"});
      !name.empty()) {
    return name;
  }
  const std::string first = member_of(object, {"firstname", "givenname"});
  const std::string last = member_of(object, {"lastname", "familyname", "surname"});
  return first + (first.empty() || last.empty() ? "" : " ") + last;
}

std::string phone_in(const json::object& object) {
  return member_of(object, {"phone", "phoneno", "phonenumber", "mobile", "mobileno", "mobilenumber", "mobilephone",
                            "msisdn", "whatsapp", "whatsappno", "whatsappnumber", "contactnumber"});
}

// Shorter ids may be national numbers of a channel that is not WhatsApp.
constexpr std::size_t international_digits_min = 11;

std::string digits_of(std::string_view text) {
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits), is_digit);
  return digits;
}

bool is_of_whatsapp(const json::object& object) {
  const std::string channel = to_lower_case(member_of(object, {"channel", "channelname", "channeltype", "platform"}));
  return channel.find("whatsapp") != std::string::npos;
}

std::string with_plus(const std::string& phone, std::string_view user_id, bool of_whatsapp) {
  const std::string digits = digits_of(phone);
  const std::string_view id = user_id.starts_with('+') ? user_id.substr(1) : user_id;
  if (digits != id || (digits.size() < international_digits_min && !of_whatsapp)) {
    return phone;
  }
  return to_e164("+" + digits, "").value_or(phone);
}

std::string email_in(const json::object& object) {
  std::string email = member_of(object, {"email", "emailaddress", "emailid", "mail"});
  return email.find('@') == std::string::npos ? std::string{} : email;
}

}  // namespace

ContactDetails contact_details(const json::value& element, std::string_view user_id) {
  const json::object* object = element.if_object();
  if (object == nullptr) {
    return {};
  }
  ContactDetails details{name_in(*object), phone_in(*object), email_in(*object)};
  bool of_whatsapp = is_of_whatsapp(*object);
  for (const auto& member : *object) {
    if (const json::object* inner = member.value().if_object()) {
      details.name = details.name.empty() ? name_in(*inner) : details.name;
      details.phone = details.phone.empty() ? phone_in(*inner) : details.phone;
      of_whatsapp = of_whatsapp || is_of_whatsapp(*inner);
      details.email = details.email.empty() ? email_in(*inner) : details.email;
    }
  }
  details.phone = with_plus(details.phone, user_id, of_whatsapp);
  return details;
}

}  // namespace elit::crm
