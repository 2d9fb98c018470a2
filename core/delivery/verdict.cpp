#include "core/delivery/verdict.hpp"

namespace elit {

Verdict verdict_of(const Failure& failure) {
  switch (failure.kind) {
    case FailureKind::throttled:
      return Verdict::throttled;
    case FailureKind::unauthorized:
      return Verdict::unauthorized;
    case FailureKind::rejected:
      // A request that could not even be written is the configuration's fault, not the messages'.
      return Verdict::misconfigured;
    case FailureKind::malformed:
      // An answer that came but could not be read is as good as lost.
      return Verdict::unknown;
    case FailureKind::transient:
      break;
  }
  return failure.answer_lost ? Verdict::unknown : Verdict::retry;
}

}  // namespace elit
