#include "config/presets/preset_credentials.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "config/presets/preset_rules.hpp"
#include "config/presets/preset_steps.hpp"
#include "config/yaml/text_rules.hpp"

namespace elit::config {
namespace {

bool is_secret_name(const std::string& name) {
  return !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_';
  });
}

class CredentialReader {
 public:
  CredentialReader(const Entry& entry, const std::string& path, std::size_t place, PresetTexts& texts,
                   PresetDiagnostics& diagnostics)
      : entry_(entry),
        members_(entry.value, path, preset_map::credential(), diagnostics),
        place_(place),
        texts_(texts),
        diagnostics_(diagnostics) {}

  crm::Credential read() {
    credential_.name = entry_.key;
    credential_.doc = members_.text("doc");
    credential_.secrets = members_.texts("secrets");
    check_secrets();
    learn();
    PlaceholderContext context;
    context.secrets = true;
    context.tokens = true;
    context.credential = place_;
    if (const Node* token = members_.find("token")) {
      credential_.token = read_token(*token, members_.path_to("token"), context);
    }
    credential_.headers = read_headers(members_, context, texts_, diagnostics_);
    credential_.query = read_query(members_, context, texts_);
    members_.finish();
    return std::move(credential_);
  }

 private:
  void check_secrets() {
    for (const std::string& name : credential_.secrets) {
      if (!is_secret_name(name)) {
        members_.report("secrets", "must be names of small letters, digits and _, such as access_token");
        return;
      }
      if (std::count(credential_.secrets.begin(), credential_.secrets.end(), name) > 1) {
        members_.report("secrets", fmt::format("names {} twice", name));
        return;
      }
    }
  }

  void learn() {
    Vocabulary::KnownCredential credential;
    credential.name = credential_.name;
    credential.secrets.insert(credential_.secrets.begin(), credential_.secrets.end());
    const Entry* token = entry_.value.find("token");
    const Entry* values = token == nullptr ? nullptr : token->value.find("values");
    for (const Entry& value : values == nullptr ? std::vector<Entry>() : values->value.entries) {
      credential.tokens.insert(value.key);
    }
    texts_.vocabulary.credentials.push_back(std::move(credential));
  }

  crm::Credential::TokenRequest read_token(const Node& node, const std::string& path,
                                           const PlaceholderContext& outside) {
    crm::Credential::TokenRequest token;
    Members members(node, path, preset_map::token(), diagnostics_);
    PlaceholderContext context = outside;
    context.assertion = node.find("assertion") != nullptr;
    PlaceholderContext address = context;
    address.secrets = false;
    if (const Node* url = members.need("url", "add url: where tokens come from, absolute or a path")) {
      token.url = texts_.text(*url, members.path_to("url"), address);
    }
    token.method = members.word("method") == std::size_t{0} ? "GET" : "POST";
    token.headers = read_headers(members, context, texts_, diagnostics_);
    BodyRead read = read_body(members, crm::BodyFormat::form, context, context, texts_);
    token.format = read.format;
    token.body = std::move(read.body);
    if (const Node* assertion = members.find("assertion")) {
      token.assertion = read_assertion(*assertion, members.path_to("assertion"), outside);
    }
    token.conditions = read_conditions(members, "when", diagnostics_);
    if (members.need("values", "add values: {access_token: /access_token}, what is taken from the answer") != nullptr) {
      token.values = read_saves(members, "values", diagnostics_);
    }
    token.lifetime = members.duration("lifetime").value_or(Milliseconds{0});
    token.verdicts = read_verdicts(members, "verdicts", diagnostics_);
    members.finish();
    return token;
  }

  crm::Credential::Assertion read_assertion(const Node& node, const std::string& path,
                                            const PlaceholderContext& context) {
    crm::Credential::Assertion assertion;
    Members members(node, path, preset_map::assertion(), diagnostics_);
    members.entries("claims", [&](const Entry& entry, const std::string& claim_path) {
      assertion.claims.emplace_back(entry.key, texts_.text(entry.value, claim_path, context));
    });
    if (members.need("key", "add key: the name of the secret that holds the private key (PEM)") != nullptr) {
      assertion.key = members.text("key");
      const auto& secrets = credential_.secrets;
      if (std::find(secrets.begin(), secrets.end(), assertion.key) == secrets.end()) {
        members.report("key",
                       fmt::format("must be one of this credential's `secrets`{}", advice_on(assertion.key, secrets)));
      }
    }
    assertion.lifetime = members.duration("lifetime").value_or(assertion.lifetime);
    if (assertion.lifetime < std::chrono::seconds{10}) {
      members.report("lifetime", "must be at least 10s");
    }
    members.finish();
    return assertion;
  }

  const Entry& entry_;
  Members members_;
  std::size_t place_;
  PresetTexts& texts_;
  PresetDiagnostics& diagnostics_;
  crm::Credential credential_;
};

}  // namespace

std::vector<crm::Credential> read_credentials(Members& members, PresetTexts& texts, PresetDiagnostics& diagnostics) {
  std::vector<crm::Credential> credentials;
  const char* advice =
      "add the ways to prove who we are; for a CRM that asks for nothing write credentials: {open: {}}";
  if (members.need("credentials", advice) == nullptr) {
    return credentials;
  }
  members.entries("credentials", [&](const Entry& entry, const std::string& path) {
    if (const auto problem = rules::name.problem(entry.key)) {
      diagnostics.report(entry.place, path, *problem);
    }
    credentials.push_back(CredentialReader(entry, path, credentials.size(), texts, diagnostics).read());
  });
  return credentials;
}

}  // namespace elit::config
