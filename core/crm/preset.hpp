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

// A CRM as a value: how to reach it, which requests write contacts and activities, what its answers mean, and what
// keeps a repeated request from making a double. Presets are YAML (config/crm/README.md describes the language); this
// is what the reader makes of them and what the exchange (core/crm/exchange.hpp) carries out.
namespace elit::crm {

// Where a value stands in an answer. All empty: the whole body, or the whole element of a list.
struct Locator {
  std::string pointer;             // RFC 6901, in the body or in an element of a list
  std::string header;              // instead of the body: a header of the answer
  std::optional<Pattern> pattern;  // on the value's text: its first group is the value; absent: the whole text
  bool operator==(const Locator&) const = default;
};

// Holds for an answer or an element of one when all that is set holds.
struct Condition {
  Locator at;
  std::optional<bool> present;        // there is such a value that is not null
  std::optional<std::string> equals;  // as text
  std::optional<Pattern> matches;     // somewhere in its text
  std::vector<std::string> one_of;    // as text; empty: not asked
  bool operator==(const Condition&) const = default;
};

// The first rule that holds decides.
struct VerdictRule {
  std::vector<std::pair<int, int>> statuses;  // from..to, both in; empty: any
  std::vector<Condition> conditions;
  Verdict verdict = Verdict::unknown;  // one of those that config/crm/README.md names
  std::optional<Milliseconds> wait;    // before the next request to the CRM
  std::optional<Locator> wait_seconds;
  bool wait_until_midnight = false;  // in UTC
  std::optional<Locator> id;         // exists: the record's id
  std::string advice;                // for the operator: what to do; empty: none
  bool operator==(const VerdictRule&) const = default;
};

// Which element of a list speaks of an item: the one whose value equals the text.
struct KeyMatch {
  Locator at;
  Text equals;
  bool operator==(const KeyMatch&) const = default;
};

// Errors that an answer lists apart from its results.
struct ErrorList {
  std::string list;              // pointer
  std::vector<KeyMatch> keys;    // tried in order
  std::optional<Locator> index;  // or the place of the item in the request
  Locator code;
  Locator message;
  bool atomic = false;  // the CRM rolls everything back when it refuses one item; the others are sent again
  bool operator==(const ErrorList&) const = default;
};

// What a good answer says about the items of its request. An item that it does not speak of is unknown, never done.
struct ReplyMap {
  std::vector<std::pair<int, int>> statuses{{200, 299}};
  std::vector<Condition> conditions;  // what else makes it a good answer
  bool has_list = false;              // one element for each item; otherwise the body speaks of the only item
  std::string list;                   // pointer to the list; "": the body itself
  std::vector<KeyMatch> keys;         // tried in order; empty: by place, and the list has to be as long as the request
  std::vector<Condition> success;     // all have to hold for the item to be done; otherwise `item_verdicts` decide
  std::optional<Locator> id;          // the record's id; absent: it has none, or keeps the one it has
  std::optional<Locator> created;     // true: it was new
  Locator code;                       // of an element that is not done
  Locator message;
  std::optional<ErrorList> errors;
  std::map<std::string, Locator> save;  // further values of the item, by the names under which placeholders see them
  bool operator==(const ReplyMap&) const = default;
};

// How a step finds out what is there already.
struct FindMap {
  std::vector<std::pair<int, int>> statuses{{200, 299}};
  std::vector<std::pair<int, int>> not_found_statuses;  // also mean: there is none (404)
  std::vector<Condition> conditions;
  std::string list;            // pointer to the list of candidates; "": the body itself
  bool single = false;         // the body is the only candidate, not a list of them
  bool null_is_empty = false;  // nothing, or null, in its place is how the CRM says that there is none
  std::vector<KeyMatch> keys;  // a candidate has to fulfil all of them
  std::vector<std::pair<Locator, Text>> contains;  // and its value has to contain the text
  std::optional<Locator>
      has_more;  // holds a value that is not null, false or empty: more candidates exist than were listed
  std::optional<Locator> id;
  std::string current;  // reads only: pointer in the candidate to the object of its present fields; "": the candidate
  std::map<std::string, Locator> save;
  bool operator==(const FindMap&) const = default;
};

enum class StepItem {
  sink,  // the CRM as a whole: once after each start, before anything else; what it saves is `sink` in placeholders
  contact,
  activity,
};

enum class StepKind {
  find,   // looks whether the record is there; what it finds gets its id
  read,   // reads the present fields of contacts, for those that are written only if empty
  write,  // creates or updates the record
  link,   // something that may be repeated freely, for records that are there
};

// What keeps a repeated write from making a double.
enum class Idempotency {
  none,                  // not said: refused by the reader for steps that write
  upsert,                // the CRM updates the record with the same key
  client_id,             // we choose the id; a second one is refused as existing
  header,                // the CRM remembers the Idempotency-Key
  lookup_before_create,  // every record is looked up before it is created
  lookup_after_unknown,  // one whose answer was lost is looked up before it is created again
  by_id,                 // an update of a record by its id
  allow_duplicates,      // nothing: said openly
};

enum class BodyFormat { none, json, form, ndjson };

struct Step {
  std::string name;
  StepItem item = StepItem::activity;
  StepKind kind = StepKind::write;
  // Of which items: all that are set have to hold.
  bool only_new = false;      // whose record is not known
  bool only_known = false;    // whose record is known
  bool only_unsure = false;   // an earlier attempt of which may have been carried out
  std::vector<Text> only_if;  // none of these texts is null, false or empty
  std::string method = "POST";
  Text path;  // after the base URL; an absolute URL is allowed to the base URL's host only
  std::vector<std::pair<std::string, Text>> query;
  std::vector<std::pair<std::string, Text>> headers;
  BodyFormat format = BodyFormat::none;
  Tree body;
  int items_max = 1;             // of one request
  std::int64_t bytes_max = 0;    // of one body; 0: no limit but the sink's
  std::optional<Text> group_by;  // items of one request have the same text
  Idempotency idempotency = Idempotency::none;
  ReplyMap reply;                     // write, link
  FindMap find;                       // find, read
  std::vector<VerdictRule> verdicts;  // on a whole answer that is not good; after them the preset's
  std::vector<VerdictRule>
      item_verdicts;  // on an element that is not done or an element of `errors`; after them the preset's
  bool operator==(const Step&) const = default;
};

// How requests prove who they come from. A preset may know several ways; the sink's secrets decide which one is taken.
struct Credential {
  std::string name;
  std::string doc;
  std::vector<std::string> secrets;                   // all of them have to be given
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
    std::vector<Condition> conditions;  // what makes a 2xx answer a good one
    std::map<std::string, Locator>
        values;                // seen as `token.NAME`; access_token, refresh_token, expires_in, base_url have a meaning
    Milliseconds lifetime{0};  // where the answer names no expires_in; 0: until it is refused
    std::vector<VerdictRule> verdicts;
    bool operator==(const TokenRequest&) const = default;
  };
  std::optional<TokenRequest> token;
  bool operator==(const Credential&) const = default;
};

