#include "tests/model/checker.hpp"

#include <algorithm>
#include <limits>
#include <unordered_map>

namespace elit::model {
namespace {

using Index = std::uint32_t;

class Search {
 public:
  Search(const World& world, DesignError error) : world_(world), error_(error) {}

  Examination run() {
    State first;
    static_cast<void>(reach(first, 0, 0));
    for (Index at = 0; at < found_.size() && result_.failure.empty(); ++at) {
      expand(at);
    }
    result_.states = found_.size();
    result_.transitions = edges_.size();
    if (result_.failure.empty()) {
      require_ends();
    }
    return std::move(result_);
  }

 private:
  struct Found {
    const State* state;  // the key in known_
    Index parent;
    Index depth;
    std::size_t edges_from;
  };

  // The index of the state. A new state that breaks a promise ends the search.
  Index reach(const State& state, Index parent, Index depth) {
    const auto [place, fresh] = known_.try_emplace(state, static_cast<Index>(found_.size()));
    if (fresh) {
      found_.push_back({&place->first, parent, depth, 0});
      result_.depth = std::max<std::size_t>(result_.depth, depth);
      if (const std::string broken = broken_promise(world_, state); !broken.empty()) {
        fail(place->second, broken);
      }
    }
    return place->second;
  }

  void expand(Index at) {
    const State state = *found_[at].state;
    steps_of(state);
    found_[at].edges_from = edges_.size();
    for (const Step& step : steps_.all()) {
      edges_.push_back(reach(step.state, at, found_[at].depth + 1));
      if (!result_.failure.empty()) {
        return;
      }
    }
    if (steps_.all().empty()) {
      ++result_.ends;
      if (const std::string broken = broken_balance(world_, state); !broken.empty()) {
        fail(at, broken);
      }
    }
  }

  void steps_of(const State& state) {
    steps_.clear();
    source_steps(world_, error_, state, steps_);
    sink_steps(world_, error_, state, steps_);
    if (!steps_.all().empty()) {  // After the end a crash changes nothing.
      crash_step(world_, error_, state, steps_);
    }
  }

  void fail(Index at, const std::string& why) {
    result_.failure = why;
    for (; at != 0; at = found_[at].parent) {
      steps_of(*found_[found_[at].parent].state);
      const auto step = std::find_if(steps_.all().begin(), steps_.all().end(),
                                     [&](const Step& each) { return each.state == *found_[at].state; });
      result_.trace.push_back(step->what);
    }
    std::reverse(result_.trace.begin(), result_.trace.end());
  }

  // Marks, backwards from the ends, the states from which an end can be reached.
  void require_ends() {
    std::vector<std::size_t> first(found_.size() + 1, 0);
    for (const Index to : edges_) {
      ++first[to + 1];
    }
    for (std::size_t i = 1; i < first.size(); ++i) {
      first[i] += first[i - 1];
    }
    std::vector<std::size_t> next(first.begin(), first.end() - 1);
    std::vector<Index> from(edges_.size());
    std::vector<Index> reached;
    std::vector<bool> ends(found_.size(), false);
    for (Index at = 0; at < found_.size(); ++at) {
      const std::size_t to = at + 1 < found_.size() ? found_[at + 1].edges_from : edges_.size();
      for (std::size_t edge = found_[at].edges_from; edge < to; ++edge) {
        from[next[edges_[edge]]++] = at;
      }
      if (to == found_[at].edges_from) {
        ends[at] = true;
        reached.push_back(at);
      }
    }
    for (std::size_t i = 0; i < reached.size(); ++i) {
      for (std::size_t edge = first[reached[i]]; edge < first[reached[i] + 1]; ++edge) {
        if (!ends[from[edge]]) {
          ends[from[edge]] = true;
          reached.push_back(from[edge]);
        }
      }
    }
    const auto stuck = std::find(ends.begin(), ends.end(), false);
    if (stuck != ends.end()) {
      fail(static_cast<Index>(stuck - ends.begin()), "from here no end can be reached");
    }
  }

  const World& world_;
  DesignError error_;
  std::unordered_map<State, Index, StateHash> known_;
  std::vector<Found> found_;
  std::vector<Index> edges_;  // of each state in turn
  Steps steps_;
  Examination result_;
};

}  // namespace

Examination examine(const World& world, DesignError error) {
  return Search(world, error).run();
}

std::string to_text(const Examination& examination) {
  std::string text;
  for (std::size_t i = 0; i < examination.trace.size(); ++i) {
    text += std::to_string(i + 1) + ". " + examination.trace[i] + "\n";
  }
  return text + "=> " + examination.failure + "\n";
}

}  // namespace elit::model
