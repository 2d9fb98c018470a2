#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>

#include "core/instant.hpp"

namespace elit::daemon {

// All waiting uses the monotonic clock, or the virtual time that governs the executor's context (virtual_time.hpp).

// Waits; zero or less lets other coroutines run. Cancelling the coroutine ends the wait with
// boost::system::system_error(operation_aborted).
[[nodiscard]] boost::asio::awaitable<void> sleep_for(Milliseconds duration);

// Wakes coroutines that wait for work. Not thread-safe: set and wait run on the executor's thread. A wait may outlive
// the AsyncEvent; then only its own limit ends it.
class AsyncEvent {
 public:
  explicit AsyncEvent(boost::asio::any_io_executor executor);
  AsyncEvent(const AsyncEvent&) = delete;
  AsyncEvent& operator=(const AsyncEvent&) = delete;
  ~AsyncEvent();

  // Wakes all waits. If there is none, the next wait ends at once; several calls then count as one.
  void set();

  // True as soon as the event is set, at once if it was set before; false after `at_most`. Absent: no limit. A
  // cancelled wait throws like sleep_for and leaves the event set.
  [[nodiscard]] boost::asio::awaitable<bool> wait(std::optional<Milliseconds> at_most = std::nullopt);

 private:
  struct State;
  static boost::asio::awaitable<bool> wait_on(std::shared_ptr<State> state, std::optional<Milliseconds> at_most);

  std::shared_ptr<State> state_;
};

}  // namespace elit::daemon
