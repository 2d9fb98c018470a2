#pragma once

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/options.hpp"
#include "core/simulator/crms/crm_peer.hpp"
#include "daemon/delivery/sink_loop.hpp"
#include "daemon/rehearsal/network.hpp"
#include "daemon/time/virtual_time.hpp"
#include "storage/memory_disk/memory_disk.hpp"
#include "storage/store.hpp"
#include "tests/crms/faults/crm_case.hpp"
#include "tests/support/scratch_directory.hpp"

// The delivering half of the daemon against a simulated CRM that fails: the shipped preset, the real sink loop,
// client and store, on a disk in memory and in virtual time.
namespace elit::crm::faults {

// A message that must arrive in the CRM.
struct Said {
  std::string user;
  std::string text;
  Instant instant;
};

class DeliveryRig {
 public:
  struct Setup {
    std::string sink_lines;  // further YAML of the sink, indented by four blanks
    std::uint64_t seed = 1;
  };
  using CarryOut = std::function<simulator::Reply()>;

  explicit DeliveryRig(const Case& of);
  DeliveryRig(const Case& of, Setup setup);
  DeliveryRig(const DeliveryRig&) = delete;
  DeliveryRig& operator=(const DeliveryRig&) = delete;
  ~DeliveryRig();

  // Stores a message; texts are made different by a number at their end, which is part of the text given back. Without
  // an instant it is dated a minute after the one before it.
  std::string say(const std::string& user, const std::string& text, std::optional<Instant> instant = std::nullopt);
  // Stores as many messages of each of `users` users.
  void say_some(int users = 3, int messages = 3);

  // The process starts, runs, is killed, or the machine loses its power.
  void start();
  void kill();
  void lose_power();
  [[nodiscard]] bool running() const { return loop_ != nullptr; }
  // Kills the process when the current request has ended; with `power_too`, the machine loses its power.
  void kill_soon() { kill_wanted_ = true; }
  void power_too(bool yes) { power_too_ = yes; }
  // Kills the process after so many more steps.
  void kill_after(std::uint64_t steps) { steps_left_ = steps; }

  // Lets time pass until every message is delivered or dead. False: some are not after `at_most`, or the process was
  // killed.
  bool settle(Milliseconds at_most = std::chrono::hours{12});
  void pass(Milliseconds time);
  // Changes the secret and makes the program read it again.
  void change_secret(const std::string& name, const std::string& value);
  void lose_tokens();

  // The fate of each request, counted from 1; absent: it is carried out.
  std::function<simulator::Reply(const HttpRequest& request, int number, const CarryOut& carry_out)> wire;
  // The part of a request that arrives; absent: all of it.
  std::function<HttpRequest(HttpRequest request)> change_request;

  [[nodiscard]] simulator::SimulatedCrm& vendor() { return peer_.vendor(); }
  [[nodiscard]] simulator::SimulatedCrmFaults& faults() { return vendor().faults(); }
  [[nodiscard]] int requests() const { return static_cast<int>(arrivals_.size()); }
  // When they arrived, since the beginning.
  [[nodiscard]] const std::vector<Milliseconds>& arrivals() const { return arrivals_; }
  [[nodiscard]] Milliseconds elapsed() const { return time_.now().steady.time_since_epoch(); }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  [[nodiscard]] DeliverySummary summary() const { return loop_->summary(); }
  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] const std::vector<Said>& said() const { return said_; }

  // Contacts and activities as they stand once every slow write has taken effect.
  [[nodiscard]] std::vector<const simulator::CrmRecord*> contacts();
  [[nodiscard]] std::vector<const simulator::CrmRecord*> activities();
  // The text of an activity as a person reads it.
  [[nodiscard]] std::string text_of(const simulator::CrmRecord& activity) const;
  // Keys of messages by state (`delivered`, `dead`, ...), with their last errors.
  [[nodiscard]] std::map<std::string, std::string> in_state(const std::string& state);
  [[nodiscard]] std::string log() const;

  // Every message but the `dead` texts stands in exactly one record that is linked to its user's contact and to no
  // other; there is one record for each message, or day, and one contact for each user; the state says the same; no
  // request named one record twice; the log names no secret and no text.
  void expect_all_there(const std::set<std::string>& dead = {});
  // The part of it about requests and log.
  void expect_good_manners();

 private:
  struct Names {
    const char* contacts;
    const char* activities;
    const char* text;
    bool html;
  };
  [[nodiscard]] Names names() const;
  [[nodiscard]] std::string configuration(const Setup& setup) const;
  [[nodiscard]] simulator::Reply arrive(const HttpRequest& request, Instant now);
  [[nodiscard]] std::vector<const simulator::CrmRecord*> records(const std::string& object);
  void turn();
  void clear();
  storage::UserRow follow(const std::string& user);

  Case case_;
  Options options_;
  crm::SinkDesigns designs_;
  std::map<std::string, std::string> secrets_;
  ScratchDirectory scratch_;
  daemon::VirtualTime time_;
  daemon::Network network_;
  storage::MemoryDisk disk_;
  std::unique_ptr<daemon::Log> log_;
  simulator::CrmPeer peer_;
  std::vector<Milliseconds> arrivals_;
  std::set<std::string> named_twice_;
  std::vector<Said> said_;
  std::map<std::string, storage::UserRow> users_;
  storage::SourceId source_ = 0;
  storage::AudienceId audience_ = 0;
  storage::SinkId sink_ = 0;
  std::uint64_t steps_ = 0;
  std::optional<std::uint64_t> steps_left_;
  bool kill_wanted_ = false;
  bool power_too_ = false;
  std::exception_ptr ended_;
  // In the order of their making.
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<boost::asio::io_context> context_;
  std::unique_ptr<daemon::StorageThread> storage_;
  std::unique_ptr<daemon::SinkLoop> loop_;
};

// What may become of a request.
[[nodiscard]] simulator::Reply lost_before();
[[nodiscard]] simulator::Reply lost_answer(const DeliveryRig::CarryOut& carry_out);
[[nodiscard]] simulator::Reply cut_answer(const DeliveryRig::CarryOut& carry_out);

}  // namespace elit::crm::faults
