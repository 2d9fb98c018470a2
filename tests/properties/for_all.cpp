#include "tests/properties/for_all.hpp"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/detail/TestListenerAdapter.h>

#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/properties/smaller_records.hpp"

namespace elit::properties {
namespace {

using Record = std::vector<std::uint64_t>;

constexpr std::uint64_t seed_default = 20'260'131;
constexpr int reruns_max = 20'000;  // to make a failing case smaller

std::string text_of(const Record& record) {
  std::string text;
  for (const std::uint64_t choice : record) {
    text += (text.empty() ? "" : ".") + std::to_string(choice);
  }
  return text;
}

Record record_from(const std::string& text) {
  Record record;
  std::istringstream in(text);
  for (std::string choice; std::getline(in, choice, '.');) {
    record.push_back(std::strtoull(choice.c_str(), nullptr, 10));
  }
  return record;
}

std::string name_of_test() {
  const testing::TestInfo* const test = testing::UnitTest::GetInstance()->current_test_info();
  return std::string(test->test_suite_name()) + "." + test->name();
}

// The failure of a case; empty if there is none. Failed expectations do not reach GoogleTest, because every step on the
// way to the smallest case would count as one more failure.
std::string failure_of(const std::function<void(Choices&)>& property, Choices& choices) {
  testing::TestPartResultArray parts;
  std::string failure;
  {
    const testing::ScopedFakeTestPartResultReporter keep(
        testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &parts);
    try {
      property(choices);
    } catch (const std::exception& thrown) {
      failure = std::string("thrown: ") + thrown.what() + "\n";
    }
  }
  for (int i = 0; i < parts.size(); ++i) {
    const testing::TestPartResult& part = parts.GetTestPartResult(i);
    failure += std::string(part.file_name() == nullptr ? "?" : part.file_name()) + ":" +
               std::to_string(part.line_number()) + ": " + part.message() + "\n";
  }
  return failure;
}

// The state of one for_all, shared by the generated cases.
struct Search {
  std::function<void(Choices&)> property;
  Record smallest;  // the last record that failed
  int reruns = 0;   // of smaller cases
};

// One case for rapidcheck. Its value is the result of the run; its shrinks are the smaller cases.
class Case {
 public:
  Case(std::shared_ptr<Search> search, Choices choices, Place place)
      : search_(std::move(search)), choices_(std::move(choices)), place_(place) {}

  [[nodiscard]] rc::detail::CaseDescription value() const {
    using rc::detail::CaseResult;
    Choices choices = choices_;
    const std::string failure = failure_of(search_->property, choices);
    rc::detail::CaseDescription description;
    description.result = CaseResult(failure.empty() ? CaseResult::Type::Success : CaseResult::Type::Failure, failure);
    description.example = [] { return rc::detail::Example(); };
    if (!failure.empty()) {
      search_->smallest = choices.record();
    }
    return description;
  }

  [[nodiscard]] rc::Seq<rc::Shrinkable<rc::detail::CaseDescription>> shrinks() const {
    return rc::makeSeq<Shrinks>(search_, SmallerRecords(search_->smallest, place_));
  }

 private:
  class Shrinks {
   public:
    Shrinks(std::shared_ptr<Search> search, SmallerRecords smaller)
        : search_(std::move(search)), smaller_(std::move(smaller)) {}

    rc::Maybe<rc::Shrinkable<rc::detail::CaseDescription>> operator()() {
      std::optional<Record> record = smaller_.next();
      if (!record || ++search_->reruns > reruns_max) {
        return rc::Nothing;
      }
      return rc::makeShrinkable<Case>(search_, Choices(std::move(*record)), smaller_.place());
    }

   private:
    std::shared_ptr<Search> search_;
    SmallerRecords smaller_;
  };

  std::shared_ptr<Search> search_;
  Choices choices_;
  Place place_;
};

std::string explained(Search& search) {
  Choices choices(search.smallest);
  choices.keep_notes();
  const std::string failure = failure_of(search.property, choices);
  return choices.notes() + failure;
}

void replay(Search& search, const char* record) {
  search.smallest = record_from(record);
  Choices choices(search.smallest);
  if (!failure_of(search.property, choices).empty()) {
    ADD_FAILURE() << explained(search);
  }
}

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

void for_all(const std::function<void(Choices&)>& property, int cases) {
  const auto search = std::make_shared<Search>(Search{property, {}});
  if (const char* const record = std::getenv("ELITBUZZ_SYNC_PROPERTY_REPLAY")) {
    replay(*search, record);
    return;
  }
  const std::string name = name_of_test();
  rc::detail::TestParams parameters;
  parameters.seed = number_from_environment("ELITBUZZ_SYNC_PROPERTY_SEED", seed_default);
  parameters.maxSuccess =
      static_cast<int>(number_from_environment("ELITBUZZ_SYNC_PROPERTY_CASES", static_cast<std::uint64_t>(cases)));
  const auto generate = [&search](const rc::Random& random, int) {
    rc::Random stream = random;
    return rc::makeShrinkable<Case>(search, Choices(stream.next()), Place());
  };
  rc::detail::TestListenerAdapter silent;
  const rc::detail::TestResult result =
      rc::detail::checkProperty(rc::detail::Property(generate), {name, name}, parameters, silent, {});
  rc::detail::SuccessResult success;
  if (result.match(success)) {
    std::cout << "[    CASES ] " << success.numSuccess << " of " << name << ", seed " << parameters.seed << '\n';
    testing::Test::RecordProperty("cases", success.numSuccess);
    return;
  }
  rc::detail::FailureResult failed;
  EXPECT_TRUE(result.match(failed)) << "rapidcheck gave up";
  ADD_FAILURE() << "case " << failed.numSuccess + 1 << " of seed " << parameters.seed << " fails; the smallest of "
                << search->reruns << " like it:\n"
                << explained(*search) << "again: ELITBUZZ_SYNC_PROPERTY_REPLAY=" << text_of(search->smallest) << " "
                << program_invocation_name << " --gtest_filter=" << name
                << "\nall: ELITBUZZ_SYNC_PROPERTY_SEED=" << parameters.seed << " " << program_invocation_name
                << " --gtest_filter=" << name;
}

}  // namespace elit::properties
