#pragma once

#include "daemon/delivery/carrier.hpp"
#include "daemon/delivery/file_archive.hpp"

namespace elit::daemon {

// `type: file`: batches become lines of a file, written one after the other.
class ArchiveCarrier final : public Carrier {
 public:
  ArchiveCarrier(const SinkOptions& options, CarrierParts parts);

  [[nodiscard]] boost::asio::awaitable<std::optional<Failure>> recover(storage::SinkId sink,
                                                                       std::set<std::string> unsure) override;
  [[nodiscard]] bool looks_for_unsure() const override { return true; }
  [[nodiscard]] boost::asio::awaitable<DeliveryAnswer> carry(Parcel parcel) override;
  [[nodiscard]] bool reload_secrets() override { return false; }
  void stop() override {}
  void close() override {}

 private:
  CarrierParts parts_;
  FileArchive archive_;
};

}  // namespace elit::daemon
