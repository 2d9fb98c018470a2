#pragma once

#include <charconv>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/instant.hpp"

// Tables of `key=value` settings. The command line, the run-time switches and the help text come from the same rows.
namespace elit::simulator {

template <class T>
struct Setting {
  std::string key;
  std::string values;                             // the values that are allowed, for the user
  std::string meaning;                            // one line
  std::function<bool(T&, std::string_view)> set;  // false: the value is not allowed, and nothing was changed
  std::function<std::string(const T&)> show;
};

// A switch that is on, off, or on during a span counted from the start of the simulator.
struct Toggle {
  bool on = false;
  std::optional<Milliseconds> from;  // with `to`: on in [from, to) only
  std::optional<Milliseconds> to;

  [[nodiscard]] bool active(Milliseconds elapsed) const { return on || (from && elapsed >= *from && elapsed < *to); }
};

// yes, no, true, false, or a span in seconds such as 20..35.
[[nodiscard]] std::optional<Toggle> parse_toggle(std::string_view text);
[[nodiscard]] std::string to_string(const Toggle& toggle);

// A decimal number without exponent; absent for anything else.
[[nodiscard]] std::optional<double> parse_decimal(std::string_view text);
[[nodiscard]] std::string decimal_text(double number);

[[nodiscard]] std::string joined(const std::vector<std::string_view>& names);

template <class T, class Enumeration>
Setting<T> choice(std::string key, Enumeration T::*member, std::vector<std::string_view> names, std::string meaning) {
  return {std::move(key), joined(names), std::move(meaning),
          [member, names](T& target, std::string_view value) {
            for (std::size_t i = 0; i < names.size(); ++i) {
              if (names[i] == value) {
                target.*member = static_cast<Enumeration>(i);
                return true;
              }
            }
            return false;
          },
          [member, names](const T& target) { return std::string(names.at(static_cast<std::size_t>(target.*member))); }};
}

// A text that is one of `names`, or any text if `names` is empty.
template <class T>
Setting<T> text(std::string key, std::string T::*member, std::vector<std::string_view> names, std::string meaning) {
  return {std::move(key), names.empty() ? "TEXT" : joined(names), std::move(meaning),
          [member, names](T& target, std::string_view value) {
            bool known = names.empty();
            for (const std::string_view name : names) {
              known = known || name == value;
            }
            if (known) {
              target.*member = std::string(value);
            }
            return known;
          },
          [member](const T& target) { return target.*member; }};
}

template <class T>
Setting<T> number(std::string key, double T::*member, double least, double most, std::string meaning) {
  return {std::move(key), decimal_text(least) + " to " + decimal_text(most), std::move(meaning),
          [member, least, most](T& target, std::string_view value) {
            const std::optional<double> parsed = parse_decimal(value);
            if (!parsed || *parsed < least || *parsed > most) {
              return false;
            }
            target.*member = *parsed;
            return true;
          },
          [member](const T& target) { return decimal_text(target.*member); }};
}

template <class T>
Setting<T> count(std::string key, int T::*member, int least, int most, std::string meaning) {
  return {std::move(key), std::to_string(least) + " to " + std::to_string(most), std::move(meaning),
          [member, least, most](T& target, std::string_view value) {
            int parsed = 0;
            const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), parsed);
            if (error != std::errc{} || end != value.data() + value.size() || parsed < least || parsed > most) {
              return false;
            }
            target.*member = parsed;
            return true;
          },
          [member](const T& target) { return std::to_string(target.*member); }};
}

template <class T>
Setting<T> flag(std::string key, bool T::*member, std::string meaning) {
  return {std::move(key), "yes or no", std::move(meaning),
          [member](T& target, std::string_view value) {
            const bool yes = value == "yes" || value == "true";
            if (!yes && value != "no" && value != "false") {
              return false;
            }
            target.*member = yes;
            return true;
          },
          [member](const T& target) { return std::string(target.*member ? "yes" : "no"); }};
}

template <class T>
Setting<T> toggle(std::string key, Toggle T::*member, std::string meaning) {
  return {std::move(key), "yes, no or FROM..TO in seconds from the start", std::move(meaning),
          [member](T& target, std::string_view value) {
            const std::optional<Toggle> parsed = parse_toggle(value);
            if (parsed) {
              target.*member = *parsed;
            }
            return parsed.has_value();
          },
          [member](const T& target) { return to_string(target.*member); }};
}

// Sets `key` of `target`. On an error it changes nothing and returns a sentence with the allowed values.
template <class T>
std::optional<std::string> apply(const std::vector<Setting<T>>& table, T& target, std::string_view key,
                                 std::string_view value) {
  std::string known;
  for (const Setting<T>& row : table) {
    if (row.key == key) {
      if (row.set(target, value)) {
        return std::nullopt;
      }
      return row.key + ": \"" + std::string(value) + "\" is not a possible value; write " + row.values;
    }
    known += (known.empty() ? "" : ", ") + row.key;
  }
  return "\"" + std::string(key) + "\" is not known; known are " + known;
}

}  // namespace elit::simulator
