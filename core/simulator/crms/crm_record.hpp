#pragma once

#include <boost/json/object.hpp>

#include <set>
#include <string>

#include "core/instant.hpp"

namespace elit::simulator {

// A record in the CRM.
struct CrmRecord {
  std::string object;  // the vendor's name of the table: contacts, communications, Chat_Transcript__c, mail.message
  std::string id;      // given by the CRM
  std::string key;     // the value of its unique field; empty: it has none
  boost::json::object properties;
  std::set<std::string> linked;  // ids of the contacts that it is linked to
  int writes = 0;                // 1: written once
  Instant created;
  Instant updated;
};

}  // namespace elit::simulator
