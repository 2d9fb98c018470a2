#include "core/simulator/crms/odoo_cell.hpp"

#include <boost/json/serialize.hpp>

#include <optional>

#include "core/letter_case.hpp"
#include "core/simulator/crms/json_body.hpp"
#include "core/simulator/request_target.hpp"
#include "core/simulator/setting.hpp"
#include "core/text/time_text.hpp"

namespace elit::simulator {
namespace {

namespace json = boost::json;

constexpr std::size_t datetime_size = 19;  // YYYY-MM-DD HH:MM:SS

std::optional<std::string> to_utc(const std::string& text, Milliseconds offset) {
  if (text.size() != datetime_size || text[4] != '-' || text[10] != ' ') {
    return std::nullopt;
  }
  const std::optional<Instant> local = parse_rfc3339(text + "Z");
  if (!local) {
    return std::nullopt;
  }
  std::string utc = to_rfc3339(*local - offset).substr(0, datetime_size);
  utc[10] = ' ';
  return utc;
}

OdooCell mistake(const OdooField& field, const std::string& text, const std::string& what) {
  OdooCell cell;
  cell.mistake = "'" + text + "' does not seem to be " + what + " for field '" + field.label + "'";
  return cell;
}

OdooCell stored(json::value value) {
  OdooCell cell;
  cell.value = std::move(value);
  return cell;
}

OdooCell convert_boolean(const OdooField& field, const std::string& text) {
  for (const char* yes : {"1", "true", "yes"}) {
    if (equal_without_case(text, yes)) {
      return stored(true);
    }
  }
  for (const char* no : {"0", "false", "no"}) {
    if (equal_without_case(text, no)) {
      return stored(false);
    }
  }
  OdooCell cell;
  cell.mistake = "Unknown value '" + text + "' for boolean field '" + field.label + "'";
  return cell;
}

}  // namespace

bool is_empty_cell(const json::value& cell) {
  return cell.is_null() || cell == false || (cell.is_string() && cell.get_string().empty());
}

std::string cell_text(const json::value& cell) {
  return cell.is_string() ? to_text(cell.get_string()) : json::serialize(cell);
}

OdooCell convert_cell(const OdooField& field, const json::value& cell, Milliseconds offset) {
  if (is_empty_cell(cell)) {
    return {};
  }
  const std::string text = cell_text(cell);
  switch (field.type) {
    case OdooType::integer: {
      const std::optional<std::int64_t> number = parse_integer(text);
      return number ? stored(*number) : mistake(field, text, "an integer");
    }
    case OdooType::number: {
      const std::optional<double> number = parse_decimal(text);
      return number ? stored(*number) : mistake(field, text, "a number");
    }
    case OdooType::datetime: {
      const std::optional<std::string> utc = to_utc(text, offset);
      return utc ? stored(json::value(*utc)) : mistake(field, text, "a valid datetime");
    }
    case OdooType::boolean:
      return convert_boolean(field, text);
    case OdooType::selection: {
      OdooCell chosen = stored(json::value(text));
      if (field.choices.find(" " + text + " ") == std::string_view::npos) {
        chosen.mistake = "Value '" + text + "' not found in selection field '" + field.label + "'";
      }
      return chosen;
    }
    default:
      return stored(json::value(text));
  }
}

}  // namespace elit::simulator
