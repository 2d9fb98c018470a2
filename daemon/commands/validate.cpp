#include "daemon/commands/validate.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <memory>
#include <ostream>

#include "config/loader.hpp"
#include "core/crm/sink_design.hpp"
#include "daemon/commands/guarantee.hpp"
#include "daemon/system/exit_status.hpp"
#include "daemon/system/secret.hpp"

namespace elit::daemon {
namespace {

namespace json = boost::json;

std::string type_of(const SinkOptions& sink) {
  if (sink.type == SinkType::crm) {
    return sink.crm;
  }
  return sink.type == SinkType::file ? "file" : "http";
}

// Without the query, which on some receivers is a secret.
std::string target_of(const SinkOptions& sink) {
  if (sink.type == SinkType::crm) {
    return sink.design->base_url;
  }
  return sink.type == SinkType::file ? sink.directory : sink.url.substr(0, sink.url.find('?'));
}

json::object sink_document(const SinkOptions& sink) {
  json::object document{{"name", sink.name},
                        {"type", type_of(sink)},
                        {"target", target_of(sink)},
                        {"guarantee", fmt::format("{}", fmt::join(guarantee_of(sink), "; "))}};
  if (sink.type == SinkType::crm) {
    document["unit"] = unit_of(sink);
    document["credential"] = credential_of(sink);
  }
  return document;
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
    sinks.push_back(sink_document(sink));
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
    out << fmt::format("sink {}: {} to {}\n", sink.name, type_of(sink), target_of(sink));
    for (const std::string& line : guarantee_of(sink)) {
      out << "  " << line << '\n';
    }
    if (sink.type == SinkType::crm) {
      out << fmt::format("  {}; {}\n", unit_of(sink), credential_of(sink));
    }
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
        // The configuration may be checked on a machine that is not to hold the secrets.
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
  return {"validate", "checks the configuration alone and touches no network",
          "Prints every mistake at once as file:line:column: key: what is wrong.",
          [](VerbOptions& options) -> VerbAction {
            auto arguments = std::make_shared<ValidateArguments>();
            options.configuration(arguments->config);
            options.flag("--json", arguments->json, "one JSON document on stdout");
            return [arguments](std::ostream& out, std::ostream& err) { return validate(*arguments, out, err); };
          }};
}

}  // namespace elit::daemon
