#include "config/presets/preset_table.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/instant.hpp"

namespace elit::config {
namespace {

using Form = PresetKey::Form;
using Words = std::vector<std::string>;

constexpr std::int64_t mebibyte = 1LL << 20;
constexpr std::int64_t largest = INT64_MAX / 2;

constexpr std::int64_t hours(int count) {
  return Milliseconds{std::chrono::hours{count}}.count();
}

PresetKey row(std::string key, Form form, std::string doc) {
  PresetKey made;
  made.key = std::move(key);
  made.form = form;
  made.doc = std::move(doc);
  return made;
}

PresetKey row(std::string key, Form form, const PresetMap& map, std::string doc) {
  PresetKey made = row(std::move(key), form, std::move(doc));
  made.map = &map;
  return made;
}

PresetKey row(std::string key, Form form, std::int64_t min, std::int64_t max, std::string doc) {
  PresetKey made = row(std::move(key), form, std::move(doc));
  made.min = min;
  made.max = max;
  return made;
}

PresetKey row(std::string key, Form form, Words words, std::string doc) {
  PresetKey made = row(std::move(key), form, std::move(doc));
  made.words = std::move(words);
  return made;
}

PresetKey required(PresetKey made) {
  made.required = true;
  return made;
}

// A map that names a place, with further keys.
std::vector<PresetKey> with_place(std::vector<PresetKey> more) {
  std::vector<PresetKey> keys{
      row("pointer", Form::pointer, "JSON pointer into the body, or into the element of a list; `\"\"` is the whole."),
      row("header", Form::plain, "Name of a header, instead of a pointer."),
      row("pattern", Form::pattern, "The value is the first group of this expression, or all that it matches."),
  };
  std::move(more.begin(), more.end(), std::back_inserter(keys));
  return keys;
}

// What credentials, tokens and steps have in common.
PresetKey headers_row() {
  return row("headers", Form::by_name, "Headers of the request, by name.");
}
PresetKey query_row() {
  return row("query", Form::by_name, "Parameters of the query, by name.");
}
PresetKey locator_row(std::string key, std::string doc) {
  return row(std::move(key), Form::locator, preset_map::locator(), std::move(doc));
}
PresetKey when_row(std::string doc) {
  return row("when", Form::maps, preset_map::condition(), std::move(doc));
}
PresetKey keys_row(std::string doc) {
  return row("keys", Form::maps, preset_map::key_match(), std::move(doc));
}
PresetKey verdicts_row(std::string key, std::string doc) {
  return row(std::move(key), Form::maps, preset_map::verdict_rule(), std::move(doc));
}

}  // namespace

const PresetKey* PresetMap::find(std::string_view key) const {
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const PresetKey& one) { return one.key == key; });
  return found == keys.end() ? nullptr : &*found;
}

