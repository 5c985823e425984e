// A commit of any number of write ids, however scattered, is one commit: through checkpoints and crashes.
#include "storage/commit.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "tests/unit/storage/storage_world.h"
#include "txn/transactions.h"

namespace rowan::storage_test {
namespace {

class CommitTest : public testing::Test {
 protected:
  void open(std::unique_ptr<SimFs> disk) {
    close();
    disk_ = std::move(disk);
    recovery_ = std::make_unique<TransactionRecovery>();
    StorageHooks hooks;
    hooks.observers[0] = recovery_.get();
    storage_ = Storage::open(*disk_, "db", small_storage(), hooks, clock_, random_).value();
    RecoveredState recovered = recovery_->state(*storage_).value();
    aborted_ = WriteIdSet(recovered.aborted);
    transactions_ = std::make_unique<Transactions>(recovered);
    commits_ = std::make_unique<CommitProtocol>(*storage_, *transactions_);
    slot_ = &transactions_->open_slot();
    other_slot_ = &transactions_->open_slot();
  }
  void close() {
    if (storage_ == nullptr) return;
    transactions_->close_slot(*slot_);
    transactions_->close_slot(*other_slot_);
    commits_ = nullptr;
    transactions_ = nullptr;
    storage_ = nullptr;
  }
  ~CommitTest() override { close(); }

  Transaction begin(SnapshotSlot& slot) {
    return transactions_->begin(slot, ++sessions_, IsolationLevel::ReadCommitted, false).value();
  }
  // Two writers draw in turn: no two ids of either follow each other.
  void draw_in_turn(Transaction& one, Transaction& other, size_t ids) {
    for (size_t i = 0; i < ids; ++i) {
      for (Transaction* transaction : {&one, &other}) {
        Savepoint mark = transactions_->set_savepoint(*transaction);
        transactions_->write_id(*transaction).value();
        transactions_->release(*transaction, mark);
      }
    }
  }
  std::vector<WriteId> ids_of(const Transaction& transaction) {
    return {transaction.write_ids().begin(), transaction.write_ids().end()};
  }
  size_t aborted_of(const std::vector<WriteId>& ids) {
    size_t count = 0;
    for (WriteId id : ids) count += aborted_.contains(id) ? 1 : 0;
    return count;
  }

