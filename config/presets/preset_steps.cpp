#include "config/presets/preset_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/presets/preset_replies.hpp"
#include "config/yaml/text_rules.hpp"
#include "core/letter_case.hpp"

namespace elit::config {
namespace {

constexpr const char* why_idempotency =
    "is missing: say what keeps a repeated request from making a double. upsert: the CRM updates the record with the "
    "same key. client_id: we choose the id, and a second one is refused as existing. header: the CRM remembers a "
    "header with our key. lookup_before_create: each record is looked up first, by a step of kind: find. "
    "lookup_after_unknown: only one whose answer was lost is. by_id: an update of a record by its id. "
    "allow_duplicates: nothing does, and the operator has to be told";

bool looks_up(const crm::Step& step) {
  return step.kind == crm::StepKind::find || step.kind == crm::StepKind::read;
}

// What the texts of the request of one step may name.
class StepContexts {
 public:
  StepContexts(crm::StepItem item, bool alone) {
    one_.item = item == crm::StepItem::sink      ? PlaceholderContext::Item::none
                : item == crm::StepItem::contact ? PlaceholderContext::Item::contact
                                                 : PlaceholderContext::Item::activity;
    one_.mapping = true;
    one_.sink = true;
    if (item == crm::StepItem::sink) {
      one_.why_no_item = "a step of the sink comes before all contacts and activities";
    }
    if (alone) {
      request_ = one_;
    } else {
      request_.mapping = true;
      request_.sink = true;
      request_.why_no_item =
          "a request of this step holds several items: name it inside `$each: items`, or say `group_by`";
    }
    request_.tokens = true;
  }

  [[nodiscard]] PlaceholderContext choice() const { return one_; }
  [[nodiscard]] PlaceholderContext element() const { return with_index(one_); }
  [[nodiscard]] PlaceholderContext address() const { return request_; }
  [[nodiscard]] PlaceholderContext content() const { return with_secrets(request_); }
  [[nodiscard]] PlaceholderContext each_item() const { return with_index(with_secrets(one_)); }

 private:
  static PlaceholderContext with_index(PlaceholderContext context) {
    context.index = true;
    return context;
  }
  static PlaceholderContext with_secrets(PlaceholderContext context) {
    context.secrets = true;
    context.tokens = true;
    return context;
  }

  PlaceholderContext one_;
  PlaceholderContext request_;
};

class StepReader {
 public:
  StepReader(const Node& node, const std::string& path, PresetTexts& texts, PresetDiagnostics& diagnostics)
      : node_(node), members_(node, path, preset_map::step(), diagnostics), texts_(texts), diagnostics_(diagnostics) {}

  crm::Step read() {
    read_nature();
    const bool alone = step_.items_max == 1 || node_.find("group_by") != nullptr;
    const StepContexts contexts(step_.item, alone);
    read_choice(contexts);
    read_request(contexts);
    read_answers(contexts);
    read_idempotency();
    members_.finish();
    return std::move(step_);
  }

 private:
  void read_nature() {
    if (const Node* name = members_.need("name", "add name: a word that tells this step from the others")) {
      step_.name = scalar_text(*name, members_.path_to("name"), diagnostics_).value_or("");
      if (const auto problem = rules::name.problem(step_.name)) {
        members_.report("name", *problem);
      }
    }
    if (members_.need("item", "add item: contact, item: activity, or item: sink") != nullptr) {
      step_.item = members_.choice("item", crm::StepItem::activity);
    }
    step_.kind = members_.choice("kind", crm::StepKind::write);
    step_.items_max = static_cast<int>(members_.whole("items_max", 1));
    step_.bytes_max = members_.size("bytes_max", 0);
    if (step_.kind == crm::StepKind::read && step_.item != crm::StepItem::contact) {
      members_.report("kind", "must be find: only the fields of contacts are read");
    }
    if (step_.item == crm::StepItem::sink && step_.items_max > 1) {
      members_.report("items_max", "must be 1: the sink is a single item");
    }
  }

