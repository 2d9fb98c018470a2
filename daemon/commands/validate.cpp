#include "daemon/commands/validate.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <memory>
#include <ostream>

#include "config/loader.hpp"
#include "daemon/delivery/sink_kind.hpp"
#include "daemon/system/exit_status.hpp"
#include "daemon/system/secret.hpp"

namespace elit::daemon {
namespace {

namespace json = boost::json;

json::object sink_document(const SinkOptions& sink, const crm::SinkDesigns& designs) {
  const std::unique_ptr<SinkKind> kind = sink_kind(sink, designs);
  json::object document{{"name", sink.name},
                        {"type", sink_type(sink)},
                        {"target", kind->target()},
                        {"guarantee", fmt::format("{}", fmt::join(kind->guarantee(), "; "))}};
  if (!kind->credential().empty()) {
    document["unit"] = kind->unit();
    document["credential"] = kind->credential();
  }
  return document;
}

void print_sink(const SinkOptions& sink, const crm::SinkDesigns& designs, std::ostream& out) {
  const std::unique_ptr<SinkKind> kind = sink_kind(sink, designs);
  out << fmt::format("sink {}: {} to {}\n", sink.name, sink_type(sink), kind->target());
  for (const std::string& line : kind->guarantee()) {
    out << "  " << line << '\n';
  }
  if (!kind->credential().empty()) {
    out << fmt::format("  {}; {}\n", kind->unit(), kind->credential());
  }
}

json::object document(const config::Loaded& loaded, const std::vector<config::Diagnostic>& mistakes) {
  json::array found;
  for (const config::Diagnostic& mistake : mistakes) {
    found.push_back(json::object{{"file", mistake.file},
                                 {"line", mistake.line},
                                 {"column", mistake.column},
                                 {"key", mistake.key},
                                 {"what", mistake.what}});
  }
  json::array sources;
  json::array sinks;
  const Options options = loaded.options.value_or(Options{});
  for (const SourceOptions& source : options.sources) {
    json::array audiences;
    for (const Audience& audience : source.audiences) {
      audiences.push_back(json::object{{"attribute", audience.attribute}, {"value", audience.value}});
    }
    sources.push_back(json::object{{"name", source.name}, {"base_url", source.base_url}, {"audiences", audiences}});
  }
  for (const SinkOptions& sink : options.sinks) {
    sinks.push_back(sink_document(sink, loaded.designs));
  }
  return {{"ok", mistakes.empty()},
          {"file", loaded.file},
          {"mistakes", std::move(found)},
          {"sources", sources},
          {"sinks", std::move(sinks)}};
}

void print_summary(const config::Loaded& loaded, std::ostream& out) {
  out << fmt::format("{}: no mistakes\n", loaded.file);
  for (const SourceOptions& source : loaded.options->sources) {
    out << fmt::format("source {}: {}\n", source.name, source.base_url);
    for (const Audience& audience : source.audiences) {
      out << fmt::format("  follows users with {} = {}\n", audience.attribute, audience.value);
    }
  }
  if (loaded.options->sinks.empty()) {
    out << "no sinks: conversations are only stored\n";
  }
  for (const SinkOptions& sink : loaded.options->sinks) {
    print_sink(sink, loaded.designs, out);
  }
}

}  // namespace

int validate(const ValidateArguments& arguments, std::ostream& out, std::ostream& err) {
  const config::Loaded loaded = config::load(arguments.config);
  std::vector<config::Diagnostic> mistakes = loaded.mistakes;
  int status = loaded.options ? exit_done : exit_configuration;
  if (loaded.options) {
    for (SecretDiagnostic& found : find_secret_mistakes(loaded)) {
      if (found.missing) {
        // The configuration may be checked on a machine that does not have the secrets.
        err << to_string(found.mistake) << " (a warning here; `run` and `sync` need it)\n";
        continue;
      }
      status = std::max(status, found.exit_status);
      mistakes.push_back(std::move(found.mistake));
    }
    config::sort_by_place(mistakes);
  }
  config::print_mistakes(err, mistakes);
  if (arguments.json) {
    out << json::serialize(document(loaded, mistakes)) << '\n';
  } else if (status == 0) {
    print_summary(loaded, out);
  }
  return status;
}

Verb validate_verb() {
  return {"validate", "checks the configuration and uses no network",
          "Prints every mistake at once as file:line:column: key: what is wrong.",
          [](VerbOptions& options) -> VerbAction {
            auto arguments = std::make_shared<ValidateArguments>();
            options.configuration(arguments->config);
            options.flag("--json", arguments->json, "one JSON document on stdout");
            return [arguments](std::ostream& out, std::ostream& err) { return validate(*arguments, out, err); };
          }};
}

}  // namespace elit::daemon
