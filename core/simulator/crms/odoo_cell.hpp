#pragma once

#include <boost/json/value.hpp>

#include <string>

#include "core/instant.hpp"
#include "core/simulator/crms/odoo_schema.hpp"

namespace elit::simulator {

// A cell of load() as it is stored, or the reason why it cannot be stored.
struct OdooCell {
  boost::json::value value = false;  // false: nothing, as in Odoo
  std::string mistake;               // empty: none
};

// An empty text, false and null mean nothing.
[[nodiscard]] bool is_empty_cell(const boost::json::value& cell);

// The value of the cell as text.
[[nodiscard]] std::string cell_text(const boost::json::value& cell);

// Converts a cell of a field that is no reference. A datetime must be `YYYY-MM-DD HH:MM:SS`, in a time zone that is
// `offset` ahead of UTC; it is stored in UTC.
[[nodiscard]] OdooCell convert_cell(const OdooField& field, const boost::json::value& cell, Milliseconds offset);

}  // namespace elit::simulator
