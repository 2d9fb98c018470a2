#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <functional>
#include <memory>
#include <utility>

#include "core/elitbuzz/protocol.hpp"
#include "tests/bench/benchmarks.hpp"
#include "tests/bench/sample_data.hpp"

namespace elit::bench {
namespace {

HttpResponse answer_with(std::string body) {
  HttpResponse answer;
  answer.status = 200;
  answer.body = std::move(body);
  return answer;
}

std::size_t parse_plainly(const std::string& body, const char* list) {
  const boost::json::value document = boost::json::parse(body);
  return document.at(list).as_array().size();
}

void add_page(Harness& harness) {
  const std::size_t rows = harness.scaled(500, 50);
  const std::size_t repeats = harness.scaled(100, 1);
  const auto answer = std::make_shared<HttpResponse>(answer_with(sample_page(rows)));
  const auto repeated = [=](const std::function<std::size_t()>& once) {
    return [=] {
      std::size_t done = 0;
      for (std::size_t i = 0; i < repeats; ++i) {
        done += once();
      }
      return done;
    };
  };
  Case baseline{"page: Boost.JSON builds a tree", "row", {}, rows * repeats, {}, {}, {}};
  baseline.run = repeated([answer] { return parse_plainly(answer->body, "conversations"); });
  harness.add(std::move(baseline));

  Case reader{"page: read_conversations", "row", "page: Boost.JSON builds a tree", rows * repeats, {}, {}, {}};
  reader.run = repeated([answer, source = sample_source()] {
    const auto page = elitbuzz::read_conversations(source, "919812345678", 1, *answer);
    return page ? page->rows.size() : 0;
  });
  harness.add(std::move(reader));
}

void add_users(Harness& harness) {
  const std::size_t users = harness.scaled(100'000, 500);
  const auto answer = std::make_shared<HttpResponse>(answer_with(sample_users(users)));
  Case baseline{"users: Boost.JSON builds a tree", "user", {}, users, {}, {}, {}};
  baseline.run = [answer] { return parse_plainly(answer->body, "users"); };
  harness.add(std::move(baseline));

  Case reader{"users: read_users", "user", "users: Boost.JSON builds a tree", users, {}, {}, {}};
  reader.run = [answer, source = sample_source()] {
    const auto list = elitbuzz::read_users(source, *answer);
    return list ? list->users.size() : 0;
  };
  harness.add(std::move(reader));
}

}  // namespace

void add_codec_cases(Harness& harness) {
  add_page(harness);
  add_users(harness);
}

}  // namespace elit::bench
