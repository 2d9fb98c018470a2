#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/json/value.hpp>
#include <boost/system/result.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// JSON trees with placeholders. A request is rendered from a tree and not concatenated from text, so a customer's text
// cannot change its structure, and numbers, flags and lists keep their types.
namespace elit::crm {

// The values of placeholders, by the names of their roots. The values must outlive the scope.
//   config    the settings of the sink; `config.url` is its base URL
//   secret    the secrets of the sink; only in credentials, headers and bodies
//   token     the values that the token endpoint returned
//   sink      the values that the steps of the sink saved
//   mapping   the fields that the operator mapped: `mapping.fields`, `mapping.if_empty` (lists of names); and
//             `mapping.adopt`: by what contacts of others are taken
//   contact   the contact of an item; `activity` the activity; see core/crm/work.hpp for their members
//   index     the place of an item in its request, from 0
//   each      the element of the list of `$each`
class Scope {
 public:
  Scope() = default;
  // Contains everything of `outer`, which must outlive this scope.
  explicit Scope(const Scope* outer) : outer_(outer) {}
  // The same; names that `outer` does not contain are looked up in `beyond`.
  Scope(const Scope* outer, const Scope* beyond) : outer_(outer), beyond_(beyond) {}

  void bind(std::string_view root, const boost::json::value* value) { values_[std::string(root)] = value; }
  // Null: the name is not bound.
  [[nodiscard]] const boost::json::value* find(std::string_view root) const;

 private:
  const Scope* outer_ = nullptr;
  const Scope* beyond_ = nullptr;
  std::map<std::string, const boost::json::value*, std::less<>> values_;
};

// A mistake in the text of a template. `offset`: its place in the text, in bytes.
struct TemplateMistake {
  std::string what;
  std::size_t offset = 0;
};
// result::value() of a failed parse calls this. Throws std::invalid_argument.
[[noreturn]] void throw_exception_from_error(const TemplateMistake& mistake, const boost::source_location& place);

// A filter with its arguments, as written after a bar: `limit 255 utf16`. An argument with a blank, a bar or a brace in
// it is quoted with " or ': `join ", "`, `map "in=From customer"` or `map in='From customer'`; a doubled quote is a
// literal quote. See core/crm/filters.hpp.
struct FilterCall {
  std::string name;
  std::vector<std::string> arguments;
  bool operator==(const FilterCall&) const = default;
};

// `${root.member.member/json/pointer | filter argument | filter}`. A member that is absent is null. Names are letters,
// digits, _ and -; any other member is reached by a pointer (`contact.user/user.phone_no`, `contact.user/First Name`;
// elements of lists by their place), which ends before a bar or the closing brace.
//
// `${"text" | filter}` with a quoted text instead of a name filters a text that may have placeholders of its own:
// `${"${secret.user}:${secret.password}" | base64}`. They hold no quoted texts.
class Text;
struct Placeholder {
  std::shared_ptr<const Text> quoted;  // null: a value, by the members below
  std::string root;
  std::vector<std::string> members;
  std::string pointer;  // RFC 6901, relative to the member; empty: the value itself
  std::vector<FilterCall> filters;

  [[nodiscard]] boost::json::value value(const Scope& scope) const;
  bool operator==(const Placeholder& other) const;

 private:
  [[nodiscard]] boost::json::value value_of_name(const Scope& scope) const;
};

// A text with placeholders in it. `$$` is a dollar, and so is a `$` before anything but a brace.
class Text {
 public:
  Text() = default;
  // A literal text without placeholders.
  explicit Text(std::string literal);
  // Checks filters and their arguments, but not whether a root or member exists: the caller can check placeholders(),
  // which are valid as long as the text.
  [[nodiscard]] static boost::system::result<Text, TemplateMistake> parse(std::string_view text);

  // A lone placeholder keeps its type; anything else becomes a string.
  [[nodiscard]] boost::json::value value(const Scope& scope) const;
  // As text: null is empty, a number or flag as JSON writes it (1.5, not 1.5E0), a list or object as JSON.
  [[nodiscard]] std::string text(const Scope& scope) const;
  // As a path with its query: values of placeholders are percent-encoded, so each stays one segment or value.
  [[nodiscard]] std::string target_text(const Scope& scope) const;

  // Those of values, also inside quoted texts.
  [[nodiscard]] std::vector<const Placeholder*> placeholders() const;
  // Whether a placeholder has a quoted text.
  [[nodiscard]] bool has_quoted() const;
  [[nodiscard]] bool empty() const { return parts_.empty(); }
  bool operator==(const Text&) const = default;

 private:
  std::vector<std::variant<std::string, Placeholder>> parts_;
};

// A tree. Objects keep the order of their members. Special forms, written as an object with such a first member:
//   {$each: PLACEHOLDER, value: TREE}   a list: the tree once for each element, bound to `each`, its place to `index`;
//                                       `$each: items` iterates over the items of the request, which bind `contact`
//                                       and `activity`; other names keep their outer values; a value that is not a
//                                       list has no elements
//   {$if: TEXT, value: TREE}            the tree, or nothing (the member or element is left out) when the text is null,
//                                       false or empty, or an empty list or object
//   {$merge: [TREE, ...]}               one object with the members of several; the later one wins, values that are not
//                                       objects are skipped
//   {$concat: [TREE, ...]}              one list with the elements of several; null is skipped, any other value that is
//                                       not a list is one element
struct Tree;
struct EachForm {
  bool items = false;  // the items of the request; otherwise `list`
  Text list;
  std::shared_ptr<const Tree> value;
  bool operator==(const EachForm& other) const;
};
struct IfForm {
  Text condition;
  std::shared_ptr<const Tree> value;
  bool operator==(const IfForm& other) const;
};
struct MergeForm {
  std::vector<Tree> parts;
  bool operator==(const MergeForm&) const = default;
};
struct ConcatForm {
  std::vector<Tree> parts;
  bool operator==(const ConcatForm&) const = default;
};
struct TreeList {
  std::vector<Tree> elements;
  bool operator==(const TreeList&) const = default;
};
struct TreeMember;
struct TreeObject {
  std::vector<TreeMember> members;
  bool operator==(const TreeObject& other) const;
};
struct Tree {
  // A scalar other than a string is a json::value.
  std::variant<boost::json::value, Text, TreeList, TreeObject, EachForm, IfForm, MergeForm, ConcatForm> node;
  bool operator==(const Tree& other) const;
};
struct TreeMember {
  TreeMember(Text its_name, Tree its_value) : name(std::move(its_name)), value(std::move(its_value)) {}

  Text name;
  Tree value;
  bool operator==(const TreeMember&) const = default;
};

// Trees nested deeper than this are rendered as null. Rendering, copying, comparing and destroying a tree recurse; the
// preset reader bounds the nesting below this.
inline constexpr int tree_depth_max = 64;

// The items of a request, for `$each: items`: one scope each.
using Items = std::vector<Scope>;

// The tree with all placeholders filled in. Never fails: an absent value and a filter that cannot handle its value give
// null.
[[nodiscard]] boost::json::value render(const Tree& tree, const Scope& scope, const Items& items);

}  // namespace elit::crm
