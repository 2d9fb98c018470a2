#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/crms/faults/delivery_rig.hpp"

// The process dies during a delivery and is started again on the same disk.
namespace elit::crm::faults {
namespace {

using simulator::Reply;
using std::chrono::minutes;

class CrmCrashTest : public testing::TestWithParam<Case> {
 protected:
  static void expect_recovers(DeliveryRig& rig) {
    rig.pass(minutes{1});  // what has left arrives
    rig.start();
    ASSERT_TRUE(rig.settle()) << rig.summary().reason;
    rig.expect_all_there();
  }
  // The requests and steps of a run without faults.
  static std::pair<int, std::uint64_t> sound_run() {
    DeliveryRig rig(GetParam());
    rig.say_some(2, 2);
    rig.start();
    EXPECT_TRUE(rig.settle());
    return {rig.requests(), rig.steps()};
  }
};

// Between the commit of a batch and its sending.
TEST_P(CrmCrashTest, BeforeARequestArrivesLosesNothing) {
  const int last = sound_run().first;
  for (int fatal = 1; fatal <= last; ++fatal) {
    SCOPED_TRACE("at request " + std::to_string(fatal));
    DeliveryRig rig(GetParam());
    rig.wire = [&](const HttpRequest&, int number, const DeliveryRig::CarryOut& carry_out) {
      if (number == fatal) {
        rig.kill_soon();
        return lost_before();
      }
      return carry_out();
    };
    rig.say_some(2, 2);
    rig.start();
    ASSERT_FALSE(rig.settle());
    expect_recovers(rig);
  }
}

// Between the sending and the commit of the answer; in one case the machine also loses its power.
TEST_P(CrmCrashTest, AfterARequestWasCarriedOutDoublesNothing) {
  const int last = sound_run().first;
  for (int fatal = 1; fatal <= last; ++fatal) {
    for (const bool power : {false, true}) {
      SCOPED_TRACE("at request " + std::to_string(fatal) + (power ? " with the power" : ""));
      DeliveryRig rig(GetParam());
      rig.power_too(power);
      rig.wire = [&](const HttpRequest&, int number, const DeliveryRig::CarryOut& carry_out) {
        if (number == fatal) {
          rig.kill_soon();
        }
        return carry_out();
      };
      rig.say_some(2, 2);
      rig.start();
      ASSERT_FALSE(rig.settle());
      expect_recovers(rig);
    }
  }
}

TEST_P(CrmCrashTest, BetweenAnyTwoStepsLosesAndDoublesNothing) {
  const std::uint64_t last = sound_run().second;
  for (std::uint64_t step = 1; step < last; step += 3) {
    SCOPED_TRACE("after step " + std::to_string(step));
    DeliveryRig rig(GetParam());
    rig.say_some(2, 2);
    rig.kill_after(step);
    rig.start();
    ASSERT_FALSE(rig.settle());
    expect_recovers(rig);
  }
}

// Several times, also during recovery.
TEST_P(CrmCrashTest, AtEveryFifthRequestComesToAnEnd) {
  DeliveryRig rig(GetParam());
  rig.wire = [&](const HttpRequest&, int number, const DeliveryRig::CarryOut& carry_out) {
    if (number % 5 != 0 || number > 60) {
      return carry_out();
    }
    rig.kill_soon();
    return number % 10 == 0 ? lost_before() : carry_out();
  };
  rig.say_some(4, 4);
  for (int life = 0; life < 20; ++life) {
    rig.start();
    if (rig.settle() || rig.running()) {
      break;
    }
    rig.pass(minutes{1});
  }
  ASSERT_TRUE(rig.running() && rig.summary().settled);
  rig.expect_all_there();
}

INSTANTIATE_TEST_SUITE_P(, CrmCrashTest, testing::ValuesIn(all_cases()),
                         [](const auto& of) { return name_of(of.param); });

}  // namespace
}  // namespace elit::crm::faults
