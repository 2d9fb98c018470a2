#include "daemon/commands/sink_rendering.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <utility>
#include <variant>

#include "core/check.hpp"
#include "core/crm/exchange.hpp"
#include "core/crm/sink_design.hpp"
#include "core/crm/work.hpp"
#include "core/delivery/webhook.hpp"
#include "core/delivery/webhook_signature.hpp"
#include "core/text/percent_encoding.hpp"
#include "core/text/time_text.hpp"
#include "core/text/url.hpp"
#include "storage/status_reader.hpp"

namespace elit::daemon {
namespace {

namespace json = boost::json;
using Messages = std::vector<OutgoingMessage>;

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + ' ' + what + (count == 1 ? "" : "s");
}

RenderedRequest webhook_request(const SinkOptions& sink, const Messages& batch) {
  std::vector<HttpHeader> headers;
  for (const auto& [name, value] : sink.headers) {
    const auto* text = std::get_if<std::string>(&value);
    headers.push_back({name, text != nullptr ? *text : secret_mask});
  }
  const Endpoint endpoint = split_url(sink.url);
  HttpRequest request = webhook_request(endpoint.target, headers, batch);
  if (!sink.sign.secret.name.empty()) {
    request.headers.push_back({std::string(timestamp_header), secret_mask});
    request.headers.push_back({std::string(signature_header), secret_mask});
  }
  RenderedRequest rendered;
  rendered.step = "messages";
  rendered.content = counted(batch.size(), "message");
  rendered.method = std::move(request.method);
  rendered.url = endpoint.base_url + request.target;
  rendered.headers = std::move(request.headers);
  rendered.body = std::move(request.body);
  return rendered;
}

RenderedRequest archive_lines(const SinkOptions& sink, const Messages& batch, Instant at) {
  RenderedRequest rendered;
  rendered.step = "lines";
  rendered.content = counted(batch.size(), "message");
  rendered.method = "APPEND";
  rendered.url = (std::filesystem::path(sink.directory) / (to_rfc3339(at).substr(0, 10) + ".jsonl")).string();
  for (const OutgoingMessage& message : batch) {
    append_message(rendered.body, message);
    rendered.body += '\n';
  }
  return rendered;
}

// Every secret and token of the sink is `mask`. A base URL that the token endpoint would name stays the sink's.
crm::CredentialValues masked_values(const crm::SinkDesign& design, const std::string& mask) {
  json::object secrets;
  for (const crm::Credential& credential : design.preset.credentials) {
    for (const std::string& name : credential.secrets) {
      secrets[name] = mask;
    }
  }
  json::object token;
  if (design.credential().token) {
    for (const auto& [name, locator] : design.credential().token->values) {
      if (name != "base_url") {
        token[name] = mask;
      }
    }
  }
  return {std::move(secrets), std::move(token)};
}

// What stands for something else is no text of the URL and not encoded.
void show_plainly(std::string& url, const std::string& stand_in) {
  const std::string encoded = percent_encode(stand_in);
  for (std::size_t place = url.find(encoded); place != std::string::npos; place = url.find(encoded, place)) {
    url.replace(place, encoded.size(), stand_in);
  }
}

// The deliveries of one sink of a CRM, batch by batch.
class CrmRendering {
 public:
  CrmRendering(const SinkOptions& sink, const Rendering& rendering)
      : sink_(sink),
        design_(*sink.design),
        rendering_(rendering),
        values_(masked_values(design_, secret_mask)),
        others_(masked_values(design_, "###")) {}

  void deliver(const Messages& batch, std::vector<RenderedRequest>& requests) {
    crm::Exchange exchange(design_, prepare(batch));
    for (;;) {
      // What differs when the secrets do is made from them.
      const std::optional<crm::CrmRequest> other = exchange.next(others_);
      const std::optional<crm::CrmRequest> request = exchange.next(values_);
      if (!request || !other) {
        break;
      }
      requests.push_back(show(*request, *other));
      exchange.assume_done();
    }
    crm::ExchangeResult result = exchange.result();
    found_ = std::move(result.sink);
    for (RemoteRecord& record : result.records) {
      keep(std::move(record));
    }
    delivered_.insert(delivered_.end(), batch.begin(), batch.end());
  }

 private:
  crm::Exchange::Task prepare(const Messages& batch) {
    crm::Exchange::Task task;
    task.messages = batch.size();
    task.sink = found_;
    task.bytes_max = sink_.batch.bytes;
    task.work = crm::make_work(design_.work, batch, delivered_with(batch));
    if (!rendering_.ignore_state) {
      task.known = storage::read_remote_records(rendering_.state_directory, sink_.name, crm::record_keys(task.work));
    }
    // What a batch before this one would have left counts more than what is there now.
    task.known.insert(task.known.end(), known_.begin(), known_.end());
    return task;
  }

