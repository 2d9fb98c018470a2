#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "config/presets/shipped_presets.hpp"
#include "tests/crms/rig.hpp"

// Fields that an installation requires and the preset does not write, in the answers of each CRM.
namespace elit::crm::rig {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;

struct Demand {
  std::string preset;
  std::string step;  // that is refused
  HttpResponse answer;
  std::string field;
};

std::ostream& operator<<(std::ostream& out, const Demand& one) {
  return out << one.preset;
}

const std::vector<Demand> demands{
    {"dynamics",
     "conversations",
     {400, {}, R"j({"error":{"code":"0x80040203","message":"Attribute 'new_branch' cannot be NULL"}})j"},
     "new_branch"},
    {"espocrm",
     "new-conversations",
     {400, {{"X-Status-Reason", "Field validation failure; entityType: Call, field: branch, type: required."}}, ""},
     "branch"},
    {"espocrm",
     "new-contacts",
     {400, {{"X-Status-Reason", "Field validation failure; entityType: Contact, field: branch, type: required."}}, ""},
     "branch"},
    {"freshsales",
     "contacts",
     {400, {}, R"j({"errors":{"code":400,"message":["Branch office can't be blank"]}})j"},
     "Branch_office"},
    {"hubspot",
     "contacts",
     {400,
      {},
      R"j({"status":"error","message":"Error creating CONTACT. Some required properties were not set.",)j"
      R"j("context":{"properties":["branch"]},"category":"VALIDATION_ERROR"})j"},
     "branch"},
    {"odoo",
     "contacts",
     {200,
      {},
      R"j({"jsonrpc":"2.0","id":1,"result":{"ids":false,"messages":[{"type":"error","record":0,)j"
      R"j("message":"Missing required value for the field 'Branch' (x_branch)"}]}})j"},
     "x_branch"},
    {"odoo-json2",
     "contacts",
     {200,
      {},
      R"j({"ids":false,"messages":[{"type":"error","record":0,"message":"The operation cannot be completed:)j"
      R"j(\n- Create/update: a mandatory field is not set.\nModel: Contact (res.partner)\nField: Branch (x_branch)"}]})j"},
     "x_branch"},
    {"pipedrive",
     "new-persons",
     {400, {}, R"j({"success":false,"error":"Validation failed: branch is required"})j"},
     "branch"},
    {"salesforce",
     "transcripts",
     {200,
      {},
      R"j([{"success":false,"errors":[{"statusCode":"REQUIRED_FIELD_MISSING","message":)j"
      R"j("Required fields are missing: [Branch__c]","fields":["Branch__c"]}]}])j"},
     "Branch__c"},
    {"twenty",
     "people",
     {400, {}, R"j({"statusCode":400,"messages":["null value in column \"branch\" violates not-null constraint"]})j"},
     "branch"},
    {"zoho",
     "conversations",
     {400,
      {},
      R"j({"data":[{"code":"MANDATORY_NOT_FOUND","details":{"api_name":"Branch","json_path":"$.data[0].Branch"},)j"
      R"j("message":"required field not found","status":"error"}]})j"},
     "Branch"},
};

// Their programming interfaces check no fields that an installation requires.
const std::set<std::string> without_demands{"chatwoot", "suitecrm"};

class RequiredFieldsTest : public testing::TestWithParam<Demand> {};

TEST_P(RequiredFieldsTest, PauseTheSinkAndAreNamedInsteadOfKillingMessages) {
  Rig rig(setup_of(GetParam().preset));
  rig.instead = [](const CrmRequest& request) {
    return request.step == GetParam().step ? std::optional(GetParam().answer) : std::nullopt;
  };
  const ExchangeResult result = rig.attempt({message(1, 1, "hello")});
  EXPECT_EQ(result.answer.whole, Verdict::misconfigured);
  EXPECT_THAT(result.answer.detail, HasSubstr("the field " + GetParam().field + " has to have a value: "));
  EXPECT_THAT(rig.refused(), IsEmpty());
  rig.instead = nullptr;
  EXPECT_TRUE(rig.deliver({message(1, 1, "hello")})) << rig.latest().reason;
}

// Another contact has a value in it, so only this one waits.
TEST(RequiredFieldsTest, ThatIsMappedConcernsOnlyTheContactWithoutAValue) {
  SinkSetup setup = setup_of("espocrm");
  setup.fields["branch"] = {"branch", Text::parse("${contact.user/branch}").value(), false};
  Rig rig(setup);
  rig.instead = [](const CrmRequest& request) {
    const bool has_none = request.request.body.find(key_of(1)) != std::string::npos;
    return request.step == "new-contacts" && has_none
               ? std::optional(HttpResponse{400,
                                            {{"X-Status-Reason",
                                              "Field validation failure; entityType: Contact, field: branch, type: "
                                              "required."}},
                                            ""})
               : std::nullopt;
  };
  const ExchangeResult result = rig.attempt({message(1, 1, "hello"), message(2, 1, "other")});
  EXPECT_EQ(result.answer.whole, std::nullopt);
  EXPECT_EQ(result.answer.messages[0].verdict, Verdict::retry);
  EXPECT_THAT(result.answer.messages[0].error, HasSubstr("field: branch"));
  EXPECT_EQ(result.answer.messages[1].verdict, Verdict::delivered);
}

TEST(RequiredFieldsTest, IsKnownForEveryPreset) {
  std::set<std::string> covered = without_demands;
  for (const Demand& one : demands) {
    covered.insert(one.preset);
  }
  EXPECT_THAT(covered, IsSupersetOf(config::shipped_preset_names()));
}

INSTANTIATE_TEST_SUITE_P(Shipped, RequiredFieldsTest, testing::ValuesIn(demands), [](const auto& of) {
  std::string name = of.param.preset + of.param.step;
  std::erase(name, '-');
  return name;
});

}  // namespace
}  // namespace elit::crm::rig
