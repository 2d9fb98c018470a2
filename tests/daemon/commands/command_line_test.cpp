#include "daemon/commands/command_line.hpp"

#include <gmock/gmock.h>

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <new>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "daemon/commands/failure_report.hpp"
#include "storage/store.hpp"

namespace elit::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using Words = std::vector<std::string>;

struct Values {
  std::filesystem::path config;
  bool json = false;
  std::string sink;
  int last = 5;
  double share = 0.25;
  Milliseconds wait{0};
  Words faults;
  std::string what;
};

class CommandLineTest : public testing::Test {
 protected:
  // Gives the exit status of a program with a verb that has every kind of option and a verb without any.
  int run(const Words& words) {
    out_.str({});
    err_.str({});
    ran_ = false;
    values_ = {};
    const Verb render{"render", "shows requests", "Sends nothing.",
                      [this](VerbOptions& options) { return declare(options); }};
    const Verb stop{"stop", "stops", "",
                    [](VerbOptions&) -> VerbAction { return [](std::ostream&, std::ostream&) { return 7; }; }};
    return run_command_line({render, stop}, words, out_, err_);
  }

  VerbAction declare(VerbOptions& options) {
    options.configuration(values_.config);
    options.flag("--json", values_.json, "one document");
    options.text("--sink", "NAME", values_.sink, "the sink");
    options.whole_number("--last", 1, 10'000, values_.last, "how many");
    options.number("--share", "S", 0, 1, values_.share, "of all requests");
    options.time(
        "--wait", "SECONDS", Milliseconds{1000}, 0, 60, [this](Milliseconds time) { values_.wait = time; },
        "before it");
    options.each(
        "--fault", "TEXT",
        [this](const std::string& text) {
          values_.faults.push_back(text);
          return std::string(text == "bad" ? "is no fault" : "");
        },
        "what fails");
    options.word("WHAT", {"text", "lines"}, values_.what, "what to show");
    return [this](std::ostream& out, std::ostream&) {
      ran_ = true;
      out << "done";
      return 3;
    };
  }

  // The diagnostic of a wrong command line of the first verb, without its second line.
  std::string mistake(const Words& words) {
    Words all{"render", "text"};
    all.insert(all.end(), words.begin(), words.end());
    EXPECT_EQ(run(all), 64);
    EXPECT_FALSE(ran_);
    EXPECT_THAT(out_.str(), IsEmpty());
    EXPECT_THAT(err_.str(), HasSubstr("\nTry: elitbuzz-sync render --help\n"));
    return err_.str().substr(0, err_.str().find('\n'));
  }

  Values values_;
  bool ran_ = false;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(CommandLineTest, ReadsValuesBesideAndInTheNextWord) {
  EXPECT_EQ(
      run({"render", "--sink=crm", "--last", "7", "lines", "--json", "-c", "a.yaml", "--share=0.5", "--wait", "1.5"}),
      3);
  EXPECT_TRUE(ran_);
  EXPECT_EQ(out_.str(), "done");
  EXPECT_EQ(values_.sink, "crm");
  EXPECT_EQ(values_.last, 7);
  EXPECT_TRUE(values_.json);
  EXPECT_EQ(values_.config, "a.yaml");
  EXPECT_EQ(values_.share, 0.5);
  EXPECT_EQ(values_.wait, Milliseconds{1500});
  EXPECT_EQ(values_.what, "lines");
}

TEST_F(CommandLineTest, KeepsDefaults) {
  EXPECT_EQ(run({"render", "text"}), 3);
  EXPECT_EQ(values_.config, "/etc/elitbuzz-sync/elitbuzz-sync.yaml");
  EXPECT_EQ(values_.last, 5);
  EXPECT_EQ(values_.share, 0.25);
  EXPECT_FALSE(values_.json);
}

TEST_F(CommandLineTest, TakesTheLastValueOrAllOfThem) {
  EXPECT_EQ(run({"render", "text", "--last", "1", "--last=2", "--json", "--json", "--fault", "a", "--fault=b c"}), 3);
  EXPECT_EQ(values_.last, 2);
  EXPECT_TRUE(values_.json);
  EXPECT_THAT(values_.faults, ElementsAre("a", "b c"));
}

TEST_F(CommandLineTest, RefusesNumbersOutOfRange) {
  for (const char* value : {"0", "-1", "10001", "5x", " 5", "0x5", "5.0", "99999999999999999999"}) {
    EXPECT_EQ(mistake({"--last", value}), "elitbuzz-sync: render: --last: write a whole number from 1 to 10000")
        << value;
  }
  for (const char* value : {"1.5", "-0.1", "nan", "inf", "much", "0.5 "}) {
    EXPECT_EQ(mistake({"--share", value}), "elitbuzz-sync: render: --share: write a number from 0 to 1") << value;
  }
  EXPECT_THAT(mistake({"--wait", "61"}), HasSubstr("--wait: write a number from 0 to 60"));
}

TEST_F(CommandLineTest, RefusesMissingAndUnwantedValues) {
  EXPECT_EQ(mistake({"--sink"}), "elitbuzz-sync: render: --sink needs a value: --sink NAME");
  EXPECT_EQ(mistake({"--config"}), "elitbuzz-sync: render: --config needs a value: --config FILE");
  EXPECT_EQ(mistake({"--config=", "--json"}), "elitbuzz-sync: render: --config: the value is empty");
  EXPECT_EQ(mistake({"--sink", ""}), "elitbuzz-sync: render: --sink: the value is empty");
  EXPECT_EQ(mistake({"--json=yes"}), "elitbuzz-sync: render: --json takes no value");
  EXPECT_EQ(mistake({"--fault", "good", "--fault", "bad"}), "elitbuzz-sync: render: --fault: is no fault");
}

TEST_F(CommandLineTest, SuggestsTheOptionThatWasMeant) {
  EXPECT_EQ(mistake({"--lst", "7"}), "elitbuzz-sync: render: unknown option --lst: did you mean --last?");
  EXPECT_EQ(mistake({"--faults=x"}), "elitbuzz-sync: render: unknown option --faults: did you mean --fault?");
  EXPECT_EQ(mistake({"--zzzzzz"}), "elitbuzz-sync: render: unknown option --zzzzzz");
  EXPECT_EQ(mistake({"-x"}), "elitbuzz-sync: render: unknown option -x");
  EXPECT_EQ(mistake({"more"}), "elitbuzz-sync: render: unexpected argument more");
  EXPECT_EQ(mistake({"stop"}), "elitbuzz-sync: render: unexpected argument stop");
}

TEST_F(CommandLineTest, RefusesAWordThatIsNoneOfItsList) {
  EXPECT_EQ(run({"render", "lnes"}), 64);
  EXPECT_THAT(err_.str(), HasSubstr("render: WHAT: unknown word lnes: did you mean lines? Known are text, lines\n"));
  EXPECT_EQ(run({"render"}), 64);
  EXPECT_THAT(err_.str(), HasSubstr("render: WHAT is missing: what to show: text, lines\n"));
}

TEST_F(CommandLineTest, SuggestsTheVerbThatWasMeant) {
  EXPECT_EQ(run({"rendr", "--json"}), 64);
  EXPECT_EQ(err_.str(), "elitbuzz-sync: unknown verb rendr: did you mean render?\nTry: elitbuzz-sync --help\n");
  EXPECT_EQ(run({"rendr", "--help"}), 64);
  EXPECT_THAT(err_.str(), HasSubstr("unknown verb rendr"));
  EXPECT_EQ(run({}), 64);
  EXPECT_EQ(err_.str(), "elitbuzz-sync: a verb is missing: elitbuzz-sync VERB\nTry: elitbuzz-sync --help\n");
  EXPECT_EQ(run({"--json", "render", "text"}), 64);
  EXPECT_THAT(err_.str(), HasSubstr("options must follow the verb"));
  EXPECT_FALSE(ran_);
}

TEST_F(CommandLineTest, ExplainsItselfEverywhere) {
  for (const char* word : {"--help", "-h", "help"}) {
    EXPECT_EQ(run({word}), 0);
    EXPECT_THAT(out_.str(), HasSubstr("\nVerbs:\n  render        shows requests\n  stop          stops\n"));
    EXPECT_THAT(out_.str(), HasSubstr("Exit status: 0 done"));
  }
  EXPECT_EQ(run({"render", "--json", "--help"}), 0);
  EXPECT_THAT(out_.str(), StartsWith("shows requests\nUsage: elitbuzz-sync render [OPTIONS] WHAT\n"));
  EXPECT_THAT(out_.str(), HasSubstr("--last N                        how many (5)\n"));
  EXPECT_THAT(out_.str(), HasSubstr("-c,--config FILE"));
  EXPECT_THAT(out_.str(), HasSubstr("Sends nothing."));
  EXPECT_THAT(out_.str(), Not(HasSubstr("stop")));
  EXPECT_THAT(err_.str(), IsEmpty());
  EXPECT_FALSE(ran_);
}

TEST_F(CommandLineTest, TellsItsVersionEverywhere) {
  for (const Words& words :
       {Words{"--version"}, Words{"-V"}, Words{"stop", "--version"}, Words{"render", "--version"}}) {
    EXPECT_EQ(run(words), 0);
    EXPECT_EQ(out_.str(), "elitbuzz-sync " ELITBUZZ_SYNC_VERSION "\n");
  }
}

int status_of(const std::exception_ptr& failure, std::string& said) {
  std::ostringstream err;
  try {
    std::rethrow_exception(failure);
  } catch (...) {
    const int status = report_failure(err);
    said = err.str();
    return status;
  }
}

TEST(FailureReportTest, GivesEachFailureItsExitStatus) {
  using storage::StorageError;
  const auto disk = std::make_error_code(std::errc::no_space_on_device);
  const std::vector<std::pair<std::exception_ptr, int>> failures{
      {std::make_exception_ptr(StorageError(StorageError::Kind::in_use, "in use")), 75},
      {std::make_exception_ptr(StorageError(StorageError::Kind::full, "no space")), 74},
      {std::make_exception_ptr(std::bad_alloc()), 71},
      {std::make_exception_ptr(boost::system::system_error(boost::system::error_code(disk), "thread")), 71},
      {std::make_exception_ptr(std::system_error(disk, "log")), 74},
      {std::make_exception_ptr(std::runtime_error("no certificates")), 78},
      {std::make_exception_ptr(std::logic_error("impossible")), 70}};
  for (const auto& [failure, status] : failures) {
    std::string said;
    EXPECT_EQ(status_of(failure, said), status) << said;
    EXPECT_THAT(said, StartsWith("elitbuzz-sync: "));
    EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1);
  }
}

TEST(CommandLineOfTheProgramTest, GivesHelpForEachVerb) {
  for (const char* verb : {"run", "sync", "validate", "status", "config", "deliver", "rehearse", "simulator"}) {
    std::ostringstream out;
    std::ostringstream err;
    EXPECT_EQ(run_command_line({verb, "--help"}, out, err), 0);
    EXPECT_THAT(out.str(), HasSubstr(std::string("Usage: elitbuzz-sync ") + verb));
    EXPECT_THAT(out.str(), HasSubstr("-c,--config FILE"));
  }
}

}  // namespace
}  // namespace elit::daemon
