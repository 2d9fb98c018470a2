#include "daemon/delivery/webhook_client.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/delivery/webhook.hpp"
#include "core/delivery/webhook_signature.hpp"
#include "core/text/url.hpp"

namespace elit::daemon {
namespace asio = boost::asio;

WebhookClient::WebhookClient(const SinkOptions& options, SinkClientParts parts)
    : options_(options), parts_(std::move(parts)) {
  Endpoint endpoint = split_url(options_.url);
  transport_ = parts_.transports(sink_transport_settings(options_, endpoint.base_url));
  target_ = std::move(endpoint.target);
}

asio::awaitable<std::optional<Failure>> WebhookClient::recover(storage::SinkId /*sink*/,
                                                               std::set<std::string> /*unsure*/) {
  static_cast<void>(reload_secrets());
  co_return std::nullopt;
}

asio::awaitable<DeliveryAnswer> WebhookClient::send(Batch batch) {
  if (!headers_) {
    DeliveryAnswer answer;
    answer.whole = Verdict::unauthorized;
    answer.detail = answer.reason = parts_.secrets->problem();
    co_return answer;
  }
  for (;;) {
    const int version_used = version_;
    HttpRequest request = webhook_request(target_, *headers_, batch.messages);
    if (!signing_secret_.empty()) {
      sign_request(request, signing_secret_, parts_.timer->now().wall);
    }
    const Result<HttpResponse> answered = co_await transport_->send(std::move(request));
    if (!answered) {
      co_return read_failure(answered.error());
    }
    DeliveryAnswer answer = read_answer(*answered, batch.messages, parts_.timer->now().wall);
    if (answer.elsewhere || answer.whole == Verdict::misconfigured) {
      // A query may hold a secret.
      answer.detail = "POST " + options_.url.substr(0, options_.url.find('?')) + ": " + answer.detail;
    }
    if (answer.whole != Verdict::unauthorized || version_used == version_ || stopping_) {
      co_return answer;
    }
    // What is refused is the secret of before a reload: the batch goes again with the one in force.
  }
}

bool WebhookClient::reload_secrets() {
  std::vector<HttpHeader> headers;
  for (const auto& [name, value] : options_.headers) {
    const auto* reference = std::get_if<SecretReference>(&value);
    if (reference == nullptr) {
      headers.push_back({name, std::get<std::string>(value)});
      continue;
    }
    std::optional<std::string> secret = parts_.secrets->read("header " + name, *reference);
    if (!secret) {
      return false;
    }
    headers.push_back({name, *std::move(secret)});
  }
  std::optional<std::string> signing_secret = std::string{};
  if (!options_.sign.secret.name.empty()) {
    signing_secret = parts_.secrets->read("sign.secret", options_.sign.secret);
  }
  if (!signing_secret) {
    return false;
  }
  const auto same = [](const HttpHeader& one, const HttpHeader& other) {
    return one.name == other.name && one.value == other.value;
  };
  const bool changed = !headers_ || *signing_secret != signing_secret_ ||
                       !std::equal(headers.begin(), headers.end(), headers_->begin(), headers_->end(), same);
  headers_ = std::move(headers);
  signing_secret_ = *std::move(signing_secret);
  version_ += changed ? 1 : 0;
  return changed;
}

}  // namespace elit::daemon
