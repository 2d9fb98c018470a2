#include <fmt/format.h>

#include "config/option.hpp"
#include "config/section_checks.hpp"
#include "config/table_rows.hpp"

// The option table. Bounds are those of core/options.hpp; defaults are its initialisers.
namespace elit::config {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds day{std::chrono::hours{24}};

// The transport's options stand flat in a source or a sink.
template <class Peer>
void add_transport_rows(Rows<Peer>& rows, const std::string& when) {
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
    add_transport_rows(rows, "");
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

void add_http_rows(Rows<SinkOptions>& rows) {
  Option& url = rows.text("url", &SinkOptions::url, rules::url,
                          "Where batches are posted. http:// only for loopback, or with insecure_http: true.");
  url.example = "https://crm.example.com/conversations";
  url.required = true;
  Option& headers = rows.headers("headers", &SinkOptions::headers,
                                 "Headers of every request. A header that carries a secret must be a reference.");
  headers.example = "{Authorization: {file: /etc/elitbuzz-sync/crm.token}}";
  Option& sign = rows.group("sign", &SinkOptions::sign, sign_section());
  Option& batch = rows.group("batch", &SinkOptions::batch, batch_section());
  Option& concurrency = rows.whole("concurrency", &SinkOptions::concurrency, 1, 64, "Requests in flight at once.");
  Option& timeout = rows.duration("timeout", &SinkOptions::timeout, 100ms, 10min, "Time of a whole request.");
  for (Option* row : {&url, &headers, &sign, &batch, &concurrency, &timeout}) {
    row->when = "http";
  }
  add_transport_rows(rows, "http");
}

const Section& sink_section() {
  static const Section section = [] {
    Rows<SinkOptions> rows("sinks", "Where conversations are delivered to; none: they are only stored.");
    rows.discriminate_by("type");
    Option& name = rows.text("name", &SinkOptions::name, rules::name, "Identity of this sink in the state.");
    name.required = true;
    name.example = "warehouse";
    Option& type = rows.choice("type", &SinkOptions::type, {"http", "file"},
                               "http: POST of JSON batches. file: JSON lines, one file a day.");
    type.required = true;
    rows.flag("history", &SinkOptions::history,
              "Deliver the stored history too; false: only what is stored from the first start on.");
    add_http_rows(rows);
    Option& directory = rows.path("directory", &SinkOptions::directory, "Directory of the files.");
    directory.required = true;
    directory.when = "file";
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
    // Before the lists, whose elements inherit them.
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
