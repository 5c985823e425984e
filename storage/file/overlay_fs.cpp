#include "storage/file/overlay_fs.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <optional>
#include <set>

#include "types/try.h"

namespace rowan {
namespace {

constexpr size_t kOverlayBlock = 16384;

Error no_such_file(const std::string& path) {
  return Error(sqlstate::undefined_file, fmt::format("could not open file \"{}\": it was removed", path));
}

}  // namespace

// Blocks of all files, in the order in which they were first written.
struct OverlayFileSystem::Store {
  explicit Store(FileSystem& files) : file(files, files.temporary_directory()) {}
  SpillFile file;
  std::atomic<uint64_t> next{0};  // no partner: a counter
};

struct OverlayFileSystem::Node {
  Node(Store& store_in, std::unique_ptr<File> below_in, uint64_t below_size_in)
      : store(&store_in), below(std::move(below_in)), size(below_size_in), below_size(below_size_in) {}

  Store* const store;
  const std::unique_ptr<File> below;    // nullptr: made here
  std::atomic<bool> is_changed{false};  // set under the mutex before the first block is published
  Mutex mutex{LockRank::Leaf};
  uint64_t size GUARDED_BY(mutex);
  uint64_t below_size GUARDED_BY(mutex);                  // what of the file below still shows
  std::map<uint64_t, uint64_t> blocks GUARDED_BY(mutex);  // number here -> place in the store

  std::optional<uint64_t> find(uint64_t block) EXCLUDES(mutex) {
    MutexLock lock(mutex);
    auto found = blocks.find(block);
    if (found == blocks.end()) return std::nullopt;
    return found->second;
  }
  Result<> read_below(uint64_t offset, std::span<std::byte> into) EXCLUDES(mutex);
  Result<> read(uint64_t offset, std::span<std::byte> into) EXCLUDES(mutex);
  Result<> write(uint64_t offset, std::span<const std::byte> from) EXCLUDES(mutex);
  uint64_t current_size() EXCLUDES(mutex) {
    MutexLock lock(mutex);
    return size;
  }
  void cut(uint64_t to) EXCLUDES(mutex) {
    MutexLock lock(mutex);
    blocks.erase(blocks.lower_bound((to + kOverlayBlock - 1) / kOverlayBlock), blocks.end());
    below_size = std::min(below_size, to);
    size = to;
  }
  void grow(uint64_t to) EXCLUDES(mutex) {
    MutexLock lock(mutex);
    size = std::max(size, to);
  }
};

Result<> OverlayFileSystem::Node::read_below(uint64_t offset, std::span<std::byte> into) {
  if (into.empty()) return {};
  uint64_t shown = 0;
  {
    MutexLock lock(mutex);
    shown = below_size;
  }
  size_t there = offset >= shown ? 0 : std::min<uint64_t>(into.size(), shown - offset);
  std::memset(into.data() + there, 0, into.size() - there);
  if (there == 0) return {};
  return below->read_at(offset, into.first(there));
}

Result<> OverlayFileSystem::Node::read(uint64_t offset, std::span<std::byte> into) {
  if (!is_changed.load(std::memory_order_acquire)) return read_below(offset, into);
  while (!into.empty()) {
    uint64_t block = offset / kOverlayBlock, within = offset % kOverlayBlock;
    size_t step = std::min<uint64_t>(into.size(), kOverlayBlock - within);
    std::optional<uint64_t> place = find(block);
    if (place) {
      TRY(store->file.read_at(*place * kOverlayBlock + within, into.first(step)));
    } else {
      TRY(read_below(offset, into.first(step)));
    }
    offset += step;
    into = into.subspan(step);
  }
  return {};
}

// A block is written by one thread at a time: the pool writes a page once at a time, the ring has one writer.
Result<> OverlayFileSystem::Node::write(uint64_t offset, std::span<const std::byte> from) {
  while (!from.empty()) {
    uint64_t block = offset / kOverlayBlock, within = offset % kOverlayBlock;
    size_t step = std::min<uint64_t>(from.size(), kOverlayBlock - within);
    std::optional<uint64_t> place = find(block);
    if (place) {
      TRY(store->file.write_at(*place * kOverlayBlock + within, from.first(step)));
    } else {
      uint64_t fresh = store->next.fetch_add(1, std::memory_order_relaxed);
      if (step < kOverlayBlock) {
        std::vector<std::byte> whole(kOverlayBlock);
        TRY(read_below(block * kOverlayBlock, whole));
        std::memcpy(whole.data() + within, from.data(), step);
        TRY(store->file.write_at(fresh * kOverlayBlock, whole));
      } else {
        TRY(store->file.write_at(fresh * kOverlayBlock, from.first(step)));
      }
      MutexLock lock(mutex);
      blocks[block] = fresh;
      is_changed.store(true, std::memory_order_release);
    }
    offset += step;
    from = from.subspan(step);
    grow(offset);
  }
  return {};
}

class OverlayFile final : public File {
 public:
  OverlayFile(std::shared_ptr<OverlayFileSystem::Node> node, std::string path)
      : node_(std::move(node)), path_(std::move(path)) {}

