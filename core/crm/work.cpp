#include "core/crm/work.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "core/crm/activity_text.hpp"
#include "core/crm/contact_details.hpp"
#include "core/crm/response_lines.hpp"
#include "core/crm/transcript.hpp"
#include "core/text/clean_text.hpp"
#include "core/text/json_scan.hpp"
#include "core/text/json_text.hpp"
#include "core/text/text_digest.hpp"
#include "core/text/utf8.hpp"

namespace elit::crm {
namespace {

namespace json = boost::json;

constexpr std::string_view undated = "undated";

// Null for what is no JSON.
json::value parsed(std::string_view text) {
  std::string storage;
  json::parse_options options;
  options.max_depth = json_depth_max;
  boost::system::error_code error;
  json::value value = json::parse(repair_json(text, storage), error, {}, options);
  return error ? json::value(nullptr) : value;
}

json::value ms_of(std::optional<Instant> instant) {
  return instant ? json::value(to_ms(*instant)) : json::value(nullptr);
}

std::string contact_key(const OutgoingMessage& message) {
  return to_utf8(message.source + "." + message.user_id);
}

// The days of instants; messages come day by day, so the last answer mostly serves again.
class Calendar {
 public:
  explicit Calendar(const TimeZone& zone) : zone_(zone) {}

  std::optional<CalendarDay> day_of(std::optional<Instant> instant) {
    if (!instant) {
      return std::nullopt;
    }
    if (last_.name.empty() || *instant < last_.from || *instant >= last_.to) {
      last_ = zone_.day_of(*instant);
    }
    return last_;
  }

 private:
  const TimeZone& zone_;
  CalendarDay last_;
};

std::string time_of_day(Instant instant, const TimeZone& zone) {
  const Instant local = instant + zone.offset_at(instant);
  const auto in_day = local - std::chrono::floor<std::chrono::days>(local);
  const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::seconds>(in_day)};
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%02d:%02d:%02d", static_cast<int>(time.hours().count()),
                                 static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

Contact make_contact(const OutgoingMessage& message) {
  Contact contact;
  contact.user = message.user;
  json::value element = message.user_element.empty() ? json::value(nullptr) : parsed(message.user_element);
  const ContactDetails details = contact_details(element, message.user_id);
  contact.values["key"] = contact_key(message);
  contact.values["user_id"] = to_utf8(message.user_id);
  contact.values["source"] = to_utf8(message.source);
  contact.values["user"] = std::move(element);
  contact.values["name"] = details.name;
  contact.values["phone"] = details.phone;
  contact.values["email"] = details.email;
  contact.values["fields"] = json::object();
  return contact;
}

std::vector<Contact> make_contacts(const std::vector<OutgoingMessage>& batch) {
  std::vector<Contact> contacts;
  std::set<DeliveryUserId> seen;
  for (const OutgoingMessage& message : batch) {
    if (seen.insert(message.user).second) {
      contacts.push_back(make_contact(message));
    }
  }
  return contacts;
}

// What makes records of messages: the options, and what follows from them.
class ActivityMaker {
 public:
  explicit ActivityMaker(const WorkOptions& options)
      : options_(options), zone_name_(options.zone_name.empty() ? "UTC" : options.zone_name) {}

  // The records of one message: one, or several where it is longer than one may be.
  void add_message(const OutgoingMessage& message, std::size_t place, const std::optional<CalendarDay>& day,
                   std::vector<Activity>& activities) const {
    const json::value raw = parsed(message.raw);
    Transcript transcript(options_.text);
    transcript.add({{}, speaker_of(message, raw), message_lines(message, raw), false}, message.instant);
    for (std::size_t i = 0; i < transcript.parts().size(); ++i) {
      const std::string key = message.key + (i == 0 ? "" : "#" + std::to_string(i + 1));
      Activity activity = make_activity(message, key, key, transcript.parts()[i], day, i + 1);
      activity.messages = {place};
      json::object& values = activity.values;
      values["direction"] = to_string(message.direction);
      values["sender"] = clean_line(message.sender);
      values["type"] = clean_line(message.type);
      values["media_url"] = message.media ? json::value(clean_line(message.media->url)) : json::value(nullptr);
      values["media_type"] = message.media ? json::value(clean_line(message.media->type)) : json::value(nullptr);
      finish(activity, activities);
    }
  }

  // The transcript of a user's day. Requires: at least one message, in order.
  void add_day(const std::vector<const OutgoingMessage*>& messages, const std::vector<std::size_t>& places,
               const std::optional<CalendarDay>& day, std::vector<Activity>& activities) const {
    Transcript transcript(options_.text);
    for (const OutgoingMessage* message : messages) {
      const json::value raw = parsed(message->raw);
      const std::string time = message->instant ? time_of_day(*message->instant, options_.zone) : std::string();
      transcript.add({time, speaker_of(*message, raw), message_lines(*message, raw), true}, message->instant);
    }
    const OutgoingMessage& first = *messages.front();
    for (std::size_t i = 0; i < transcript.parts().size(); ++i) {
      const std::string local = (day ? day->name : std::string(undated)) + "#" + std::to_string(i + 1);
      Activity activity =
          make_activity(first, local, contact_key(first) + "." + local, transcript.parts()[i], day, i + 1);
      activity.messages = places;
      finish(activity, activities);
    }
  }

