#include "config/presets/preset_table.hpp"

#include <chrono>
#include <utility>

#include "config/presets/preset_rules.hpp"

namespace elit::config {
namespace {

using std::chrono::hours;

constexpr std::int64_t mebibyte = 1LL << 20;

// A row of the value itself, not of a member.
constexpr auto itself = [](auto& value) -> auto& {
  return value;
};
constexpr auto at = [](auto& value) -> auto& {
  return value.at;
};

OneOrMore<PlainText> plain_texts() {
  return {PlainText(), "plain texts"};
}
NamedTexts named_texts(TextPlace place) {
  return {{place}, "map of names to texts"};
}
OneOrMore<Statuses> statuses() {
  return {Statuses(), "statuses: `404`, `500-504`, `4xx`"};
}
template <class Owner>
OneOrMore<InSection<Owner, PresetContext>> one_or_more(const PresetSection<Owner>& section) {
  return {InSection{section}, ""};
}

// The keys that name a place in an answer. `place(owner)` is the locator.
template <class Owner, class Place>
void add_place(PresetSection<Owner>& table, Place place) {
  table.add(
      "pointer", [place](auto& owner) -> auto& { return place(owner).pointer; }, PointerText(),
      "JSON pointer into the body, or into the element of a list; `\"\"` is the whole.");
  table.add(
      "header", [place](auto& owner) -> auto& { return place(owner).header; }, PlainText(),
      "Name of a header, instead of a pointer.");
  table.add(
      "pattern", [place](auto& owner) -> auto& { return place(owner).pattern; }, PatternText(),
      "The value is the first group of this expression, or all that it matches.");
}

const PresetSection<crm::Locator>& locator_table() {
  static const PresetSection<crm::Locator> made = [] {
    PresetSection<crm::Locator> table("locator",
                                      "Where a value stands in an answer. A JSON pointer alone means the same.");
    add_place(table, itself);
    table.finish = finish_locator;
    return table;
  }();
  return made;
}

LocatorValue locator() {
  return {locator_table()};
}

ByName<LocatorValue, std::map<std::string, crm::Locator>> locators() {
  return {locator(), "map of names to [locator](#locator)", saved_name_problem};
}

const PresetSection<crm::Condition>& condition() {
  static const PresetSection<crm::Condition> made = [] {
    PresetSection<crm::Condition> table(
        "condition", "A question about an answer. All that is asked has to hold; values are compared as text.");
    add_place(table, at);
    table.add("present", &crm::Condition::present, Flag(), "Whether there is such a value.");
    table.add("equals", &crm::Condition::equals, PlainText(), "The value is this text.");
    table.add("matches", &crm::Condition::matches, PatternText(), "The value matches this expression.");
    table.add("one_of", &crm::Condition::one_of, plain_texts(), "The value is one of these texts.");
    table.finish = finish_condition;
    return table;
  }();
  return made;
}

const PresetSection<crm::KeyMatch>& key_match() {
  static const PresetSection<crm::KeyMatch> made = [] {
    PresetSection<crm::KeyMatch> table("key", "How an element of an answer is recognised as that of an item.");
    add_place(table, at);
    FieldDescription& equals = table.add("equals", &crm::KeyMatch::equals, PlaceholderText{&Places::element},
                                         "The text of the item, such as `${activity.key}`.");
    equals.required = true;
    equals.advice = "add equals: the text of the item, such as ${activity.key}";
    table.finish = [](auto& match, const ReadMap& map, const PresetContext& context) {
      finish_locator(match.at, map, context);
    };
    return table;
  }();
  return made;
}

using Contained = std::pair<crm::Locator, crm::Text>;

const PresetSection<Contained>& contained() {
  static const PresetSection<Contained> made = [] {
    PresetSection<Contained> table("contains", "A text that a candidate contains.");
    add_place(
        table, [](auto& pair) -> auto& { return pair.first; });
    FieldDescription& text =
        table.add("text", &Contained::second, PlaceholderText{&Places::element}, "What the value has to contain.");
    text.required = true;
    text.advice = "add text: what the value has to contain";
    table.finish = [](auto& pair, const ReadMap& map, const PresetContext& context) {
      finish_locator(pair.first, map, context);
    };
    return table;
  }();
  return made;
}

const PresetSection<crm::VerdictRule>& verdict_rule() {
  static const PresetSection<crm::VerdictRule> made = [] {
    using crm::VerdictRule;
    PresetSection<VerdictRule> table("verdict rule",
                                     "What an answer means. Without `status` and `when` the rule always holds.");
    table.add("status", &VerdictRule::statuses, statuses(), "Statuses of the answer.");
    table.add("when", &VerdictRule::conditions, one_or_more(condition()), "Conditions, all of which have to hold.");
    FieldDescription& verdict = table.add("verdict", itself, VerdictWord(), "What the answer means.");
    verdict.required = true;
    verdict.advice = "add verdict:";
    for (const std::string& word : verdict.choices) {
      verdict.advice += (word == verdict.choices.front() ? " " : ", ") + word;
    }
    table.add("wait", &VerdictRule::wait, Duration{{}, hours(24 * 7)}, "How long to wait before the next attempt.");
    table.add("wait_seconds", &VerdictRule::wait_seconds, locator(), "Where the answer says how many seconds to wait.");
    table.add("wait_until_midnight", &VerdictRule::wait_until_midnight, Flag(), "Wait until the next midnight in UTC.");
    table.add("id", &VerdictRule::id, locator(), "With `verdict: exists`: the id of the record that exists.");
    table.add("field", &VerdictRule::field, locator(),
              "With `verdict: fatal`: the name of the field that has to have a value.");
    table.add("advice", &VerdictRule::advice, PlainText(), "What the operator can do.");
    table.finish = finish_verdict_rule;
    return table;
  }();
  return made;
}

VerdictRules verdicts() {
  return {one_or_more(verdict_rule())};
}

const PresetSection<crm::Setting>& setting() {
  static const PresetSection<crm::Setting> made = [] {
    PresetSection<crm::Setting> table("setting", "A value that the operator gives under `settings`.");
    table.add("doc", &crm::Setting::doc, PlainText(), "What it is, for the operator.");
    table.add("default", &crm::Setting::value, PlainText(),
              "Its value when the operator gives none; absent: the operator has to give one.");
    table.add("choices", &crm::Setting::choices, plain_texts(), "The only values that are allowed.");
    table.finish = finish_setting;
    return table;
  }();
  return made;
}

// `format` and `body` of a request.
template <class Owner>
void add_body(PresetSection<Owner>& table, std::string format_doc) {
  table.add(
      "format", &Owner::format,
      Choice<crm::BodyFormat>(
          {{"json", crm::BodyFormat::json}, {"form", crm::BodyFormat::form}, {"ndjson", crm::BodyFormat::ndjson}}),
      std::move(format_doc));
  table.add("body", &Owner::body, Body(), "The body.");
}

const PresetSection<crm::Credential::Assertion>& assertion() {
  static const PresetSection<crm::Credential::Assertion> made = [] {
    using crm::Credential;
    PresetSection<Credential::Assertion> table(
        "assertion", "A JWT for the token request, signed with RS256. `iat` and `exp` are added.");
    table.add("claims", &Credential::Assertion::claims, named_texts(&Places::content), "The claims, by name.");
    table
        .add("key", &Credential::Assertion::key, PlainText(),
             "Name of the secret that holds the private key (PEM). Must be given.")
        .advice = "add key: the name of the secret that holds the private key (PEM)";
    table.add("lifetime", &Credential::Assertion::lifetime, Duration{{}, hours(1)},
              "How long the assertion is valid, at least 10s.");
    table.begin = begin_assertion;
    table.finish = finish_assertion;
    return table;
  }();
  return made;
}

const PresetSection<crm::Credential::TokenRequest>& token() {
  static const PresetSection<crm::Credential::TokenRequest> made = [] {
    using Token = crm::Credential::TokenRequest;
    PresetSection<Token> table("token", "The request for an access token.");
    table
        .add("url", &Token::url, PlaceholderText{&Places::address},
             "Where tokens come from: absolute, or a path behind the URL. Must be given.")
        .advice = "add url: where tokens come from, absolute or a path";
    table.add("method", &Token::method, words({"GET", "POST"}), "The method; POST unless given.");
    table.add("headers", &Token::headers, RequestHeaders(), "Headers of the request, by name.");
    add_body(table, "The format of the body; form unless given.");
    table.add("assertion", &Token::assertion, InSection{assertion()}, "A signed assertion, seen as `${assertion}`.");
    table.add("when", &Token::conditions, one_or_more(condition()), "What makes a 2xx answer a good one.");
    table
        .add("values", &Token::values, locators(),
             "What is taken from the answer, seen as `${token.NAME}`. Four names have a meaning: `access_token`, "
             "`refresh_token` (replaces the secret of that name), `expires_in` (seconds) and `base_url` (requests go "
             "there instead). Must be given.")
        .advice = "add values: {access_token: /access_token}, what is taken from the answer";
    table.add("lifetime", &Token::lifetime, Duration{{}, hours(24 * 365)},
              "How long a token is used when the answer has no `expires_in`; absent: until it is refused.");
    table.add("verdicts", &Token::verdicts, verdicts(), "What answers of the token endpoint mean.");
    table.begin = begin_token;
    table.finish = [](Token& request, const ReadMap& map, const PresetContext&) {
      finish_body(request.format, crm::BodyFormat::form, map);
    };
    return table;
  }();
  return made;
}

const PresetSection<crm::Credential>& credential() {
  static const PresetSection<crm::Credential> made = [] {
    using crm::Credential;
    PresetSection<Credential> table("credential",
                                    "A way to prove who we are. The first one whose secrets are given is used.");
    table.add("doc", &Credential::doc, PlainText(), "Where the operator gets it.");
    table.add("secrets", &Credential::secrets, plain_texts(), "Names of the secrets that the operator gives.");
    table.add("token", &Credential::token, InSection{token()}, "The request that exchanges the secrets for a token.");
    table.add("headers", &Credential::headers, RequestHeaders(), "Headers of the request, by name.");
    table.add("query", &Credential::query, named_texts(&Places::content), "Parameters of the query, by name.");
    table.begin = begin_credential;
    table.finish = finish_credential;
    return table;
  }();
  return made;
}

const PresetSection<crm::TextForm>& text_form() {
  static const PresetSection<crm::TextForm> made = [] {
    PresetSection<crm::TextForm> table("text", "The form of `${activity.text}`.");
    table.add("form", &crm::TextForm::html, Choice<bool>({{"plain", false}, {"html", true}}),
              "The form; plain unless given.");
    table.add("limit", &crm::TextForm::limit, Whole{0, 64 * mebibyte},
              "How long it may be, at least 500; 0: as long as needed.");
    table.add(
        "limit_unit", &crm::TextForm::limit_unit,
        Choice<TextUnit>({{"code_points", TextUnit::code_points},
                          {"utf16", TextUnit::utf16},
                          {"bytes", TextUnit::bytes},
                          {"entity_bytes", TextUnit::entity_bytes}}),
        "What `limit` counts; code_points unless given. entity_bytes: bytes with HTML entities such as `&eacute;`, "
        "at most.");
    table.finish = finish_text_form;
    return table;
  }();
  return made;
}

const PresetSection<crm::PaceRules::Budget>& budget() {
  static const PresetSection<crm::PaceRules::Budget> made = [] {
    using Budget = crm::PaceRules::Budget;
    PresetSection<Budget> table("budget", "A limit for a longer period that other programs share.");
    table.add("remaining", &Budget::remaining, locator(), "How many requests are left.");
    table.add("used", &Budget::used, locator(), "How many were made, instead of `remaining`.");
    table.add("limit", &Budget::limit, locator(), "How many are allowed in all.");
    table.add("limit_known", &Budget::limit_known, Whole(), "The same as a number, instead of `limit`.");
    table.add("reserve", &Budget::reserve, Real{0, 1},
              "The share of the limit that is kept for others; 0.1 unless given.");
    table.add("wait", &Budget::wait, Duration{{}, hours(24)},
              "How long the sink waits when only the reserve is left; 1h unless given.");
    table.finish = finish_budget;
    return table;
  }();
  return made;
}

const PresetSection<crm::PaceRules::Burst>& burst() {
  static const PresetSection<crm::PaceRules::Burst> made = [] {
    using Burst = crm::PaceRules::Burst;
    PresetSection<Burst> table("burst", "A limit for a short time, as the answers tell it.");
    table.add("remaining", &Burst::remaining, locator(), "How many requests are left. Must be given.").advice =
        "add remaining: {header: NAME}";
    table.add("reset", &Burst::reset, locator(), "When there are more.");
    table.add("unit", &Burst::unit,
              Choice<Burst::Unit>({{"seconds", Burst::Unit::seconds},
                                   {"milliseconds", Burst::Unit::milliseconds},
                                   {"epoch_seconds", Burst::Unit::epoch_seconds},
                                   {"epoch_milliseconds", Burst::Unit::epoch_milliseconds}}),
              "What `reset` is counted in; seconds unless given.");
    return table;
  }();
  return made;
}

const PresetSection<crm::PaceRules>& pace() {
  static const PresetSection<crm::PaceRules> made = [] {
    using crm::PaceRules;
    PresetSection<PaceRules> table("pace", "The limits of the CRM.");
    table.add("requests", &PaceRules::requests, Whole{0, 1'000'000},
              "Requests that are allowed in each `window`; 0: no limit.");
    table.add("window", &PaceRules::window, Duration{{}, hours(24)}, "The window of `requests`.");
    table.add("concurrency", &PaceRules::concurrency, Whole{0, 64},
              "Requests at the same time; 0: as many as the sink allows.");
    table.add("budget", &PaceRules::budget, InSection{budget()}, "A limit for a longer period.");
    table.add("burst", &PaceRules::burst, InSection{burst()}, "A limit for a short time.");
    table.finish = finish_pace;
    return table;
  }();
  return made;
}

const PresetSection<crm::ErrorList>& errors() {
  static const PresetSection<crm::ErrorList> made = [] {
    using crm::ErrorList;
    PresetSection<ErrorList> table("errors", "Errors that an answer lists beside its results.");
    table.add("list", &ErrorList::list, PointerText(), "Pointer to the list of errors. Must be given.").advice =
        "add list: the pointer to the list of errors";
    table.add("keys", &ErrorList::keys, one_or_more(key_match()), "How an error tells its item; tried in order.");
    table.add("index", &ErrorList::index, locator(), "The place of the item in the request, instead of `keys`.");
    table.add("code", &ErrorList::code, locator(), "The code of the error.");
    table.add("message", &ErrorList::message, locator(), "The message of the error.");
    table.add("atomic", &ErrorList::atomic, Flag(), "The CRM rolls everything back when it refuses one item.");
    table.finish = finish_errors;
    return table;
  }();
  return made;
}

const PresetSection<crm::ReplyMap>& reply() {
  static const PresetSection<crm::ReplyMap> made = [] {
    using crm::ReplyMap;
    PresetSection<ReplyMap> table(
        "reply",
        "What the answer to a write or a link says about its items. An item that it does not mention is unknown.");
    table.add("status", &ReplyMap::statuses, statuses(), "Statuses of a good answer; 2xx unless given.");
    table.add("when", &ReplyMap::conditions, one_or_more(condition()), "What else makes it a good answer.");
    table.add("list", &ReplyMap::list, PointerText(),
              "Pointer to the list with one element for each item; `\"\"` is the body itself, absent: the body speaks "
              "of the only item.");
    table.add("keys", &ReplyMap::keys, one_or_more(key_match()),
              "How an element tells its item; tried in order. Absent: elements stand in the order of the request.");
    table.add("success", &ReplyMap::success, one_or_more(condition()),
              "Conditions that hold for an element that is done.");
    table.add("id", &ReplyMap::id, locator(), "The record's id.");
    table.add("created", &ReplyMap::created, locator(), "Whether the record is new.");
    table.add("code", &ReplyMap::code, locator(), "The code of an element that is not done.");
    table.add("message", &ReplyMap::message, locator(), "The message of an element that is not done.");
    table.add("errors", &ReplyMap::errors, InSection{errors()}, "A list of errors beside the results.");
    table.add("save", &ReplyMap::save, locators(), "Further values that later steps see as `${activity.NAME}`.");
    table.finish = finish_reply;
    return table;
  }();
  return made;
}

const PresetSection<crm::FindMap>& find() {
  static const PresetSection<crm::FindMap> made = [] {
    using crm::FindMap;
    PresetSection<FindMap> table(
        "find",
        "What the answer to a find or a read says about what exists. An answer without the list, or with null in its "
        "place, tells nothing.");
    table.add("status", &FindMap::statuses, statuses(), "Statuses of a good answer; 2xx unless given.");
    table.add("not_found_status", &FindMap::not_found_statuses, statuses(),
              "Statuses that mean that there is none, such as 404.");
    table.add("when", &FindMap::conditions, one_or_more(condition()), "What else makes it a good answer.");
    table.add("single", &FindMap::single, Flag(), "The body is the only candidate, not a list of them.");
    table.add("null_is_empty", &FindMap::null_is_empty, Flag(), "A missing list means that there is none.");
    table.add("list", &FindMap::list, PointerText(), "Pointer to the list of candidates; `\"\"` is the body itself.");
    table.add("keys", &FindMap::keys, one_or_more(key_match()), "What a candidate has to match, all of them.");
    table.add("contains", &FindMap::contains, one_or_more(contained()), "Texts that a candidate has to contain.");
    table.add("has_more", &FindMap::has_more, locator(),
              "A value that is not null, false or empty when more candidates exist than are listed: an item that is "
              "not listed may exist.");
    table.add("id", &FindMap::id, locator(), "The record's id.");
    table.add("current", &FindMap::current, PointerText(),
              "For a read: pointer to the present fields in the candidate; `\"\"` is the candidate itself.");
    table.add("save", &FindMap::save, locators(), "Further values that later steps see as `${activity.NAME}`.");
    table.finish = finish_find;
    return table;
  }();
  return made;
}

// Which items a step is about, and how it makes requests.
void add_nature(PresetSection<crm::Step>& table) {
  using crm::Step;
  using crm::StepItem;
  using crm::StepKind;
  FieldDescription& name =
      table.add("name", &Step::name, Text{rules::name}, "A word that tells this step from the others.");
  name.required = true;
  name.advice = "add name: a word that tells this step from the others";
  table
      .add("item", &Step::item,
           Choice<StepItem>(
               {{"sink", StepItem::sink}, {"contact", StepItem::contact}, {"activity", StepItem::activity}}),
           "What it is about. Must be given.")
      .advice = "add item: contact, item: activity, or item: sink";
  table.add(
      "kind", &Step::kind,
      Choice<StepKind>(
          {{"find", StepKind::find}, {"read", StepKind::read}, {"write", StepKind::write}, {"link", StepKind::link}}),
      "What it does; write unless given.");
  table.add("items_max", &Step::items_max, Whole{1, 10'000}, "Items of one request; 1 unless given.");
  table.add("bytes_max", &Step::bytes_max, Size{0, 64 * mebibyte}, "Bytes of one body; 0: no limit but the sink's.");
  table.add("only", itself, OnlyWords(),
            "Only items whose record is not known, is known, or may have been written by an earlier attempt.");
  table.add("only_if", &Step::only_if, OneOrMore<PlaceholderText>{{&Places::choice}, "texts"},
            "Only items for which none of these is null, false or empty.");
  table.add("adopts", &Step::adopts, words({"phone", "email"}),
            "For `kind: find` of contacts: it looks for contacts that others made, where the operator asks for it.");
  table.add("group_by", &Step::group_by, PlaceholderText{&Places::choice},
            "One request takes only items for which this text is the same.");
}

void add_request(PresetSection<crm::Step>& table) {
  using crm::Step;
  table.add("method", &Step::method, words({"GET", "POST", "PUT", "PATCH", "DELETE"}),
            "The method; GET for a find or read without a body, else POST.");
  table
      .add("path", &Step::path, PlaceholderText{&Places::address},
           "What follows the URL, or an absolute URL. Must be given.")
      .advice = "add path: what follows the URL, such as /contacts";
  table.add("query", &Step::query, named_texts(&Places::address), "Parameters of the query, by name.");
  table.add("headers", &Step::headers, RequestHeaders(), "Headers of the request, by name.");
  add_body(table, "The format of the body; json unless given.");
}

const PresetSection<crm::Step>& step() {
  static const PresetSection<crm::Step> made = [] {
    using crm::Idempotency;
    using crm::Step;
    PresetSection<Step> table("step", "A request, made as often as its items need it.");
    add_nature(table);
    add_request(table);
    table.add("find", &Step::find, InSection{find()}, "For `kind: find` and `read`: what the answer says.");
    table.add("reply", &Step::reply, InSection{reply()}, "For `kind: write` and `link`: what the answer says.");
    table.add("verdicts", &Step::verdicts, verdicts(), "What whole answers mean; before those of the preset.");
    table.add("item_verdicts", &Step::item_verdicts, verdicts(),
              "What an element means that is not done; before those of the preset.");
    table.add("idempotency", &Step::idempotency,
              Choice<Idempotency>({{"upsert", Idempotency::upsert},
                                   {"client_id", Idempotency::client_id},
                                   {"header", Idempotency::header},
                                   {"lookup_before_create", Idempotency::lookup_before_create},
                                   {"lookup_after_unknown", Idempotency::lookup_after_unknown},
                                   {"by_id", Idempotency::by_id},
                                   {"allow_duplicates", Idempotency::allow_duplicates}}),
              "For `kind: write`: what keeps a repeated request from making a double. Must be given.");
    table.begin = begin_step;
    table.finish = finish_step;
    return table;
  }();
  return made;
}

Choice<crm::DeliveryUnit> unit() {
  return Choice<crm::DeliveryUnit>({{"message", crm::DeliveryUnit::message}, {"day", crm::DeliveryUnit::day}});
}

}  // namespace

const PresetSection<crm::Preset>& preset_table() {
  static const PresetSection<crm::Preset> made = [] {
    using crm::Preset;
    PresetSection<Preset> table("preset", "A CRM.");
    table.add("title", &Preset::title, PlainText(), "The name of the CRM.");
    table.add("doc", &Preset::doc, PlainText(), "What the operator has to know and to prepare.");
    table.add("guarantee", &Preset::guarantee, PlainText(), "What happens when an answer is lost, for the operator.");
    table.add("url", &Preset::url, PlaceholderText{&Places::address},
              "Where the CRM is; absent: the operator gives it.");
    table.add("settings", &Preset::settings, Named<crm::Setting>{setting(), setting_name_problem},
              "Values that the operator gives, seen as `${config.NAME}`.");
    table
        .add("credentials", &Preset::credentials, Named<crm::Credential>{credential(), rules::name.problem},
             "Ways to prove who we are. Must be given.")
        .advice = "add the ways to prove who we are; for a CRM that asks for nothing write credentials: {open: {}}";
    table.add("units", &Preset::units, OneOrMore<Choice<crm::DeliveryUnit>, std::set<crm::DeliveryUnit>>{unit(), ""},
              "What an activity may be; message unless given.");
    table.add("unit", &Preset::unit, unit(), "What an activity is unless the operator chooses.");
    table.add("text", &Preset::text, InSection{text_form()}, "The form of texts.");
    table.add("fields", &Preset::fields,
              ByName<MappedField, std::map<std::string, std::string>>{{}, "map of names to texts"},
              "The default mapping of the fields of contacts.");
    table.add("fields_as_text", &Preset::fields_as_text, Flag(), "Send numbers and flags in fields as text.");
    table
        .add_list(
            "steps", &Preset::steps, 0, step(), [](const Preset&, crm::Step&) {},
            "The requests, in their order. Must be given.")
        .advice = "add the requests that write contacts and activities, in their order";
    table.add("verdicts", &Preset::verdicts, verdicts(), "What whole answers mean, for every step.");
    table.add("item_verdicts", &Preset::item_verdicts, verdicts(),
              "What an element means that is not done, for every step.");
    table.add("pace", &Preset::pace, InSection{pace()}, "The limits of the CRM.");
    table.begin = begin_preset;
    table.finish = finish_preset;
    return table;
  }();
  return made;
}

std::vector<const SectionDescription*> preset_maps() {
  return {&preset_table().about, &setting().about,   &credential().about,    &token().about,     &assertion().about,
          &text_form().about,    &step().about,      &reply().about,         &errors().about,    &find().about,
          &contained().about,    &key_match().about, &locator_table().about, &condition().about, &verdict_rule().about,
          &pace().about,         &budget().about,    &burst().about};
}

}  // namespace elit::config
