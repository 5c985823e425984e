// storage/node_merge_gate.h: while a check walks a tree, no two nodes of it become one and none moves: a page
// that the walk has in mind would be gone, or be another. Merges and moves can wait for another day.
#pragma once

#include "types/mutex.h"

namespace rowan {

class NodeMergeGate {
 public:
  // One merge or move under way. False: a check is walking, and it may not begin.
  class Pass {
   public:
    explicit Pass(NodeMergeGate& gate) : gate_(gate) {
      MutexLock lock(gate_.mutex_);
      is_open_ = gate_.checks_ == 0;
      if (is_open_) ++gate_.merges_;
    }
    ~Pass() {
      if (!is_open_) return;
      MutexLock lock(gate_.mutex_);
      if (--gate_.merges_ == 0) gate_.changed_.notify_all();
    }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    explicit operator bool() const { return is_open_; }

   private:
    NodeMergeGate& gate_;
    bool is_open_ = false;
  };

  // One check. Waits for the merges under way, which wait for latches and I/O only: hold no latch.
  class Hold {
   public:
    explicit Hold(NodeMergeGate& gate) : gate_(gate) {
      MutexLock lock(gate_.mutex_);
      ++gate_.checks_;
      while (gate_.merges_ > 0) gate_.changed_.wait(gate_.mutex_);
    }
    ~Hold() {
      MutexLock lock(gate_.mutex_);
      --gate_.checks_;
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    NodeMergeGate& gate_;
  };

 private:
  Mutex mutex_{LockRank::Leaf};
  CondVar changed_;
  int merges_ GUARDED_BY(mutex_) = 0;
  int checks_ GUARDED_BY(mutex_) = 0;
};

}  // namespace rowan
