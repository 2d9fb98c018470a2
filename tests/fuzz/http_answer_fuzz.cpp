// The bytes of an HTTP connection: read whole, and cut into pieces of any size.

#include <algorithm>
#include <cstring>
#include <string>

#include "daemon/http/response_reader.hpp"
#include "tests/fuzz/expectation.hpp"

namespace elit::fuzz {
namespace {

using daemon::AnswerReader;
using Phase = AnswerReader::Phase;

constexpr std::int64_t body_size_bytes_max = 600;
constexpr std::size_t header_fields_max = 500;

struct Reading {
  Phase phase = Phase::header;
  HttpResponse answer;
  std::string problem;
  bool truncated = false;
};

bool unfinished(const AnswerReader& reader) {
  return reader.phase() == Phase::header || reader.phase() == Phase::body;
}

Reading read(std::string_view bytes, AnswerReader::Body body, std::size_t piece_size, bool ended) {
  AnswerReader reader(body, body_size_bytes_max);
  while (!bytes.empty() && unfinished(reader)) {
    const std::span<char> room = reader.room();
    expect(!room.empty(), "there is room for more bytes");
    const std::size_t size = std::min({piece_size, room.size(), bytes.size()});
    std::memcpy(room.data(), bytes.data(), size);
    reader.commit(size);
    bytes.remove_prefix(size);
  }
  if (ended) {
    reader.end();
    expect(!unfinished(reader), "the end of the connection is the end of the answer");
  }
  Reading reading;
  reading.phase = reader.phase();
  if (reading.phase == Phase::complete) {
    (void)reader.keep_alive();
    reading.answer = reader.take_answer();
  } else if (reading.phase == Phase::failed) {
    reading.problem = reader.problem();
    reading.truncated = reader.truncated();
  }
  return reading;
}

void expect_sound(const Reading& reading, AnswerReader::Body body) {
  if (reading.phase == Phase::failed) {
    expect(!reading.problem.empty(), "a broken answer has a reason");
    expect_presentable(reading.problem);
  } else if (reading.phase == Phase::complete) {
    expect(reading.answer.status >= 200 && reading.answer.status <= 599, "a complete answer has a final status");
    expect(reading.answer.body.size() <= static_cast<std::size_t>(body_size_bytes_max), "a body is bounded");
    expect(body == AnswerReader::Body::expected || reading.answer.body.empty(), "no body where none is expected");
    expect(reading.answer.headers.size() <= header_fields_max, "the number of fields is bounded");
  }
}

// The reasons may differ, and one reader may still wait where the other has failed: how early a reader notices a fault
// depends on the number of bytes it has.
void expect_equal(const Reading& whole, const Reading& cut) {
  expect((whole.phase == Phase::complete) == (cut.phase == Phase::complete), "how an answer is cut does not matter");
  expect(whole.answer.status == cut.answer.status && whole.answer.body == cut.answer.body,
         "an answer that is cut says the same");
  const auto same = [](const HttpHeader& a, const HttpHeader& b) { return a.name == b.name && a.value == b.value; };
  expect(std::equal(whole.answer.headers.begin(), whole.answer.headers.end(), cut.answer.headers.begin(),
                    cut.answer.headers.end(), same),
         "an answer that is cut has the same header");
}

void run(Input input) {
  const AnswerReader::Body body = input.choose() ? AnswerReader::Body::none : AnswerReader::Body::expected;
  const bool ended = !input.choose();
  const std::size_t piece_size = 1 + input.choose(16);
  const Reading whole = read(input.text(), body, input.text().size(), ended);
  expect_sound(whole, body);
  const Reading cut = read(input.text(), body, piece_size, ended);
  expect_sound(cut, body);
  expect_equal(whole, cut);
}

}  // namespace
}  // namespace elit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  elit::fuzz::run(elit::fuzz::Input(data, size));
  return 0;
}
