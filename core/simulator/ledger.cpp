#include "core/simulator/ledger.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "core/simulator/content.hpp"
#include "core/simulator/timestamp_form.hpp"

namespace elit::simulator {
namespace {

// A group of messages that readers cannot tell apart.
struct Group {
  std::string user_id;
  std::uint64_t expected = 0;  // within the query, of a listed user
  std::uint64_t possible = 0;  // visible, with or without the query
  std::uint64_t received = 0;
  std::optional<Instant> instant;
  std::optional<Instant> served;  // when the last of them was first served; absent: one was not served yet
};

using Groups = std::unordered_map<std::string, Group>;

void enter(Groups& groups, const User& user, const Message& message, const std::string& text, TimestampForm form,
           bool expected) {
  const std::optional<Instant> instant = readable_instant(form, message.instant, message.number);
  Group& group = groups[message_name(user.id, instant ? iso_text(*instant) : "", comparable_content(text))];
  const bool first = group.possible++ == 0;
  group.user_id = user.id;
  group.expected += expected ? 1U : 0U;
  group.instant = instant;
  if (first) {
    group.served = message.first_served;
  } else if (group.served) {
    group.served = message.first_served ? std::max(group.served, message.first_served) : std::nullopt;
  }
}

// The messages of one user in the order of arrival.
struct Arrival {
  const Received* received;
  Instant instant;
  std::optional<Instant> served;
};

std::uint64_t order_violations(const std::vector<Arrival>& arrivals) {
  std::uint64_t violations = 0;
  Instant newest = Instant::min();
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    const Arrival& late = arrivals[i];
    if (late.instant >= newest || late.received->refused_before) {
      newest = std::max(newest, late.instant);
      continue;
    }
    // The newer message that arrived last gave the sender the most time to know this one.
    for (std::size_t j = i; j-- > 0;) {
      const Arrival& newer = arrivals[j];
      if (newer.instant > late.instant) {
        const bool together = newer.received->request == late.received->request;
        const bool known = late.served && *late.served + order_grace <= newer.received->arrived;
        violations += together || known ? 1U : 0U;
        break;
      }
    }
  }
  return violations;
}

}  // namespace

Ledger take_ledger(const World& world, const ElitbuzzApi& api, const Crm& crm, const LedgerQuery& query, Instant now) {
  Ledger ledger = take_ledger(world, api, crm.received(), query, now);
  ledger.crm_refused = crm.refused();
  ledger.crm = crm.counts();
  return ledger;
}

Ledger take_ledger(const World& world, const ElitbuzzApi& api, const std::vector<Received>& arrived,
                   const LedgerQuery& query, Instant now) {
  Ledger ledger;
  Groups groups;
  const TimestampForm form = api.dialect().timestamp;
  ledger.users = world.users().size();
  for (const User& user : world.users()) {
    ledger.users_matching += user.listed ? 1U : 0U;
    for (const Message& message : user.messages) {
      if (!api.shows(message, now)) {
        continue;
      }
      const bool expected = is_expected(user, message, api, query, now);
      ledger.messages_visible += expected ? 1U : 0U;
      ledger.messages_served += expected && message.first_served ? 1U : 0U;
      enter(groups, user, message, message.text, form, expected);
      for (const std::string& former : message.former_texts) {
        enter(groups, user, message, former, form, false);
      }
    }
  }
  std::unordered_map<std::string, std::vector<Arrival>> arrivals;
  for (const Received& received : arrived) {
    if (!query.source.empty() && received.source != query.source) {
      continue;
    }
    ++ledger.crm_received;
    const auto found = groups.find(message_name(received.user_id, received.timestamp, received.content));
    if (found == groups.end()) {
      ++ledger.unexpected;
      continue;
    }
    Group& group = found->second;
    if (++group.received > group.possible) {
      ++ledger.unexpected;
    }
    if (group.instant) {
      arrivals[received.user_id].push_back({&received, *group.instant, group.served});
    }
  }
  std::unordered_set<std::string> incomplete;
  for (const auto& [name, group] : groups) {
    if (group.received < group.expected) {
      ledger.missing += group.expected - group.received;
      incomplete.insert(group.user_id);
    }
  }
  ledger.missing_users.assign(incomplete.begin(), incomplete.end());
  std::sort(ledger.missing_users.begin(), ledger.missing_users.end());
  ledger.missing_users.resize(std::min<std::size_t>(ledger.missing_users.size(), 10));
  for (const auto& [user, list] : arrivals) {
    ledger.crm_order_violations += order_violations(list);
  }
  ledger.api_requests = api.requests();
  return ledger;
}

bool is_expected(const User& user, const Message& message, const ElitbuzzApi& api, const LedgerQuery& query,
                 Instant now) {
  return user.listed && api.shows(message, now) && message.instant >= query.since.value_or(Instant::min()) &&
         message.visible_from <= query.visible_until.value_or(now);
}

std::string message_name(const std::string& user_id, const std::string& timestamp, const std::string& content) {
  return user_id + '\x1F' + timestamp + '\x1F' + content;
}

std::string ledger_json(const Ledger& ledger) {
  boost::json::array users;
  for (const std::string& user : ledger.missing_users) {
    users.emplace_back(user);
  }
  boost::json::object object;
  object["balanced"] = ledger.balanced();
  object["users"] = ledger.users;
  object["users_matching"] = ledger.users_matching;
  object["messages_visible"] = ledger.messages_visible;
  object["messages_served"] = ledger.messages_served;
  object["crm_received"] = ledger.crm_received;
  object["crm_repeats_same_key"] = ledger.crm.repeats_same_key;
  object["crm_repeats_other_key"] = ledger.crm.repeats_other_key;
  object["crm_order_violations"] = ledger.crm_order_violations;
  object["crm_refused"] = ledger.crm_refused;
  object["crm_requests"] = ledger.crm.requests;
  object["crm_invalid_requests"] = ledger.crm.invalid_requests;
  object["crm_missing_idempotency_keys"] = ledger.crm.missing_idempotency_keys;
  object["crm_idempotency_conflicts"] = ledger.crm.idempotency_conflicts;
  object["missing"] = ledger.missing;
  object["unexpected"] = ledger.unexpected;
  object["missing_users"] = std::move(users);
  object["api_requests"] = ledger.api_requests;
  return boost::json::serialize(object);
}

}  // namespace elit::simulator
