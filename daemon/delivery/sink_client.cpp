#include "daemon/delivery/sink_client.hpp"

namespace elit::daemon {

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
