#include "config/presets/preset_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json/serialize.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "config/presets/shipped_presets.hpp"
#include "tests/config/presets/presets.hpp"
#include "tests/support/project_files.hpp"

namespace elit::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

// The YAML blocks of the page for authors.
std::vector<std::string> blocks_of_the_manual() {
  const std::string manual = content_of(project_file("config/crm/README.md"));
  const std::string fence = "```yaml\n";
  std::vector<std::string> blocks;
  for (std::size_t at = manual.find(fence); at != std::string::npos; at = manual.find(fence, at + 1)) {
    const std::size_t begin = at + fence.size();
    blocks.push_back(manual.substr(begin, manual.find("```", begin) - begin));
  }
  return blocks;
}

const crm::Step& step_of(const crm::Preset& preset, const std::string& name) {
  for (const crm::Step& step : preset.steps) {
    if (step.name == name) {
      return step;
    }
  }
  throw std::out_of_range(name);
}

TEST(PresetReaderTest, ReadsEveryShippedPreset) {
  ASSERT_FALSE(shipped_presets().empty());
  for (const ShippedPreset& shipped : shipped_presets()) {
    const PresetRead read = read_shipped_preset(shipped.name);
    EXPECT_TRUE(read.preset) << shipped.name << "\n" << everything_wrong_with(read);
    if (read.preset) {
      EXPECT_FALSE(read.preset->title.empty()) << shipped.name;
      EXPECT_FALSE(read.preset->doc.empty()) << shipped.name;
      EXPECT_FALSE(read.preset->guarantee.empty()) << shipped.name;
    }
  }
}

TEST(PresetReaderTest, ShipsEveryFileOfTheFolder) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(project_file("config/crm"))) {
    if (entry.path().extension() == ".yaml") {
      ++files;
      const std::string name = entry.path().stem().string();
      EXPECT_TRUE(shipped_preset_text(name) == content_of(project_file("config/crm/" + name + ".yaml")))
          << name << " is stale";
    }
  }
  EXPECT_EQ(shipped_presets().size(), files);
}

TEST(PresetReaderTest, ReadsTheExamplesOfItsManual) {
  const std::vector<std::string> blocks = blocks_of_the_manual();
  ASSERT_EQ(blocks.size(), 4U);
  const PresetRead whole = read_for_test(blocks.front());
  ASSERT_TRUE(whole.preset) << everything_wrong_with(whole);
  const PresetRead extension = read_for_test(blocks.back());
  ASSERT_TRUE(extension.preset) << everything_wrong_with(extension);
  const std::string with_assertion =
      "settings: {user: {default: a}}\ncredentials:\n  jwt:\n    secrets: [client_id, private_key]\n" + blocks[2] +
      "steps: [{name: a, item: activity, path: /a, idempotency: upsert}]\n";
  const PresetRead assertion = read_for_test(with_assertion);
  ASSERT_TRUE(assertion.preset) << everything_wrong_with(assertion);
  EXPECT_EQ(assertion.preset->credentials.front().token->assertion->key, "private_key");
  const PresetRead probe = read_for_test("credentials: {open: {}}\n" + blocks[1] +
                                         "  - {name: a, item: activity, only_if: \"${sink.unique_keys}\", path: /a, "
                                         "idempotency: upsert}\n");
  ASSERT_TRUE(probe.preset) << everything_wrong_with(probe);
  EXPECT_EQ(probe.preset->steps.front().item, crm::StepItem::sink);
  EXPECT_EQ(probe.preset->steps.front().find.save.at("unique_keys").pointer, "/unique");
}

