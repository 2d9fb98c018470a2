#include "daemon/time/waiting.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>

#include <memory>

#include "daemon/time/timer.hpp"
#include "tests/daemon/http/loop.hpp"

namespace elit::daemon {
namespace {

namespace asio = boost::asio;

constexpr Milliseconds soon{5};

asio::awaitable<bool> sleep_then_true(Milliseconds duration) {
  co_await sleep_for(duration);
  co_return true;
}

// Starts `work` so that `signal` can cancel it; `cancelled` becomes true when it ended that way.
template <class T>
void start_cancellable(Loop& loop, asio::awaitable<T> work, asio::cancellation_signal& signal, bool& cancelled) {
  asio::co_spawn(loop.io(), std::move(work),
                 asio::bind_cancellation_slot(signal.slot(), [&cancelled](const std::exception_ptr& problem, T) {
                   try {
                     if (problem) {
                       std::rethrow_exception(problem);
                     }
                   } catch (const boost::system::system_error& error) {
                     cancelled = error.code() == asio::error::operation_aborted;
                   }
                 }));
}

TEST(WaitingTest, SleepEndsAfterItsTime) {
  Loop loop;
  EXPECT_TRUE(loop.run(sleep_then_true(soon)));
  EXPECT_TRUE(loop.run(sleep_then_true(Milliseconds{-1})));
}

TEST(WaitingTest, SleepThrowsWhenItIsCancelled) {
  Loop loop;
  asio::cancellation_signal signal;
  bool cancelled = false;
  start_cancellable(loop, sleep_then_true(std::chrono::hours{1}), signal, cancelled);
  loop.io().poll();
  signal.emit(asio::cancellation_type::terminal);
  EXPECT_TRUE(loop.until([&] { return cancelled; }));
}

TEST(AsyncEventTest, WakesEveryoneWhoWaits) {
  Loop loop;
  AsyncEvent event{loop.executor()};
  const auto first = loop.start(event.wait());
  const auto second = loop.start(event.wait());
  loop.io().poll();
  EXPECT_FALSE(first->has_value());
  event.set();
  ASSERT_TRUE(loop.until([&] { return first->has_value() && second->has_value(); }));
  EXPECT_TRUE(**first);
  EXPECT_TRUE(**second);
}

TEST(AsyncEventTest, RemembersOneRingWhenNobodyWaits) {
  Loop loop;
  AsyncEvent event{loop.executor()};
  event.set();
  event.set();
  EXPECT_TRUE(loop.run(event.wait(Milliseconds{0})));
  EXPECT_FALSE(loop.run(event.wait(soon)));
}

TEST(AsyncEventTest, ForgetsARingThatWokeSomeone) {
  Loop loop;
  AsyncEvent event{loop.executor()};
  const auto waiting = loop.start(event.wait());
  loop.io().poll();
  event.set();
  ASSERT_TRUE(loop.until([&] { return waiting->has_value(); }));
  EXPECT_FALSE(loop.run(event.wait(soon)));
}

TEST(AsyncEventTest, SaysFalseWhenItDoesNotRingInTime) {
  Loop loop;
  AsyncEvent event{loop.executor()};
  EXPECT_FALSE(loop.run(event.wait(soon)));
}

TEST(AsyncEventTest, KeepsARingThatFallsTogetherWithACancellation) {
  Loop loop;
  AsyncEvent event{loop.executor()};
  asio::cancellation_signal signal;
  bool cancelled = false;
  start_cancellable(loop, event.wait(), signal, cancelled);
  loop.io().poll();
  signal.emit(asio::cancellation_type::terminal);
  event.set();
  ASSERT_TRUE(loop.until([&] { return cancelled; }));
  EXPECT_TRUE(loop.run(event.wait(Milliseconds{0})));
}

TEST(AsyncEventTest, MayGoBeforeThoseWhoWait) {
  Loop loop;
  auto event = std::make_unique<AsyncEvent>(loop.executor());
  const auto waiting = loop.start(event->wait(soon));
  loop.io().poll();
  event.reset();
  ASSERT_TRUE(loop.until([&] { return waiting->has_value(); }));
  EXPECT_FALSE(**waiting);
}

TEST(SystemTimerTest, ReadsClocksThatDoNotGoBack) {
  const SystemTimer timer;
  const Now first = timer.now();
  const Now second = timer.now();
  EXPECT_GE(second.steady, first.steady);
  EXPECT_GT(first.wall, earliest_instant);
}

}  // namespace
}  // namespace elit::daemon
