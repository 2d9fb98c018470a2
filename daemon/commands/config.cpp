#include "daemon/commands/config.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <memory>
#include <ostream>

#include "config/effective_values.hpp"
#include "config/options/example.hpp"
#include "config/options/json_schema.hpp"
#include "config/options/json_text.hpp"
#include "config/options/reference.hpp"
#include "config/presets/preset_pages.hpp"
#include "config/presets/preset_reference.hpp"
#include "config/presets/preset_schema.hpp"
#include "daemon/system/exit_status.hpp"

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

int print(const std::string& what, const ConfigShowArguments& arguments, std::ostream& out, std::ostream& err) {
  if (what == "show") {
    return config_show(arguments, out, err);
  }
  out << (what == "schema"             ? config::json_schema()
          : what == "example"          ? config::example_yaml()
          : what == "reference"        ? config::reference_markdown()
          : what == "preset-schema"    ? config::to_pretty_json(config::preset_schema())
          : what == "preset-reference" ? config::preset_reference_markdown()
                                       : config::preset_pages_markdown());
  return exit_done;
}

}  // namespace

int config_show(const ConfigShowArguments& arguments, std::ostream& out, std::ostream& err) {
  const config::Loaded loaded = config::load(arguments.config);
  if (!loaded.options) {
    config::print_mistakes(err, loaded.mistakes);
    return exit_configuration;
  }
  const std::vector<config::ValueInForce> values = config::effective_values(loaded);
  if (arguments.json) {
    print_json(loaded, values, out);
    return exit_done;
  }
  std::size_t width = 0;
  for (const config::ValueInForce& value : values) {
    width = std::max(width, value.key.size() + value.value.size() + 2);
  }
  for (const config::ValueInForce& value : values) {
    out << fmt::format("{:<{}}  # {}\n", value.key + ": " + value.value, width, value.origin);
  }
  return exit_done;
}

Verb config_verb() {
  return {
      "config", "prints the configuration's JSON Schema, the current values, an example, the CRMs it knows",
      "schema            the JSON Schema of the configuration\n"
      "show              every current value and where it comes from; secrets are shown as references\n"
      "example           a commented configuration\n"
      "reference         every key, as Markdown\n"
      "presets           the CRMs that the program knows, as Markdown\n"
      "preset-schema     the JSON Schema of presets\n"
      "preset-reference  every key and filter of presets, as Markdown",
      [](VerbOptions& options) -> VerbAction {
        auto arguments = std::make_shared<ConfigShowArguments>();
        auto what = std::make_shared<std::string>();
        options.word("WHAT", {"schema", "show", "example", "reference", "presets", "preset-schema", "preset-reference"},
                     *what, "what to print");
        options.configuration(arguments->config);
        options.flag("--json", arguments->json, "show: one JSON document on stdout");
        return [arguments, what](std::ostream& out, std::ostream& err) { return print(*what, *arguments, out, err); };
      }};
}

}  // namespace elit::daemon
