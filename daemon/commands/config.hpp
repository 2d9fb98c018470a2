#pragma once

#include <filesystem>
#include <iosfwd>

namespace elit::daemon {

// Prints the JSON Schema of the configuration. Gives the exit status 0.
int config_schema(std::ostream& out);

// Prints the commented example, which is the shipped config/example.yaml. Gives the exit status 0.
int config_example(std::ostream& out);

// Prints the reference of all options as Markdown, which is the shipped config/reference.md. Gives the exit status 0.
int config_reference(std::ostream& out);

// Prints a page for each CRM that comes with the program, which is the shipped config/crm/PRESETS.md. Gives the exit
// status 0.
int config_presets(std::ostream& out);

struct ConfigShowArguments {
  std::filesystem::path config;
  bool json = false;
};

// Prints every value in force and where it came from, secrets as references; reads no secret. With `json`, one
// document:
//   {"file", "values": [{"key", "value", "origin"}]}
// with values as they would be written in the file. Mistakes go to `err`. Gives the exit status: 0 or 78.
int config_show(const ConfigShowArguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace elit::daemon
