#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

#include "core/check.hpp"
#include "storage/memory_disk/memory_disk_impl.hpp"

// A MemoryDisk as SQLite sees it: https://www.sqlite.org/vfs.html. The methods have the results and the preconditions
// of the unix VFS, so SQLite behaves on this disk as on a real one.
namespace elit::storage {
namespace {

using Disk = MemoryDisk::Impl;

static_assert(shared_locks == SQLITE_SHM_NLOCK);

// The properties that the unix VFS reports of every disk.
constexpr int claimed_sector_size = 4096;
constexpr int claimed_characteristics = SQLITE_IOCAP_POWERSAFE_OVERWRITE;

// 2026-01-01 in milliseconds of the Julian day.
constexpr sqlite3_int64 fixed_time = 212'633'985'600'000;
constexpr double milliseconds_a_day = 86'400'000.0;

// An open file. SQLite provides the memory; it must begin with SQLite's own part.
struct Handle : sqlite3_file {
  Disk* disk = nullptr;
  std::shared_ptr<DiskFile> file;
  std::shared_ptr<SharedMemory> memory;
  std::string delete_on_close;
  std::uint64_t generation = 0;
  Holder holder;
};

Handle& handle_of(sqlite3_file* file) {
  return *static_cast<Handle*>(file);
}

Disk& disk_of(sqlite3_vfs* vfs) {
  return *static_cast<Disk*>(vfs->pAppData);
}

bool alive(const Handle& handle) {
  return handle.generation == handle.disk->generation && !handle.disk->dead();
}

Verdict begin(Handle& handle, Operation operation) {
  const Verdict verdict = handle.disk->begin(operation);
  return alive(handle) ? verdict : Verdict::refused;
}

std::size_t size_of(sqlite3_int64 size) {
  return static_cast<std::size_t>(size);
}

void leave(Handle& handle) {
  if (alive(handle)) {
    std::erase(handle.file->holders, &handle.holder);
  }
}

int close(sqlite3_file* file) {
  Handle& handle = handle_of(file);
  leave(handle);
  if (!handle.delete_on_close.empty() && alive(handle) && handle.disk->find(handle.delete_on_close) == handle.file) {
    handle.disk->files.erase(handle.delete_on_close);
  }
  handle.~Handle();
  return SQLITE_OK;
}

int read(sqlite3_file* file, void* into, int amount, sqlite3_int64 offset) {
  Handle& handle = handle_of(file);
  const Verdict verdict = begin(handle, Operation::read);
  if (verdict == Verdict::refused || verdict == Verdict::no_room) {
    return SQLITE_IOERR_READ;
  }
  const std::size_t wanted = size_of(amount);
  const std::span<std::uint8_t> buffer(static_cast<std::uint8_t*>(into), wanted);
  if (verdict == Verdict::half) {
    (void)handle.file->content.read(size_of(offset), buffer.first(wanted / 2));
    return SQLITE_IOERR_READ;
  }
  const std::size_t length = handle.file->content.read(size_of(offset), buffer);
  std::fill(buffer.begin() + static_cast<std::ptrdiff_t>(length), buffer.end(), std::uint8_t{0});
  return length == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* file, const void* from, int amount, sqlite3_int64 offset) try {
  Handle& handle = handle_of(file);
  const Verdict verdict = begin(handle, Operation::write);
  if (verdict == Verdict::refused) {
    return SQLITE_IOERR_WRITE;
  }
  if (verdict == Verdict::no_room) {
    return SQLITE_FULL;
  }
  MemoryFile& content = handle.file->content;
  const std::span<const std::uint8_t> data(static_cast<const std::uint8_t*>(from), size_of(amount));
  if (verdict == Verdict::half) {
    content.write(size_of(offset), data.first(data.size() / 2));
    return SQLITE_IOERR_WRITE;
  }
  const std::size_t end = size_of(offset) + data.size();
  const std::size_t growth = end > content.size() ? end - content.size() : 0;
  if (const std::size_t room = handle.disk->room_for(growth); room < growth) {
    const std::size_t lacking = growth - room;
    content.write(size_of(offset), data.first(data.size() - std::min(data.size(), lacking)));
    handle.disk->last_error = ENOSPC;
    return SQLITE_FULL;
  }
  content.write(size_of(offset), data);
  return SQLITE_OK;
} catch (const std::bad_alloc&) {
  return SQLITE_IOERR_NOMEM;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) try {
  Handle& handle = handle_of(file);
  if (begin(handle, Operation::cut) != Verdict::done) {
    return SQLITE_IOERR_TRUNCATE;
  }
  handle.file->content.truncate(size_of(size));
  return SQLITE_OK;
} catch (const std::bad_alloc&) {
  return SQLITE_IOERR_NOMEM;
}

int sync(sqlite3_file* file, int) {
  Handle& handle = handle_of(file);
  if (begin(handle, Operation::sync) != Verdict::done) {
    return SQLITE_IOERR_FSYNC;
  }
  handle.disk->sync(*handle.file);
  return SQLITE_OK;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  Handle& handle = handle_of(file);
  if (begin(handle, Operation::size) != Verdict::done) {
    return SQLITE_IOERR_FSTAT;
  }
  *size = static_cast<sqlite3_int64>(handle.file->content.size());
  return SQLITE_OK;
}

// The strongest lock of all other connections.
int lock_of_others(const Handle& handle) {
  int strongest = SQLITE_LOCK_NONE;
  for (const Holder* holder : handle.file->holders) {
    if (holder != &handle.holder) {
      strongest = std::max(strongest, holder->lock);
    }
  }
  return strongest;
}

int lock(sqlite3_file* file, int level) {
  Handle& handle = handle_of(file);
  if (!alive(handle)) {
    return SQLITE_IOERR_LOCK;
  }
  if (handle.holder.lock >= level) {
    return SQLITE_OK;
  }
  const int others = lock_of_others(handle);
  const bool pending_elsewhere = others >= SQLITE_LOCK_PENDING;
  if (pending_elsewhere || (level > SQLITE_LOCK_SHARED && others >= SQLITE_LOCK_RESERVED)) {
    return SQLITE_BUSY;
  }
  if (level == SQLITE_LOCK_EXCLUSIVE && others >= SQLITE_LOCK_SHARED) {
    handle.holder.lock = SQLITE_LOCK_PENDING;  // no new reader gets a lock
    return SQLITE_BUSY;
  }
  handle.holder.lock = level;
  return SQLITE_OK;
}

int unlock(sqlite3_file* file, int level) {
  Handle& handle = handle_of(file);
  if (!alive(handle)) {
    return SQLITE_IOERR_UNLOCK;
  }
  handle.holder.lock = std::min(handle.holder.lock, level);
  return SQLITE_OK;
}

int check_reserved_lock(sqlite3_file* file, int* reserved) {
  Handle& handle = handle_of(file);
  if (!alive(handle)) {
    return SQLITE_IOERR_CHECKRESERVEDLOCK;
  }
  *reserved = std::max(handle.holder.lock, lock_of_others(handle)) >= SQLITE_LOCK_RESERVED ? 1 : 0;
  return SQLITE_OK;
}

int file_control(sqlite3_file*, int, void*) {
  return SQLITE_NOTFOUND;
}

int sector_size(sqlite3_file*) {
  return claimed_sector_size;
}

int device_characteristics(sqlite3_file*) {
  return claimed_characteristics;
}

int map_region(sqlite3_file* file, int region, int size, int extend, void volatile** memory) try {
  Handle& handle = handle_of(file);
  *memory = nullptr;
  if (!alive(handle)) {
    return SQLITE_IOERR_SHMMAP;
  }
  if (!handle.memory) {
    if (!handle.file->memory) {
      handle.file->memory = std::make_shared<SharedMemory>();
    }
    handle.memory = handle.file->memory;
  }
  std::vector<std::unique_ptr<std::uint8_t[]>>& regions = handle.memory->regions;
  const auto index = static_cast<std::size_t>(region);
  if (index >= regions.size() && extend == 0) {
    return SQLITE_OK;
  }
  while (index >= regions.size()) {
    if (begin(handle, Operation::map) != Verdict::done) {
      return SQLITE_IOERR_SHMSIZE;
    }
    regions.push_back(std::make_unique<std::uint8_t[]>(static_cast<std::size_t>(size)));
  }
  *memory = regions[index].get();
  return SQLITE_OK;
} catch (const std::bad_alloc&) {
  return SQLITE_NOMEM;
}

int lock_region(sqlite3_file* file, int first, int count, int flags) {
  Handle& handle = handle_of(file);
  if (!alive(handle)) {
    return SQLITE_IOERR_SHMLOCK;
  }
  const unsigned mask = ((1U << static_cast<unsigned>(count)) - 1U) << static_cast<unsigned>(first);
  if ((flags & SQLITE_SHM_UNLOCK) != 0) {
    handle.holder.shared &= ~mask;
    handle.holder.exclusive &= ~mask;
    return SQLITE_OK;
  }
  const bool shared = (flags & SQLITE_SHM_SHARED) != 0;
  for (const Holder* holder : handle.file->holders) {
    const unsigned held = shared ? holder->exclusive : holder->exclusive | holder->shared;
    if (holder != &handle.holder && (held & mask) != 0) {
      return SQLITE_BUSY;
    }
  }
  (shared ? handle.holder.shared : handle.holder.exclusive) |= mask;
  return SQLITE_OK;
}

void barrier(sqlite3_file*) {}

int unmap(sqlite3_file* file, int) {
  Handle& handle = handle_of(file);
  handle.holder.shared = 0;
  handle.holder.exclusive = 0;
  handle.memory.reset();
  // The last connection removes it; the next one reads the log again.
  if (alive(handle) && handle.file->memory && handle.file->memory.use_count() == 1) {
    handle.file->memory.reset();
  }
  return SQLITE_OK;
}

const sqlite3_io_methods methods = {2,
                                    close,
                                    read,
                                    write,
                                    truncate,
                                    sync,
                                    file_size,
                                    lock,
                                    unlock,
                                    check_reserved_lock,
                                    file_control,
                                    sector_size,
                                    device_characteristics,
                                    map_region,
                                    lock_region,
                                    barrier,
                                    unmap,
                                    nullptr,
                                    nullptr};

std::shared_ptr<DiskFile> find_or_create(Disk& disk, const char* name, int flags) {
  if (name == nullptr) {
    return std::make_shared<DiskFile>();  // a temporary file, visible to this connection only
  }
  std::shared_ptr<DiskFile> file = disk.find(name);
  if (!file && (flags & SQLITE_OPEN_CREATE) != 0) {
    constexpr int journals = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
    file = disk.add(name, (flags & journals) == 0);
  }
  return file;
}

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* memory, int flags, int* flags_out) try {
  memory->pMethods = nullptr;
  Disk& disk = disk_of(vfs);
  const bool creates = name == nullptr || ((flags & SQLITE_OPEN_CREATE) != 0 && !disk.find(name));
  const Verdict verdict = disk.begin(creates ? Operation::create : Operation::open);
  if (verdict != Verdict::done) {
    return SQLITE_CANTOPEN;
  }
  std::shared_ptr<DiskFile> file = find_or_create(disk, name, flags);
  if (!file) {
    disk.last_error = ENOENT;
    return SQLITE_CANTOPEN;
  }
  auto* handle = new (memory) Handle();
  try {
    file->holders.push_back(&handle->holder);
    if (name != nullptr && (flags & SQLITE_OPEN_DELETEONCLOSE) != 0) {
      handle->delete_on_close = name;
    }
  } catch (...) {
    std::erase(file->holders, &handle->holder);
    handle->~Handle();
    throw;
  }
  handle->disk = &disk;
  handle->file = std::move(file);
  handle->generation = disk.generation;
  handle->pMethods = &methods;
  if (flags_out != nullptr) {
    *flags_out = flags;
  }
  return SQLITE_OK;
} catch (const std::bad_alloc&) {
  memory->pMethods = nullptr;
  return SQLITE_NOMEM;
}

int remove(sqlite3_vfs* vfs, const char* name, int sync_directory) try {
  Disk& disk = disk_of(vfs);
  if (disk.begin(Operation::remove) != Verdict::done) {
    return SQLITE_IOERR_DELETE;
  }
  if (!disk.find(name)) {
    return SQLITE_IOERR_DELETE_NOENT;
  }
  disk.remove(name);
  if (sync_directory != 0) {
    if (disk.begin(Operation::sync) != Verdict::done) {
      return SQLITE_IOERR_DIR_FSYNC;
    }
    disk.sync_directory();
  }
  return SQLITE_OK;
} catch (const std::bad_alloc&) {
  return SQLITE_IOERR_NOMEM;
}

int access(sqlite3_vfs* vfs, const char* name, int flags, int* result) try {
  Disk& disk = disk_of(vfs);
  if (disk.begin(Operation::look) != Verdict::done) {
    return SQLITE_IOERR_ACCESS;
  }
  const std::shared_ptr<DiskFile> file = disk.find(name);
  // An empty file counts as missing, as in the unix VFS.
  *result = file && (flags != SQLITE_ACCESS_EXISTS || file->content.size() > 0) ? 1 : 0;
  return SQLITE_OK;
} catch (const std::bad_alloc&) {
  return SQLITE_IOERR_NOMEM;
}

int full_pathname(sqlite3_vfs*, const char* name, int size, char* full) {
  const std::size_t length = std::strlen(name);
  if (length >= static_cast<std::size_t>(size)) {
    return SQLITE_CANTOPEN;
  }
  std::copy_n(name, length + 1, full);
  return SQLITE_OK;
}

int randomness(sqlite3_vfs* vfs, int size, char* bytes) {
  for (int i = 0; i < size; ++i) {
    bytes[i] = static_cast<char>(disk_of(vfs).random.next());
  }
  return size;
}

int sleep(sqlite3_vfs*, int microseconds) {
  return microseconds;
}

int current_time(sqlite3_vfs*, double* days) {
  *days = static_cast<double>(fixed_time) / milliseconds_a_day;
  return SQLITE_OK;
}

int get_last_error(sqlite3_vfs* vfs, int, char*) {
  return disk_of(vfs).last_error;
}

int current_time_int64(sqlite3_vfs*, sqlite3_int64* milliseconds) {
  *milliseconds = fixed_time;
  return SQLITE_OK;
}

}  // namespace

