#include "core/text/canonical_json.hpp"

#include <gtest/gtest.h>

#include "core/text/json_scan.hpp"

namespace elit {
namespace {

TEST(CanonicalJsonTest, IsTheSameForEqualValues) {
  EXPECT_EQ(canonical_json(R"( {"b":[1, 2.50], "a":"\u00e9\/"} )"),
            canonical_json("{\"a\":\"\xC3\xA9/\",\"b\":[1.0,25e-1]}"));
  EXPECT_EQ(canonical_json("1"), canonical_json("1.0"));
  EXPECT_EQ(canonical_json("1"), canonical_json("1e0"));
  EXPECT_EQ(canonical_json("0"), canonical_json("-0.0e7"));
  EXPECT_EQ(canonical_json(R"({"a":1,"a":2})"), canonical_json(R"({"a":2})"));
  EXPECT_EQ(canonical_json("[ ]"), canonical_json("[]"));
  EXPECT_EQ(canonical_json("{ }"), "{}");
}

TEST(CanonicalJsonTest, DiffersForDifferentValues) {
  const std::string_view values[] = {"1",
                                     "\"1\"",
                                     "10",
                                     "-1",
                                     "0.1",
                                     "[1]",
                                     "[[1]]",
                                     "[]",
                                     "{}",
                                     "null",
                                     "\"null\"",
                                     "true",
                                     "[1,2]",
                                     "[2,1]",
                                     "{\"a\":1}",
                                     "{\"b\":1}",
                                     "9007199254740993",
                                     "9007199254740992",
                                     "1e99999999999999999999"};
  for (const std::string_view a : values) {
    for (const std::string_view b : values) {
      EXPECT_EQ(canonical_json(a) == canonical_json(b), a == b) << a << " and " << b;
    }
  }
}

TEST(CanonicalJsonTest, KeepsItsFormForEver) {
  EXPECT_EQ(canonical_json(R"({"z":null,"a":[true,-12.50,"x\n"]})"), R"({"a":[true,-125e-1,"x\n"],"z":null})");
}

TEST(CanonicalJsonTest, IsJsonAndReadsTheDeepest) {
  std::string deep = std::string(json_depth_max, '[') + std::string(json_depth_max, ']');
  EXPECT_EQ(canonical_json(deep), deep);
  EXPECT_TRUE(is_json(canonical_json(R"({"a":[1.5,"\u0000"]})")));
}

TEST(CanonicalJsonTest, GoesOnBehindAnEmptyArrayOrObject) {
  EXPECT_EQ(canonical_json(R"([[], true])"), "[[],true]");
  EXPECT_EQ(canonical_json(R"([{}, true])"), "[{},true]");
  EXPECT_EQ(canonical_json(R"({"a": [], "b": {}, "c": "d"})"), R"({"a":[],"b":{},"c":"d"})");
}

}  // namespace
}  // namespace elit
