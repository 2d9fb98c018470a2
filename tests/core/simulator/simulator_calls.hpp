#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "core/simulator/simulator.hpp"

namespace elit::simulator {

inline constexpr Instant start_of_tests = from_ms(1'769'850'000'000);  // 2026-01-31T09:00:00Z

// A small world with two days of history and no new messages.
[[nodiscard]] inline SimulatorOptions quiet_options() {
  SimulatorOptions options;
  options.account.api_key = "the-key";
  options.world.start = start_of_tests;
  options.world.users = 8;
  options.world.history = std::chrono::hours{48};
  options.world.arrivals_per_minute = 0;
  return options;
}

[[nodiscard]] inline std::string bot_path() {
  return "/bot-api/v1.0/customer/4660/bot/6bc26c50902b4838";
}

[[nodiscard]] inline Reply get(Simulator& simulator, const std::string& target, Instant now = start_of_tests,
                               const std::string& key = "the-key") {
  HttpRequest request;
  request.target = target;
  request.headers = {{"authorization", "Basic " + key}};
  return simulator.answer(request, now);
}

[[nodiscard]] inline Reply get_users(Simulator& simulator, const std::string& more = "", Instant now = start_of_tests) {
  return get(simulator, bot_path() + "/users?attribute_name=user.channel&attribute_value=whatsapp" + more, now);
}

[[nodiscard]] inline Reply get_conversations(Simulator& simulator, const std::string& user_id,
                                             const std::string& query = "", Instant now = start_of_tests) {
  return get(simulator, bot_path() + "/channel-user/" + user_id + "/conversations?" + query, now);
}

[[nodiscard]] inline Reply post(Simulator& simulator, const std::string& target, const std::string& body,
                                const std::string& idempotency_key = "", Instant now = start_of_tests) {
  HttpRequest request;
  request.method = "POST";
  request.target = target;
  request.headers = {{"Content-Type", "application/json"}};
  if (!idempotency_key.empty()) {
    request.headers.push_back({"Idempotency-Key", idempotency_key});
  }
  request.body = body;
  return simulator.answer(request, now);
}

[[nodiscard]] inline boost::json::value body_of(const Reply& reply) {
  return boost::json::parse(reply.answer.body);
}

// The rows of a page in the default shape.
[[nodiscard]] inline boost::json::array rows_of(const Reply& reply) {
  return body_of(reply).as_object().at("conversations").as_array();
}

// The texts of those rows.
[[nodiscard]] inline std::vector<std::string> responses_of(const Reply& reply) {
  std::vector<std::string> texts;
  for (const boost::json::value& row : rows_of(reply)) {
    texts.emplace_back(row.as_object().at("response").as_string().c_str());
  }
  return texts;
}

}  // namespace elit::simulator
