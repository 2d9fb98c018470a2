// Compares our scanning, repair, writing and canonical form of JSON with Boost.JSON's reading of the same text.

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <string>

#include "core/text/canonical_json.hpp"
#include "core/text/decimal_text.hpp"
#include "core/text/json_scan.hpp"
#include "core/text/json_text.hpp"
#include "core/text/utf8.hpp"
#include "tests/fuzz/expectation.hpp"
#include "tests/fuzz/json_witness.hpp"

namespace elit::fuzz {
namespace {

namespace json = boost::json;

bool is_inside(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

void expect_strings(std::string_view text) {
  const std::string quoted = json_quote(text);
  expect(is_json(quoted) && is_utf8(quoted), "a quoted text is a JSON string");
  expect(json_unquote(quoted) == to_utf8(text), "a text that is quoted and unquoted is itself");
  expect(witness(quoted) == json::value(to_utf8(text)), "a quoted text says what it said");
}

// Every value in a checked document, reached by our own readers; `tree` is the same value as a witness sees it, if it
// sees one.
void walk(std::string_view value, const json::value* tree) {
  expect(json_trim(value) == value, "a value has no blanks around it");
  switch (json_kind(value)) {
    case JsonKind::array: {
      JsonArrayReader reader(value);
      std::size_t count = 0;
      while (const std::optional<std::string_view> element = reader.next()) {
        expect(is_inside(*element, value), "an element is part of its array");
        const json::array* array = tree != nullptr ? &tree->as_array() : nullptr;
        walk(*element, array != nullptr ? &array->at(count) : nullptr);
        ++count;
      }
      expect(tree == nullptr || tree->as_array().size() == count, "an array has the elements it has");
      break;
    }
    case JsonKind::object: {
      JsonObjectReader reader(value);
      while (const std::optional<JsonMember> member = reader.next()) {
        std::string storage;
        const std::string name(json_key_name(member->key, storage));
        const std::optional<std::string_view> found = json_member(value, name);
        expect(found && is_inside(*found, value), "a member that is there is found");
        const bool last = found->data() == member->value.data();
        const json::value* known = tree != nullptr ? tree->as_object().if_contains(name) : nullptr;
        expect(tree == nullptr || known != nullptr, "a member has the name it has");
        walk(member->value, last ? known : nullptr);
      }
      break;
    }
    case JsonKind::string:
      expect(tree == nullptr || json_unquote(value) == std::string_view(tree->as_string()),
             "a string says what it says");
      break;
    case JsonKind::number:
      expect(tree == nullptr || tree->is_number(), "a number is a number");
      break;
    case JsonKind::boolean:
    case JsonKind::null:
      expect(tree == nullptr || json::serialize(*tree) == value, "a literal is that literal");
      break;
  }
}

void expect_canonical(std::string_view text, const std::optional<json::value>& tree) {
  const std::string canonical = canonical_json(text);
  expect(is_json(canonical), "a canonical text is JSON");
  expect(canonical_json(canonical) == canonical, "a canonical text is canonical");
  if (tree && !has_double(*tree)) {
    expect(canonical_json(json::serialize(*tree)) == canonical, "the same value has one canonical text");
  }
}

void expect_decimal(std::string_view text) {
  const std::optional<Decimal> decimal = parse_decimal(text);
  const std::optional<std::string> plain = decimal ? to_plain_text(*decimal) : std::nullopt;
  expect(!plain || parse_decimal(*plain) == decimal || decimal->digits.empty(), "a number written out is that number");
}

void run(Input input) {
  const std::string pointer(input.next_line());
  std::string storage;
  const std::string_view text = repair_json(input.text(), storage);
  std::string again;
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  expect(text.starts_with(byte_order_mark) || repair_json(text, again) == text, "what is repaired needs no repair");
  expect(is_utf8(text), "what is repaired is UTF-8");
  expect_strings(input.text());
  expect_decimal(input.text());

  const bool sound = is_json(text);
  const std::optional<json::value> tree = witness(text);
  expect(sound || !tree, "what a witness takes for JSON is JSON");
  if (json_skeleton_error(text)) {
    expect(!sound, "JSON has a skeleton");
    return;
  }
  if (const std::optional<std::string_view> found = json_at_pointer(text, pointer)) {
    expect(is_inside(*found, text), "a pointer leads into its document");
    expect(!sound || is_json(*found), "a value of JSON is JSON");
  }
  walk(json_trim(text), tree ? &*tree : nullptr);
  if (sound) {
    expect_canonical(text, tree);
  }
}

}  // namespace
}  // namespace elit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  elit::fuzz::run(elit::fuzz::Input(data, size));
  return 0;
}
