#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/configurations.hpp"

namespace elit::config {
namespace {

class BadOptionsTableTest : public testing::TestWithParam<BadConfiguration> {};

TEST_P(BadOptionsTableTest, IsTheOnlyMistakeAndStandsAtItsPlace) {
  const BadConfiguration& bad = GetParam();
  const Loaded loaded = load_for_test(bad.text);
  ASSERT_EQ(loaded.mistakes.size(), 1U) << testing::PrintToString(loaded.mistakes.size());
  const Diagnostic& mistake = loaded.mistakes.front();
  EXPECT_FALSE(loaded.options.has_value());
  EXPECT_EQ(mistake.line, bad.line) << to_string(mistake);
  EXPECT_EQ(mistake.column, bad.column) << to_string(mistake);
  EXPECT_EQ(mistake.key, bad.key) << to_string(mistake);
  EXPECT_THAT(mistake.what, testing::HasSubstr(bad.fragment));
}

const std::string http = "  - name: crm\n    type: http\n    url: https://crm.example.com/in\n";
const std::string file = "  - name: archive\n    type: file\n    directory: archive\n";

const std::vector<BadConfiguration> bad_options{
    // The shape of the file
    {"NoSources", "log: {level: info}\n", 1, 1, "sources", "is missing"},
    {"EmptySources", "sources: []\n", 1, 10, "sources", "at least one"},
    {"NullSources", "sources:\n", 1, 1, "sources", "has no value"},
    {"SourcesAsMap", "sources: {name: x}\n", 1, 10, "sources", "must be a list"},
    {"SourceAsText", "sources: [support]\n", 1, 11, "sources[0]", "must be a map"},
    {"UnknownTopLevelKey", smallest + "souces: []\n", 8, 1, "souces", "did you mean sources?"},
    {"UnknownKeyFarFromAny", smallest + "zzzzzz: 1\n", 8, 1, "zzzzzz", "known here are state, log"},
    {"MisspelledKey", with_source("lookbak: 10m"), 8, 5, "sources[0].lookbak", "did you mean lookback?"},
    {"KeyOfAnotherCase", with_source("Settle: 1m"), 8, 5, "sources[0].Settle", "did you mean settle?"},
    {"MisplacedKey", with_source("page_size: 5"), 8, 5, "sources[0].page_size", "did you mean limits.page_size?"},
    {"GroupAsText", with_source("poll: 1m"), 8, 11, "sources[0].poll", "must be a map of keys such as interval:"},
    {"GroupAsList", with_source("limits: [1]"), 8, 13, "sources[0].limits", "must be a map"},
    {"GroupWithoutValue", with_source("poll:"), 8, 5, "sources[0].poll", "has no value"},
    {"OptionAsMap", with_source("settle: {a: 1}"), 8, 13, "sources[0].settle", "must be a single value, not a map"},
    {"OptionAsList", with_source("settle: [1m]"), 8, 13, "sources[0].settle", "must be a single value, not a list"},
    {"OptionWithoutValue", with_source("settle:"), 8, 5, "sources[0].settle", "has no value"},
    {"StateAsPathItself", smallest + "state: /var/lib/x\n", 8, 8, "state", "such as directory:"},
    {"EmptyStateDirectory", smallest + "state: {directory: \"\"}\n", 8, 20, "state.directory", "must be a path"},
    {"StateDirectoryAsList", smallest + "state: {directory: [a]}\n", 8, 20, "state.directory", "single value"},
    {"HomeDirectory", smallest + "state: {directory: ~/state}\n", 8, 20, "state.directory", "without '~'"},
    {"ControlCharacterInPath", smallest + "log: {file: \"a\\nb\"}\n", 8, 13, "log.file", "control characters"},

    // Who the source is
    {"MissingBaseUrl", with_line(3, "    settle: 1m"), 2, 5, "sources[0].base_url", "is missing: add base_url:"},
    {"MissingApiKey", with_line(6, "    settle: 1m"), 2, 5, "sources[0].api_key", "is missing"},
    {"MissingAudiences", with_line(7, "    settle: 1m"), 2, 5, "sources[0].audiences", "is missing"},
    {"NameWithCapitals", with_line(2, "  - name: Support"), 2, 11, "sources[0].name", "lower-case"},
    {"NameWithBlank", with_line(2, "  - name: my bot"), 2, 11, "sources[0].name", "lower-case"},
    {"EmptyName", with_line(2, "  - name: \"\""), 2, 11, "sources[0].name", "1 to 63"},
    {"NameTwice",
     smallest + "  - {name: support, base_url: 'https://b.example', customer_id: 1, bot_key: a, api_key: {env: K}, "
                "audiences: [{attribute: a, value: b}]}\n",
     8, 12, "sources[1].name", "already the name of sources[0]"},
    {"EmptyKey", with_source("\"\": 1"), 8, 5, "sources[0].\"\"", "not a known key"},
    {"EmptyKeyOfAll", smallest + "\"\": 1\n", 8, 1, "\"\"", "not a known key"},
    {"BaseUrlWithoutScheme", with_line(3, "    base_url: api.example.com"), 3, 15, "sources[0].base_url", "https://"},
    {"BaseUrlOfAnotherScheme", with_line(3, "    base_url: ftp://a.example"), 3, 15, "sources[0].base_url", "https://"},
    {"BaseUrlWithoutHost", with_line(3, "    base_url: \"https:///x\""), 3, 15, "sources[0].base_url", "no host"},
    {"BaseUrlWithBlank", with_line(3, "    base_url: https://a b.example"), 3, 15, "sources[0].base_url", "valid URL"},
    {"BaseUrlWithUser", with_line(3, "    base_url: https://u:p@a.example"), 3, 15, "sources[0].base_url", "password"},
    {"BaseUrlWithQuery", with_line(3, "    base_url: https://a.example/?a=b"), 3, 15, "sources[0].base_url", "query"},
    {"BaseUrlWithFragment", with_line(3, "    base_url: https://a.example/#a"), 3, 15, "sources[0].base_url",
     "fragment"},
    {"BaseUrlWithPortZero", with_line(3, "    base_url: https://a.example:0"), 3, 15, "sources[0].base_url", "65535"},
    {"BaseUrlWithHugePort", with_line(3, "    base_url: https://a.example:99999"), 3, 15, "sources[0].base_url",
     "port"},
    {"BaseUrlInTheClear", with_line(3, "    base_url: http://api.example.com"), 3, 15, "sources[0].base_url",
     "insecure_http: true"},
    {"BaseUrlLooksLoopback", with_line(3, "    base_url: http://127.0.0.1.evil.example"), 3, 15, "sources[0].base_url",
     "begins like an IPv4 address"},
    {"BaseUrlWithEncodedHost", with_line(3, "    base_url: https://a%0d%0aX:%20y"), 3, 15, "sources[0].base_url",
     "percent-encoded"},
    {"CustomerIdWithLeadingZero", with_line(4, "    customer_id: 0042"), 4, 18, "sources[0].customer_id",
     "write \"0042\" with quotes"},
    {"CustomerIdAsHexadecimal", with_line(4, "    customer_id: 0x1F"), 4, 18, "sources[0].customer_id", "quotes"},
    {"CustomerIdAsTruth", with_line(4, "    customer_id: true"), 4, 18, "sources[0].customer_id", "truth value"},
    {"CustomerIdWithSlash", with_line(4, "    customer_id: \"46/60\""), 4, 18, "sources[0].customer_id", "URL"},
    {"BotKeyAsExponent", with_line(5, "    bot_key: 6250902e4838"), 5, 14, "sources[0].bot_key", "read as a number"},
    {"BotKeyEmpty", with_line(5, "    bot_key: \"\""), 5, 14, "sources[0].bot_key", "1 to 200"},
    {"EmptyAudiences", with_line(7, "    audiences: []"), 7, 16, "sources[0].audiences", "at least one"},
    {"RepeatedAudience", with_line(7, "    audiences: [{attribute: a, value: 1}, {attribute: a, value: \"1\"}]"), 7, 43,
     "sources[0].audiences[1]", "same audience as audiences[0]"},
    {"AudienceWithoutValue", with_line(7, "    audiences: [{attribute: a}]"), 7, 17, "sources[0].audiences[0].value",
     "is missing"},
    {"AudienceValueAsFloat", with_line(7, "    audiences: [{attribute: a, value: 1.10}]"), 7, 39,
     "sources[0].audiences[0].value", "write \"1.10\" with quotes"},

    // Durations, sizes, numbers, instants, words
    {"DurationWithoutUnit", with_source("settle: 30"), 8, 13, "sources[0].settle", "did you mean 30s?"},
    {"NegativeDuration", with_source("settle: -5s"), 8, 13, "sources[0].settle", "must not be negative"},
    {"OverflowingDuration", with_source("settle: 99999999999999999999d"), 8, 13, "sources[0].settle", "too large"},
    {"DurationOfAnotherSpelling", with_source("settle: 5min"), 8, 13, "sources[0].settle", "did you mean 5m?"},
    {"CompoundDuration", with_source("settle: 1h30m"), 8, 13, "sources[0].settle", "in one unit"},
    {"FractionalDuration", with_source("settle: 1.5h"), 8, 13, "sources[0].settle", "in one unit"},
    {"TooLongDuration", with_source("settle: 2d"), 8, 13, "sources[0].settle", "between 0 and 1d, not 2d"},
    {"IntervalOfNothing", with_source("poll: {interval: 0}"), 8, 22, "sources[0].poll.interval",
     "between 100ms and 1d"},
    {"StalenessBelowInterval", with_source("poll: {interval: 2m, max_staleness: 1m}"), 8, 41,
     "sources[0].poll.max_staleness", "at least interval, which is 2m"},
    {"IntervalAboveDefaultStaleness", with_source("poll: {interval: 2h}"), 8, 22, "sources[0].poll.interval",
     "max_staleness, which is 1h by default"},
    {"SizeWithoutUnit", with_source("limits: {response_size: 1000000}"), 8, 29, "sources[0].limits.response_size",
     "did you mean 1000000B?"},
    {"SizeInMegabytes", with_source("limits: {response_size: 8MB}"), 8, 29, "sources[0].limits.response_size",
     "did you mean 8MiB?"},
    {"TooSmallSize", with_source("limits: {response_size: 1KiB}"), 8, 29, "sources[0].limits.response_size",
     "between 64KiB and 1GiB"},
    {"ConcurrencyOfNothing", with_source("limits: {concurrency: 0}"), 8, 27, "sources[0].limits.concurrency",
     "between 1 and 64, not 0"},
    {"PageSizeAsText", with_source("limits: {page_size: \"500\"}"), 8, 25, "sources[0].limits.page_size",
     "remove the quotes"},
    {"PageSizeAsFraction", with_source("limits: {page_size: 1.5}"), 8, 25, "sources[0].limits.page_size",
     "whole number"},
    {"PageSizeAsWord", with_source("limits: {page_size: many}"), 8, 25, "sources[0].limits.page_size", "whole number"},
    {"NegativeRate", with_source("limits: {requests_per_second: -1}"), 8, 35, "sources[0].limits.requests_per_second",
     "between 0 and 1000"},
    {"RateWithoutNumber", with_source("limits: {requests_per_second: .nan}"), 8, 35,
     "sources[0].limits.requests_per_second", "must be a number"},
    {"ShrinkAlarmAboveOne", smallest + "roster: {shrink_alarm: 1.5}\n", 8, 24, "roster.shrink_alarm",
     "between 0 and 1"},
    {"InstantWithoutTime", with_source("since: 2026-01-01"), 8, 12, "sources[0].since", "2026-01-01T00:00:00Z?"},
    {"InstantWithoutZone", with_source("since: 2026-01-01T00:00:00"), 8, 12, "sources[0].since", "names no zone"},
    {"InstantOfAnotherZone", with_source("since: 2026-01-01T00:00:00+05:30"), 8, 12, "sources[0].since", "UTC"},
    {"ImpossibleDate", with_source("since: 2026-02-30T00:00:00Z"), 8, 12, "sources[0].since", "calendar"},
    {"FutureInstant", with_source("since: 2099-01-01T00:00:00Z"), 8, 12, "sources[0].since", "in the future"},
    {"InstantAsWord", with_source("since: yesterday"), 8, 12, "sources[0].since", "must be an instant"},
    {"UnknownLevel", smallest + "log: {level: verbose}\n", 8, 14, "log.level", "trace, debug, info, warning, error"},
    {"MisspelledLevel", smallest + "log: {level: warn1ng}\n", 8, 14, "log.level", "did you mean warning?"},
    {"FlagAsYes", smallest + "log: {reveal_user_ids: yes}\n", 8, 24, "log.reveal_user_ids", "did you mean true?"},
    {"FlagInQuotes", smallest + "log: {reveal_user_ids: \"true\"}\n", 8, 24, "log.reveal_user_ids", "without quotes"},

    // The dialect of the API and the proxy
    {"PathWithoutSlash", with_source("api: {users_path: \"u/{customer_id}/{bot_key}\"}"), 8, 23,
     "sources[0].api.users_path", "begin with '/'"},
    {"PathWithoutUser", with_source("api: {conversations_path: \"/u/{customer_id}/{bot_key}\"}"), 8, 31,
     "sources[0].api.conversations_path", "lacks the placeholder {user_id}"},
    {"PathWithUnknownPlaceholder", with_source("api: {users_path: \"/{customer_id}/{bot_key}/{user_id}\"}"), 8, 23,
     "sources[0].api.users_path", "placeholder that is not known"},
    {"PathWithOpenBrace", with_source("api: {users_path: \"/{customer_id}/{bot_key\"}"), 8, 23,
     "sources[0].api.users_path", "without its '}'"},
    {"PathWithQuery", with_source("api: {users_path: \"/{customer_id}/{bot_key}?a=b\"}"), 8, 23,
     "sources[0].api.users_path", "URL path"},
    {"PointerWithoutSlash", with_source("api: {users_list: users}"), 8, 23, "sources[0].api.users_list",
     "JSON pointer"},
    {"PointerWithBareTilde", with_source("api: {user_id: \"/a~b\"}"), 8, 20, "sources[0].api.user_id", "~0"},
    {"UnknownRole", with_source("api: {sender_roles: {bot: outgoing}}"), 8, 31, "sources[0].api.sender_roles.bot",
     "in, out, agent, system"},
    {"RolesAsList", with_source("api: {sender_roles: [bot]}"), 8, 25, "sources[0].api.sender_roles", "must be a map"},
    {"EmptyParameter", with_source("api: {page_size_parameter: \"\"}"), 8, 32, "sources[0].api.page_size_parameter",
     "must not be empty"},
    {"ParameterWithAmpersand", with_source("api: {page_size_parameter: a&b}"), 8, 32,
     "sources[0].api.page_size_parameter", "may hold only"},
    {"ParameterTwice", with_source("api: {page_size_parameter: start_date}"), 8, 32,
     "sources[0].api.page_size_parameter", "same parameter as start_date_parameter"},
    {"ProxyWithPassword", with_source("proxy: http://u:p@proxy.example:80"), 8, 12, "sources[0].proxy", "password"},
    {"ProxyWithoutPort", with_source("proxy: http://proxy.example"), 8, 12, "sources[0].proxy", "http://host:port"},
    {"ProxyOverTls", with_source("proxy: https://proxy.example:443"), 8, 12, "sources[0].proxy", "http://host:port"},

    // Secrets
    {"SecretAsValue", with_line(6, "    api_key: sk-canary"), 6, 14, "sources[0].api_key", "{credential: NAME}"},
    {"SecretAsList", with_line(6, "    api_key: [sk-canary]"), 6, 14, "sources[0].api_key", "{file: PATH}"},
    {"SecretAsKey", with_line(6, "    api_key: {sk-canary}"), 6, 15, "sources[0].api_key", "{env: NAME}"},
    {"SecretFromNowhere", with_line(6, "    api_key: {}"), 6, 14, "sources[0].api_key", "exactly one"},
    {"SecretFromTwoPlaces", with_line(6, "    api_key: {file: a, env: B}"), 6, 14, "sources[0].api_key", "exactly one"},
    {"SecretWithMisspelledKind", with_line(6, "    api_key: {fiel: a}"), 6, 15, "sources[0].api_key",
     "did you mean file?"},
    {"SecretFileWithoutName", with_line(6, "    api_key: {file: \"\"}"), 6, 21, "sources[0].api_key.file", "the name"},
    {"VariableWithDash", with_line(6, "    api_key: {env: MY-KEY}"), 6, 20, "sources[0].api_key.env", "variable"},
    {"CredentialWithSlash", with_line(6, "    api_key: {credential: a/b}"), 6, 27, "sources[0].api_key.credential",
     "without '/'"},
    {"AuthorizationAsValue", with_sinks(http + "    headers: {Authorization: Bearer canary}\n"), 12, 30,
     "sinks[0].headers.Authorization", "must not hold the secret itself"},
    {"TokenHeaderAsValue", with_sinks(http + "    headers: {X-Access-Token: canary}\n"), 12, 31,
     "sinks[0].headers.X-Access-Token", "{file: PATH}"},
    {"LowerCaseCookieAsValue", with_sinks(http + "    headers: {cookie: canary}\n"), 12, 23, "sinks[0].headers.cookie",
     "{file: PATH}"},
    {"SigningSecretAsValue", with_sinks(http + "    sign: {secret: canary}\n"), 12, 20, "sinks[0].sign.secret",
     "{file: PATH}"},

    // Sinks
    {"SinkWithoutType", with_sinks("  - name: crm\n"), 9, 5, "sinks[0].type", "is missing"},
    {"SinkWithoutName", with_sinks("  - type: file\n    directory: a\n"), 9, 5, "sinks[0].name", "is missing"},
    {"SinkOfUnknownType", with_sinks("  - {name: crm, type: htpp}\n"), 9, 23, "sinks[0].type", "did you mean http?"},
    {"HttpWithoutUrl", with_sinks("  - {name: crm, type: http}\n"), 9, 5, "sinks[0].url", "is missing"},
    {"FileWithoutDirectory", with_sinks("  - {name: crm, type: file}\n"), 9, 5, "sinks[0].directory", "is missing"},
    {"FileWithUrl", with_sinks(file + "    url: https://a.example\n"), 12, 5, "sinks[0].url", "only for type: http"},
    {"HttpWithDirectory", with_sinks(http + "    directory: a\n"), 12, 5, "sinks[0].directory", "only for type: file"},
    {"FileWithBatch", with_sinks(file + "    batch: {messages: 1}\n"), 12, 5, "sinks[0].batch", "only for type: http"},
    {"SinkNameTwice", with_sinks(file + http + "  - {name: crm, type: file, directory: b}\n"), 15, 12, "sinks[2].name",
     "already the name of sinks[1]"},
    {"SameDirectoryTwice", with_sinks(file + "  - {name: b, type: file, directory: ./x/../archive/}\n"), 12, 38,
     "sinks[1].directory", "same directory as sinks[0].directory"},
    {"DirectoryOfTheState", with_sinks("  - {name: b, type: file, directory: /var/lib/elitbuzz-sync}\n"), 9, 38,
     "sinks[0].directory", "same directory as state.directory"},
    {"UrlInTheClear", with_sinks("  - {name: b, type: http, url: \"http://crm.example/in\"}\n"), 9, 32, "sinks[0].url",
     "insecure_http: true"},
    {"UrlWithUser", with_sinks("  - {name: b, type: http, url: \"https://canary@crm.example/in\"}\n"), 9, 32,
     "sinks[0].url", "user name or password"},
    {"HeaderNameWithBlank", with_sinks(http + "    headers: {X Trace: a}\n"), 12, 15, "sinks[0].headers.X Trace",
     "no header name"},
    {"HeaderWithLineBreak", with_sinks(http + "    headers: {X-Trace: \"a\\r\\nb\"}\n"), 12, 24,
     "sinks[0].headers.X-Trace", "control characters"},
    {"HeaderTwiceButForCase", with_sinks(http + "    headers: {X-Trace: a, x-trace: b}\n"), 12, 27,
     "sinks[0].headers.x-trace", "same header as X-Trace"},
    {"HeaderOfOurOwn", with_sinks(http + "    headers: {Content-Type: text/plain}\n"), 12, 15,
     "sinks[0].headers.Content-Type", "set by elitbuzz-sync"},
    {"HeaderOfTheSignature", with_sinks(http + "    headers: {x-elitbuzz-signature: a}\n"), 12, 15,
     "sinks[0].headers.x-elitbuzz-signature", "remove it; sign: {secret: ...}"},
    {"HeaderOfTheSignaturesTime", with_sinks(http + "    headers: {X-Elitbuzz-Timestamp: 1}\n"), 12, 15,
     "sinks[0].headers.X-Elitbuzz-Timestamp", "remove it; sign: {secret: ...}"},
    {"SignatureWithoutSecret", with_sinks(http + "    sign: {}\n"), 12, 11, "sinks[0].sign.secret", "is missing"},
    {"SignatureOfAFile", with_sinks(file + "    sign: {secret: {env: S}}\n"), 12, 5, "sinks[0].sign",
     "only for type: http"},
    {"RetryMaxBelowFirst", with_sinks(http + "    retry: {first: 10s, max: 5s}\n"), 12, 30, "sinks[0].retry.max",
     "at least first, which is 10s"},
    {"PauseAfterNothing", with_sinks(http + "    dead_letters: {pause_after: 0}\n"), 12, 33,
     "sinks[0].dead_letters.pause_after", "between 1 and 1000000"},
    {"TopLevelPauseAfterNothing", smallest + "dead_letters: {pause_after: 0}\n", 8, 29, "dead_letters.pause_after",
     "between 1 and 1000000"},
    {"SyncWaitTooLong", smallest + "sync: {wait: 2d}\n", 8, 14, "sync.wait", "between 0 and 1d"},
};

INSTANTIATE_TEST_SUITE_P(, BadOptionsTableTest, testing::ValuesIn(bad_options), name_of);

TEST(BadOptionsTest, NeverRepeatWhatMayBeASecret) {
  int secrets = 0;
  for (const BadConfiguration& bad : bad_options) {
    secrets += bad.text.find("canary") == std::string::npos ? 0 : 1;
    for (const Diagnostic& mistake : load_for_test(bad.text).mistakes) {
      EXPECT_THAT(to_string(mistake), testing::Not(testing::HasSubstr("canary"))) << bad.name;
    }
  }
  EXPECT_GT(secrets, 5);
}

TEST(BadOptionsTest, AreAllReportedAtOnceInTheOrderOfTheFile) {
  const Loaded loaded = load_for_test(
      "sources:\n"
      "  - name: Support\n"
      "    base_url: nowhere\n"
      "    customer_id: 0042\n"
      "    bot_key: a\n"
      "    api_key: secret\n"
      "    audiences: []\n"
      "    poll: {interval: 60, max_stalness: 1h}\n"
      "sinks:\n"
      "  - {name: a, type: http}\n"
      "colour: red\n");
  std::vector<std::string> keys;
  for (const Diagnostic& mistake : loaded.mistakes) {
    keys.push_back(mistake.key);
  }
  EXPECT_THAT(keys, testing::ElementsAre("sources[0].name", "sources[0].base_url", "sources[0].customer_id",
                                         "sources[0].api_key", "sources[0].audiences", "sources[0].poll.interval",
                                         "sources[0].poll.max_stalness", "sinks[0].url", "colour"));
}

TEST(BadOptionsTest, ArePrintedAsFileLineColumnKeyAndWhat) {
  const Loaded loaded = load_for_test(with_source("settle: 30"));
  ASSERT_EQ(loaded.mistakes.size(), 1U);
  EXPECT_EQ(to_string(loaded.mistakes.front()),
            "/etc/elitbuzz-sync/test.yaml:8:13: sources[0].settle: has no unit: did you mean 30s?");
}

}  // namespace
}  // namespace elit::config
