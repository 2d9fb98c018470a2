#pragma once

#include <boost/json/value.hpp>

#include <map>

#include "core/crm/exchange.hpp"
#include "core/crm/pacer.hpp"
#include "core/crm/sink_design.hpp"
#include "core/crm/token_keeper.hpp"
#include "daemon/delivery/sink_client.hpp"
#include "daemon/time/waiting.hpp"

namespace elit::daemon {

// The CRMs with a preset: makes a batch into contacts and activities and carries out their exchange, request by
// request. What the CRM then holds is kept in the state before the answer is given.
class CrmClient final : public SinkClient {
 public:
  // `options` and `design` outlive it.
  CrmClient(const SinkOptions& options, const crm::SinkDesign& design, SinkClientParts parts);

  [[nodiscard]] boost::asio::awaitable<std::optional<Failure>> recover(storage::SinkId sink,
                                                                       std::set<std::string> unsure) override;
  [[nodiscard]] boost::asio::awaitable<DeliveryAnswer> send(Batch batch) override;
  [[nodiscard]] bool reload_secrets() override;
  void stop() override;
  void close() override;

 private:
  [[nodiscard]] boost::asio::awaitable<crm::Exchange::Task> prepare(Batch batch);
  [[nodiscard]] boost::asio::awaitable<void> run(crm::Exchange& exchange);
  // Sees to it that there is a token that may be used; one request for all that wait for it. False: the exchange was
  // given up.
  [[nodiscard]] boost::asio::awaitable<bool> prove_identity(crm::Exchange& exchange);
  [[nodiscard]] boost::asio::awaitable<crm::TokenKeeper::Outcome> renew_token();
  void conceal_tokens();
  // Users whose contacts others made: those of this attempt, and those that were known before it.
  void tell_adopted(const std::set<DeliveryUserId>& now, const std::set<DeliveryUserId>& before);
  [[nodiscard]] boost::asio::awaitable<void> wait_for_pace();
  [[nodiscard]] boost::asio::awaitable<Result<HttpResponse>> send_request(crm::CrmRequest request);
  void tell_token_file(const std::optional<Failure>& failure);
  void tell_refused(const std::vector<crm::RefusedFields>& refused) const;
  [[nodiscard]] boost::asio::awaitable<void> keep(std::vector<RemoteRecord> records);

  const SinkOptions& options_;
  const crm::SinkDesign& design_;
  SinkClientParts parts_;
  storage::SinkId sink_ = 0;
  crm::TokenKeeper tokens_;
  crm::Pacer pacer_;
  AsyncEvent renewed_;
  AsyncEvent stopped_;
  std::map<std::string, std::unique_ptr<Transport>> transports_;  // by base URL
  std::optional<boost::json::value> secrets_;                     // absent: one cannot be read
  int secrets_version_ = 0;
  std::set<crm::RecordKey> absent_;            // unsure records that were looked for once and not found
  std::optional<boost::json::object> probed_;  // what the preset's steps of the sink found; absent: not yet
  bool renewing_ = false;
  bool token_file_failed_ = false;
  crm::TokenKeeper::Outcome latest_;  // of the latest renewal
  std::int64_t adopted_ = 0;          // contacts that others made, since the start
  bool stopping_ = false;
};

}  // namespace elit::daemon