TEST(PresetReaderTest, UnderstandsEveryMember) {
  const PresetRead read = read_for_test(blocks_of_the_manual().front());
  ASSERT_TRUE(read.preset) << everything_wrong_with(read);
  const crm::Preset& preset = *read.preset;
  EXPECT_EQ(preset.name, "mycrm");
  EXPECT_EQ(preset.title, "My CRM");
  EXPECT_EQ(preset.settings.size(), 2U);
  EXPECT_FALSE(preset.settings[0].value);
  EXPECT_THAT(preset.settings[1].choices, ElementsAre("live", "test"));
  EXPECT_THAT(preset.units, ElementsAre(crm::DeliveryUnit::message, crm::DeliveryUnit::day));
  EXPECT_EQ(preset.unit, crm::DeliveryUnit::day);
  EXPECT_TRUE(preset.text.html);
  EXPECT_EQ(preset.text.limit, 60'000U);
  EXPECT_TRUE(preset.fields_as_text);
  EXPECT_THAT(preset.fields, testing::Contains(Pair("phone", "${contact.phone | e164}")));
  const crm::Credential& oauth = preset.credentials.at(1);
  EXPECT_THAT(oauth.secrets, ElementsAre("client_id", "client_secret"));
  ASSERT_TRUE(oauth.token);
  EXPECT_EQ(oauth.token->format, crm::BodyFormat::form);
  EXPECT_EQ(oauth.token->lifetime, Milliseconds{3'600'000});
  EXPECT_EQ(oauth.token->values.at("expires_in").pointer, "/expires_in");
  EXPECT_EQ(oauth.token->conditions.front().present, false);
  EXPECT_EQ(oauth.token->verdicts.front().wait, Milliseconds{300'000});
  EXPECT_EQ(preset.verdicts.size(), 3U);
  EXPECT_THAT(preset.item_verdicts.front().conditions.front().one_of, ElementsAre("LOCKED", "BUSY"));
  EXPECT_EQ(preset.pace.requests, 100);
  EXPECT_EQ(preset.pace.budget->remaining.header, "X-Daily-Remaining");
  EXPECT_EQ(preset.pace.burst->unit, crm::PaceRules::Burst::Unit::seconds);
}

TEST(PresetReaderTest, UnderstandsEveryMemberOfAStep) {
  const PresetRead read = read_for_test(blocks_of_the_manual().front());
  ASSERT_TRUE(read.preset) << everything_wrong_with(read);
  const crm::Step& contacts = step_of(*read.preset, "contacts");
  EXPECT_EQ(contacts.item, crm::StepItem::contact);
  EXPECT_EQ(contacts.method, "POST");
  EXPECT_EQ(contacts.items_max, 50);
  EXPECT_EQ(contacts.bytes_max, 1 << 20);
  EXPECT_EQ(contacts.format, crm::BodyFormat::json);
  EXPECT_EQ(contacts.idempotency, crm::Idempotency::upsert);
  EXPECT_TRUE(contacts.reply.has_list);
  EXPECT_EQ(contacts.reply.success.front().equals, "true");
  EXPECT_EQ(contacts.reply.code.pointer, "/error/code");
  const crm::Step& known = step_of(*read.preset, "known-notes");
  EXPECT_EQ(known.kind, crm::StepKind::find);
  EXPECT_EQ(known.method, "GET");
  EXPECT_EQ(known.find.list, "/notes");
  EXPECT_EQ(known.find.has_more->pointer, "/next_page");
  EXPECT_TRUE(step_of(*read.preset, "new-notes").only_new);
  EXPECT_EQ(step_of(*read.preset, "new-notes").idempotency, crm::Idempotency::lookup_before_create);
  EXPECT_TRUE(step_of(*read.preset, "grown-notes").only_known);
  EXPECT_EQ(step_of(*read.preset, "grown-notes").format, crm::BodyFormat::json);
}

TEST(PresetReaderTest, KeepsTypesInBodies) {
  const PresetRead read =
      read_for_test(preset_with_line(12, "    body: {a: 5, b: \"5\", c: true, d: 1.5, e: null, f: [x], g: -2}"));
  ASSERT_TRUE(read.preset) << everything_wrong_with(read);
  const boost::json::value body = crm::render(read.preset->steps[0].body, crm::Scope{}, {});
  EXPECT_EQ(boost::json::serialize(body), R"({"a":5,"b":"5","c":true,"d":1.5E0,"e":null,"f":["x"],"g":-2})");
}

TEST(PresetReaderTest, FindsAllMistakesAtOnceInTheOrderOfTheFile) {
  std::string text = preset_with_line(12, "    body: {key: \"${contact.kee} ${foo}\"}");
  text += "verdicts: [{status: 99, verdict: fatal}]\nfoo: 1\n";
  EXPECT_EQ(everything_wrong_with(read_for_test(text)).substr(0, 34), "mycrm.yaml:12:18: steps[0].body.ke");
  std::vector<int> lines;
  for (const Diagnostic& mistake : read_for_test(text).mistakes) {
    lines.push_back(mistake.line);
  }
  EXPECT_THAT(lines, ElementsAre(12, 12, 20, 21));
}

TEST(PresetReaderTest, ReadsEachWordOfAVerdict) {
  const std::vector<std::pair<std::string, Verdict>> meanings{
      {"done", Verdict::delivered},      {"retry", Verdict::retry},
      {"throttled", Verdict::throttled}, {"unauthorized", Verdict::unauthorized},
      {"rejected", Verdict::rejected},   {"rejected_batch", Verdict::rejected_in_company},
      {"too_large", Verdict::too_large}, {"exists", Verdict::exists},
      {"unknown", Verdict::unknown},     {"fatal", Verdict::misconfigured},
      {"gone", Verdict::rejected},       {"next", Verdict::rejected}};
  for (const auto& [word, verdict] : meanings) {
    const PresetRead read = read_for_test("extends: hubspot\nverdicts: [{status: 429, verdict: " + word + "}]\n");
    ASSERT_TRUE(read.preset) << everything_wrong_with(read);
    const crm::VerdictRule& rule = read.preset->verdicts.front();
    EXPECT_EQ(rule.verdict, verdict) << word;
    EXPECT_EQ(rule.effect == crm::VerdictRule::Effect::gone, word == "gone");
    EXPECT_EQ(rule.effect == crm::VerdictRule::Effect::next, word == "next");
  }
}

TEST(PresetReaderTest, TakesFieldsOfFatalRulesAndLooksForContactsOfOthers) {
  const PresetRead read = read_for_test(
      "extends: espocrm\nverdicts: [{status: 422, verdict: fatal, field: /field, advice: Map it.}]\n");
  ASSERT_TRUE(read.preset) << everything_wrong_with(read);
  EXPECT_EQ(read.preset->verdicts.front().field->pointer, "/field");
  EXPECT_EQ(step_of(*read.preset, "contacts-by-phone").adopts, "phone");
  EXPECT_EQ(step_of(*read.preset, "contacts-by-email").adopts, "email");
  EXPECT_THAT(everything_wrong_with(read_for_test("extends: espocrm\nverdicts: [{verdict: retry, field: /field}]\n")),
              testing::HasSubstr("field: is only for verdict: fatal"));
  EXPECT_THAT(
      everything_wrong_with(read_for_test("extends: espocrm\nsteps: [{name: known-conversations, adopts: phone}]\n")),
      testing::HasSubstr("adopts: is only for steps of kind: find with item: contact"));
}

TEST(PresetReaderTest, LaysAFileOverAShippedPreset) {
  const PresetRead base = read_shipped_preset("hubspot");
  const PresetRead read = read_for_test(
      "extends: hubspot\n"
      "settings: {channel: {default: SMS}}\n"
      "fields: {company: \"${contact.user/company}\"}\n"
      "verdicts: [{status: 429, verdict: throttled}]\n"
      "steps:\n"
      "  - {name: associations, remove: true}\n"
      "  - {name: contacts, items_max: 10, reply: {id: /vid}}\n"
      "  - {name: company, item: contact, kind: link, path: /x}\n");
  ASSERT_TRUE(base.preset);
  ASSERT_TRUE(read.preset) << everything_wrong_with(read);
  EXPECT_EQ(read.preset->name, "mycrm");
  EXPECT_EQ(read.preset->title, "HubSpot");
  EXPECT_EQ(read.preset->settings.at(1).value, "SMS");
  EXPECT_EQ(read.preset->settings.at(1).choices, base.preset->settings.at(1).choices);
  EXPECT_EQ(read.preset->fields.size(), base.preset->fields.size() + 1);
  EXPECT_EQ(read.preset->verdicts.size(), 1U);
  std::vector<std::string> names;
  for (const crm::Step& step : read.preset->steps) {
    names.push_back(step.name);
  }
  EXPECT_THAT(names, testing::AllOf(testing::Contains("communications"), testing::Contains("company"),
                                    testing::Not(testing::Contains("associations"))));
  EXPECT_EQ(names.size(), base.preset->steps.size());
  EXPECT_EQ(step_of(*read.preset, "contacts").items_max, 10);
  EXPECT_EQ(step_of(*read.preset, "contacts").reply.id->pointer, "/vid");
  EXPECT_EQ(step_of(*read.preset, "contacts").path, step_of(*base.preset, "contacts").path);
}

TEST(PresetReaderTest, AddsMembersToAMergeItLiesOver) {
  const PresetRead read = read_for_test(
      "extends: hubspot\n"
      "steps: [{name: contacts, body: {inputs: {value: {properties: {lifecyclestage: lead}}}}}]\n");
  ASSERT_TRUE(read.preset) << everything_wrong_with(read);
  const boost::json::value contact{{"key", "a.1"}, {"fields", {{"phone", "+1"}}}};
  crm::Scope scope;
  scope.bind("contact", &contact);
  const boost::json::value body = crm::render(step_of(*read.preset, "contacts").body, scope, {scope});
  EXPECT_EQ(boost::json::serialize(body.at_pointer("/inputs/0/properties")),
            R"({"elit_user_id":"a.1","phone":"+1","lifecyclestage":"lead"})");
}

TEST(PresetReaderTest, PutsNewStepsBehindTheLastOneOfTheirItem) {
  const PresetRead read = read_for_test(
      "extends: hubspot\n"
      "steps:\n"
      "  - {name: of-contacts, item: contact, path: /c, idempotency: upsert}\n"
      "  - {name: of-the-sink, item: sink, kind: find, path: /s, find: {single: true, save: {a: /a}}}\n");
  ASSERT_TRUE(read.preset) << everything_wrong_with(read);
  const auto& steps = read.preset->steps;
  for (std::size_t i = 1; i < steps.size(); ++i) {
    EXPECT_LE(steps[i - 1].item, steps[i].item);
    EXPECT_TRUE(steps[i - 1].name != "of-contacts" || steps[i].item == crm::StepItem::activity);
    EXPECT_TRUE(steps[i - 1].name != "of-the-sink" || steps[i].item == crm::StepItem::contact);
  }
}

TEST(PresetReaderTest, PlacesMistakesInTheFileTheyStandIn) {
  const PresetRead read = read_for_test(
      "extends: hubspot\n"
      "steps: [{name: contacts, reply: {id: bad}}, {name: contact-fields, item: activity}]\n");
  ASSERT_FALSE(read.preset);
  EXPECT_THAT(everything_wrong_with(read),
              testing::ContainsRegex("mycrm.yaml:2:38: steps\\[[0-9]+\\].reply.id: must be a JSON pointer"));
  EXPECT_THAT(everything_wrong_with(read), HasSubstr("\nhubspot.yaml (shipped):"));
}

TEST(PresetReaderTest, ExtendsOnlyWhatIsShipped) {
  const PresetRead read = read_for_test("extends: hubspott\nfoo: 1\n");
  EXPECT_EQ(everything_wrong_with(read),
            "mycrm.yaml:1:10: extends: must be the name of a shipped preset: did you mean hubspot?\n");
}

TEST(PresetReaderTest, SaysThatAStepToRemoveIsNotThere) {
  const PresetRead read = read_for_test("extends: hubspot\nsteps: [{name: contact, remove: true}]\n");
  EXPECT_EQ(everything_wrong_with(read),
            "mycrm.yaml:2:9: steps[0]: removes a step that is not there: did you mean contacts?\n");
}

TEST(PresetReaderTest, RefusesWhatNestsWithoutEnd) {
  for (const std::size_t levels : {std::size_t{200}, std::size_t{100'000}}) {
    const std::string deep = std::string(levels, '[') + std::string(levels, ']');
    for (const std::string& text : {"steps: " + deep + "\n", preset_with_line(12, "    body: " + deep)}) {
      const PresetRead read = read_for_test(text);
      EXPECT_FALSE(read.preset.has_value()) << levels;
      EXPECT_THAT(everything_wrong_with(read),
                  testing::AnyOf(HasSubstr("nested too deeply"), HasSubstr("not valid YAML")));
    }
  }
}

}  // namespace
}  // namespace elit::config
