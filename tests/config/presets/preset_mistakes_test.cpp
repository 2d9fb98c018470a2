#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/configurations.hpp"
#include "tests/config/presets/presets.hpp"

namespace elit::config {
namespace {

class PresetMistakesTest : public testing::TestWithParam<BadConfiguration> {};

TEST_P(PresetMistakesTest, HasTheMistakeAtItsPlaceAndNoOther) {
  const BadConfiguration& bad = GetParam();
  const PresetRead read = read_for_test(bad.text);
  EXPECT_FALSE(read.preset.has_value());
  ASSERT_EQ(read.mistakes.size(), 1U) << everything_wrong_with(read);
  const Diagnostic& mistake = read.mistakes.front();
  EXPECT_EQ(mistake.file, "mycrm.yaml");
  EXPECT_EQ(mistake.line, bad.line) << to_string(mistake);
  EXPECT_EQ(mistake.column, bad.column) << to_string(mistake);
  EXPECT_EQ(mistake.key, bad.key) << to_string(mistake);
  EXPECT_THAT(mistake.what, testing::HasSubstr(bad.fragment));
}

// A step of the sink; `rest` holds its only mistake.
std::string sink_lines(const std::string& rest) {
  return "  - {name: s, item: sink, kind: find, path: /s, " + rest + "}";
}
// The sound preset with such a step before all others.
std::string sink_step(const std::string& rest) {
  return preset_with_line(8, sink_lines(rest) + "\n  - name: contacts");
}

const std::vector<BadConfiguration> bad_presets{
    // The shape of the file
    {"Empty", "", 1, 1, "(syntax)", "holds no preset"},
    {"NoMap", "- a\n", 1, 1, "(syntax)", "such as `steps:`"},
    {"UnknownKey", sound_preset + "paces: {}\n", 20, 1, "paces", "did you mean pace?"},
    {"UnknownKeyOfAStep", preset_with_line(16, "    pat: /notes\n    path: /notes"), 16, 5, "steps[1].pat",
     "did you mean path?"},
    {"UnknownKeyInADepth", preset_with_line(19, "    reply: {id: /id, errors: {list: /e, index: /i, cod: /c}}"), 19, 52,
     "steps[1].reply.errors.cod", "did you mean code?"},
    {"KeyWithoutValue", preset_with_line(16, "    path:"), 16, 5, "steps[1].path", "has no value"},
    {"StepsAsMap", "credentials: {open: {}}\nsteps: {a: 1}\n", 2, 8, "steps", "must be a list"},
    {"StepAsText", "credentials: {open: {}}\nsteps: [a]\n", 2, 9, "steps[0]", "must be a map"},
    {"NoStepWritesActivities",
     "credentials: {open: {}}\nsteps: [{name: a, item: contact, path: /a, idempotency: upsert}]\n", 2, 8, "steps",
     "no message would ever arrive"},
    {"NoCredentials", "steps: [{name: a, item: activity, path: /a, idempotency: upsert}]\n", 1, 1, "credentials",
     "open: {}"},
    {"TextThatYamlChanges", preset_with_line(3, "settings: {account: {default: 0042}}"), 3, 31,
     "settings.account.default", "with quotes"},
    {"DefaultThatIsNoChoice", preset_with_line(3, "settings: {account: {default: a, choices: [b]}}"), 3, 31,
     "settings.account.default", "one of the choices: b"},
    {"UnknownUnit", sound_preset + "units: [message, week]\n", 20, 18, "units[1]", "must be one of message, day"},
    {"UnitThatIsNone", sound_preset + "unit: day\n", 20, 7, "unit", "one of `units`"},
    {"TinyTextLimit", sound_preset + "text: {limit: 9}\n", 20, 15, "text.limit", "at least 500"},
    {"HeaderOfTheProgram", preset_with_line(5, "  key: {secrets: [a], headers: {Host: x}}"), 5, 33,
     "credentials.key.headers.Host", "set by elitbuzz-sync itself"},
    {"SecretInTheClear", preset_with_line(5, "  key: {headers: {X-Api-Key: abc}}"), 5, 30,
     "credentials.key.headers.X-Api-Key", "must not hold the secret itself"},

    // What answers mean, and the steps of the sink
    {"PointerWithoutSlash", preset_with_line(19, "    reply: {id: id}"), 19, 17, "steps[1].reply.id", "JSON pointer"},
    {"PointerWithABadTilde", preset_with_line(19, "    reply: {id: /a~b}"), 19, 17, "steps[1].reply.id", "~0"},
    {"BadExpression", preset_with_line(19, "    reply: {id: {header: Location, pattern: \"(a\"}}"), 19, 45,
     "steps[1].reply.id.pattern", "not a regular expression"},
    {"LocatorOfNothing", preset_with_line(19, "    reply: {id: {pattern: a}}"), 19, 17, "steps[1].reply.id",
     "names no place"},
    {"BadStatus", sound_preset + "verdicts: [{status: 4x, verdict: fatal}]\n", 20, 21, "verdicts[0].status",
     "range such as 500-504"},
    {"UnknownVerdict", sound_preset + "verdicts: [{status: 4xx, verdict: fatel}]\n", 20, 35, "verdicts[0].verdict",
     "did you mean fatal?"},
    {"VerdictMissing", sound_preset + "verdicts: [{status: 4xx}]\n", 20, 12, "verdicts[0].verdict", "is missing"},
    {"IdOfAnotherVerdict", sound_preset + "verdicts: [{status: 409, verdict: done, id: /id}]\n", 20, 45,
     "verdicts[0].id", "only for verdict: exists"},
    {"RuleNeverReached", sound_preset + "item_verdicts: [{verdict: retry}, {status: 400, verdict: fatal}]\n", 20, 35,
     "item_verdicts[1]", "never reached"},
    {"ConditionThatAsksNothing", sound_preset + "verdicts: [{when: {pointer: /a}, verdict: fatal}]\n", 20, 19,
     "verdicts[0].when", "asks nothing"},
    {"KeysWithoutAList", preset_with_line(19, "    reply: {keys: {pointer: /k, equals: \"${activity.key}\"}}"), 19, 19,
     "steps[1].reply.keys", "elements of a `list`"},
    {"SinkThatSavesNothing", sink_step("find: {single: true}"), 8, 55, "steps[0].find.id", "what it saves"},
    {"SinkWithAContact", sink_step("query: {a: \"${contact.key}\"}, find: {single: true, save: {a: /a}}"), 8, 61,
     "steps[0].query.a", "comes before all contacts"},
    {"SinkOfSeveralItems",
     sink_step("items_max: 2, body: {a: {$each: items, value: 1}}, find: {single: true, "
               "save: {a: /a}}"),
     8, 60, "steps[0].items_max", "must be 1"},
    {"SinkBehindContacts",
     preset_with_line(14, sink_lines("find: {single: true, save: {a: /a}}") + "\n  - name: notes"), 14, 21,
     "steps[1].item", "the steps of the sink come first"},
    {"NothingSavedByTheSink", preset_with_line(17, "    only_if: \"${sink.a}\"\n    idempotency: upsert"), 17, 15,
     "steps[1].only_if", "saved by no earlier step with item: sink"},
    {"SinkOutsideOfSteps", preset_with_line(6, "fields: {phone: \"${sink.a}\"}"), 6, 18, "fields.phone",
     "is known in steps"},
    {"ErrorsAboutNobody", preset_with_line(19, "    reply: {errors: {list: /e}}"), 19, 21, "steps[1].reply.errors",
     "whom an error is about"},

    // Placeholders and bodies
    {"UnclosedPlaceholder", preset_with_line(12, "    body: {key: \"a ${contact.key\"}"), 12, 20, "steps[0].body.key",
     "not closed"},
    {"UnknownFilter", preset_with_line(12, "    body: {key: \"é ${contact.key | sha265}\"}"), 12, 36,
     "steps[0].body.key", "sha256"},
    {"UnknownRoot", preset_with_line(12, "    body: {key: \"${contact.key} ${contcat.key}\"}"), 12, 33,
     "steps[0].body.key", "did you mean contact?"},
    {"UnknownMember", preset_with_line(12, "    body: {key: \"${contact.nmae}\"}"), 12, 18, "steps[0].body.key",
     "did you mean name?"},
    {"MemberOfAText", preset_with_line(12, "    body: {key: \"${contact.key.x}\"}"), 12, 18, "steps[0].body.key",
     "has no members"},
    {"ActivityInAStepOfContacts", preset_with_line(12, "    body: {key: \"${activity.key}\"}"), 12, 18,
     "steps[0].body.key", "knows no activity"},
    {"SecretThatNobodyNames", preset_with_line(12, "    body: {key: \"${secret.api_kay}\"}"), 12, 18,
     "steps[0].body.key", "did you mean api_key?"},
    {"SecretInAPath", preset_with_line(10, "    path: /contacts/${secret.api_key}"), 10, 21, "steps[0].path",
     "secrets are known in credentials"},
    {"TokenThatNobodySaves", preset_with_line(12, "    body: {key: \"${token.access_token}\"}"), 12, 18,
     "steps[0].body.key", "credential key"},
    {"SettingThatIsNone", preset_with_line(2, "url: https://${config.acount}.example.com"), 2, 14, "url",
     "did you mean account?"},
    {"SavedByNoStep", preset_with_line(18, "    body: {key: \"${contact.ownr}\"}"), 18, 18, "steps[1].body.key",
     "did you mean owner?"},
    {"SavedByALaterStep", preset_with_line(12, "    body: {key: \"${contact.owner}\"}"), 12, 18, "steps[0].body.key",
     "saved by no earlier step"},
    {"IdThatIsNeverKnown",
     "credentials: {open: {}}\nsteps:\n  - {name: a, item: activity, path: \"/a/${activity.remote_id}\", "
     "idempotency: upsert}\n",
     3, 41, "steps[0].path", "never known"},
    {"FieldThatIsMappedToItself", preset_with_line(6, "fields: {phone: \"${contact.fields.phone}\"}"), 6, 18,
     "fields.phone", "where the fields are mapped"},
    {"ItemOutsideOfEach",
     preset_with_line(14,
                      "  - {name: l, item: contact, kind: link, path: \"/l/${contact.key}\", items_max: 9, body: "
                      "{$each: items, value: 1}, reply: {list: \"\"}}\n  - name: notes"),
     14, 52, "steps[1].path", "holds several items"},
    {"EachWithoutValue", preset_with_line(18, "    body: {$each: items}"), 18, 12, "steps[1].body",
     "lacks its `value`"},
    {"UnknownForm", preset_with_line(18, "    body: {$eech: items}"), 18, 12, "steps[1].body.$eech",
     "did you mean $each?"},
    {"FormBehindOtherKeys", preset_with_line(18, "    body: {a: 1, $if: b}"), 18, 18, "steps[1].body.$if",
     "must stand first"},
    {"MergeOfNoList", preset_with_line(18, "    body: {$merge: a}"), 18, 20, "steps[1].body.$merge", "must be a list"},
    {"PlaceholderOnItsOwnLine", preset_with_line(18, "    body:\n      when: at ${activity.began}"), 19, 16,
     "steps[1].body.when", "names nothing of it"},
    {"PathWithoutSlash", preset_with_line(16, "    path: notes"), 16, 11, "steps[1].path", "begin with '/'"},

    // Steps and their idempotency
    {"NoIdempotency", preset_with_line(17, "    kind: write"), 14, 5, "steps[1].idempotency",
     "lookup_after_unknown: only one whose answer was lost is"},
    {"UnknownIdempotency", preset_with_line(17, "    idempotency: upserts"), 17, 18, "steps[1].idempotency",
     "did you mean upsert?"},
    {"IdempotencyOfALink",
     preset_with_line(14,
                      "  - {name: l, item: contact, kind: link, path: /l, idempotency: upsert}\n"
                      "  - name: notes"),
     14, 52, "steps[1].idempotency", "only for steps of kind: write"},
    {"SilentDuplicates", preset_with_line(17, "    idempotency: allow_duplicates"), 17, 18, "steps[1].idempotency",
     "said openly"},
    {"LookupWithoutAFind", preset_with_line(17, "    idempotency: lookup_before_create\n    only: new"), 17, 18,
     "steps[1].idempotency", "needs a step of kind: find for item: activity"},
    {"LookupOfTheUnsureAlone",
     preset_with_line(14,
                      "  - {name: f, item: activity, kind: find, only: unsure, path: /f, find: {single: true, id: "
                      "/id}}\n  - name: notes\n    only: new") +
         "  - {name: g, item: activity, only: new, path: /g, idempotency: lookup_before_create}\n",
     22, 65, "steps[3].idempotency", "not only: unsure"},
    {"LookupThatCreatesAgain",
     preset_with_line(14,
                      "  - {name: f, item: activity, kind: find, path: /f, find: {single: true, id: /id}}\n"
                      "  - {name: g, item: activity, path: /g, idempotency: lookup_after_unknown}\n"
                      "  - name: notes"),
     15, 5, "steps[2].only", "must have new"},
    {"UpdateOfTheUnknown", preset_with_line(17, "    idempotency: by_id\n    query: {id: \"${activity.remote_id}\"}"),
     14, 5, "steps[1].only", "must have known"},
    {"UpdateOfNobody", preset_with_line(17, "    idempotency: by_id\n    only: known"), 17, 18, "steps[1].idempotency",
     "by_id needs ${activity.remote_id}"},
    {"OwnIdWithoutExists", preset_with_line(17, "    idempotency: client_id"), 17, 18, "steps[1].idempotency",
     "verdict: exists"},
    {"HeaderWithoutKey", preset_with_line(17, "    idempotency: header"), 17, 18, "steps[1].idempotency",
     "Idempotency-Key"},
    {"ContactsBehindActivities", sound_preset + "  - {name: late, item: contact, path: /a, idempotency: upsert}\n", 20,
     24, "steps[2].item", "steps of contacts come first"},
    {"NameTwice", preset_with_line(14, "  - name: contacts"), 14, 11, "steps[1].name", "already the name of steps[0]"},
    {"BatchWithoutEach",
     preset_with_line(14,
                      "  - {name: l, item: contact, kind: link, path: /l, items_max: 9, body: [], reply: {list: "
                      "\"\"}}\n  - name: notes"),
     14, 63, "steps[1].items_max", "$each: items"},
    {"BatchWithoutAList",
     preset_with_line(14,
                      "  - {name: l, item: contact, kind: link, path: /l, items_max: 9, body: {$each: items, "
                      "value: 1}, reply: {}}\n  - name: notes"),
     14, 105, "steps[1].reply.list", "is missing"},
    {"DayThatNobodyRewrites",
     preset_with_line(17, "    idempotency: client_id\n    verdicts: [{status: 409, verdict: exists}]") +
         "units: [message, day]\n",
     21, 8, "units", "no step updates activities"},
    {"NewAndKnown", preset_with_line(17, "    idempotency: upsert\n    only: [new, known]"), 18, 11, "steps[1].only",
     "no item is both"},
    {"ReplyOfAFind",
     preset_with_line(14,
                      "  - {name: f, item: contact, kind: find, path: /f, reply: {}, find: {single: true, id: /i}}\n"
                      "  - name: notes"),
     14, 52, "steps[1].reply", "only for steps that write or link"},
    {"BodyOfAGet", preset_with_line(16, "    path: /notes\n    method: GET"), 19, 11, "steps[1].body", "method: GET"},
};

INSTANTIATE_TEST_SUITE_P(, PresetMistakesTest, testing::ValuesIn(bad_presets), name_of);

}  // namespace
}  // namespace elit::config