MemoryDisk::Impl::Impl(std::uint64_t seed) : random(seed) {}

void register_vfs(MemoryDisk::Impl& disk, std::uint64_t seed) {
  disk.vfs_name = "memory-disk-" + std::to_string(reinterpret_cast<std::uintptr_t>(&disk));
  disk.vfs = std::make_shared<sqlite3_vfs>();
  sqlite3_vfs& vfs = *disk.vfs;
  vfs.iVersion = 2;
  vfs.szOsFile = static_cast<int>(sizeof(Handle));
  vfs.mxPathname = 512;
  vfs.zName = disk.vfs_name.c_str();
  vfs.pAppData = &disk;
  vfs.xOpen = open;
  vfs.xDelete = remove;
  vfs.xAccess = access;
  vfs.xFullPathname = full_pathname;
  vfs.xRandomness = randomness;
  vfs.xSleep = sleep;
  vfs.xCurrentTime = current_time;
  vfs.xGetLastError = get_last_error;
  vfs.xCurrentTimeInt64 = current_time_int64;
  check(sqlite3_vfs_register(&vfs, 0) == SQLITE_OK, "SQLite takes a disk");
  // A seed of zero would make SQLite seed from the machine.
  sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, static_cast<int>(Random(seed).next() | 1U), nullptr);
}

void unregister_vfs(MemoryDisk::Impl& disk) {
  sqlite3_vfs_unregister(disk.vfs.get());
}

}  // namespace elit::storage
