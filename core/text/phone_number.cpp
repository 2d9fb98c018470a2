#include "core/text/phone_number.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "core/ascii.hpp"

namespace elit {
namespace {

constexpr std::size_t digits_min = 8;
constexpr std::size_t digits_max = 15;
constexpr std::size_t digits_without_plus_min = 10;

// Calling codes by length (ITU-T E.164 assigned codes).
constexpr auto short_codes = std::to_array<std::string_view>({"1", "7"});
constexpr auto middle_codes = std::to_array<std::string_view>(
    {"20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46",
     "47", "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63",
     "64", "65", "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98"});
// Calling codes with three digits: the first two, and the last digits that are assigned after them.
struct LongCodes {
  std::string_view first;
  std::string_view last;
};
constexpr auto long_codes = std::to_array<LongCodes>({
    {"21", "12368"},      {"22", "0123456789"}, {"23", "0123456789"}, {"24", "0123456789"}, {"25", "012345678"},
    {"26", "0123456789"}, {"29", "01789"},      {"35", "0123456789"}, {"37", "0123456789"}, {"38", "01235679"},
    {"42", "013"},        {"50", "0123456789"}, {"59", "0123456789"}, {"67", "023456789"},  {"68", "012356789"},
    {"69", "012"},        {"80", "08"},         {"85", "02356"},      {"87", "08"},         {"88", "01236"},
    {"96", "012345678"},  {"97", "012345679"},  {"99", "234568"},
});

bool ends_with_one_of(std::string_view code, const LongCodes& codes) {
  return code.substr(0, 2) == codes.first && codes.last.find(code[2]) != std::string_view::npos;
}

// The number of digits of a whole number, for countries where nearly all numbers have the same length.
struct Length {
  std::string_view code;
  std::size_t digits;
};
constexpr auto lengths =
    std::to_array<Length>({{"1", 11}, {"7", 11}, {"33", 11}, {"34", 11}, {"91", 12}, {"92", 12}, {"98", 12}});

// Countries where the 0 at the start of a national number stays in the international number.
constexpr auto countries_that_keep_zero = std::to_array<std::string_view>({"225", "242", "378", "39"});
// Countries where national numbers do not begin with 0.
constexpr auto countries_without_zero = std::to_array<std::string_view>({"1", "7"});

template <std::size_t count>
bool has(const std::array<std::string_view, count>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

std::string_view calling_code_of(std::string_view digits) {
  for (std::size_t size = 1; size <= 3 && size <= digits.size(); ++size) {
    if (is_calling_code(digits.substr(0, size))) {
      return digits.substr(0, size);
    }
  }
  return {};
}

std::optional<std::string> checked(std::string_view digits) {
  const std::string_view code = calling_code_of(digits);
  if (code.empty() || digits.size() < digits_min || digits.size() > digits_max) {
    return std::nullopt;
  }
  return "+" + std::string(digits);
}

// Whether digits without an international prefix can be an international number, as far as the country's lengths are
// known.
bool has_usual_length(std::string_view digits) {
  const std::string_view code = calling_code_of(digits);
  const auto has_other = [&](const Length& one) { return one.code == code && one.digits != digits.size(); };
  return digits.size() >= digits_without_plus_min && std::none_of(lengths.begin(), lengths.end(), has_other);
}

struct Written {
  bool plus = false;
  std::string digits;
};

// Absent for a text with characters that phone numbers do not contain.
std::optional<Written> read_written(std::string_view text) {
  constexpr std::string_view separators = " \t.-/()";
  text = trimmed(text);
  if (text.starts_with("tel:")) {
    text.remove_prefix(4);
  }
  Written written;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '+' && written.digits.empty() && !written.plus) {
      written.plus = true;
    } else if (text.substr(i).starts_with("(0)") && !written.digits.empty()) {
      i += 2;
    } else if (c >= '0' && c <= '9') {
      written.digits += c;
    } else if (separators.find(c) == std::string_view::npos) {
      return std::nullopt;
    }
  }
  return written;
}

std::optional<std::string> from_national(std::string_view digits, std::string_view country) {
  if (country.empty() || has(countries_without_zero, country)) {
    return std::nullopt;
  }
  if (!has(countries_that_keep_zero, country)) {
    digits.remove_prefix(1);
  }
  return checked(std::string(country) + std::string(digits));
}

}  // namespace

bool is_calling_code(std::string_view digits) {
  const auto fits = [&](const LongCodes& codes) { return ends_with_one_of(digits, codes); };
  switch (digits.size()) {
    case 1:
      return has(short_codes, digits);
    case 2:
      return has(middle_codes, digits);
    case 3:
      return std::any_of(long_codes.begin(), long_codes.end(), fits);
    default:
      return false;
  }
}

std::optional<std::string> to_e164(std::string_view text, std::string_view country) {
  const std::optional<Written> written = read_written(text);
  if (!written) {
    return std::nullopt;
  }
  const std::string_view digits = written->digits;
  if (written->plus) {
    return checked(digits);
  }
  if (digits.starts_with("00")) {
    return checked(digits.substr(2));
  }
  if (digits.starts_with("0")) {
    return from_national(digits, country);
  }
  return has_usual_length(digits) ? checked(digits) : std::nullopt;
}

}  // namespace elit
