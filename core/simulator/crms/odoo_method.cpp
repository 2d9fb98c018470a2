#include "core/simulator/crms/odoo_method.hpp"

#include <algorithm>

namespace elit::simulator {
namespace {

namespace json = boost::json;

constexpr std::array<OdooMethod, 7> methods{{
    {"load", false, 2, {"fields", "data"}},
    {"create", false, 1, {"vals_list"}},
    {"write", true, 1, {"vals"}},
    {"read", true, 0, {"fields", "load"}},
    {"search_read", false, 0, {"domain", "fields", "offset", "limit", "order"}},
    {"unlink", true, 0, {}},
    {"fields_get", false, 0, {"allfields", "attributes"}},
}};

std::string text(std::string_view name) {
  return std::string(name);
}

bool takes(const OdooMethod& method, std::string_view name) {
  return name == "context" || (name == "ids" && method.on_records) ||
         (!name.empty() &&
          std::find(method.parameters.begin(), method.parameters.end(), name) != method.parameters.end());
}

}  // namespace

const OdooMethod* find_odoo_method(std::string_view name) {
  const auto* found =
      std::find_if(methods.begin(), methods.end(), [&](const OdooMethod& method) { return method.name == name; });
  return found == methods.end() ? nullptr : found;
}

std::optional<std::string> bind_arguments(const OdooMethod& method, const json::array& positional,
                                          const json::object& named, json::object& bound) {
  const std::size_t offset = method.on_records && !positional.empty() ? 1 : 0;
  for (std::size_t i = 0; i < positional.size(); ++i) {
    const std::size_t place = i - std::min(i, offset);
    const bool of_records = i < offset;
    if (!of_records && (place >= method.parameters.size() || method.parameters[place].empty())) {
      return "takes fewer positional arguments than were given";
    }
    const std::string name = of_records ? "ids" : text(method.parameters[place]);
    bound[name] = positional[i];
  }
  for (const auto& argument : named) {
    const std::string name(argument.key().data(), argument.key().size());
    if (!takes(method, name)) {
      return "got an unexpected keyword argument '" + name + "'";
    }
    if (bound.contains(name)) {
      return "multiple values for argument '" + name + "'";
    }
    bound[name] = argument.value();
  }
  for (std::size_t i = 0; i < method.required; ++i) {
    if (!bound.contains(text(method.parameters[i]))) {
      return "missing a required argument: '" + text(method.parameters[i]) + "'";
    }
  }
  return std::nullopt;
}

}  // namespace elit::simulator
