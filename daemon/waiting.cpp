#include "daemon/waiting.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <list>
#include <utility>

namespace elit::daemon {
namespace asio = boost::asio;

namespace {

// One waiting coroutine. It lives in that coroutine's frame.
struct Waiter {
  asio::steady_timer timer;
  bool rung = false;
};

// Keeps a waiter on the list for as long as its coroutine waits, however the wait ends.
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

struct Bell::State {
  asio::any_io_executor executor;
  std::list<Waiter*> waiters;
  bool remembered = false;
};

asio::awaitable<void> sleep_for(Milliseconds duration) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  asio::steady_timer timer{executor};
  timer.expires_after(duration);
  co_await timer.async_wait(asio::use_awaitable);
}

Bell::Bell(asio::any_io_executor executor) : state_(std::make_shared<State>()) {
  state_->executor = std::move(executor);
}

Bell::~Bell() = default;

void Bell::ring() {
  if (state_->waiters.empty()) {
    state_->remembered = true;
    return;
  }
  for (Waiter* waiter : state_->waiters) {
    waiter->rung = true;
    waiter->timer.cancel();
  }
}

asio::awaitable<bool> Bell::wait_on(std::shared_ptr<State> state, std::optional<Milliseconds> at_most) {
  if (state->remembered) {
    state->remembered = false;
    co_return true;
  }
  Waiter waiter{asio::steady_timer{state->executor}, false};
  waiter.timer.expires_at(asio::steady_timer::time_point::max());
  if (at_most) {
    waiter.timer.expires_after(*at_most);
  }
  boost::system::error_code error;
  {
    const Listed listed{state->waiters, &waiter};
    co_await waiter.timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  }
  const asio::cancellation_state cancellation = co_await asio::this_coro::cancellation_state;
  if (cancellation.cancelled() != asio::cancellation_type::none) {
    state->remembered = state->remembered || waiter.rung;
    throw boost::system::system_error(asio::error::operation_aborted);
  }
  co_return waiter.rung;
}

asio::awaitable<bool> Bell::wait(std::optional<Milliseconds> at_most) {
  return wait_on(state_, at_most);
}

}  // namespace elit::daemon
