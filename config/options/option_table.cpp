#include <fmt/format.h>

#include <algorithm>

#include "config/options/option.hpp"
#include "config/options/section_checks.hpp"
#include "config/options/table_rows.hpp"
#include "config/presets/shipped_presets.hpp"
#include "config/yaml/scalars.hpp"

// The option table. Bounds are those of core/options.hpp; defaults are its initialisers.
namespace elit::config {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds day{std::chrono::hours{24}};

// The options of the transport are keys of the source or sink itself.
template <class Peer>
void add_transport_rows(Rows<Peer>& rows, const std::vector<std::string>& when) {
  Option& ca_file = rows.path(
      "ca_file", [](auto& peer) -> auto& { return peer.transport.ca_file; },
      "Certificates (PEM) that are trusted instead of the system's.");
  ca_file.example = "/etc/elitbuzz-sync/ca.pem";
  ca_file.default_doc = "the system's certificates";
  Option& proxy = rows.text(
      "proxy", [](auto& peer) -> auto& { return peer.transport.proxy; }, rules::proxy,
      "HTTP proxy through which this peer is reached.");
  proxy.example = "http://proxy.example.com:3128";
  proxy.default_doc = "none";
  Option& insecure = rows.flag(
      "insecure_http", [](auto& peer) -> auto& { return peer.transport.insecure_http; },
      "Allow http:// to a host that is not this one. Secrets then travel in the clear.");
  for (Option* row : {&ca_file, &proxy}) {
    row->commented = true;
  }
  ca_file.when = proxy.when = insecure.when = when;
}

const Section& state_section() {
  static const Section section = [] {
    Rows<Options> rows("state", "Where elitbuzz-sync keeps what it knows.");
    rows.path("directory", &Options::state_directory, "Directory that holds elitbuzz-sync.db.");
    return rows.take();
  }();
  return section;
}

const Section& log_section() {
  static const Section section = [] {
    Rows<LogOptions> rows("log", "What is logged, and where to.");
    Option& file = rows.path("file", &LogOptions::file, "Log file, opened for appending.");
    file.example = "/var/log/elitbuzz-sync/elitbuzz-sync.log";
    file.default_doc = "stderr";
    rows.choice("level", &LogOptions::level, {"trace", "debug", "info", "warning", "error"},
                "The least important level that is logged.");
    rows.choice("format", &LogOptions::format, {"json", "text"}, "One JSON object a line, or text for people.");
    rows.flag("reveal_user_ids", &LogOptions::reveal_user_ids, "Write user ids in full instead of masked (9198…5678).");
    return rows.take();
  }();
  return section;
}

const Section& sync_section() {
  static const Section section = [] {
    Rows<SyncOptions> rows("sync", "How the verb `sync` behaves.");
    rows.duration("wait", &SyncOptions::wait, 0ms, day, "All waiting for retries and Retry-After together.");
    return rows.take();
  }();
  return section;
}

const Section& roster_section() {
  static const Section section = [] {
    Rows<RosterOptions> rows("roster", "When a list of users is not believed. At top level: for all sources.");
    rows.real("shrink_alarm", &RosterOptions::shrink_alarm, 0, 1,
              "Share of the followed users that may vanish from a list at once; more is an alarm and moves nobody.");
    return rows.take();
  }();
  return section;
}

const Section& dead_letters_section() {
  static const Section section = [] {
    Rows<DeadLetterOptions> rows("dead_letters", "When refusals stop a sink. At top level: for all sinks.");
    rows.whole("pause_after", &DeadLetterOptions::pause_after, 1, 1'000'000,
               "So many refusals in a row without one success pause the sink.");
    return rows.take();
  }();
  return section;
}

const Section& audience_section() {
  static const Section section = [] {
    Rows<Audience> rows("audiences", "Whom to follow: users with that value of that attribute, in any audience.");
    Option& attribute = rows.text("attribute", &Audience::attribute, rules::any_text, "Name of the attribute.");
    attribute.required = true;
    attribute.example = "feedback";
    Option& value = rows.text("value", &Audience::value, rules::audience_value, "Value the attribute must have.");
    value.required = true;
    value.example = "\"1\"";
    return rows.take();
  }();
  return section;
}

const Section& poll_section() {
  static const Section section = [] {
    Rows<PollOptions> rows("poll", "How often the source is asked.");
    rows.duration("interval", &PollOptions::interval, 100ms, day,
                  "How often the users are listed and the active ones are read.");
    rows.duration("max_staleness", &PollOptions::max_staleness, 100ms, 30 * day,
                  "No followed user is ever older than this; at least the interval.");
    rows.check(check_poll);
    return rows.take();
  }();
  return section;
}

const Section& limits_section() {
  static const Section section = [] {
    Rows<LimitOptions> rows("limits", "Upper bounds of what a source is asked for.");
    rows.real("requests_per_second", &LimitOptions::requests_per_second, 0, 1000,
              "Requests a second; 0: no limit but the adaptive one.");
    rows.whole("concurrency", &LimitOptions::concurrency, 1, 64, "Requests in flight at once.");
    rows.whole("page_size", &LimitOptions::page_size, 1, 10'000, "Messages asked for in one page.");
    rows.duration("timeout", &LimitOptions::timeout, 100ms, 10min, "Time of a whole request.");
    rows.size("response_size", &LimitOptions::response_size, 64LL << 10, 1LL << 30, "Size of one answer's body.");
    return rows.take();
  }();
  return section;
}

const Section& api_section() {
  static const Section section = [] {
    Rows<DialectOptions> rows("api", "The dialect of the API. An empty JSON pointer: the known shapes are tried.");
    rows.text("users_path", &DialectOptions::users_path, rules::users_path, "Path of the Users API.");
    rows.text("conversations_path", &DialectOptions::conversations_path, rules::conversations_path,
              "Path of the Conversations API.");
    rows.text("attribute_name_parameter", &DialectOptions::attribute_name_parameter, rules::parameter,
              "Query parameter for the attribute's name.");
    rows.text("attribute_value_parameter", &DialectOptions::attribute_value_parameter, rules::parameter,
              "Query parameter for the attribute's value.");
    rows.text("start_date_parameter", &DialectOptions::start_date_parameter, rules::parameter,
              "Query parameter for the beginning of a window.");
    rows.text("end_date_parameter", &DialectOptions::end_date_parameter, rules::parameter,
              "Query parameter for the end of a window.");
    rows.text("page_number_parameter", &DialectOptions::page_number_parameter, rules::parameter,
              "Query parameter for the number of the page.");
    rows.text("page_size_parameter", &DialectOptions::page_size_parameter, rules::parameter,
              "Query parameter for the size of a page.");
    rows.text("users_page_parameter", &DialectOptions::users_page_parameter, rules::parameter_or_none,
              "Query parameter for the page of the users list; empty: the list is asked for once, without paging.");
    rows.text("users_list", &DialectOptions::users_list, rules::json_pointer, "Where the users are in an answer.");
    rows.text("user_id", &DialectOptions::user_id, rules::json_pointer, "Where the id is inside a user.");
    rows.text("messages_list", &DialectOptions::messages_list, rules::json_pointer,
              "Where the messages are in an answer.");
    rows.text("message", &DialectOptions::message, rules::json_pointer,
              "Where the message is inside an element of that list; empty: the element is the message.");
    rows.subset("accept_missing", &DialectOptions::accept_missing,
                {"timestamp", "sender", "message_type", "response", "file", "attachments"},
                "Members of messages that may be missing although they always were there: such messages are held back "
                "otherwise.");
    rows.words("sender_roles", &DialectOptions::sender_roles, {"in", "out", "agent", "system"},
               "The direction of a message by its sender; senders not named here are `in`.");
    rows.choice("short_page_ends", &DialectOptions::short_page_ends, {"automatic", "yes", "no"},
                "Whether a page shorter than asked for is the last one.");
    rows.choice("authorization", &DialectOptions::authorization, {"raw", "base64"},
                "How the key is sent: as it is after `Basic `, or in Base64.");
    rows.check(check_api);
    return rows.take();
  }();
  return section;
}

void add_source_identity(Rows<SourceOptions>& rows) {
  Option& name =
      rows.text("name", &SourceOptions::name, rules::name, "Identity of this source in the state; never change it.");
  name.example = "support";
  Option& base_url = rows.text("base_url", &SourceOptions::base_url, rules::base_url,
                               "Where the API is. http:// only for loopback, or with insecure_http: true.");
  base_url.example = "https://api.example.com";
  Option& customer_id = rows.text("customer_id", &SourceOptions::customer_id, rules::identifier,
                                  "Customer Identifier, as the portal shows it under Integrations > API.");
  customer_id.example = "\"4660\"";
  Option& bot_key = rows.text("bot_key", &SourceOptions::bot_key, rules::identifier, "Bot Key, from the same screen.");
  bot_key.example = "6bc26c50902b4838";
  Option& api_key = rows.secret("api_key", &SourceOptions::api_key, "The raw API key, without `Basic `.");
  api_key.example = "{file: /etc/elitbuzz-sync/support.key}";
  for (Option* row : {&name, &base_url, &customer_id, &bot_key, &api_key}) {
    row->required = true;
  }
}

const Section& source_section() {
  static const Section section = [] {
    Rows<SourceOptions> rows("sources", "The bots whose conversations are fetched; at least one.");
    add_source_identity(rows);
    rows.list("audiences", &SourceOptions::audiences, 1, audience_section(), [](SourceOptions&, Audience&) {});
    Option& since = rows.instant("since", &SourceOptions::since, "Messages before this instant are not fetched.");
    since.example = "2026-01-01T00:00:00Z";
    since.default_doc = "all history";
    rows.group("poll", &SourceOptions::poll, poll_section());
    rows.duration("settle", &SourceOptions::settle, 0ms, day,
                  "Messages younger than this are read and stored, but not yet counted as covered.");
    rows.duration("lookback", &SourceOptions::lookback, 0ms, 7 * day,
                  "How far each read goes back over what is covered, for late arrivals.");
    rows.group("limits", &SourceOptions::limits, limits_section());
    rows.group("api", &SourceOptions::api, api_section());
    rows.group("roster", &SourceOptions::roster, roster_section());
    add_transport_rows(rows, {});
    rows.check(check_source);
    return rows.take();
  }();
  return section;
}

const Section& batch_section() {
  static const Section section = [] {
    Rows<BatchOptions> rows("batch", "How messages are put together into one request.");
    rows.whole("messages", &BatchOptions::messages, 1, 10'000, "Messages in one request.");
    rows.size("bytes", &BatchOptions::bytes, 1LL << 10, 64LL << 20,
              "Size of one request's body; a single larger message goes alone.");
    rows.duration("wait", &BatchOptions::wait, 0ms, 5min, "How long to wait for a batch to fill.");
    return rows.take();
  }();
  return section;
}

const Section& retry_section() {
  static const Section section = [] {
    Rows<RetryOptions> rows("retry", "How failures that may pass are tried again, with jitter.");
    rows.duration("first", &RetryOptions::first, 10ms, 1h, "Delay before the first repetition; it doubles from there.");
    rows.duration("max", &RetryOptions::max, 10ms, day, "The longest delay; at least the first.");
    rows.duration("give_up_after", &RetryOptions::give_up_after, 0ms, 3650 * day,
                  "A message becomes a dead letter after so long; 0: never.");
    rows.check(check_retry);
    return rows.take();
  }();
  return section;
}

const Section& sign_section() {
  static const Section section = [] {
    Rows<SignOptions> rows("sign", "Sign every request with a secret that the receiver has too; absent: not signed.");
    Option& secret = rows.secret("secret", &SignOptions::secret,
                                 "The secret, as text; its bytes are the key of the HMAC. Take a long random one.");
    secret.required = true;
    secret.example = "{file: /etc/elitbuzz-sync/crm.secret}";
    secret.default_doc = "not signed";
    return rows.take();
  }();
  return section;
}

// The kinds of sinks. A shipped preset's name is a type of its own, of the kind "crm".
const std::vector<std::string> http{"http"};
const std::vector<std::string> file{"file"};
const std::vector<std::string> custom{"custom"};
const std::vector<std::string> crms{"custom", "crm"};
const std::vector<std::string> remote{"http", "custom", "crm"};

std::string kind_of_sink(const std::string& type) {
  const bool own = type == "http" || type == "file" || type == "custom";
  return own ? type : "crm";
}

void add_type_row(Rows<SinkOptions>& rows) {
  std::vector<std::string> types{"http", "file", "custom"};
  for (const std::string& name : shipped_preset_names()) {
    types.push_back(name);
  }
  Option& type = rows.choice("type", &SinkOptions::type, std::move(types),
                             "http: POST of JSON batches. file: JSON lines, one file a day. custom: a CRM by an own "
                             "preset. The others: that CRM.");
  type.required = true;
  type.set = [](void* owner, const Value& value) {
    auto& sink = *static_cast<SinkOptions*>(owner);
    const auto& name = std::get<std::string>(value);
    sink.type = name == "http" ? SinkType::http : name == "file" ? SinkType::file : SinkType::crm;
    sink.crm = sink.type == SinkType::crm ? name : "";
  };
  type.get = [](const void* owner) -> Value {
    const auto& sink = *static_cast<const SinkOptions*>(owner);
    return sink.type == SinkType::crm ? sink.crm : std::string(sink.type == SinkType::file ? "file" : "http");
  };
}

void add_crm_rows(Rows<SinkOptions>& rows) {
  Option& preset = rows.path("preset", &SinkOptions::preset, "The file with the preset; see config/crm/README.md.");
  preset.required = true;
  preset.when = custom;
  preset.example = "mycrm.yaml";
  Option& secrets = rows.secrets("secrets", &SinkOptions::secrets,
                                 "The secrets of one of the preset's credentials, by the names it gives them.");
  secrets.example = "{access_token: {file: /etc/elitbuzz-sync/hubspot.token}}";
  Option& settings = rows.texts("settings", &SinkOptions::settings, "The preset's settings, by name.");
  settings.example = "{channel: WHATS_APP}";
  settings.default_doc = "the preset's";
  Option& unit = rows.choice("unit", &SinkOptions::unit, {"default", "message", "day"},
                             "What a record on a contact's timeline is: a message, or a transcript of a user's day. "
                             "default: as the preset has it.");
  Option& timezone = rows.text("timezone", &SinkOptions::timezone, rules::any_text,
                               "Whose days transcripts are made of, and whose times they show: an IANA name.");
  timezone.example = "Asia/Kolkata";
  Option& fields =
      rows.fields("fields", &SinkOptions::fields,
                  "Fields of contacts: a JSON pointer into the user's element of the Users API, or {value: "
                  "a text with placeholders, policy: always or if_empty}; empty: not mapped.");
  fields.example = "{phone: /user.phone_no, company: {value: \"${contact.user/company | trim}\", policy: if_empty}}";
  fields.default_doc = "the preset's";
  for (Option* row : {&secrets, &settings, &unit, &timezone, &fields}) {
    row->when = crms;
  }
}

void add_http_rows(Rows<SinkOptions>& rows) {
  Option& url = rows.text("url", &SinkOptions::url, rules::url,
                          "Where batches are posted, or where the CRM is. http:// only for loopback, or with "
                          "insecure_http: true.");
  url.example = "https://crm.example.com/conversations";
  url.example_of = {{"crm", "https://api.hubapi.com"}};
  url.needed_for = http;
  url.default_doc = "the preset's";
  Option& headers = rows.headers("headers", &SinkOptions::headers,
                                 "Headers of every request. A header that carries a secret must be a reference.");
  headers.example = "{Authorization: {file: /etc/elitbuzz-sync/crm.token}}";
  Option& sign = rows.group("sign", &SinkOptions::sign, sign_section());
  headers.when = sign.when = http;
  Option& batch = rows.group("batch", &SinkOptions::batch, batch_section());
  Option& concurrency = rows.whole("concurrency", &SinkOptions::concurrency, 1, 64, "Requests in flight at once.");
  Option& timeout = rows.duration("timeout", &SinkOptions::timeout, 100ms, 10min, "Time of a whole request.");
  for (Option* row : {&url, &batch, &concurrency, &timeout}) {
    row->when = remote;
  }
  add_transport_rows(rows, remote);
}

const Section& sink_section() {
  static const Section section = [] {
    Rows<SinkOptions> rows("sinks", "Where conversations are delivered to; none: they are only stored.");
    rows.discriminate_by("type", kind_of_sink, {"http", "file", "hubspot"});
    Option& name = rows.text("name", &SinkOptions::name, rules::name, "Identity of this sink in the state.");
    name.required = true;
    name.example = "warehouse";
    name.example_of = {{"file", "archive"}, {"crm", "crm"}};
    add_type_row(rows);
    rows.flag("history", &SinkOptions::history,
              "Deliver the stored history too; false: only what is stored from the first start on.");
    add_crm_rows(rows);
    add_http_rows(rows);
    Option& directory = rows.path("directory", &SinkOptions::directory, "Directory of the files.");
    directory.required = true;
    directory.when = file;
    directory.example = "/var/lib/elitbuzz-sync/archive";
    rows.group("retry", &SinkOptions::retry, retry_section());
    rows.group("dead_letters", &SinkOptions::dead_letters, dead_letters_section());
    rows.check(check_sink);
    return rows.take();
  }();
  return section;
}

}  // namespace

const Section& option_table() {
  static const Section section = [] {
    Rows<Options> rows("elitbuzz-sync", "");
    rows.group(
        "state", [](auto& options) -> auto& { return options; }, state_section());
    rows.group("log", &Options::log, log_section());
    rows.group("sync", &Options::sync, sync_section());
    // They come before the lists: elements inherit them.
    rows.group("roster", &Options::roster, roster_section());
    rows.group("dead_letters", &Options::dead_letters, dead_letters_section());
    rows.list("sources", &Options::sources, 1, source_section(),
              [](const Options& options, SourceOptions& source) { source.roster = options.roster; });
    rows.list("sinks", &Options::sinks, 0, sink_section(),
              [](const Options& options, SinkOptions& sink) { sink.dead_letters = options.dead_letters; });
    rows.check(check_options);
    return rows.take();
  }();
  return section;
}

std::string kind_of(const Section& section, const std::string& value) {
  return section.kind ? section.kind(value) : value;
}

std::string kind_of(const Section& section, const void* owner) {
  for (const Option& option : section.options) {
    if (option.key == section.discriminator) {
      return kind_of(section, std::get<std::string>(option.get(owner)));
    }
  }
  return "";
}

bool applies(const Option& option, const std::string& kind) {
  return option.when.empty() || std::find(option.when.begin(), option.when.end(), kind) != option.when.end();
}

bool is_required(const Option& option, const std::string& kind) {
  return option.required ||
         std::find(option.needed_for.begin(), option.needed_for.end(), kind) != option.needed_for.end();
}

std::string kinds_text(const std::vector<std::string>& kinds, const char* quote) {
  std::vector<std::string> words;
  const bool any_crm = std::find(kinds.begin(), kinds.end(), "crm") != kinds.end();
  for (const std::string& kind : kinds) {
    if (kind == "crm") {
      words.emplace_back("a CRM");
    } else if (kind != "custom" || !any_crm) {
      words.push_back(quote + kind + quote);
    }
  }
  return fmt::format("{}", fmt::join(words, " or "));
}

std::string bounds_text(const Option& option) {
  switch (option.kind) {
    case Option::Kind::whole:
      return fmt::format("between {} and {}", option.min, option.max);
    case Option::Kind::real:
      return fmt::format("between {} and {}", option.min / 1000, option.max / 1000);
    case Option::Kind::duration:
      return fmt::format("between {} and {}", option.min == 0 ? "0" : duration_text(Milliseconds{option.min}),
                         duration_text(Milliseconds{option.max}));
    case Option::Kind::size:
      return fmt::format("between {} and {}", size_text(option.min), size_text(option.max));
    default:
      return "";
  }
}

}  // namespace elit::config
