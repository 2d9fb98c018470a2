#include "config/options/option_table.hpp"

#include <chrono>

#include "config/options/option_kinds.hpp"
#include "config/options/section_checks.hpp"

// The option table. Bounds are those of core/options.hpp; defaults are its initialisers.
namespace elit::config {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds day{std::chrono::hours{24}};

template <class Owner>
using Table = Section<Owner, OptionContext>;

// A row of the value itself, not of a member.
constexpr auto itself = [](auto& value) -> auto& {
  return value;
};

template <class Kind>
ByName<Kind, std::map<std::string, typename Kind::Value>> by_name(Kind kind, std::string type) {
  return {std::move(kind), std::move(type)};
}

// The options of the transport are keys of the source or sink itself.
template <class Peer>
void add_transport_rows(Table<Peer>& table, const std::vector<std::string>& when) {
  FieldDescription& ca_file = table.add(
      "ca_file", [](auto& peer) -> auto& { return peer.transport.ca_file; }, PathOption(),
      "Certificates (PEM) that are trusted instead of the system's.");
  ca_file.example = "/etc/elitbuzz-sync/ca.pem";
  ca_file.default_doc = "the system's certificates";
  FieldDescription& proxy = table.add(
      "proxy", [](auto& peer) -> auto& { return peer.transport.proxy; }, Text{rules::proxy},
      "HTTP proxy through which this peer is reached.");
  proxy.example = "http://proxy.example.com:3128";
  proxy.default_doc = "none";
  FieldDescription& insecure = table.add(
      "insecure_http", [](auto& peer) -> auto& { return peer.transport.insecure_http; }, Flag(),
      "Allow http:// to a host that is not this one. Secrets then travel in the clear.");
  for (FieldDescription* row : {&ca_file, &proxy}) {
    row->commented = true;
  }
  ca_file.when = proxy.when = insecure.when = when;
}

const Table<Options>& state_section() {
  static const Table<Options> section = [] {
    Table<Options> table("state", "Where elitbuzz-sync keeps what it knows.");
    table.add("directory", &Options::state_directory, PathOption(), "Directory that holds elitbuzz-sync.db.");
    return table;
  }();
  return section;
}

const Table<LogOptions>& log_section() {
  static const Table<LogOptions> section = [] {
    Table<LogOptions> table("log", "What is logged, and where to.");
    FieldDescription& file = table.add("file", &LogOptions::file, PathOption(), "Log file, opened for appending.");
    file.example = "/var/log/elitbuzz-sync/elitbuzz-sync.log";
    file.default_doc = "stderr";
    table.add("level", &LogOptions::level,
              Choice<LogLevel>({{"trace", LogLevel::trace},
                                {"debug", LogLevel::debug},
                                {"info", LogLevel::info},
                                {"warning", LogLevel::warning},
                                {"error", LogLevel::error}}),
              "The least important level that is logged.");
    table.add("format", &LogOptions::format, Choice<LogFormat>({{"json", LogFormat::json}, {"text", LogFormat::text}}),
              "One JSON object a line, or text for people.");
    table.add("reveal_user_ids", &LogOptions::reveal_user_ids, Flag(),
              "Write user ids in full instead of masked (9198…5678).");
    return table;
  }();
  return section;
}

const Table<SyncOptions>& sync_section() {
  static const Table<SyncOptions> section = [] {
    Table<SyncOptions> table("sync", "How the verb `sync` behaves.");
    table.add("wait", &SyncOptions::wait, Duration{0ms, day},
              "Limit of all waiting for retries and Retry-After together.");
    return table;
  }();
  return section;
}

const Table<RosterOptions>& roster_section() {
  static const Table<RosterOptions> section = [] {
    Table<RosterOptions> table(
        "roster", "Protects against lists of users that are suddenly short. At top level: for all sources.");
    table.add(
        "shrink_alarm", &RosterOptions::shrink_alarm, Real{0, 1},
        "Share of the followed users that may be missing from a list at once. If more are missing, an alarm is raised and all stay followed.");
    return table;
  }();
  return section;
}

const Table<DeadLetterOptions>& dead_letters_section() {
  static const Table<DeadLetterOptions> section = [] {
    Table<DeadLetterOptions> table("dead_letters", "When refused messages pause a sink. At top level: for all sinks.");
    table.add("pause_after", &DeadLetterOptions::pause_after, Whole{1, 1'000'000},
              "The sink is paused after this many refusals in a row without a success.");
    return table;
  }();
  return section;
}

const Table<Audience>& audience_section() {
  static const Table<Audience> section = [] {
    Table<Audience> table("audiences",
                          "Which users to follow: those with this value of this attribute, in any of the audiences.");
    FieldDescription& attribute =
        table.add("attribute", &Audience::attribute, Text{rules::any_text}, "Name of the attribute.");
    attribute.required = true;
    attribute.example = "feedback";
    FieldDescription& value =
        table.add("value", &Audience::value, Text{rules::audience_value}, "Value the attribute must have.");
    value.required = true;
    value.example = "\"1\"";
    return table;
  }();
  return section;
}

const Table<PollOptions>& poll_section() {
  static const Table<PollOptions> section = [] {
    Table<PollOptions> table("poll", "How often the source is asked.");
    table.add("interval", &PollOptions::interval, Duration{100ms, day},
              "How often the users are listed and the active ones are read.");
    table.add("max_staleness", &PollOptions::max_staleness, Duration{100ms, 30 * day},
              "The longest time between two reads of a followed user; at least the interval.");
    table.finish = [](const auto& value, const ReadMap& map, const OptionContext&) { check_poll(value, map); };
    return table;
  }();
  return section;
}

const Table<LimitOptions>& limits_section() {
  static const Table<LimitOptions> section = [] {
    Table<LimitOptions> table("limits", "Upper bounds of the requests to a source.");
    table.add("requests_per_second", &LimitOptions::requests_per_second, Real{0, 1000},
              "Requests a second; 0: no limit but the adaptive one.");
    table.add("concurrency", &LimitOptions::concurrency, Whole{1, 64}, "Requests in flight at once.");
    table.add("page_size", &LimitOptions::page_size, Whole{1, 10'000}, "Messages asked for in one page.");
    table.add("timeout", &LimitOptions::timeout, Duration{100ms, 10min}, "Time of a whole request.");
    table.add("response_size", &LimitOptions::response_size, Size{64LL << 10, 1LL << 30}, "Size of one answer's body.");
    return table;
  }();
  return section;
}

const Table<DialectOptions>& api_section() {
  static const Table<DialectOptions> section = [] {
    Table<DialectOptions> table("api", "The dialect of the API. An empty JSON pointer: the known shapes are tried.");
    table.add("users_path", &DialectOptions::users_path, Text{rules::users_path}, "Path of the Users API.");
    table.add("conversations_path", &DialectOptions::conversations_path, Text{rules::conversations_path},
              "Path of the Conversations API.");
    table.add("attribute_name_parameter", &DialectOptions::attribute_name_parameter, Text{rules::parameter},
              "Query parameter for the attribute's name.");
    table.add("attribute_value_parameter", &DialectOptions::attribute_value_parameter, Text{rules::parameter},
              "Query parameter for the attribute's value.");
    table.add("start_date_parameter", &DialectOptions::start_date_parameter, Text{rules::parameter},
              "Query parameter for the beginning of a window.");
    table.add("end_date_parameter", &DialectOptions::end_date_parameter, Text{rules::parameter},
              "Query parameter for the end of a window.");
    table.add("page_number_parameter", &DialectOptions::page_number_parameter, Text{rules::parameter},
              "Query parameter for the number of the page.");
    table.add("page_size_parameter", &DialectOptions::page_size_parameter, Text{rules::parameter},
              "Query parameter for the size of a page.");
    table.add("users_page_parameter", &DialectOptions::users_page_parameter, Text{rules::parameter_or_none},
              "Query parameter for the page of the users list; empty: the list is asked for once, without paging.");
    table.add("users_list", &DialectOptions::users_list, Text{rules::json_pointer},
              "Where the users are in an answer.");
    table.add("user_id", &DialectOptions::user_id, Text{rules::json_pointer}, "Where the id is inside a user.");
    table.add("messages_list", &DialectOptions::messages_list, Text{rules::json_pointer},
              "Where the messages are in an answer.");
    table.add("message", &DialectOptions::message, Text{rules::json_pointer},
              "Where the message is inside an element of that list; empty: the element is the message.");
    table.add("accept_missing", &DialectOptions::accept_missing,
              Subset({"timestamp", "sender", "message_type", "response", "file", "attachments"}),
              "Members of messages that may be missing although they always were there: such messages are held back "
              "otherwise.");
    table.add("sender_roles", &DialectOptions::sender_roles,
              by_name(words({"in", "out", "agent", "system"}), "map of text to `in`, `out`, `agent`, `system`"),
              "The direction of a message by its sender; senders not named here are `in`.");
    table.add("short_page_ends", &DialectOptions::short_page_ends,
              Choice<Tristate>({{"automatic", Tristate::automatic}, {"yes", Tristate::yes}, {"no", Tristate::no}}),
              "Whether a page shorter than asked for is the last one.");
    table.add("authorization", &DialectOptions::authorization, words({"raw", "base64"}),
              "How the key is sent: as it is after `Basic `, or in Base64.");
    table.finish = [](const auto& value, const ReadMap& map, const OptionContext&) { check_api(value, map); };
    return table;
  }();
  return section;
}

void add_source_identity(Table<SourceOptions>& table) {
  FieldDescription& name = table.add("name", &SourceOptions::name, Text{rules::name},
                                     "Identity of this source in the state; never change it.");
  name.example = "support";
  FieldDescription& base_url = table.add("base_url", &SourceOptions::base_url, Text{rules::base_url},
                                         "Where the API is. http:// only for loopback, or with insecure_http: true.");
  base_url.example = "https://api.example.com";
  FieldDescription& customer_id = table.add("customer_id", &SourceOptions::customer_id, Text{rules::identifier},
                                            "Customer Identifier, as the portal shows it under Integrations > API.");
  customer_id.example = "\"4660\"";
  FieldDescription& bot_key =
      table.add("bot_key", &SourceOptions::bot_key, Text{rules::identifier}, "Bot Key, from the same screen.");
  bot_key.example = "6bc26c50902b4838";
  FieldDescription& api_key =
      table.add("api_key", &SourceOptions::api_key, SecretOption(), "The raw API key, without `Basic `.");
  api_key.example = "{file: /etc/elitbuzz-sync/support.key}";
  for (FieldDescription* row : {&name, &base_url, &customer_id, &bot_key, &api_key}) {
    row->required = true;
  }
}

const Table<SourceOptions>& source_section() {
  static const Table<SourceOptions> section = [] {
    Table<SourceOptions> table("sources", "The bots whose conversations are fetched; at least one.");
    add_source_identity(table);
    table.add_list("audiences", &SourceOptions::audiences, 1, audience_section(), [](SourceOptions&, Audience&) {});
    FieldDescription& since =
        table.add("since", &SourceOptions::since, InstantOption(), "Messages before this instant are not fetched.");
    since.example = "2026-01-01T00:00:00Z";
    since.default_doc = "all history";
    table.add_section("poll", &SourceOptions::poll, poll_section());
    table.add("settle", &SourceOptions::settle, Duration{0ms, day},
              "Messages younger than this are read and stored, but not yet counted as covered.");
    table.add("lookback", &SourceOptions::lookback, Duration{0ms, 7 * day},
              "How far each read goes back over what is covered, for late arrivals.");
    table.add_section("limits", &SourceOptions::limits, limits_section());
    table.add_section("api", &SourceOptions::api, api_section());
    table.add_section("roster", &SourceOptions::roster, roster_section());
    add_transport_rows(table, {});
    table.finish = [](const auto& value, const ReadMap& map, const OptionContext&) { check_source(value, map); };
    return table;
  }();
  return section;
}

const Table<BatchOptions>& batch_section() {
  static const Table<BatchOptions> section = [] {
    Table<BatchOptions> table("batch", "How messages are put together into one request.");
    table.add("messages", &BatchOptions::messages, Whole{1, 10'000}, "Messages in one request.");
    table.add("bytes", &BatchOptions::bytes, Size{1LL << 10, 64LL << 20},
              "Size of one request's body; a single larger message goes alone.");
    table.add("wait", &BatchOptions::wait, Duration{0ms, 5min}, "How long to wait for a batch to fill.");
    return table;
  }();
  return section;
}

const Table<ContactsOptions>& contacts_section() {
  static const Table<ContactsOptions> section = [] {
    Table<ContactsOptions> table("contacts", "Contacts of the CRM that others made.");
    table.add("adopt", &ContactsOptions::adopt, Subset({"phone", "email"}),
              "By what contacts without our key are looked for and taken before new ones are made, such as [phone, "
              "email]. Only their empty fields are written. Not every preset can look for them.");
    return table;
  }();
  return section;
}

const Table<RetryOptions>& retry_section() {
  static const Table<RetryOptions> section = [] {
    Table<RetryOptions> table("retry", "How failures that may pass are tried again, with jitter.");
    table.add("first", &RetryOptions::first, Duration{10ms, 1h},
              "Delay before the first repetition; it doubles from there.");
    table.add("max", &RetryOptions::max, Duration{10ms, day}, "The longest delay; at least the first.");
    table.add("give_up_after", &RetryOptions::give_up_after, Duration{0ms, 3650 * day},
              "A message becomes a dead letter after this time; 0: never.");
    table.finish = [](const auto& value, const ReadMap& map, const OptionContext&) { check_retry(value, map); };
    return table;
  }();
  return section;
}

const Table<SignOptions>& sign_section() {
  static const Table<SignOptions> section = [] {
    Table<SignOptions> table("sign", "Sign every request with a secret that the receiver has too; absent: not signed.");
    FieldDescription& secret =
        table.add("secret", &SignOptions::secret, SecretOption(),
                  "The secret, as text; its bytes are the key of the HMAC. Take a long random one.");
    secret.required = true;
    secret.example = "{file: /etc/elitbuzz-sync/crm.secret}";
    secret.default_doc = "not signed";
    return table;
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

void add_type_row(Table<SinkOptions>& table) {
  FieldDescription& type =
      table.add("type", itself, SinkTypeOption(),
                "http: POST of JSON batches. file: JSON lines, one file a day. custom: a CRM by an "
                "own preset. The others: that CRM.");
  type.required = true;
}

void add_crm_rows(Table<SinkOptions>& table) {
  FieldDescription& preset =
      table.add("preset", &SinkOptions::preset, PathOption(), "The file with the preset; see config/crm/README.md.");
  preset.required = true;
  preset.when = custom;
  preset.example = "mycrm.yaml";
  FieldDescription& secrets =
      table.add("secrets", &SinkOptions::secrets, by_name(SecretOption(), "map of names to secrets"),
                "The secrets of one of the preset's credentials, by the names it gives them.");
  secrets.example = "{access_token: {file: /etc/elitbuzz-sync/hubspot.token}}";
  FieldDescription& settings =
      table.add("settings", &SinkOptions::settings, by_name(PlainText{true}, "map of names to text"),
                "The preset's settings, by name.");
  settings.example = "{channel: WHATS_APP}";
  settings.default_doc = "the preset's";
  FieldDescription& unit = table.add(
      "unit", &SinkOptions::unit,
      Choice<SinkUnit>({{"default", SinkUnit::automatic}, {"message", SinkUnit::message}, {"day", SinkUnit::day}}),
      "What a record on a contact's timeline is: a message, or a transcript of a user's day. "
      "default: as the preset has it.");
  FieldDescription& timezone = table.add("timezone", &SinkOptions::timezone, Text{rules::any_text},
                                         "Time zone of the days and times in transcripts: an IANA name.");
  timezone.example = "Asia/Kolkata";
  FieldDescription& fields =
      table.add("fields", &SinkOptions::fields,
                by_name(ContactFieldOption(), "map of fields to JSON pointers or `{value, policy}`"),
                "Fields of contacts: a JSON pointer into the user's element of the Users API, or {value: "
                "a text with placeholders, policy: always or if_empty}; empty: not mapped.");
  fields.example = "{phone: /user.phone_no, company: {value: \"${contact.user/company | trim}\", policy: if_empty}}";
  fields.default_doc = "the preset's";
  FieldDescription& contacts = table.add_section("contacts", &SinkOptions::contacts, contacts_section());
  for (FieldDescription* row : {&secrets, &settings, &unit, &timezone, &fields, &contacts}) {
    row->when = crms;
  }
}

void add_http_rows(Table<SinkOptions>& table) {
  FieldDescription& url = table.add("url", &SinkOptions::url, Text{rules::url},
                                    "Where batches are posted, or where the CRM is. http:// only for loopback, or with "
                                    "insecure_http: true.");
  url.example = "https://crm.example.com/conversations";
  url.example_of = {{"crm", "https://api.hubapi.com"}};
  url.needed_for = http;
  url.default_doc = "the preset's";
  FieldDescription& headers =
      table.add("headers", &SinkOptions::headers, HeadersOption(),
                "Headers of every request. A header that carries a secret must be a reference.");
  headers.example = "{Authorization: {file: /etc/elitbuzz-sync/crm.token}}";
  FieldDescription& sign = table.add_section("sign", &SinkOptions::sign, sign_section());
  headers.when = sign.when = http;
  FieldDescription& batch = table.add_section("batch", &SinkOptions::batch, batch_section());
  FieldDescription& concurrency =
      table.add("concurrency", &SinkOptions::concurrency, Whole{1, 64}, "Requests in flight at once.");
  FieldDescription& timeout =
      table.add("timeout", &SinkOptions::timeout, Duration{100ms, 10min}, "Time of a whole request.");
  for (FieldDescription* row : {&url, &batch, &concurrency, &timeout}) {
    row->when = remote;
  }
  add_transport_rows(table, remote);
}

const Table<SinkOptions>& sink_section() {
  static const Table<SinkOptions> section = [] {
    Table<SinkOptions> table("sinks", "Where conversations are delivered to; none: they are only stored.");
    table.about.discriminator = "type";
    table.about.kind = kind_of_sink;
    table.about.example_values = {"http", "file", "hubspot"};
    FieldDescription& name =
        table.add("name", &SinkOptions::name, Text{rules::name}, "Identity of this sink in the state.");
    name.required = true;
    name.example = "warehouse";
    name.example_of = {{"file", "archive"}, {"crm", "crm"}};
    add_type_row(table);
    table.add("history", &SinkOptions::history, Flag(),
              "Deliver the stored history too; false: only what is stored from the first start on.");
    add_crm_rows(table);
    add_http_rows(table);
    FieldDescription& directory =
        table.add("directory", &SinkOptions::directory, PathOption(), "Directory of the files.");
    directory.required = true;
    directory.when = file;
    directory.example = "/var/lib/elitbuzz-sync/archive";
    table.add_section("retry", &SinkOptions::retry, retry_section());
    table.add_section("dead_letters", &SinkOptions::dead_letters, dead_letters_section());
    table.finish = [](const auto& value, const ReadMap& map, const OptionContext&) { check_sink(value, map); };
    return table;
  }();
  return section;
}

}  // namespace

const Section<Options, OptionContext>& option_table() {
  static const Table<Options> section = [] {
    Table<Options> table("elitbuzz-sync", "");
    table.add_section("state", itself, state_section());
    table.add_section("log", &Options::log, log_section());
    table.add_section("sync", &Options::sync, sync_section());
    // They come before the lists: elements inherit them.
    table.add_section("roster", &Options::roster, roster_section());
    table.add_section("dead_letters", &Options::dead_letters, dead_letters_section());
    table.add_list("sources", &Options::sources, 1, source_section(),
                   [](const Options& options, SourceOptions& source) { source.roster = options.roster; });
    table.add_list("sinks", &Options::sinks, 0, sink_section(),
                   [](const Options& options, SinkOptions& sink) { sink.dead_letters = options.dead_letters; });
    table.finish = [](const auto& value, const ReadMap& map, const OptionContext&) { check_options(value, map); };
    return table;
  }();
  return section;
}

}  // namespace elit::config
