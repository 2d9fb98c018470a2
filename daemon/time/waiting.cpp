#include "daemon/time/waiting.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <list>
#include <utility>

#include "daemon/time/virtual_time.hpp"

namespace elit::daemon {
namespace asio = boost::asio;

namespace {

// An Asio timer that uses the time of its context. In virtual time the Asio timer never expires by itself: the virtual
// time cancels it.
class Alarm {
 public:
  explicit Alarm(const asio::any_io_executor& executor)
      : timer_(executor, asio::steady_timer::time_point::max()), virtual_(VirtualTime::governing(executor)) {}
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
  ~Alarm() {
    if (appointment_) {
      virtual_->forget(*appointment_);
    }
  }

  // Call it once, before the wait.
  void set(Milliseconds after) {
    if (virtual_ == nullptr) {
      timer_.expires_after(after);
      return;
    }
    appointment_ = virtual_->call_at(virtual_->now().steady + after, [this] {
      went_off_ = true;
      timer_.cancel();
    });
  }
  void cancel() { timer_.cancel(); }

  [[nodiscard]] asio::steady_timer& timer() { return timer_; }
  // After the wait: whether the wait ended because the virtual time was reached.
  [[nodiscard]] bool went_off() const { return went_off_; }

 private:
  asio::steady_timer timer_;
  VirtualTime* virtual_;
  std::optional<VirtualTime::Appointment> appointment_;
  bool went_off_ = false;
};

// One waiting coroutine; part of that coroutine's frame.
struct Waiter {
  explicit Waiter(const asio::any_io_executor& executor) : alarm(executor) {}

  Alarm alarm;
  bool is_set = false;
};

// Keeps a waiter on the list as long as its coroutine waits; an exception or a cancellation removes it too.
class Listed {
 public:
  Listed(std::list<Waiter*>& list, Waiter* waiter) : list_(list), place_(list.insert(list.end(), waiter)) {}
  Listed(const Listed&) = delete;
  Listed& operator=(const Listed&) = delete;
  ~Listed() { list_.erase(place_); }

 private:
  std::list<Waiter*>& list_;
  std::list<Waiter*>::iterator place_;
};

}  // namespace

struct AsyncEvent::State {
  asio::any_io_executor executor;
  std::list<Waiter*> waiters;
  bool remembered = false;
};

asio::awaitable<void> sleep_for(Milliseconds duration) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  Alarm alarm{executor};
  alarm.set(duration);
  boost::system::error_code error;
  co_await alarm.timer().async_wait(asio::redirect_error(asio::use_awaitable, error));
  if (error && !alarm.went_off()) {
    throw boost::system::system_error(error);
  }
}

AsyncEvent::AsyncEvent(asio::any_io_executor executor) : state_(std::make_shared<State>()) {
  state_->executor = std::move(executor);
}

AsyncEvent::~AsyncEvent() = default;

void AsyncEvent::set() {
  if (state_->waiters.empty()) {
    state_->remembered = true;
    return;
  }
  for (Waiter* waiter : state_->waiters) {
    waiter->is_set = true;
    waiter->alarm.cancel();
  }
}

asio::awaitable<bool> AsyncEvent::wait_on(std::shared_ptr<State> state, std::optional<Milliseconds> at_most) {
  if (state->remembered) {
    state->remembered = false;
    co_return true;
  }
  Waiter waiter{state->executor};
  if (at_most) {
    waiter.alarm.set(*at_most);
  }
  boost::system::error_code error;
  {
    const Listed listed{state->waiters, &waiter};
    co_await waiter.alarm.timer().async_wait(asio::redirect_error(asio::use_awaitable, error));
  }
  const asio::cancellation_state cancellation = co_await asio::this_coro::cancellation_state;
  if (cancellation.cancelled() != asio::cancellation_type::none) {
    state->remembered = state->remembered || waiter.is_set;
    throw boost::system::system_error(asio::error::operation_aborted);
  }
  co_return waiter.is_set;
}

asio::awaitable<bool> AsyncEvent::wait(std::optional<Milliseconds> at_most) {
  return wait_on(state_, at_most);
}

}  // namespace elit::daemon
