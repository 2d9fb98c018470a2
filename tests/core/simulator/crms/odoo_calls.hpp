#pragma once

#include <gtest/gtest.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <string>
#include <utility>
#include <vector>

#include "core/simulator/crms/odoo.hpp"

namespace elit::simulator {

inline constexpr Instant start_of_odoo = from_ms(1'769'850'000'000);  // 2026-01-31T09:00:00Z

// A context that keeps dates in UTC and that repeats do not change.
[[nodiscard]] inline boost::json::object replay_context() {
  return {{"mode", "update"}, {"noupdate", true}, {"tracking_disable", true}, {"tz", "UTC"}};
}

// A list of one; braces alone would copy an array instead.
[[nodiscard]] inline boost::json::array in_list(boost::json::value value) {
  boost::json::array list;
  list.push_back(std::move(value));
  return list;
}

class OdooOfTests : public testing::Test {
 protected:
  HttpResponse post(const std::string& target, const std::string& body, std::vector<HttpHeader> headers) {
    HttpRequest request;
    request.method = "POST";
    request.target = target;
    request.headers = std::move(headers);
    request.body = body;
    return answer(request);
  }

  HttpResponse answer(const HttpRequest& request) {
    CrmCall call;
    call.now = start_of_odoo + elapsed_;
    call.elapsed = elapsed_;
    call.base_url = "http://localhost/crm/odoo";
    return odoo_.answer(request, call);
  }

  // The whole body of the answer to a JSON-RPC call.
  boost::json::value rpc(const std::string& service, const std::string& method, const boost::json::array& arguments) {
    const boost::json::object parameters{{"service", service}, {"method", method}, {"args", arguments}};
    const boost::json::object call{{"jsonrpc", "2.0"}, {"method", "call"}, {"id", 5}, {"params", parameters}};
    const HttpResponse answered =
        post("/jsonrpc", boost::json::serialize(call), {{"Content-Type", "application/json"}});
    EXPECT_EQ(answered.status, 200);
    return boost::json::parse(answered.body);
  }

  boost::json::value execute(const std::string& model, const std::string& method, const boost::json::array& positional,
                             const boost::json::object& named = {}) {
    return rpc("object", "execute_kw", {"sample", 7, "sample-api-key", model, method, positional, named});
  }

  boost::json::object load(const std::string& model, const boost::json::array& fields,
                           const std::vector<boost::json::array>& rows, const boost::json::object& context = {}) {
    const boost::json::array data(rows.begin(), rows.end());
    const boost::json::value said = execute(model, "load", {fields, data}, {{"context", context}});
    EXPECT_TRUE(said.as_object().contains("result")) << said;
    return said.at("result").as_object();
  }

  boost::json::object load_partners(const boost::json::array& names) {
    std::vector<boost::json::array> rows;
    for (const boost::json::value& name : names) {
      rows.push_back(boost::json::array{"elit.user_" + std::string(name.as_string()), name});
    }
    return load("res.partner", {"id", "name"}, rows);
  }

  boost::json::object load_message(const std::string& key, const std::string& contact, const std::string& body,
                                   const boost::json::object& context) {
    const boost::json::array row{"elit." + key,  "res.partner",        contact, body, "comment",
                                 "mail.mt_note", "2026-01-02 03:04:05"};
    return load("mail.message", {"id", "model", "res_id", "body", "message_type", "subtype_id/id", "date"}, {row},
                context);
  }

  static std::string message(const boost::json::object& loaded, std::size_t index) {
    return loaded.at("messages").as_array().at(index).at("message").as_string().c_str();
  }

  static std::int64_t record(const boost::json::object& loaded, std::size_t index) {
    return loaded.at("messages").as_array().at(index).at("record").as_int64();
  }

  Odoo odoo_;
  Milliseconds elapsed_{0};
};

}  // namespace elit::simulator
