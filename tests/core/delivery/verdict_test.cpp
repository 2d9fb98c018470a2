#include <gtest/gtest.h>

#include "core/delivery/verdict.hpp"

namespace elit {
namespace {

Failure failure_of(FailureKind kind, bool answer_lost = false) {
  Failure failure;
  failure.kind = kind;
  failure.answer_lost = answer_lost;
  return failure;
}

TEST(VerdictTest, TellsWhatMayBeWrittenWithoutAnAnswer) {
  EXPECT_EQ(verdict_of(failure_of(FailureKind::transient)), Verdict::retry);
  EXPECT_EQ(verdict_of(failure_of(FailureKind::transient, true)), Verdict::unknown);
  EXPECT_EQ(verdict_of(failure_of(FailureKind::malformed)), Verdict::unknown);
  EXPECT_EQ(verdict_of(failure_of(FailureKind::throttled)), Verdict::throttled);
  EXPECT_EQ(verdict_of(failure_of(FailureKind::unauthorized)), Verdict::unauthorized);
  EXPECT_EQ(verdict_of(failure_of(FailureKind::rejected)), Verdict::misconfigured);
}

TEST(VerdictTest, OrdersWhatIsLeftToDoBeforeWhatIsDone) {
  EXPECT_GT(traits_of(Verdict::unknown).severity, traits_of(Verdict::retry).severity);
  EXPECT_GT(traits_of(Verdict::retry).severity, traits_of(Verdict::not_sent).severity);
  EXPECT_EQ(traits_of(Verdict::retry).severity, traits_of(Verdict::unmentioned).severity);
  EXPECT_GT(traits_of(Verdict::not_sent).severity, traits_of(Verdict::rejected_in_company).severity);
  EXPECT_GT(traits_of(Verdict::rejected_in_company).severity, traits_of(Verdict::rejected).severity);
  EXPECT_GT(traits_of(Verdict::rejected).severity, traits_of(Verdict::delivered).severity);
}

TEST(VerdictTest, TakesNothingButUnknownForMaybeWritten) {
  for (std::size_t place = 0; place < verdicts_count; ++place) {
    const auto verdict = static_cast<Verdict>(place);
    EXPECT_EQ(traits_of(verdict).may_be_written, verdict == Verdict::unknown) << place;
    EXPECT_EQ(if_nothing_is_written(verdict), verdict == Verdict::unknown ? Verdict::retry : verdict) << place;
  }
}

}  // namespace
}  // namespace elit
