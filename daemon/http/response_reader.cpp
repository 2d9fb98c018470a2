#include "daemon/http/response_reader.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "core/check.hpp"

namespace elit::daemon {
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

constexpr std::uint32_t header_size_bytes_max = 64 * 1024;
constexpr std::ptrdiff_t header_fields_max = 500;
constexpr int interim_answers_max = 16;
constexpr std::size_t read_size_bytes = 64 * 1024;
// A chunk line or a trailer stays in the buffer until it is complete, so this bounds their size.
constexpr std::size_t buffer_size_bytes_max = header_size_bytes_max + read_size_bytes;

}  // namespace

struct AnswerReader::State {
  State(Body expected_body, std::int64_t body_max)
      : body(expected_body), body_size_bytes_max(body_max), buffer(buffer_size_bytes_max) {
    start_parser();
  }

  void start_parser() {
    parser.emplace();
    parser->header_limit(header_size_bytes_max);
    parser->body_limit(static_cast<std::uint64_t>(body_size_bytes_max));
    parser->skip(body == Body::none);
  }

  void fail(std::string why) {
    phase = Phase::failed;
    problem = std::move(why);
  }

  void fail(const beast::error_code& error) {
    if (error == http::error::body_limit) {
      fail("the answer's body is larger than " + std::to_string(body_size_bytes_max) + " bytes");
    } else if (error == http::error::header_limit || error == http::error::buffer_overflow) {
      fail("the answer's header is larger than " + std::to_string(header_size_bytes_max) + " bytes");
    } else if (error == http::error::partial_message) {
      truncated = true;
      fail("the connection was closed in the middle of the answer");
    } else {
      fail("the answer is not HTTP (" + error.message() + ")");
    }
  }

  void parse();
  bool finish_header();

  Body body;
  std::int64_t body_size_bytes_max;
  beast::flat_buffer buffer;
  std::optional<http::response_parser<http::string_body>> parser;
  Phase phase = Phase::header;
  bool started = false;
  bool truncated = false;
  bool keep_alive = false;
  int interim_answers = 0;
  std::string problem;
  HttpResponse answer;
};

// Parses the buffer until it needs more bytes, or the response is complete or broken.
void AnswerReader::State::parse() {
  while (phase == Phase::header || phase == Phase::body) {
    beast::error_code error;
    buffer.consume(parser->put(buffer.data(), error));
    if (error == http::error::need_more) {
      return;
    }
    if (error) {
      fail(error);
      return;
    }
    if (phase == Phase::header && parser->is_header_done() && !finish_header()) {
      continue;
    }
    if (parser->is_done()) {
      // Bytes after the response belong to no request of ours; this connection must not be read again.
      keep_alive = parser->keep_alive() && buffer.size() == 0;
      phase = Phase::complete;
      return;
    }
    if (buffer.size() == 0) {
      return;
    }
  }
}

// False after an interim header, when the parser starts again, and when the header is refused.
bool AnswerReader::State::finish_header() {
  auto& message = parser->get();
  const int status = static_cast<int>(message.result_int());
  if (status < 100 || status > 599 || status == 101) {
    fail("the answer has the impossible status " + std::to_string(status));
    return false;
  }
  if (std::distance(message.begin(), message.end()) > header_fields_max) {
    fail("the answer has more than " + std::to_string(header_fields_max) + " header fields");
    return false;
  }
  if (status < 200) {
    if (++interim_answers > interim_answers_max) {
      fail("more than " + std::to_string(interim_answers_max) + " interim answers (1xx)");
      return false;
    }
    start_parser();
    return false;
  }
  answer.status = status;
  for (const auto& field : message) {
    HttpHeader header;
    header.name = field.name_string();
    header.value = field.value();
    answer.headers.push_back(std::move(header));
  }
  parser->eager(true);
  phase = Phase::body;
  return true;
}

AnswerReader::AnswerReader(Body body, std::int64_t body_size_bytes_max)
    : state_(std::make_unique<State>(body, body_size_bytes_max)) {}

AnswerReader::~AnswerReader() = default;

std::span<char> AnswerReader::room() {
  check(phase() == Phase::header || phase() == Phase::body, "an answer that is finished takes no bytes");
  const std::size_t left = state_->buffer.max_size() - state_->buffer.size();
  const auto space = state_->buffer.prepare(std::min(read_size_bytes, left));
  return {static_cast<char*>(space.data()), space.size()};
}

void AnswerReader::commit(std::size_t size_bytes) {
  if (size_bytes == 0) {
    return;
  }
  state_->started = true;
  state_->buffer.commit(size_bytes);
  state_->parse();
  const bool unfinished = phase() == Phase::header || phase() == Phase::body;
  if (unfinished && state_->buffer.size() == state_->buffer.max_size()) {
    state_->fail(http::error::header_limit);
  }
}

void AnswerReader::end() {
  if (phase() != Phase::header && phase() != Phase::body) {
    return;
  }
  if (!state_->parser->got_some()) {
    state_->truncated = true;
    state_->fail("the connection was closed before an answer");
    return;
  }
  beast::error_code error;
  state_->parser->put_eof(error);
  if (error) {
    state_->fail(error);
    return;
  }
  state_->keep_alive = false;
  state_->phase = Phase::complete;
}

AnswerReader::Phase AnswerReader::phase() const {
  return state_->phase;
}

bool AnswerReader::started() const {
  return state_->started;
}

int AnswerReader::status() const {
  return state_->answer.status;
}

bool AnswerReader::keep_alive() const {
  return state_->keep_alive;
}

HttpResponse AnswerReader::take_answer() {
  check(phase() == Phase::complete, "an answer was taken before it was complete");
  state_->answer.body = std::move(state_->parser->get().body());
  return std::move(state_->answer);
}

const std::string& AnswerReader::problem() const {
  return state_->problem;
}

bool AnswerReader::truncated() const {
  return state_->truncated;
}

}  // namespace elit::daemon
