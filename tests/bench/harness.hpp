#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

// A small harness for benchmarks. It measures the processor time of this process, not wall-clock time, because it
// differs little on a busy machine. Every round runs every case once, one after the other, so that a disturbance
// affects all of them. The result of a case is its ratio to the baseline of the same round.
namespace elit::bench {

struct Case {
  std::string name;
  std::string unit;      // of which `run` says how many it did: "row"
  std::string baseline;  // the name of an earlier case with the same number of units; empty: none
  std::size_t units = 0;
  std::function<void()> prepare;     // not measured; may be empty
  std::function<std::size_t()> run;  // measured; must do `units` of them
  std::function<void()> clean_up;    // not measured; may be empty
};

class Harness {
 public:
  // Takes `--smoke`: one round of little work, to see that the benchmark still runs. Ends the program on anything else.
  Harness(int argument_count, const char* const* arguments);

  [[nodiscard]] bool smoke() const { return smoke_; }
  // How much work to do: `full`, or `smoke` in smoke mode.
  [[nodiscard]] std::size_t scaled(std::size_t full, std::size_t smoke) const { return smoke_ ? smoke : full; }

  void add(Case entry);
  // Runs everything, prints a table, and returns the exit status: 1 when a case did not do its work.
  [[nodiscard]] int run();

 private:
  struct Measured {
    Case entry;
    std::vector<double> seconds;  // per unit, one a round
  };

  [[nodiscard]] bool run_once(Measured& measured) const;
  void print() const;
  [[nodiscard]] const Measured& find(const std::string& name) const;

  bool smoke_ = false;
  std::vector<Measured> cases_;
};

}  // namespace elit::bench
