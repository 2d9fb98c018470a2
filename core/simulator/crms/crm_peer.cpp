#include "core/simulator/crms/crm_peer.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <utility>

#include "core/simulator/crms/espocrm.hpp"
#include "core/simulator/crms/hubspot.hpp"
#include "core/simulator/crms/odoo.hpp"
#include "core/simulator/crms/salesforce.hpp"
#include "core/simulator/crms/zoho.hpp"
#include "core/simulator/setting_request.hpp"
#include "core/simulator/world.hpp"

namespace elit::simulator {

namespace json = boost::json;

CrmPeer::CrmPeer(std::unique_ptr<SimulatedCrm> vendor, std::uint64_t seed)
    : vendor_(std::move(vendor)), random_(random_for(seed, "crm " + std::string(vendor_->name()), 0)) {}

Reply CrmPeer::answer(const HttpRequest& request, const CrmCall& call) {
  const SimulatedCrmFaults& faults = vendor_->faults();
  const Trouble trouble = draw_trouble(faults, call.elapsed, random_);
  if (!carried_out(trouble)) {
    vendor_->settle(call.now, call.elapsed);
    return spoiled(trouble, faults, refused(trouble, call));
  }
  carry_out_late(call);
  const bool writes = request.method != "GET";
  writes_ += writes ? 1 : 0;
  if (writes && faults.late_every > 0 && writes_ % faults.late_every == 0) {
    const Milliseconds late{static_cast<std::int64_t>(faults.late_s * 1000)};
    late_.push_back({request, {call.now + late, call.elapsed + late, call.base_url}});
    return refusal(Trouble::reset, faults, call.now);
  }
  Reply reply;
  reply.answer = vendor_->answer(request, call);
  reply.delay = vendor_->answer_delay();
  return spoiled(trouble, faults, std::move(reply));
}

void CrmPeer::carry_out_late(const CrmCall& call) {
  for (auto late = late_.begin(); late != late_.end();) {
    if (late->call.now > call.now) {
      ++late;
      continue;
    }
    static_cast<void>(vendor_->answer(late->request, late->call));
    late = late_.erase(late);
  }
}

Reply CrmPeer::refused(Trouble trouble, const CrmCall& call) const {
  Reply reply = refusal(trouble, vendor_->faults(), call.now);
  std::optional<HttpResponse> own = vendor_->refusal(trouble);
  if (!own && trouble == Trouble::down) {
    own = text_reply(503, "text/html; charset=utf-8", "<html><body><h1>Service Unavailable</h1></body></html>").answer;
  }
  if (own) {
    for (const HttpHeader& header : reply.answer.headers) {
      if (header.name == "Retry-After") {
        own->headers.push_back(header);
      }
    }
    reply.answer = *std::move(own);
  }
  return reply;
}

Reply CrmPeer::control(const HttpRequest& request, std::string_view verb, const CrmCall& call) {
  // Also applies the end of a revocation, so that the next one takes effect even if no request came in between.
  carry_out_late(call);
  vendor_->settle(call.now, call.elapsed);
  if (verb.empty()) {
    return answer_settings(simulated_crm_fault_settings(), vendor_->faults(), request);
  }
  if (verb == "records" && request.method == "GET") {
    return records();
  }
  if (verb == "records" && request.method == "DELETE") {
    return remove_records(request);
  }
  if (verb == "counts" && request.method == "GET") {
    return counts();
  }
  return json_reply(404, R"({"error":"known are records and counts, with GET"})");
}

Reply CrmPeer::records() const {
  std::string lines;
  for (const CrmRecord& record : vendor_->records()) {
    json::array linked;
    for (const std::string& id : record.linked) {
      linked.emplace_back(id);
    }
    json::object line{{"object", record.object}, {"id", record.id}, {"key", record.key}};
    line["properties"] = record.properties;
    line["linked"] = std::move(linked);
    line["writes"] = record.writes;
    lines += json::serialize(line) + '\n';
  }
  return text_reply(200, "application/x-ndjson", std::move(lines));
}

Reply CrmPeer::remove_records(const HttpRequest& request) {
  const RequestTarget target = parse_target(request.target);
  const auto object = target.value("object");
  if (!object) {
    return json_reply(400, R"({"error":"say which: ?object=NAME"})");
  }
  return json_reply(200, json::serialize(json::object{{"removed", vendor_->remove_all(std::string(*object))}}));
}

Reply CrmPeer::counts() const {
  const SimulatedCrmCounts& counts = vendor_->counts();
  const json::object body{{"requests", counts.requests},
                          {"token_requests", counts.token_requests},
                          {"tokens_given", counts.tokens_given},
                          {"invalid_requests", counts.invalid_requests}};
  return json_reply(200, json::serialize(body));
}

std::vector<std::unique_ptr<SimulatedCrm>> all_crms() {
  std::vector<std::unique_ptr<SimulatedCrm>> vendors;
  vendors.push_back(std::make_unique<HubSpot>());
  vendors.push_back(std::make_unique<Salesforce>());
  vendors.push_back(std::make_unique<Zoho>());
  vendors.push_back(std::make_unique<Odoo>());
  vendors.push_back(std::make_unique<EspoCrm>());
  return vendors;
}

std::string crm_names() {
  std::string names;
  for (const std::unique_ptr<SimulatedCrm>& vendor : all_crms()) {
    names += (names.empty() ? "" : ", ") + std::string(vendor->name());
  }
  return names;
}

}  // namespace elit::simulator
