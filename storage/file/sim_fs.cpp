#include "storage/file/sim_fs.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "types/try.h"

namespace rowan {
namespace sim {

// Small and seeded; how good it is does not matter, that it replays does.
class SimDice {
 public:
  explicit SimDice(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 0x1234567) {}
  uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    uint64_t bits = state_;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9ULL;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebULL;
    return bits ^ (bits >> 31);
  }
  uint64_t below(uint64_t limit) { return limit == 0 ? 0 : next() % limit; }
  bool coin() { return (next() & 1) != 0; }

 private:
  uint64_t state_;
};

// The bytes of a file, in blocks that copies share until one of them writes.
class SimBytes {
 public:
  static constexpr size_t kBlock = 4096;
  using Block = std::array<std::byte, kBlock>;

  uint64_t size() const { return size_; }

  void read(uint64_t offset, std::span<std::byte> into) const {
    size_t done = 0;
    while (done < into.size()) {
      uint64_t at = offset + done;
      size_t step = std::min(into.size() - done, kBlock - at % kBlock);
      auto found = blocks_.find(at / kBlock);
      if (found == blocks_.end()) {
        std::memset(into.data() + done, 0, step);
      } else {
        std::memcpy(into.data() + done, found->second->data() + at % kBlock, step);
      }
      done += step;
    }
  }

  void write(uint64_t offset, std::span<const std::byte> from) {
    size_t done = 0;
    while (done < from.size()) {
      uint64_t at = offset + done;
      size_t step = std::min(from.size() - done, kBlock - at % kBlock);
      std::memcpy(own(at / kBlock).data() + at % kBlock, from.data() + done, step);
      done += step;
    }
    size_ = std::max(size_, offset + from.size());
  }

  void punch(uint64_t offset, uint64_t length) {
    uint64_t end = std::min(offset + length, size_);
    for (uint64_t at = offset; at < end;) {
      uint64_t step = std::min(end - at, kBlock - at % kBlock);
      if (step == kBlock) {
        blocks_.erase(at / kBlock);
      } else if (blocks_.count(at / kBlock) != 0) {
        std::memset(own(at / kBlock).data() + at % kBlock, 0, step);
      }
      at += step;
    }
  }

  void resize(uint64_t size) {
    if (size < size_) punch(size, size_ - size);
    size_ = size;
  }

 private:
  Block& own(uint64_t number) {
    std::shared_ptr<Block>& block = blocks_[number];
    if (block == nullptr) {
      block = std::make_shared<Block>();
      block->fill(std::byte{0});
    } else if (block.use_count() > 1) {
      block = std::make_shared<Block>(*block);
    }
    return *block;
  }

  std::map<uint64_t, std::shared_ptr<Block>> blocks_;
  uint64_t size_ = 0;
};

struct PendingOp {
  uint64_t sequence;
  SimOperation kind;  // Write, Punch, Truncate, Allocate
  uint64_t offset;
  uint64_t length;
  std::shared_ptr<std::string> bytes;
};

inline void apply_op(SimBytes& image, const PendingOp& op) {
  switch (op.kind) {
    case SimOperation::Write:
      image.write(op.offset, std::as_bytes(std::span(*op.bytes)));
      break;
    case SimOperation::Punch:
      image.punch(op.offset, op.length);
      break;
    case SimOperation::Truncate:
      image.resize(op.offset);
      break;
    default:
      image.resize(std::max(image.size(), op.offset + op.length));
      break;
  }
}

struct PendingName {
  uint64_t sequence;
  SimOperation kind;  // Open (made), Remove, Rename
  std::string path, to;
};

}  // namespace sim

namespace {

using sim::apply_op;
using sim::PendingName;
using sim::PendingOp;
using sim::SimBytes;
using sim::SimDice;

Error sim_error(SimFault fault, const std::string& path) {
  if (fault == SimFault::DiskFull || fault == SimFault::NoRoom || fault == SimFault::ShortWrite) {
    return Error(sqlstate::disk_full, "could not write file \"" + path + "\": No space left on device");
  }
  if (fault == SimFault::Halt) return Error(sqlstate::io_error, "file \"" + path + "\": the machine is off");
  return Error(sqlstate::io_error, "could not access file \"" + path + "\": Input/output error");
}

Error sim_absent(const std::string& path) {
  return Error(sqlstate::undefined_file, "could not open file \"" + path + "\": No such file or directory");
}

}  // namespace

