#include "core/crm/template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace elit::crm {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

Text text(std::string_view written) {
  return Text::parse(written).value();
}

std::string mistake(std::string_view written) {
  const auto parsed = Text::parse(written);
  return parsed ? "none" : parsed.error().what;
}

Tree leaf(std::string_view written) {
  return Tree{text(written)};
}

std::shared_ptr<const Tree> shared(Tree tree) {
  return std::make_shared<const Tree>(std::move(tree));
}

class TemplateTest : public testing::Test {
 protected:
  TemplateTest() {
    scope_.bind("contact", &contact_);
    scope_.bind("config", &config_);
  }

  std::string value(std::string_view written) { return json::serialize(text(written).value(scope_)); }
  std::string rendered(const Tree& tree, const Items& items = {}) {
    return json::serialize(render(tree, scope_, items));
  }

  json::value contact_ = json::parse(R"({"name": "Asha \"Rao\"", "age": 41, "score": 1.5, "vip": true, "none": null,
    "user": {"user.phone_no": "+91", "First Name": "Asha", "a/b": {"c~d": [10, {"e": 11}]}, "": 12},
    "tags": ["x", "y"], "fields": {"b": 1, "a": 2}})");
  json::value config_ = json::parse(R"({"url": "https://crm.example.com"})");
  Scope scope_;
};

TEST_F(TemplateTest, KeepTheTypeOfALonePlaceholder) {
  EXPECT_EQ(value("${contact.age}"), "41");
  EXPECT_EQ(value("${ contact.vip }"), "true");
  EXPECT_EQ(value("${contact.tags}"), R"(["x","y"])");
  EXPECT_EQ(value("${contact.none}"), "null");
}

TEST_F(TemplateTest, MakeTextOfEverythingElse) {
  EXPECT_EQ(value("age ${contact.age}, ${contact.score}, ${contact.vip}${contact.none}, ${contact.tags}"),
            R"("age 41, 1.5, true, [\"x\",\"y\"]")");
  EXPECT_EQ(value(""), R"("")");
  EXPECT_EQ(value("plain"), R"("plain")");
}

TEST_F(TemplateTest, CannotBeChangedByWhatACustomerWrites) {
  EXPECT_EQ(value("${contact.name}"), R"("Asha \"Rao\"")");
  contact_ = json::parse(R"({"name": "${config.url}\",\"admin\":true"})");
  EXPECT_EQ(rendered(Tree{TreeObject{{{text("name"), leaf("Dear ${contact.name}")}}}}),
            R"({"name":"Dear ${config.url}\",\"admin\":true"})");
}

TEST_F(TemplateTest, GiveNullForWhatIsAbsent) {
  EXPECT_EQ(value("${nothing}"), "null");
  EXPECT_EQ(value("${contact.absent.more}"), "null");
  EXPECT_EQ(value("${contact.age.more}"), "null");
  EXPECT_EQ(value("${contact.tags/7}"), "null");
  EXPECT_EQ(value("${contact.tags/-}"), "null");
  EXPECT_EQ(value("${contact.tags/01}"), "null");
  EXPECT_EQ(value("<${contact.absent}>"), R"("<>")");
}

TEST_F(TemplateTest, FollowJsonPointers) {
  EXPECT_EQ(value("${contact.user/user.phone_no}"), R"("+91")");
  EXPECT_EQ(value("${contact.user/First Name | lower}"), R"("asha")");
  EXPECT_EQ(value("${contact.user/a~1b/c~0d/1/e}"), "11");
  EXPECT_EQ(value("${contact/tags/0}"), R"("x")");
  EXPECT_EQ(value("${contact.user/}"), "12");
}

TEST_F(TemplateTest, WriteDollars) {
  EXPECT_EQ(value("$$ 5, $6, a$"), R"("$ 5, $6, a$")");
  EXPECT_EQ(value("$${contact.age}"), R"("${contact.age}")");
  EXPECT_EQ(value("$$${contact.age}"), R"("$41")");
}

