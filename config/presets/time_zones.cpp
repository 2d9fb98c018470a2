#include "config/presets/time_zones.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <system_error>

#include "config/presets/zone_rule.hpp"

namespace elit::config {
namespace {

constexpr std::size_t header_size = 44;
constexpr std::size_t zone_size_max = 256 * 1024;
constexpr int last_year = 2100;
constexpr Milliseconds offset_max{std::chrono::hours{26}};

// Big-endian, signed.
std::int64_t number_at(std::string_view bytes, std::size_t at, std::size_t length) {
  std::uint64_t number = (static_cast<unsigned char>(bytes[at]) & 0x80U) != 0 ? ~std::uint64_t{0} : 0;
  for (std::size_t index = 0; index < length; ++index) {
    number = (number << 8U) | static_cast<unsigned char>(bytes[at + index]);
  }
  return static_cast<std::int64_t>(number);
}

// The counts of a header, in their order in the file.
struct Counts {
  std::size_t ut, standard, leaps, times, types, letters;

  [[nodiscard]] std::size_t size(std::size_t time_size) const {
    return times * (time_size + 1) + types * 6 + letters + leaps * (time_size + 4) + standard + ut;
  }
};

std::optional<Counts> read_header(std::string_view content) {
  if (content.size() < header_size || !content.starts_with("TZif") || content[4] < '2') {
    return std::nullopt;
  }
  std::array<std::size_t, 6> counts{};
  for (std::size_t index = 0; index < counts.size(); ++index) {
    const std::int64_t count = number_at(content, 20 + index * 4, 4);
    if (count < 0 || static_cast<std::size_t>(count) > zone_size_max) {
      return std::nullopt;
    }
    counts[index] = static_cast<std::size_t>(count);
  }
  return Counts{counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]};
}

// The changes of the second block, whose times have eight bytes.
std::optional<std::vector<TimeZone::Change>> read_changes(std::string_view block, const Counts& counts) {
  std::vector<Milliseconds> offsets;
  const std::size_t types = counts.times * 9;
  for (std::size_t index = 0; index < counts.types; ++index) {
    offsets.emplace_back(std::chrono::seconds{number_at(block, types + index * 6, 4)});
    if (offsets.back() > offset_max || offsets.back() < -offset_max) {
      return std::nullopt;
    }
  }
  if (offsets.empty()) {
    return std::nullopt;
  }
  // What is earlier than any message stands before year 1.
  constexpr std::int64_t earliest = -62'135'596'800;
  constexpr std::int64_t latest = 253'402'300'799;
  std::vector<TimeZone::Change> changes{{Instant{std::chrono::seconds{earliest}}, offsets.front()}};
  for (std::size_t index = 0; index < counts.times; ++index) {
    const std::int64_t at = number_at(block, index * 8, 8);
    const auto type = static_cast<unsigned char>(block[counts.times * 8 + index]);
    const Instant from{std::chrono::seconds{std::clamp(at, earliest, latest)}};
    if (type >= offsets.size() || from < changes.back().from) {
      return std::nullopt;
    }
    changes.push_back({from, offsets[type]});
  }
  return changes;
}

// Goes on behind the last change of the table by the rule at the end of the file.
bool append_rule(std::vector<TimeZone::Change>& changes, std::string_view footer) {
  const std::size_t end = footer.size() < 2 || footer.front() != '\n' ? std::string_view::npos : footer.find('\n', 1);
  if (end == std::string_view::npos) {
    return false;
  }
  const std::string_view rule = footer.substr(1, end - 1);
  if (rule.empty()) {
    return true;
  }
  const auto day = std::chrono::floor<std::chrono::days>(changes.back().from);
  const int from = std::max(1970, static_cast<int>(std::chrono::year_month_day{day}.year()));
  const auto further = changes_of_rule(rule, from, last_year);
  if (!further) {
    return false;
  }
  const Instant last = changes.back().from;
  std::copy_if(further->begin(), further->end(), std::back_inserter(changes),
               [last](const TimeZone::Change& change) { return change.from > last; });
  return true;
}

bool is_zone_name(const std::string& name) {
  const auto fits = [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '/' || byte == '_' || byte == '-' || byte == '+';
  };
  return !name.empty() && name.size() <= 100 && name.front() != '/' && std::all_of(name.begin(), name.end(), fits);
}

std::string content_of(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error) || std::filesystem::file_size(path, error) > zone_size_max) {
    return {};
  }
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

std::optional<TimeZone> read_zone_file(std::string_view content) {
  const std::optional<Counts> first = read_header(content);
  if (!first || content.size() < 2 * header_size + first->size(4)) {
    return std::nullopt;
  }
  content.remove_prefix(header_size + first->size(4));
  const std::optional<Counts> second = read_header(content);
  if (!second || content.size() < header_size + second->size(8)) {
    return std::nullopt;
  }
  content.remove_prefix(header_size);
  std::optional<std::vector<TimeZone::Change>> changes = read_changes(content, *second);
  if (!changes || !append_rule(*changes, content.substr(second->size(8)))) {
    return std::nullopt;
  }
  return TimeZone(std::move(*changes));
}

std::optional<TimeZone> find_time_zone(const std::string& name, const std::filesystem::path& zoneinfo) {
  if (name == "UTC") {
    return TimeZone();
  }
  return is_zone_name(name) ? read_zone_file(content_of(zoneinfo / name)) : std::nullopt;
}

std::vector<std::string> time_zone_names(const std::filesystem::path& zoneinfo) {
  std::vector<std::string> names;
  std::error_code error;
  for (auto entry = std::filesystem::recursive_directory_iterator(zoneinfo, error);
       !error && entry != std::filesystem::recursive_directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().lexically_relative(zoneinfo).string();
    if (name == "posix" || name == "right") {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file(error) && name.find('/') != std::string::npos && name[0] >= 'A' &&
               name[0] <= 'Z') {
      names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace elit::config