struct SimFs::Inode {
  bool is_directory = false;
  SimBytes durable, current;
  std::set<uint64_t> blocks;  // of SimBytes::kBlock that the file has, as programs see it
  std::vector<PendingOp> pending;
  std::unique_ptr<std::byte[]> mapping;
  std::span<std::byte> mapped;
  int lock_readers = 0;
  bool lock_writer = false;

  bool has_blocks(const PendingOp& op) const {
    if (op.kind != SimOperation::Write && op.kind != SimOperation::Allocate) return true;
    for (uint64_t at = op.offset / SimBytes::kBlock; at * SimBytes::kBlock < op.offset + op.length; ++at)
      if (blocks.count(at) == 0) return false;
    return true;
  }
  void note_blocks(const PendingOp& op) {
    uint64_t begin = op.offset / SimBytes::kBlock, end = op.offset + op.length;
    if (op.kind == SimOperation::Write || op.kind == SimOperation::Allocate) {
      for (uint64_t at = begin; at * SimBytes::kBlock < end; ++at) blocks.insert(blocks.end(), at);
      return;
    }
    begin = (op.offset + SimBytes::kBlock - 1) / SimBytes::kBlock;
    auto first = blocks.lower_bound(begin);
    blocks.erase(first, op.kind == SimOperation::Truncate
                            ? blocks.end()
                            : blocks.lower_bound(std::max(begin, end / SimBytes::kBlock)));
  }

  void make_durable() {
    for (const PendingOp& op : pending) apply_op(durable, op);
    pending.clear();
    if (!mapped.empty()) durable.write(0, mapped);
  }
};

struct SimFs::State {
  mutable Mutex mutex{LockRank::File};
  size_t sector = 512;
  uint64_t operations = 0;
  uint64_t sequence = 0;
  bool halted = false;
  Hook hook;
  using Names = std::map<std::string, std::shared_ptr<Inode>>;
  Names names;          // as programs see them
  Names durable_names;  // as a crash would leave them
  std::vector<PendingName> pending_names;
  // Inodes of pending names, by path at the time: a name op carries no pointer, it looks here.
  std::map<uint64_t, std::shared_ptr<Inode>> made;

  // Counts the operation and asks the hook, outside the mutex.
  SimFault ask(SimOperation operation, const std::string& path) {
    uint64_t number = 0;
    {
      MutexLock lock(mutex);
      if (halted) return SimFault::Halt;
      number = operation == SimOperation::Read ? operations : ++operations;
    }
    if (!hook) return SimFault::None;
    SimFault fault = hook(number, operation, path);
    if (fault == SimFault::Halt) {
      MutexLock lock(mutex);
      halted = true;
    }
    return fault;
  }

  static void apply_name(Names& to, const PendingName& op,
                         const std::map<uint64_t, std::shared_ptr<Inode>>& made) {
    if (op.kind == SimOperation::Open) {
      to[op.path] = made.at(op.sequence);
    } else if (op.kind == SimOperation::Remove) {
      to.erase(op.path);
    } else if (auto found = to.find(op.path); found != to.end()) {
      std::shared_ptr<Inode> inode = found->second;
      to.erase(found);
      to[op.to] = std::move(inode);
    }
  }

  std::shared_ptr<Inode> make(const std::string& path, bool is_directory) {
    auto inode = std::make_shared<Inode>();
    inode->is_directory = is_directory;
    names[path] = inode;
    pending_names.push_back({++sequence, SimOperation::Open, path, ""});
    made[sequence] = inode;
    return inode;
  }
};

class SimFile final : public File {
 public:
  SimFile(SimFs::State& state, std::shared_ptr<SimFs::Inode> inode, std::string path, bool durable)
      : state_(state), inode_(std::move(inode)), path_(std::move(path)), durable_(durable) {}
  ~SimFile() override { release(); }

  void release() override {
    MutexLock lock(state_.mutex);
    if (std::exchange(holds_writer_, false)) inode_->lock_writer = false;
    if (std::exchange(holds_reader_, false)) --inode_->lock_readers;
    is_released_ = true;
  }

  Result<> read(std::span<const ReadRequest> requests) override {
    for (const ReadRequest& request : requests) {
      if (is_released_) return sim_error(SimFault::IoError, path_);
      if (SimFault fault = state_.ask(SimOperation::Read, path_); fault != SimFault::None) {
        return sim_error(fault, path_);
      }
      MutexLock lock(state_.mutex);
      if (!inode_->mapped.empty()) inode_->current.write(0, inode_->mapped);
      inode_->current.read(request.offset, request.into);
    }
    return {};
  }

