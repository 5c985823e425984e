// The log: what is appended is read back; its end is told from damage; a group shares a flush.
#include "storage/log/log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>
#include <thread>

#include "storage/file/sim_fs.h"
#include "storage/log/block.h"
#include "storage/log/log_reader.h"

namespace rowan::storage_test {
namespace {

LogOptions log_options(size_t block = 512) {
  LogOptions options;
  options.block_size = block;
  options.segment_bytes = 64u << 10;
  options.buffer_bytes = 64u << 10;
  return options;
}

constexpr uint64_t kLogId = 42;
constexpr Lsn kStart = 64u << 10;

std::unique_ptr<Log> new_log(SimFs& files, LogOptions options = log_options()) {
  files.make_directory("wal").value();
  files.sync_directory(".").value();
  return Log::create(files, "wal", kLogId, kStart, options).value();
}

Lsn append_body(Log& log, const std::string& text, WriteId id = 7) {
  RecordBytes record{};
  record.type = RecordType::Commit;
  record.write_id = id;
  record.body = std::as_bytes(std::span(text));
  size_t bytes = Log::record_size(record);
  log.reserve(bytes).value();
  return log.append(record, bytes);
}

std::vector<std::string> read_log(SimFs& files, Result<>* failure = nullptr,
                                  LogOptions options = log_options()) {
  LogReader reader = LogReader::open(files, "wal", kLogId, kStart, options).value();
  std::vector<std::string> found;
  for (;;) {
    Result<std::optional<RecordView>> record = reader.next();
    if (!record.ok()) {
      if (failure != nullptr) *failure = std::move(record).error();
      return found;
    }
    if (!*record) return found;
    auto body = (*record)->body();
    found.emplace_back(reinterpret_cast<const char*>(body.data()), body.size());
  }
}

TEST(Log, ReadsBackWhatWasAppendedAcrossBlocksAndSegments) {
  for (size_t block : {size_t{512}, size_t{4096}}) {
    SimFs files;
    std::unique_ptr<Log> log = new_log(files, log_options(block));
    std::vector<std::string> written;
    Lsn before = kStart;
    for (int i = 0; i < 300; ++i) {
      written.push_back(std::string(static_cast<size_t>(i * 37 % 2000), static_cast<char>('a' + i % 26)));
      Lsn end = append_body(*log, written.back());
      EXPECT_GT(end, before);
      before = end;
      if (i % 7 == 0) log->flush(end).value();
    }
    log->flush_all().value();
    EXPECT_GT(log->end() - kStart, 4 * (64u << 10));
    std::unique_ptr<SimFs> after = files.image(CrashPolicy::Lost, 1);
    EXPECT_EQ(read_log(*after, nullptr, log_options(block)), written);
  }
}

TEST(Log, PartsComeBack) {
  SimFs files;
  std::unique_ptr<Log> log = new_log(files);
  std::string head(100, 'h'), rest(900, 'r'), tail(50, 't'), body = "body";
  auto raw = [](const std::string& text) { return std::as_bytes(std::span(text)); };
  PartBytes parts[] = {{5, PartKind::Change, false, raw(head), {}, {}},
                       {6, PartKind::Change, true, raw(head), raw(rest), {}},
                       {7, PartKind::Image, false, raw(head), raw(rest), raw(tail)},
                       {8, PartKind::Free, false, {}, {}, {}}};
  RecordBytes record{RecordType::Image, 9, 10, parts, raw(body)};
  size_t bytes = Log::record_size(record);
  log->reserve(bytes).value();
  Lsn end = log->append(record, bytes);
  log->flush(end).value();
  LogReader reader = LogReader::open(files, "wal", kLogId, kStart, log_options()).value();
  std::optional<RecordView> view = reader.next().value();
  ASSERT_TRUE(view.has_value());
  EXPECT_EQ(view->end(), end);
  EXPECT_EQ(view->relation(), 9u);
  EXPECT_EQ(view->write_id(), 10u);
  ASSERT_EQ(view->part_count(), 4u);
  EXPECT_EQ(view->part(0).bytes.size(), 100u);
  EXPECT_TRUE(view->part(1).is_new);
  EXPECT_EQ(view->part(2).page, 7u);
  EXPECT_EQ(view->part(2).bytes.size(), 1050u);
  EXPECT_EQ(view->part(2).bytes.back(), std::byte{'t'});
  EXPECT_EQ(view->part(3).kind, PartKind::Free);
  EXPECT_EQ(view->body().size(), 4u);
}

TEST(Log, WhatWasNotFlushedSurvivesTheProcessAndNotTheMachine) {
  SimFs files;
  std::unique_ptr<Log> log = new_log(files);
  log->flush(append_body(*log, "durable")).value();
  append_body(*log, "async");
  EXPECT_EQ(read_log(*files.image(CrashPolicy::Kept, 1)), (std::vector<std::string>{"durable", "async"}));
  EXPECT_EQ(read_log(*files.image(CrashPolicy::Lost, 1)), (std::vector<std::string>{"durable"}));
}

TEST(Log, ABadRecordBelowADurableLsnIsDamage) {
  SimFs files;
  std::unique_ptr<Log> log = new_log(files);
  Lsn first = append_body(*log, std::string(200, 'x'));
  log->flush(first).value();
  log->flush(append_body(*log, "second")).value();
  log->flush(append_body(*log, "third")).value();
  std::unique_ptr<SimFs> after = files.image(CrashPolicy::Lost, 1);
  after->poke(log_segment_path("wal", kLogId, 1), 60, "damage");
  Result<> failure;
  EXPECT_TRUE(read_log(*after, &failure).empty());
  ASSERT_FALSE(failure.ok());
  EXPECT_EQ(failure.error().state(), sqlstate::data_corrupted);
}

TEST(Log, ZeroedRecordsBelowADurableLsnAreDamage) {
  SimFs files;
  std::unique_ptr<Log> log = new_log(files);
  for (int i = 0; i < 3; ++i) log->flush(append_body(*log, "record " + std::to_string(i))).value();
  log->settle().value();
  std::unique_ptr<SimFs> after = files.image(CrashPolicy::Lost, 1);
  // All of the second block but its header.
  after->poke(log_segment_path("wal", kLogId, 1), 512 + 40, std::string(512 - 40, 0));
  Result<> failure;
  read_log(*after, &failure);
  ASSERT_FALSE(failure.ok());
  EXPECT_EQ(failure.error().state(), sqlstate::data_corrupted);
}

// Who prepares ahead is told when to, once a stretch; whoever needs the space before it came goes on without.
TEST(Log, SpaceIsMadeReadyInStretches) {
  for (bool somebody_comes : {true, false}) {
    SimFs files;
    files.make_directory("wal").value();
    files.sync_directory(".").value();
    LogOptions options = log_options(4096);
    options.segment_bytes = 1u << 20;
    int told = 0;
    options.wants_preparing = [&](Log&) { ++told; };
    Lsn start = options.segment_bytes;
    std::unique_ptr<Log> log = Log::create(files, "wal", kLogId, start, options).value();
    std::vector<std::string> written;
    int met = 0;
    for (int i = 0; i < 300; ++i) {
      written.push_back(std::string(10000, static_cast<char>('a' + i % 26)));
      Lsn end = append_body(*log, written.back());
      if (i % 3 == 0) log->flush(end).value();
      if (somebody_comes && told > met) {
        met = told;
        log->prepare_ahead().value();
      }
    }
    log->flush_all().value();
    // The rest of the first segment, then one at a time, when the one before is half full: 3.3 MB reach into
    // the fourth.
    if (somebody_comes) {
      EXPECT_EQ(told, 4);
    }
    EXPECT_GE(told, 1);
    std::unique_ptr<SimFs> after = files.image(CrashPolicy::Lost, 1);
    LogReader reader = LogReader::open(*after, "wal", kLogId, start, options).value();
    for (const std::string& text : written) {
      std::optional<RecordView> record = reader.next().value();
      ASSERT_TRUE(record.has_value());
      ASSERT_EQ(record->body().size(), text.size());
      EXPECT_EQ(std::memcmp(record->body().data(), text.data(), text.size()), 0);
    }
    EXPECT_FALSE(reader.next().value().has_value());
  }
}

// Who writes behind is asked when a quarter of the buffer waits, and leaves the block that is being filled.
// When nobody comes, whoever finds the buffer full writes it.
TEST(Log, IsWrittenBehindWhoFillsIt) {
  for (bool somebody_comes : {true, false}) {
    SimFs files;
    LogOptions options = log_options();
    int told = 0;
    options.wants_writing = [&](Log&) { ++told; };
    std::unique_ptr<Log> log = new_log(files, options);
    int written_by_appends = 0;
    bool is_appending = false;
    files.set_hook([&](uint64_t, SimOperation operation, const std::string& path) {
      if (is_appending && operation == SimOperation::Write && path.find("/log.") != std::string::npos)
        ++written_by_appends;
      return SimFault::None;
    });
    std::vector<std::string> appended;
    for (int i = 0, met = 0; i < 600; ++i) {  // 600 kB through a buffer of 64
      appended.push_back(std::string(1000, static_cast<char>('a' + i % 26)));
      is_appending = true;
      append_body(*log, appended.back());
      is_appending = false;
      if (!somebody_comes || told == met) continue;
      met = told;
      Lsn before = log->end();
      log->write_behind().value();
      EXPECT_EQ(log->end(), before);
      EXPECT_GT(log->durable(), before - options.block_size);
    }
    if (somebody_comes) {
      EXPECT_GE(told, 600 / 17);  // of some 1,090 bytes each, and 16 KiB a time
      EXPECT_EQ(written_by_appends, 0);
    } else {
      EXPECT_GT(written_by_appends, 0);
    }
    EXPECT_LE(static_cast<uint64_t>(told), log->stats().flushes + 1);
    log->flush_all().value();
    EXPECT_EQ(read_log(files), appended);
  }
}

TEST(Log, ThreadsAppendAndFlushBesideTheOneThatWritesBehind) {
  SimFs files;
  std::unique_ptr<Log> log = new_log(files);
  std::atomic<bool> is_over{false};
  std::thread writer([&] {
    while (!is_over.load()) log->write_behind().value();
  });
  constexpr int kThreads = 3, kEach = 400;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        Lsn end = append_body(*log, std::to_string(t) + " " + std::to_string(i) + std::string(900, '.'));
        if (i % 50 != t) continue;
        log->flush(end).value();
        EXPECT_GE(log->durable(), end);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  is_over.store(true);
  writer.join();
  log->flush_all().value();
  int next[kThreads] = {};
  std::vector<std::string> found = read_log(files);
  EXPECT_EQ(found.size(), size_t{kThreads} * kEach);
  for (const std::string& text : found) {
    int t = text[0] - '0';
    ASSERT_LT(t, kThreads);
    EXPECT_EQ(std::atoi(text.c_str() + 2), next[t]++);
  }
}

TEST(Log, ATornTailIsTheEnd) {
  SimFs files;
  LogOptions options = log_options();
  options.sync_flushes = false;  // so that a flush can be lost in part
  std::unique_ptr<Log> log = new_log(files, options);
  for (int i = 0; i < 20; ++i) append_body(*log, std::string(200, 'a'));
  log->flush_all().value();
  for (uint64_t seed = 0; seed < 200; ++seed) {
    std::unique_ptr<SimFs> after = files.image(CrashPolicy::Subset, seed);
    if (!after->exists(log_buffer_path("wal", kLogId)).value()) continue;
    Result<> failure;
    read_log(*after, &failure);
    EXPECT_TRUE(failure.ok()) << seed << failure.error().message();
  }
}

TEST(Log, AFailedSyncEndsIt) {
  SimFs files;
  std::unique_ptr<Log> log = new_log(files);
  Lsn first = append_body(*log, "a");
  bool fail = true;
  files.set_hook([&](uint64_t, SimOperation operation, const std::string&) {
    return fail && operation == SimOperation::Write ? SimFault::IoError : SimFault::None;
  });
  EXPECT_EQ(log->flush(first).error().state(), sqlstate::io_error);
  fail = false;
  EXPECT_EQ(log->flush(first).error().state(), sqlstate::io_error);  // and for ever
  EXPECT_FALSE(log->reserve(100).ok());
  EXPECT_TRUE(log->is_dead());
}

TEST(Log, AFullDiskRefusesTheReservationAndNothingMore) {
  SimFs files;
  std::unique_ptr<Log> log = new_log(files);
  bool full = true;
  files.set_hook([&](uint64_t, SimOperation operation, const std::string&) {
    return full && operation == SimOperation::Allocate ? SimFault::DiskFull : SimFault::None;
  });
  std::string body(1000, 'b');
  RecordBytes record{};
  record.type = RecordType::Commit;
  record.body = std::as_bytes(std::span(body));
  size_t bytes = Log::record_size(record), appended = 0;
  Result<> reserved = log->reserve(bytes);
  for (; reserved.ok() && appended < 1000; ++appended) {
    log->flush(log->append(record, bytes)).value();
    reserved = log->reserve(bytes);
  }
  ASSERT_FALSE(reserved.ok());
  EXPECT_EQ(reserved.error().state(), sqlstate::disk_full);
  full = false;
  log->reserve(bytes).value();
  log->flush(log->append(record, bytes)).value();
  EXPECT_EQ(read_log(files).size(), appended + 1);
}

TEST(Log, SegmentsAreRecycled) {
  SimFs files;
  std::unique_ptr<Log> log = new_log(files);
  for (int round = 0; round < 6; ++round) {
    for (int i = 0; i < 100; ++i) append_body(*log, std::string(1000, 'c'));
    log->flush_all().value();
    log->recycle(log->end()).value();
  }
  EXPECT_LE(files.list("wal").value().size(), 10u);
  Lsn redo = log->end();
  append_body(*log, "after");
  log->flush_all().value();
  LogReader reader = LogReader::open(files, "wal", kLogId, redo, log_options()).value();
  ASSERT_TRUE(reader.next().value().has_value());
  EXPECT_FALSE(reader.next().value().has_value());
}

TEST(Log, AGroupSharesAFlush) {
  SimFs files;
  std::unique_ptr<Log> log = new_log(files);
  files.set_hook([](uint64_t, SimOperation operation, const std::string&) {
    if (operation == SimOperation::Write) std::this_thread::sleep_for(std::chrono::microseconds(200));
    return SimFault::None;
  });
  constexpr int kThreads = 8, kCommits = 60;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < kCommits; ++j) {
        Lsn end = append_body(*log, "commit");
        EXPECT_TRUE(log->flush(end).ok());
        EXPECT_GE(log->durable(), end);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  files.set_hook(nullptr);
  EXPECT_EQ(log->stats().records, uint64_t{kThreads} * kCommits);
  EXPECT_LT(log->stats().flushes, uint64_t{kThreads} * kCommits);
  EXPECT_EQ(read_log(files).size(), size_t{kThreads} * kCommits);
}

// Who makes a segment ready has promised to say when it ends; memory may run out in between.
TEST(Log, GoesOnWhenMemoryRanOutWhileASegmentWasMade) {
  for (bool ahead : {true, false}) {
    SimFs files;
    std::unique_ptr<Log> log = new_log(files);
    bool is_out_of_memory = true;
    int met = 0;
    files.set_hook([&](uint64_t, SimOperation operation, const std::string& path) {
      bool is_segment = path.find("/log.") != std::string::npos;
      bool is_making = operation == SimOperation::Open || operation == SimOperation::Allocate ||
                       (ahead && operation == SimOperation::Write);
      if (is_out_of_memory && is_segment && is_making) {
        ++met;
        throw std::bad_alloc();
      }
      return SimFault::None;
    });
    std::vector<std::string> written;
    for (int i = 0; i < 100; ++i) {  // 200 kB in segments of 64
      std::string text(2000, static_cast<char>('a' + i % 26));
      try {
        if (ahead) log->prepare_ahead().value();
        append_body(*log, text);
      } catch (const std::bad_alloc&) {
        is_out_of_memory = false;
        continue;
      }
      written.push_back(std::move(text));
    }
    EXPECT_EQ(met, 1);
    EXPECT_EQ(written.size(), 99u);
    log->flush_all().value();
    EXPECT_EQ(read_log(files), written);
  }
}

}  // namespace
}  // namespace rowan::storage_test