  // With unit day: what else is in the transcripts of the batch's days.
  [[nodiscard]] Messages delivered_with(const Messages& batch) const {
    if (design_.work.unit != crm::DeliveryUnit::day) {
      return {};
    }
    Messages delivered = storage::read_delivered_messages(rendering_.state_directory, sink_.name,
                                                          crm::touched_days(batch, design_.work.zone));
    delivered.insert(delivered.end(), delivered_.begin(), delivered_.end());
    return delivered;
  }

  void keep(RemoteRecord record) {
    std::erase_if(known_,
                  [&record](const RemoteRecord& one) { return one.user == record.user && one.key == record.key; });
    known_.push_back(std::move(record));
  }

  [[nodiscard]] const crm::Step& step_named(const std::string& name) const {
    const auto& steps = design_.preset.steps;
    const auto place =
        std::find_if(steps.begin(), steps.end(), [&name](const crm::Step& step) { return step.name == name; });
    check(place != steps.end(), "a request belongs to a step of its preset");
    return *place;
  }

  [[nodiscard]] RenderedRequest show(const crm::CrmRequest& request, const crm::CrmRequest& other) const {
    const crm::Step& step = step_named(request.step);
    const bool of_sink = step.item == crm::StepItem::sink;
    const std::string item = of_sink ? "sink" : step.item == crm::StepItem::contact ? "contact" : "activity";
    RenderedRequest rendered;
    rendered.step = request.step;
    rendered.kind = item + " step";
    rendered.content = !of_sink && step.items_max == 1 ? "1 " + item : "";
    rendered.of_messages = !of_sink;
    rendered.method = request.request.method;
    rendered.url = request.base_url + request.request.target;
    if (request.request.target != other.request.target) {
      show_plainly(rendered.url, secret_mask);
    }
    for (const std::string& name : names_to_come()) {
      show_plainly(rendered.url, '(' + name + ')');
    }
    for (std::size_t i = 0; i < request.request.headers.size(); ++i) {
      rendered.headers.push_back(masked(request.request.headers[i], other.request.headers.at(i)));
    }
    rendered.body = request.request.body;
    return rendered;
  }

  // Of what the CRM's answers will bring: it stands in brackets.
  [[nodiscard]] std::set<std::string> names_to_come() const {
    std::set<std::string> names{"contact id", "record id"};
    for (const crm::Step& step : design_.preset.steps) {
      for (const auto* saved : {&step.reply.save, &step.find.save}) {
        for (const auto& [name, locator] : *saved) {
          names.insert(name);
        }
      }
    }
    return names;
  }

  // A header that is encoded or hashed from a secret shows nothing of that but its scheme.
  static HttpHeader masked(const HttpHeader& header, const HttpHeader& other) {
    if (header.value == other.value || header.value.find(secret_mask) != std::string::npos) {
      return header;
    }
    const std::size_t blank = header.value.find(' ');
    const std::string scheme = blank == std::string::npos ? "" : header.value.substr(0, blank + 1);
    return {header.name, scheme + secret_mask};
  }

  const SinkOptions& sink_;
  const crm::SinkDesign& design_;
  const Rendering& rendering_;
  crm::CredentialValues values_;
  crm::CredentialValues others_;
  std::optional<json::object> found_;  // by the steps of the sink
  std::vector<RemoteRecord> known_;    // what batches before would have left
  Messages delivered_;                 // in batches before
};

}  // namespace

std::vector<RenderedRequest> render_requests(const SinkOptions& sink, const Rendering& rendering) {
  std::vector<RenderedRequest> requests;
  std::optional<CrmRendering> crm;
  if (sink.type == SinkType::crm) {
    crm.emplace(sink, rendering);
  }
  const auto size = static_cast<std::size_t>(sink.batch.messages);
  const Messages& messages = rendering.messages;
  for (std::size_t from = 0; from < messages.size(); from += size) {
    const auto begin = messages.begin() + static_cast<std::ptrdiff_t>(from);
    const Messages batch(begin, begin + static_cast<std::ptrdiff_t>(std::min(size, messages.size() - from)));
    if (crm) {
      crm->deliver(batch, requests);
    } else if (sink.type == SinkType::http) {
      requests.push_back(webhook_request(sink, batch));
    } else {
      requests.push_back(archive_lines(sink, batch, rendering.at));
    }
  }
  return requests;
}

}  // namespace elit::daemon
