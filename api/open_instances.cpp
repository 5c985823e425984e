#include "api/open_instances.h"

#include <stdlib.h>
#include <unistd.h>

#include <map>
#include <utility>

#include "storage/file/file.h"
#include "types/mutex.h"
#include "types/try.h"

namespace rowan {
namespace {

// Absolute and without symbolic links, also of a file that is not there yet.
std::string canonical_path(const std::string& path) {
  auto resolve = [](const std::string& name) {
    std::unique_ptr<char, decltype(&free)> real(realpath(name.c_str(), nullptr), &free);
    return std::string(real == nullptr ? "" : real.get());
  };
  std::string whole = resolve(path);
  if (!whole.empty()) return whole;
  std::string folder = resolve(directory_of(path));
  return folder.empty() ? path : folder + "/" + path.substr(path.rfind('/') + 1);
}

class OpenInstances {
 public:
  // Never destroyed: handles in static storage may go after it would have.
  static OpenInstances& get() {
    static OpenInstances& instances = *new OpenInstances;
    return instances;
  }

  Result<std::shared_ptr<Instance>> open(const std::string& path, const OpenOptions& options,
                                         InstanceParts parts) EXCLUDES(mutex_) {
    std::string key = canonical_path(path);
    uint64_t number = 0;
    while (number == 0) {
      std::shared_ptr<Instance> shared;  // goes after the lock: its end may ask for the mutex
      MutexLock lock(mutex_);
      auto found = places_.find(key);
      // A child after fork() knows what its parent had open, and has none of it.
      if (found == places_.end() || found->second.process != getpid()) {
        number = ++last_number_;
        places_[key] = {number, getpid(), {}};
        continue;
      }
      shared = found->second.instance.lock();
      if (shared != nullptr && !shared->is_closed()) return shared;
      if (shared != nullptr && shared->is_inside()) {
        return Error(sqlstate::object_in_use,
                     "cannot open the database from inside a call of its connection: it is being closed");
      }
      changed_.wait(mutex_);
    }
    struct Reservation {
      OpenInstances& open;
      const std::string& key;
      uint64_t number;
      bool is_kept = false;
      ~Reservation() {
        if (!is_kept) open.give_back(key, number);
      }
    } reservation{*this, key, number};
    parts.released = [this, key, number] { give_back(key, number); };
    std::shared_ptr<Instance> opened = TRY(Instance::open(path, options, parts));
    reservation.is_kept = true;
    MutexLock lock(mutex_);
    places_[key].instance = opened;
    changed_.notify_all();
    return opened;
  }

 private:
  struct Place {
    uint64_t number;                   // of the opening
    pid_t process;                     // that opened it
    std::weak_ptr<Instance> instance;  // nobody: it is being opened, or its last handle is going
  };

  void give_back(const std::string& key, uint64_t number) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    auto found = places_.find(key);
    if (found != places_.end() && found->second.number == number) places_.erase(found);
    changed_.notify_all();
  }

  Mutex mutex_{LockRank::OpenFiles};
  CondVar changed_;
  std::map<std::string, Place> places_ GUARDED_BY(mutex_);
  uint64_t last_number_ GUARDED_BY(mutex_) = 0;
};

}  // namespace

Result<std::shared_ptr<Instance>> open_shared(const std::string& path, const OpenOptions& options,
                                              InstanceParts parts) {
  if (path.empty())
    return Error(sqlstate::invalid_parameter_value, "the name of the database file is empty")
        .hint("\":memory:\" opens a database without a file.");
  if (path == ":memory:") return Instance::open(path, options, parts);
  return OpenInstances::get().open(path, options, std::move(parts));
}

}  // namespace rowan
