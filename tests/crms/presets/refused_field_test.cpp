#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "tests/crms/presets/small_crms.hpp"
#include "tests/crms/rig.hpp"

// A CRM refuses one field of a contact: the conversation arrives, and the field is told.
namespace elit::crm::rig {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

struct Case {
  std::string preset;
  std::map<std::string, std::string> settings;
  std::map<std::string, std::string> secrets;
  std::string activities;  // the object that holds the conversation
  std::string field;       // the phone number's
  HttpResponse refusal;    // of a contact with a phone number, in the shape of the CRM
  std::string code;
};

std::ostream& operator<<(std::ostream& out, const Case& one) {
  return out << one.preset;
}

const std::map<std::string, std::string> client{{"client_id", "c1"}, {"client_secret", "s3cret"}};

const std::vector<Case> cases{
    {"dynamics",
     {{"organization", "contoso.crm.dynamics.com"}, {"tenant", "directory"}, {"login", "http://crm.test/crm/dynamics"}},
     client,
     "phonecalls",
     "mobilephone",
     {400, {}, R"({"error":{"code":"0x80044331","message":"The length of the 'mobilephone' attribute is too long"}})"},
     "HTTP 400"},
    {"freshsales",
     {{"bundle", "mycompany"}},
     {{"api_key", "s3cret"}},
     "notes",
     "mobile_number",
     {400, {}, R"({"errors":{"code":400,"message":["Mobile number is invalid"]}})"},
     "HTTP 400"},
    {"espocrm",
     {},
     {{"api_key", "s3cret"}},
     "Call",
     "phoneNumber",
     {400,
      {{"X-Status-Reason", "Field validation failure; entityType: Contact, field: phoneNumber, type: valid."}},
      ""},
     "HTTP 400"},
    {"suitecrm",
     {},
     client,
     "Notes",
     "phone_mobile",
     {400, {}, R"({"errors":{"status":400,"title":null,"detail":"Something in it is invalid"}})"},
     "HTTP 400"},
    {"chatwoot",
     {{"account", "3"}, {"inbox", "7"}},
     {{"access_token", "s3cret"}},
     "messages",
     "phone_number",
     {422, {}, R"({"message":"Phone number should be in e164 format","attributes":["phone_number"]})"},
     "HTTP 422"},
    {"twenty",
     {},
     {{"api_key", "s3cret"}},
     "notes",
     "phone",
     {400, {}, R"({"statusCode":400,"error":"BAD_USER_INPUT","messages":["Invalid phone number"]})"},
     "HTTP 400"},
};

class RefusedFieldTest : public testing::TestWithParam<Case> {
 protected:
  // The sink of a CRM that answers so to each contact with the phone number of the first user.
  static Rig refusing(const HttpResponse& refusal) {
    const Case& one = GetParam();
    SinkSetup setup;
    setup.preset = one.preset;
    setup.settings = one.settings;
    setup.secrets = one.secrets;
    std::unique_ptr<SmallCrm> crm = small_crm(one.preset);
    crm->interrupt = [refusal](const HttpRequest& request) {
      return request.body.find(digits()) != std::string::npos ? std::optional(refusal) : std::nullopt;
    };
    return Rig(setup, std::move(crm));
  }
  static std::string digits() { return phone_of(1).substr(1); }
};

TEST_P(RefusedFieldTest, LeavesTheConversationUntouchedAndIsTold) {
  const Case& one = GetParam();
  Rig rig = refusing(one.refusal);
  const ExchangeResult result = rig.attempt({message(1, 1, "hello"), message(2, 1, "good morning")});
  EXPECT_THAT(rig.delivered(), SizeIs(2));
  EXPECT_THAT(rig.records(one.activities), SizeIs(2));
  ASSERT_THAT(result.refused, SizeIs(1));
  EXPECT_EQ(result.refused[0].user_id, "u1");
  EXPECT_THAT(result.refused[0].fields, ElementsAre(one.field));
  EXPECT_EQ(result.refused[0].code, one.code);
  const std::size_t sent = rig.sent().size();
  EXPECT_THAT(rig.attempt({message(1, 2, "still there?")}).refused, IsEmpty());
  for (std::size_t i = sent; i < rig.sent().size(); ++i) {
    EXPECT_THAT(rig.sent()[i].request.body, Not(HasSubstr(digits()))) << "tried again";
  }
}

// A person may be in the CRM already: without the field a second contact would be made.
TEST_P(RefusedFieldTest, HoldsTheConversationWhereAnotherRecordHasTheValue) {
  Rig rig =
      refusing({GetParam().refusal.status, {}, R"({"errors":{"code":400,"message":["Number is already taken"]}})"});
  EXPECT_THAT(rig.attempt({message(1, 1, "hello"), message(2, 2, "good morning")}).refused, IsEmpty());
  EXPECT_THAT(rig.delivered(), SizeIs(1)) << "the other one";
}

INSTANTIATE_TEST_SUITE_P(Shipped, RefusedFieldTest, testing::ValuesIn(cases),
                         [](const auto& one) { return one.param.preset; });

TEST(RefusedFieldTest, IsTheOneThatSalesforceAndZohoName) {
  for (const auto& [preset, field] : {std::pair("salesforce", "FirstName"), std::pair("zoho", "First_Name")}) {
    SCOPED_TRACE(preset);
    SinkSetup setup = setup_of(preset);
    FieldMapping long_name;
    long_name.field = field;
    long_name.value = Text(std::string(300, 'n'));
    setup.fields[field] = long_name;
    Rig rig(setup);
    const ExchangeResult result = rig.attempt({message(1, 1, "hello"), message(2, 1, "good morning")});
    EXPECT_THAT(rig.delivered(), SizeIs(2));
    ASSERT_THAT(result.refused, SizeIs(2));
    EXPECT_THAT(result.refused[0].fields, ElementsAre(field));
    EXPECT_EQ(result.refused[0].code, std::string(preset) == "zoho" ? "INVALID_DATA" : "STRING_TOO_LONG");
  }
}

}  // namespace
}  // namespace elit::crm::rig
