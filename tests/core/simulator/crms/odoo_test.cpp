#include <gmock/gmock.h>

#include "tests/core/simulator/crms/odoo_calls.hpp"

namespace elit::simulator {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

class OdooJsonRpcTest : public OdooOfTests {};
class OdooJson2Test : public OdooOfTests {
 protected:
  HttpResponse call(const std::string& path, const std::string& body, const std::string& authorization,
                    const std::string& database = "sample") {
    return post("/json/2/" + path, body,
                {{"Content-Type", "application/json; charset=utf-8"},
                 {"Authorization", authorization},
                 {"X-Odoo-Database", database}});
  }

  HttpResponse call(const std::string& path, const std::string& body) {
    return call(path, body, "bearer sample-api-key");
  }
};

json::object error_of(const json::value& body) {
  return body.at("error").as_object();
}

std::string error_name(const json::value& body) {
  return error_of(body).at("data").at("name").as_string().c_str();
}

TEST_F(OdooJsonRpcTest, AuthenticatesWithTheKeyInPlaceOfThePassword) {
  const json::value said = rpc("common", "authenticate", {"sample", "sample-login", "sample-api-key", json::object()});
  EXPECT_EQ(said.at("result").as_int64(), 7);
  EXPECT_EQ(said.at("id").as_int64(), 5);
  EXPECT_EQ(said.at("jsonrpc").as_string(), "2.0");
  EXPECT_EQ(odoo_.counts().tokens_given, 1U);
}

TEST_F(OdooJsonRpcTest, AnswersAWrongLoginWithFalseAndNoError) {
  const json::value said = rpc("common", "authenticate", {"sample", "sample-login", "wrong", json::object()});
  EXPECT_FALSE(said.at("result").as_bool());
  EXPECT_FALSE(said.as_object().contains("error"));
}

TEST_F(OdooJsonRpcTest, MakesTooManyLoginsLookLikeAWrongOne) {
  odoo_.faults().token_throttled.on = true;
  const json::value said = rpc("common", "authenticate", {"sample", "sample-login", "sample-api-key", json::object()});
  EXPECT_FALSE(said.at("result").as_bool());
}

TEST_F(OdooJsonRpcTest, TellsOfAnUnknownDatabase) {
  const json::value said = rpc("common", "authenticate", {"other", "sample-login", "sample-api-key", json::object()});
  EXPECT_EQ(error_name(said), "psycopg2.OperationalError");
}

TEST_F(OdooJsonRpcTest, DeniesAccessWithStatus200) {
  const json::value said = rpc("object", "execute_kw", {"sample", 7, "wrong", "res.partner", "load", json::array()});
  EXPECT_EQ(error_of(said).at("code").as_int64(), 200);
  EXPECT_EQ(error_of(said).at("message").as_string(), "Odoo Server Error");
  EXPECT_EQ(error_name(said), "odoo.exceptions.AccessDenied");
}

TEST_F(OdooJsonRpcTest, DeniesAccessWhileTheKeyIsRevoked) {
  odoo_.faults().tokens_revoked.on = true;
  EXPECT_EQ(error_name(execute("res.partner", "search_read", {})), "odoo.exceptions.AccessDenied");
  const json::value said = rpc("common", "authenticate", {"sample", "sample-login", "sample-api-key", json::object()});
  EXPECT_FALSE(said.at("result").as_bool());
}

TEST_F(OdooJsonRpcTest, NamesThePythonErrorOfAWrongCall) {
  EXPECT_EQ(error_name(execute("x.model", "load", {json::array(), json::array()})), "odoo.exceptions.UserError");
  EXPECT_EQ(error_name(execute("res.partner", "_load", {})), "builtins.AttributeError");
  EXPECT_EQ(error_name(execute("res.partner", "load", {json::array()})), "builtins.TypeError");
  EXPECT_EQ(error_name(execute("res.users", "search_read", {})), "odoo.exceptions.AccessError");
  EXPECT_EQ(error_name(execute("res.partner", "load", {json::array{"nickname"}, json::array()})),
            "builtins.ValueError");
}

TEST_F(OdooJsonRpcTest, Answers400ToBrokenJsonAndOtherContentTypes) {
  const HttpResponse broken = post("/jsonrpc", "{", {{"Content-Type", "application/json"}});
  EXPECT_EQ(broken.status, 400);
  EXPECT_THAT(std::string(broken.header("Content-Type").value_or("")), HasSubstr("text/html"));
  EXPECT_EQ(post("/jsonrpc", "{}", {{"Content-Type", "text/plain"}}).status, 400);
  HttpRequest request;
  request.target = "/jsonrpc";
  EXPECT_EQ(answer(request).status, 405);
  EXPECT_EQ(odoo_.counts().invalid_requests, 3U);
}

TEST_F(OdooJsonRpcTest, CreatesAnewOnEveryCreate) {
  const json::object values{{"name", "Asha"}};
  const json::value first = execute("res.partner", "create", in_list(json::array{values}));
  const json::value second = execute("res.partner", "create", {values});
  EXPECT_NE(first.at("result").as_array().at(0), second.at("result"));
  EXPECT_EQ(odoo_.records().size(), 2U);
}

TEST_F(OdooJsonRpcTest, FindsReadsAndWritesRecords) {
  load_partners({"a", "b"});
  const json::array domain = in_list(json::array{"name", "=", "b"});
  const json::value found =
      execute("res.partner", "search_read", in_list(domain), {{"fields", json::array{"name", "phone"}}});
  ASSERT_EQ(found.at("result").as_array().size(), 1U);
  const json::value id = found.at_pointer("/result/0/id");
  EXPECT_FALSE(found.at_pointer("/result/0/phone").as_bool());
  EXPECT_TRUE(
      execute("res.partner", "write", {json::array{id}, json::object{{"phone", "+91"}}}).at("result").as_bool());
  const json::value read = execute("res.partner", "read", {json::array{id}, json::array{"phone"}});
  EXPECT_EQ(read.at_pointer("/result/0/phone").as_string(), "+91");
  EXPECT_EQ(error_name(execute("res.partner", "read", in_list(json::array{999}))), "odoo.exceptions.MissingError");
}

TEST_F(OdooJson2Test, LoadsWithARealStatus) {
  const HttpResponse good = call("res.partner/load", R"({"fields":["id","name"],"data":[["elit.user_a","Asha"]]})");
  EXPECT_EQ(good.status, 200);
  EXPECT_TRUE(json::parse(good.body).at("messages").as_array().empty());
  EXPECT_EQ(odoo_.records().size(), 1U);
}

TEST_F(OdooJson2Test, Answers401WithoutTheKey) {
  for (const std::string authorization : {"", "bearer wrong", "Basic sample-api-key"}) {
    const HttpResponse answer = call("res.partner/search_read", "{}", authorization);
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(answer.header("WWW-Authenticate"), "bearer");
    EXPECT_EQ(json::parse(answer.body).at("name").as_string(), "werkzeug.exceptions.Unauthorized");
  }
}

TEST_F(OdooJson2Test, Answers403ToAMissingRight) {
  const HttpResponse answer = call("ir.cron/search_read", "{}");
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(json::parse(answer.body).at("name").as_string(), "odoo.exceptions.AccessError");
}

TEST_F(OdooJson2Test, Answers404ToUnknownModelsMethodsAndDatabases) {
  EXPECT_EQ(json::parse(call("x.model/load", "{}").body).at("message").as_string(),
            "the model 'x.model' does not exist");
  EXPECT_EQ(call("res.partner/_load", "{}").status, 404);
  const HttpResponse database = call("res.partner/load", "{}", "bearer sample-api-key", "other");
  EXPECT_EQ(database.status, 404);
  EXPECT_THAT(std::string(database.header("Content-Type").value_or("")), HasSubstr("text/html"));
}

TEST_F(OdooJson2Test, Answers422ToWrongArguments) {
  const HttpResponse missing = call("res.partner/load", R"({"fields":["id"]})");
  EXPECT_EQ(missing.status, 422);
  EXPECT_EQ(json::parse(missing.body).at("message").as_string(), "missing a required argument: 'data'");
  EXPECT_EQ(call("res.partner/load", R"({"fields":[],"data":[],"rows":[]})").status, 422);
  EXPECT_EQ(call("res.partner/load", R"({"fields":[],"data":[],"ids":[1]})").status, 422);
}

TEST_F(OdooJson2Test, Answers400And415ToBodiesThatAreNoJson) {
  EXPECT_EQ(call("res.partner/load", "[]").status, 400);
  const HttpResponse form =
      post("/json/2/res.partner/load", "{}",
           {{"Content-Type", "text/plain"}, {"Authorization", "bearer sample-api-key"}, {"X-Odoo-Database", "sample"}});
  EXPECT_EQ(form.status, 415);
}

TEST_F(OdooJson2Test, Answers500ToAnUnknownField) {
  const HttpResponse answer = call("res.partner/load", R"({"fields":["id","mobile"],"data":[]})");
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(json::parse(answer.body).at("name").as_string(), "builtins.ValueError");
  EXPECT_EQ(json::parse(answer.body).at("message").as_string(), "Invalid field name 'mobile'");
}

}  // namespace
}  // namespace elit::simulator
