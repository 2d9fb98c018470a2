#include <boost/json/array.hpp>

#include <algorithm>
#include <utility>

#include "core/ascii.hpp"
#include "core/letter_case.hpp"
#include "core/simulator/crms/json_body.hpp"
#include "core/simulator/crms/salesforce.hpp"

namespace elit::simulator {
namespace {

namespace json = boost::json;

// SELECT names FROM object [WHERE field = 'value' | WHERE field IN ('value', ...)] [LIMIT limit]
struct Query {
  std::vector<std::string> names;
  std::string object;
  std::string field;  // empty: no condition
  std::vector<std::string> values;
  std::size_t limit = 2'000;  // the largest page of Salesforce
};

struct Token {
  std::string text;
  bool quoted = false;

  [[nodiscard]] bool is(std::string_view word) const { return !quoted && equal_without_case(text, word); }
};

bool is_word(char c) {
  return is_alphanumeric(c) || c == '_' || c == '.';
}

// A text in single quotes; a backslash escapes; the closing quote may be missing.
Token quoted_token(std::string_view text, std::size_t& at) {
  Token token;
  token.quoted = true;
  for (++at; at < text.size() && text[at] != '\''; ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) {
      ++at;
    }
    token.text += text[at];
  }
  ++at;
  return token;
}

std::vector<Token> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\'') {
      tokens.push_back(quoted_token(text, at));
    } else if (is_word(text[at])) {
      Token token;
      for (; at < text.size() && is_word(text[at]); ++at) {
        token.text += text[at];
      }
      tokens.push_back(std::move(token));
    } else {
      if (text[at] != ' ') {
        tokens.push_back({std::string(1, text[at]), false});
      }
      ++at;
    }
  }
  return tokens;
}

// Reads token after token; `right` becomes false at the first that does not fit.
class QueryReader {
 public:
  explicit QueryReader(std::string_view text) : tokens_(tokens_of(text)) {}

  std::optional<Query> read() {
    Query query;
    expect("SELECT");
    do {
      query.names.push_back(take());
    } while (accept(","));
    expect("FROM");
    query.object = take();
    if (accept("WHERE")) {
      query.field = take();
      read_values(query);
    }
    if (accept("LIMIT")) {
      const std::optional<std::int64_t> limit = parse_integer(take());
      right_ = right_ && limit && *limit >= 0;
      query.limit = right_ ? static_cast<std::size_t>(*limit) : 0;
    }
    return right_ && at_ == tokens_.size() ? std::optional(query) : std::nullopt;
  }

 private:
  bool accept(std::string_view word) {
    const bool found = at_ < tokens_.size() && tokens_[at_].is(word);
    at_ += found ? 1U : 0U;
    return found;
  }
  void expect(std::string_view word) { right_ = accept(word) && right_; }
  std::string take() {
    right_ = right_ && at_ < tokens_.size();
    return right_ ? tokens_[at_++].text : std::string();
  }
  void read_values(Query& query) {
    if (accept("=")) {
      query.values.push_back(take());
      return;
    }
    expect("IN");
    expect("(");
    do {
      query.values.push_back(take());
    } while (right_ && accept(","));
    expect(")");
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  bool right_ = true;
};

std::string value_text(const CrmRecord& record, const std::string& field) {
  return field == "Id" ? record.id : text_member(record.properties, field).value_or("");
}

}  // namespace

HttpResponse Salesforce::query(const std::string& version, std::string_view text) {
  const std::optional<Query> asked = QueryReader(text).read();
  if (!asked) {
    return refuse(400, "MALFORMED_QUERY", "unexpected token: this query is not understood");
  }
  const std::optional<std::string> object = find_object(options_.fields, asked->object);
  if (!object) {
    return refuse(400, "INVALID_TYPE", "sObject type '" + asked->object + "' is not supported.");
  }
  std::vector<std::string> wanted = asked->names;
  wanted.push_back(asked->field.empty() ? "Id" : asked->field);
  for (std::string& name : wanted) {
    const SalesforceField* field = find_field(options_.fields, *object, name);
    if (field == nullptr) {
      return refuse(400, "INVALID_FIELD", "No such column '" + name + "' on entity '" + *object + "'.");
    }
    name = field->name;
  }
  const std::string condition = wanted.back();
  wanted.pop_back();
  json::array found;
  for (const CrmRecord* record : table_.all(*object)) {
    const bool fits = asked->field.empty() ||
                      std::count(asked->values.begin(), asked->values.end(), value_text(*record, condition)) > 0;
    if (!fits || found.size() == asked->limit) {
      continue;
    }
    json::object row;
    row["attributes"] = json::object{{"type", *object},
                                     {"url", "/services/data/" + version + "/sobjects/" + *object + "/" + record->id}};
    for (const std::string& name : wanted) {
      const json::value* value = record->properties.if_contains(name);
      row[name] = name == "Id" ? json::value(record->id) : value == nullptr ? json::value(nullptr) : *value;
    }
    found.push_back(std::move(row));
  }
  json::object body;
  body["totalSize"] = found.size();
  body["done"] = true;
  body["records"] = std::move(found);
  return json_answer(200, body);
}

}  // namespace elit::simulator
