#include "core/simulator/crms/record_table.hpp"

#include <algorithm>

namespace elit::simulator {

void RecordTable::begin(Instant now, Milliseconds slow) {
  settle(now);
  slow_ = slow;
  wrote_ = false;
  ++requests_;
}

void RecordTable::settle(Instant now) {
  now_ = std::max(now_, now);
  // Requests with different delays overtake each other, so the queue is not in the order of the effects.
  std::vector<Write> due;
  for (auto write = waiting_.begin(); write != waiting_.end();) {
    if (write->effective > now_) {
      ++write;
      continue;
    }
    due.push_back(std::move(*write));
    write = waiting_.erase(write);
  }
  std::stable_sort(due.begin(), due.end(), [](const Write& a, const Write& b) { return a.effective < b.effective; });
  for (const Write& write : due) {
    take_effect(write);
  }
}

const CrmRecord* RecordTable::find(const std::string& object, const std::string& id) const {
  const auto found = by_id_.find({object, id});
  return found == by_id_.end() ? nullptr : &records_[found->second];
}

const CrmRecord* RecordTable::find_key(const std::string& object, const std::string& key) const {
  const auto found = by_key_.find({object, key});
  return found == by_key_.end() ? nullptr : &records_[found->second];
}

std::vector<const CrmRecord*> RecordTable::all(const std::string& object) const {
  std::vector<const CrmRecord*> found;
  for (const CrmRecord& record : records_) {
    if (record.object == object) {
      found.push_back(&record);
    }
  }
  return found;
}

bool RecordTable::being_written(const std::string& object, const std::string& key_or_id) const {
  return std::any_of(waiting_.begin(), waiting_.end(), [&](const Write& write) {
    return write.request != requests_ && write.object == object &&
           (write.id == key_or_id || (!write.key.empty() && write.key == key_or_id));
  });
}

RecordTable::Written RecordTable::upsert(const std::string& object, const std::string& key,
                                         boost::json::object properties, std::set<std::string> linked) {
  Written written;
  const CrmRecord* there = find_key(object, key);
  written.created = there == nullptr;
  if (there != nullptr) {
    written.id = there->id;
  } else {
    std::string& promised = promised_ids_[{object, key}];
    if (promised.empty()) {
      promised = new_id(object);
    }
    written.id = promised;
  }
  write({now_ + slow_, object, written.id, key, std::move(properties), std::move(linked), requests_, false});
  return written;
}

std::string RecordTable::create(const std::string& object, boost::json::object properties, std::set<std::string> linked,
                                const std::string& key) {
  std::string id = new_id(object);
  write({now_ + slow_, object, id, key, std::move(properties), std::move(linked), requests_, false});
  return id;
}

bool RecordTable::update(const std::string& object, const std::string& id, boost::json::object properties,
                         std::set<std::string> linked, const std::string& key) {
  if (find(object, id) == nullptr) {
    return false;
  }
  write({now_ + slow_, object, id, key, std::move(properties), std::move(linked), requests_, false});
  return true;
}

bool RecordTable::remove(const std::string& object, const std::string& id) {
  const auto found = by_id_.find({object, id});
  if (found == by_id_.end()) {
    return false;
  }
  CrmRecord& record = records_[found->second];
  by_id_.erase(found);
  by_key_.erase({object, record.key});
  record.object += " (deleted)";
  record.key.clear();
  return true;
}

bool RecordTable::link(const std::string& object, const std::string& id, const std::string& contact) {
  if (find(object, id) == nullptr) {
    return false;
  }
  write({now_ + slow_, object, id, "", {}, {contact}, requests_, true});
  return true;
}

std::string RecordTable::new_id(const std::string& object) {
  ++ids_;
  return make_id_ ? make_id_(object, ids_) : std::to_string(ids_);
}

void RecordTable::write(Write write) {
  wrote_ = true;
  if (slow_ > Milliseconds{0}) {
    waiting_.push_back(std::move(write));
  } else {
    take_effect(write);
  }
}

void RecordTable::take_effect(const Write& write) {
  const auto [place, created] = by_id_.emplace(Name{write.object, write.id}, records_.size());
  if (created) {
    CrmRecord record;
    record.object = write.object;
    record.id = write.id;
    record.created = write.effective;
    records_.push_back(std::move(record));
  }
  CrmRecord& record = records_[place->second];
  if (!write.key.empty() && write.key != record.key) {
    by_key_.erase({record.object, record.key});
    record.key = write.key;
    by_key_[{record.object, record.key}] = place->second;
    promised_ids_.erase({record.object, record.key});
  }
  for (const auto& property : write.properties) {
    record.properties[property.key()] = property.value();
  }
  record.linked.insert(write.linked.begin(), write.linked.end());
  if (!write.only_links) {
    ++record.writes;
    record.updated = write.effective;
  }
}

}  // namespace elit::simulator
