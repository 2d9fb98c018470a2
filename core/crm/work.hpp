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

// A batch of messages as records of a CRM: contacts, and activities on their timelines.
namespace elit::crm {

enum class DeliveryUnit {
  message,  // one record a message
  day,      // one transcript for each user and calendar day, rewritten while it grows
};

struct WorkOptions {
  DeliveryUnit unit = DeliveryUnit::message;
  TimeZone zone;          // for days, and for the times in transcripts
  std::string zone_name;  // the name in records; empty: UTC
  TextForm text;
};

// A contact: one user of a source.
struct Contact {
  DeliveryUserId user = 0;
  // `contact` in placeholders: key (SOURCE.USER_ID; it never changes), user_id, source, user (the element of the Users
  // API, as JSON), name, phone and email (from `user`, see contact_details.hpp; or empty), fields (the mapped ones),
  // remote_id and the values that steps saved. The exchange adds `fields`, `remote_id` and the saved values; here
  // `fields` is empty.
  boost::json::object values;
};

// A record on the timeline of a contact: a message, or a part of a day's transcript.
struct Activity {
  DeliveryUserId user = 0;
  // Within the user: the message's key (KEY#2 and so on for the rest of one that is longer than a record may be), or
  // YYYY-MM-DD#PART (`undated#PART`).
  std::string local_key;
  // The messages of the batch that this activity contains, by their places in the batch. With unit day all parts of a
  // user's day have the same messages: they are delivered when all parts are written.
  std::vector<std::size_t> messages;
  // `activity` in placeholders: key (SOURCE.USER_ID.YYYY-MM-DD#PART, or the local key with unit message), text (in the
  // TextForm: shown direction and sender, line breaks, options listed, media as a link), plain (the same, never HTML),
  // title (one line: source, day and zone, and #PART from the second part on), direction, sender, type, media_url,
  // media_type (unit message; absent with unit day), started and ended (instants of the first and last message in it,
  // milliseconds since 1970; null when unreadable), date (YYYY-MM-DD in the zone; null when unreadable), zone (its
  // name), part (from 1), count (messages in it; one that goes on in the next part counts in both).
  boost::json::object values;
  std::string digest;  // of all of `values`; equal content always has the same digest
};

// When a message was sent, for people: "2026-01-31 09:15 (Asia/Kolkata)".
[[nodiscard]] std::string local_time_text(const WorkOptions& options, Instant instant);

// One batch as work for a CRM.
struct Work {
  std::vector<Contact> contacts;     // each user of the batch once, in the order of the batch
  std::vector<Activity> activities;  // each user's in the order of time; parts of a day ascending
};

// User and key of the RemoteRecord of each of its contacts and activities.
[[nodiscard]] std::vector<std::pair<DeliveryUserId, std::string>> record_keys(const Work& work);

// The days that the messages touch.
[[nodiscard]] std::vector<TouchedDay> touched_days(const std::vector<OutgoingMessage>& batch, const TimeZone& zone);

// `batch`: the messages of the delivery, each user's in the order of time. `delivered`: with unit day, the messages of
// the touched days that were delivered before, in any order; otherwise empty. A day's transcript is a function of the
// set of messages in it, ordered by instant and key. It is split greedily between messages, so a full part does not
// change while the day grows; a message longer than a part is split between code points. Parts are numbered from 1, and
// their number never decreases.
[[nodiscard]] Work make_work(const WorkOptions& options, const std::vector<OutgoingMessage>& batch,
                             const std::vector<OutgoingMessage>& delivered);

}  // namespace elit::crm
