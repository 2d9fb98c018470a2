// Configuration files of any content.

#include <algorithm>
#include <set>
#include <string>

#include "config/loader.hpp"
#include "config/yaml/yaml_tree.hpp"
#include "core/text/utf8.hpp"
#include "tests/fuzz/expectation.hpp"

namespace elit::fuzz {
namespace {

constexpr Instant now{Milliseconds{1'780'272'000'000}};
constexpr const char* file = "/etc/elitbuzz-sync/test.yaml";

// A secret that an operator wrote into the file instead of a reference to it.
bool holds_inline_secret(const std::string& text) {
  const config::Tree tree = config::parse_yaml(text, file);
  const config::Entry* sources = tree.readable ? tree.root.find("sources") : nullptr;
  if (sources == nullptr || sources->value.items.empty()) {
    return false;
  }
  const config::Entry* key = sources->value.items.front().find("api_key");
  const bool there = key != nullptr && key->value.text.find(secret_words) != std::string::npos;
  const std::size_t first = text.find(secret_words);
  return there && text.find(secret_words, first + 1) == std::string::npos;
}

void expect_sound(const config::Loaded& loaded, const std::string& text) {
  const bool inline_secret = holds_inline_secret(text);
  const auto lines = static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 1;
  const config::Diagnostic* before = nullptr;
  for (const config::Diagnostic& mistake : loaded.mistakes) {
    const std::string line = to_string(mistake);
    expect(line.starts_with(std::string(file) + ":" + std::to_string(mistake.line) + ":"), "a mistake has a place");
    expect(mistake.line >= 1 && mistake.line <= lines + 1, "a mistake is in the file");
    expect(mistake.column >= 1 && mistake.column <= static_cast<int>(text.size()) + 1, "a mistake is in its line");
    expect(line.find_first_of("\r\n") == std::string::npos && is_utf8(line), "a mistake is one line");
    expect(!mistake.key.empty() && !mistake.what.empty(), "a mistake says what is wrong");
    expect(!inline_secret || line.find(secret_words) == std::string::npos, "a mistake repeats no secret");
    expect(before == nullptr || before->line < mistake.line ||
               (before->line == mistake.line && before->column <= mistake.column),
           "mistakes come in the order of the file");
    before = &mistake;
  }
}

bool within(Milliseconds value, Milliseconds least, Milliseconds most) {
  return value >= least && value <= most;
}

bool is_name(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// What the rest of the program relies on.
void expect_bounds(const Options& options, const crm::SinkDesigns& designs) {
  using std::chrono::hours;
  std::set<std::string> names;
  expect(!options.sources.empty() && options.state_directory.starts_with('/'), "there is a source and a state");
  for (const SourceOptions& source : options.sources) {
    expect(is_name(source.name) && names.insert(source.name).second, "a source has a name of its own");
    expect(!source.audiences.empty() && !source.base_url.empty(), "a source has an audience and an address");
    expect(within(source.poll.interval, Milliseconds{100}, hours{24}), "an interval is bounded");
    expect(within(source.settle, Milliseconds{0}, hours{24}), "settle is bounded");
    expect(within(source.lookback, Milliseconds{0}, hours{7 * 24}), "lookback is bounded");
    const LimitOptions& limits = source.limits;
    expect(limits.concurrency >= 1 && limits.concurrency <= 64, "concurrency is bounded");
    expect(limits.page_size >= 1 && limits.page_size <= 10'000, "a page is bounded");
    expect(limits.requests_per_second >= 0 && limits.requests_per_second <= 1000, "a rate is bounded");
    expect(within(limits.timeout, Milliseconds{100}, std::chrono::minutes{10}), "a timeout is bounded");
  }
  names.clear();
  for (const SinkOptions& sink : options.sinks) {
    expect(is_name(sink.name) && names.insert(sink.name).second, "a sink has a name of its own");
    expect(sink.batch.messages >= 1 && sink.batch.messages <= 10'000, "a batch is bounded");
    expect(sink.retry.first <= sink.retry.max, "retries come later and later");
    const bool is_file = sink.type == SinkType::file;
    expect(is_file ? sink.directory.starts_with('/') : sink.type == SinkType::crm || !sink.url.empty(),
           "a sink has a place");
    expect(designs.contains(sink.name) == (sink.type == SinkType::crm), "the sinks of CRMs have designs");
  }
}

void run(const std::string& text) {
  const config::Loaded loaded = config::load_text(text, file, now);
  expect(loaded.options.has_value() == loaded.mistakes.empty(), "a file gives options or mistakes");
  expect_sound(loaded, text);
  if (loaded.options) {
    expect_bounds(*loaded.options, loaded.designs);
    expect(*config::load_text(text, file, now).options == *loaded.options, "a file read twice says the same");
  }
}

}  // namespace
}  // namespace elit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  elit::fuzz::run(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
