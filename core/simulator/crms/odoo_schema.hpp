#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace elit::simulator {

enum class OdooType : std::uint8_t {
  text,  // char, text and html: accepted unchanged
  integer,
  number,
  boolean,
  selection,
  datetime,
  reference,  // many2one
};

struct OdooField {
  const char* model;
  const char* name;
  const char* label;
  OdooType type = OdooType::text;
  std::string_view refers_to{};  // of a reference: the other model
  std::string_view choices{};    // of a selection: names between blanks
};

// The fields of res.partner, mail.message and crm.lead that an integration writes. Null: there is no such field.
[[nodiscard]] const OdooField* find_odoo_field(std::string_view model, std::string_view name);
[[nodiscard]] std::vector<const OdooField*> odoo_fields(std::string_view model);

// The name of the type in fields_get.
[[nodiscard]] const char* odoo_type_name(OdooType type);

// Whether the integration's user may use the model: its three models.
[[nodiscard]] bool is_open_model(std::string_view model);
// Whether the model exists.
[[nodiscard]] bool is_known_model(std::string_view model);

// "Contact" for res.partner.
[[nodiscard]] std::string_view label_of_model(std::string_view model);

// The id of a record that every database of Odoo has, by its external id: mail.mt_note, base.user_admin. Absent:
// `model` has no such record.
[[nodiscard]] std::optional<std::int64_t> shipped_record(std::string_view model, std::string_view external_id);

}  // namespace elit::simulator