// What is known about the limits of the CRM; the answers' headers say where we stand.
struct PaceRules {
  int requests = 0;  // at most so many
  Milliseconds window{0};
  int concurrency = 0;  // requests in flight; 0: the sink's
  struct Budget {       // of a longer period, shared with other programs
    Locator remaining;  // a header, as a number
    Locator limit;      // likewise, or
    std::int64_t limit_known = 0;
    std::optional<Locator> used;  // instead of `remaining`
    double reserve = 0.1;         // share of the limit that is left to others: below it the sink waits
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

// A setting that the operator may or has to give.
struct Setting {
  std::string name;
  std::string doc;
  std::optional<std::string> value;  // the default; absent: it has to be given
  std::vector<std::string> choices;  // empty: any text
  bool operator==(const Setting&) const = default;
};

struct Preset {
  std::string name;   // hubspot, or the name of the operator's file
  std::string title;  // HubSpot
  std::string doc;    // what it writes and what it needs, for the README's table
  Text url;           // the default base URL, may use `config`; empty: the operator has to give it
  std::vector<Setting> settings;
  std::vector<Credential> credentials;  // the first whose secrets are given is taken
  std::vector<Step> steps;              // the sink's first, then contacts', then activities'
  std::set<DeliveryUnit> units{DeliveryUnit::message};
  DeliveryUnit unit = DeliveryUnit::message;
  TextForm text;
  std::map<std::string, std::string> fields;  // default mapping: field of the CRM -> placeholder text on `contact`
  bool fields_as_text = false;                // fields take text only: what is mapped to them becomes text
  std::vector<VerdictRule> verdicts;          // of every step, after its own
  std::vector<VerdictRule> item_verdicts;
  PaceRules pace;
  std::string guarantee;  // what the operator really gets, in a sentence or two
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
