#include <charconv>
#include <utility>

#include "core/simulator/crms/batch_results.hpp"
#include "core/simulator/crms/hubspot.hpp"
#include "core/simulator/crms/json_body.hpp"
#include "core/simulator/request_target.hpp"

// Creates and reads links between activities and contacts.
namespace elit::simulator {
namespace {

namespace json = boost::json;

constexpr std::size_t pairs_max = 2000;
constexpr std::size_t reads_max = 1000;
constexpr std::size_t page_size = 500;

HubSpotError mistake(std::string message) {
  HubSpotError error;
  error.message = std::move(message);
  return error;
}

const json::array* inputs_of(const json::object& body, std::size_t most) {
  const json::array* inputs = array_member(body, "inputs");
  return inputs == nullptr || inputs->empty() || inputs->size() > most ? nullptr : inputs;
}

std::optional<std::string> id_in(const json::value& element, std::string_view member) {
  const json::object* object = element.if_object();
  const json::object* side = object == nullptr ? nullptr : object_member(*object, member);
  return side == nullptr ? std::nullopt : text_member(*side, "id");
}

std::int64_t type_of(std::string_view from, std::string_view to) {
  const bool from_contact = from == "contacts";
  const bool communication = from == "communications" || to == "communications";
  return communication ? (from_contact ? 82 : 81) : (from_contact ? 201 : 202);
}

json::object side(const std::string& id) {
  return {{"id", id}};
}

std::string singular(const std::string& object) {
  return object.substr(0, object.size() - 1);
}

}  // namespace

HttpResponse HubSpot::associate(const json::object& body, const std::string& from, const std::string& to,
                                const CrmCall& call) {
  const json::array* inputs = inputs_of(body, pairs_max);
  if (inputs == nullptr) {
    return refuse(mistake("Invalid input JSON: inputs has 1 to " + std::to_string(pairs_max) + " pairs"));
  }
  for (const json::value& element : *inputs) {
    if (!id_in(element, "from") || !id_in(element, "to")) {
      return refuse(mistake(R"(Invalid input JSON: a pair is {"from": {"id": ...}, "to": {"id": ...}})"));
    }
  }
  const bool from_contact = from == "contacts";
  Outcome outcome;
  for (const json::value& element : *inputs) {
    const std::string from_id = *id_in(element, "from");
    const std::string to_id = *id_in(element, "to");
    const std::string& contact = from_contact ? from_id : to_id;
    const bool linked = table_.find("contacts", contact) != nullptr &&
                        table_.link(from_contact ? to : from, from_contact ? to_id : from_id, contact);
    if (!linked) {
      HubSpotError missing = mistake("One of the records does not exist: " + from_id + ", " + to_id);
      missing.category = "OBJECT_NOT_FOUND";
      missing.context = hubspot_context("fromObjectId", from_id);
      missing.context["toObjectId"] = hubspot_context("toObjectId", to_id).at("toObjectId");
      outcome.errors.push_back(hubspot_item(missing));
      continue;
    }
    json::object type{{"associationCategory", "HUBSPOT_DEFINED"}, {"associationTypeId", type_of(from, to)}};
    json::object result;
    result["from"] = side(from_id);
    result["to"] = side(to_id);
    result["associationSpec"] = std::move(type);
    outcome.results.push_back(std::move(result));
  }
  outcome.results = shuffled(mentioned(std::move(outcome.results), faults_), faults_, random_);
  return batch_answer(200, std::move(outcome), call);
}

std::vector<std::string> HubSpot::associated(const std::string& from, const std::string& to,
                                             const std::string& id) const {
  std::vector<std::string> found;
  if (from != "contacts") {
    if (const CrmRecord* activity = table_.find(from, id)) {
      found.assign(activity->linked.begin(), activity->linked.end());
    }
    return found;
  }
  for (const CrmRecord* activity : table_.all(to)) {
    if (activity->linked.contains(id)) {
      found.push_back(activity->id);
    }
  }
  return found;
}

HttpResponse HubSpot::read_associations(const json::object& body, const std::string& from, const std::string& to,
                                        const CrmCall& call) const {
  const json::array* inputs = inputs_of(body, reads_max);
  if (inputs == nullptr) {
    return refuse(mistake("Invalid input JSON: inputs has 1 to " + std::to_string(reads_max) + " records"));
  }
  Outcome outcome;
  for (const json::value& element : *inputs) {
    const json::object* input = element.if_object();
    const std::optional<std::string> id = input == nullptr ? std::nullopt : text_member(*input, "id");
    const std::optional<std::int64_t> after =
        input == nullptr ? std::nullopt : parse_integer(text_member(*input, "after").value_or("0"));
    if (!id || !after || *after < 0) {
      return refuse(mistake(R"(Invalid input JSON: a record is {"id": ...} and, for its next page, "after")"));
    }
    const std::vector<std::string> found = associated(from, to, *id);
    if (found.empty()) {
      HubSpotError none = mistake("No " + singular(to) + " is associated with " + singular(from) + " " + *id + ".");
      none.category = "OBJECT_NOT_FOUND";
      none.context = hubspot_context("fromObjectId", *id);
      json::object item = hubspot_item(none);
      item["subCategory"] = "crm.associations.NO_ASSOCIATIONS_FOUND";
      outcome.errors.push_back(std::move(item));
      continue;
    }
    json::array page;
    const auto first = static_cast<std::size_t>(*after);
    for (std::size_t i = first; i < found.size() && i < first + page_size; ++i) {
      json::object type{{"category", "HUBSPOT_DEFINED"}, {"typeId", type_of(from, to)}, {"label", nullptr}};
      json::array types;
      types.push_back(std::move(type));
      json::object target{{"toObjectId", found[i]}};
      target["associationTypes"] = std::move(types);
      page.push_back(std::move(target));
    }
    json::object result;
    result["from"] = side(*id);
    result["to"] = std::move(page);
    if (first + page_size < found.size()) {
      json::object next{{"after", std::to_string(first + page_size)}, {"link", ""}};
      json::object paging;
      paging["next"] = std::move(next);
      result["paging"] = std::move(paging);
    }
    outcome.results.push_back(std::move(result));
  }
  return batch_answer(200, std::move(outcome), call);
}

}  // namespace elit::simulator
