#include "core/crm/request_form.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace elit::crm {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

std::string header(const CrmRequest& made, std::string_view name) {
  std::string values;
  for (const auto& each : made.request.headers) {
    values += each.name == name ? "[" + each.value + "]" : "";
  }
  return values;
}

RequestForm form_to(std::string path) {
  RequestForm form;
  form.base_url = "https://crm.example.com";
  form.path = std::move(path);
  return form;
}

Text text(std::string_view written) {
  return Text::parse(written).value();
}

TEST(RequestFormTest, PercentEncodeQueryValuesAndJoinThemToThePath) {
  RequestForm form = form_to("/notes");
  form.query = {{"search", "a&b=c d/\xc3\xa9#+"}, {"n", "1"}};
  EXPECT_EQ(put_together(form).request.target, "/notes?search=a%26b%3Dc%20d%2F%C3%A9%23%2B&n=1");
  form.path = "/notes?all=true";
  EXPECT_EQ(put_together(form).request.target, "/notes?all=true&search=a%26b%3Dc%20d%2F%C3%A9%23%2B&n=1");
}

TEST(RequestFormTest, PutThePathOfTheBaseUrlBeforeTheirOwn) {
  RequestForm form = form_to("/notes");
  form.base_url = "https://crm.example.com:8443/api/v1";
  const CrmRequest made = put_together(form);
  EXPECT_EQ(made.base_url, "https://crm.example.com:8443");
  EXPECT_EQ(made.request.target, "/api/v1/notes");
}

TEST(RequestFormTest, CannotHaveTheirHeadersBroken) {
  RequestForm form = form_to("/notes");
  std::string evil = "a\r\nX-Evil: 1\nb";
  evil.push_back('\0');
  form.headers = {{"X-Name", evil}};
  const CrmRequest made = put_together(form);
  for (const auto& each : made.request.headers) {
    EXPECT_EQ(each.value.find_first_of(std::string("\r\n\0", 3)), std::string::npos);
    EXPECT_NE(each.name, "X-Evil");
  }
}

TEST(RequestFormTest, WriteJsonAndSayWhatItIs) {
  RequestForm form = form_to("/notes");
  form.format = BodyFormat::json;
  form.body = json::parse(R"({"a":[1,"x\ny",null]})");
  const CrmRequest made = put_together(form);
  EXPECT_EQ(made.request.body, R"({"a":[1,"x\ny",null]})");
  EXPECT_EQ(header(made, "Content-Type"), "[application/json]");
  EXPECT_EQ(made.request.method, "POST");
}

TEST(RequestFormTest, LetAHeaderNameTheContentType) {
  RequestForm form = form_to("/notes");
  form.format = BodyFormat::json;
  form.headers = {{"Content-Type", "application/vnd.api+json"}};
  EXPECT_EQ(header(put_together(form), "Content-Type"), "[application/vnd.api+json]");
  form.headers = {{"content-type", "application/vnd.api+json"}};
  EXPECT_THAT(header(put_together(form), "Content-Type"), IsEmpty());
}

TEST(RequestFormTest, WriteFormsWithEveryValueEncoded) {
  RequestForm form = form_to("/token");
  form.format = BodyFormat::form;
  form.body = json::parse(R"({"grant_type":"refresh_token","secret":"a&b=c+d %","n":5,"yes":true})");
  const CrmRequest made = put_together(form);
  EXPECT_EQ(made.request.body, "grant_type=refresh_token&secret=a%26b%3Dc%2Bd%20%25&n=5&yes=true");
  EXPECT_EQ(header(made, "Content-Type"), "[application/x-www-form-urlencoded]");
}

TEST(RequestFormTest, WriteOneElementALineAsNdjson) {
  RequestForm form = form_to("/bulk");
  form.format = BodyFormat::ndjson;
  form.body = json::parse(R"([{"a":"x\ny"},{"b":2}])");
  const std::string body = put_together(form).request.body;
  EXPECT_EQ(body, "{\"a\":\"x\\ny\"}\n{\"b\":2}\n");
}

TEST(RequestFormTest, HaveNoBodyAndNoTypeOfItWhereNoneIsAskedFor) {
  RequestForm form = form_to("/notes");
  form.method = "GET";
  const CrmRequest made = put_together(form);
  EXPECT_THAT(made.request.body, IsEmpty());
  EXPECT_THAT(header(made, "Content-Type"), IsEmpty());
  EXPECT_EQ(made.request.method, "GET");
}

TEST(RequestFormTest, LeaveEmptyValuesOut) {
  const json::value contact = json::parse(R"({"name":"Asha","none":null,"empty":""})");
  Scope scope;
  scope.bind("contact", &contact);
  const auto made = texts_of(
      {{"a", text("${contact.name}")}, {"b", text("${contact.none}")}, {"c", text("${contact.empty}")}}, scope);
  EXPECT_THAT(made, UnorderedElementsAre(Pair("a", "Asha")));
}

TEST(RequestFormTest, CarryTheCredential) {
  Credential credential;
  credential.headers = {{"Authorization", text("Bearer ${token.access_token}")}};
  credential.query = {{"key", text("${secret.api_key}")}};
  const json::value token = json::parse(R"({"access_token":"t0k\r\nX-Evil: 1"})");
  const json::value secret = json::parse(R"({"api_key":"a b"})");
  Scope scope;
  scope.bind("token", &token);
  scope.bind("secret", &secret);
  RequestForm form = form_to("/notes");
  add_credential(form, credential, scope);
  const CrmRequest made = put_together(form);
  EXPECT_EQ(made.request.target, "/notes?key=a%20b");
  EXPECT_THAT(header(made, "Authorization"), HasSubstr("Bearer t0k"));
  EXPECT_THAT(header(made, "Authorization"), Not(HasSubstr("\n")));
}

TEST(RequestFormTest, GoWhereTheTokenEndpointSaid) {
  SinkDesign design;
  design.base_url = "https://login.example.com";
  EXPECT_EQ(base_url_of(design, {json::object{}, json::object{}}), "https://login.example.com");
  EXPECT_EQ(base_url_of(design, {json::object{}, json::object{{"base_url", "https://eu7.example.com"}}}),
            "https://eu7.example.com");
  EXPECT_EQ(base_url_of(design, {json::object{}, json::value()}), "https://login.example.com");
}

}  // namespace
}  // namespace elit::crm