TEST_F(TemplateTest, RunFiltersInTurn) {
  EXPECT_EQ(value("${contact.name|lower | limit 4|default x}"), R"("asha")");
  EXPECT_EQ(value("${contact.absent | default 'Don''t | } know'}"), R"("Don't | } know")");
  EXPECT_EQ(value("${contact.absent | default Don't}"), R"("Don't")");
  EXPECT_EQ(value(R"(${contact.absent | default ""})"), R"("")");
  EXPECT_EQ(value(R"(${contact.tags | join ", "})"), R"("x, y")");
  EXPECT_EQ(value(R"(${contact.vip | map true="yes, very" false=no})"), R"("yes, very")");
}

TEST(TemplateMistakesTest, AreSaidClearly) {
  EXPECT_THAT(mistake("a ${contact.name"), HasSubstr("not closed by }"));
  EXPECT_THAT(mistake("${"), HasSubstr("not closed by }"));
  EXPECT_THAT(mistake("${contact."), HasSubstr("not closed by }"));
  EXPECT_THAT(mistake("${contact.name |"), HasSubstr("not closed by }"));
  EXPECT_THAT(mistake("${contact.name | limit"), HasSubstr("not closed by }"));
  EXPECT_THAT(mistake("${}"), HasSubstr("names no value"));
  EXPECT_THAT(mistake("${ | lower}"), HasSubstr("names no value"));
  EXPECT_THAT(mistake("${.name}"), HasSubstr("begins with a name"));
  EXPECT_THAT(mistake("${contact..name}"), HasSubstr("after the dot"));
  EXPECT_THAT(mistake("${contact.name |}"), HasSubstr("after the bar"));
  EXPECT_THAT(mistake("${contact.name lower}"), HasSubstr("behind a bar"));
  EXPECT_THAT(mistake("${contact.name | lowr}"), HasSubstr("did you mean lower?"));
  EXPECT_THAT(mistake("${contact.name | limit}"), HasSubstr("takes a number"));
  EXPECT_THAT(mistake("${contact.name | default 'x}"), HasSubstr("quoted argument is not closed"));
  EXPECT_THAT(mistake("${contact.user/a~2}"), HasSubstr("~0"));
}

TEST(TemplateMistakesTest, NameTheirPlace) {
  EXPECT_EQ(Text::parse("ab ${contact.name | lowr}").error().offset, 20U);
  EXPECT_EQ(Text::parse("ab ${contact").error().offset, 3U);
  EXPECT_THROW(static_cast<void>(Text::parse("${").value()), std::invalid_argument);
}

TEST(TemplateTextTest, NamesItsPlaceholders) {
  const Text parsed = text("a ${contact.user/x | lower} b ${index}");
  const auto placeholders = parsed.placeholders();
  ASSERT_EQ(placeholders.size(), 2U);
  EXPECT_EQ(*placeholders[0], (Placeholder{nullptr, "contact", {"user"}, "/x", {{"lower", {}}}}));
  EXPECT_EQ(placeholders[1]->root, "index");
  EXPECT_TRUE(Text("${index}").placeholders().empty());
  EXPECT_TRUE(Text("").empty());
  EXPECT_EQ(parsed, text("a ${contact.user/x|lower} b ${ index }"));
}

TEST_F(TemplateTest, RenderObjectsInTheirOrder) {
  const Tree tree{TreeObject{{{text("z"), leaf("${contact.age}")},
                              {text("${contact.user/First Name}"), Tree{json::value(1)}},
                              {text("a"), Tree{json::value(nullptr)}},
                              {text("z"), leaf("last")}}}};
  EXPECT_EQ(rendered(tree), R"({"z":"last","Asha":1,"a":null})");
}

TEST_F(TemplateTest, LeaveOutWhatIsConditional) {
  const auto choice = [](std::string_view condition) { return Tree{IfForm{text(condition), shared(leaf("there"))}}; };
  const Tree tree{TreeList{{choice("${contact.age}"), choice("${contact.absent}"), choice("${contact.none}"),
                            choice("${contact.vip}"), choice("")}}};
  EXPECT_EQ(rendered(tree), R"(["there","there"])");
  EXPECT_EQ(rendered(Tree{TreeObject{{{text("a"), choice("")}, {text("b"), choice("x")}}}}), R"({"b":"there"})");
  EXPECT_EQ(rendered(choice("")), "null");
  contact_ = json::parse(R"({"no": false, "list": [], "object": {}, "zero": 0})");
  const Tree blanks{TreeList{{choice("${contact.no}"), choice("${contact.list}"), choice("${contact.object}")}}};
  EXPECT_EQ(rendered(blanks), "[]");
  EXPECT_EQ(rendered(choice("${contact.zero}")), R"("there")");
}

TEST_F(TemplateTest, FilterTextsWithSeveralPlaceholders) {
  EXPECT_EQ(text(R"(Basic ${"${contact.age}:${config.url}" | base64})").text(scope_),
            "Basic NDE6aHR0cHM6Ly9jcm0uZXhhbXBsZS5jb20=");
  EXPECT_EQ(text(R"(${'it''s ${contact.age}' | upper})").text(scope_), "IT'S 41");
  EXPECT_EQ(text(R"(${"${contact.age}"})").value(scope_), json::value("41")) << "a quoted text is a text";
  EXPECT_EQ(text(R"(${"${contact.age}${contact.none | default x}"})").placeholders().size(), 2U);
  EXPECT_EQ(text(R"(${"a"})"), text(R"(${'a'})"));
  EXPECT_FALSE(text(R"(${"a"})") == text(R"(${"b"})"));
  EXPECT_THAT(Text::parse(R"(${"${contact.age | lowr}"})").error().what, HasSubstr("did you mean lower"));
  EXPECT_THAT(Text::parse(R"(${"${'a'}"})").error().what, HasSubstr("holds another one"));
  EXPECT_THAT(Text::parse(R"(${"a)").error().what, HasSubstr("not closed"));
}

TEST_F(TemplateTest, WalkThroughLists) {
  const Tree pair{TreeList{{leaf("${index}"), leaf("${each}")}}};
  EXPECT_EQ(rendered(Tree{EachForm{false, text("${contact.tags}"), shared(pair)}}), R"([[0,"x"],[1,"y"]])");
  EXPECT_EQ(rendered(Tree{EachForm{false, text("${contact.age}"), shared(pair)}}), "[]");
  EXPECT_EQ(rendered(Tree{EachForm{false, text("${contact.tags}"), shared(Tree{IfForm{text(""), shared(pair)}})}}),
            "[]");
}

TEST_F(TemplateTest, WalkThroughItemsAndSeeWhatIsAround) {
  const json::value one = json::parse(R"({"text": "hi"})");
  const json::value two = json::parse(R"({"text": "ho"})");
  Items items(2);
  items[0].bind("activity", &one);
  items[1].bind("activity", &two);
  const Tree inner{EachForm{false, text("${contact.tags}"), shared(leaf("${each}${activity.text}${index}"))}};
  const Tree tree{
      EachForm{true, {}, shared(Tree{TreeObject{{{text("url"), leaf("${config.url}")}, {text("${index}"), inner}}}})}};
  EXPECT_EQ(rendered(tree, items), R"([{"url":"https://crm.example.com","0":["xhi0","yhi1"]},)"
                                   R"({"url":"https://crm.example.com","1":["xho0","yho1"]}])");
}

TEST_F(TemplateTest, PreferAnItemsOwnValues) {
  const json::value other = json::parse(R"({"age": 7})");
  Items items(1, Scope(&scope_));
  items[0].bind("contact", &other);
  EXPECT_EQ(rendered(Tree{EachForm{true, {}, shared(leaf("${contact.age} ${config.url}"))}}, items),
            R"(["7 https://crm.example.com"])");
}

TEST_F(TemplateTest, MergeObjectsAndConcatenateLists) {
  const Tree object{TreeObject{{{text("a"), Tree{json::value(9)}}}}};
  EXPECT_EQ(rendered(Tree{MergeForm{{leaf("${contact.fields}"), object, leaf("${contact.none}"), leaf("text")}}}),
            R"({"b":1,"a":9})");
  EXPECT_EQ(rendered(Tree{ConcatForm{{leaf("${contact.tags}"), leaf("${contact.none}"), leaf("${contact.age}"),
                                      Tree{TreeList{{Tree{json::value(true)}}}}}}}),
            R"(["x","y",41,true])");
}

TEST_F(TemplateTest, EndAtABoundedDepth) {
  Tree tree = leaf("deep");
  for (int i = 0; i < 2'000; ++i) {
    Tree around{TreeList{}};
    std::get<TreeList>(around.node).elements.push_back(std::move(tree));
    tree = std::move(around);
    if (i == tree_depth_max - 1) {
      EXPECT_THAT(rendered(tree), HasSubstr("deep"));
    }
  }
  EXPECT_THAT(rendered(tree), testing::AllOf(HasSubstr("[null]"), testing::Not(HasSubstr("deep"))));
}

TEST_F(TemplateTest, AreEqualByWhatTheySay) {
  const Tree one{EachForm{false, text("${contact.tags}"), shared(leaf("a"))}};
  EXPECT_EQ(one, (Tree{EachForm{false, text("${contact.tags}"), shared(leaf("a"))}}));
  EXPECT_FALSE(one == (Tree{EachForm{false, text("${contact.tags}"), shared(leaf("b"))}}));
  EXPECT_FALSE(one == (Tree{IfForm{text("${contact.tags}"), shared(leaf("a"))}}));
}

}  // namespace
}  // namespace elit::crm
