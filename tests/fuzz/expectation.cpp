#include "tests/fuzz/expectation.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>

#include "core/check.hpp"
#include "core/text/time_text.hpp"
#include "core/text/utf8.hpp"

namespace elit {

// Replaces the product's check, whose way to end the process is no failure for a fuzzer.
void check(bool condition, std::string_view message, std::source_location place) {
  if (!condition) {
    std::fprintf(stderr, "fuzz: a check of the product failed: %.*s (%s:%u)\n", static_cast<int>(message.size()),
                 message.data(), place.file_name(), static_cast<unsigned>(place.line()));
    std::abort();
  }
}

}  // namespace elit

namespace elit::fuzz {

void expect(bool kept, std::string_view promise, std::source_location place) {
  if (!kept) {
    std::fprintf(stderr, "fuzz: a promise is broken: %.*s (%s:%u)\n", static_cast<int>(promise.size()), promise.data(),
                 place.file_name(), static_cast<unsigned>(place.line()));
    std::abort();
  }
}

void expect_presentable(std::string_view line) {
  constexpr std::size_t line_size_max = 2000;
  expect(is_utf8(line), "what is logged is UTF-8");
  expect(line.size() < line_size_max, "what is logged is short");
  expect(std::none_of(line.begin(), line.end(), [](unsigned char c) { return std::iscntrl(c) != 0; }),
         "what is logged is one line");
  expect(line.find(secret_words) == std::string_view::npos, "what is logged repeats no text of a message");
  expect(line.find(secret_number) == std::string_view::npos, "what is logged repeats no user id");
}

void expect_sound(const Failure& failure) {
  expect_presentable(failure.detail);
  expect(!failure.detail.empty(), "a failure says what happened");
  expect(!failure.retry_after || (*failure.retry_after >= Milliseconds{0} && *failure.retry_after <= retry_after_max),
         "a wish to be asked later is at most a day");
}

Input::Input(const std::uint8_t* data, std::size_t size) {
  constexpr unsigned choices_count = 64;
  if (size > 0) {
    choices_ = data[0] % choices_count;
    text_ = {reinterpret_cast<const char*>(data) + 1, size - 1};
  }
}

unsigned Input::choose(unsigned count) {
  const unsigned choice = choices_ % count;
  choices_ /= count;
  return choice;
}

std::string_view Input::next_line() {
  const std::string_view line = text_.substr(0, text_.find('\n'));
  text_.remove_prefix(line.size() == text_.size() ? line.size() : line.size() + 1);
  return line;
}

}  // namespace elit::fuzz
