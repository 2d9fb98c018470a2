#pragma once

#include <boost/json/object.hpp>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/crm/exchange.hpp"
#include "core/crm/sink_design.hpp"
#include "core/delivery/outgoing_message.hpp"
#include "core/delivery/remote_record.hpp"
#include "core/options.hpp"
#include "daemon/delivery/rendered_request.hpp"

namespace elit::daemon {

// Renders the deliveries of one sink of a CRM, batch by batch: what a batch would leave in the CRM is known to the next
// one. The arguments outlive it.
class CrmRendering {
 public:
  CrmRendering(const SinkOptions& sink, const crm::SinkDesign& design, const Rendering& rendering);

  // Appends the requests of a batch. Throws StorageError.
  void deliver(const std::vector<OutgoingMessage>& batch, std::vector<RenderedRequest>& requests);

 private:
  [[nodiscard]] crm::Exchange::Task prepare(const std::vector<OutgoingMessage>& batch) const;
  [[nodiscard]] std::vector<OutgoingMessage> delivered_with(const std::vector<OutgoingMessage>& batch) const;
  void keep(RemoteRecord record);
  [[nodiscard]] const crm::Step& step_named(const std::string& name) const;
  [[nodiscard]] RenderedRequest show(const crm::CrmRequest& request, const crm::CrmRequest& other) const;
  [[nodiscard]] std::set<std::string> names_to_come() const;

  const SinkOptions& sink_;
  const crm::SinkDesign& design_;
  const Rendering& rendering_;
  crm::CredentialValues values_;              // every secret is masked
  crm::CredentialValues others_;              // the same with another mask
  std::optional<boost::json::object> found_;  // by the steps of the sink
  std::vector<RemoteRecord> known_;           // what batches before would have left
  std::vector<OutgoingMessage> delivered_;    // in batches before
};

}  // namespace elit::daemon
