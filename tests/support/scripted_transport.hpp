#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/http/transport.hpp"
#include "daemon/time/waiting.hpp"

namespace elit::daemon {

// A transport without a network: a function answers. It appends every request to `requests`.
class ScriptedTransport final : public Transport {
 public:
  // Without an answer, the request hangs until close(). The function is then asked once more; a request that is still
  // without an answer fails, and its answer counts as lost.
  using Answers = std::function<std::optional<Result<HttpResponse>>(const HttpRequest&)>;

  // `requests` outlives the transport.
  ScriptedTransport(boost::asio::any_io_executor executor, std::vector<HttpRequest>& requests, Answers answers)
      : requests_(requests), answers_(std::move(answers)), closed_(std::move(executor)) {}

  boost::asio::awaitable<Result<HttpResponse>> send(HttpRequest request) override {
    requests_.push_back(request);
    std::optional<Result<HttpResponse>> answer = answers_(request);
    if (!answer) {
      static_cast<void>(co_await closed_.wait());
      answer = answers_(request);
    }
    if (!answer) {
      Failure failure;
      failure.detail = "closed";
      failure.answer_lost = true;
      co_return failure;
    }
    co_return *std::move(answer);
  }
  void close() override { closed_.set(); }

 private:
  std::vector<HttpRequest>& requests_;
  Answers answers_;
  AsyncEvent closed_;
};

}  // namespace elit::daemon
