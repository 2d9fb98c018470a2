#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <utility>
#include <vector>

#include "core/crm/preset.hpp"
#include "core/crm/sink_design.hpp"
#include "core/http_message.hpp"

namespace elit::crm {

// A request with the place it goes to.
struct CrmRequest {
  std::string base_url;  // scheme, host and port
  HttpRequest request;
  std::string step;  // for messages
};

// What is known when a request is made.
struct CredentialValues {
  boost::json::value secrets;  // an object by name
  boost::json::value token;    // an object by name; empty while there is none
};

// The parts of a request, every placeholder filled in.
struct RequestForm {
  std::string base_url;  // may have a path, which goes before `path`
  std::string method = "POST";
  std::string path;  // percent-encoded where it has to be
  std::vector<std::pair<std::string, std::string>> query;
  std::vector<std::pair<std::string, std::string>> headers;
  BodyFormat format = BodyFormat::none;
  boost::json::value body;
};

// Query values are percent-encoded, what no header may hold is left out of headers. json: the value. form: the members
// of an object. ndjson: the elements of a list, a line each. The Content-Type is the format's unless a header names
// one.
[[nodiscard]] CrmRequest put_together(RequestForm form);

// Names and filled-in values; those whose value is empty are left out.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> texts_of(
    const std::vector<std::pair<std::string, Text>>& texts, const Scope& scope);

// Adds what the credential puts into every request. `scope` binds `secret` and `token`.
void add_credential(RequestForm& form, const Credential& credential, const Scope& scope);

// Where requests go: what the token endpoint named as `base_url`, if it did, else the sink's.
[[nodiscard]] std::string base_url_of(const SinkDesign& design, const CredentialValues& values);

}  // namespace elit::crm
