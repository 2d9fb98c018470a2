#include "daemon/time/virtual_time.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <memory>
#include <string>
#include <vector>

#include "daemon/time/waiting.hpp"

namespace elit::daemon {
namespace {

namespace asio = boost::asio;

constexpr Instant start = from_ms(1'700'000'000'000);

class VirtualTimeTest : public ::testing::Test {
 protected:
  VirtualTimeTest() { time_.govern(*io_); }

  void settle() {
    io_->restart();
    io_->poll();
  }
  void pass() {
    settle();
    while (time_.next()) {
      time_.step();
      settle();
    }
  }
  void note(const std::string& what) {
    notes_.push_back(what + " " + std::to_string(time_.now().steady.time_since_epoch().count()));
  }
  asio::awaitable<void> sleep_and_note(Milliseconds duration, std::string name) {
    co_await sleep_for(duration);
    note(name);
  }
  asio::awaitable<void> wait_and_note(AsyncEvent& event, std::optional<Milliseconds> at_most) {
    const bool set = co_await event.wait(at_most);
    note(set ? "set" : "not set");
  }

  VirtualTime time_{start};
  std::unique_ptr<asio::io_context> io_ = std::make_unique<asio::io_context>(1);
  std::vector<std::string> notes_;
};

TEST_F(VirtualTimeTest, WakesSleepersInTheOrderOfTheirTimesAtTheirTimes) {
  asio::co_spawn(*io_, sleep_and_note(std::chrono::hours{24 * 365}, "year"), asio::detached);
  asio::co_spawn(*io_, sleep_and_note(std::chrono::seconds{2}, "two"), asio::detached);
  asio::co_spawn(*io_, sleep_and_note(std::chrono::seconds{1}, "one"), asio::detached);
  pass();
  EXPECT_EQ(notes_, (std::vector<std::string>{"one 1000", "two 2000", "year 31536000000"}));
  EXPECT_EQ(time_.truth(), start + std::chrono::hours{24 * 365});
}

TEST_F(VirtualTimeTest, KeepsTheOrderOfThoseWhoAreDueTogether) {
  asio::co_spawn(*io_, sleep_and_note(Milliseconds{5}, "first"), asio::detached);
  asio::co_spawn(*io_, sleep_and_note(Milliseconds{5}, "second"), asio::detached);
  pass();
  EXPECT_EQ(notes_, (std::vector<std::string>{"first 5", "second 5"}));
}

TEST_F(VirtualTimeTest, EndsAWaitForABellAtItsLimitOrAtTheRing) {
  AsyncEvent event{io_->get_executor()};
  asio::co_spawn(*io_, wait_and_note(event, Milliseconds{10}), asio::detached);
  pass();
  asio::co_spawn(*io_, wait_and_note(event, Milliseconds{10}), asio::detached);
  settle();
  time_.call_at(time_.now().steady + Milliseconds{3}, [&event] { event.set(); });
  pass();
  EXPECT_EQ(notes_, (std::vector<std::string>{"not set 10", "set 13"}));
  EXPECT_FALSE(time_.next()) << "what nobody waits for any more is forgotten";
}

TEST_F(VirtualTimeTest, ForgetsThoseWhoseContextEnds) {
  asio::co_spawn(*io_, sleep_and_note(Milliseconds{5}, "never"), asio::detached);
  settle();
  ASSERT_TRUE(time_.next());
  io_.reset();
  EXPECT_FALSE(time_.next());
}

TEST_F(VirtualTimeTest, SetsTheWallClockAndMovesNobody) {
  asio::co_spawn(*io_, sleep_and_note(Milliseconds{5}, "due"), asio::detached);
  settle();
  time_.set_clock_error(-std::chrono::hours{24});
  EXPECT_EQ(time_.now().wall, start - std::chrono::hours{24});
  pass();
  EXPECT_EQ(notes_, (std::vector<std::string>{"due 5"}));
  EXPECT_EQ(time_.truth(), start + Milliseconds{5});
}

TEST_F(VirtualTimeTest, DoesNotGovernOtherContexts) {
  asio::io_context other;
  EXPECT_EQ(VirtualTime::governing(io_->get_executor()), &time_);
  EXPECT_EQ(VirtualTime::governing(other.get_executor()), nullptr);
}

}  // namespace
}  // namespace elit::daemon
