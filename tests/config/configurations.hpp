#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "config/loader.hpp"

namespace elit::config {

// The instant all tests of the configuration live in: 2026-06-01T00:00:00Z.
inline constexpr Instant test_now{Milliseconds{1'780'272'000'000}};

// The smallest configuration there is. Lines are counted on in the tests: sources: is line 1, audiences: line 7.
inline const std::string smallest =
    "sources:\n"
    "  - name: support\n"
    "    base_url: https://api.example.com\n"
    "    customer_id: \"4660\"\n"
    "    bot_key: 6bc26c50902b4838\n"
    "    api_key: {file: support.key}\n"
    "    audiences: [{attribute: feedback, value: \"1\"}]\n";

// The same with more keys of the source, which begin at line 8, column 5.
[[nodiscard]] inline std::string with_source(const std::string& more) {
  return smallest + "    " + more + "\n";
}

// The same with sinks; the first line of `more` is line 9.
[[nodiscard]] inline std::string with_sinks(const std::string& more) {
  return smallest + "sinks:\n" + more;
}

// The smallest configuration with one line (counted from 1) replaced.
[[nodiscard]] inline std::string with_line(int line, const std::string& replacement) {
  std::string result;
  std::size_t begin = 0;
  for (int current = 1; begin < smallest.size(); ++current) {
    const std::size_t end = smallest.find('\n', begin) + 1;
    result += current == line ? replacement + "\n" : smallest.substr(begin, end - begin);
    begin = end;
  }
  return result;
}

[[nodiscard]] inline Loaded load_for_test(const std::string& text) {
  return load_text(text, "/etc/elitbuzz-sync/test.yaml", test_now);
}

// One wrong configuration and the mistake that must be found in it.
struct BadConfiguration {
  const char* name;  // of the test
  std::string text;
  int line;
  int column;
  const char* key;
  const char* fragment;  // of what is wrong
};

inline void PrintTo(const BadConfiguration& bad, std::ostream* out) {
  *out << bad.name;
}

[[nodiscard]] inline std::string name_of(const testing::TestParamInfo<BadConfiguration>& test) {
  return test.param.name;
}

}  // namespace elit::config