  Result<> write(std::span<const WriteRequest> requests) override {
    for (const WriteRequest& request : requests) {
      auto bytes = std::make_shared<std::string>(reinterpret_cast<const char*>(request.from.data()),
                                                 request.from.size());
      TRY(change({0, SimOperation::Write, request.offset, request.from.size(), std::move(bytes)}));
    }
    return {};
  }
  Result<> allocate(uint64_t offset, uint64_t length) override {
    return change({0, SimOperation::Allocate, offset, length, nullptr});
  }
  Result<> punch(uint64_t offset, uint64_t length) override {
    return change({0, SimOperation::Punch, offset, length, nullptr});
  }
  Result<> truncate(uint64_t size) override { return change({0, SimOperation::Truncate, size, 0, nullptr}); }

  Result<> sync() override {
    if (is_released_) return sim_error(SimFault::IoError, path_);
    SimFault fault = state_.ask(SimOperation::Sync, path_);
    MutexLock lock(state_.mutex);
    if (fault == SimFault::LostSync || fault == SimFault::ForgottenSync) inode_->pending.clear();
    if (fault == SimFault::LostSync) inode_->current = inode_->durable;
    if (fault != SimFault::None) return sim_error(fault, path_);
    inode_->make_durable();
    return {};
  }

  Result<uint64_t> size() override {
    MutexLock lock(state_.mutex);
    return inode_->current.size();
  }

  Result<std::span<std::byte>> map(size_t length) override {
    TRY(allocate(0, length));
    MutexLock lock(state_.mutex);
    if (inode_->mapped.empty()) {
      inode_->mapping = std::make_unique<std::byte[]>(length);
      inode_->mapped = {inode_->mapping.get(), length};
      inode_->current.read(0, inode_->mapped);
    }
    return inode_->mapped;
  }

  bool writes_are_durable() const override { return durable_; }
  const std::string& path() const override { return path_; }

 private:
  friend class SimFs;

  Result<> change(PendingOp op) {
    if (is_released_) return sim_error(SimFault::IoError, path_);
    SimFault fault = ask_with_pending(op);
    if (fault != SimFault::None) return sim_error(fault, path_);
    return {};
  }

  // The operation is pending while the hook looks, as one that was on its way when the power went.
  SimFault ask_with_pending(PendingOp& op) {
    {
      MutexLock lock(state_.mutex);
      if (state_.halted) return SimFault::Halt;
      op.sequence = ++state_.sequence;
      inode_->pending.push_back(op);
    }
    SimFault fault = state_.ask(op.kind, path_);
    MutexLock lock(state_.mutex);
    if (fault == SimFault::Halt) return fault;
    if (fault == SimFault::LostSync || fault == SimFault::ForgottenSync) fault = SimFault::None;
    if (fault == SimFault::NoRoom && inode_->has_blocks(op)) fault = SimFault::None;
    auto mine = std::find_if(inode_->pending.begin(), inode_->pending.end(),
                             [&](const PendingOp& other) { return other.sequence == op.sequence; });
    bool is_pending = mine != inode_->pending.end();
    if (fault == SimFault::ShortWrite && op.kind == SimOperation::Write) {
      op.length = op.length / 2 / state_.sector * state_.sector;
      op.bytes = std::make_shared<std::string>(op.bytes->substr(0, op.length));
      if (is_pending) *mine = op;
    } else if (fault != SimFault::None) {
      if (is_pending) inode_->pending.erase(mine);
      return fault;
    }
    apply_op(inode_->current, op);
    inode_->note_blocks(op);
    if (durable_ && op.kind == SimOperation::Write) {
      // Its own bytes alone; what else is pending stays so.
      if (is_pending) inode_->pending.erase(mine);
      apply_op(inode_->durable, op);
    }
    return fault;
  }

  SimFs::State& state_;
  std::shared_ptr<SimFs::Inode> inode_;
  const std::string path_;
  const bool durable_;
  bool holds_writer_ = false, holds_reader_ = false, is_released_ = false;
};

SimFs::SimFs(size_t sector_size) : state_(std::make_unique<State>()) {
  state_->sector = sector_size;
}

SimFs::~SimFs() = default;

void SimFs::set_hook(Hook hook) {
  state_->hook = std::move(hook);
}

uint64_t SimFs::operations() const {
  MutexLock lock(state_->mutex);
  return state_->operations;
}

size_t SimFs::sector_size(const std::string&) {
  return state_->sector;
}

