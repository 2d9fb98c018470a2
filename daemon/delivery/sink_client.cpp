#include "daemon/delivery/sink_client.hpp"

#include <utility>

#include "core/check.hpp"
#include "daemon/delivery/archive_client.hpp"
#include "daemon/delivery/crm_client.hpp"
#include "daemon/delivery/webhook_client.hpp"

namespace elit::daemon {

std::unique_ptr<SinkClient> make_sink_client(const SinkOptions& options, SinkClientParts parts) {
  switch (options.type) {
    case SinkType::http:
      return std::make_unique<WebhookClient>(options, std::move(parts));
    case SinkType::file:
      return std::make_unique<ArchiveClient>(options, std::move(parts));
    case SinkType::crm:
      return std::make_unique<CrmClient>(options, std::move(parts));
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
