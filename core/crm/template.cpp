#include "core/crm/template.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "core/crm/filters.hpp"
#include "core/text/percent_encoding.hpp"

namespace elit::crm {
namespace {

namespace json = boost::json;

template <class Target>
bool equal_targets(const std::shared_ptr<const Target>& a, const std::shared_ptr<const Target>& b) {
  return a == b || (a && b && *a == *b);
}

// Renders one tree; absent: nothing is there, so that a list or object leaves it out.
class Renderer {
 public:
  Renderer(const Items& items, int depth) : items_(items), depth_(depth) {}

  [[nodiscard]] std::optional<json::value> render(const Tree& tree, const Scope& scope) const {
    if (depth_ > tree_depth_max) {
      return json::value(nullptr);
    }
    const Renderer inner(items_, depth_ + 1);
    return std::visit([&](const auto& node) { return inner.form(node, scope); }, tree.node);
  }

 private:
  using Rendered = std::optional<json::value>;

  [[nodiscard]] Rendered form(const json::value& value, const Scope&) const { return value; }
  [[nodiscard]] Rendered form(const Text& text, const Scope& scope) const { return text.value(scope); }

  [[nodiscard]] Rendered form(const TreeList& list, const Scope& scope) const {
    json::array elements;
    for (const Tree& tree : list.elements) {
      if (Rendered element = render(tree, scope)) {
        elements.push_back(std::move(*element));
      }
    }
    return elements;
  }

  [[nodiscard]] Rendered form(const TreeObject& object, const Scope& scope) const {
    json::object members;
    for (const auto& [name, tree] : object.members) {
      if (Rendered member = render(tree, scope)) {
        members.insert_or_assign(name.text(scope), std::move(*member));
      }
    }
    return members;
  }

  [[nodiscard]] Rendered form(const EachForm& each, const Scope& scope) const {
    json::array elements;
    std::int64_t place = 0;
    const auto add = [&](const Scope& around, const json::value* element) {
      Scope scope_of_one(&around);
      const json::value index(place++);
      scope_of_one.bind("index", &index);
      if (element != nullptr) {
        scope_of_one.bind("each", element);
      }
      if (Rendered made = each.value ? render(*each.value, scope_of_one) : std::nullopt) {
        elements.push_back(std::move(*made));
      }
    };
    if (each.items) {
      for (const Scope& item : items_) {
        add(Scope(&item, &scope), nullptr);
      }
      return elements;
    }
    const json::value list = each.list.value(scope);
    if (list.is_array()) {
      for (const json::value& element : list.get_array()) {
        add(scope, &element);
      }
    }
    return elements;
  }

  [[nodiscard]] Rendered form(const IfForm& choice, const Scope& scope) const {
    return is_blank(choice.condition.value(scope)) || !choice.value ? std::nullopt : render(*choice.value, scope);
  }

  [[nodiscard]] Rendered form(const MergeForm& merge, const Scope& scope) const {
    json::object members;
    for (const Tree& tree : merge.parts) {
      Rendered part = render(tree, scope);
      if (part && part->is_object()) {
        for (auto& member : part->get_object()) {
          members.insert_or_assign(member.key(), std::move(member.value()));
        }
      }
    }
    return members;
  }

  [[nodiscard]] Rendered form(const ConcatForm& concat, const Scope& scope) const {
    json::array elements;
    for (const Tree& tree : concat.parts) {
      Rendered part = render(tree, scope);
      if (part && part->is_array()) {
        for (json::value& element : part->get_array()) {
          elements.push_back(std::move(element));
        }
      } else if (part && !part->is_null()) {
        elements.push_back(std::move(*part));
      }
    }
    return elements;
  }

  const Items& items_;
  int depth_;
};

}  // namespace

const json::value* Scope::find(std::string_view root) const {
  if (const auto bound = values_.find(root); bound != values_.end()) {
    return bound->second;
  }
  const json::value* found = outer_ != nullptr ? outer_->find(root) : nullptr;
  return found == nullptr && beyond_ != nullptr ? beyond_->find(root) : found;
}

bool Placeholder::operator==(const Placeholder& other) const {
  return equal_targets(quoted, other.quoted) && root == other.root && members == other.members &&
         pointer == other.pointer && filters == other.filters;
}

json::value Placeholder::value(const Scope& scope) const {
  json::value filtered = quoted ? json::value(quoted->text(scope)) : value_of_name(scope);
  for (const FilterCall& filter : filters) {
    filtered = apply_filter(filter.name, filter.arguments, filtered);
  }
  return filtered;
}

json::value Placeholder::value_of_name(const Scope& scope) const {
  const json::value* found = scope.find(root);
  for (const std::string& member : members) {
    const json::object* object = found != nullptr ? found->if_object() : nullptr;
    found = object != nullptr ? object->if_contains(member) : nullptr;
  }
  if (found != nullptr && !pointer.empty()) {
    boost::system::error_code error;
    found = found->find_pointer(pointer, error);
  }
  return found != nullptr ? *found : json::value(nullptr);
}

json::value Text::value(const Scope& scope) const {
  if (parts_.size() == 1) {
    if (const auto* placeholder = std::get_if<Placeholder>(&parts_.front())) {
      return placeholder->value(scope);
    }
  }
  return json::value(text(scope));
}

std::string Text::text(const Scope& scope) const {
  std::string text;
  for (const auto& part : parts_) {
    if (const auto* placeholder = std::get_if<Placeholder>(&part)) {
      text += text_of(placeholder->value(scope));
    } else {
      text += std::get<std::string>(part);
    }
  }
  return text;
}

std::string Text::target_text(const Scope& scope) const {
  std::string text;
  for (const auto& part : parts_) {
    if (const auto* placeholder = std::get_if<Placeholder>(&part)) {
      text += percent_encode_segment(text_of(placeholder->value(scope)));
    } else {
      text += std::get<std::string>(part);
    }
  }
  return text;
}

bool EachForm::operator==(const EachForm& other) const {
  return items == other.items && list == other.list && equal_targets(value, other.value);
}

bool IfForm::operator==(const IfForm& other) const {
  return condition == other.condition && equal_targets(value, other.value);
}

bool TreeObject::operator==(const TreeObject& other) const {
  return members == other.members;
}

bool Tree::operator==(const Tree& other) const {
  return node == other.node;
}

json::value render(const Tree& tree, const Scope& scope, const Items& items) {
  return Renderer(items, 0).render(tree, scope).value_or(json::value(nullptr));
}

}  // namespace elit::crm
