#include <utility>

#include "core/crm/exchange.hpp"
#include "core/crm/request_form.hpp"

// How a request is put together.
namespace elit::crm {

Scope Exchange::own_scope() const {
  Scope scope;
  scope.bind("config", &config_);
  scope.bind("mapping", &mapping_);
  scope.bind("sink", &sink_.front().values);
  return scope;
}

Scope Exchange::scope_of(const Item& item, const Scope& outer) const {
  Scope scope(&outer);
  if (item.kind != StepItem::sink) {
    scope.bind("contact", &contacts_[item.contact].values);
  }
  if (item.activity != nullptr) {
    scope.bind("activity", &item.values);
  }
  return scope;
}

Items Exchange::scopes_of_chunk(const Scope& outer) {
  Items scopes;
  for (const std::size_t place : chunk_) {
    scopes.push_back(scope_of(items()[place], outer));
  }
  return scopes;
}

CrmRequest Exchange::make_request(const CredentialValues& values) {
  Scope known = own_scope();
  known.bind("secret", &values.secrets);
  known.bind("token", &values.token);
  // What stands beside the items, such as the path, sees the first of them.
  const Scope scope = scope_of(items()[chunk_.front()], known);
  const Items each = scopes_of_chunk(scope);
  RequestForm form;
  form.base_url = base_url_of(design_, values);
  form.method = step().method;
  form.path = step().path.target_text(scope);
  form.query = texts_of(step().query, scope);
  form.headers = texts_of(step().headers, scope);
  add_credential(form, design_.credential(), scope);
  form.format = step().format;
  if (form.format != BodyFormat::none) {
    form.body = render(step().body, scope, each);
  }
  CrmRequest request = put_together(std::move(form));
  request.step = step().name;
  return request;
}

}  // namespace elit::crm
