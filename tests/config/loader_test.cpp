#include "config/loader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "config/effective_values.hpp"
#include "tests/config/configurations.hpp"
#include "tests/support/project_files.hpp"

namespace elit::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string everything_wrong_with(const Loaded& loaded) {
  std::string text;
  for (const Diagnostic& mistake : loaded.mistakes) {
    text += to_string(mistake) + "\n";
  }
  return text;
}

// The example of the public contract, word for word.
const char* const contract_example = R"(state:
  directory: /var/lib/elitbuzz-sync      # holds elitbuzz-sync.db
log:
  file: /var/log/elitbuzz-sync/elitbuzz-sync.log   # absent: stderr
  level: info                            # trace debug info warning error
  format: json                           # json (one object a line) or text
sources:
  - name: support                        # identity of this source in the state; [a-z0-9-]
    base_url: https://api.example.com    # http:// only for loopback, or with insecure_http: true
    customer_id: "4660"
    bot_key: 6bc26c50902b4838
    api_key: {file: /etc/elitbuzz-sync/support.key}
    audiences:                           # whom to follow: Users API by attribute
      - {attribute: feedback, value: "1"}
      - {attribute: user.language, value: en}
    since: 2026-01-01T00:00:00Z          # absent: all history
    poll:
      interval: 1m                       # how often the users are listed and active users are read
      max_staleness: 1h                  # no followed user is ever older than this
    settle: 2m                           # younger than this is read and stored, but not yet counted as covered
    lookback: 10m                        # how far each read goes back over what is covered, for late arrivals
    limits:
      requests_per_second: 1             # 0: no limit but the adaptive one
      concurrency: 1                     # upper bound of requests in flight
      page_size: 500
      timeout: 30s
      response_size: 32MiB
    api:                                 # the dialect; every key optional
      users_path: /bot-api/v1.0/customer/{customer_id}/bot/{bot_key}/users
      conversations_path: /bot-api/v1.0/customer/{customer_id}/bot/{bot_key}/channel-user/{user_id}/conversations
      page_size_parameter: page_size
      users_list: ""                     # JSON pointer; absent: the known shapes are tried in order
      user_id: ""                        # JSON pointer inside an element
      messages_list: ""                  # JSON pointer
      sender_roles: {bot: out}           # sender value -> in, out, agent, system
sinks:
  - name: warehouse
    type: http
    url: https://crm.example.com/conversations
    headers: {Authorization: {file: /etc/elitbuzz-sync/crm.token}}
    batch: {messages: 100, wait: 1s}
    concurrency: 4
    retry: {first: 1s, max: 5m, give_up_after: 7d}   # transient failures; 0 = never give up
  - name: archive
    type: file                           # JSON lines, one file a day, fsynced before a message counts as delivered
    directory: /var/lib/elitbuzz-sync/archive
)";

TEST(LoaderTest, TakesTheExampleOfTheContractAsItIs) {
  const Loaded loaded = load_for_test(contract_example);
  ASSERT_TRUE(loaded.options) << everything_wrong_with(loaded);
  const Options& options = *loaded.options;
  EXPECT_EQ(options.state_directory, "/var/lib/elitbuzz-sync");
  EXPECT_EQ(options.log.file, "/var/log/elitbuzz-sync/elitbuzz-sync.log");
  ASSERT_EQ(options.sources.size(), 1U);
  const SourceOptions& source = options.sources[0];
  EXPECT_EQ(source.name, "support");
  EXPECT_EQ(source.customer_id, "4660");
  EXPECT_EQ(source.api_key, (SecretReference{SecretReference::Kind::file, "/etc/elitbuzz-sync/support.key"}));
  EXPECT_THAT(source.audiences, ElementsAre(Audience{"feedback", "1"}, Audience{"user.language", "en"}));
  EXPECT_EQ(source.since, Instant{Milliseconds{1'767'225'600'000}});
  EXPECT_EQ(source.limits.response_size, 32 * 1024 * 1024);
  ASSERT_EQ(options.sinks.size(), 2U);
  const HeaderValue token = SecretReference{SecretReference::Kind::file, "/etc/elitbuzz-sync/crm.token"};
  EXPECT_EQ(options.sinks[0].headers.at("Authorization"), token);
  EXPECT_EQ(options.sinks[0].retry.give_up_after, std::chrono::hours{7 * 24});
  EXPECT_EQ(options.sinks[1].type, SinkType::file);
}

TEST(LoaderTest, GivesTheDefaultsOfTheOptionsToWhatIsNotSet) {
  const Loaded loaded = load_for_test(smallest);
  ASSERT_TRUE(loaded.options) << everything_wrong_with(loaded);
  const SourceOptions& source = loaded.options->sources.at(0);
  EXPECT_EQ(loaded.options->state_directory, Options{}.state_directory);
  EXPECT_EQ(source.poll.interval, PollOptions{}.interval);
  EXPECT_EQ(source.limits.page_size, LimitOptions{}.page_size);
  EXPECT_EQ(source.api.users_path, DialectOptions{}.users_path);
  EXPECT_FALSE(source.since.has_value());
  EXPECT_THAT(loaded.options->sinks, IsEmpty());
}

