// Replaces malloc and its relatives by functions that call the C library's own, count the calls after the beginning of
// main, and let one of them fail.
//
//   CRASH_ALLOCATION=N         the N-th call fails as if memory had run out
//   CRASH_REPORT=FILE          appends one line when that call is reached
//   CRASH_ALLOCATION_LIST=FILE appends `number stack` for the first call from each chain of callers
//
// Calls of OpenSSL never fail; the next other call fails instead. OpenSSL 3.0 reads through a null pointer when it gets
// no memory while it initialises.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace elit::crash {
namespace {

constexpr int frames_max = 12;
constexpr std::size_t stacks_max = 1 << 16;

std::atomic<bool> running = false;
std::atomic<unsigned long> count = 0;
std::atomic<unsigned long> chosen = 0;
const char* list = nullptr;
const char* report = nullptr;
std::array<std::atomic<std::uint64_t>, stacks_max> seen_stacks;
thread_local bool is_looking = false;

struct Walk {
  std::uint64_t hash = 14'695'981'039'346'656'037U;
  int frames = 0;
};

_Unwind_Reason_Code visit(_Unwind_Context* context, void* argument) {
  auto& walk = *static_cast<Walk*>(argument);
  walk.hash = (walk.hash ^ _Unwind_GetIP(context)) * 1'099'511'628'211U;
  return ++walk.frames < frames_max ? _URC_NO_REASON : _URC_NORMAL_STOP;
}

_Unwind_Reason_Code look_for_openssl(_Unwind_Context* context, void* argument) {
  Dl_info info{};
  const auto address = reinterpret_cast<const void*>(_Unwind_GetIP(context));
  if (::dladdr(address, &info) == 0 || info.dli_fname == nullptr ||
      std::strstr(info.dli_fname, "libcrypto") == nullptr) {
    return _URC_NO_REASON;
  }
  *static_cast<bool*>(argument) = true;
  return _URC_NORMAL_STOP;
}

bool is_for_openssl() {
  bool is = false;
  _Unwind_Backtrace(look_for_openssl, &is);
  return is;
}

// Whether this chain of callers is new; an open table with linear probing.
bool is_new(std::uint64_t hash) {
  for (std::size_t i = 0; i < stacks_max; ++i) {
    std::atomic<std::uint64_t>& slot = seen_stacks[(hash + i) % stacks_max];
    std::uint64_t empty = 0;
    if (slot.compare_exchange_strong(empty, hash)) {
      return true;
    }
    if (empty == hash) {
      return false;
    }
  }
  return false;
}

void append_line(const char* path, unsigned long number, std::uint64_t stack) {
  std::array<char, 64> line{};
  const int size = std::snprintf(line.data(), line.size(), "%lu %016lx\n", number, stack);
  const auto file = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND, 0600));
  ::syscall(SYS_write, file, line.data(), size);
  ::syscall(SYS_close, file);
}

void note(unsigned long number) {
  if (is_looking) {
    return;
  }
  is_looking = true;
  Walk walk;
  _Unwind_Backtrace(visit, &walk);
  if (is_new(walk.hash) && !is_for_openssl()) {
    append_line(list, number, walk.hash);
  }
  is_looking = false;
}

// Whether this allocation is the one that fails.
bool fails() {
  if (!running) {
    return false;
  }
  const unsigned long number = ++count;
  if (list != nullptr) {
    note(number);
  }
  if (number != chosen) {
    return false;
  }
  if (is_for_openssl()) {
    ++chosen;
    return false;
  }
  if (report != nullptr) {
    append_line(report, number, 0);
  }
  errno = ENOMEM;
  return true;
}

unsigned long number_from(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? 0 : std::strtoul(text, nullptr, 10);
}

using Main = int (*)(int, char**, char**);
Main product_main = nullptr;

int counted_main(int argc, char** argv, char** environment) {
  chosen = number_from("CRASH_ALLOCATION");
  list = std::getenv("CRASH_ALLOCATION_LIST");
  report = std::getenv("CRASH_REPORT");
  running = true;
  const int status = product_main(argc, argv, environment);
  running = false;
  return status;
}

}  // namespace
}  // namespace elit::crash

using namespace elit::crash;

extern "C" {

void* malloc(std::size_t size) noexcept {
  return fails() ? nullptr : __libc_malloc(size);
}

void* calloc(std::size_t number, std::size_t size) noexcept {
  return fails() ? nullptr : __libc_calloc(number, size);
}

void* realloc(void* old, std::size_t size) noexcept {
  return fails() ? nullptr : __libc_realloc(old, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return fails() ? nullptr : __libc_memalign(alignment, size);
}

int posix_memalign(void** place, std::size_t alignment, std::size_t size) noexcept {
  if (fails()) {
    return ENOMEM;
  }
  *place = __libc_memalign(alignment, size);
  return *place == nullptr ? ENOMEM : 0;
}

int __libc_start_main(Main main, int argc, char** argv, void (*init)(), void (*fini)(), void (*loader_fini)(),
                      void* stack_end) {
  using Start = int (*)(Main, int, char**, void (*)(), void (*)(), void (*)(), void*);
  static const auto next = reinterpret_cast<Start>(::dlsym(RTLD_NEXT, "__libc_start_main"));
  product_main = main;
  return next(counted_main, argc, argv, init, fini, loader_fini, stack_end);
}

}  // extern "C"
