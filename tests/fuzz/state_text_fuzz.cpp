// What is kept in the state as text, read back: facts about a source's paging, directions.

#include <string>

#include "core/fetch/pager.hpp"
#include "core/message.hpp"
#include "tests/fuzz/expectation.hpp"

namespace elit::fuzz {
namespace {

void expect_paging_facts(const std::string& text) {
  PagingFacts facts = paging_facts_from(text);
  expect(paging_facts_from(to_text(facts)) == facts, "facts that are written and read are the same");
  expect(!facts.full_size || *facts.full_size > 0, "a page that was full was not empty");
  for (const Tristate ends : {Tristate::automatic, Tristate::yes, Tristate::no}) {
    for (const int rows : {0, 1, 500, 25'000}) {
      expect(!facts.ends_with(rows, ends) || ends != Tristate::no, "a short page ends nothing where that is denied");
    }
  }
  Pager::Limits limits;
  limits.page_size = facts.asked_size > 0 ? facts.asked_size : 500;
  Pager pager(limits, facts);
  expect(facts.asked_size == limits.page_size, "facts about another page size do not count");
  expect(pager.on_page({}, true, false) == Pager::Verdict::complete, "a list without a first page is complete");
}

void run(const std::string& text) {
  expect_paging_facts(text);
  expect(std::string(to_string(direction_from(text))) == text || direction_from(text) == Direction::unknown,
         "a direction is what it is called");
}

}  // namespace
}  // namespace elit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  elit::fuzz::run(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