TEST(LoaderTest, ResolvesRelativePathsAgainstTheDirectoryOfTheFile) {
  const Loaded loaded = load_text(smallest + "state: {directory: ../state/}\nlog: {file: ./x.log}\n",
                                  "/etc/elitbuzz-sync/test.yaml", test_now);
  ASSERT_TRUE(loaded.options) << everything_wrong_with(loaded);
  EXPECT_EQ(loaded.options->state_directory, "/etc/state");
  EXPECT_EQ(loaded.options->log.file, "/etc/elitbuzz-sync/x.log");
  EXPECT_EQ(loaded.options->sources[0].api_key.name, "/etc/elitbuzz-sync/support.key");
}

TEST(LoaderTest, TakesUnquotedIdentifiersAsTheTextTheyAre) {
  const Loaded loaded = load_for_test(
      "sources:\n  - {name: a, base_url: 'https://a.example', customer_id: 4660, bot_key: 1234567890123456,\n"
      "     api_key: {credential: support}, audiences: [{attribute: a, value: 1}, {attribute: b, value: true},\n"
      "     {attribute: c, value: no}, {attribute: d, value: -5}]}\n");
  ASSERT_TRUE(loaded.options) << everything_wrong_with(loaded);
  const SourceOptions& source = loaded.options->sources[0];
  EXPECT_EQ(source.customer_id, "4660");
  EXPECT_EQ(source.bot_key, "1234567890123456");
  EXPECT_EQ(source.api_key, (SecretReference{SecretReference::Kind::credential, "support"}));
  EXPECT_THAT(source.audiences,
              ElementsAre(Audience{"a", "1"}, Audience{"b", "true"}, Audience{"c", "no"}, Audience{"d", "-5"}));
}

TEST(LoaderTest, AllowsPlainHttpToLoopbackAndWhereItIsAskedFor) {
  for (const char* url : {"http://127.0.0.1:8080", "http://127.9.9.9", "http://[::1]:80/x", "http://LOCALHOST:1"}) {
    const Loaded loaded = load_for_test(with_line(3, "    base_url: \"" + std::string(url) + "\""));
    EXPECT_TRUE(loaded.options) << url << everything_wrong_with(loaded);
  }
  const Loaded asked = load_for_test(with_line(3, "    base_url: http://a.example\n    insecure_http: true"));
  ASSERT_TRUE(asked.options) << everything_wrong_with(asked);
  EXPECT_TRUE(asked.options->sources[0].transport.insecure_http);
}

TEST(LoaderTest, GivesSourcesAndSinksWhatTheTopLevelSaysUnlessTheySayOtherwise) {
  const Loaded loaded =
      load_for_test(with_sinks("  - {name: a, type: file, directory: a}\n"
                               "  - {name: b, type: file, directory: b, dead_letters: "
                               "{pause_after: 7}}\n"
                               "dead_letters: {pause_after: 5}\n"
                               "roster: {shrink_alarm: 0.25}\n"));
  ASSERT_TRUE(loaded.options) << everything_wrong_with(loaded);
  EXPECT_EQ(loaded.options->sources[0].roster.shrink_alarm, 0.25);
  EXPECT_EQ(loaded.options->sinks[0].dead_letters.pause_after, 5);
  EXPECT_EQ(loaded.options->sinks[1].dead_letters.pause_after, 7);
}

TEST(LoaderTest, TakesEveryOptionOfTheDialectAndOfTransport) {
  const Loaded loaded = load_for_test(
      with_source("api: {short_page_ends: yes, authorization: base64, users_page_parameter: page, user_id: /a~1b/c,\n"
                  "      sender_roles: {bot: out, \"1e5\": agent}}\n"
                  "    ca_file: ca.pem\n    proxy: http://proxy.example:3128"));
  ASSERT_TRUE(loaded.options) << everything_wrong_with(loaded);
  const SourceOptions& source = loaded.options->sources[0];
  EXPECT_EQ(source.api.short_page_ends, Tristate::yes);
  EXPECT_EQ(source.api.authorization, "base64");
  EXPECT_EQ(source.api.user_id, "/a~1b/c");
  EXPECT_EQ(source.api.sender_roles.at("1e5"), "agent");
  EXPECT_EQ(source.transport.ca_file, "/etc/elitbuzz-sync/ca.pem");
  EXPECT_EQ(source.transport.proxy, "http://proxy.example:3128");
}

TEST(LoaderTest, TakesZeroAsNeverGivingUp) {
  const Loaded loaded =
      load_for_test(with_sinks("  - {name: a, type: http, url: 'https://a.example/in?x=y',\n"
                               "     retry: {give_up_after: 0}, headers: {X-Trace: a b}}\n"));
  ASSERT_TRUE(loaded.options) << everything_wrong_with(loaded);
  EXPECT_EQ(loaded.options->sinks[0].retry.give_up_after, Milliseconds{0});
  EXPECT_EQ(loaded.options->sinks[0].headers.at("X-Trace"), HeaderValue{"a b"});
}