  void read_choice(const StepContexts& contexts) {
    const std::array<bool*, 3> flags{&step_.only_new, &step_.only_known, &step_.only_unsure};
    for (const std::size_t word : members_.words("only")) {
      *flags.at(word) = true;
    }
    if (step_.only_new && step_.only_known) {
      members_.report("only", "names new and known: no item is both");
    }
    members_.each("only_if", [&](const Node& node, const std::string& path) {
      step_.only_if.push_back(texts_.text(node, path, contexts.choice()));
    });
    if (const Node* apart = members_.find("group_by")) {
      step_.group_by = texts_.text(*apart, members_.path_to("group_by"), contexts.choice());
    }
  }

  void read_request(const StepContexts& contexts) {
    const bool plain_look = looks_up(step_) && node_.find("body") == nullptr;
    const std::optional<std::size_t> method = members_.word("method");
    step_.method = method ? preset_map::step().find("method")->words.at(*method) : plain_look ? "GET" : "POST";
    if (const Node* path = members_.need("path", "add path: what follows the URL, such as /contacts")) {
      step_.path = texts_.text(*path, members_.path_to("path"), contexts.address());
      const bool absolute = path->text.starts_with("https://") || path->text.starts_with("http://");
      if (path->kind == Node::Kind::scalar && !absolute && !path->text.starts_with('/')) {
        members_.report("path", "must begin with '/'");
      }
    }
    step_.query = read_query(members_, contexts.address(), texts_);
    step_.headers = read_headers(members_, contexts.content(), texts_, diagnostics_);
    BodyRead read = read_body(members_, crm::BodyFormat::json, contexts.content(), contexts.each_item(), texts_);
    step_.format = read.format;
    step_.body = std::move(read.body);
    if (step_.method == "GET" && node_.find("body") != nullptr) {
      members_.report("body", "does not go with method: GET");
    }
  }

  void read_answers(const StepContexts& contexts) {
    const bool batch = step_.items_max > 1;
    if (looks_up(step_)) {
      members_.refuse("reply", "is only for steps that write or link; this one needs `find`");
      if (const Node* find = members_.need("find", "add find: how its answer tells what is there")) {
        step_.find = read_find(*find, members_.path_to("find"), contexts.element(), step_.kind == crm::StepKind::read,
                               texts_, diagnostics_);
      }
    } else {
      members_.refuse("find", "is only for steps of kind: find or read; this one has `reply`");
      const char* advice = "a request of several items has to say how its answer speaks of each";
      const Node* reply = batch ? members_.need("reply", advice) : members_.find("reply");
      if (reply != nullptr) {
        step_.reply = read_reply(*reply, members_.path_to("reply"), contexts.element(), batch, texts_, diagnostics_);
      }
    }
    step_.verdicts = read_verdicts(members_, "verdicts", diagnostics_);
    step_.item_verdicts = read_verdicts(members_, "item_verdicts", diagnostics_);
  }

  void read_idempotency() {
    if (step_.kind != crm::StepKind::write) {
      members_.refuse("idempotency", "is only for steps of kind: write");
      return;
    }
    const std::optional<std::size_t> chosen = members_.word("idempotency");
    if (chosen) {
      step_.idempotency = static_cast<crm::Idempotency>(*chosen + 1);
    } else if (members_.sound() && node_.find("idempotency") == nullptr) {
      members_.report("idempotency", why_idempotency);
    }
  }