  TestClock clock_;
  TestRandom random_;
  std::unique_ptr<SimFs> disk_;
  std::unique_ptr<TransactionRecovery> recovery_;
  std::unique_ptr<Storage> storage_;
  WriteIdSet aborted_;
  std::unique_ptr<Transactions> transactions_;
  std::unique_ptr<CommitProtocol> commits_;
  SnapshotSlot* slot_ = nullptr;
  SnapshotSlot* other_slot_ = nullptr;
  uint64_t sessions_ = 0;
};

TEST_F(CommitTest, scattered_ids_beyond_one_record_commit) {
  open(std::make_unique<SimFs>());
  Transaction one = begin(*slot_), other = begin(*other_slot_);
  draw_in_turn(one, other, 100'000);  // 1.6 MB of stretches: more than a record, more than the log's buffer
  std::vector<WriteId> committed = ids_of(one), lost = ids_of(other);
  ASSERT_EQ(commit_stretches(committed).size(), 100'000u);
  commits_->commit(one, Durability::Sync).value();
  commits_->rollback(other);
  open(disk_->image(CrashPolicy::Lost, 1));
  EXPECT_EQ(aborted_of(committed), 0u);
  EXPECT_EQ(aborted_of(lost),
            lost.size() - 1);  // the last, drawn behind all that the log names, was never seen
}

// At every operation of the commit the machine stops: all of the ids are committed or none is.
TEST_F(CommitTest, a_crash_among_the_lists_leaves_all_or_nothing) {
  uint64_t crashes = 0, kept = 0;
  for (uint64_t stop = 1;; ++stop) {
    open(std::make_unique<SimFs>());
    storage_->begin_writing().value();
    Transaction one = begin(*slot_), other = begin(*other_slot_);
    draw_in_turn(one, other, 25'000);
    std::vector<WriteId> ids = ids_of(one);
    commits_->commit(other, Durability::Sync).value();
    uint64_t first = disk_->operations();
    std::vector<std::unique_ptr<SimFs>> images;
    disk_->set_hook([&](uint64_t number, SimOperation operation, const std::string&) {
      if (operation == SimOperation::Read || number != first + stop) return SimFault::None;
      for (CrashPolicy policy : {CrashPolicy::Lost, CrashPolicy::Kept, CrashPolicy::Prefix, CrashPolicy::Torn,
                                 CrashPolicy::Subset})
        images.push_back(disk_->image(policy, stop));
      return SimFault::None;
    });
    bool acknowledged = commits_->commit(one, Durability::Sync).ok();
    EXPECT_TRUE(acknowledged);
    disk_->set_hook({});
    if (images.empty()) break;
    for (std::unique_ptr<SimFs>& image : images) {
      open(std::move(image));
      size_t aborted = aborted_of(ids);
      // None: ids behind all that the log names were never seen, and count as not drawn.
      bool none = aborted + 1 >= ids.size();
      EXPECT_TRUE(aborted == 0 || none) << "operation " << stop << ": " << aborted << " of " << ids.size();
      kept += aborted == 0 ? 1 : 0;
      ++crashes;
    }
  }
  EXPECT_GT(crashes, 20u);
  EXPECT_GT(kept, 0u);
  EXPECT_LT(kept, crashes);
}

// A checkpoint that cut between a commit's lists and its last record would leave the lists behind, and
// recovery would find fewer than the record says. Here one begins while the first lists are being written.
TEST_F(CommitTest, a_checkpoint_does_not_cut_a_commit) {
  open(std::make_unique<SimFs>());
  storage_->begin_writing().value();
  Transaction one = begin(*slot_), other = begin(*other_slot_);
  draw_in_turn(one, other, 40'000);
  std::vector<WriteId> ids = ids_of(one);
  std::thread checkpoint;
  std::atomic<bool> has_begun{false};  // the checkpoint's own operations come here too
  disk_->set_hook([&](uint64_t, SimOperation operation, const std::string&) {
    if (operation != SimOperation::Write || has_begun.exchange(true)) return SimFault::None;
    checkpoint = std::thread([&] { storage_->checkpoint().value(); });
    // Long enough for a cut that does not wait; one that does is still waiting.
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return SimFault::None;
  });
  commits_->commit(one, Durability::Sync).value();
  ASSERT_TRUE(has_begun);
  checkpoint.join();
  disk_->set_hook({});
  commits_->rollback(other);
  open(disk_->image(CrashPolicy::Lost, 1));
  EXPECT_EQ(aborted_of(ids), 0u);
}

// An attempt that found the disk full may be made again.
TEST_F(CommitTest, a_second_attempt_names_its_lists_anew) {
  open(std::make_unique<SimFs>());
  storage_->begin_writing().value();
  Transaction one = begin(*slot_), other = begin(*other_slot_);
  draw_in_turn(one, other, 25'000);
  std::vector<WriteId> ids = ids_of(one);
  disk_->set_hook([&](uint64_t, SimOperation operation, const std::string& path) {
    bool grows = operation == SimOperation::Open || operation == SimOperation::Allocate;
    return grows && path.find("log.") != std::string::npos ? SimFault::DiskFull : SimFault::None;
  });
  Result<CommitSeq> refused = commits_->commit(one, Durability::Sync);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().state(), sqlstate::disk_full);
  disk_->set_hook({});
  ASSERT_TRUE(one.is_active());
  commits_->commit(one, Durability::Sync).value();
  commits_->rollback(other);
  open(disk_->image(CrashPolicy::Lost, 1));
  EXPECT_EQ(aborted_of(ids), 0u);
}

}  // namespace
}  // namespace rowan::storage_test
