#pragma once

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/options/option.hpp"
#include "core/check.hpp"

namespace elit::config {

// Writes the rows of a section whose plain value is an Owner. `member` is a pointer to a member, or a callable that
// returns a reference into an Owner. The caller may complete the returned rows until take().
// Requires: the member's type fits the kind of the row.
template <class Owner>
class Rows {
 public:
  Rows(std::string title, std::string doc) {
    section_.title = std::move(title);
    section_.doc = std::move(doc);
    section_.defaults = std::make_shared<const Owner>();
    section_.options.reserve(most_rows);
  }

  template <class Member>
  Option& text(std::string key, Member member, const TextRule& rule, std::string doc) {
    Option& row = leaf<std::string>(std::move(key), Option::Kind::text, member, std::move(doc));
    row.rule = &rule;
    return row;
  }
  template <class Member>
  Option& path(std::string key, Member member, std::string doc) {
    return leaf<std::string>(std::move(key), Option::Kind::path, member, std::move(doc));
  }
  template <class Member>
  Option& flag(std::string key, Member member, std::string doc) {
    return leaf<bool>(std::move(key), Option::Kind::flag, member, std::move(doc));
  }
  template <class Member>
  Option& whole(std::string key, Member member, std::int64_t min, std::int64_t max, std::string doc) {
    return bounded<std::int64_t>(std::move(key), Option::Kind::whole, member, min, max, std::move(doc));
  }
  template <class Member>
  Option& real(std::string key, Member member, std::int64_t min, std::int64_t max, std::string doc) {
    return bounded<double>(std::move(key), Option::Kind::real, member, min * 1000, max * 1000, std::move(doc));
  }
  template <class Member>
  Option& duration(std::string key, Member member, Milliseconds min, Milliseconds max, std::string doc) {
    return bounded<Milliseconds>(std::move(key), Option::Kind::duration, member, min.count(), max.count(),
                                 std::move(doc));
  }
  template <class Member>
  Option& size(std::string key, Member member, std::int64_t min, std::int64_t max, std::string doc) {
    return bounded<std::int64_t>(std::move(key), Option::Kind::size, member, min, max, std::move(doc));
  }
  template <class Member>
  Option& instant(std::string key, Member member, std::string doc) {
    return leaf<std::optional<Instant>>(std::move(key), Option::Kind::instant, member, std::move(doc));
  }
  template <class Member>
  Option& secret(std::string key, Member member, std::string doc) {
    return leaf<SecretReference>(std::move(key), Option::Kind::secret, member, std::move(doc));
  }
  template <class Member>
  Option& headers(std::string key, Member member, std::string doc) {
    return leaf<Headers>(std::move(key), Option::Kind::headers, member, std::move(doc));
  }
  template <class Member>
  Option& words(std::string key, Member member, std::vector<std::string> choices, std::string doc) {
    Option& row = leaf<Words>(std::move(key), Option::Kind::words, member, std::move(doc));
    row.choices = std::move(choices);
    return row;
  }
  template <class Member>
  Option& subset(std::string key, Member member, std::vector<std::string> choices, std::string doc) {
    Option& row = leaf<Choices>(std::move(key), Option::Kind::subset, member, std::move(doc));
    row.choices = std::move(choices);
    return row;
  }
  template <class Member>
  Option& secrets(std::string key, Member member, std::string doc) {
    return leaf<Secrets>(std::move(key), Option::Kind::secrets, member, std::move(doc));
  }
  template <class Member>
  Option& texts(std::string key, Member member, std::string doc) {
    return leaf<Words>(std::move(key), Option::Kind::texts, member, std::move(doc));
  }
  template <class Member>
  Option& fields(std::string key, Member member, std::string doc) {
    return leaf<Fields>(std::move(key), Option::Kind::fields, member, std::move(doc));
  }
  // A choice whose member is an enumeration with as many values, in the same order.
  template <class Member>
  Option& choice(std::string key, Member member, std::vector<std::string> choices, std::string doc) {
    using Enumeration = std::remove_cvref_t<std::invoke_result_t<Member, Owner&>>;
    Option& row = add_row();
    row.key = std::move(key);
    row.kind = Option::Kind::choice;
    row.doc = std::move(doc);
    row.choices = std::move(choices);
    row.set = [member, names = row.choices](void* owner, const Value& value) {
      const auto& name = std::get<std::string>(value);
      for (std::size_t index = 0; index < names.size(); ++index) {
        if (names[index] == name) {
          store<Enumeration>(std::invoke(member, *static_cast<Owner*>(owner)), index, name);
        }
      }
    };
    row.get = [member, names = row.choices](const void* owner) -> Value {
      const Enumeration current = std::invoke(member, *static_cast<const Owner*>(owner));
      if constexpr (std::is_enum_v<Enumeration>) {
        return names.at(static_cast<std::size_t>(current));
      } else {
        return current;
      }
    };
    return row;
  }

