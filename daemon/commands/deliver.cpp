#include "daemon/commands/deliver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "config/loader.hpp"
#include "daemon/commands/request_text.hpp"
#include "daemon/delivery/sink_kind.hpp"
#include "daemon/system/exit_status.hpp"
#include "storage/state_directory.hpp"
#include "storage/status_reader.hpp"

namespace elit::daemon {
namespace {

constexpr const char* ourselves = "elitbuzz-sync: ";

std::string names_of(const std::vector<SinkOptions>& sinks) {
  std::string names;
  for (const SinkOptions& sink : sinks) {
    names += (names.empty() ? "" : ", ") + sink.name;
  }
  return names.empty() ? "the configuration has no sinks" : "the configuration has: " + names;
}

const SinkOptions* sink_named(const std::vector<SinkOptions>& sinks, const std::string& name) {
  const auto place =
      std::find_if(sinks.begin(), sinks.end(), [&name](const SinkOptions& sink) { return sink.name == name; });
  return place == sinks.end() ? nullptr : &*place;
}

bool has_state(const std::filesystem::path& directory) {
  std::error_code error;
  return std::filesystem::exists(directory / storage::database_name, error) || error;
}

// What is shown before anything is fetched: a question and its answer.
std::vector<OutgoingMessage> sample_messages(const std::string& source, Instant at) {
  OutgoingMessage question;
  question.id = 1;
  question.user = 1;
  question.key = std::string(31, '0') + "1";
  question.source = source;
  question.user_id = "919800000001";
  question.instant = at - std::chrono::minutes{2};
  question.direction = Direction::in;
  question.sender = "user";
  question.type = "TEXT";
  question.text = "Where is my order?";
  question.raw = R"({"sender": "user", "response": "Where is my order?"})";
  question.user_element = R"({"channelUserId": "919800000001", "name": "Sample User"})";
  OutgoingMessage reply = question;
  reply.id = 2;
  reply.key.back() = '2';
  reply.instant = at - std::chrono::minutes{1};
  reply.direction = Direction::out;
  reply.sender = "bot";
  reply.text = "It has shipped.";
  reply.raw = R"({"sender": "bot", "response": "It has shipped."})";
  return {question, reply};
}

// Explains the requests, or why there are none.
std::string note_on(const std::vector<RenderedRequest>& requests, std::size_t messages, const Options& options,
                    const SinkKind& kind) {
  if (messages == 0) {
    return "No messages are stored in " + options.state_directory +
           " yet: `elitbuzz-sync sync --no-deliver` fetches without sending, and `--sample` shows sample messages. "
           "Nothing was sent.";
  }
  const bool holds_all = std::none_of(requests.begin(), requests.end(),
                                      [](const RenderedRequest& request) { return request.of_messages; });
  return "Nothing was sent. " + kind.rendering_note() +
         (holds_all ? " The CRM is known to hold these messages unchanged, so none of them "
                      "would be sent; --ignore-state shows the requests for a CRM that holds none of them."
                    : "");
}

int render(const DeliverArguments& arguments, const config::Loaded& loaded, const SinkOptions& sink, std::ostream& out,
           std::ostream& err) {
  const Options& options = *loaded.options;
  Rendering rendering;
  rendering.state_directory = options.state_directory;
  rendering.ignore_state = arguments.ignore_state;
  rendering.at = config::wall_clock();
  if (arguments.sample) {
    rendering.messages = sample_messages(options.sources.at(0).name, rendering.at);
    rendering.ignore_state = true;
  } else if (has_state(rendering.state_directory)) {
    rendering.messages = storage::read_last_messages(rendering.state_directory, arguments.last);
  }
  const std::unique_ptr<SinkKind> kind = sink_kind(sink, loaded.designs);
  const std::vector<RenderedRequest> requests = kind->render(rendering);
  if (arguments.json) {
    out << to_json(sink.name, rendering.messages.size(), requests) << std::endl;
  } else {
    out << to_text(requests) << std::flush;
  }
  err << ourselves << note_on(requests, rendering.messages.size(), options, *kind) << '\n';
  return exit_done;
}

}  // namespace

int deliver(const DeliverArguments& arguments, std::ostream& out, std::ostream& err) {
  if (!arguments.render) {
    err << ourselves << "deliver: --render is missing: this verb only prints requests; `run` and `sync` deliver\n";
    return exit_usage;
  }
  if (arguments.sink.empty()) {
    err << ourselves << "deliver: the sink is missing: add --sink NAME\n";
    return exit_usage;
  }
  const config::Loaded loaded = config::load(arguments.config);
  if (!loaded.options) {
    config::print_mistakes(err, loaded.mistakes);
    return exit_configuration;
  }
  const SinkOptions* sink = sink_named(loaded.options->sinks, arguments.sink);
  if (sink == nullptr) {
    err << ourselves << "deliver: there is no sink " << arguments.sink << "; " << names_of(loaded.options->sinks)
        << '\n';
    return exit_usage;
  }
  return render(arguments, loaded, *sink, out, err);
}

Verb deliver_verb() {
  return {
      "deliver", "prints the requests that would be sent to a sink, sends nothing",
      "Takes the messages that were stored last, delivered or not, and prints each request that a delivery of them\n"
      "would send. What the CRM already holds unchanged is not sent again. Reads the configuration and the state,\n"
      "beside a running daemon or without one; no secret and no network. The texts of messages are shown, secrets\n"
      "are masked. With --json: {\"sink\", \"messages\", \"requests\": [{\"step\", \"method\", \"url\", \"headers\",\n"
      "\"body\"}]}\n\n"
      "Exit status 0 also when there are no messages yet, or nothing would be sent; stderr says so.",
      [](VerbOptions& options) -> VerbAction {
        auto arguments = std::make_shared<DeliverArguments>();
        options.configuration(arguments->config);
        options.flag("--render", arguments->render,
                     "required: this verb only prints requests; `run` and `sync` deliver");
        options.text("--sink", "NAME", arguments->sink, "a sink of the configuration");
        options.whole_number("--last", 1, last_max, arguments->last,
                             fmt::format("how many messages, 1 to {}", last_max));
        options.flag("--ignore-state", arguments->ignore_state, "assume that the sink holds none of them");
        options.flag("--sample", arguments->sample, "shows two sample messages instead of stored ones");
        options.flag("--json", arguments->json, "one JSON document on stdout");
        return [arguments](std::ostream& out, std::ostream& err) { return deliver(*arguments, out, err); };
      }};
}

}  // namespace elit::daemon
