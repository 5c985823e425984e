// check_world.h: a database on a simulated disk, its disk as a killed process leaves it, and ways to damage
// that.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/check.h"
#include "api/instance.h"
#include "api/session_core.h"
#include "parser/parser.h"
#include "storage/btree/cursor.h"
#include "storage/file/sim_fs.h"
#include "storage/header.h"
#include "storage/heap/internals.h"
#include "storage/heap/page.h"

namespace rowan::check_test {

using Lines = std::vector<std::string>;

inline const char* const kPath = "db";

// One session's worth of SQL.
class Speaker {
 public:
  explicit Speaker(const std::shared_ptr<Instance>& instance) : core_(SessionCore::open(instance).value()) {}
  void run(const std::string& sql) {
    ScriptReader reader(sql);
    std::vector<std::unique_ptr<ParsedStatement>> statements;
    for (;;) {
      std::unique_ptr<ParsedStatement> statement = reader.next().value();
      if (!statement) break;
      statements.push_back(std::move(statement));
    }
    Result<> ran = core_->run_script(std::move(statements));
    EXPECT_TRUE(ran.ok()) << sql << ": " << (ran.ok() ? "" : ran.error().message());
  }
  std::string one_value(const std::string& sql) {
    ResultStreamPtr stream = core_->begin_statement(parse_statement(sql).value(), {}, nullptr).value();
    std::string text = "none";
    while (core_->next(*stream).value())
      if (stream->batch->row_count() > 0)
        text = format_value(stream->batch->columns()[0].value(stream->batch->row(0)), core_->eval());
    return text;
  }

 private:
  std::shared_ptr<SessionCore> core_;
};

// A disk, and what a look at it needs.
class Disk {
 public:
  explicit Disk(std::unique_ptr<SimFs> files) : files_(std::move(files)) {
    std::unique_ptr<File> file = files_->open(kPath, OpenMode::Read).value();
    database_id_ = read_header(*file).value().database_id;
  }
  SimFs& files() { return *files_; }

  // The page gets what `change` makes of it, with a checksum that fits (or not).
  void damage(PageNo page, const std::function<void(Page)>& change, bool with_checksum = true) {
    std::string bytes = page_bytes(page);
    Page view(reinterpret_cast<std::byte*>(bytes.data()));
    change(view);
    if (with_checksum) view.header().checksum = page_checksum(view, page, database_id_);
    files_->poke(kPath, uint64_t{page} * kPageSize, bytes);
  }
  std::string page_bytes(PageNo page) {
    return files_->read_whole(kPath).substr(uint64_t{page} * kPageSize, kPageSize);
  }

  // Every file with its bytes.
  std::map<std::string, std::string> all_bytes() {
    std::map<std::string, std::string> all{{kPath, files_->read_whole(kPath)}};
    std::string folder = std::string(kPath) + "-wal";
    if (!files_->exists(folder).value()) return all;
    for (const std::string& name : files_->list(folder).value())
      all[name] = files_->read_whole(folder + "/" + name);
    return all;
  }

  Result<std::shared_ptr<Instance>> open_read_only() {
    OpenOptions options;
    options.read_only = true;
    options.create = false;
    InstanceParts parts;
    parts.files = files_.get();
    return Instance::open(kPath, options, parts);
  }
  Lines check() {
    std::shared_ptr<Instance> instance = open_read_only().value();
    return check_instance(instance).value();
  }

 private:
  std::unique_ptr<SimFs> files_;
  uint64_t database_id_ = 0;
};

class World {
 public:
  World() : instance_(open(files_).value()), speaker_(instance_) {}
  // For writing. Nothing is cleaned behind the test's back.
  static Result<std::shared_ptr<Instance>> open(SimFs& files, bool read_only = false) {
    OpenOptions options;
    options.read_only = read_only;
    InstanceParts parts;
    parts.files = &files;
    parts.has_background = false;
    return Instance::open(kPath, options, parts);
  }

  Speaker& sql() { return speaker_; }
  std::shared_ptr<Instance> instance() { return instance_; }
  SimFs& files() { return files_; }

  // As kill -9 leaves it now, all changed pages at home.
  Disk killed_after_checkpoint() {
    instance_->storage().checkpoint().value();
    return Disk(files_.image(CrashPolicy::Kept, 1));
  }
  Disk closed() {
    instance_->close().value();
    return Disk(files_.image(CrashPolicy::Kept, 1));
  }
  Disk killed() { return Disk(files_.image(CrashPolicy::Kept, 1)); }

  catalog::TablePtr table(const std::string& name) {
    for (const catalog::TablePtr& table : instance_->catalog().newest()->tables())
      if (table->name == name) return table;
    throw std::runtime_error("no table " + name);
  }
  catalog::IndexPtr index(const std::string& name) {
    for (const catalog::IndexPtr& index : instance_->catalog().newest()->indexes())
      if (index->name == name) return index;
    throw std::runtime_error("no index " + name);
  }
  IndexStoragePtr entries(const std::string& name) {
    return instance_->relations().index(*index(name)).value();
  }
  // The array of a page in which a column of the table stands.
  uint16_t array_of(const std::string& name, uint16_t column) {
    HeapPtr heap = instance_->relations().heap(*table(name)).value();
    return heap->layout(table(name)->layout)->column(column).array;
  }
  // The relation's pages of that type.
  std::vector<PageNo> pages(RelationId relation, PageType type) {
    std::vector<PageNo> all(4096), found;
    all.resize(instance_->storage().space().pages(relation, 0, all));
    for (PageNo page : all)
      if (instance_->storage().pool().read(page).value().header().type == type) found.push_back(page);
    return found;
  }
  PageNo first_page(const std::string& name, PageType type = PageType::HeapHome) {
    return pages(table(name)->storage, type).at(0);
  }

  struct Entry {
    std::string key;
    RowId row;
  };
  // A B-tree's entries, in order.
  std::vector<Entry> list(const std::string& name) {
    IndexStoragePtr storage = entries(name);
    BtreeCursor cursor(*storage->btree, KeyRange::all(), ScanDirection::Forward, true);
    std::vector<Entry> found;
    while (uint32_t count = cursor.next().value())
      for (uint32_t i = 0; i < count; ++i) found.push_back({std::string(cursor.key(i)), cursor.rows()[i]});
    return found;
  }

 private:
  SimFs files_;
  std::shared_ptr<Instance> instance_;
  Speaker speaker_;
};

inline void expect_finding(const Lines& lines, const std::string& owner, const std::string& text) {
  for (const std::string& line : lines)
    if (line.find(owner) != std::string::npos && line.find(text) != std::string::npos) return;
  std::string all;
  for (const std::string& line : lines) all += "\n  " + line;
  ADD_FAILURE() << "no finding says \"" << owner << "\" and \"" << text << "\"; there are:" << all;
}

inline void expect_clean(const Lines& lines) {
  for (const std::string& line : lines) ADD_FAILURE() << line;
}

}  // namespace rowan::check_test
