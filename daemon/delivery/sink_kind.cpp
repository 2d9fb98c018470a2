#include "daemon/delivery/sink_kind.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/check.hpp"
#include "core/crm/guarantee.hpp"
#include "core/crm/sink_design.hpp"
#include "core/delivery/webhook.hpp"
#include "core/delivery/webhook_signature.hpp"
#include "core/text/time_text.hpp"
#include "core/text/url.hpp"
#include "daemon/delivery/archive_client.hpp"
#include "daemon/delivery/crm_client.hpp"
#include "daemon/delivery/crm_rendering.hpp"
#include "daemon/delivery/webhook_client.hpp"

namespace elit::daemon {
namespace {

using Messages = std::vector<OutgoingMessage>;

std::string counted(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " message" : " messages");
}

// Cuts the messages into batches as full as the options let them be.
std::vector<Messages> batches_of(const SinkOptions& sink, const Messages& messages) {
  std::vector<Messages> batches;
  const auto size = static_cast<std::size_t>(sink.batch.messages);
  for (std::size_t from = 0; from < messages.size(); from += size) {
    const auto begin = messages.begin() + static_cast<std::ptrdiff_t>(from);
    batches.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(std::min(size, messages.size() - from)));
  }
  return batches;
}

class WebhookKind final : public SinkKind {
 public:
  using SinkKind::SinkKind;

  [[nodiscard]] std::string target() const override { return options().url.substr(0, options().url.find('?')); }
  [[nodiscard]] std::vector<std::string> guarantee() const override {
    return {
        "at least once, a lost answer is repeated under the same Idempotency-Key and after several losses in smaller "
        "sets: effectively once if the receiver keys on the `key` of each message"};
  }
  [[nodiscard]] std::unique_ptr<SinkClient> make_client(SinkClientParts parts) const override {
    return std::make_unique<WebhookClient>(options(), std::move(parts));
  }
  [[nodiscard]] std::vector<RenderedRequest> render(const Rendering& rendering) const override {
    std::vector<RenderedRequest> requests;
    for (const Messages& batch : batches_of(options(), rendering.messages)) {
      requests.push_back(show(batch));
    }
    return requests;
  }
  [[nodiscard]] std::string rendering_note() const override {
    return std::string("Secrets are shown as ") + secret_mask + '.';
  }

 private:
  [[nodiscard]] RenderedRequest show(const Messages& batch) const {
    std::vector<HttpHeader> headers;
    for (const auto& [name, value] : options().headers) {
      const auto* text = std::get_if<std::string>(&value);
      headers.push_back({name, text != nullptr ? *text : secret_mask});
    }
    const Endpoint endpoint = split_url(options().url);
    HttpRequest request = webhook_request(endpoint.target, headers, batch);
    if (!options().sign.secret.name.empty()) {
      request.headers.push_back({std::string(timestamp_header), secret_mask});
      request.headers.push_back({std::string(signature_header), secret_mask});
    }
    RenderedRequest rendered;
    rendered.step = "messages";
    rendered.content = counted(batch.size());
    rendered.method = std::move(request.method);
    rendered.url = endpoint.base_url + request.target;
    rendered.headers = std::move(request.headers);
    rendered.body = std::move(request.body);
    return rendered;
  }
};

class ArchiveKind final : public SinkKind {
 public:
  using SinkKind::SinkKind;

