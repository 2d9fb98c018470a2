#pragma once

#include <boost/json/value.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "core/simulator/crms/simulated_crm.hpp"

// Simulated CRMs for the presets that have none in core/simulator/crms. Each is a small table of answers in the form
// that the CRM's documentation shows. They keep records and enforce only the rules that prevent doubles: keys, ids,
// searches.
namespace elit::crm::rig {

// A request, taken apart.
struct Ask {
  std::smatch parts;  // of the path, by the route's groups
  std::map<std::string, std::string> query;
  boost::json::value body;  // null where there is none

  [[nodiscard]] std::string part(std::size_t number) const { return parts[number].str(); }
  // The text of a member of the body, by its pointer; empty where there is none.
  [[nodiscard]] std::string text(const char* pointer) const;
};

class SmallCrm : public simulator::SimulatedCrm {
 public:
  struct Route {
    std::string method;
    std::string path;  // a regular expression for the whole of it
    std::function<HttpResponse(SmallCrm&, const Ask&)> answer;
  };

  SmallCrm(std::string name, std::vector<Route> routes) : name_(std::move(name)), routes_(std::move(routes)) {}

  [[nodiscard]] std::string_view name() const override { return name_; }
  HttpResponse answer(const HttpRequest& request, const simulator::CrmCall& call) override;

  bool remove(const std::string& object, const std::string& id) override;

  // For routes. A record gets `id`, or the next number.
  simulator::CrmRecord& create(const std::string& object, boost::json::object properties, std::string id = {});
  [[nodiscard]] simulator::CrmRecord* by_id(const std::string& object, const std::string& id);
  [[nodiscard]] std::vector<simulator::CrmRecord*> having(const std::string& object, const std::string& property,
                                                          const std::string& value);

  // Called first; what it returns is the answer.
  std::function<std::optional<HttpResponse>(const HttpRequest&)> interrupt;
  std::vector<std::string> strangers;  // requests that no route takes

 private:
  std::string name_;
  std::vector<Route> routes_;
  int ids_ = 100;
};

// The simulated CRM of the preset.
[[nodiscard]] std::unique_ptr<SmallCrm> small_crm(const std::string& preset);

}  // namespace elit::crm::rig
