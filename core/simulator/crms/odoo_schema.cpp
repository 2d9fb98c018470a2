#include "core/simulator/crms/odoo_schema.hpp"

#include <algorithm>
#include <array>

namespace elit::simulator {
namespace {

using Type = OdooType;

constexpr const char* partner = "res.partner";
constexpr const char* message = "mail.message";
constexpr const char* lead = "crm.lead";
constexpr std::string_view message_types =
    " email comment email_outgoing notification auto_comment user_notification whatsapp_message ";

constexpr std::array<OdooField, 37> fields{{
    {partner, "name", "Name"},
    {partner, "phone", "Phone"},
    {partner, "mobile", "Mobile"},
    {partner, "email", "Email"},
    {partner, "ref", "Reference"},
    {partner, "comment", "Notes"},
    {partner, "function", "Job Position"},
    {partner, "website", "Website Link"},
    {partner, "street", "Street"},
    {partner, "city", "City"},
    {partner, "zip", "Zip"},
    {partner, "lang", "Language", Type::selection, {}, " en_US "},
    {partner, "type", "Address Type", Type::selection, {}, " contact invoice delivery other "},
    {partner, "is_company", "Is a Company", Type::boolean},
    {partner, "active", "Active", Type::boolean},
    {partner, "parent_id", "Related Company", Type::reference, "res.partner"},
    {partner, "user_id", "Salesperson", Type::reference, "res.users"},
    {message, "subject", "Subject"},
    {message, "body", "Contents"},
    {message, "model", "Related Document Model"},
    {message, "res_id", "Related Document ID", Type::integer},
    {message, "message_type", "Type", Type::selection, {}, message_types},
    {message, "subtype_id", "Subtype", Type::reference, "mail.message.subtype"},
    {message, "author_id", "Author", Type::reference, "res.partner"},
    {message, "email_from", "From"},
    {message, "reply_to", "Reply-To"},
    {message, "date", "Date", Type::datetime},
    {message, "is_internal", "Employee Only", Type::boolean},
    {lead, "name", "Opportunity"},
    {lead, "contact_name", "Contact Name"},
    {lead, "partner_name", "Company Name"},
    {lead, "phone", "Phone"},
    {lead, "email_from", "Email"},
    {lead, "description", "Notes"},
    {lead, "type", "Type", Type::selection, {}, " lead opportunity "},
    {lead, "partner_id", "Customer", Type::reference, "res.partner"},
    {lead, "user_id", "Salesperson", Type::reference, "res.users"},
}};

struct Shipped {
  std::string_view model;
  std::string_view external_id;
  std::int64_t id;
};

constexpr std::array<Shipped, 5> shipped{{
    {"mail.message.subtype", "mail.mt_comment", 1},
    {"mail.message.subtype", "mail.mt_note", 2},
    {"mail.message.subtype", "mail.mt_activities", 3},
    {"res.users", "base.user_root", 1},
    {"res.users", "base.user_admin", 2},
}};

constexpr std::array<std::string_view, 6> closed_models{"res.users", "ir.model",      "ir.model.data",
                                                        "ir.cron",   "ir.attachment", "mail.message.subtype"};

}  // namespace

const OdooField* find_odoo_field(std::string_view model, std::string_view name) {
  const auto* found = std::find_if(fields.begin(), fields.end(),
                                   [&](const OdooField& field) { return field.model == model && field.name == name; });
  return found == fields.end() ? nullptr : found;
}

std::vector<const OdooField*> odoo_fields(std::string_view model) {
  std::vector<const OdooField*> found;
  for (const OdooField& field : fields) {
    if (field.model == model) {
      found.push_back(&field);
    }
  }
  return found;
}

const char* odoo_type_name(OdooType type) {
  constexpr std::array<const char*, 7> names{"char",      "integer",  "float",   "boolean",
                                             "selection", "datetime", "many2one"};
  return names.at(static_cast<std::size_t>(type));
}

bool is_open_model(std::string_view model) {
  return !label_of_model(model).empty();
}

bool is_known_model(std::string_view model) {
  return is_open_model(model) || std::find(closed_models.begin(), closed_models.end(), model) != closed_models.end();
}

std::string_view label_of_model(std::string_view model) {
  if (model == partner) {
    return "Contact";
  }
  if (model == message) {
    return "Message";
  }
  return model == lead ? "Lead" : std::string_view{};
}

std::optional<std::int64_t> shipped_record(std::string_view model, std::string_view external_id) {
  for (const Shipped& record : shipped) {
    if (record.model == model && record.external_id == external_id) {
      return record.id;
    }
  }
  return std::nullopt;
}

}  // namespace elit::simulator
