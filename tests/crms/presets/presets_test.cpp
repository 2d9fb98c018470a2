#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include "tests/crms/presets/small_crms.hpp"
#include "tests/crms/rig.hpp"
#include "tests/support/project_files.hpp"

// The presets without a simulated CRM in the product: the exact requests of a small piece of work, and its result when
// answers are lost, records are refused or the CRM demands a pause.
namespace elit::crm::rig {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::filesystem::path golden_directory = project_file("tests/crms/presets/golden");

struct Case {
  std::string preset;
  std::map<std::string, std::string> settings;
  std::map<std::string, std::string> secrets;
  std::string contacts;    // the object of contacts
  std::string activities;  // of what holds the conversation
  std::string text;        // the pointer of its text
  std::string write;       // the step that makes activities
  HttpResponse refusal;    // of an activity, in the shape of the CRM
  std::string code;        // what the operator has to see of it
};

std::ostream& operator<<(std::ostream& out, const Case& one) {
  return out << one.preset;
}

const std::vector<Case> cases{
    {"dynamics",
     {{"organization", "contoso.crm.dynamics.com"}, {"tenant", "directory"}, {"login", "http://crm.test/crm/dynamics"}},
     {{"client_id", "c1"}, {"client_secret", "s3cret"}},
     "contacts",
     "phonecalls",
     "/description",
     "conversations",
     {400, {}, R"({"error":{"code":"0x80044331","message":"A validation error occurred"}})"},
     "0x80044331"},
    {"pipedrive",
     {{"company", "mycompany"}, {"contact_field", "f1e1d"}, {"dates", "own"}},
     {{"api_token", "s3cret"}},
     "persons",
     "notes",
     "/content",
     "new-notes",
     {400, {}, R"({"success":false,"error":"content is invalid","error_info":"x","code":"ERR_NOTE"})"},
     "ERR_NOTE"},
    {"freshsales",
     {{"bundle", "mycompany"}},
     {{"api_key", "s3cret"}},
     "contacts",
     "notes",
     "/description",
     "new-notes",
     {400, {}, R"({"errors":{"code":4001,"message":["Description is too long"]}})"},
     "4001"},
    {"espocrm",
     {},
     {{"api_key", "s3cret"}},
     "Contact",
     "Call",
     "/description",
     "new-conversations",
     {400, {{"X-Status-Reason", "validationFailure"}}, ""},
     "validationFailure"},
    {"suitecrm",
     {},
     {{"client_id", "c1"}, {"client_secret", "s3cret"}},
     "Contacts",
     "Notes",
     "/description",
     "new-notes",
     {400, {}, R"({"errors":{"status":400,"title":null,"detail":"Property NOTE_X is invalid"}})"},
     "NOTE_X"},
    {"chatwoot",
     {{"account", "3"}, {"inbox", "7"}},
     {{"access_token", "s3cret"}},
     "contacts",
     "messages",
     "/content",
     "messages",
     {422, {}, R"({"message":"Content is too long","attributes":["content"]})"},
     "Content is too long"},
    {"twenty",
     {},
     {{"api_key", "s3cret"}},
     "people",
     "notes",
     "/bodyV2/blocknote",
     "notes",
     {400, {}, R"({"statusCode":400,"error":"BAD_USER_INPUT","messages":["title"]})"},
     "BAD_USER_INPUT"},
};

SinkSetup setup_for(const Case& one, DeliveryUnit unit) {
  SinkSetup setup;
  setup.preset = one.preset;
  setup.settings = one.settings;
  setup.secrets = one.secrets;
  setup.unit = unit;
  return setup;
}

class Trial {
 public:
  Trial(const Case& one, DeliveryUnit unit) : Trial(one, unit, small_crm(one.preset)) {}

  Rig& rig() { return rig_; }
  SmallCrm& crm() { return crm_; }
  [[nodiscard]] std::size_t contacts() { return rig_.records(case_.contacts).size(); }
  [[nodiscard]] std::vector<std::string> texts() {
    std::vector<std::string> texts;
    for (const auto* record : rig_.records(case_.activities)) {
      boost::system::error_code error;
      const boost::json::value whole(record->properties);
      const boost::json::value* text = whole.find_pointer(case_.text, error);
      texts.push_back(text == nullptr ? "(absent)" : text_of(*text));
    }
    return texts;
  }

 private:
  Trial(const Case& one, DeliveryUnit unit, std::unique_ptr<SmallCrm> crm)
      : case_(one), crm_(*crm), rig_(setup_for(one, unit), std::move(crm)) {}

