#include "core/simulator/passage.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "core/simulator/content.hpp"
#include "core/simulator/timestamp_form.hpp"

namespace elit::simulator {

std::vector<Passage> passages(const World& world, const ElitbuzzApi& api, const std::vector<Received>& arrived,
                              const LedgerQuery& query, Instant now) {
  std::unordered_map<std::string, std::vector<Instant>> arrivals;
  for (const Received& received : arrived) {
    if (query.source.empty() || received.source == query.source) {
      arrivals[message_name(received.user_id, received.timestamp, received.content)].push_back(received.arrived);
    }
  }
  std::unordered_map<std::string, std::vector<Passage>> by_name;
  for (const User& user : world.users()) {
    for (const Message& message : user.messages) {
      if (is_expected(user, message, api, query, now)) {
        const std::optional<Instant> instant =
            readable_instant(api.dialect().timestamp, message.instant, message.number);
        by_name[message_name(user.id, instant ? iso_text(*instant) : "", comparable_content(message.text))].push_back(
            {user.id, message.instant, message.visible_from, std::nullopt});
      }
    }
  }
  std::vector<Passage> result;
  for (auto& [name, alike] : by_name) {
    std::sort(alike.begin(), alike.end(),
              [](const Passage& one, const Passage& other) { return one.visible_from < other.visible_from; });
    const std::vector<Instant>& times = arrivals[name];
    for (std::size_t i = 0; i < alike.size(); ++i) {
      if (i < times.size()) {
        alike[i].arrived = times[i];
      }
      result.push_back(std::move(alike[i]));
    }
  }
  return result;
}

}  // namespace elit::simulator
