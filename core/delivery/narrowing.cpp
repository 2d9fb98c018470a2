#include "core/delivery/narrowing.hpp"

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <unordered_set>

#include "core/check.hpp"

namespace elit {
namespace {

constexpr int strikes_needed_lost = 4;

// The users in the order of their first messages.
std::vector<DeliveryUserId> users_of(const std::vector<WaitingMessage>& messages) {
  std::vector<DeliveryUserId> users;
  std::unordered_set<DeliveryUserId> met;
  for (const WaitingMessage& message : messages) {
    if (met.insert(message.user).second) {
      users.push_back(message.user);
    }
  }
  return users;
}

template <class Predicate>
TwoParts divided(const std::vector<WaitingMessage>& messages, const Predicate& is_first) {
  TwoParts parts;
  for (const WaitingMessage& message : messages) {
    (is_first(message) ? parts.first : parts.second).push_back(message);
  }
  return parts;
}

}  // namespace

int strikes_needed(const DeliveryBatch& batch) {
  return batch.answer_lost ? strikes_needed_lost : strikes_needed_refused;
}

TwoParts in_halves(const std::vector<WaitingMessage>& messages) {
  check(messages.size() > 1, "one message has no halves");
  const std::vector<DeliveryUserId> users = users_of(messages);
  if (users.size() == 1) {
    const auto middle = messages.begin() + static_cast<std::ptrdiff_t>(messages.size() / 2);
    return {{messages.begin(), middle}, {middle, messages.end()}};
  }
  std::unordered_map<DeliveryUserId, std::size_t> count;
  for (const WaitingMessage& message : messages) {
    ++count[message.user];
  }
  std::unordered_set<DeliveryUserId> first;
  std::size_t taken = 0;
  for (const DeliveryUserId user : users) {
    // The next user joins while that brings the part closer to a half.
    if (!first.empty() && taken + (count[user] + 1) / 2 > messages.size() / 2) {
      break;
    }
    first.insert(user);
    taken += count[user];
  }
  if (first.size() == users.size()) {
    first.erase(users.back());
  }
  return divided(messages, [&first](const WaitingMessage& message) { return first.contains(message.user); });
}

TwoParts by_suspicion(const DeliveryBatch& batch) {
  if (batch.suspects.empty()) {
    return in_halves(batch.messages);
  }
  // What is earlier of a suspect's user goes along, so that the second part waits for the first and never the reverse.
  std::unordered_map<DeliveryUserId, DeliveryPlace> last;
  for (const WaitingMessage& message : batch.messages) {
    if (batch.suspects.contains(message.id)) {
      last[message.user] = message.place();
    }
  }
  TwoParts parts = divided(batch.messages, [&last](const WaitingMessage& message) {
    const auto suspect = last.find(message.user);
    return suspect != last.end() && message.place() <= suspect->second;
  });
  return parts.first.empty() || parts.second.empty() ? in_halves(batch.messages) : parts;
}

TwoParts one_and_rest(const std::vector<WaitingMessage>& messages, double random) {
  check(messages.size() > 1, "a probe is taken from several messages");
  const std::vector<DeliveryUserId> users = users_of(messages);
  const DeliveryUserId user = users[static_cast<std::size_t>(random * static_cast<double>(users.size()))];
  const auto one = std::find_if(messages.begin(), messages.end(),
                                [user](const WaitingMessage& message) { return message.user == user; });
  return divided(messages, [id = one->id](const WaitingMessage& message) { return message.id == id; });
}

std::vector<WaitingMessage> without(const std::vector<WaitingMessage>& messages,
                                    const std::vector<WaitingMessage>& others) {
  std::vector<WaitingMessage> rest;
  auto other = others.begin();
  for (const WaitingMessage& message : messages) {
    if (other != others.end() && other->id == message.id) {
      ++other;
    } else {
      rest.push_back(message);
    }
  }
  return rest;
}

}  // namespace elit
