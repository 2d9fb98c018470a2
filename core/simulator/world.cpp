#include "core/simulator/world.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/check.hpp"
#include "core/simulator/exchange.hpp"
#include "core/simulator/phrases.hpp"

namespace elit::simulator {
namespace {

std::string digits(Random& random, int count) {
  std::string text(1, static_cast<char>('1' + random.below(9)));
  while (text.size() < static_cast<std::size_t>(count)) {
    text += static_cast<char>('0' + random.below(10));
  }
  return text;
}

std::string uuid(Random& random) {
  static constexpr std::string_view hex = "0123456789abcdef";
  std::string text;
  for (int i = 0; i < 36; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    text += dash ? '-' : i == 14 ? '4' : hex[random.below(16)];
  }
  return text;
}

// A serial number makes the ids of users unique.
User make_user(const WorldOptions& options, std::size_t index) {
  Random random = random_for(options.seed, "user", index);
  User user;
  user.language = random.below(phrasebooks().size());
  const Phrasebook& book = phrasebooks()[user.language];
  const bool web = index % 4 == 3;
  const std::string number = std::to_string(10000 + index);
  const std::string phone = std::string(book.dial_prefix) + digits(random, 4) + number;
  user.row_id = uuid(random);
  user.id = web ? uuid(random) : phone;
  if (options.odd_content && index == 1) {
    user.id = "web:ünïcode+tag@site/1 2";
  }
  const std::string name(book.names.at(random.below(book.names.size())));
  user.attributes = {{"user.user_name", name},
                     {"user.email", "user" + number + "@example.com"},
                     {"user.channel", web ? "web" : "whatsapp"},
                     {"user.channel_user_id", user.id},
                     {"user.language", std::string(book.language)},
                     {"feedback", std::to_string(1 + random.below(5))},
                     {"plan", random.below(3) == 0 ? "gold" : "basic"}};
  if (!web) {
    user.attributes.emplace_back("user.phone_no", phone);
    user.attributes.emplace_back("user.phone_number", phone);
  }
  return user;
}

void insert(User& user, Message message) {
  const auto place =
      std::upper_bound(user.messages.begin(), user.messages.end(), message, [](const Message& a, const Message& b) {
        return a.instant != b.instant ? a.instant < b.instant : a.number < b.number;
      });
  user.messages.insert(place, std::move(message));
}

// Puts the mark and the number of the message into its text, before the closing bracket of a list or the end of the
// HTML in a JSON text.
void mark(Message& message, const std::string& world) {
  if (world.empty()) {
    return;
  }
  const std::size_t closing = message.text.ends_with("\"}") ? 2 : message.text.ends_with("]") ? 1 : 0;
  message.text.insert(message.text.size() - closing, " (" + world + '#' + std::to_string(message.number) + ')');
  message.response = json_string(message.text);
}

}  // namespace

std::string Message::well_formed_response() const {
  return ill_formed ? json_string(text) : response;
}

World::World(const WorldOptions& options) : options_(options), next_arrival_(options.start) {
  check(options.users >= 0 && options.history >= Milliseconds{0} && options.late_max >= Milliseconds{1},
        "the options of a simulated world are out of bounds");
  for (std::size_t i = 0; i < static_cast<std::size_t>(options.users); ++i) {
    users_.push_back(make_user(options, i));
    index_.emplace(users_.back().id, i);
    write_history(users_.back(), i);
  }
}

void World::write_history(User& user, std::size_t index) {
  Random random = random_for(options_.seed, "history", index);
  const double days = static_cast<double>(options_.history.count()) / 86'400'000.0;
  const auto exchanges =
      static_cast<std::uint64_t>(std::llround(days * options_.messages_per_user_day / messages_per_exchange));
  std::vector<Message> messages;
  for (std::uint64_t i = 0; i < exchanges; ++i) {
    const auto ago = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(options_.history.count()))) + 1;
    const ExchangeOptions exchange{options_.start - Milliseconds{ago}, Milliseconds{40'000}, options_.odd_content};
    for (Message& message : write_exchange(random, user, exchange)) {
      messages.push_back(std::move(message));
    }
  }
  if (index == 0 && options_.history.count() > 0) {
    for (Message& message : write_burst(options_.start - options_.history / 2, options_.burst)) {
      messages.push_back(std::move(message));
    }
  }
  // Messages after the start are left out: history ends there, and arrivals have a rate of their own.
  std::erase_if(messages, [&](const Message& message) { return message.instant >= options_.start; });
  std::stable_sort(messages.begin(), messages.end(),
                   [](const Message& a, const Message& b) { return a.instant < b.instant; });
  for (Message& message : messages) {
    message.number = next_number_++;
    mark(message, options_.mark);
  }
  user.messages = std::move(messages);
}

void World::advance(Instant now) {
  if (users_.empty() || options_.arrivals_per_minute <= 0) {
    return;
  }
  while (next_arrival_ <= now) {
    if (options_.arrivals_stop_after && next_arrival_ >= options_.start + *options_.arrivals_stop_after) {
      return;
    }
    arrive();
  }
}

void World::arrive() {
  Random random = random_for(options_.seed, "arrival", arrivals_++);
  User& user = users_[random.below(users_.size())];
  const ExchangeOptions exchange{next_arrival_, Milliseconds{1500}, options_.odd_content};
  for (Message& message : write_exchange(random, user, exchange)) {
    const bool late = random.fraction() < options_.late_share;
    const auto lateness = 1 + random.below(static_cast<std::uint64_t>(options_.late_max.count()));
    if (options_.arrivals_stop_after && message.instant >= options_.start + *options_.arrivals_stop_after) {
      continue;
    }
    if (late) {
      message.visible_from = message.instant + Milliseconds{static_cast<std::int64_t>(lateness)};
    }
    message.number = next_number_++;
    mark(message, options_.mark);
    insert(user, std::move(message));
  }
  // The gap varies around its mean by half, in whole milliseconds, so that it does not depend on a library's logarithm.
  const double mean_ms = 60'000.0 * messages_per_exchange / options_.arrivals_per_minute;
  next_arrival_ += Milliseconds{1 + static_cast<std::int64_t>(mean_ms * (0.5 + random.fraction()))};
}

User* World::find(std::string_view id) {
  const auto found = index_.find(id);
  return found == index_.end() ? nullptr : &users_[found->second];
}

void World::add_message(User& user, Instant instant, Instant visible_from, std::string_view text) {
  Message message;
  message.number = next_added_number_++;
  message.instant = instant;
  message.visible_from = visible_from;
  message.speaker = Speaker::user;
  message.type = "TEXT";
  message.text = text;
  message.response = json_string(text);
  mark(message, options_.mark);
  insert(user, std::move(message));
}

Message* World::newest(User& user, Instant now, Milliseconds age_max) {
  const auto last = std::find_if(user.messages.rbegin(), user.messages.rend(), [now](const Message& message) {
    return message.instant <= now && message.visible_from <= now;
  });
  return last != user.messages.rend() && last->instant >= now - age_max ? &*last : nullptr;
}

void change_text(Message& message, std::string_view text, Instant now) {
  message.former_texts.push_back(std::exchange(message.text, std::string(text)));
  message.response = json_string(text);
  message.ill_formed = false;
  message.visible_from = now;
}

void attach_file(Message& message) {
  if (!message.file) {
    message.file = File{"/late/" + std::to_string(message.number) + ".jpg", "image/jpeg", "IMAGE"};
  }
}

Random random_for(std::uint64_t seed, std::string_view purpose, std::uint64_t index) {
  std::uint64_t mixed = Random(seed).next();
  for (const char c : purpose) {
    mixed = Random(mixed ^ static_cast<unsigned char>(c)).next();
  }
  return Random(mixed ^ Random(index).next());
}

std::string json_string(std::string_view text) {
  return boost::json::serialize(boost::json::string_view(text.data(), text.size()));
}

}  // namespace elit::simulator
