#include "daemon/delivery/carrier.hpp"

#include <utility>

#include "core/check.hpp"
#include "daemon/delivery/archive_carrier.hpp"
#include "daemon/delivery/crm_carrier.hpp"
#include "daemon/delivery/webhook_carrier.hpp"

namespace elit::daemon {

std::unique_ptr<Carrier> make_carrier(const SinkOptions& options, CarrierParts parts) {
  switch (options.type) {
    case SinkType::http:
      return std::make_unique<WebhookCarrier>(options, std::move(parts));
    case SinkType::file:
      return std::make_unique<ArchiveCarrier>(options, std::move(parts));
    case SinkType::crm:
      return std::make_unique<CrmCarrier>(options, std::move(parts));
  }
  check(false, "a sink has one of the known types");
  return nullptr;
}

TransportSettings sink_transport_settings(const SinkOptions& options, const std::string& base_url) {
  TransportSettings settings;
  settings.base_url = base_url;
  settings.options = options.transport;
  settings.total_timeout = options.timeout;
  settings.header_timeout = options.timeout;
  settings.body_idle_timeout = options.timeout;
  settings.connections_max = options.concurrency;
  return settings;
}

}  // namespace elit::daemon
