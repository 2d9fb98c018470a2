#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/crm/template.hpp"
#include "core/crm/work.hpp"
#include "core/delivery/verdict.hpp"
#include "core/instant.hpp"
#include "core/text/pattern.hpp"

// A CRM as a value: its address, the requests that write contacts and activities, the meaning of its responses, and the
// method that keeps repeated requests from creating duplicates. Presets are written in YAML (config/crm/README.md
// describes the language). The preset reader makes these structs, and the exchange (core/crm/exchange.hpp) executes
// them.
namespace elit::crm {

// The place of a value in a response. All empty: the whole body, or the whole element of a list.
struct Locator {
  std::string pointer;             // RFC 6901, in the body or in an element of a list
  std::string header;              // a header of the response, instead of the body
  std::optional<Pattern> pattern;  // the value is its first group in the text; absent: the whole text
  bool operator==(const Locator&) const = default;
};

// A condition on a response or on an element of a list. It holds when all members that are set hold.
struct Condition {
  Locator at;
  std::optional<bool> present;        // the value exists and is not null
  std::optional<std::string> equals;  // the value as text
  std::optional<Pattern> matches;     // somewhere in its text
  std::vector<std::string> one_of;    // the value as text; empty: no condition
  bool operator==(const Condition&) const = default;
};

// The first rule that holds decides.
struct VerdictRule {
  std::vector<std::pair<int, int>> statuses;  // from..to, inclusive; empty: any
  std::vector<Condition> conditions;
  Verdict verdict = Verdict::unknown;  // one of the verdicts in config/crm/README.md
  enum class Effect {
    none,
    gone,  // with rejected: the record whose id the request used is not there; only for steps that use such an id
    next,  // with rejected: nothing was written; a later step may write the item, which has `refused_by` then
  } effect = Effect::none;
  std::optional<Milliseconds> wait;  // before the next request to the CRM
  std::optional<Locator> wait_seconds;
  bool wait_until_midnight = false;  // in UTC
  std::optional<Locator> id;         // exists: the record's id
  // misconfigured: the name of a field that has to have a value. A contact for which that field is mapped is refused
  // by itself, because only its value is missing.
  std::optional<Locator> field;
  std::string advice;  // what the operator should do; empty: none
  bool operator==(const VerdictRule&) const = default;
};

// Finds the element of a list that belongs to an item: the one whose value equals the text.
struct KeyMatch {
  Locator at;
  Text equals;
  bool operator==(const KeyMatch&) const = default;
};

// Errors that a response lists separately from its results.
struct ErrorList {
  std::string list;              // pointer
  std::vector<KeyMatch> keys;    // tried in order
  std::optional<Locator> index;  // instead of keys: the index of the item in the request
  Locator code;
  Locator message;
  bool atomic = false;  // the CRM rolls everything back when it refuses one item; the others are sent again
  bool operator==(const ErrorList&) const = default;
};

// What a success response says about the items of its request. An item that it does not mention is unknown, never done.
struct ReplyMap {
  std::vector<std::pair<int, int>> statuses{{200, 299}};
  std::vector<Condition> conditions;  // further conditions of a success response
  bool has_list = false;              // one element for each item; otherwise the body belongs to the only item
  std::string list;                   // pointer to the list; "": the body itself
  std::vector<KeyMatch> keys;         // tried in order; empty: by position, and the list must be as long as the request
  std::vector<Condition> success;     // if all hold, the item is done; otherwise `item_verdicts` decide
  std::optional<Locator> id;          // the record's id; absent: the response does not contain it
  std::optional<Locator> created;     // true: the record is new
  Locator code;                       // the error code of an element that is not done
  Locator message;
  std::optional<ErrorList> errors;
  std::map<std::string, Locator> save;  // further values of the item, by their names in placeholders
  bool operator==(const ReplyMap&) const = default;
};

// How a step finds existing records.
struct FindMap {
  std::vector<std::pair<int, int>> statuses{{200, 299}};
  std::vector<std::pair<int, int>> not_found_statuses;  // statuses that also mean that no record exists, such as 404
  std::vector<Condition> conditions;
  std::string list;                                // pointer to the list of candidates; "": the body itself
  bool single = false;                             // the body is the only candidate, not a list of them
  bool null_is_empty = false;                      // a missing list or null means that no record exists
  std::vector<KeyMatch> keys;                      // all must match
  std::vector<std::pair<Locator, Text>> contains;  // also required: the value contains the text
  std::optional<Locator>
      has_more;  // holds a value that is not null, false or empty: more candidates exist than were listed
  std::optional<Locator> id;
  // Only for reads: the pointer in the candidate to the object with its current fields; "": the candidate.
  std::string current;
  std::map<std::string, Locator> save;
  bool operator==(const FindMap&) const = default;
};

enum class StepItem {
  sink,  // the CRM as a whole: once after each start, before all other steps; it binds `sink` in placeholders
  contact,
  activity,
};

enum class StepKind {
  find,   // looks for the record and takes its id
  read,   // reads the current fields of contacts, for fields that are written only if empty
  write,  // creates or updates the record
  link,   // a repeatable request for existing records
};

// The method that keeps a repeated write from creating a duplicate.
enum class Idempotency {
  none,                  // not set: the reader refuses it for steps that write
  upsert,                // the CRM updates the record with the same key
  client_id,             // we choose the id; a second one is refused as existing
  header,                // the CRM remembers the Idempotency-Key
  lookup_before_create,  // every record is looked up before it is created
  lookup_after_unknown,  // after a lost answer the record is looked up before it is created again
  by_id,                 // an update of a record by its id
  allow_duplicates,      // no method: duplicates are possible
};

enum class BodyFormat { none, json, form, ndjson };

struct Step {
  std::string name;
  StepItem item = StepItem::activity;
  StepKind kind = StepKind::write;
  // Selects the items of the step: all members that are set must hold.
  bool only_new = false;      // the record is not known
  bool only_known = false;    // the record is known
  bool only_unsure = false;   // an earlier attempt may have been carried out
  std::vector<Text> only_if;  // none of these texts is null, false or empty
  std::string adopts;         // of a find: "phone" or "email" by which it looks for contacts that others made
  std::string method = "POST";
  Text path;  // after the base URL; an absolute URL is allowed to the base URL's host only
  std::vector<std::pair<std::string, Text>> query;
  std::vector<std::pair<std::string, Text>> headers;
  BodyFormat format = BodyFormat::none;
  Tree body;
  int items_max = 1;             // in one request
  std::int64_t bytes_max = 0;    // of one body; 0: no limit but the sink's
  std::optional<Text> group_by;  // all items of a request have the same text
  Idempotency idempotency = Idempotency::none;
  ReplyMap reply;                     // write, link
  FindMap find;                       // find, read
  std::vector<VerdictRule> verdicts;  // for a whole response that is not a success; the preset's rules follow
  std::vector<VerdictRule>
      item_verdicts;  // for an element that is not done or an element of `errors`; the preset's rules follow
  bool operator==(const Step&) const = default;
};

// A method to authenticate requests. A preset may have several; the secrets of the sink decide which one is used.
struct Credential {
  std::string name;
  std::string doc;
  std::vector<std::string> secrets;                   // all are required
  std::vector<std::pair<std::string, Text>> headers;  // of every request; may use `secret` and `token`
  std::vector<std::pair<std::string, Text>> query;

