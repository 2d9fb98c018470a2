#pragma once

#include <boost/system/result.hpp>

#include <optional>
#include <source_location>
#include <string>

#include "core/instant.hpp"

namespace elit {

// The kind of a failure of the outside world. Each kind has one treatment:
//   transient     back off and try again
//   throttled     obey `retry_after` for the whole peer and lower the rate
//   unauthorized  pause this source or sink, keep everything, re-read its secret
//   rejected      this one item or user is refused for good; its neighbours go on
//   malformed     the answer is not what the protocol says: keep the evidence, bounded retry, then park
enum class FailureKind { transient, throttled, unauthorized, rejected, malformed };

[[nodiscard]] const char* to_string(FailureKind kind);

// An expected failure of the outside world. Functions return it and never throw it. The loop that acts on it logs it
// once.
struct Failure {
  FailureKind kind = FailureKind::transient;
  std::string detail;  // one line for people: what happened and where; never a secret or a message's text
  std::optional<Milliseconds> retry_after;  // as the peer requested; absent: the peer named no time
  int status = 0;                           // HTTP status; 0 when no answer arrived
  bool answer_lost = false;                 // no answer arrived, but the peer may have carried out the request
};

template <class T>
using Result = boost::system::result<T, Failure>;

// Boost.System calls this when value() is called on a failed result, which is a bug of ours.
[[noreturn]] void throw_exception_from_error(const Failure& failure, const boost::source_location& place);

}  // namespace elit
