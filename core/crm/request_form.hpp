#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <utility>
#include <vector>

#include "core/crm/preset.hpp"
#include "core/crm/sink_design.hpp"
#include "core/http_message.hpp"

namespace elit::crm {

// A request and its destination.
struct CrmRequest {
  std::string base_url;  // scheme, host and port
  HttpRequest request;
  std::string step;  // the name of the step, for error messages
};

// The values of a credential in placeholders.
struct CredentialValues {
  boost::json::value secrets;  // an object by name
  boost::json::value token;    // an object by name; empty: there is no token
};

// The parts of a request, with all placeholders filled in.
struct RequestForm {
  std::string base_url;  // may have a path, which precedes `path`
  std::string method = "POST";
  std::string path;  // percent-encoded where required
  std::vector<std::pair<std::string, std::string>> query;
  std::vector<std::pair<std::string, std::string>> headers;
  BodyFormat format = BodyFormat::none;
  boost::json::value body;
};

// Query values are percent-encoded; characters that a header cannot contain are removed from headers. Bodies: json is
// the value, form the members of an object, ndjson the elements of a list, a line each. The Content-Type follows from
// the format unless `headers` contains one.
[[nodiscard]] CrmRequest put_together(RequestForm form);

// Names with filled-in values, without those whose value is empty.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> texts_of(
    const std::vector<std::pair<std::string, Text>>& texts, const Scope& scope);

// Adds the headers and query values of the credential. `scope` binds `secret` and `token`.
void add_credential(RequestForm& form, const Credential& credential, const Scope& scope);

// The base URL for requests: the `base_url` of the token endpoint's response if it has one, otherwise the sink's.
[[nodiscard]] std::string base_url_of(const SinkDesign& design, const CredentialValues& values);

}  // namespace elit::crm
