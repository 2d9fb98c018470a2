#pragma once

#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "core/instant.hpp"

namespace elit::daemon {

// The io_context of one test, driven by hand. Nothing here waits longer than the bound, so a test that hangs fails.
class Loop {
 public:
  [[nodiscard]] boost::asio::any_io_executor executor() { return io_.get_executor(); }
  [[nodiscard]] boost::asio::io_context& io() { return io_; }

  // Turns until `done`. False when that takes longer than the bound.
  bool until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!done()) {
      if (io_.stopped()) {
        io_.restart();
      }
      if (std::chrono::steady_clock::now() > end || io_.run_one_until(end) == 0) {
        return done();
      }
    }
    return true;
  }

  // Starts a coroutine; its result appears in the returned place.
  template <class T>
  std::shared_ptr<std::optional<T>> start(boost::asio::awaitable<T> work) {
    auto place = std::make_shared<std::optional<T>>();
    boost::asio::co_spawn(io_, std::move(work), [place](const std::exception_ptr& problem, T value) {
      if (problem) {
        std::rethrow_exception(problem);
      }
      *place = std::move(value);
    });
    return place;
  }

  template <class T>
  T run(boost::asio::awaitable<T> work) {
    const auto place = start(std::move(work));
    EXPECT_TRUE(until([&] { return place->has_value(); })) << "the coroutine did not end";
    return place->has_value() ? std::move(**place) : T{};
  }

 private:
  boost::asio::io_context io_;
};

}  // namespace elit::daemon