TEST(LoaderTest, SignsTheRequestsOfASinkOnlyWhereItIsAskedFor) {
  const Loaded loaded =
      load_for_test(with_sinks("  - {name: a, type: http, url: 'https://a.example/in', sign: {secret: {file: a.key}}}\n"
                               "  - {name: b, type: http, url: 'https://b.example/in'}\n"));
  ASSERT_TRUE(loaded.options) << everything_wrong_with(loaded);
  EXPECT_EQ(loaded.options->sinks[0].sign.secret,
            (SecretReference{SecretReference::Kind::file, "/etc/elitbuzz-sync/a.key"}));
  EXPECT_EQ(loaded.options->sinks[1].sign.secret.name, "");
}

TEST(LoaderTest, TakesByteOrderMarksCarriageReturnsAndADocumentMark) {
  std::string text = "\xEF\xBB\xBF---\r\n";
  for (const char byte : smallest) {
    text += byte == '\n' ? "\r\n" : std::string(1, byte);
  }
  const Loaded loaded = load_for_test(text);
  EXPECT_TRUE(loaded.options) << everything_wrong_with(loaded);
}

TEST(LoaderTest, RemembersWhereEachKeyStands) {
  const Loaded loaded = load_for_test(with_source("poll: {interval: 2s}"));
  EXPECT_EQ(loaded.origins.at("sources[0].poll.interval"), (Place{8, 22}));
  EXPECT_FALSE(loaded.origins.contains("sources[0].poll.max_staleness"));
}

TEST(LoaderTest, SaysWhenTheFileIsMissingADirectoryOrTooLarge) {
  const std::filesystem::path directory = std::filesystem::path(testing::TempDir()) / "loader_files";
  std::filesystem::create_directories(directory);
  const Loaded missing = load(directory / "missing.yaml");
  ASSERT_EQ(missing.mistakes.size(), 1U);
  EXPECT_THAT(to_string(missing.mistakes[0]), HasSubstr("missing.yaml:1:1: (file): cannot be read: No such file"));
  const Loaded folder = load(directory);
  ASSERT_EQ(folder.mistakes.size(), 1U);
  EXPECT_THAT(folder.mistakes[0].what, HasSubstr("is a directory"));
  const std::filesystem::path large = directory / "large.yaml";
  std::ofstream(large) << "# " << std::string(2 * 1024 * 1024, 'x');
  const Loaded too_large = load(large);
  ASSERT_EQ(too_large.mistakes.size(), 1U);
  EXPECT_THAT(too_large.mistakes[0].what, HasSubstr("larger than 1MiB"));
  const std::filesystem::path pipe = directory / "pipe";
  std::filesystem::remove(pipe);
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const Loaded from_pipe = load(pipe);
  ASSERT_EQ(from_pipe.mistakes.size(), 1U);
  EXPECT_THAT(from_pipe.mistakes[0].what, HasSubstr("no regular file"));
}

TEST(LoaderTest, TakesTheShippedDemonstration) {
  const Loaded loaded = load(project_file("config/demo.yaml"));
  ASSERT_TRUE(loaded.options) << everything_wrong_with(loaded);
  EXPECT_EQ(loaded.options->state_directory, project_file("build/demo/state"));
  EXPECT_EQ(loaded.options->sources[0].poll.interval, std::chrono::seconds{2});
  EXPECT_EQ(loaded.options->sources[0].limits.requests_per_second, 0);
  EXPECT_EQ(loaded.options->sinks.size(), 2U);
}

std::string value_of(const Loaded& loaded, const std::string& key) {
  for (const ValueInForce& value : effective_values(loaded)) {
    if (value.key == key) {
      return value.value + " # " + value.origin;
    }
  }
  return "absent";
}

TEST(EffectiveValuesTest, SayWhereEachValueCameFrom) {
  const Loaded loaded =
      load_for_test(with_sinks("  - {name: a, type: file, directory: a}\n"
                               "dead_letters: {pause_after: 5}\n"));
  EXPECT_EQ(value_of(loaded, "sources[0].name"), "support # /etc/elitbuzz-sync/test.yaml:2");
  EXPECT_EQ(value_of(loaded, "sources[0].poll.interval"), "1m # default");
  EXPECT_EQ(value_of(loaded, "sources[0].limits.response_size"), "32MiB # default");
  EXPECT_EQ(value_of(loaded, "sources[0].since"), " # default: all history");
  EXPECT_EQ(value_of(loaded, "sources[0].audiences[0].value"), "\"1\" # /etc/elitbuzz-sync/test.yaml:7");
  EXPECT_EQ(value_of(loaded, "sinks[0].dead_letters.pause_after"), "5 # /etc/elitbuzz-sync/test.yaml:10");
  EXPECT_EQ(value_of(loaded, "sinks[0].url"), "absent");
}

TEST(EffectiveValuesTest, ShowSecretsAsReferences) {
  const Loaded loaded = load_for_test(smallest);
  EXPECT_EQ(value_of(loaded, "sources[0].api_key"),
            "{file: /etc/elitbuzz-sync/support.key} # /etc/elitbuzz-sync/test.yaml:6");
}

}  // namespace
}  // namespace elit::config
