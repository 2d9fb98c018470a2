#include "core/simulator/faults.hpp"

#include <utility>

#include "core/simulator/wire_settings.hpp"
#include "core/text/time_text.hpp"

namespace elit::simulator {
namespace {

// A setting whose text is never shown.
template <class T>
Setting<T> secret(std::string key, std::string T::*member, std::string meaning) {
  Setting<T> setting = text<T>(std::move(key), member, {}, std::move(meaning));
  setting.show = [member](const T& target) { return std::string((target.*member).empty() ? "" : "(set)"); };
  return setting;
}

}  // namespace

const std::vector<Setting<ApiFaults>>& api_fault_settings() {
  static const std::vector<Setting<ApiFaults>> settings = [] {
    auto all = wire_settings<ApiFaults>();
    all.push_back(toggle<ApiFaults>("users_empty", &ApiFaults::users_empty, "the list of users is empty"));
    all.push_back(number<ApiFaults>("users_shrunk", &ApiFaults::users_shrunk, 0, 1, "share of the users not listed"));
    all.push_back(text<ApiFaults>("bad_user", &ApiFaults::bad_user, {}, "conversations of this user always fail"));
    all.push_back(count<ApiFaults>("bad_user_status", &ApiFaults::bad_user_status, 400, 599,
                                   "400 (with code 1002) or another status"));
    all.push_back(secret<ApiFaults>("api_key", &ApiFaults::api_key, "the only key accepted from now on"));
    return all;
  }();
  return settings;
}

const std::vector<Setting<CrmFaults>>& crm_fault_settings() {
  static const std::vector<Setting<CrmFaults>> settings = [] {
    auto all = wire_settings<CrmFaults>();
    all.push_back(flag<CrmFaults>("results", &CrmFaults::results, "answers name the outcome of each message"));
    all.push_back(
        number<CrmFaults>("rejected", &CrmFaults::rejected, 0, 1, "share of messages answered with an error"));
    all.push_back(text<CrmFaults>("rejected_user", &CrmFaults::rejected_user, {},
                                  "all messages of this user are answered with an error"));
    all.push_back(flag<CrmFaults>("rejected_retryable", &CrmFaults::rejected_retryable, "that error is retryable"));
    all.push_back(count<CrmFaults>("rejected_times", &CrmFaults::rejected_times, 0, 1'000'000,
                                   "refusals before the message is accepted; 0: it never is"));
    all.push_back(number<CrmFaults>("poison", &CrmFaults::poison, 0, 1, "share of messages that fail a request"));
    all.push_back(
        text<CrmFaults>("poison_user", &CrmFaults::poison_user, {}, "all messages of this user fail their request"));
    all.push_back(count<CrmFaults>("poison_status", &CrmFaults::poison_status, 400, 599,
                                   "the status of requests that fail for a message"));
    all.push_back(number<CrmFaults>("message_s", &CrmFaults::message_s, 0, 86'400,
                                    "seconds that a request takes for each of its messages"));
    all.push_back(count<CrmFaults>("messages_max", &CrmFaults::messages_max, 0, 1'000'000,
                                   "a request with more is answered 413; 0: no limit"));
    all.push_back(secret<CrmFaults>("authorization", &CrmFaults::authorization, "the only Authorization accepted"));
    return all;
  }();
  return settings;
}

Trouble draw_trouble(const WireFaults& faults, Milliseconds elapsed, Random& random) {
  double drawn = random.fraction();
  if (faults.down.active(elapsed)) {
    return Trouble::down;
  }
  if (faults.unauthorized.active(elapsed)) {
    return Trouble::unauthorized;
  }
  if (faults.wrong_address.active(elapsed)) {
    return Trouble::wrong_address;
  }
  for (const ShareOf& row : trouble_shares) {
    if (drawn < faults.*row.share) {
      return row.trouble;
    }
    drawn -= faults.*row.share;
  }
  return Trouble::none;
}

bool carried_out(Trouble trouble) {
  switch (trouble) {
    case Trouble::down:
    case Trouble::unauthorized:
    case Trouble::wrong_address:
    case Trouble::server_error:
    case Trouble::throttled:
    case Trouble::reset:
    case Trouble::hang:
    case Trouble::html:
      return false;
    default:
      return true;
  }
}

Reply refusal(Trouble trouble, const WireFaults& faults, Instant now) {
  Reply reply;
  switch (trouble) {
    case Trouble::unauthorized:
      return json_reply(401, R"({"error":"unauthorized"})");
    case Trouble::wrong_address:
      return json_reply(faults.wrong_address_status, R"({"error":"there is nothing here"})");
    case Trouble::server_error:
      return json_reply(500, R"({"error":"Internal Server Error"})");
    case Trouble::html:
      return text_reply(200, "text/html; charset=utf-8", "<html><body><h1>Down for maintenance</h1></body></html>");
    case Trouble::hang:
      reply.fault = WireFault::hang;
      return reply;
    case Trouble::reset:
      reply.fault = WireFault::close_before_answer;
      return reply;
    default:
      break;
  }
  reply = json_reply(trouble == Trouble::throttled ? 429 : 503, R"({"error":"try again later"})");
  if (faults.retry_after_s > 0) {
    const std::chrono::seconds wait{faults.retry_after_s};
    reply.answer.headers.push_back(
        {"Retry-After", faults.retry_after_date ? to_http_date(now + wait) : std::to_string(wait.count())});
  }
  return reply;
}

Reply spoiled(Trouble trouble, const WireFaults& faults, Reply reply) {
  reply.delay += Milliseconds{static_cast<std::int64_t>(faults.latency_s * 1000)};
  switch (trouble) {
    case Trouble::lost_answer:
      reply.fault = WireFault::close_before_answer;
      break;
    case Trouble::truncated:
      reply.fault = WireFault::close_mid_body;
      break;
    case Trouble::garbage:
      reply.fault = WireFault::garbage;
      break;
    case Trouble::drip:
      reply.fault = WireFault::drip;
      break;
    case Trouble::slow:
      reply.delay += Milliseconds{static_cast<std::int64_t>(faults.slow_s * 1000)};
      break;
    case Trouble::broken_json:
      reply.answer.body.resize(reply.answer.body.size() / 2);
      break;
    default:
      break;
  }
  return reply;
}

}  // namespace elit::simulator
