#include "daemon/log/event.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "tests/support/project_files.hpp"

namespace elit::daemon {
namespace {

const std::filesystem::path reference_file = project_file("daemon/log/EVENTS.md");

TEST(EventTest, NamesAreUniqueAndMadeOfLowerCaseWords) {
  std::set<std::string_view> names;
  for (const EventRow& row : event_table()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_EQ(row.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos) << row.name;
    EXPECT_TRUE(row.documentation.ends_with('.')) << row.name;
    EXPECT_EQ(row.documentation.find_first_of("|\n"), std::string_view::npos) << row.name;
  }
}

TEST(EventTest, ReferenceFileIsNotStale) {
  if (std::getenv("ELITBUZZ_SYNC_REGENERATE") != nullptr) {
    std::ofstream{reference_file} << event_reference();
  }
  std::ifstream file{reference_file};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  EXPECT_EQ(text, event_reference()) << "rewrite it: ELITBUZZ_SYNC_REGENERATE=1 ./dev test EventTest";
}

}  // namespace
}  // namespace elit::daemon
