#pragma once

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/crm/filters.hpp"
#include "core/instant.hpp"
#include "core/text/text_length.hpp"

// The implementations of the filters in the table of filters.cpp. Only or_default and negation are called with null.
namespace elit::crm::filter {

using Arguments = std::vector<std::string>;

[[nodiscard]] bool is_country(std::string_view digits);
[[nodiscard]] std::optional<TextUnit> unit_from(std::string_view name);

// A text, number or flag.
[[nodiscard]] bool is_scalar(const boost::json::value& value);
// Absent when the value is not an instant of the years 0 to 9999.
[[nodiscard]] std::optional<Instant> instant_of(const boost::json::value& value);

[[nodiscard]] boost::json::value as_string(const Arguments& arguments, const boost::json::value& value);
[[nodiscard]] boost::json::value as_number(const Arguments& arguments, const boost::json::value& value);
[[nodiscard]] boost::json::value as_json(const Arguments& arguments, const boost::json::value& value);
[[nodiscard]] boost::json::value e164(const Arguments& arguments, const boost::json::value& value);
[[nodiscard]] boost::json::value format_time(const Arguments& arguments, const boost::json::value& value);
[[nodiscard]] boost::json::value limit(const Arguments& arguments, const boost::json::value& value);
[[nodiscard]] boost::json::value skip(const Arguments& arguments, const boost::json::value& value);
[[nodiscard]] boost::json::value negation(const Arguments& arguments, const boost::json::value& value);
[[nodiscard]] boost::json::value or_default(const Arguments& arguments, const boost::json::value& value);
[[nodiscard]] boost::json::value keys(const Arguments& arguments, const boost::json::value& value);
[[nodiscard]] boost::json::value values(const Arguments& arguments, const boost::json::value& value);
[[nodiscard]] boost::json::value join(const Arguments& arguments, const boost::json::value& value);
[[nodiscard]] boost::json::value backslash(const Arguments& arguments, const boost::json::value& value);
[[nodiscard]] boost::json::value without(const Arguments& arguments, const boost::json::value& value);
[[nodiscard]] boost::json::value map_words(const Arguments& arguments, const boost::json::value& value);

[[nodiscard]] boost::json::value iso8601(Instant instant);
[[nodiscard]] boost::json::value epoch_ms(Instant instant);
[[nodiscard]] boost::json::value epoch_s(Instant instant);

[[nodiscard]] boost::json::value lower(std::string_view text);
[[nodiscard]] boost::json::value upper(std::string_view text);
[[nodiscard]] boost::json::value trim(std::string_view text);
[[nodiscard]] boost::json::value digits(std::string_view text);
[[nodiscard]] boost::json::value html(std::string_view text);
[[nodiscard]] boost::json::value look_alikes(std::string_view text);
[[nodiscard]] boost::json::value nl2br(std::string_view text);
[[nodiscard]] boost::json::value sha256(std::string_view text);
[[nodiscard]] boost::json::value uuid5(std::string_view text);
[[nodiscard]] boost::json::value base64(std::string_view text);
[[nodiscard]] boost::json::value url(std::string_view text);
[[nodiscard]] boost::json::value external_id(std::string_view text);
[[nodiscard]] boost::json::value first_word(std::string_view text);
[[nodiscard]] boost::json::value other_words(std::string_view text);

}  // namespace elit::crm::filter
