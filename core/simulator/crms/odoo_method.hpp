#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace elit::simulator {

// A method that clients may call, with the names of its parameters as in Odoo.
struct OdooMethod {
  std::string_view name;
  bool on_records = false;  // its first argument is a list of ids
  std::size_t required = 0;
  std::array<std::string_view, 5> parameters{};
};

// Null: there is no such method, or it is private.
[[nodiscard]] const OdooMethod* find_odoo_method(std::string_view name);

// Puts the arguments of a call into `bound` by name, `ids` and `context` included. Returns the error in Python's words;
// absent: none.
[[nodiscard]] std::optional<std::string> bind_arguments(const OdooMethod& method, const boost::json::array& positional,
                                                        const boost::json::object& named, boost::json::object& bound);

}  // namespace elit::simulator