  [[nodiscard]] std::string target() const override { return options().directory; }
  [[nodiscard]] std::vector<std::string> guarantee() const override { return {"exactly once per line key"}; }
  // An archive is one file: its batches are written one after the other.
  [[nodiscard]] int concurrency() const override { return 1; }
  [[nodiscard]] std::unique_ptr<SinkClient> make_client(SinkClientParts parts) const override {
    return std::make_unique<ArchiveClient>(options(), std::move(parts));
  }
  [[nodiscard]] std::vector<RenderedRequest> render(const Rendering& rendering) const override {
    const std::filesystem::path directory = options().directory;
    std::vector<RenderedRequest> requests;
    for (const Messages& batch : batches_of(options(), rendering.messages)) {
      RenderedRequest& rendered = requests.emplace_back();
      rendered.step = "lines";
      rendered.content = counted(batch.size());
      rendered.method = "APPEND";
      rendered.url = (directory / (to_rfc3339(rendering.at).substr(0, 10) + ".jsonl")).string();
      for (const OutgoingMessage& message : batch) {
        append_message(rendered.body, message);
        rendered.body += '\n';
      }
    }
    return requests;
  }
  [[nodiscard]] std::string rendering_note() const override { return "These lines would be appended."; }
};

class CrmKind final : public SinkKind {
 public:
  CrmKind(const SinkOptions& options, const crm::SinkDesign& design) : SinkKind(options), design_(design) {}

  [[nodiscard]] std::string target() const override { return design_.base_url; }
  [[nodiscard]] std::vector<std::string> guarantee() const override { return crm::guarantee_of(design_.preset); }
  [[nodiscard]] std::string unit() const override {
    return design_.work.unit == crm::DeliveryUnit::message
               ? "one record for each message"
               : fmt::format("one record for each user and day ({})", options().timezone);
  }
  [[nodiscard]] std::string credential() const override {
    const crm::Credential& credential = design_.credential();
    if (credential.secrets.empty()) {
      return fmt::format("credential {}, without secrets", credential.name);
    }
    return fmt::format("credential {} with {}{}", credential.name, fmt::join(credential.secrets, ", "),
                       credential.token ? ", exchanged for tokens" : "");
  }
  [[nodiscard]] int concurrency() const override {
    const int most = design_.preset.pace.concurrency;
    return most > 0 ? std::min(most, options().concurrency) : options().concurrency;
  }
  [[nodiscard]] Milliseconds late_arrival() const override {
    return crm::late_requests_do_harm(design_) ? options().timeout : Milliseconds{0};
  }
  [[nodiscard]] std::unique_ptr<SinkClient> make_client(SinkClientParts parts) const override {
    return std::make_unique<CrmClient>(options(), design_, std::move(parts));
  }
  [[nodiscard]] std::vector<RenderedRequest> render(const Rendering& rendering) const override {
    std::vector<RenderedRequest> requests;
    CrmRendering batches(options(), design_, rendering);
    for (const Messages& batch : batches_of(options(), rendering.messages)) {
      batches.deliver(batch, requests);
    }
    return requests;
  }
  [[nodiscard]] std::string rendering_note() const override {
    return fmt::format(
        "Secrets are shown as {}. What stands in brackets, such as (contact id), will come from the CRM's answers "
        "(null "
        "where it has to be a number); shown is what follows when searches find nothing and everything is accepted.{}",
        secret_mask,
        design_.credential().token ? " Before them goes a request for an access token, if there is none." : "");
  }

 private:
  const crm::SinkDesign& design_;
};

}  // namespace

std::unique_ptr<SinkKind> sink_kind(const SinkOptions& options, const crm::SinkDesigns& designs) {
  switch (options.type) {
    case SinkType::http:
      return std::make_unique<WebhookKind>(options);
    case SinkType::file:
      return std::make_unique<ArchiveKind>(options);
    case SinkType::crm: {
      const auto design = designs.find(options.name);
      check(design != designs.end(), "the sink of a CRM has a design");
      return std::make_unique<CrmKind>(options, design->second);
    }
  }
  check(false, "a sink has one of the known types");
  return nullptr;
}

std::string sink_type(const SinkOptions& options) {
  return options.type == SinkType::crm ? options.crm : options.type == SinkType::file ? "file" : "http";
}

bool uses_network(const SinkOptions& options) {
  return options.type != SinkType::file;
}

}  // namespace elit::daemon
