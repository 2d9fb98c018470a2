// Answers of the vendor that are failures, by their status or by what stands in them.

#include <array>
#include <string>

#include "core/elitbuzz/answer_reader.hpp"
#include "core/elitbuzz/protocol.hpp"
#include "tests/fuzz/expectation.hpp"

namespace elit::fuzz {
namespace {

constexpr Instant now{Milliseconds{1'780'272'000'000}};

constexpr std::array statuses{100, 200, 204, 206, 301, 304, 400, 401, 402, 403, 404, 405, 408, 409, 410, 413,
                              418, 422, 425, 429, 451, 499, 500, 501, 502, 503, 504, 520, 599, 600, 0,   299};

void expect_kind(int status, FailureKind kind) {
  switch (status) {
    case 401:
      expect(kind == FailureKind::unauthorized, "401 is a refused key");
      break;
    case 403:
      expect(kind == FailureKind::unauthorized || kind == FailureKind::throttled, "403 is a refused key or a rate");
      break;
    case 408:
    case 425:
      expect(kind == FailureKind::transient, "408 and 425 pass");
      break;
    case 429:
      expect(kind == FailureKind::throttled, "429 asks for fewer requests");
      break;
    case 503:
      expect(kind == FailureKind::throttled || kind == FailureKind::transient, "503 passes, or it names a rate");
      break;
    default:
      expect(status < 500 || status > 599 || kind == FailureKind::transient, "other 5xx pass");
      break;
  }
}

void run(Input input) {
  HttpResponse answer;
  answer.status = statuses.at(input.choose(statuses.size()));
  if (input.choose()) {
    answer.headers.push_back({"Retry-After", std::string(input.next_line())});
    answer.headers.push_back({"Date", std::string(input.next_line())});
  }
  answer.body = input.text();
  const Failure failure = elitbuzz::failure_of(answer, now);
  expect_sound(failure);
  expect(failure.status == answer.status && !failure.answer_lost, "a failure names the status of its answer");
  expect_kind(answer.status, failure.kind);
  const Failure dated_by_itself = elitbuzz::failure_of(answer, std::nullopt);
  expect_sound(dated_by_itself);
  expect(dated_by_itself.kind == failure.kind && dated_by_itself.detail == failure.detail,
         "the clock decides nothing but the delay");

  const bool success = answer.status >= 200 && answer.status < 300;
  const Result<elitbuzz::UsersAnswer> users = elitbuzz::read_users(SourceOptions{}, answer);
  expect(success || !users, "an answer that is no success lists nobody");
  const Result<elitbuzz::ConversationsPage> page = elitbuzz::read_conversations(SourceOptions{}, "91", 1, answer);
  expect(success || !page, "an answer that is no success has no first page");
  const Result<elitbuzz::ConversationsPage> later = elitbuzz::read_conversations(SourceOptions{}, "91", 2, answer);
  expect(success || !later || later->past_the_end, "an answer that is no success has no rows");
  if (!page && !later && !success) {
    expect(!elitbuzz::names_missing_page(elitbuzz::read_stated_failure(answer)),
           "a page that is missing is the end of the list");
  }
}

}  // namespace
}  // namespace elit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  elit::fuzz::run(elit::fuzz::Input(data, size));
  return 0;
}