  Result<> read(std::span<const ReadRequest> requests) override {
    for (const ReadRequest& request : requests) TRY(node_->read(request.offset, request.into));
    return {};
  }
  Result<> write(std::span<const WriteRequest> requests) override {
    for (const WriteRequest& request : requests) TRY(node_->write(request.offset, request.from));
    return {};
  }
  Result<> sync() override { return {}; }
  Result<uint64_t> size() override { return node_->current_size(); }
  Result<> allocate(uint64_t offset, uint64_t length) override {
    node_->grow(offset + length);
    return {};
  }
  Result<> punch(uint64_t offset, uint64_t length) override {
    std::vector<std::byte> zeros(std::min<uint64_t>(length, kOverlayBlock));
    for (uint64_t at = 0; at < length; at += zeros.size()) {
      size_t step = std::min<uint64_t>(zeros.size(), length - at);
      TRY(node_->write(offset + at, std::span<const std::byte>(zeros).first(step)));
    }
    return {};
  }
  Result<> truncate(uint64_t size) override {
    // The rest of the last block becomes zeros, should the file grow again.
    uint64_t end = (size + kOverlayBlock - 1) / kOverlayBlock * kOverlayBlock;
    if (end > size) TRY(punch(size, end - size));
    node_->cut(size);
    return {};
  }
  // Nobody who only reads maps a file: a log is begun by the first write.
  Result<std::span<std::byte>> map(size_t) override {
    return Error(sqlstate::io_error, fmt::format("could not map file \"{}\": it is only read", path_));
  }
  void release() override {
    if (node_->below != nullptr) node_->below->release();
  }
  bool writes_are_durable() const override { return true; }
  const std::string& path() const override { return path_; }
  File* below() const { return node_->below.get(); }

 private:
  const std::shared_ptr<OverlayFileSystem::Node> node_;
  const std::string path_;
};

OverlayFileSystem::OverlayFileSystem(FileSystem& below)
    : below_(below), store_(std::make_unique<Store>(below)) {}

OverlayFileSystem::~OverlayFileSystem() = default;

Result<std::unique_ptr<File>> OverlayFileSystem::open(const std::string& path, OpenMode mode) {
  bool may_make = mode == OpenMode::Create || mode == OpenMode::Direct;
  {
    MutexLock lock(mutex_);
    auto found = nodes_.find(path);
    if (found != nodes_.end() && found->second != nullptr)
      return std::unique_ptr<File>(std::make_unique<OverlayFile>(found->second, path));
    if (found != nodes_.end() && !may_make) return no_such_file(path);
    if (found != nodes_.end()) {
      found->second = std::make_shared<Node>(*store_, nullptr, 0);
      return std::unique_ptr<File>(std::make_unique<OverlayFile>(found->second, path));
    }
  }
  Result<std::unique_ptr<File>> below = below_.open(path, OpenMode::Read);
  uint64_t size = 0;
  if (below.ok()) {
    size = TRY((*below)->size());
  } else if (!may_make || below.error().state() != sqlstate::undefined_file) {
    return std::move(below).error();
  }
  auto node = std::make_shared<Node>(*store_, below.ok() ? std::move(*below) : nullptr, size);
  MutexLock lock(mutex_);
  auto [at, is_new] = nodes_.emplace(path, node);
  if (!is_new && at->second == nullptr) return no_such_file(path);
  return std::unique_ptr<File>(std::make_unique<OverlayFile>(at->second, path));
}

Result<std::unique_ptr<File>> OverlayFileSystem::open_temporary(const std::string& directory) {
  return below_.open_temporary(directory);
}

Result<bool> OverlayFileSystem::exists(const std::string& path) {
  {
    MutexLock lock(mutex_);
    auto found = nodes_.find(path);
    if (found != nodes_.end()) return found->second != nullptr;
  }
  return below_.exists(path);
}

Result<> OverlayFileSystem::remove(const std::string& path) {
  if (!TRY(exists(path))) return no_such_file(path);
  MutexLock lock(mutex_);
  nodes_[path] = nullptr;
  return {};
}

Result<> OverlayFileSystem::rename(const std::string& from, const std::string& to) {
  TRY(open(from, OpenMode::Read));
  MutexLock lock(mutex_);
  nodes_[to] = std::exchange(nodes_[from], nullptr);
  return {};
}

Result<std::vector<std::string>> OverlayFileSystem::list(const std::string& directory) {
  std::vector<std::string> below = TRY(below_.list(directory));
  std::set<std::string> names(below.begin(), below.end());
  MutexLock lock(mutex_);
  for (const auto& [path, node] : nodes_) {
    if (directory_of(path) != directory) continue;
    std::string name = path.substr(path.rfind('/') + 1);
    if (node == nullptr) {
      names.erase(name);
    } else {
      names.insert(name);
    }
  }
  return std::vector<std::string>(names.begin(), names.end());
}

Result<FileLock> OverlayFileSystem::lock(File& file, bool) {
  File* below = static_cast<OverlayFile&>(file).below();
  if (below == nullptr) return FileLock{true, 0};
  return below_.lock(*below, false);
}

}  // namespace rowan