namespace preset_map {

const PresetMap& locator() {
  static const PresetMap map{"locator", "Where a value stands in an answer. A JSON pointer alone means the same.",
                             with_place({})};
  return map;
}

const PresetMap& condition() {
  static const PresetMap map{"condition",
                             "A question about an answer. All that is asked has to hold; values are compared as text.",
                             with_place({
                                 row("present", Form::flag, "Whether there is such a value."),
                                 row("equals", Form::plain, "The value is this text."),
                                 row("matches", Form::pattern, "The value matches this expression."),
                                 row("one_of", Form::plains, "The value is one of these texts."),
                             })};
  return map;
}

const PresetMap& key_match() {
  static const PresetMap map{
      "key", "How an element of an answer is recognised as that of an item.",
      with_place({required(row("equals", Form::text, "The text of the item, such as `${activity.key}`."))})};
  return map;
}

const PresetMap& contained() {
  static const PresetMap map{"contains", "A text that a candidate contains.",
                             with_place({required(row("text", Form::text, "What the value has to contain."))})};
  return map;
}

const PresetMap& verdict_rule() {
  static const PresetMap map{
      "verdict rule",
      "What an answer means. Without `status` and `when` the rule always holds.",
      {
          row("status", Form::statuses, "Statuses of the answer."),
          when_row("Conditions, all of which have to hold."),
          required(row("verdict", Form::word,
                       Words{"done", "retry", "throttled", "unauthorized", "rejected", "rejected_batch", "too_large",
                             "exists", "unknown", "fatal"},
                       "What the answer means.")),
          row("wait", Form::duration, 0, hours(24 * 7), "How long to wait before the next attempt."),
          locator_row("wait_seconds", "Where the answer says how many seconds to wait."),
          row("wait_until_midnight", Form::flag, "Wait until the next midnight in UTC."),
          locator_row("id", "With `verdict: exists`: the id of the record that exists."),
          row("advice", Form::plain, "What the operator can do."),
      }};
  return map;
}

const PresetMap& setting() {
  static const PresetMap map{"setting",
                             "A value that the operator gives under `settings`.",
                             {
                                 row("doc", Form::plain, "What it is, for the operator."),
                                 row("default", Form::plain,
                                     "Its value when the operator gives none; absent: the "
                                     "operator has to give one."),
                                 row("choices", Form::plains, "The only values that are allowed."),
                             }};
  return map;
}

const PresetMap& assertion() {
  static const PresetMap map{
      "assertion",
      "A JWT for the token request, signed with RS256. `iat` and `exp` are added.",
      {
          row("claims", Form::by_name, "The claims, by name."),
          row("key", Form::plain, "Name of the secret that holds the private key (PEM). Must be given."),
          row("lifetime", Form::duration, 0, hours(1), "How long the assertion is valid, at least 10s."),
      }};
  return map;
}

const PresetMap& token() {
  static const PresetMap map{
      "token",
      "The request for an access token.",
      {
          row("url", Form::text, "Where tokens come from: absolute, or a path behind the URL. Must be given."),
          row("method", Form::word, Words{"GET", "POST"}, "The method; POST unless given."),
          headers_row(),
          row("format", Form::word, Words{"json", "form", "ndjson"}, "The format of the body; form unless given."),
          row("body", Form::tree, "The body."),
          row("assertion", Form::map, assertion(), "A signed assertion, seen as `${assertion}`."),
          when_row("What makes a 2xx answer a good one."),
          row("values", Form::locators, locator(),
              "What is taken from the answer, seen as `${token.NAME}`. Four names have a meaning: `access_token`, "
              "`refresh_token` (replaces the secret of that name), `expires_in` (seconds) and `base_url` (requests go "
              "there instead). Must be given."),
          row("lifetime", Form::duration, 0, hours(24 * 365),
              "How long a token is used when the answer has no `expires_in`; absent: until it is refused."),
          verdicts_row("verdicts", "What answers of the token endpoint mean."),
      }};
  return map;
}

const PresetMap& credential() {
  static const PresetMap map{
      "credential",
      "A way to prove who we are. The first one whose secrets are given is used.",
      {
          row("doc", Form::plain, "Where the operator gets it."),
          row("secrets", Form::plains, "Names of the secrets that the operator gives."),
          row("token", Form::map, token(), "The request that exchanges the secrets for a token."),
          headers_row(),
          query_row(),
      }};
  return map;
}

const PresetMap& text_form() {
  static const PresetMap map{
      "text",
      "The form of `${activity.text}`.",
      {
          row("form", Form::word, Words{"plain", "html"}, "The form; plain unless given."),
          row("limit", Form::whole, 0, 64 * mebibyte, "How long it may be, at least 500; 0: as long as needed."),
          row("limit_unit", Form::word, Words{"code_points", "utf16", "bytes"},
              "What `limit` counts; code_points unless given."),
      }};
  return map;
}

const PresetMap& budget() {
  static const PresetMap map{
      "budget",
      "A limit for a longer period that other programs share.",
      {
          locator_row("remaining", "How many requests are left."),
          locator_row("used", "How many were made, instead of `remaining`."),
          locator_row("limit", "How many are allowed in all."),
          row("limit_known", Form::whole, 0, largest, "The same as a number, instead of `limit`."),
          row("reserve", Form::real, 0, 1, "The share of the limit that is kept for others; 0.1 unless given."),
          row("wait", Form::duration, 0, hours(24),
              "How long the sink waits when only the reserve is left; 1h unless "
              "given."),
      }};
  return map;
}

const PresetMap& burst() {
  static const PresetMap map{
      "burst",
      "A limit for a short time, as the answers tell it.",
      {
          locator_row("remaining", "How many requests are left. Must be given."),
          locator_row("reset", "When there are more."),
          row("unit", Form::word, Words{"seconds", "milliseconds", "epoch_seconds", "epoch_milliseconds"},
              "What `reset` is counted in; seconds unless given."),
      }};
  return map;
}

const PresetMap& pace() {
  static const PresetMap map{
      "pace",
      "The limits of the CRM.",
      {
          row("requests", Form::whole, 0, 1'000'000, "Requests that are allowed in each `window`; 0: no limit."),
          row("window", Form::duration, 0, hours(24), "The window of `requests`."),
          row("concurrency", Form::whole, 0, 64, "Requests at the same time; 0: as many as the sink allows."),
          row("budget", Form::map, budget(), "A limit for a longer period."),
          row("burst", Form::map, burst(), "A limit for a short time."),
      }};
  return map;
}

const PresetMap& errors() {
  static const PresetMap map{"errors",
                             "Errors that an answer lists beside its results.",
                             {
                                 row("list", Form::pointer, "Pointer to the list of errors. Must be given."),
                                 keys_row("How an error tells its item; tried in order."),
                                 locator_row("index", "The place of the item in the request, instead of `keys`."),
                                 locator_row("code", "The code of the error."),
                                 locator_row("message", "The message of the error."),
                                 row("atomic", Form::flag, "The CRM rolls everything back when it refuses one item."),
                             }};
  return map;
}

const PresetMap& reply() {
  static const PresetMap map{
      "reply",
      "What the answer to a write or a link says about its items. An item that it does not mention is unknown.",
      {
          row("status", Form::statuses, "Statuses of a good answer; 2xx unless given."),
          when_row("What else makes it a good answer."),
          row("list", Form::pointer,
              "Pointer to the list with one element for each item; `\"\"` is the body itself, "
              "absent: the body speaks of the only item."),
          keys_row(
              "How an element tells its item; tried in order. Absent: elements stand in the order of the request."),
          row("success", Form::maps, condition(), "Conditions that hold for an element that is done."),
          locator_row("id", "The record's id."),
          locator_row("created", "Whether the record is new."),
          locator_row("code", "The code of an element that is not done."),
          locator_row("message", "The message of an element that is not done."),
          row("errors", Form::map, errors(), "A list of errors beside the results."),
          row("save", Form::locators, locator(), "Further values that later steps see as `${activity.NAME}`."),
      }};
  return map;
}

const PresetMap& find() {
  static const PresetMap map{
      "find",
      "What the answer to a find or a read says about what exists. An answer without the list, or with null in its "
      "place, tells nothing.",
      {
          row("status", Form::statuses, "Statuses of a good answer; 2xx unless given."),
          row("not_found_status", Form::statuses, "Statuses that mean that there is none, such as 404."),
          when_row("What else makes it a good answer."),
          row("single", Form::flag, "The body is the only candidate, not a list of them."),
          row("null_is_empty", Form::flag, "A missing list means that there is none."),
          row("list", Form::pointer, "Pointer to the list of candidates; `\"\"` is the body itself."),
          keys_row("What a candidate has to match, all of them."),
          row("contains", Form::maps, contained(), "Texts that a candidate has to contain."),
          locator_row("has_more",
                      "A value that is not null, false or empty when more candidates exist than are listed: "
                      "an item that is not listed may exist."),
          locator_row("id", "The record's id."),
          row("current", Form::pointer,
              "For a read: pointer to the present fields in the candidate; `\"\"` is the "
              "candidate itself."),
          row("save", Form::locators, locator(), "Further values that later steps see as `${activity.NAME}`."),
      }};
  return map;
}

const PresetMap& step() {
  static const PresetMap map{
      "step",
      "A request, made as often as its items need it.",
      {
          required(row("name", Form::plain, "A word that tells this step from the others.")),
          row("item", Form::word, Words{"sink", "contact", "activity"}, "What it is about. Must be given."),
          row("kind", Form::word, Words{"find", "read", "write", "link"}, "What it does; write unless given."),
          row("items_max", Form::whole, 1, 10'000, "Items of one request; 1 unless given."),
          row("bytes_max", Form::size, 0, 64 * mebibyte, "Bytes of one body; 0: no limit but the sink's."),
          row("only", Form::words, Words{"new", "known", "unsure"},
              "Only items whose record is not known, is known, or may have been written by an earlier attempt."),
          row("only_if", Form::texts, "Only items for which none of these is null, false or empty."),
          row("group_by", Form::text, "One request takes only items for which this text is the same."),
          row("method", Form::word, Words{"GET", "POST", "PUT", "PATCH", "DELETE"},
              "The method; GET for a find or read without a body, else POST."),
          row("path", Form::text, "What follows the URL, or an absolute URL. Must be given."),
          query_row(),
          headers_row(),
          row("format", Form::word, Words{"json", "form", "ndjson"}, "The format of the body; json unless given."),
          row("body", Form::tree, "The body."),
          row("find", Form::map, find(), "For `kind: find` and `read`: what the answer says."),
          row("reply", Form::map, reply(), "For `kind: write` and `link`: what the answer says."),
          verdicts_row("verdicts", "What whole answers mean; before those of the preset."),
          verdicts_row("item_verdicts", "What an element means that is not done; before those of the preset."),
          row("idempotency", Form::word,
              Words{"upsert", "client_id", "header", "lookup_before_create", "lookup_after_unknown", "by_id",
                    "allow_duplicates"},
              "For `kind: write`: what keeps a repeated request from making a double. Must be given."),
      }};
  return map;
}

const PresetMap& preset() {
  static const PresetMap map{
      "preset",
      "A CRM.",
      {
          row("title", Form::plain, "The name of the CRM."),
          row("doc", Form::plain, "What the operator has to know and to prepare."),
          row("guarantee", Form::plain, "What happens when an answer is lost, for the operator."),
          row("url", Form::text, "Where the CRM is; absent: the operator gives it."),
          row("settings", Form::maps_by_name, setting(), "Values that the operator gives, seen as `${config.NAME}`."),
          row("credentials", Form::maps_by_name, credential(), "Ways to prove who we are. Must be given."),
          row("units", Form::words, Words{"message", "day"}, "What an activity may be; message unless given."),
          row("unit", Form::word, Words{"message", "day"}, "What an activity is unless the operator chooses."),
          row("text", Form::map, text_form(), "The form of texts."),
          row("fields", Form::by_name, "The default mapping of the fields of contacts."),
          row("fields_as_text", Form::flag, "Send numbers and flags in fields as text."),
          row("steps", Form::list, step(), "The requests, in their order. Must be given."),
          verdicts_row("verdicts", "What whole answers mean, for every step."),
          verdicts_row("item_verdicts", "What an element means that is not done, for every step."),
          row("pace", Form::map, pace(), "The limits of the CRM."),
      }};
  return map;
}

}  // namespace preset_map

std::vector<const PresetMap*> preset_maps() {
  using namespace preset_map;
  return {&preset(),       &setting(), &credential(),       &token(),     &assertion(), &text_form(), &step(),
          &reply(),        &errors(),  &preset_map::find(), &contained(), &key_match(), &locator(),   &condition(),
          &verdict_rule(), &pace(),    &budget(),           &burst()};
}

}  // namespace elit::config
