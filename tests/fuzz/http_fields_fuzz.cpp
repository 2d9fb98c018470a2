// Header fields that are read: Retry-After and Date, alone and in an answer of each side.

#include <algorithm>
#include <string>

#include "core/delivery/webhook.hpp"
#include "core/elitbuzz/protocol.hpp"
#include "core/text/time_text.hpp"
#include "tests/fuzz/expectation.hpp"

namespace elit::fuzz {
namespace {

constexpr Instant now{Milliseconds{1'780'272'000'000}};

void expect_within_a_day(const std::optional<Milliseconds>& delay) {
  expect(!delay || (*delay >= Milliseconds{0} && *delay <= retry_after_max), "a delay is at most a day");
}

// A number of seconds as the standard writes it, beside what is read.
void expect_seconds(const std::string& text, const std::optional<Milliseconds>& delay) {
  const bool digits =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) {
    return;
  }
  constexpr std::size_t safe_size = 15;
  const std::string significant = text.substr(std::min(text.find_first_not_of('0'), text.size() - 1));
  const Milliseconds expected = significant.size() > safe_size
                                    ? retry_after_max
                                    : std::min(Milliseconds{std::stoll(significant) * 1000}, retry_after_max);
  expect(delay == expected, "digits are seconds");
}

void run(Input input) {
  const bool dated = input.choose();
  const std::string wish(input.next_line());
  const std::string date(input.next_line());
  const std::optional<Milliseconds> delay = parse_retry_after(wish, now);
  const std::optional<Milliseconds> without_clock = parse_retry_after(wish, std::nullopt);
  expect_within_a_day(delay);
  expect(!without_clock || without_clock == delay, "a delay that needs no clock is the same with one");
  expect_seconds(wish, delay);
  if (const std::optional<Instant> until = parse_http_date(wish); until && *until <= now) {
    expect(delay == Milliseconds{0}, "a date that has passed is no delay");
  }

  HttpResponse answer;
  answer.status = 503;
  answer.headers = {{"X-Other", date}, {"rEtry-aFter", wish}, {"Retry-After", "1"}};
  if (dated) {
    answer.headers.push_back({"DATE", date});
  }
  const Failure failure = elitbuzz::failure_of(answer, now);
  expect(failure.retry_after == delay, "the first field of that name counts, with whatever letters");
  expect_sound(elitbuzz::failure_of(answer, std::nullopt));
  const DeliveryAnswer read = read_answer(answer, {}, now);
  // A sink measures a date against the date of its own response.
  expect(dated || read.retry_after == delay, "both sides read the same delay");
  expect((read.whole == Verdict::throttled) == read.retry_after.has_value(), "503 with a delay is a wish");
}

}  // namespace
}  // namespace elit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  elit::fuzz::run(elit::fuzz::Input(data, size));
  return 0;
}
