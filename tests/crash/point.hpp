#pragma once

#include <cstddef>
#include <cstdint>

// The crash points of one process: every call by which it changes or reads something outside of itself. They have
// numbers, counted for each kind of call and each place. Environment variables say what happens at one of them:
//
//   CRASH_LIST=FILE    appends `kind place number` for each call
//   CRASH_POINT="KIND PLACE NUMBER DEED"    does DEED to that call alone; the first has number 1
//   CRASH_REPORT=FILE  appends one line when that call is reached
//   CRASH_API_PORT, CRASH_CRM_PORT    the loopback ports that identify the connections
//
// A deed is `before`, `half` or `after` (SIGKILL at that moment of the call; `half` is for calls that move bytes),
// `short` (half of the bytes are moved), or the name of an error (EIO, ENOSPC, EMFILE, EINTR, ECONNRESET): the call is
// not made and returns this error.
namespace elit::crash {

enum class Kind : std::uint8_t {
  create,      // open with O_CREAT
  open,        // any other way to open a file
  write,       // on files
  sync,        // fsync, fdatasync
  truncate,    // ftruncate
  rename,      //
  unlink,      //
  mkdir,       //
  mode,        // chmod, fchmod
  lock,        // flock
  read,        // on files
  descriptor,  // socket, socketpair, epoll, eventfd, timerfd
  connect,     //
  send,        //
  receive,     // only calls that find something to receive
  end,
};

enum class Place : std::uint8_t {
  nowhere,  // no call on it is counted
  database,
  wal,
  shm,
  journal,
  lock,
  log,
  archive,
  directory,
  secret,
  configuration,
  api,
  crm,
  other,
  end,
};

enum class Deed : std::uint8_t { nothing, fail, shorten, die_before, die_halfway, die_after };

// Counts a call and returns what happens to it.
Deed judge(Kind kind, Place place);

// The error number of Deed::fail.
int planned_error();

// SIGKILL to this process; does not return.
[[noreturn]] void die();

Place place_of_path(const char* path);
Place place_of_port(unsigned port);

// The place of a descriptor that a counted call opened; Place::nowhere for all others.
Place place_of(int descriptor);
void remember(int descriptor, Place place);

}  // namespace elit::crash