  const Case& case_;
  SmallCrm& crm_;
  Rig rig_;
};

std::vector<OutgoingMessage> some_work() {
  OutgoingMessage first = message(1, 1, "a < b & \"c\"\nline two \xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7");
  OutgoingMessage options = message(1, 2, "Pick *one*", Direction::out);
  options.type = "OPTIONS";
  options.raw = R"({"response":"Pick *one*","options":["Yes & more","No"]})";
  OutgoingMessage picture = message(2, 1, "");
  picture.type = "IMAGE";
  picture.media = Media{"https://files.example.com/i.png?a=1&b=2", "image/png"};
  return {first, options, picture};
}

std::vector<DeliveryUnit> units_of(const Case& one) {
  const bool days = one.preset != "chatwoot";
  return days ? std::vector{DeliveryUnit::message, DeliveryUnit::day} : std::vector{DeliveryUnit::message};
}

bool has_text(const std::vector<std::string>& texts, const std::string& part) {
  return std::any_of(texts.begin(), texts.end(),
                     [&part](const std::string& text) { return text.find(part) != std::string::npos; });
}

std::string written_out(const std::vector<CrmRequest>& requests, std::size_t from) {
  std::string text;
  for (std::size_t i = from; i < requests.size(); ++i) {
    const CrmRequest& request = requests[i];
    text += request.step + ": " + request.request.method + " " + request.request.target + "\n";
    for (const HttpHeader& header : request.request.headers) {
      text += "  " + header.name + ": " + header.value + "\n";
    }
    text += request.request.body.empty() ? "" : "  " + request.request.body + "\n";
  }
  return text;
}

std::string golden_text(const Case& one) {
  std::string text = "# The requests of the preset " + one.preset + ", made by tests/crms/presets/presets_test.cpp.\n";
  for (const DeliveryUnit unit : units_of(one)) {
    const bool day = unit == DeliveryUnit::day;
    Trial trial(one, unit);
    if (text.find("\nURL: ") == std::string::npos) {
      boost::json::value config(trial.rig().design().config);
      Scope scope;
      scope.bind("config", &config);
      const std::string url = trial.rig().design().preset.url.text(scope);
      text += "\nURL: " + (url.empty() ? "the operator's" : url) + "\n";
    }
    EXPECT_TRUE(trial.rig().deliver(some_work()));
    text += std::string("\n== unit: ") + (day ? "day" : "message") + "\n\n" + written_out(trial.rig().sent(), 0);
    std::size_t sent = trial.rig().sent().size();
    EXPECT_TRUE(trial.rig().deliver({message(1, 3, "one more")}));
    text += "\n-- one more message of the first user\n\n" + written_out(trial.rig().sent(), sent);
    trial.rig().lose_state();
    sent = trial.rig().sent().size();
    trial.rig().attempt({message(2, 1, "")}, true);
    text += "\n-- the second user again, after the state was lost in an attempt\n\n" +
            written_out(trial.rig().sent(), sent);
    EXPECT_THAT(trial.crm().strangers, IsEmpty());
  }
  return text;
}

class PresetsTest : public testing::TestWithParam<Case> {};

TEST_P(PresetsTest, SendTheRequestsOfTheGoldenFile) {
  const std::filesystem::path file = golden_directory / (std::string(GetParam().preset) + ".txt");
  const std::string text = golden_text(GetParam());
  if (std::getenv("ELITBUZZ_SYNC_REGENERATE") != nullptr) {
    std::ofstream{file} << text;
  }
  std::ifstream stream{file};
  const std::string golden{std::istreambuf_iterator<char>{stream}, {}};
  EXPECT_EQ(text, golden) << "if that is right, rewrite it: ELITBUZZ_SYNC_REGENERATE=1 ./dev test PresetsTest";
}

TEST_P(PresetsTest, KeepSecretsOutOfPathsAndBodiesOfSteps) {
  Trial trial(GetParam(), units_of(GetParam()).back());
  ASSERT_TRUE(trial.rig().deliver(some_work()));
  for (const CrmRequest& request : trial.rig().sent()) {
    EXPECT_THAT(request.request.target, Not(HasSubstr("s3cret")));
    EXPECT_TRUE(request.step == "token" || request.request.body.find("s3cret") == std::string::npos) << request.step;
  }
}

// Any one request or answer is lost; in the end every record exists once.
TEST_P(PresetsTest, MakeNothingTwiceWhenAnAnswerIsLost) {
  for (const DeliveryUnit unit : units_of(GetParam())) {
    Trial whole(GetParam(), unit);
    ASSERT_TRUE(whole.rig().deliver(some_work()));
    const auto texts = whole.texts();
    const int requests = static_cast<int>(whole.rig().sent().size());
    ASSERT_EQ(whole.contacts(), 2U);
    ASSERT_EQ(texts.size(), unit == DeliveryUnit::day ? 2U : 3U);
    for (int lost = 1; lost <= requests; ++lost) {
      for (const Wire fate : {Wire::lost_answer, Wire::lost_before}) {
        SCOPED_TRACE(testing::Message() << "request " << lost << ", fate " << static_cast<int>(fate));
        Trial trial(GetParam(), unit);
        trial.rig().wire = [lost, fate](const CrmRequest&, int number) { return number == lost ? fate : Wire::whole; };
        EXPECT_TRUE(trial.rig().deliver(some_work()));
        EXPECT_EQ(trial.contacts(), 2U);
        EXPECT_THAT(trial.texts(), testing::UnorderedElementsAreArray(texts));
      }
    }
  }
}

TEST_P(PresetsTest, UpdateTheRecordOfADayThatGrows) {
  if (units_of(GetParam()).back() != DeliveryUnit::day) {
    GTEST_SKIP() << "one record for each message";
  }
  Trial trial(GetParam(), DeliveryUnit::day);
  ASSERT_TRUE(trial.rig().deliver(some_work()));
  ASSERT_TRUE(trial.rig().deliver({message(1, 3, "one more")}));
  EXPECT_EQ(trial.contacts(), 2U);
  EXPECT_EQ(trial.texts().size(), 2U);
  EXPECT_TRUE(has_text(trial.texts(), "one more"));
}

// The lost answer was to a shorter day; the messages since then must arrive too.
TEST_P(PresetsTest, UpdateTheRecordOfADayWhoseAnswerWasLost) {
  if (units_of(GetParam()).back() != DeliveryUnit::day) {
    GTEST_SKIP() << "one record for each message";
  }
  for (const bool unsure : {true, false}) {
    SCOPED_TRACE(unsure);
    Trial trial(GetParam(), DeliveryUnit::day);
    const bool known_only_when_unsure = GetParam().preset == "freshsales";
    ASSERT_TRUE(trial.rig().deliver({message(1, 1, "hello")}));
    trial.rig().lose_state();
    trial.rig().attempt({message(1, 1, "hello"), message(1, 2, "since then")}, unsure);
    EXPECT_EQ(trial.texts().size(), known_only_when_unsure && !unsure ? 2U : 1U);
    EXPECT_TRUE(has_text(trial.texts(), "since then"));
  }
}

TEST_P(PresetsTest, SayTheCodeOfARefusal) {
  Trial trial(GetParam(), DeliveryUnit::message);
  int asked = 0;
  const Case& one = GetParam();
  trial.rig().wire = [&](const CrmRequest& request, int) {
    asked += request.step == one.write ? 1 : 0;
    trial.crm().interrupt = [&, mine = request.step == one.write](const HttpRequest&) {
      return mine ? std::optional(one.refusal) : std::nullopt;
    };
    return Wire::whole;
  };
  EXPECT_TRUE(trial.rig().deliver({message(1, 1, "hello")}));
  EXPECT_EQ(asked, 1);
  ASSERT_EQ(trial.rig().refused().size(), 1U);
  EXPECT_THAT(trial.rig().refused().begin()->second, HasSubstr(one.code));
}

TEST_P(PresetsTest, PauseWhenTheCrmIsAskedTooMuch) {
  Trial trial(GetParam(), DeliveryUnit::message);
  trial.rig().wire = [&](const CrmRequest& request, int) {
    trial.crm().interrupt = [mine = request.step == GetParam().write](const HttpRequest&) {
      return mine ? std::optional(HttpResponse{429, {}, "{}"}) : std::nullopt;
    };
    return Wire::whole;
  };
  const ExchangeResult result = trial.rig().attempt({message(1, 1, "hello")});
  EXPECT_EQ(result.answer.whole, Verdict::throttled);
  EXPECT_TRUE(result.answer.retry_after.has_value());
  EXPECT_NE(result.answer.messages.front().verdict, Verdict::rejected);
}

TEST_P(PresetsTest, AskForANewCredentialWhenTheirsIsRefused) {
  Trial trial(GetParam(), DeliveryUnit::message);
  trial.rig().wire = [&](const CrmRequest& request, int) {
    trial.crm().interrupt = [mine = request.step != "token"](const HttpRequest&) {
      return mine ? std::optional(HttpResponse{401, {}, "{}"}) : std::nullopt;
    };
    return Wire::whole;
  };
  EXPECT_EQ(trial.rig().attempt({message(1, 1, "hello")}).answer.whole, Verdict::unauthorized);
}

INSTANTIATE_TEST_SUITE_P(Shipped, PresetsTest, testing::ValuesIn(cases),
                         [](const auto& one) { return one.param.preset; });

}  // namespace
}  // namespace elit::crm::rig
