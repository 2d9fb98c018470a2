#include "tests/bench/benchmarks.hpp"

#include <array>
#include <cstdio>
#include <utility>

int main(int argument_count, char** arguments) {
  using namespace elit::bench;
  using Subject = std::pair<const char*, void (*)(Harness&)>;
  constexpr std::array<Subject, 3> subjects{
      {{"codec", add_codec_cases}, {"pipeline", add_pipeline_cases}, {"storage", add_storage_cases}}};
  int status = 0;
  for (const auto& [name, add_cases] : subjects) {
    std::printf("%s\n", name);
    Harness harness(argument_count, arguments);
    add_cases(harness);
    status |= harness.run();
  }
  return status;
}
