#pragma once

#include "daemon/delivery/file_archive.hpp"
#include "daemon/delivery/sink_client.hpp"

namespace elit::daemon {

// `type: file`: batches become lines of a file, written one after the other.
class ArchiveClient final : public SinkClient {
 public:
  ArchiveClient(const SinkOptions& options, SinkClientParts parts);

  [[nodiscard]] boost::asio::awaitable<std::optional<Failure>> recover(storage::SinkId sink,
                                                                       std::set<std::string> unsure) override;
  [[nodiscard]] bool looks_for_unsure() const override { return true; }
  [[nodiscard]] boost::asio::awaitable<DeliveryAnswer> send(Batch batch) override;
  [[nodiscard]] bool reload_secrets() override { return false; }
  void stop() override {}
  void close() override {}

 private:
  SinkClientParts parts_;
  FileArchive archive_;
};

}  // namespace elit::daemon
