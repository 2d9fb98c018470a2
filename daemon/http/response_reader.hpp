#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/http_message.hpp"

namespace elit::daemon {

// Reads one answer from the bytes of a connection, however they are cut, without doing any I/O. Answers with status 1xx
// are skipped. Bounded in memory: header (64 KiB and 500 fields), body, chunk lines and trailers.
class AnswerReader {
 public:
  enum class Phase { header, body, complete, failed };
  enum class Body { expected, none };  // none: the answer to HEAD, and to a CONNECT that succeeds

  AnswerReader(Body body, std::int64_t body_size_bytes_max);
  AnswerReader(const AnswerReader&) = delete;
  AnswerReader& operator=(const AnswerReader&) = delete;
  ~AnswerReader();

  // Room for the next bytes, never empty. Write into it, then commit() how many. The room is gone after commit().
  // Requires: the phase is header or body.
  [[nodiscard]] std::span<char> room();
  void commit(std::size_t size_bytes);

  // The peer has closed its side in an orderly way. Completes an answer that has no length of its own; otherwise fails.
  void end();

  [[nodiscard]] Phase phase() const;
  // At least one byte has arrived.
  [[nodiscard]] bool started() const;
  // Requires: past the header.
  [[nodiscard]] int status() const;
  // Whether another request may follow on this connection. Requires: complete.
  [[nodiscard]] bool keep_alive() const;
  // Once. Requires: complete.
  [[nodiscard]] HttpResponse take_answer();

  // Requires: failed. What is wrong, without any of the answer's own words.
  [[nodiscard]] const std::string& problem() const;
  // Requires: failed. The answer was cut off, as opposed to not being HTTP or too large.
  [[nodiscard]] bool truncated() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace elit::daemon
