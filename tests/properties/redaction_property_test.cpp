// Secrets of any kind in texts of any kind.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/text/base64.hpp"
#include "core/text/json_text.hpp"
#include "core/text/percent_encoding.hpp"
#include "core/text/redaction.hpp"
#include "core/text/utf8.hpp"
#include "tests/properties/for_all.hpp"
#include "tests/properties/json_model.hpp"

namespace elit::properties {
namespace {

constexpr std::string_view replacement = "[redacted]";

// Secrets and the text around them have the same letters, so that they overlap. No secret is part of the replacement.
std::string text_of_letters(Choices& choices, int average) {
  constexpr std::u32string_view letters = U"xy+/=%\"\\ \u00FC\U0001F600Z9~";
  std::u32string text;
  do {
    text += letters[choices.below(letters.size())];
  } while (choices.more(average));
  return to_utf8_bytes(text);
}

std::string lower_hex(std::string text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = (i > 0 && text[i - 1] == '%') || (i > 1 && text[i - 2] == '%');
    text[i] = digit && text[i] >= 'A' && text[i] <= 'F' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
  }
  return text;
}

// The forms in which the header promises to find a secret; base64 without its padding, which is no part of the secret.
std::vector<std::string> forms_of(const std::string& secret) {
  const std::string encoded = percent_encode(secret);
  const std::string quoted = json_quote(secret);
  std::string base64 = base64_encode(secret);
  base64.erase(base64.find_last_not_of('=') + 1);
  return {secret, encoded, lower_hex(encoded), base64, percent_encode(base64), quoted.substr(1, quoted.size() - 2)};
}

// The expected text: from the left, the longest form at each place is replaced.
std::string without_forms(std::string_view text, const std::vector<std::string>& forms) {
  std::string out;
  while (!text.empty()) {
    std::size_t longest = 0;
    for (const std::string& form : forms) {
      longest = text.starts_with(form) ? std::max(longest, form.size()) : longest;
    }
    out += longest > 0 ? replacement : text.substr(0, 1);
    text.remove_prefix(std::max<std::size_t>(longest, 1));
  }
  return out;
}

std::vector<std::string> parts_between(const std::string& text, std::string_view separator) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  for (std::size_t at = text.find(separator); at != std::string::npos; at = text.find(separator, from)) {
    parts.push_back(text.substr(from, at - from));
    from = at + separator.size();
  }
  parts.push_back(text.substr(from));
  return parts;
}

struct Sample {
  explicit Sample(Choices& choices) {
    std::vector<std::string> pieces;
    do {
      const std::string secret = text_of_letters(choices, 4);
      redactor.add(secret);
      for (const std::string& form : forms_of(secret)) {
        forms.push_back(form);
      }
    } while (choices.more(1));
    while (choices.more(3)) {
      text += choices.chance(2) ? choices.pick(forms) : text_of_letters(choices, 3);
    }
    choices.note([this] { return testing::PrintToString(forms) + "\n" + testing::PrintToString(text); });
  }

  [[nodiscard]] bool holds_a_secret(const std::string& part) const {
    return std::any_of(forms.begin(), forms.end(),
                       [&part](const std::string& form) { return part.find(form) != std::string::npos; });
  }

  Redactor redactor;
  std::vector<std::string> forms;
  std::string text;
};

TEST(RedactionPropertyTest, NoSecretSurvivesInAnyFormAndNothingElseIsTouched) {
  for_all([](Choices& choices) {
    const Sample sample(choices);
    const std::string redacted = sample.redactor.apply(sample.text);
    choices.note([&] { return testing::PrintToString(redacted); });
    EXPECT_EQ(redacted == sample.text, !sample.holds_a_secret(sample.text));
    for (const std::string& part : parts_between(redacted, replacement)) {
      EXPECT_FALSE(sample.holds_a_secret(part)) << part;
    }
    EXPECT_EQ(redacted, without_forms(sample.text, sample.forms));
    EXPECT_EQ(sample.redactor.apply(redacted), redacted) << "redacting once is enough";
  });
}

TEST(RedactionPropertyTest, AMaskedUserIdShowsAtMostEightCharactersAndOfAShortOneHalf) {
  for_all([](Choices& choices) {
    const std::u32string model = text_from(choices) + text_from(choices) + text_from(choices) + text_from(choices);
    const std::string id = to_utf8_bytes(model);
    const std::string masked = mask_user_id(id);
    choices.note([&] { return id + ": " + masked; });
    const std::vector<std::string> shown = parts_between(masked, "\u2026");
    const auto size = [](const std::string& text) {
      return std::count_if(text.begin(), text.end(),
                           [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; });
    };
    EXPECT_TRUE(is_utf8(masked));
    EXPECT_TRUE(id.starts_with(shown.front()) && id.ends_with(shown.back()));
    const std::ptrdiff_t bound = model.size() < 12 ? std::ssize(model) / 2 : 8;
    EXPECT_LE(size(shown.front()) + size(shown.back()), bound);
  });
}

TEST(RedactionPropertyTest, AMaskedUserIdOfAnyBytesCanBeLogged) {
  for_all([](Choices& choices) {
    std::string id;
    while (choices.more(8)) {
      id += static_cast<char>(choices.below(256));
    }
    EXPECT_TRUE(is_utf8(mask_user_id(id)));
  });
}

TEST(Base64PropertyTest, HasTheBitsOfItsBytes) {
  for_all([](Choices& choices) {
    std::string bytes;
    while (choices.more(6)) {
      bytes += static_cast<char>(choices.below(256));
    }
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string decoded;
    std::uint32_t bits = 0;
    int count = 0;
    const std::string encoded = base64_encode(bytes);
    for (const char digit : encoded.substr(0, encoded.find('='))) {
      bits = bits << 6U | static_cast<std::uint32_t>(alphabet.find(digit));
      count += 6;
      if (count >= 8) {
        count -= 8;
        decoded += static_cast<char>(bits >> static_cast<unsigned>(count) & 0xFFU);
      }
    }
    EXPECT_EQ(decoded, bytes);
    EXPECT_EQ(encoded.size(), (bytes.size() + 2) / 3 * 4);
  });
}

}  // namespace
}  // namespace elit::properties
