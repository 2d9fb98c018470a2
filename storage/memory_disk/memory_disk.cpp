#include "storage/memory_disk/memory_disk.hpp"

#include <algorithm>
#include <cerrno>

#include "core/check.hpp"
#include "storage/memory_disk/memory_disk_impl.hpp"

namespace elit::storage {
namespace {

bool may_need_room(Operation operation) {
  return operation == Operation::create || operation == Operation::write || operation == Operation::cut ||
         operation == Operation::sync || operation == Operation::map;
}

}  // namespace

Verdict MemoryDisk::Impl::begin(Operation operation) {
  if (before_operation) {
    before_operation();
  }
  ++operations;
  if (dead()) {
    last_error = EIO;
    return Verdict::refused;
  }
  if (fails_at != operations) {
    return Verdict::done;
  }
  fails_at.reset();
  if (fault == Fault::full && !may_need_room(operation)) {
    return Verdict::done;
  }
  ++faults_struck;
  last_error = fault == Fault::full ? ENOSPC : EIO;
  if (fault == Fault::full) {
    return Verdict::no_room;
  }
  const bool transfer = operation == Operation::read || operation == Operation::write;
  return fault == Fault::short_transfer && transfer ? Verdict::half : Verdict::refused;
}

std::shared_ptr<DiskFile> MemoryDisk::Impl::find(const std::string& name) const {
  const auto found = files.find(name);
  return found == files.end() ? nullptr : found->second;
}

std::shared_ptr<DiskFile> MemoryDisk::Impl::add(const std::string& name, bool directory_synced) {
  auto file = std::make_shared<DiskFile>();
  file->directory_synced = directory_synced;
  name_changes.push_back(NameChange{name, nullptr, file});
  try {
    files[name] = file;
  } catch (...) {
    name_changes.pop_back();
    throw;
  }
  return file;
}

void MemoryDisk::Impl::remove(const std::string& name) {
  const auto found = files.find(name);
  name_changes.push_back(NameChange{name, found->second, nullptr});
  files.erase(found);
}

void MemoryDisk::Impl::sync(DiskFile& file) {
  file.content.sync();
  if (!file.directory_synced) {
    file.directory_synced = true;
    sync_directory();
    return;
  }
  // A synced file has its directory entry.
  const auto named = std::find_if(name_changes.rbegin(), name_changes.rend(),
                                  [&file](const NameChange& change) { return change.after.get() == &file; });
  if (named != name_changes.rend()) {
    const std::string name = named->name;
    name_changes.erase(std::remove_if(name_changes.begin(), named.base(),
                                      [&name](const NameChange& change) { return change.name == name; }),
                       named.base());
  }
}

void MemoryDisk::Impl::copy_unsynced(const Impl& original) {
  capacity = original.capacity;
  std::map<const DiskFile*, std::shared_ptr<DiskFile>> copies;
  const auto copy_of = [&copies](const std::shared_ptr<DiskFile>& file) {
    std::shared_ptr<DiskFile>& copy = copies[file.get()];
    if (file && !copy) {
      copy = std::make_shared<DiskFile>();
      copy->content = file->content;
      copy->directory_synced = file->directory_synced;
    }
    return copy;
  };
  for (const auto& [name, file] : original.files) {
    files[name] = copy_of(file);
  }
  for (const NameChange& change : original.name_changes) {
    name_changes.push_back(NameChange{change.name, copy_of(change.before), copy_of(change.after)});
  }
}

std::size_t MemoryDisk::Impl::room_for(std::size_t wanted) const {
  if (capacity == 0) {
    return wanted;
  }
  std::uint64_t used = 0;
  for (const auto& [name, file] : files) {
    used += file->content.size();
  }
  return used >= capacity ? 0 : static_cast<std::size_t>(std::min<std::uint64_t>(wanted, capacity - used));
}

void MemoryDisk::Impl::drop_connections() {
  ++generation;
  dies_at.reset();
  fails_at.reset();
  for (const auto& [name, file] : files) {
    file->holders.clear();
    file->memory.reset();
  }
}

void MemoryDisk::Impl::lose_power() {
  const std::uint64_t dice = random.below(4);
  const Survival survival = dice == 0 ? Survival::nothing : dice == 1 ? Survival::everything : Survival::some;
  // Treats each name separately: restores its oldest state, then applies the changes that survive.
  std::map<std::string, std::vector<NameChange>> by_name;
  for (const NameChange& change : name_changes) {
    by_name[change.name].push_back(change);
  }
  for (const auto& [name, changes] : by_name) {
    const std::size_t kept = survival == Survival::nothing      ? 0
                             : survival == Survival::everything ? changes.size()
                                                                : random.below(changes.size() + 1);
    const std::shared_ptr<DiskFile> file = kept == 0 ? changes.front().before : changes[kept - 1].after;
    if (file) {
      files[name] = file;
    } else {
      files.erase(name);
    }
  }
  sync_directory();
  drop_connections();
  for (const auto& [name, file] : files) {
    file->directory_synced = true;
    file->content.lose_power(survival, random);
  }
}

MemoryDisk::MemoryDisk(std::uint64_t seed) : impl_(std::make_unique<Impl>(seed)) {
  register_vfs(*impl_, seed);
}

MemoryDisk::MemoryDisk(const MemoryDisk& original, std::uint64_t seed) : MemoryDisk(seed) {
  for (const auto& [name, file] : original.impl_->files) {
    const std::span<const std::uint8_t> bytes = file->content.bytes();
    const std::shared_ptr<DiskFile> copy = impl_->add(name, true);
    copy->content.write(0, bytes);
    impl_->sync(*copy);
  }
}

MemoryDisk::~MemoryDisk() {
  unregister_vfs(*impl_);
}

std::uint64_t MemoryDisk::operations() const {
  return impl_->operations;
}

void MemoryDisk::watch(std::function<void()> before_operation) {
  impl_->before_operation = std::move(before_operation);
}

void MemoryDisk::lose_power() {
  impl_->lose_power();
}

std::unique_ptr<MemoryDisk> MemoryDisk::after_power_loss(std::uint64_t seed) const {
  auto copy = std::make_unique<MemoryDisk>(seed);
  copy->impl_->copy_unsynced(*impl_);
  copy->lose_power();
  return copy;
}

void MemoryDisk::die_after(std::uint64_t operations) {
  impl_->dies_at = impl_->operations + operations + 1;
}

bool MemoryDisk::dead() const {
  return impl_->dead();
}

void MemoryDisk::revive() {
  impl_->drop_connections();
}

void MemoryDisk::fail_once(std::uint64_t after_operations, Fault fault) {
  impl_->fails_at = impl_->operations + after_operations + 1;
  impl_->fault = fault;
}

bool MemoryDisk::withdraw_fault() {
  const bool ordered = impl_->fails_at.has_value();
  impl_->fails_at.reset();
  return ordered;
}

std::uint64_t MemoryDisk::faults_struck() const {
  return impl_->faults_struck;
}

void MemoryDisk::set_capacity(std::uint64_t bytes) {
  impl_->capacity = bytes;
}

std::uint64_t MemoryDisk::used_bytes() const {
  std::uint64_t used = 0;
  for (const auto& [name, file] : impl_->files) {
    used += file->content.size();
  }
  return used;
}

std::optional<std::string> MemoryDisk::contents(const std::string& name, std::size_t size_max) const {
  const std::shared_ptr<DiskFile> file = impl_->find(name);
  if (!file) {
    return std::nullopt;
  }
  const std::span<const std::uint8_t> bytes = file->content.bytes();
  return std::string(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(std::min(bytes.size(), size_max)));
}

void MemoryDisk::put(const std::string& name, const std::string& bytes) {
  std::shared_ptr<DiskFile> file = impl_->find(name);
  check(!file || file->holders.empty(), "a file that is replaced is not open");
  if (!file) {
    file = impl_->add(name, true);
  }
  file->content.truncate(0);
  file->content.write(0, std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
  impl_->sync(*file);
}

const std::string& MemoryDisk::vfs_name() const {
  return impl_->vfs_name;
}

}  // namespace elit::storage
