// Secrets and user ids on their way into a log. The input: lines, of which the first ones are secrets.

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "core/text/base64.hpp"
#include "core/text/json_text.hpp"
#include "core/text/percent_encoding.hpp"
#include "core/text/redaction.hpp"
#include "core/text/utf8.hpp"
#include "tests/fuzz/expectation.hpp"

namespace elit::fuzz {
namespace {

constexpr std::size_t secret_size_min = 8;

// Whether the secret can be searched for in a text with `[redacted]`: neither may produce the other by chance. No
// accepted secret has control characters.
bool can_be_looked_for(const std::string& secret) {
  const bool plain = std::all_of(secret.begin(), secret.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7F; });
  return plain && secret.size() >= secret_size_min && is_utf8(secret) &&
         secret.find_first_of("[]") == std::string::npos &&
         std::string_view("[redacted]").find(secret) == std::string::npos;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

void expect_masked(std::string_view user_id) {
  constexpr std::string_view ellipsis = "…";
  const std::string masked = mask_user_id(user_id);
  expect(is_utf8(masked), "a masked id can be logged");
  const std::size_t shown = characters(masked) - 1;
  const std::size_t whole = characters(to_utf8(user_id));
  expect(masked.find(ellipsis) != std::string::npos, "a masked id shows that it is masked");
  constexpr std::size_t usual_size = 12;
  expect(whole >= usual_size ? shown == 8 : 2 * shown <= whole, "a masked id hides enough");
}

void expect_absent(const Redactor& redactor, const std::string& text, const std::string& secret) {
  expect(redactor.apply(text).find(secret) == std::string::npos, "no secret passes");
}

void run(Input input) {
  Redactor redactor;
  std::vector<std::string> secrets;
  for (unsigned count = 1 + input.choose(3); count > 0; --count) {
    secrets.emplace_back(input.next_line());
    redactor.add(secrets.back());
    expect_masked(secrets.back());
  }
  const std::string text(input.text());
  const std::string clean = redactor.apply(text);
  for (const std::string& secret : secrets) {
    if (!can_be_looked_for(secret)) {
      continue;
    }
    expect_absent(redactor, text, secret);
    expect_absent(redactor, "a" + secret + "b" + secret + text, secret);
    const std::string quoted = json_quote(secret);
    expect_absent(redactor, json_quote("a" + secret + "b"), quoted.substr(1, quoted.size() - 2));
    const std::string written = boost::json::serialize(boost::json::value(secret));
    expect_absent(redactor, R"({"k":)" + written + "}", written.substr(1, written.size() - 2));
    expect_absent(redactor, "/?k=" + percent_encode("a" + secret + "b"), percent_encode(secret));
    expect_absent(redactor, "Basic " + base64_encode(secret), base64_encode(secret));
  }
  expect(Redactor().apply(text) == text, "without secrets nothing is hidden");
  expect(clean.size() <= text.size() * std::string_view("[redacted]").size(), "a text does not grow without bounds");
}

}  // namespace
}  // namespace elit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  elit::fuzz::run(elit::fuzz::Input(data, size));
  return 0;
}
