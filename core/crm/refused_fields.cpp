#include "core/crm/refused_fields.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "core/ascii.hpp"
#include "core/letter_case.hpp"

namespace elit::crm {
namespace {

namespace json = boost::json;

constexpr int depth_max = 32;
constexpr std::size_t words_max = 6;  // of one field's name

void collect_texts(const json::value& value, int depth, std::vector<std::string>& texts) {
  if (depth > depth_max) {
    return;
  }
  if (const json::string* text = value.if_string()) {
    texts.emplace_back(text->data(), text->size());
  } else if (const json::array* list = value.if_array()) {
    for (const json::value& element : *list) {
      collect_texts(element, depth + 1, texts);
    }
  } else if (const json::object* object = value.if_object()) {
    for (const auto& member : *object) {
      collect_texts(member.value(), depth + 1, texts);
    }
  }
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : to_lower_case(text)) {
    if (is_alphanumeric(c)) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  if (!word.empty()) {
    words.push_back(std::move(word));
  }
  return words;
}

std::string compact(std::string_view name) {
  std::string joined;
  for (const std::string& word : words_of(name)) {
    joined += word;
  }
  return joined;
}

// The words from `begin` on that are the name of a field; the longest such name counts, so that "first name" does not
// name the field "name". 0: none.
std::size_t words_of_field(const std::vector<std::string>& words, std::size_t begin, const std::string& name) {
  std::string joined;
  for (std::size_t count = 1; count <= words_max && begin + count <= words.size(); ++count) {
    joined += words[begin + count - 1];
    if (joined == name) {
      return count;
    }
  }
  return 0;
}

void name_by_words(const std::vector<std::string>& names, std::string_view text, std::set<std::size_t>& named) {
  const std::vector<std::string> words = words_of(text);
  for (std::size_t begin = 0; begin < words.size();) {
    std::size_t longest = 0;
    std::size_t field = 0;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::size_t count = words_of_field(words, begin, names[i]);
      field = count > longest ? i : field;
      longest = std::max(longest, count);
    }
    if (longest > 0) {
      named.insert(field);
    }
    begin += std::max<std::size_t>(longest, 1);
  }
}

}  // namespace

std::vector<std::string> texts_of_refusal(const ParsedResponse& response, const json::value* element) {
  std::vector<std::string> texts;
  if (element != nullptr && element != &response.body) {
    collect_texts(*element, 0, texts);
    return texts;
  }
  if (response.is_json) {
    collect_texts(response.body, 0, texts);
  } else {
    texts.push_back(response.http.body);
  }
  for (const HttpHeader& header : response.http.headers) {
    if (to_lower_case(header.name).starts_with("x-")) {
      texts.push_back(header.value);
    }
  }
  return texts;
}

std::vector<std::string> named_fields(const std::vector<std::string>& fields, const std::vector<std::string>& texts) {
  std::vector<std::string> names;
  std::transform(fields.begin(), fields.end(), std::back_inserter(names),
                 [](const std::string& field) { return compact(field); });
  std::set<std::size_t> named;
  for (const std::string& text : texts) {
    const auto whole = std::find(names.begin(), names.end(), compact(text));
    if (whole != names.end() && !whole->empty()) {
      named.insert(static_cast<std::size_t>(whole - names.begin()));
    }
  }
  if (named.empty()) {
    for (const std::string& text : texts) {
      name_by_words(names, text, named);
    }
  }
  std::vector<std::string> found;
  std::transform(named.begin(), named.end(), std::back_inserter(found),
                 [&fields](std::size_t place) { return fields[place]; });
  return found;
}

bool names_another_record(const std::vector<std::string>& texts) {
  return std::any_of(texts.begin(), texts.end(), [](const std::string& text) {
    const std::vector<std::string> words = words_of(text);
    return std::any_of(words.begin(), words.end(), [](const std::string& word) {
      return word.starts_with("duplicate") || word == "conflict" || word == "unique" || word == "already";
    });
  });
}

bool FieldOmission::on_refusal(const std::vector<std::string>& texts, bool may_guess) {
  if (!next_) {
    std::vector<std::string> others;
    std::copy_if(fields_.begin(), fields_.end(), std::back_inserter(others),
                 [this](const std::string& field) { return !named_.contains(field); });
    const std::vector<std::string> named = named_fields(others, texts);
    if (!named.empty()) {
      named_.insert(named.begin(), named.end());
      left_out_ = named_;
      return true;
    }
    guesses_ = std::move(others);
    // One alone is the same as all.
    next_ = guesses_.size() == 1 || guesses_.size() > tried_alone_max ? guesses_.size() : 0;
  }
  left_out_ = named_;
  const std::size_t guess = may_guess && !guesses_.empty() ? (*next_)++ : guesses_.size() + 1;
  if (guess < guesses_.size()) {
    left_out_.insert(guesses_[guess]);
  } else if (guess == guesses_.size()) {
    left_out_.insert(guesses_.begin(), guesses_.end());
  } else {
    left_out_.clear();
  }
  return !left_out_.empty();
}

}  // namespace elit::crm
