#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/http_message.hpp"

namespace elit::daemon {

// Reads one response from the bytes of a connection, in pieces of any size, without I/O. Responses with status 1xx are
// skipped. Memory is bounded: header (64 KiB and 500 fields), body, chunk lines and trailers.
class AnswerReader {
 public:
  enum class Phase { header, body, complete, failed };
  enum class Body { expected, none };  // none: the response to HEAD, and to a CONNECT that succeeds

  AnswerReader(Body body, std::int64_t body_size_bytes_max);
  AnswerReader(const AnswerReader&) = delete;
  AnswerReader& operator=(const AnswerReader&) = delete;
  ~AnswerReader();

  // Returns space for the next bytes, never empty. Write into it, then commit() their number; that ends its lifetime.
  // Requires: the phase is header or body.
  [[nodiscard]] std::span<char> room();
  void commit(std::size_t size_bytes);

  // The peer closed its side in an orderly way. Completes a response without a declared length; otherwise fails.
  void end();

  [[nodiscard]] Phase phase() const;
  // At least one byte has arrived.
  [[nodiscard]] bool started() const;
  // Requires: the header is complete.
  [[nodiscard]] int status() const;
  // Whether another request may follow on this connection. Requires: complete.
  [[nodiscard]] bool keep_alive() const;
  // Moves the response out. Call it once. Requires: complete.
  [[nodiscard]] HttpResponse take_answer();

  // Requires: failed. Says what is wrong without quoting the response.
  [[nodiscard]] const std::string& problem() const;
  // Requires: failed. Whether the response was cut off; false: it is not HTTP or too large.
  [[nodiscard]] bool truncated() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace elit::daemon
