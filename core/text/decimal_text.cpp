#include "core/text/decimal_text.hpp"

#include "core/ascii.hpp"

namespace elit {
namespace {

constexpr std::int64_t exponent_max = 1'000'000'000'000'000;
constexpr std::size_t plain_size_max = 64;

std::string_view take_digits(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && is_digit(text[size])) {
    ++size;
  }
  const std::string_view digits = text.substr(0, size);
  text.remove_prefix(size);
  return digits;
}

bool take_sign(std::string_view& text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    text.remove_prefix(1);
  }
  return negative;
}

std::optional<std::int64_t> parse_exponent(std::string_view text) {
  const bool negative = take_sign(text);
  const std::string_view digits = take_digits(text);
  if (digits.empty() || !text.empty()) {
    return std::nullopt;
  }
  std::int64_t value = 0;
  for (const char c : digits) {
    value = value * 10 + (c - '0');
    if (value > exponent_max) {
      return std::nullopt;
    }
  }
  return negative ? -value : value;
}

}  // namespace

std::optional<Decimal> parse_decimal(std::string_view text) {
  Decimal result;
  result.negative = take_sign(text);
  const std::string_view whole = take_digits(text);
  std::string_view fraction;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    fraction = take_digits(text);
  }
  if (whole.empty() && fraction.empty()) {
    return std::nullopt;
  }
  if (!text.empty()) {
    if (text.front() != 'e' && text.front() != 'E') {
      return std::nullopt;
    }
    const std::optional<std::int64_t> exponent = parse_exponent(text.substr(1));
    if (!exponent) {
      return std::nullopt;
    }
    result.exponent = *exponent;
  }
  result.digits.reserve(whole.size() + fraction.size());
  result.digits.append(whole).append(fraction);
  result.exponent -= static_cast<std::int64_t>(fraction.size());
  const std::size_t last = result.digits.find_last_not_of('0');
  if (last == std::string::npos) {
    return Decimal{result.negative, {}, 0};
  }
  result.exponent += static_cast<std::int64_t>(result.digits.size() - 1 - last);
  result.digits.resize(last + 1);
  result.digits.erase(0, result.digits.find_first_not_of('0'));
  return result;
}

std::optional<std::string> to_plain_text(const Decimal& decimal) {
  if (decimal.digits.empty()) {
    return "0";
  }
  const auto size = static_cast<std::int64_t>(decimal.digits.size());
  const std::int64_t point = size + decimal.exponent;  // digits before the decimal point; negative: zeros after it
  constexpr auto size_max = static_cast<std::int64_t>(plain_size_max);
  if (size > size_max || point > size_max || point < -size_max) {
    return std::nullopt;
  }
  std::string text = decimal.digits;
  if (point <= 0) {
    text.insert(0, static_cast<std::size_t>(-point), '0');
    text.insert(0, "0.");
  } else if (point >= size) {
    text.append(static_cast<std::size_t>(point - size), '0');
  } else {
    text.insert(static_cast<std::size_t>(point), 1, '.');
  }
  if (decimal.negative) {
    text.insert(0, 1, '-');
  }
  if (text.size() > plain_size_max) {
    return std::nullopt;
  }
  return text;
}

}  // namespace elit
