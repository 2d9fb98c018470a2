#include "config/presets/sink_designer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "config/presets/preset_texts.hpp"
#include "config/presets/time_zones.hpp"
#include "config/yaml/text_rules.hpp"
#include "core/text/closest_match.hpp"
#include "core/text/url.hpp"

namespace elit::config {
namespace {

namespace json = boost::json;

// Adds the filter `string` to a text that is a single placeholder.
std::string as_text(const std::string& text) {
  const bool lone = text.starts_with("${") && text.ends_with("}") && text.find("${", 2) == std::string::npos;
  return lone ? text.substr(0, text.size() - 1) + " | string}" : text;
}

class SinkDesigner {
 public:
  SinkDesigner(const crm::Preset& preset, const SinkOptions& sink, const std::string& path, Diagnostics& diagnostics)
      : preset_(preset), sink_(sink), path_(path), diagnostics_(diagnostics) {
    design_.preset = preset;
  }

  std::optional<crm::SinkDesign> design() {
    choose_settings();
    choose_credential();
    choose_unit();
    choose_zone();
    choose_url();
    map_fields();
    choose_adoption();
    design_.work.text = preset_.text;
    return sound_ ? std::optional(std::move(design_)) : std::nullopt;
  }

 private:
  void report(const std::string& key, std::string what) {
    sound_ = false;
    diagnostics_.report_at("", path_of(path_, key), {}, std::move(what));
  }

  bool sound(const char* key) {
    const bool sound = diagnostics_.sound(path_of(path_, std::string(key)));
    sound_ = sound_ && sound;
    return sound;
  }

  void choose_settings() {
    if (!sound("settings")) {
      return;
    }
    std::vector<std::string> known;
    for (const crm::Setting& setting : preset_.settings) {
      known.push_back(setting.name);
      choose_setting(setting);
    }
    for (const auto& [name, value] : sink_.settings) {
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        report("settings." + name, fmt::format("is no setting of {}{}", preset_.name, advice_on(name, known)));
      }
    }
  }

  void choose_setting(const crm::Setting& setting) {
    const auto given = sink_.settings.find(setting.name);
    if (given == sink_.settings.end() && !setting.value) {
      report("settings." + setting.name,
             fmt::format("is missing: {} needs it{}{}", preset_.name, setting.doc.empty() ? "" : ": ", setting.doc));
      return;
    }
    const std::string& value = given == sink_.settings.end() ? *setting.value : given->second;
    const std::vector<std::string>& choices = setting.choices;
    if (!choices.empty() && std::find(choices.begin(), choices.end(), value) == choices.end()) {
      const std::optional<std::string> near = closest_match(value, choices);
      report("settings." + setting.name, fmt::format("must be one of {}{}", fmt::join(choices, ", "),
                                                     near ? fmt::format(": did you mean {}?", *near) : ""));
    }
    design_.config[setting.name] = value;
  }

  void choose_credential() {
    if (!sound("secrets")) {
      return;
    }
    std::vector<std::string> known;
    for (const crm::Credential& credential : preset_.credentials) {
      known.insert(known.end(), credential.secrets.begin(), credential.secrets.end());
    }
    bool all_known = true;
    for (const auto& [name, reference] : sink_.secrets) {
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        all_known = false;
        report("secrets." + name, fmt::format("is no secret of {}{}", preset_.name, advice_on(name, known)));
      }
    }
    const auto fits = [this](const crm::Credential& credential) {
      return std::all_of(credential.secrets.begin(), credential.secrets.end(),
                         [this](const std::string& name) { return sink_.secrets.contains(name); });
    };
    const auto chosen = std::find_if(preset_.credentials.begin(), preset_.credentials.end(), fits);
    design_.credential_index = static_cast<std::size_t>(chosen - preset_.credentials.begin());
    if (chosen == preset_.credentials.end() && all_known) {
      report("secrets", fmt::format("{}: {} needs {}", sink_.secrets.empty() ? "is missing" : "lacks some",
                                    preset_.name, credentials_text()));
    }
  }

  // The secrets of each credential, in words.
  [[nodiscard]] std::string credentials_text() const {
    std::vector<std::string> texts;
    texts.reserve(preset_.credentials.size());
    for (const crm::Credential& credential : preset_.credentials) {
      texts.push_back(fmt::format("{} ({})", fmt::join(credential.secrets, ", "),
                                  credential.doc.empty() ? credential.name : credential.doc));
    }
    return fmt::format("{}", fmt::join(texts, "; or "));
  }

  void choose_unit() {
    if (!sound("unit")) {
      return;
    }
    design_.work.unit = preset_.unit;
    if (sink_.unit != SinkUnit::automatic) {
      design_.work.unit = sink_.unit == SinkUnit::day ? crm::DeliveryUnit::day : crm::DeliveryUnit::message;
    }
    if (!preset_.units.contains(design_.work.unit)) {
      report("unit", fmt::format("must be {}: {} takes nothing else",
                                 preset_.units.contains(crm::DeliveryUnit::day) ? "day" : "message", preset_.name));
    }
  }