Result<std::unique_ptr<File>> SimFs::open(const std::string& path, OpenMode mode) {
  bool may_create = mode == OpenMode::Create || mode == OpenMode::Direct;
  bool absent = false;
  {
    MutexLock lock(state_->mutex);
    if (state_->halted) return sim_error(SimFault::Halt, path);
    absent = state_->names.count(path) == 0;
  }
  if (absent) {
    if (!may_create) return sim_absent(path);
    if (SimFault fault = state_->ask(SimOperation::Open, path); fault != SimFault::None) {
      return sim_error(fault, path);
    }
  }
  MutexLock lock(state_->mutex);
  auto found = state_->names.find(path);
  std::shared_ptr<Inode> inode = found != state_->names.end() ? found->second : state_->make(path, false);
  return std::unique_ptr<File>(new SimFile(*state_, std::move(inode), path, mode == OpenMode::Direct));
}

Result<std::unique_ptr<File>> SimFs::open_temporary(const std::string& directory) {
  return std::unique_ptr<File>(
      new SimFile(*state_, std::make_shared<Inode>(), directory + "/(temporary)", false));
}

Result<bool> SimFs::exists(const std::string& path) {
  MutexLock lock(state_->mutex);
  return state_->names.count(path) != 0;
}

Result<> SimFs::remove(const std::string& path) {
  SimFault fault = state_->ask(SimOperation::Remove, path);
  if (fault != SimFault::None && fault != SimFault::NoRoom) {
    return sim_error(fault, path);
  }
  MutexLock lock(state_->mutex);
  if (state_->names.erase(path) == 0) return sim_absent(path);
  state_->pending_names.push_back({++state_->sequence, SimOperation::Remove, path, ""});
  return {};
}

Result<> SimFs::rename(const std::string& from, const std::string& to) {
  if (SimFault fault = state_->ask(SimOperation::Rename, from); fault != SimFault::None) {
    return sim_error(fault, from);
  }
  MutexLock lock(state_->mutex);
  auto found = state_->names.find(from);
  if (found == state_->names.end()) return sim_absent(from);
  PendingName op{++state_->sequence, SimOperation::Rename, from, to};
  State::apply_name(state_->names, op, state_->made);
  state_->pending_names.push_back(std::move(op));
  return {};
}

Result<> SimFs::make_directory(const std::string& path) {
  if (SimFault fault = state_->ask(SimOperation::Open, path); fault != SimFault::None) {
    return sim_error(fault, path);
  }
  MutexLock lock(state_->mutex);
  if (state_->names.count(path) == 0) state_->make(path, true);
  return {};
}

Result<> SimFs::remove_directory(const std::string& path) {
  return remove(path);
}

Result<std::vector<std::string>> SimFs::list(const std::string& directory) {
  MutexLock lock(state_->mutex);
  if (state_->halted) return sim_error(SimFault::Halt, directory);
  if (state_->names.count(directory) == 0) return sim_absent(directory);
  std::vector<std::string> found;
  std::string prefix = directory + "/";
  for (const auto& [path, inode] : state_->names) {
    if (path.starts_with(prefix)) found.push_back(path.substr(prefix.size()));
  }
  return found;
}

Result<> SimFs::sync_directory(const std::string& path) {
  if (SimFault fault = state_->ask(SimOperation::SyncDirectory, path); fault != SimFault::None) {
    return sim_error(fault, path);
  }
  MutexLock lock(state_->mutex);
  std::vector<PendingName> rest;
  for (PendingName& op : state_->pending_names) {
    if (directory_of(op.path) == path) {
      State::apply_name(state_->durable_names, op, state_->made);
    } else {
      rest.push_back(std::move(op));
    }
  }
  state_->pending_names = std::move(rest);
  return {};
}

Result<FileLock> SimFs::lock(File& file, bool exclusive) {
  auto& ours = static_cast<SimFile&>(file);
  MutexLock lock(state_->mutex);
  Inode& inode = *ours.inode_;
  if (inode.lock_writer || (exclusive && inode.lock_readers > 0)) return FileLock{false, 1};
  if (exclusive) {
    inode.lock_writer = ours.holds_writer_ = true;
  } else {
    ++inode.lock_readers;
    ours.holds_reader_ = true;
  }
  return FileLock{true, 1};
}

