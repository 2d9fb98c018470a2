#include "core/failure.hpp"

#include <cstdlib>

#include "core/check.hpp"

namespace elit {

const char* to_string(FailureKind kind) {
  switch (kind) {
    case FailureKind::transient:
      return "transient";
    case FailureKind::throttled:
      return "throttled";
    case FailureKind::unauthorized:
      return "unauthorized";
    case FailureKind::rejected:
      return "rejected";
    case FailureKind::malformed:
      return "malformed";
  }
  return "unknown";
}

void throw_exception_from_error(const Failure& failure, const boost::source_location& /*place*/) {
  check(false, "a failed result was read as a value: " + failure.detail);
  std::abort();
}

}  // namespace elit
