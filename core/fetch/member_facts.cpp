#include "core/fetch/member_facts.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cstddef>

namespace elit {
namespace {

// So many rows in which a member always was make a fact.
constexpr int rows_min = 3;

// The vendor decides how many types there are and how they are called.
constexpr std::size_t types_max = 64;
constexpr std::size_t type_size_max = 40;

// The type of all rows: under it stands whether rows have a type.
constexpr const char* every_type = "*";

constexpr std::array<RowMember, row_member_count> all_members{RowMember::timestamp,    RowMember::sender,
                                                              RowMember::message_type, RowMember::response,
                                                              RowMember::file,         RowMember::attachments};

std::size_t place_of(RowMember member) {
  return static_cast<std::size_t>(member);
}

// A row without a type says nothing about what rows of its type have, only that it lacks one.
std::string type_of(const Row& row, RowMember member) {
  return member == RowMember::message_type ? every_type : row.type;
}

}  // namespace

std::vector<RowMember> MemberFacts::missing(const Row& row, const std::vector<std::string>& accepted) const {
  std::vector<RowMember> missing;
  for (const RowMember member : all_members) {
    if (row.members.has(member) || std::find(accepted.begin(), accepted.end(), to_string(member)) != accepted.end()) {
      continue;
    }
    const auto counts = types_.find(type_of(row, member));
    if (counts != types_.end() && counts->second[place_of(member)] >= rows_min) {
      missing.push_back(member);
    }
  }
  return missing;
}

void MemberFacts::learn(const Row& row) {
  if (row.type.size() > type_size_max) {
    return;
  }
  for (const RowMember member : all_members) {
    const auto known = types_.find(type_of(row, member));
    if (known == types_.end() && types_.size() >= types_max) {
      continue;
    }
    int& count =
        known != types_.end() ? known->second[place_of(member)] : types_[type_of(row, member)][place_of(member)];
    if (!row.members.has(member)) {
      count = sometimes;
    } else if (count != sometimes) {
      count = std::min(count + 1, rows_min);
    }
  }
}

std::string MemberFacts::to_text() const {
  boost::json::object object;
  for (const auto& [type, counts] : types_) {
    object[type] = boost::json::array(counts.begin(), counts.end());
  }
  return boost::json::serialize(object);
}

MemberFacts MemberFacts::from_text(std::string_view text) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(text, error);
  const boost::json::object* object = error ? nullptr : value.if_object();
  MemberFacts facts;
  if (object == nullptr) {
    return facts;
  }
  for (const auto& [type, counts] : *object) {
    const boost::json::array* array = counts.if_array();
    if (array == nullptr || array->size() != row_member_count || facts.types_.size() >= types_max) {
      return {};
    }
    Counts& read = facts.types_[std::string(type)];
    for (std::size_t i = 0; i < read.size(); ++i) {
      const boost::json::value& count = (*array)[i];
      if (!count.is_int64() || count.get_int64() < sometimes || count.get_int64() > rows_min) {
        return {};
      }
      read[i] = static_cast<int>(count.get_int64());
    }
  }
  return facts;
}

}  // namespace elit
