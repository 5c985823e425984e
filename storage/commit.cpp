#include "storage/commit.h"

#include <algorithm>
#include <cstring>

#include "storage/storage.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan {
namespace {

void append_intervals(std::string& bytes, const std::vector<WriteIdInterval>& intervals) {
  uint64_t count = intervals.size();
  bytes.append(reinterpret_cast<const char*>(&count), sizeof count);
  bytes.append(reinterpret_cast<const char*>(intervals.data()), count * sizeof(WriteIdInterval));
}

std::string_view bytes_of(std::span<const WriteIdInterval> intervals) {
  return {reinterpret_cast<const char*>(intervals.data()), intervals.size_bytes()};
}

bool take_intervals(std::string_view& bytes, std::vector<WriteIdInterval>& intervals) {
  uint64_t count = 0;
  if (bytes.size() < sizeof count) return false;
  std::memcpy(&count, bytes.data(), sizeof count);
  bytes.remove_prefix(sizeof count);
  if (count > bytes.size() / sizeof(WriteIdInterval)) return false;
  intervals.resize(count);
  if (count > 0) std::memcpy(intervals.data(), bytes.data(), count * sizeof(WriteIdInterval));
  bytes.remove_prefix(count * sizeof(WriteIdInterval));
  return true;
}

struct ListingScope {
  explicit ListingScope(Storage& in) : storage(in) { storage.begin_listing(); }
  ~ListingScope() { storage.end_listing(); }
  ListingScope(const ListingScope&) = delete;
  ListingScope& operator=(const ListingScope&) = delete;
  Storage& storage;
};

// Ids drawn before the crash may have left no record; nobody may carry them a second time.
constexpr WriteId kIdJump = 4096;

}  // namespace

CommitProtocol::CommitProtocol(Storage& storage, Transactions& transactions)
    : storage_(storage), transactions_(transactions) {
  storage_.set_checkpoint_source(CheckpointPart::Transactions, this);
}

CommitProtocol::~CommitProtocol() {
  storage_.set_checkpoint_source(CheckpointPart::Transactions, nullptr);
}

Result<CommitSeq> CommitProtocol::commit(Transaction& transaction, Durability durability,
                                         void (*step)(void*, CommitSeq), void* state) {
  TRY(transactions_.prepare(transaction));
  std::span<const WriteId> ids = transaction.write_ids();
  if (ids.empty()) {
    if (step != nullptr) {
      MutexLock lock(storage_.commit_mutex());
      step(state, 0);
    }
    transactions_.finish_read_only(transaction);
    return CommitSeq{0};
  }
  TRY(storage_.begin_writing());
  Log& log = storage_.log();
  // Mostly they are one stretch, which asks for no memory.
  WriteIdInterval whole{ids.front(), ids.back()};
  std::vector<WriteIdInterval> stretches;
  if (whole.last - whole.first + 1 != ids.size()) stretches = commit_stretches(ids);
  std::span<const WriteIdInterval> rest = stretches.empty() ? std::span(&whole, 1) : std::span(stretches);
  CommitSeq csn = 0;
  auto append = [&](std::string_view body, RecordType type) -> Result<> {
    RecordBytes record{};
    record.type = type;
    record.write_id = ids.back();
    record.body = std::as_bytes(std::span(body));
    size_t bytes = Log::record_size(record);
    TRY(log.reserve(bytes));
    if (type == RecordType::CommitIds) {
      log.append(record, bytes);
      return {};
    }
    MutexLock lock(storage_.commit_mutex());
    csn = log.append(record, bytes);
    transactions_.set_committed(transaction, csn, durability == Durability::Sync);
    if (step != nullptr) step(state, csn);
    return {};
  };
  if (rest.size() <= kCommitStretchesMax) {
    TRY(append(bytes_of(rest), RecordType::Commit));
  } else {
    // No checkpoint takes its cut between the lists and the commit: it would leave the lists behind.
    ListingScope listing(storage_);
    std::string body;
    uint64_t lists = 0;
    for (; rest.size() > kCommitStretchesMax; rest = rest.subspan(kCommitStretchesMax), ++lists) {
      body.assign(reinterpret_cast<const char*>(&lists), sizeof lists);
      body += bytes_of(rest.first(kCommitStretchesMax));
      TRY(append(body, RecordType::CommitIds));
    }
    body.assign(reinterpret_cast<const char*>(&lists), sizeof lists);
    body += bytes_of(rest);
    TRY(append(body, RecordType::CommitOfMany));
  }
  if (durability == Durability::Sync) {
    // Not on the disk, and no longer to be taken back: what it locked stays locked, so nobody may wait for
    // it.
    struct StopUnlessDurable {
      Transactions& transactions;
      bool is_durable = false;
      ~StopUnlessDurable() {
        if (!is_durable) transactions.stop();
      }
    } outcome{transactions_};
    TRY(log.flush(csn));
    outcome.is_durable = true;
  }
  transactions_.publish(log.durable());
  return csn;
}