 private:
  [[nodiscard]] Activity make_activity(const OutgoingMessage& of, const std::string& local_key, const std::string& key,
                                       const TranscriptPart& part, const std::optional<CalendarDay>& day,
                                       std::size_t number) const {
    const std::string day_name = day ? day->name + " (" + zone_name_ + ")" : std::string(undated);
    Activity activity;
    activity.user = of.user;
    activity.local_key = local_key;
    json::object& values = activity.values;
    values["key"] = key;
    values["text"] = part.text;
    values["plain"] = part.plain;
    values["title"] = clean_line(of.source + " " + day_name + (number > 1 ? " #" + std::to_string(number) : ""));
    values["started"] = ms_of(part.started);
    values["ended"] = ms_of(part.ended);
    values["date"] = day ? json::value(day->name) : json::value(nullptr);
    values["zone"] = zone_name_;
    values["part"] = static_cast<std::int64_t>(number);
    values["count"] = part.messages;
    return activity;
  }

  static void finish(Activity& activity, std::vector<Activity>& activities) {
    activity.digest = sha256_hex(json::serialize(activity.values));
    activities.push_back(std::move(activity));
  }

  const WorkOptions& options_;
  std::string zone_name_;
};

// A user's day by the place of the user in the batch and the name of the day; what is undated comes last.
using DayKey = std::tuple<std::size_t, bool, std::string>;

struct DayMessages {
  std::optional<CalendarDay> day;
  std::vector<const OutgoingMessage*> messages;
  std::vector<std::size_t> places;  // of those of the batch
};

class DayGroups {
 public:
  explicit DayGroups(const TimeZone& zone) : calendar_(zone) {}

  void add_batch(const std::vector<OutgoingMessage>& batch) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const std::size_t user = users_.emplace(batch[i].user, users_.size()).first->second;
      std::optional<CalendarDay> day = calendar_.day_of(batch[i].instant);
      DayMessages& group = groups_[key_of(user, day)];
      group.day = std::move(day);
      group.messages.push_back(&batch[i]);
      group.places.push_back(i);
    }
  }

  // Those of days that the batch does not touch do not count.
  void add_delivered(const std::vector<OutgoingMessage>& delivered) {
    for (const OutgoingMessage& message : delivered) {
      const auto user = users_.find(message.user);
      if (user == users_.end()) {
        continue;
      }
      const auto group = groups_.find(key_of(user->second, calendar_.day_of(message.instant)));
      if (group != groups_.end()) {
        group->second.messages.push_back(&message);
      }
    }
  }

  // The groups with their messages in order, each once.
  std::map<DayKey, DayMessages>& sorted() {
    const auto order = [](const OutgoingMessage* message) { return std::tie(message->instant, message->key); };
    for (auto& [key, group] : groups_) {
      auto& messages = group.messages;
      std::sort(messages.begin(), messages.end(),
                [&](const auto* left, const auto* right) { return order(left) < order(right); });
      messages.erase(std::unique(messages.begin(), messages.end(),
                                 [&](const auto* left, const auto* right) { return order(left) == order(right); }),
                     messages.end());
    }
    return groups_;
  }

 private:
  static DayKey key_of(std::size_t user, const std::optional<CalendarDay>& day) {
    return {user, !day, day ? day->name : std::string()};
  }

  Calendar calendar_;
  std::map<DeliveryUserId, std::size_t> users_;
  std::map<DayKey, DayMessages> groups_;
};

}  // namespace

std::vector<std::pair<DeliveryUserId, std::string>> record_keys(const Work& work) {
  std::vector<std::pair<DeliveryUserId, std::string>> keys;
  keys.reserve(work.contacts.size() + work.activities.size());
  for (const Contact& contact : work.contacts) {
    keys.emplace_back(contact.user, std::string{});
  }
  for (const Activity& activity : work.activities) {
    keys.emplace_back(activity.user, activity.local_key);
  }
  return keys;
}

std::string local_time_text(const WorkOptions& options, Instant instant) {
  const std::string time = time_of_day(instant, options.zone).substr(0, std::string_view("00:00").size());
  return options.zone.day_of(instant).name + " " + time + " (" +
         (options.zone_name.empty() ? "UTC" : options.zone_name) + ")";
}

std::vector<TouchedDay> touched_days(const std::vector<OutgoingMessage>& batch, const TimeZone& zone) {
  std::vector<TouchedDay> days;
  std::set<std::pair<DeliveryUserId, std::string>> seen;
  Calendar calendar(zone);
  for (const OutgoingMessage& message : batch) {
    std::optional<CalendarDay> day = calendar.day_of(message.instant);
    if (seen.emplace(message.user, day ? day->name : std::string()).second) {
      days.push_back({message.user, std::move(day)});
    }
  }
  return days;
}

Work make_work(const WorkOptions& options, const std::vector<OutgoingMessage>& batch,
               const std::vector<OutgoingMessage>& delivered) {
  Work work;
  work.contacts = make_contacts(batch);
  const ActivityMaker maker(options);
  if (options.unit == DeliveryUnit::message) {
    Calendar calendar(options.zone);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      maker.add_message(batch[i], i, calendar.day_of(batch[i].instant), work.activities);
    }
    return work;
  }
  DayGroups groups(options.zone);
  groups.add_batch(batch);
  groups.add_delivered(delivered);
  for (const auto& [key, group] : groups.sorted()) {
    maker.add_day(group.messages, group.places, group.day, work.activities);
  }
  return work;
}

}  // namespace elit::crm
