// Instants as the vendor and the operator write them.

#include <cstdio>
#include <ctime>
#include <string>

#include "core/text/time_text.hpp"
#include "tests/fuzz/expectation.hpp"

namespace elit::fuzz {
namespace {

constexpr Instant year_0_begins{Milliseconds{-62'167'219'200'000}};
constexpr Instant year_9999_ends{Milliseconds{253'402'300'800'000}};

// What the C library says about a text of the one form that it reads as well.
void expect_agreement(const std::string& text, Instant instant) {
  std::tm civil{};
  int milliseconds = 0;
  int end = 0;
  const int count = std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &civil.tm_year, &civil.tm_mon,
                                &civil.tm_mday, &civil.tm_hour, &civil.tm_min, &civil.tm_sec, &milliseconds, &end);
  if (count != 7 || text.size() != 24 || end != 24 || civil.tm_sec > 59) {
    return;
  }
  civil.tm_year -= 1900;
  civil.tm_mon -= 1;
  expect(to_ms(instant) == static_cast<std::int64_t>(::timegm(&civil)) * 1000 + milliseconds,
         "an instant is what the C library takes it for");
}

void run(const std::string& text) {
  const std::optional<ReadInstant> read = parse_timestamp(text);
  if (read) {
    expect(read->instant >= year_0_begins && read->instant < year_9999_ends, "a year has four digits");
    const std::string written = to_rfc3339(read->instant);
    expect(parse_rfc3339(written) == read->instant, "what is written is read as the same instant");
    expect(parse_timestamp(" \t" + written + "\r\n") == ReadInstant{read->instant, false}, "blanks do not count");
    expect_agreement(text, read->instant);
  }
  if (const std::optional<Instant> strict = parse_rfc3339(text)) {
    expect(read && read->instant == *strict && !read->zone_assumed, "what RFC 3339 allows is a timestamp");
  }
  if (const std::optional<Instant> date = parse_http_date(text)) {
    const Instant second = std::chrono::floor<std::chrono::seconds>(*date);
    expect(parse_http_date(to_http_date(*date)) == second, "a date that is written is read as the same second");
    expect(!read, "no text is both a timestamp and an HTTP date");
  }
}

}  // namespace
}  // namespace elit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  elit::fuzz::run(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