std::vector<WriteId> CommitProtocol::rollback(Transaction& transaction) {
  return transactions_.rollback(transaction);
}

Result<> CommitProtocol::forget_aborted(std::span<const WriteIdInterval> ids) {
  if (ids.empty()) return {};
  TRY(storage_.begin_writing());
  while (!ids.empty()) {
    std::span<const WriteIdInterval> some = ids.first(std::min(ids.size(), kCommitStretchesMax));
    RecordBytes record{};
    record.type = RecordType::AbortsCleaned;
    record.body = std::as_bytes(some);
    size_t bytes = Log::record_size(record);
    TRY(storage_.log().reserve(bytes));
    storage_.log().append(record, bytes);
    transactions_.forget_aborted(some);
    ids = ids.subspan(some.size());
  }
  return {};
}

std::string CommitProtocol::checkpoint_bytes() {
  TransactionCut cut = transactions_.checkpoint_cut();
  std::string bytes(reinterpret_cast<const char*>(&cut.next_id), sizeof cut.next_id);
  using PlantedBug = StorageOptions::PlantedBug;
  PlantedBug bug = storage_.options().planted_bug;
  append_intervals(bytes, bug == PlantedBug::RunningForgotten ? decltype(cut.running)() : cut.running);
  append_intervals(bytes, bug == PlantedBug::AbortsForgotten ? decltype(cut.aborted)() : cut.aborted);
  return bytes;
}

Result<> TransactionRecovery::observe(const RecordView& record) {
  id_max_ = std::max(id_max_, record.write_id());
  std::span<const std::byte> body = record.body();
  std::vector<WriteIdInterval> committed = TRY(commits_.observe(record));
  for (const WriteIdInterval& ids : committed) {
    id_max_ = std::max(id_max_, ids.last);
    committed_.add(ids);
  }
  if (record.type() == RecordType::AbortsCleaned) {
    for (size_t at = 0; at + sizeof(WriteIdInterval) <= body.size(); at += sizeof(WriteIdInterval)) {
      WriteIdInterval ids;
      std::memcpy(&ids, body.data() + at, sizeof ids);
      cleaned_.add(ids);
    }
  }
  return {};
}

Result<RecoveredState> TransactionRecovery::state(const Storage& storage) const {
  RecoveredState recovered;
  recovered.published = storage.last_lsn();
  std::string_view bytes = storage.recovered_bytes(CheckpointPart::Transactions);
  std::vector<WriteIdInterval> running, aborted;
  if (!bytes.empty()) {
    bool is_read = bytes.size() >= sizeof recovered.next_id;
    if (is_read) {
      std::memcpy(&recovered.next_id, bytes.data(), sizeof recovered.next_id);
      bytes.remove_prefix(sizeof recovered.next_id);
      is_read = take_intervals(bytes, running) && take_intervals(bytes, aborted);
    }
    if (!is_read) return Error(sqlstate::data_corrupted, "the checkpoint's list of transactions is damaged");
  }
  // Whatever ran at the checkpoint or came after it, and has no commit in the log, was cut off.
  WriteIdSet lost;
  for (const WriteIdInterval& ids : running) lost.add(ids);
  for (const WriteIdInterval& ids : aborted) lost.add(ids);
  if (id_max_ >= recovered.next_id) {
    lost.add({recovered.next_id, id_max_});
    recovered.next_id = id_max_ + 1;
  }
  for (const WriteIdInterval& ids : committed_.intervals()) lost.remove(ids);
  for (const WriteIdInterval& ids : cleaned_.intervals()) lost.remove(ids);
  recovered.next_id += kIdJump;
  recovered.aborted = lost.intervals();
  return recovered;
}

}  // namespace rowan