  void choose_zone() {
    if (!sound("timezone")) {
      return;
    }
    std::optional<TimeZone> zone = find_time_zone(sink_.timezone);
    if (!zone) {
      const std::vector<std::string> names = time_zone_names();
      const std::optional<std::string> near = closest_match(sink_.timezone, names);
      report("timezone", near            ? fmt::format("is no time zone: did you mean {}?", *near)
                         : names.empty() ? "is not known: install the package tzdata, or write UTC"
                                         : "is no time zone: write an IANA name such as Asia/Kolkata, or UTC");
      return;
    }
    design_.work.zone = std::move(*zone);
    design_.work.zone_name = sink_.timezone == "UTC" ? "" : sink_.timezone;
  }

  void choose_url() {
    if (!sound("url") || !sound_) {
      return;
    }
    std::string url = sink_.url;
    if (url.empty()) {
      const json::value config(design_.config);
      crm::Scope scope;
      scope.bind("config", &config);
      url = preset_.url.text(scope);
    }
    const auto problem = url.empty() ? std::nullopt : rules::base_url.problem(url);
    if (url.empty()) {
      report("url", fmt::format("is missing: {} is found at an address of your own", preset_.name));
    } else if (problem) {
      report("url",
             sink_.url.empty() ? fmt::format("{} (the preset makes it of the settings: {})", *problem, url) : *problem);
    } else if (Url::parse(url)->is_cleartext() && !sink_.transport.insecure_http) {
      report("url", "is http:// to another host: use https://, or allow it with insecure_http: true");
    }
    while (!url.empty() && url.back() == '/') {
      url.pop_back();
    }
    design_.config["url"] = url;
    design_.base_url = std::move(url);
  }

  void map_fields() {
    if (!sound("fields")) {
      return;
    }
    std::map<std::string, FieldOption> fields;
    for (const auto& [name, text] : preset_.fields) {
      fields[name].value = text;
    }
    for (const auto& [name, field] : sink_.fields) {
      fields[name] = field;
      check_policy(name, field);
    }
    for (const auto& [name, field] : fields) {
      const bool own = sink_.fields.contains(name);
      if (!field.value.empty() && (!own || check_field(name, field.value))) {
        design_.fields.push_back({name, text_of(field.value), field.if_empty});
      }
    }
  }

  // Requires: a text without mistakes.
  [[nodiscard]] crm::Text text_of(const std::string& value) const {
    const auto text = crm::Text::parse(preset_.fields_as_text ? as_text(value) : value);
    return text ? *text : crm::Text::parse(value).value();
  }

  // By what the preset finds contacts that others made, in the order of the operator.
  void choose_adoption() {
    if (!sound("contacts")) {
      return;
    }
    std::set<std::string> known;
    for (const crm::Step& step : preset_.steps) {
      if (!step.adopts.empty()) {
        known.insert(step.adopts);
      }
    }
    for (const std::string& by : sink_.contacts.adopt) {
      if (!known.contains(by)) {
        report("contacts.adopt",
               known.empty()
                   ? fmt::format("must be left out: {} does not look for contacts that others made", preset_.name)
                   : fmt::format("must be {}: {} looks for contacts by nothing else", fmt::join(known, " or "),
                                 preset_.name));
        return;
      }
      design_.adopt.insert(by);
    }
  }

  void check_policy(const std::string& name, const FieldOption& field) {
    const bool reads = std::any_of(preset_.steps.begin(), preset_.steps.end(),
                                   [](const crm::Step& step) { return step.kind == crm::StepKind::read; });
    if (field.if_empty && !reads) {
      report("fields." + name + ".policy",
             fmt::format("must be always: {} does not read what a contact has already", preset_.name));
    }
  }

  // Whether the operator's text is sound; its placeholders may name the contact and the settings.
  bool check_field(const std::string& name, const std::string& value) {
    const std::string key = path_of(path_, "fields." + name);
    auto origin = diagnostics_.origins.find(key + ".value");
    origin = origin == diagnostics_.origins.end() ? diagnostics_.origins.find(key) : origin;
    Node node;
    node.kind = Node::Kind::scalar;
    node.text = value;
    node.quoted = true;
    node.place = origin == diagnostics_.origins.end() ? Place{} : origin->second;
    PresetTexts texts(diagnostics_);
    for (const crm::Setting& setting : preset_.settings) {
      texts.vocabulary.settings.insert(setting.name);
    }
    PlaceholderContext context;
    context.item = PlaceholderContext::Item::contact;
    context.mapped = false;
    const std::string path = origin == diagnostics_.origins.end() ? key : origin->first;
    (void)texts.text(node, path, context);
    sound_ = sound_ && diagnostics_.sound(path);
    return diagnostics_.sound(path);
  }

  const crm::Preset& preset_;
  const SinkOptions& sink_;
  const std::string& path_;
  Diagnostics& diagnostics_;
  crm::SinkDesign design_;
  bool sound_ = true;
};

}  // namespace

std::optional<crm::SinkDesign> design_sink(const crm::Preset& preset, const SinkOptions& sink, const std::string& path,
                                           Diagnostics& diagnostics) {
  return SinkDesigner(preset, sink, path, diagnostics).design();
}

}  // namespace elit::config
