#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <utility>

#include "storage/database.hpp"
#include "storage/sqlite.hpp"
#include "tests/crms/faults/delivery_rig.hpp"
#include "tests/crms/faults/record_text.hpp"

// Compares the CRM, the state and the log at the end with what is expected.
namespace elit::crm::faults {

namespace json = boost::json;
using simulator::CrmRecord;

DeliveryRig::Names DeliveryRig::names() const {
  const std::string preset = case_.crm.preset;
  if (preset == "hubspot") {
    return {"contacts", "communications", "hs_communication_body", true};
  }
  if (preset == "salesforce") {
    return {"Contact", "Chat_Transcript__c", "Body__c", false};
  }
  if (preset == "zoho") {
    return {"Contacts", "Conversations", "Transcript", false};
  }
  if (preset == "espocrm") {
    return {"Contact", "Call", "description", false};
  }
  return {"res.partner", "mail.message", "body", true};
}

std::vector<const CrmRecord*> DeliveryRig::records(const std::string& object) {
  vendor().settle(time_.truth() + std::chrono::hours{1}, elapsed() + std::chrono::hours{1});
  std::vector<const CrmRecord*> found;
  for (const CrmRecord& record : vendor().records()) {
    if (record.object == object) {
      found.push_back(&record);
    }
  }
  return found;
}

std::vector<const CrmRecord*> DeliveryRig::contacts() {
  return records(names().contacts);
}

std::vector<const CrmRecord*> DeliveryRig::activities() {
  return records(names().activities);
}

std::string DeliveryRig::text_of(const CrmRecord& activity) const {
  const json::value* text = activity.properties.if_contains(names().text);
  const std::string written = text == nullptr ? "" : std::string(text->as_string());
  return names().html ? as_read(written) : written;
}

std::map<std::string, std::string> DeliveryRig::in_state(const std::string& state) {
  const auto connection = storage::open_for_reading(disk_);
  storage::Statement query = connection->statement(
      "SELECT messages_v1.text, coalesce(last_error, '') FROM deliveries_v1 JOIN messages_v1 "
      "USING (key) WHERE state = ?1");
  query.bind(state);
  std::map<std::string, std::string> found;
  while (query.step()) {
    found[query.text(0)] = query.text(1);
  }
  return found;
}

std::string DeliveryRig::log() const {
  std::ostringstream content;
  content << std::ifstream(scratch_.path() / "log", std::ios::binary).rdbuf();
  return content.str();
}

void DeliveryRig::expect_all_there(const std::set<std::string>& dead) {
  std::map<std::string, std::string> contact_of;  // by user
  std::set<std::string> users;
  std::set<std::pair<std::string, std::int64_t>> days;
  for (const Said& each : said_) {
    users.insert(each.user);
    if (!dead.contains(each.text)) {
      const auto day = std::chrono::floor<std::chrono::days>(each.instant).time_since_epoch().count();
      days.insert({each.user, day});
    }
  }
  for (const CrmRecord* contact : contacts()) {
    for (const std::string& user : users) {
      if (contact->key.ends_with(user)) {
        EXPECT_TRUE(contact_of.insert({user, contact->id}).second) << "two contacts of " << user;
      }
    }
  }
  EXPECT_EQ(contacts().size(), users.size());
  const auto all = activities();
  EXPECT_EQ(all.size(), case_.unit == DeliveryUnit::day ? days.size() : said_.size() - dead.size());
  for (const Said& each : said_) {
    int found = 0;
    const std::string expected = as_kept(each.text);
    for (const CrmRecord* activity : all) {
      if (text_of(*activity).find(expected) != std::string::npos) {
        ++found;
        EXPECT_EQ(activity->linked, std::set{contact_of[each.user]}) << each.text;
      }
    }
    EXPECT_EQ(found, dead.contains(each.text) ? 0 : 1) << each.text;
  }
  const storage::SinkTotals totals = store_->ledger(source_).sinks.at(0);
  EXPECT_EQ(totals.delivered, static_cast<std::int64_t>(said_.size() - dead.size()));
  EXPECT_EQ(totals.dead, static_cast<std::int64_t>(dead.size()));
  EXPECT_EQ(totals.pending, 0);
  expect_good_manners();
}

void DeliveryRig::expect_good_manners() {
  EXPECT_TRUE(named_twice_.empty()) << "one request names twice: " << *named_twice_.begin();
  const std::string written = log();
  for (const auto& [name, secret] : secrets_) {
    if (name != "client_id") {
      EXPECT_EQ(written.find(secret), std::string::npos) << "the log holds the secret " << name;
    }
  }
  EXPECT_EQ(written.find("sample-access-token"), std::string::npos) << "the log holds an access token";
  EXPECT_EQ(written.find("(words "), std::string::npos) << "the log holds a text";
  EXPECT_EQ(written.find("9812345678"), std::string::npos) << "the log holds a telephone number";
}

}  // namespace elit::crm::faults
