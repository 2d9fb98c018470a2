#pragma once

#include <boost/json/object.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/instant.hpp"
#include "core/simulator/crms/crm_record.hpp"

namespace elit::simulator {

// The records of a CRM, found by id and by unique key, and the writes that have not taken effect yet.
class RecordTable {
 public:
  // Makes the id of the `number`-th record, counted from 1 over all objects, in the form of the CRM.
  using IdMaker = std::function<std::string(const std::string& object, std::uint64_t number)>;

  struct Written {
    std::string id;
    bool created = false;  // no record had that key
  };

  // `records` is filled in the order of creation and must outlive the table. Ids are plain numbers by default.
  explicit RecordTable(std::vector<CrmRecord>& records) : records_(records) {}

  void make_ids_with(IdMaker make_id) { make_id_ = std::move(make_id); }

  // Begins a request: writes due by `now` take effect; those of this request take effect `slow` later.
  void begin(Instant now, Milliseconds slow);

  // Lets writes due by `now` take effect.
  void settle(Instant now);

  // How much later than its request the answer comes: the `slow` of begin() if the request wrote something, else zero.
  [[nodiscard]] Milliseconds answer_delay() const { return wrote_ ? slow_ : Milliseconds{0}; }

  // A record that is in effect; null: there is none. The pointers are valid until the next write or begin().
  [[nodiscard]] const CrmRecord* find(const std::string& object, const std::string& id) const;
  [[nodiscard]] const CrmRecord* find_key(const std::string& object, const std::string& key) const;
  // All of one object, in the order of their creation.
  [[nodiscard]] std::vector<const CrmRecord*> all(const std::string& object) const;

  // Whether an earlier request writes a record with this key (or id) and has not ended.
  [[nodiscard]] bool being_written(const std::string& object, const std::string& key_or_id) const;

  // Writes the record with `key`, or a new one. Two overlapping requests with one key get the same id, and both are
  // told that they created the record. Properties replace those of the same name, others stay; links are added.
  // Requires: `key` is not empty.
  Written upsert(const std::string& object, const std::string& key, boost::json::object properties,
                 std::set<std::string> linked = {});

  // Writes a new record. Requires: no record has `key`; this is not checked.
  std::string create(const std::string& object, boost::json::object properties, std::set<std::string> linked = {},
                     const std::string& key = "");

  // Changes an existing record, also its key if `key` is not empty. False: there is no such record.
  bool update(const std::string& object, const std::string& id, boost::json::object properties,
              std::set<std::string> linked = {}, const std::string& key = "");

  // Deletes a record: from now on its object has another name, and it has no key. False: there is no such record.
  bool remove(const std::string& object, const std::string& id);

  // Links an existing record to a contact; that is no write of the record. False: there is no such record.
  bool link(const std::string& object, const std::string& id, const std::string& contact);

 private:
  struct Write {
    Instant effective;
    std::string object;
    std::string id;
    std::string key;
    boost::json::object properties;
    std::set<std::string> linked;
    std::uint64_t request = 0;
    bool only_links = false;
  };
  using Name = std::pair<std::string, std::string>;  // object, and an id or a key

  std::string new_id(const std::string& object);
  void write(Write write);
  void take_effect(const Write& write);

  std::vector<CrmRecord>& records_;
  IdMaker make_id_;
  std::map<Name, std::size_t> by_id_;
  std::map<Name, std::size_t> by_key_;
  std::map<Name, std::string> promised_ids_;  // by key, of writes that have not taken effect
  std::deque<Write> waiting_;                 // in the order of the requests
  std::uint64_t ids_ = 0;
  std::uint64_t requests_ = 0;
  Instant now_;
  Milliseconds slow_{0};
  bool wrote_ = false;
};

}  // namespace elit::simulator
