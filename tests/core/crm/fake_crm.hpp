#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/crm/exchange.hpp"

namespace elit::crm::rig {

struct Record {
  std::string kind;
  std::string key;
  std::string id;
  std::string text;
  std::string contact;
  boost::json::object row = {};  // as it was written first
};

// A CRM with a protocol of its own, for the presets of design_of. It keeps records of any kind and refuses, forgets and
// hides what a test tells it to.
class FakeCrm {
 public:
  std::vector<Record> records;
  std::map<std::string, std::string> codes;       // rows with this key are refused with this code
  std::set<std::string> unmentioned;              // rows with this key are written and the answer does not say so
  std::map<std::string, std::string> bad_fields;  // rows with such a member are refused with this message
  bool bisect_only = false;                       // a bad row: 400 that does not say which
  bool atomic = false;
  bool errors_apart = false;  // bad rows stand in /errors, not in /results
  std::size_t rows_max = 1000;
  bool shuffled = false;
  bool other_key = false;
  bool more = false;                         // lists are incomplete
  std::set<std::string> idempotent_creates;  // kinds of which the Idempotency-Key is remembered
  int requests = 0;
  std::vector<std::string> log;  // "PATH KEY,KEY"

  HttpResponse answer(const CrmRequest& sent);

  [[nodiscard]] std::size_t count(const std::string& key) const;
  [[nodiscard]] const Record* record(const std::string& key) const;
  Record* by_id(const std::string& kind, const std::string& id);

 private:
  HttpResponse found(const std::string& kind, const boost::json::array& rows) const;

  HttpResponse written(const std::string& kind, const std::string& what, const boost::json::array& rows);

  // What the row is refused with; empty: nothing.
  std::string refusal_of(const boost::json::value& row) const;
  boost::json::object write(const std::string& kind, const std::string& what, const boost::json::value& row);

  int ids_ = 0;
};

}  // namespace elit::crm::rig
