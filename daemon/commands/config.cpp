#include "daemon/commands/config.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <ostream>

#include "config/effective_values.hpp"
#include "config/options/example.hpp"
#include "config/options/json_schema.hpp"
#include "config/options/reference.hpp"
#include "config/presets/preset_pages.hpp"

namespace elit::daemon {
namespace {

void print_json(const config::Loaded& loaded, const std::vector<config::ValueInForce>& values, std::ostream& out) {
  boost::json::array list;
  for (const config::ValueInForce& value : values) {
    list.push_back(boost::json::object{{"key", value.key}, {"value", value.value}, {"origin", value.origin}});
  }
  const boost::json::object document{{"file", loaded.file}, {"values", std::move(list)}};
  out << boost::json::serialize(document) << '\n';
}

}  // namespace

int config_schema(std::ostream& out) {
  out << config::json_schema();
  return 0;
}

int config_example(std::ostream& out) {
  out << config::example_yaml();
  return 0;
}

int config_reference(std::ostream& out) {
  out << config::reference_markdown();
  return 0;
}

int config_presets(std::ostream& out) {
  out << config::preset_pages_markdown();
  return 0;
}

int config_show(const ConfigShowArguments& arguments, std::ostream& out, std::ostream& err) {
  const config::Loaded loaded = config::load(arguments.config);
  if (!loaded.options) {
    config::print_mistakes(err, loaded.mistakes);
    return 78;
  }
  const std::vector<config::ValueInForce> values = config::effective_values(loaded);
  if (arguments.json) {
    print_json(loaded, values, out);
    return 0;
  }
  std::size_t width = 0;
  for (const config::ValueInForce& value : values) {
    width = std::max(width, value.key.size() + value.value.size() + 2);
  }
  for (const config::ValueInForce& value : values) {
    out << fmt::format("{:<{}}  # {}\n", value.key + ": " + value.value, width, value.origin);
  }
  return 0;
}

}  // namespace elit::daemon
