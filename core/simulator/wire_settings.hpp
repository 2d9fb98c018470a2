#pragma once

#include <array>
#include <vector>

#include "core/simulator/faults.hpp"
#include "core/simulator/setting.hpp"

namespace elit::simulator {

// A fault of a share of the requests.
struct ShareOf {
  Trouble trouble;
  double WireFaults::*share;
  const char* key;
  const char* meaning;
};

inline constexpr std::array<ShareOf, 11> trouble_shares{{
    {Trouble::server_error, &WireFaults::server_errors, "server_errors", "share of 500"},
    {Trouble::throttled, &WireFaults::throttled, "throttled", "share of 429"},
    {Trouble::reset, &WireFaults::resets, "resets", "share of connections closed before anything was done"},
    {Trouble::lost_answer, &WireFaults::lost_answers, "lost_answers", "share of answers lost after all was done"},
    {Trouble::truncated, &WireFaults::truncated, "truncated", "share of connections closed inside the body"},
    {Trouble::hang, &WireFaults::hangs, "hangs", "share of requests that are never answered"},
    {Trouble::slow, &WireFaults::slow, "slow", "share of answers that come after slow_s"},
    {Trouble::garbage, &WireFaults::garbage, "garbage", "share of answers that are not HTTP"},
    {Trouble::broken_json, &WireFaults::broken_json, "broken_json", "share of 200 with half of the body"},
    {Trouble::html, &WireFaults::html, "html", "share of 200 with a maintenance page"},
    {Trouble::drip, &WireFaults::drip, "drip", "share of bodies that are sent byte by byte"},
}};

// The rows of WireFaults for the table of settings of `T`, which derives from WireFaults.
template <class T>
[[nodiscard]] std::vector<Setting<T>> wire_settings() {
  std::vector<Setting<T>> settings;
  for (const ShareOf& row : trouble_shares) {
    settings.push_back(number<T>(row.key, row.share, 0, 1, row.meaning));
  }
  settings.push_back(number<T>("slow_s", &WireFaults::slow_s, 0, 86'400, "seconds that a slow answer takes"));
  settings.push_back(number<T>("latency_s", &WireFaults::latency_s, 0, 86'400, "seconds that every answer takes"));
  settings.push_back(
      count<T>("retry_after_s", &WireFaults::retry_after_s, 0, 1'000'000, "Retry-After with 429 and 503; 0: none"));
  settings.push_back(flag<T>("retry_after_date", &WireFaults::retry_after_date, "Retry-After is a date"));
  settings.push_back(toggle<T>("down", &WireFaults::down, "503 to everything"));
  settings.push_back(toggle<T>("unauthorized", &WireFaults::unauthorized, "401 to everything"));
  settings.push_back(toggle<T>("wrong_address", &WireFaults::wrong_address, "wrong_address_status to everything"));
  settings.push_back(
      count<T>("wrong_address_status", &WireFaults::wrong_address_status, 400, 599, "404, or another status"));
  return settings;
}

}  // namespace elit::simulator