  struct Assertion {  // a signed JWT (RS256): `assertion` in the token request's placeholders
    std::vector<std::pair<std::string, Text>> claims;  // iat and exp are added
    std::string key;                                   // the secret that holds the private key (PEM)
    Milliseconds lifetime{180'000};
    bool operator==(const Assertion&) const = default;
  };
  struct TokenRequest {
    Text url;  // absolute, or a path after the base URL
    std::string method = "POST";
    std::vector<std::pair<std::string, Text>> headers;
    BodyFormat format = BodyFormat::form;
    Tree body;
    std::optional<Assertion> assertion;
    std::vector<Condition> conditions;  // further conditions of a success response
    std::map<std::string, Locator>
        values;  // `token.NAME` in placeholders; access_token, refresh_token, expires_in and base_url have a meaning
    Milliseconds lifetime{0};  // if the response has no expires_in; 0: until the token is refused
    std::vector<VerdictRule> verdicts;
    bool operator==(const TokenRequest&) const = default;
  };
  std::optional<TokenRequest> token;
  bool operator==(const Credential&) const = default;
};

// The limits of the CRM; the headers of its responses show what is left of them.
struct PaceRules {
  int requests = 0;  // at most this many
  Milliseconds window{0};
  int concurrency = 0;  // requests in flight; 0: the sink's
  struct Budget {       // of a longer period, shared with other programs
    Locator remaining;  // a header, as a number
    Locator limit;      // the same for the limit
    std::int64_t limit_known = 0;
    std::optional<Locator> used;  // instead of `remaining`
    double reserve = 0.1;         // share of the limit for other programs: below it the sink waits
    Milliseconds wait{3'600'000};
    bool operator==(const Budget&) const = default;
  };
  std::optional<Budget> budget;
  struct Burst {  // of the short window
    Locator remaining;
    std::optional<Locator> reset;  // when it is full again
    enum class Unit { seconds, milliseconds, epoch_seconds, epoch_milliseconds } unit = Unit::seconds;
    bool operator==(const Burst&) const = default;
  };
  std::optional<Burst> burst;
  bool operator==(const PaceRules&) const = default;
};

// A setting of the operator, optional or required.
struct Setting {
  std::string name;
  std::string doc;
  std::optional<std::string> value;  // the default; absent: required
  std::vector<std::string> choices;  // empty: any text
  bool operator==(const Setting&) const = default;
};

struct Preset {
  std::string name;   // hubspot, or the name of the operator's file
  std::string title;  // HubSpot
  std::string doc;    // what it writes and what it needs, for the table in PRESETS.md
  Text url;           // the default base URL, may use `config`; empty: the operator sets it
  std::vector<Setting> settings;
  std::vector<Credential> credentials;  // the first one whose secrets are given is used
  std::vector<Step> steps;              // the sink's first, then contacts', then activities'
  std::set<DeliveryUnit> units{DeliveryUnit::message};
  DeliveryUnit unit = DeliveryUnit::message;
  TextForm text;
  std::map<std::string, std::string> fields;  // default mapping: field of the CRM -> placeholder text on `contact`
  bool fields_as_text = false;                // fields accept only text: mapped values become text
  std::vector<VerdictRule> verdicts;          // of every step, after its own
  std::vector<VerdictRule> item_verdicts;
  PaceRules pace;
  std::string guarantee;  // what holds when answers are lost, in a sentence or two
  bool operator==(const Preset&) const = default;
};

// One mapped field.
struct FieldMapping {
  std::string field;      // in the CRM
  Text value;             // on `contact`
  bool if_empty = false;  // written only where the CRM has no value yet
  bool operator==(const FieldMapping&) const = default;
};

}  // namespace elit::crm
