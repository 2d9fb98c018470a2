#include "core/credential_probe.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace elit {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr SteadyTime start{seconds{1'000}};

TEST(CredentialProbeTest, ProbesAfterFifteenSecondsAndThenTwiceAsLateUpToFiveMinutes) {
  CredentialProbe probe;
  SteadyTime now = start;
  probe.begin(now);
  for (const Milliseconds distance :
       {seconds{15}, seconds{30}, seconds{60}, seconds{120}, seconds{240}, seconds{300}, seconds{300}}) {
    EXPECT_EQ(probe.probe_at(), now + distance);
    EXPECT_EQ(probe.distance(), distance);
    now = probe.probe_at();
    probe.on_refused(now);
  }
}

TEST(CredentialProbeTest, TheSecretIsReadAtOnceAndThenEveryTenSeconds) {
  CredentialProbe probe;
  probe.begin(start);
  EXPECT_EQ(probe.secret_at(), start);
  probe.on_secret(false, start);
  EXPECT_EQ(probe.secret_at(), start + seconds{10});
  EXPECT_EQ(probe.probe_at(), start + seconds{15}) << "the same secret is no reason to hurry";
}

TEST(CredentialProbeTest, ANewSecretIsTriedAtOnceAndTheDistancesBeginAgain) {
  CredentialProbe probe;
  probe.begin(start);
  probe.on_refused(start + seconds{15});
  const SteadyTime now = start + seconds{20};
  probe.on_secret(true, now);
  EXPECT_EQ(probe.probe_at(), now);
  EXPECT_EQ(probe.secret_at(), now + seconds{10});
  probe.on_refused(now);
  EXPECT_EQ(probe.probe_at(), now + seconds{30});
}

TEST(CredentialProbeTest, APauseMayHaveDistancesOfItsOwn) {
  CredentialProbe probe;
  probe.begin(start, seconds{1}, seconds{3});
  EXPECT_EQ(probe.probe_at(), start + seconds{1});
  probe.on_refused(start);
  EXPECT_EQ(probe.probe_at(), start + seconds{2});
  probe.on_refused(start);
  EXPECT_EQ(probe.probe_at(), start + seconds{3});
  probe.begin(start);
  EXPECT_EQ(probe.distance(), seconds{15});
}

}  // namespace
}  // namespace elit
