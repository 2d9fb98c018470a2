// Answers of the Users API: any status that promises a document, any body.

#include <array>
#include <set>
#include <string>

#include "core/elitbuzz/protocol.hpp"
#include "core/text/json_scan.hpp"
#include "core/text/json_text.hpp"
#include "core/text/utf8.hpp"
#include "tests/fuzz/expectation.hpp"
#include "tests/fuzz/json_witness.hpp"

namespace elit::fuzz {
namespace {

SourceOptions source_of(Input& input) {
  SourceOptions source;
  source.name = "support";
  source.api.users_list = std::array{"", "", "/users", "/data/content"}.at(input.choose(4));
  source.api.user_id = std::array{"", "/user/id"}.at(input.choose(2));
  return source;
}

std::string trimmed(const std::string& text) {
  constexpr const char* blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

void expect_named_by_its_element(const ListedUser& user) {
  expect(!user.user_id.empty() && is_utf8(user.user_id), "a listed user has an id");
  expect(is_json(user.element), "the element of a user is JSON");
  const std::optional<boost::json::value> element = witness(user.element);
  if (!element || has_double(*element)) {
    return;
  }
  for (const std::string& text : scalar_texts(*element)) {
    if (trimmed(text) == user.user_id) {
      return;
    }
  }
  expect(false, "a user's id stands in its element");
}

void expect_sound_list(const elitbuzz::UsersAnswer& users, const std::string& body) {
  std::set<std::string> ids;
  for (const ListedUser& user : users.users) {
    expect_named_by_its_element(user);
    expect(ids.insert(user.user_id).second, "a list names each user once");
  }
  std::string storage;
  const std::string_view repaired = repair_json(body, storage);
  expect(!users.users.empty() || users.rejected == 0, "a list that names nobody is not understood");
  expect(!users.users.empty() || has_empty_brackets(repaired), "only an empty list is an empty list");
  if (const std::optional<boost::json::value> document = witness(repaired)) {
    expect(users.users.size() + static_cast<std::size_t>(users.rejected) <= array_elements(*document),
           "a list gives no more users than it has elements");
    expect(!users.users.empty() || has_empty_array(*document), "only an empty array is an empty list");
  }
}

void run(Input input) {
  const SourceOptions source = source_of(input);
  HttpResponse answer;
  answer.status = std::array{200, 201, 203, 200}.at(input.choose(4));
  answer.body = input.text();
  const Result<elitbuzz::UsersAnswer> users = elitbuzz::read_users(source, answer);
  if (users) {
    expect_sound_list(*users, answer.body);
    const Result<elitbuzz::UsersAnswer> again = elitbuzz::read_users(source, answer);
    expect(again && again->users.size() == users->users.size() && again->rejected == users->rejected,
           "an answer read twice says the same");
  } else {
    expect_sound(users.error());
  }
}

}  // namespace
}  // namespace elit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  elit::fuzz::run(elit::fuzz::Input(data, size));
  return 0;
}
