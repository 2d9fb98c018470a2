#pragma once

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <string>
#include <utility>

#include "core/simulator/crms/simulated_crm.hpp"

namespace elit::simulator {

// One simulated CRM and a client. The test sets the requests and the time.
template <class Vendor>
class VendorClient {
 public:
  HttpResponse send(const std::string& method, const std::string& target, const std::string& body = "",
                    const std::string& content_type = "application/json") {
    HttpRequest request;
    request.method = method;
    request.target = target;
    if (!authorization.empty()) {
      request.headers.push_back({"Authorization", authorization});
    }
    if (!body.empty()) {
      request.headers.push_back({"Content-Type", content_type});
    }
    request.body = body;
    CrmCall call;
    call.now = from_ms(1'769'850'000'000) + elapsed;
    call.elapsed = elapsed;
    call.base_url = "http://crm.test/crm/" + std::string(vendor.name());
    return vendor.answer(request, call);
  }

  HttpResponse post(const std::string& target, const std::string& body) { return send("POST", target, body); }

  // One request with other credentials.
  HttpResponse get_as(const std::string& header, const std::string& target) {
    const std::string before = std::exchange(authorization, header);
    HttpResponse answer = send("GET", target);
    authorization = before;
    return answer;
  }

  HttpResponse post_form(const std::string& target, const std::string& form) {
    return send("POST", target, form, "application/x-www-form-urlencoded");
  }

  Vendor vendor;
  Milliseconds elapsed{0};
  std::string authorization = "Bearer " + std::string(vendor_api_key);
};

// A value inside the body, by JSON pointer, as JSON; "absent" when it is not there.
[[nodiscard]] inline std::string at(const HttpResponse& answer, const std::string& pointer) {
  boost::system::error_code error;
  const boost::json::value body = boost::json::parse(answer.body, error);
  const boost::json::value* found = error ? nullptr : body.find_pointer(pointer, error);
  return found == nullptr ? "absent" : boost::json::serialize(*found);
}

// The request of a client with the right credentials to a token endpoint.
[[nodiscard]] inline std::string refresh_form(const std::string& refresh_token = std::string(vendor_refresh_token)) {
  return "grant_type=refresh_token&client_id=" + std::string(vendor_client_id) +
         "&client_secret=" + std::string(vendor_client_secret) + "&refresh_token=" + refresh_token;
}

}  // namespace elit::simulator
