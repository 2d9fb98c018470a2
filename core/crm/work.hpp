#pragma once

#include <boost/json/object.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/crm/activity_text.hpp"
#include "core/delivery/delivery_record.hpp"
#include "core/delivery/outgoing_message.hpp"
#include "core/instant.hpp"
#include "core/text/time_zone.hpp"

// What a batch of messages is to a CRM: contacts, and activities on their timelines.
namespace elit::crm {

enum class DeliveryUnit {
  message,  // one record a message
  day,      // one transcript for each user and calendar day, rewritten while it grows
};

struct WorkOptions {
  DeliveryUnit unit = DeliveryUnit::message;
  TimeZone zone;          // of days, and of the times shown in transcripts
  std::string zone_name;  // as shown; empty: UTC
  TextForm text;
};

// A contact: one user of a source.
struct Contact {
  DeliveryUserId user = 0;
  // What placeholders see as `contact`: key (SOURCE.USER_ID: the same forever), user_id, source, user (the element of
  // the Users API, as JSON), name and phone (as found there, or empty), fields (the mapped ones), remote_id and what
  // steps saved. Of these, `fields` is empty and `remote_id` absent here: they are whose the exchange is.
  boost::json::object values;
};

// A record on the timeline of a contact: a message, or a part of a day's transcript.
struct Activity {
  DeliveryUserId user = 0;
  // Within the user: the message's key (KEY#2 and so on for the rest of one that is longer than a record may be), or
  // YYYY-MM-DD#PART (`undated#PART`).
  std::string local_key;
  // The messages of the batch that stand or fall with it, by their places in the batch. With unit day every part of a
  // user's day has the same ones: they are delivered when all parts stand.
  std::vector<std::size_t> messages;
  // What placeholders see as `activity`: key (SOURCE.USER_ID.YYYY-MM-DD#PART, or the local key with unit message), text
  // (in the TextForm: shown direction and sender, line breaks, options listed, media as a link), plain (the same, never
  // HTML), title (one line: source, day and zone, and #PART from the second part on), direction, sender, type,
  // media_url, media_type (unit message; absent with unit day), started and ended (instants of the first and last
  // message in it, milliseconds since 1970; null when unreadable), date (YYYY-MM-DD in the zone; null when unreadable),
  // zone (its name), part (from 1), count (messages in it; one that goes on in the next part counts in both).
  boost::json::object values;
  std::string digest;  // of everything in `values`; the same for the same content forever
};

// One batch as work for a CRM.
struct Work {
  std::vector<Contact> contacts;     // each user of the batch once, in the order of the batch
  std::vector<Activity> activities;  // each user's in their order in time; parts of a day ascending
};

// User and key of the RemoteRecord of each of its contacts and activities.
[[nodiscard]] std::vector<std::pair<DeliveryUserId, std::string>> record_keys(const Work& work);

// The days that the messages touch.
[[nodiscard]] std::vector<TouchedDay> touched_days(const std::vector<OutgoingMessage>& batch, const TimeZone& zone);

// `batch`: as it stands in the delivery, each user's messages in the order of time. `delivered`: with unit day, what
// was delivered before of the days it touches, any order; otherwise empty. A day's transcript is a function of the set
// of messages in it, ordered by instant and key, and of nothing else: it is split at borders between messages,
// greedily, so that a part that is full stays as it is while the day grows; a message longer than a whole part is split
// between code points. Parts are numbered from 1 and never become fewer.
[[nodiscard]] Work make_work(const WorkOptions& options, const std::vector<OutgoingMessage>& batch,
                             const std::vector<OutgoingMessage>& delivered);

}  // namespace elit::crm