namespace {

// Decides what of a file's pending operations reached the disk.
void apply_survivors(SimBytes& image, const std::vector<PendingOp>& pending, CrashPolicy policy,
                     uint64_t last_sequence, size_t sector, SimDice& dice) {
  for (const PendingOp& op : pending) {
    if (policy == CrashPolicy::Prefix && op.sequence > last_sequence) continue;
    bool torn = policy == CrashPolicy::Torn && op.sequence == last_sequence;
    if (op.kind != SimOperation::Write || (!torn && policy != CrashPolicy::Subset)) {
      if (policy == CrashPolicy::Subset && dice.coin()) continue;
      apply_op(image, op);
      continue;
    }
    auto bytes = std::as_bytes(std::span(*op.bytes));
    size_t sectors = (bytes.size() + sector - 1) / sector;
    size_t kept = torn ? dice.below(sectors + 1) : 0;
    for (size_t i = 0; i < sectors; ++i) {
      auto piece = bytes.subspan(i * sector, std::min(sector, bytes.size() - i * sector));
      bool survives = torn ? i < kept : dice.coin();
      if (survives) image.write(op.offset + i * sector, piece);
      if (torn && i == kept && dice.coin()) {  // the sector under the head became noise
        std::vector<std::byte> noise(piece.size());
        for (std::byte& byte : noise) byte = static_cast<std::byte>(dice.next());
        image.write(op.offset + i * sector, noise);
      }
    }
  }
}

}  // namespace

std::unique_ptr<SimFs> SimFs::image(CrashPolicy policy, uint64_t seed) const {
  MutexLock lock(state_->mutex);
  SimDice dice(seed);
  auto crashed = std::make_unique<SimFs>(state_->sector);

  // The pending operations of all files, by sequence: where a prefix ends and which write was the last.
  std::set<Inode*> inodes;
  for (const auto& [path, inode] : state_->names) inodes.insert(inode.get());
  for (const auto& [path, inode] : state_->durable_names) inodes.insert(inode.get());
  std::vector<uint64_t> sequences;
  uint64_t last_write = 0;
  for (const Inode* inode : inodes) {
    for (const PendingOp& op : inode->pending) {
      sequences.push_back(op.sequence);
      if (op.kind == SimOperation::Write) last_write = std::max(last_write, op.sequence);
    }
  }
  for (const PendingName& op : state_->pending_names) sequences.push_back(op.sequence);
  std::sort(sequences.begin(), sequences.end());
  uint64_t last = last_write;
  if (policy == CrashPolicy::Prefix) {
    size_t count = dice.below(sequences.size() + 1);
    last = count == 0 ? 0 : sequences[count - 1];
  }

  State::Names names = state_->durable_names;
  if (policy != CrashPolicy::Lost) {
    for (const PendingName& op : state_->pending_names) {
      if (policy == CrashPolicy::Prefix && op.sequence > last) continue;
      if (policy == CrashPolicy::Subset && dice.coin()) continue;
      State::apply_name(names, op, state_->made);
    }
  }

  std::map<Inode*, std::shared_ptr<Inode>> copies;
  for (const auto& [path, inode] : names) {
    if (std::string folder = directory_of(path); folder != "." && folder != "/" && names.count(folder) == 0) {
      continue;  // its folder never came to be
    }
    std::shared_ptr<Inode>& copy = copies[inode.get()];
    if (copy == nullptr) {
      copy = std::make_shared<Inode>();
      copy->is_directory = inode->is_directory;
      copy->durable = inode->durable;
      if (policy != CrashPolicy::Lost) {
        apply_survivors(copy->durable, inode->pending, policy, last, state_->sector, dice);
      }
      if (!inode->mapped.empty() && policy != CrashPolicy::Lost) {
        bool whole = policy != CrashPolicy::Prefix || dice.coin();
        for (size_t at = 0; whole && at < inode->mapped.size(); at += 4096) {
          if (policy == CrashPolicy::Subset && dice.coin()) continue;
          copy->durable.write(at,
                              inode->mapped.subspan(at, std::min<size_t>(4096, inode->mapped.size() - at)));
        }
      }
      copy->current = copy->durable;
      copy->blocks = inode->blocks;
    }
    crashed->state_->names[path] = copy;
  }
  crashed->state_->durable_names = crashed->state_->names;
  return crashed;
}

std::string SimFs::read_whole(const std::string& path) const {
  MutexLock lock(state_->mutex);
  auto found = state_->names.find(path);
  if (found == state_->names.end()) return "";
  std::string bytes(found->second->current.size(), 0);
  found->second->current.read(0, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

void SimFs::poke(const std::string& path, uint64_t offset, std::string_view bytes) {
  MutexLock lock(state_->mutex);
  auto found = state_->names.find(path);
  if (found == state_->names.end()) return;
  auto raw = std::as_bytes(std::span(bytes.data(), bytes.size()));
  found->second->current.write(offset, raw);
  found->second->durable.write(offset, raw);
}

}  // namespace rowan
