#include "core/crm/refused_fields.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace elit::crm {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using Names = std::vector<std::string>;

const Names names{"FirstName", "LastName", "mobile_number", "name", "phone"};

TEST(RefusedFieldsTest, AreNamedByATextThatIsTheirNameOrByWords) {
  EXPECT_THAT(named_fields(names, {"the value of name is odd", "FirstName"}), ElementsAre("FirstName"));
  EXPECT_THAT(named_fields(names, {"Mobile number is invalid"}), ElementsAre("mobile_number"));
  EXPECT_THAT(named_fields(names, {"Field validation failure; field: lastName, type: maxLength"}),
              ElementsAre("LastName"));
  EXPECT_THAT(named_fields(names, {R"([{"error":"INVALID","name":"phone"}])"}), ElementsAre("name", "phone"));
  EXPECT_THAT(named_fields(names, {"first_name is too long"}), ElementsAre("FirstName")) << "not the field name";
  EXPECT_THAT(named_fields(names, {"Something is wrong with the telephone"}), IsEmpty());
  EXPECT_THAT(named_fields({""}, {""}), IsEmpty());
}

TEST(RefusedFieldsTest, AreLookedForInValuesAndHeadersAndNotInNamesOfMembers) {
  const HttpResponse http{400, {{"X-Status-Reason", "field: phone"}, {"Date", "name"}}, R"({"name":{"x":["no"]}})"};
  const ParsedResponse response = parse(http);
  EXPECT_THAT(texts_of_refusal(response, nullptr), ElementsAre("no", "field: phone"));
  EXPECT_THAT(texts_of_refusal(response, &response.body), Contains("field: phone"));
  EXPECT_THAT(texts_of_refusal(response, response.body.at("name").if_object() ? &response.body.at("name") : nullptr),
              ElementsAre("no"));
  const HttpResponse page{400, {}, "<html>phone</html>"};
  EXPECT_THAT(texts_of_refusal(parse(page), nullptr), ElementsAre("<html>phone</html>"));
}

TEST(FieldOmissionTest, LeavesOutWhatIsNamedOneRefusalAfterTheOther) {
  FieldOmission omission({"name", "phone", "title"});
  EXPECT_TRUE(omission.on_refusal({"bad phone"}, true));
  EXPECT_THAT(omission.left_out(), ElementsAre("phone"));
  EXPECT_TRUE(omission.on_refusal({"bad name, bad phone"}, true));
  EXPECT_THAT(omission.left_out(), ElementsAre("name", "phone"));
  EXPECT_TRUE(omission.on_refusal({"bad phone"}, true)) << "the last one: alone is all";
  EXPECT_THAT(omission.left_out(), ElementsAre("name", "phone", "title"));
  EXPECT_FALSE(omission.on_refusal({"no"}, true));
  EXPECT_THAT(omission.left_out(), IsEmpty());
}

TEST(FieldOmissionTest, TriesEachFieldAloneAndThenAllWhereNoneIsNamed) {
  FieldOmission omission({"a", "b"});
  std::vector<Names> tried;
  while (omission.on_refusal({"no"}, true)) {
    tried.emplace_back(omission.left_out().begin(), omission.left_out().end());
  }
  EXPECT_THAT(tried, ElementsAre(Names{"a"}, Names{"b"}, Names{"a", "b"}));
}

TEST(FieldOmissionTest, LeavesManyFieldsOutAtOnce) {
  FieldOmission omission({"a", "b", "c", "d", "e", "f", "g"});
  EXPECT_TRUE(omission.on_refusal({"no"}, true));
  EXPECT_EQ(omission.left_out().size(), 7U);
  EXPECT_FALSE(omission.on_refusal({"no"}, true));
}

TEST(FieldOmissionTest, GuessesNothingWhereItMayNotOrWhereThereIsNothing) {
  FieldOmission some({"a"});
  EXPECT_FALSE(some.on_refusal({"no"}, false));
  FieldOmission none({});
  EXPECT_FALSE(none.on_refusal({"no"}, true));
}

}  // namespace
}  // namespace elit::crm