  const Node& node_;
  Members members_;
  PresetTexts& texts_;
  PresetDiagnostics& diagnostics_;
  crm::Step step_;
};

void learn(const crm::Step& step, Vocabulary& vocabulary) {
  Vocabulary::Records& records = step.item == crm::StepItem::sink      ? vocabulary.sink
                                 : step.item == crm::StepItem::contact ? vocabulary.contact
                                                                       : vocabulary.activity;
  for (const auto* saves : {&step.reply.save, &step.find.save}) {
    for (const auto& [name, at] : *saves) {
      records.saved.insert(name);
    }
  }
}

// Collects what all steps save and whether they give ids, before the steps are read: texts may name later ones.
void look_ahead(const Node& list, Vocabulary& vocabulary) {
  for (const Node& node : list.items) {
    const Entry* item = node.find("item");
    const std::string of = item == nullptr ? std::string() : item->value.text;
    Vocabulary::Records& records = of == "sink"      ? vocabulary.sink
                                   : of == "contact" ? vocabulary.contact
                                                     : vocabulary.activity;
    for (const char* part : {"reply", "find"}) {
      const Entry* answer = node.find(part);
      records.has_id = records.has_id || (answer != nullptr && answer->value.find("id") != nullptr);
      const Entry* save = answer == nullptr ? nullptr : answer->value.find("save");
      for (const Entry& entry : save == nullptr ? std::vector<Entry>() : save->value.entries) {
        records.saved_ever.insert(entry.key);
      }
    }
  }
}

}  // namespace

std::vector<std::pair<std::string, crm::Text>> read_headers(Members& members, const PlaceholderContext& context,
                                                            PresetTexts& texts, PresetDiagnostics& diagnostics) {
  std::vector<std::pair<std::string, crm::Text>> headers;
  members.entries("headers", [&](const Entry& entry, const std::string& path) {
    const std::string name = to_lower_case(entry.key);
    const auto problem = header_name_problem(entry.key);
    if (problem && name != "content-type" && name != "idempotency-key") {
      diagnostics.report(entry.place, path, *problem);
    }
    headers.emplace_back(entry.key, texts.text(entry.value, path, context));
    if (is_secret_header(entry.key) && entry.value.kind == Node::Kind::scalar &&
        entry.value.text.find("${") == std::string::npos) {
      diagnostics.report(entry.value, path,
                         "must not hold the secret itself: write ${secret.NAME}, and NAME among the credential's "
                         "`secrets`");
    }
  });
  return headers;
}

std::vector<std::pair<std::string, crm::Text>> read_query(Members& members, const PlaceholderContext& context,
                                                          PresetTexts& texts) {
  std::vector<std::pair<std::string, crm::Text>> query;
  members.entries("query", [&](const Entry& entry, const std::string& path) {
    query.emplace_back(entry.key, texts.text(entry.value, path, context));
  });
  return query;
}

BodyRead read_body(Members& members, crm::BodyFormat standard, const PlaceholderContext& context,
                   const PlaceholderContext& each_item, PresetTexts& texts) {
  BodyRead read;
  const std::optional<std::size_t> format = members.word("format");
  const Node* body = members.find("body");
  if (body == nullptr) {
    if (format) {
      members.report("format", "stands without a body");
    }
    return read;
  }
  read.format = format ? static_cast<crm::BodyFormat>(*format + 1) : standard;
  read.body = texts.tree(*body, members.path_to("body"), context, each_item);
  return read;
}

std::vector<PlacedStep> read_steps(const Node& list, const std::string& path, PresetTexts& texts,
                                   PresetDiagnostics& diagnostics) {
  std::vector<PlacedStep> steps;
  if (list.kind != Node::Kind::sequence) {
    diagnostics.report(list, path, "must be a list: each step begins with '- '");
    return steps;
  }
  look_ahead(list, texts.vocabulary);
  for (std::size_t index = 0; index < list.items.size(); ++index) {
    const Node& node = list.items[index];
    const std::string step_path = path_of(path, index);
    PlacedStep placed{{}, &node, step_path};
    placed.step = StepReader(node, step_path, texts, diagnostics).read();
    learn(placed.step, texts.vocabulary);
    steps.push_back(std::move(placed));
  }
  return steps;
}

}  // namespace elit::config
