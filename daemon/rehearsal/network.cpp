#include "daemon/rehearsal/network.hpp"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "core/check.hpp"
#include "daemon/time/waiting.hpp"

namespace elit::daemon {
namespace {

using boost::asio::awaitable;
using simulator::Reply;
using simulator::WireFault;

Failure failure(FailureKind kind, std::string detail, bool answer_lost) {
  Failure result;
  result.kind = kind;
  result.detail = std::move(detail);
  result.answer_lost = answer_lost;
  return result;
}

// The result of a reply for the sender; absent: the sender never gets a response.
std::optional<Result<HttpResponse>> seen(Reply reply) {
  switch (reply.fault) {
    case WireFault::none:
      return std::move(reply.answer);
    case WireFault::close_before_answer:
      return failure(FailureKind::transient, "the connection was closed before the answer", true);
    case WireFault::close_mid_body:
      return failure(FailureKind::transient, "the connection was closed inside the answer", true);
    case WireFault::garbage:
      return failure(FailureKind::malformed, "the answer is not HTTP", true);
    case WireFault::hang:
    case WireFault::drip:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

// One request in flight. The sender owns it; the network only points to it.
struct Network::Exchange {
  explicit Exchange(boost::asio::any_io_executor executor) : answered(std::move(executor)) {}

  void answer(Result<HttpResponse> what) {
    if (!result) {
      result = std::move(what);
      answered.set();
    }
  }

  AsyncEvent answered;
  std::optional<Result<HttpResponse>> result;
};

// A transport to one peer.
class Network::Line final : public Transport {
 public:
  Line(Network& network, boost::asio::any_io_executor executor, TransportSettings settings)
      : network_(network), executor_(std::move(executor)), settings_(std::move(settings)) {}
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() override { end_all(); }

  awaitable<Result<HttpResponse>> send(HttpRequest request) override {
    if (closed_) {
      co_return failure(FailureKind::transient, "given up, the connection is being closed", false);
    }
    const auto exchange = std::make_shared<Exchange>(executor_);
    std::erase_if(running_, [](const auto& other) { return other.expired(); });
    running_.push_back(exchange);
    const std::uint64_t number = network_.witness_sent(settings_.base_url, request);
    network_.begin(exchange, settings_.base_url, std::move(request));
    const bool in_time = co_await exchange->answered.wait(settings_.total_timeout);
    if (!in_time) {
      exchange->result = failure(FailureKind::transient, "no complete answer within the time-out", true);
    }
    network_.witness_ended(number, *exchange->result);
    co_return std::move(*exchange->result);
  }

  void close() override {
    closed_ = true;
    end_all();
  }

 private:
  void end_all() {
    for (const auto& weak : std::exchange(running_, {})) {
      if (const auto exchange = weak.lock()) {
        exchange->answer(failure(FailureKind::transient, "given up, the connection is being closed", true));
      }
    }
  }

  Network& network_;
  boost::asio::any_io_executor executor_;
  TransportSettings settings_;
  std::vector<std::weak_ptr<Exchange>> running_;
  bool closed_ = false;
};

std::unique_ptr<Transport> Network::connect(boost::asio::any_io_executor executor, TransportSettings settings) {
  check(peers_.contains(settings.base_url), "a simulated network is asked for a peer that it knows");
  return std::make_unique<Line>(*this, std::move(executor), std::move(settings));
}

std::uint64_t Network::witness_sent(const std::string& base_url, const HttpRequest& request) {
  if (witness_.sent) {
    witness_.sent(++requests_, base_url, request);
  }
  return requests_;
}

void Network::witness_ended(std::uint64_t number, const Result<HttpResponse>& result) {
  if (witness_.ended) {
    witness_.ended(number, result);
  }
}

Milliseconds Network::between(Milliseconds least, Milliseconds most) {
  const auto span = static_cast<std::uint64_t>((most - least).count());
  return least + Milliseconds{static_cast<std::int64_t>(random_.below(span + 1))};
}

void Network::break_connection(const std::weak_ptr<Exchange>& exchange, Milliseconds way) {
  time_.call_at(time_.now().steady + way, [exchange] {
    if (const auto waiting = exchange.lock()) {
      waiting->answer(failure(FailureKind::transient, "the connection was closed before the answer", true));
    }
  });
}

void Network::begin(const std::shared_ptr<Exchange>& exchange, const std::string& base_url, HttpRequest request) {
  const Milliseconds way = latency();
  const double fate = random_.fraction();
  SteadyTime arrival = time_.now().steady + way;
  if (fate < weather_.refused) {
    auto refuse = [weak = std::weak_ptr(exchange)] {
      if (const auto waiting = weak.lock()) {
        waiting->answer(failure(FailureKind::transient, "the connection was refused", false));
      }
    };
    time_.call_at(arrival, std::move(refuse));
    return;
  }
  if (fate < weather_.refused + weather_.lost_requests) {
    return;
  }
  if (fate < weather_.refused + weather_.lost_requests + weather_.late_requests) {
    break_connection(exchange, way);
    arrival += between(weather_.late_min, weather_.late_max);
  }
  auto deliver = [this, weak = std::weak_ptr(exchange), base_url, request = std::move(request)] {
    arrive(weak, base_url, request);
  };
  time_.call_at(arrival, std::move(deliver));
}

void Network::arrive(const std::weak_ptr<Exchange>& exchange, const std::string& base_url, const HttpRequest& request) {
  note(base_url);
  note(request.target);
  note(request.body);
  Reply reply = peers_.at(base_url)(request, time_.truth());
  note(reply.answer.body);
  const SteadyTime back = time_.now().steady + reply.delay + latency();
  auto result = std::make_shared<std::optional<Result<HttpResponse>>>(seen(std::move(reply)));
  if (!*result) {
    return;
  }
  auto hand_over = [exchange, result = std::move(result)] {
    if (const auto waiting = exchange.lock()) {
      waiting->answer(std::move(**result));
    }
  };
  time_.call_at(back, std::move(hand_over));
}

// A hash like FNV-1a over the instant and the text, eight bytes at a time.
void Network::note(std::string_view what) {
  constexpr std::uint64_t prime = 0x100000001B3U;
  const auto mix = [this](std::uint64_t part) {
    trace_ = (trace_ ^ part) * prime;
    trace_ ^= trace_ >> 32U;
  };
  mix(static_cast<std::uint64_t>(time_.now().steady.time_since_epoch().count()));
  mix(what.size());
  while (!what.empty()) {
    std::uint64_t part = 0;
    const std::size_t length = std::min(what.size(), sizeof part);
    std::memcpy(&part, what.data(), length);
    mix(part);
    what.remove_prefix(length);
  }
}

}  // namespace elit::daemon
