#include "core/text/link_text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace elit {
namespace {

TEST(LinkTextTest, LeavesOutWhatSigningChanges) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"https://f.example/a.jpg?sig=1&x=2", "https://f.example/a.jpg"},
      {"https://f.example/a.jpg#top", "https://f.example/a.jpg"},
      {"https://f.example?sig=1", "https://f.example"},
      {"HTTPS://f.example/a?b", "HTTPS://f.example/a"},
      {"s3://bucket/a?b", "s3://bucket/a"},
      {"//f.example/a?b", "//f.example/a"},
      {"www.f.example/a?b", "www.f.example/a"},
      {"https://f.example/t/a0000001/photo.jpg", "https://f.example/t/*/photo.jpg"},
      {"https://f.example/1769850902/photo.jpg", "https://f.example/*/photo.jpg"},
      {"https://f.example/d/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.SflKxwRJSMeKKF2QT4", "https://f.example/d/*"},
      {"https://f.example/s--AbCd1234--/photo.jpg", "https://f.example/*/photo.jpg"},
      {"https://f.example/IMG-20260131-WA0001.jpg", "https://f.example/IMG-20260131-WA0001.jpg"},
      {"https://f.example/offers/summer/shoes", "https://f.example/offers/summer/shoes"},
  };
  for (const auto& [link, expected] : cases) {
    EXPECT_EQ(without_signatures(link), expected);
    EXPECT_EQ(without_signatures("see " + link + " now, \"" + link + "\""),
              "see " + expected + " now, \"" + expected + "\"");
    EXPECT_EQ(without_signatures(expected), expected) << "what is left is left again";
  }
}

TEST(LinkTextTest, KeepsEverythingElse) {
  for (const std::string text : {"", "no link?", "a // b ?c", "1:/2?3", "what? a/b#c", "file:///", "://x?y", "http:x?y",
                                 "ratio 3://4", "\xE0\xA4\xB9\xE0\xA5\x88? \xE2\x80\x9Cquoted\xE2\x80\x9D"}) {
    EXPECT_EQ(without_signatures(text), text);
  }
}

TEST(LinkTextTest, FindsEveryLink) {
  EXPECT_EQ(without_signatures("https://a.example/1?x,https://b.example/2?y\nhttp://c.example/3?z"),
            "https://a.example/1,https://b.example/2\nhttp://c.example/3");
  EXPECT_EQ(without_signatures("<a href='https://a.example/1?x'>https://a.example/1?x</a>"),
            "<a href='https://a.example/1'>https://a.example/1</a>");
  EXPECT_EQ(without_signatures("https://a.example/1?x\xE3\x80\x80hi"), "https://a.example/1\xE3\x80\x80hi");
}

TEST(LinkTextTest, CutsBehindTheHost) {
  EXPECT_EQ(with_bare_links("see https://f.example/a/b?c now"), "see https://f.example now");
  EXPECT_TRUE(may_hold_link("see https://f.example"));
  EXPECT_FALSE(may_hold_link("see nothing"));
}

}  // namespace
}  // namespace elit