  template <class Member>
  Option& group(std::string key, Member member, const Section& section) {
    Option& row = add_row();
    row.key = std::move(key);
    row.kind = Option::Kind::group;
    row.doc = section.doc;
    row.section = &section;
    row.enter = [member](void* owner) -> void* { return &std::invoke(member, *static_cast<Owner*>(owner)); };
    row.look = [member](const void* owner) -> const void* {
      return &std::invoke(member, *static_cast<const Owner*>(owner));
    };
    return row;
  }

  // `prepare(owner, element)` gives a new element what it inherits.
  template <class Member, class Prepare>
  Option& list(std::string key, Member member, std::int64_t min, const Section& section, Prepare prepare) {
    Option& row = add_row();
    row.key = std::move(key);
    row.kind = Option::Kind::list;
    row.doc = section.doc;
    row.section = &section;
    row.min = min;
    row.required = min > 0;
    row.append = [member, prepare](void* owner) -> void* {
      Owner& value = *static_cast<Owner*>(owner);
      auto& element = std::invoke(member, value).emplace_back();
      prepare(value, element);
      return &element;
    };
    row.count = [member](const void* owner) { return std::invoke(member, *static_cast<const Owner*>(owner)).size(); };
    row.at = [member](const void* owner, std::size_t index) -> const void* {
      return &std::invoke(member, *static_cast<const Owner*>(owner)).at(index);
    };
    return row;
  }

  template <class Check>
  void check(Check rule) {
    section_.check = [rule](const void* owner, Inspector& inspector) {
      rule(*static_cast<const Owner*>(owner), inspector);
    };
  }
  void discriminate_by(std::string key, std::function<std::string(const std::string&)> kind,
                       std::vector<std::string> example_values) {
    section_.discriminator = std::move(key);
    section_.kind = std::move(kind);
    section_.example_values = std::move(example_values);
  }

  [[nodiscard]] Section take() { return std::move(section_); }

 private:
  template <class Enumeration>
  static void store(Enumeration& member, std::size_t index, const std::string& name) {
    if constexpr (std::is_enum_v<Enumeration>) {
      member = static_cast<Enumeration>(index);
    } else {
      member = name;
    }
  }

  // `Form` is the alternative of Value that carries the member.
  template <class Form, class Member>
  Option& leaf(std::string key, Option::Kind kind, Member member, std::string doc) {
    using Type = std::remove_cvref_t<std::invoke_result_t<Member, Owner&>>;
    Option& row = add_row();
    row.key = std::move(key);
    row.kind = kind;
    row.doc = std::move(doc);
    row.set = [member](void* owner, const Value& value) {
      const Form* form = std::get_if<Form>(&value);
      elit::check(form != nullptr, "a configuration value of the wrong type reached its option");
      std::invoke(member, *static_cast<Owner*>(owner)) = static_cast<Type>(*form);
    };
    row.get = [member](const void* owner) -> Value {
      return static_cast<Form>(std::invoke(member, *static_cast<const Owner*>(owner)));
    };
    return row;
  }

  template <class Form, class Member>
  Option& bounded(std::string key, Option::Kind kind, Member member, std::int64_t min, std::int64_t max,
                  std::string doc) {
    Option& row = leaf<Form>(std::move(key), kind, member, std::move(doc));
    row.min = min;
    row.max = max;
    return row;
  }

  Option& add_row() {
    elit::check(section_.options.size() < most_rows, "a section has more rows than are reserved");
    return section_.options.emplace_back();
  }

  // Returned rows stay valid while more are added.
  static constexpr std::size_t most_rows = 40;

  Section section_;
};

}  // namespace elit::config
