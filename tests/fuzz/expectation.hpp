#pragma once

#include <cstdint>
#include <source_location>
#include <string>
#include <string_view>

#include "core/failure.hpp"

// Shared by the fuzz targets: the report of a broken promise, and the reading of an input.
namespace elit::fuzz {

// Ends the process by abort(), with `promise` and its place, when `kept` is false: the fuzzer then keeps the input.
void expect(bool kept, std::string_view promise, std::source_location place = std::source_location::current());

// A text with a blank and a number that looks like a telephone number: neither stands in any message of ours, and no
// key of an answer that may be shown has this form. Corpora use them as texts of messages, as ids and as secrets.
inline constexpr std::string_view secret_words = "hidden canary";
inline constexpr std::string_view secret_number = "919812345678";

// One line of UTF-8 of less than 2000 bytes that repeats neither of the two.
void expect_presentable(std::string_view line);

// A failure that may be logged, with a delay of at most a day.
void expect_sound(const Failure& failure);

// An input is one byte of choices and a text. The byte of a seed made by hand is a digit or a letter; what counts are
// its lower six bits.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size);

  // A number below `count`, taken from what is left of the choices.
  [[nodiscard]] unsigned choose(unsigned count);
  [[nodiscard]] bool choose() { return choose(2) == 1; }
  [[nodiscard]] std::string_view text() const { return text_; }

  // The text up to the next line feed, which is dropped; the whole rest when there is none.
  [[nodiscard]] std::string_view next_line();

 private:
  std::string_view text_;
  unsigned choices_ = 0;
};

}  // namespace elit::fuzz
