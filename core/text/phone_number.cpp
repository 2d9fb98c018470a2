#include "core/text/phone_number.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "core/ascii.hpp"

namespace elit {
namespace {

constexpr std::size_t digits_min = 8;
constexpr std::size_t digits_max = 15;

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

// The digits of a whole number, with its calling code, where the country's plan is known; it allows a little more than
// the plan does. Other numbers have digits_min to digits_max.
struct Plan {
  std::string_view code;
  std::size_t min;
  std::size_t max;
};
constexpr auto plans = std::to_array<Plan>({
    {"1", 11, 11},   {"20", 10, 12},  {"212", 12, 12}, {"213", 11, 12}, {"216", 11, 11}, {"221", 12, 12},
    {"225", 11, 13}, {"233", 12, 12}, {"234", 11, 13}, {"237", 11, 12}, {"250", 12, 12}, {"251", 12, 12},
    {"254", 10, 12}, {"255", 12, 12}, {"256", 12, 12}, {"260", 12, 12}, {"263", 11, 12}, {"27", 11, 11},
    {"30", 12, 12},  {"31", 11, 13},  {"32", 10, 11},  {"33", 11, 11},  {"34", 11, 11},  {"351", 12, 12},
    {"353", 10, 12}, {"358", 8, 14},  {"36", 10, 11},  {"380", 12, 12}, {"39", 8, 13},   {"40", 11, 11},
    {"41", 11, 11},  {"420", 12, 12}, {"421", 12, 12}, {"43", 8, 15},   {"44", 11, 12},  {"45", 10, 10},
    {"46", 9, 12},   {"47", 10, 14},  {"48", 11, 11},  {"49", 8, 14},   {"51", 10, 11},  {"52", 12, 13},
    {"54", 12, 13},  {"55", 12, 13},  {"56", 10, 11},  {"57", 10, 12},  {"58", 12, 12},  {"593", 11, 12},
    {"60", 10, 12},  {"61", 11, 11},  {"62", 9, 14},   {"63", 10, 12},  {"64", 10, 12},  {"65", 10, 10},
    {"66", 10, 11},  {"7", 11, 11},   {"81", 11, 12},  {"82", 10, 13},  {"84", 11, 12},  {"852", 11, 11},
    {"86", 12, 13},  {"880", 11, 13}, {"90", 12, 12},  {"91", 12, 12},  {"92", 11, 12},  {"94", 11, 11},
    {"95", 9, 12},   {"960", 10, 10}, {"961", 10, 11}, {"962", 11, 12}, {"964", 11, 13}, {"965", 11, 11},
    {"966", 11, 12}, {"967", 10, 12}, {"968", 11, 11}, {"971", 11, 12}, {"972", 11, 12}, {"973", 11, 11},
    {"974", 11, 11}, {"975", 10, 11}, {"977", 11, 13}, {"98", 12, 12},
});

// No country has longer national numbers that people write without their 0.
constexpr std::size_t national_max = 11;

// Countries where the 0 at the start of a national number stays in the international number.
constexpr auto countries_that_keep_zero = std::to_array<std::string_view>({"225", "242", "378", "39"});
// Countries where national numbers do not begin with 0.
constexpr auto countries_without_zero = std::to_array<std::string_view>({"1", "52", "7"});

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

// Whether the plan of the country allows numbers with so many digits, the calling code among them.
bool has_length(std::string_view code, std::size_t digits) {
  const auto* const plan =
      std::find_if(plans.begin(), plans.end(), [code](const Plan& one) { return one.code == code; });
  return plan == plans.end() ? digits >= digits_min && digits <= digits_max
                             : digits >= plan->min && digits <= plan->max;
}

std::optional<std::string> checked(std::string_view digits) {
  const std::string_view code = calling_code_of(digits);
  return !code.empty() && has_length(code, digits.size()) ? std::optional("+" + std::string(digits)) : std::nullopt;
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

std::optional<std::string> with_code(std::string_view country, std::string_view national) {
  return checked(std::string(country) + std::string(national));
}

// A number that begins with a 0, which is dialled before the area code.
std::optional<std::string> from_national(std::string_view digits, std::string_view country) {
  if (has(countries_without_zero, country)) {
    return std::nullopt;
  }
  digits.remove_prefix(has(countries_that_keep_zero, country) ? 0 : 1);
  return with_code(country, digits);
}

// A number of the country without any mark: national, or with the calling code. Absent if it can be either.
std::optional<std::string> from_unmarked(std::string_view digits, std::string_view country) {
  if (country == "7" && digits.size() == 11 && digits.starts_with("8")) {
    return with_code(country, digits.substr(1));  // what is dialled before national numbers there
  }
  const auto national = digits.size() > national_max ? std::nullopt : with_code(country, digits);
  const auto whole = digits.starts_with(country) ? checked(digits) : std::nullopt;
  if (national && whole) {
    return std::nullopt;
  }
  return national ? national : whole;
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
  if (country.empty()) {
    return std::nullopt;
  }
  return digits.starts_with("0") ? from_national(digits, country) : from_unmarked(digits, country);
}

}  // namespace elit
