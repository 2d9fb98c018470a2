#include "core/simulator/passage.hpp"

#include <deque>
#include <string>
#include <unordered_map>

#include "core/simulator/content.hpp"
#include "core/simulator/timestamp_form.hpp"

namespace elit::simulator {

std::vector<Passage> passages(const World& world, const ElitbuzzApi& api, const Crm& crm, const LedgerQuery& query,
                              Instant now) {
  std::unordered_map<std::string, std::deque<Instant>> arrivals;
  for (const Received& received : crm.received()) {
    if (query.source.empty() || received.source == query.source) {
      arrivals[message_name(received.user_id, received.timestamp, received.content)].push_back(received.arrived);
    }
  }
  std::vector<Passage> result;
  for (const User& user : world.users()) {
    for (const Message& message : user.messages) {
      if (!is_expected(user, message, api, query, now)) {
        continue;
      }
      const std::optional<Instant> instant = readable_instant(api.dialect().timestamp, message.instant, message.number);
      std::deque<Instant>& of_message =
          arrivals[message_name(user.id, instant ? iso_text(*instant) : "", comparable_content(message.text))];
      Passage passage{message.visible_from, std::nullopt};
      if (!of_message.empty()) {
        passage.arrived = of_message.front();
        of_message.pop_front();
      }
      result.push_back(passage);
    }
  }
  return result;
}

}  // namespace elit::simulator
