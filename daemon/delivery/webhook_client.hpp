#pragma once

#include "core/http_message.hpp"
#include "daemon/delivery/sink_client.hpp"

namespace elit::daemon {

// `type: http`: one POST a batch.
class WebhookClient final : public SinkClient {
 public:
  WebhookClient(const SinkOptions& options, SinkClientParts parts);

  [[nodiscard]] boost::asio::awaitable<std::optional<Failure>> recover(storage::SinkId sink,
                                                                       std::set<std::string> unsure) override;
  [[nodiscard]] boost::asio::awaitable<DeliveryAnswer> send(Batch batch) override;
  [[nodiscard]] bool reload_secrets() override;
  void stop() override { stopping_ = true; }
  void close() override { transport_->close(); }

 private:
  const SinkOptions& options_;
  SinkClientParts parts_;
  std::unique_ptr<Transport> transport_;
  std::string target_;
  std::optional<std::vector<HttpHeader>> headers_;  // absent: a secret cannot be read
  std::string signing_secret_;                      // empty: requests are not signed
  int version_ = 0;                                 // counts how often the headers or that secret became others
  bool stopping_ = false;
};

}  // namespace elit::daemon
