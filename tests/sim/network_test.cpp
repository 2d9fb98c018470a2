#include "daemon/rehearsal/network.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/time/virtual_time.hpp"

namespace elit::daemon {
namespace {

using std::chrono::seconds;

constexpr Instant start = from_ms(1'767'225'600'000);

boost::asio::awaitable<void> exchange(Transport& transport, HttpRequest request,
                                      std::optional<Result<HttpResponse>>& result) {
  result = co_await transport.send(std::move(request));
}

class NetworkTest : public testing::Test {
 protected:
  NetworkTest() {
    network_.add_peer("http://peer.invalid", [this](const HttpRequest& request, Instant now) {
      arrivals_.emplace_back(request.target, now);
      return simulator::json_reply(200, "{}");
    });
    TransportSettings settings;
    settings.base_url = "http://peer.invalid";
    transport_ = network_.connect(context_.get_executor(), settings);
  }

  // Sends a request, and waits until nothing more happens.
  Result<HttpResponse> send(const std::string& target) {
    HttpRequest request;
    request.target = target;
    std::optional<Result<HttpResponse>> result;
    co_spawn(context_, exchange(*transport_, std::move(request), result), boost::asio::detached);
    settle([&] { return result.has_value(); });
    return *result;
  }

  template <class Done>
  void settle(const Done& done) {
    for (;;) {
      context_.restart();
      context_.poll();
      if (done() || !time_.next()) {
        return;
      }
      time_.step();
    }
  }

  VirtualTime time_{start};
  Network network_{time_, 7};
  boost::asio::io_context context_;
  std::unique_ptr<Transport> transport_;
  std::vector<std::pair<std::string, Instant>> arrivals_;
};

TEST_F(NetworkTest, LetsALateRequestArriveAfterItsSuccessor) {
  network_.conditions().late_requests = 1;
  const Result<HttpResponse> broken = send("/first");
  ASSERT_FALSE(broken);
  EXPECT_TRUE(broken.error().answer_lost);
  network_.conditions().late_requests = 0;
  ASSERT_TRUE(send("/second"));
  settle([] { return false; });
  ASSERT_EQ(arrivals_.size(), 2U);
  EXPECT_EQ(arrivals_[0].first, "/second");
  EXPECT_EQ(arrivals_[1].first, "/first");
  EXPECT_GE(arrivals_[1].second, start + seconds{1});
  EXPECT_LE(arrivals_[1].second, start + seconds{4});
}

TEST_F(NetworkTest, TellsItsWitnessOfEachRequestAndItsEnd) {
  std::vector<std::string> seen;
  network_.set_witness({.sent =
                            [&seen](std::uint64_t number, const std::string& base_url, const HttpRequest& request) {
                              seen.push_back(std::to_string(number) + " to " + base_url + request.target);
                            },
                        .ended =
                            [&seen](std::uint64_t number, const Result<HttpResponse>& result) {
                              seen.push_back(std::to_string(number) + (result ? " answered" : " failed"));
                            }});
  ASSERT_TRUE(send("/first"));
  network_.conditions().refused = 1;
  ASSERT_FALSE(send("/second"));
  const std::vector<std::string> expected{"1 to http://peer.invalid/first", "1 answered",
                                          "2 to http://peer.invalid/second", "2 failed"};
  EXPECT_EQ(seen, expected);
}

}  // namespace
}  // namespace elit::daemon
