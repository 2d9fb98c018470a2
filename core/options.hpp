#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/instant.hpp"

// The options of the configuration as plain values. Only config/ parses configuration: it fills these structs from YAML
// and checks every bound named here. The initialisers of the members are the defaults.
namespace elit {

// The place of a secret. The secret itself is never part of the options.
struct SecretReference {
  enum class Kind { file, environment, credential };  // credential: a file of $CREDENTIALS_DIRECTORY (systemd)
  Kind kind = Kind::file;
  std::string name;  // an absolute path, the name of a variable, or the name of a credential

  bool operator==(const SecretReference&) const = default;
};

struct Audience {
  std::string attribute;
  std::string value;
  bool operator==(const Audience&) const = default;
};

struct PollOptions {
  Milliseconds interval{std::chrono::minutes{1}};     // 100ms..1d
  Milliseconds max_staleness{std::chrono::hours{1}};  // interval..30d
  bool operator==(const PollOptions&) const = default;
};

struct LimitOptions {
  double requests_per_second = 1;                  // 0: only the adaptive limit; up to 1000
  int concurrency = 1;                             // 1..64
  int page_size = 500;                             // 1..10000
  Milliseconds timeout{std::chrono::seconds{30}};  // of a whole request; 100ms..10m
  std::int64_t response_size = 32 * 1024 * 1024;   // bytes of one body; 64KiB..1GiB
  bool operator==(const LimitOptions&) const = default;
};

enum class Tristate { automatic, yes, no };

// The vendor's dialect (api.md sections 2, 3 and 8). JSON pointers are RFC 6901; empty: the known shapes are tried.
struct DialectOptions {
  std::string users_path = "/bot-api/v1.0/customer/{customer_id}/bot/{bot_key}/users";
  std::string conversations_path =
      "/bot-api/v1.0/customer/{customer_id}/bot/{bot_key}/channel-user/{user_id}/conversations";
  std::string attribute_name_parameter = "attribute_name";
  std::string attribute_value_parameter = "attribute_value";
  std::string start_date_parameter = "start_date";
  std::string end_date_parameter = "end_date";
  std::string page_number_parameter = "page_number";
  std::string page_size_parameter = "page_size";
  std::string users_page_parameter;  // empty: the users list is asked for once, without paging
  std::string users_list;
  std::string user_id;
  std::string messages_list;
  std::string message;                      // JSON pointer inside an element of the list; empty: the element itself
  std::vector<std::string> accept_missing;  // members that rows may lack although they always had them, see RowMember
  std::map<std::string, std::string> sender_roles{{"bot", "out"}};  // sender -> in, out, agent, system; others: in
  Tristate short_page_ends = Tristate::automatic;  // whether a page shorter than asked for is the last one
  std::string authorization = "raw";               // raw: `Basic <key>`; base64: `Basic base64(<key>)`
  bool operator==(const DialectOptions&) const = default;
};

struct RosterOptions {
  double shrink_alarm = 0.5;  // 0..1: a list that loses a larger share at once raises an alarm; nobody departs
  bool operator==(const RosterOptions&) const = default;
};

// How to reach a peer, shared by sources and sinks.
struct TransportOptions {
  std::string ca_file;  // PEM; empty: the system's store
  std::string proxy;    // http://host:port; empty: none
  bool insecure_http = false;
  bool operator==(const TransportOptions&) const = default;
};

struct SourceOptions {
  std::string name;  // [a-z0-9-]+, the identity of this source in the state
  std::string base_url;
  std::string customer_id;
  std::string bot_key;
  SecretReference api_key;
  std::vector<Audience> audiences;  // at least one
  std::optional<Instant> since;     // absent: all history
  PollOptions poll;
  Milliseconds settle{std::chrono::minutes{2}};     // 0..1d
  Milliseconds lookback{std::chrono::minutes{10}};  // 0..7d
  LimitOptions limits;
  DialectOptions api;
  RosterOptions roster;
  TransportOptions transport;
  bool operator==(const SourceOptions&) const = default;
};

struct BatchOptions {
  int messages = 100;                          // 1..10000
  std::int64_t bytes = 4 * 1024 * 1024;        // of one request body; a larger message is sent alone; 1KiB..64MiB
  Milliseconds wait{std::chrono::seconds{1}};  // how long to wait for a batch to fill; 0..5m
  bool operator==(const BatchOptions&) const = default;
};

struct RetryOptions {
  Milliseconds first{std::chrono::seconds{1}};             // 10ms..1h
  Milliseconds max{std::chrono::minutes{5}};               // first..1d
  Milliseconds give_up_after{std::chrono::hours{7 * 24}};  // 0: never
  bool operator==(const RetryOptions&) const = default;
};

struct DeadLetterOptions {
  int pause_after = 100;  // refusals in a row without a success; 1..1000000
  bool operator==(const DeadLetterOptions&) const = default;
};

using HeaderValue = std::variant<std::string, SecretReference>;

// How the requests of a sink are signed, see core/delivery/webhook_signature.hpp.
struct SignOptions {
  SecretReference secret;  // without a name: they are not signed
  bool operator==(const SignOptions&) const = default;
};

enum class SinkType { http, file, crm };

enum class SinkUnit { automatic, message, day };  // automatic: the preset's own

// The value of a field of a CRM's contacts.
struct FieldOption {
  std::string value;      // a text with placeholders on `contact`, see core/crm/template.hpp; empty: not mapped
  bool if_empty = false;  // only where the CRM has no value yet
  bool operator==(const FieldOption&) const = default;
};

// Contacts of a CRM that others made.
struct ContactsOptions {
  std::vector<std::string> adopt;  // "phone", "email": by these they are looked for and taken; empty: they are not
  bool operator==(const ContactsOptions&) const = default;
};

struct SinkOptions {
  std::string name;  // [a-z0-9-]+
  SinkType type = SinkType::http;
  bool history = true;  // false: only messages stored after the sink was first configured; the rest is suppressed
  // type: http and crm
  std::string url;      // crm: empty: the preset's
  int concurrency = 4;  // 1..64
  Milliseconds timeout{std::chrono::seconds{30}};
  TransportOptions transport;
  BatchOptions batch;
  // type: http
  std::map<std::string, HeaderValue> headers;
  SignOptions sign;
  // type: crm
  std::string crm;                                 // hubspot, ...: the shipped preset's name; or custom
  std::string preset;                              // custom: the file with the preset
  std::map<std::string, SecretReference> secrets;  // by their names in the preset
  std::map<std::string, std::string> settings;     // by their names in the preset
  SinkUnit unit = SinkUnit::automatic;
  std::string timezone = "UTC";               // an IANA name; of days
  std::map<std::string, FieldOption> fields;  // replaces entries of the preset's own mapping
  ContactsOptions contacts;
  // type: file
  std::string directory;
  // all
  RetryOptions retry;
  DeadLetterOptions dead_letters;
  bool operator==(const SinkOptions&) const = default;
};

enum class LogLevel { trace, debug, info, warning, error };
enum class LogFormat { json, text };

struct LogOptions {
  std::string file;  // absolute path; empty: stderr
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::json;
  bool reveal_user_ids = false;
  bool operator==(const LogOptions&) const = default;
};

struct SyncOptions {
  Milliseconds wait{std::chrono::seconds{60}};  // the total waiting time of one `sync`; 0..1d
  bool operator==(const SyncOptions&) const = default;
};

struct Options {
  std::string state_directory = "/var/lib/elitbuzz-sync";  // absolute
  LogOptions log;
  SyncOptions sync;
  RosterOptions roster;                // defaults for every source; its own `roster` overrides them
  DeadLetterOptions dead_letters;      // defaults for every sink; its own `dead_letters` override them
  std::vector<SourceOptions> sources;  // at least one, names unique
  std::vector<SinkOptions> sinks;      // may be empty: conversations are only stored; names unique
  bool operator==(const Options&) const = default;
};

}  // namespace elit
