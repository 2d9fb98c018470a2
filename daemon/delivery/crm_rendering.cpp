#include "daemon/delivery/crm_rendering.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "core/check.hpp"
#include "core/crm/work.hpp"
#include "core/text/percent_encoding.hpp"
#include "storage/status_reader.hpp"

namespace elit::daemon {
namespace {

namespace json = boost::json;
using Messages = std::vector<OutgoingMessage>;

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

// Undoes the percent encoding of a placeholder in a URL.
void show_plainly(std::string& url, const std::string& stand_in) {
  const std::string encoded = percent_encode(stand_in);
  for (std::size_t place = url.find(encoded); place != std::string::npos; place = url.find(encoded, place)) {
    url.replace(place, encoded.size(), stand_in);
  }
}

// A header that is encoded or hashed from a secret shows nothing of that but its scheme.
HttpHeader masked(const HttpHeader& header, const HttpHeader& other) {
  if (header.value == other.value || header.value.find(secret_mask) != std::string::npos) {
    return header;
  }
  const std::size_t blank = header.value.find(' ');
  const std::string scheme = blank == std::string::npos ? "" : header.value.substr(0, blank + 1);
  return {header.name, scheme + secret_mask};
}

}  // namespace

CrmRendering::CrmRendering(const SinkOptions& sink, const crm::SinkDesign& design, const Rendering& rendering)
    : sink_(sink),
      design_(design),
      rendering_(rendering),
      values_(masked_values(design_, secret_mask)),
      others_(masked_values(design_, "###")) {}

void CrmRendering::deliver(const Messages& batch, std::vector<RenderedRequest>& requests) {
  crm::Exchange exchange(design_, prepare(batch));
  for (;;) {
    // A part that differs between the two masks is made from a secret.
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

crm::Exchange::Task CrmRendering::prepare(const Messages& batch) const {
  crm::Exchange::Task task;
  task.messages = batch.size();
  task.sink = found_;
  task.bytes_max = sink_.batch.bytes;
  task.now = rendering_.at;
  task.work = crm::make_work(design_.work, batch, delivered_with(batch));
  if (!rendering_.ignore_state) {
    task.known = storage::read_remote_records(rendering_.state_directory, sink_.name, crm::record_keys(task.work));
  }
  // The records that earlier batches would have left replace those that are there now.
  task.known.insert(task.known.end(), known_.begin(), known_.end());
  return task;
}

// With unit day: the other messages in the transcripts of the batch's days.
std::vector<OutgoingMessage> CrmRendering::delivered_with(const Messages& batch) const {
  if (design_.work.unit != crm::DeliveryUnit::day) {
    return {};
  }
  Messages delivered = storage::read_delivered_messages(rendering_.state_directory, sink_.name,
                                                        crm::touched_days(batch, design_.work.zone));
  delivered.insert(delivered.end(), delivered_.begin(), delivered_.end());
  return delivered;
}

void CrmRendering::keep(RemoteRecord record) {
  std::erase_if(known_,
                [&record](const RemoteRecord& one) { return one.user == record.user && one.key == record.key; });
  known_.push_back(std::move(record));
}

const crm::Step& CrmRendering::step_named(const std::string& name) const {
  const auto& steps = design_.preset.steps;
  const auto place =
      std::find_if(steps.begin(), steps.end(), [&name](const crm::Step& step) { return step.name == name; });
  check(place != steps.end(), "a request belongs to a step of its preset");
  return *place;
}

RenderedRequest CrmRendering::show(const crm::CrmRequest& request, const crm::CrmRequest& other) const {
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

// The names of values that the CRM's answers will bring; they are shown in brackets.
std::set<std::string> CrmRendering::names_to_come() const {
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

}  // namespace elit::daemon
