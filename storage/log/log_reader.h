// storage/log/log_reader.h: reads a log that was left behind, from a given LSN to its end, and tells the end
// from damage: a record that cannot be read, below an LSN that any later block says was durable, is damage.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/file/file.h"
#include "storage/log/log.h"
#include "storage/log/record.h"
#include "types/result.h"

namespace rowan {

class LogReader {
 public:
  // Whether anything of that log is there at all.
  static Result<bool> exists(FileSystem& files, const std::string& directory, uint64_t log_id);

  static Result<LogReader> open(FileSystem& files, const std::string& directory, uint64_t log_id, Lsn start,
                                const LogOptions& options);

  // The next record, or nothing at the log's end. The view is valid until the next call.
  // Errors: XX001 damage, naming file and LSN · 58030.
  Result<std::optional<RecordView>> next();

  Lsn position() const { return position_; }  // behind the last record returned
  // Makes all that was read durable: what a killed process left in the buffer or the kernel's cache is then
  // as safe as a page redone from it (recovery writes such pages home).
  Result<> make_durable();

 private:
  LogReader(FileSystem& files, std::string directory, uint64_t log_id, Lsn start, const LogOptions& options)
      : files_(&files),
        directory_(std::move(directory)),
        log_id_(log_id),
        options_(options),
        position_(start) {}
  enum class Source { Segments, Buffer };
  // The block at `position`, or nullptr when neither place holds it.
  Result<const std::byte*> block(Lsn position, Source preferred);
  Result<const std::byte*> block_from_segment(Lsn position);
  const std::byte* block_from_buffer(Lsn position) const;
  Result<bool> read_record(Lsn start, Source preferred);  // into record_; sets record_end_
  // Whether the block that begins where the next record should says that there was one before it.
  Result<bool> has_lost(Lsn block_position);
  Result<> check_damage(Lsn bad);

  FileSystem* files_;
  std::string directory_;
  uint64_t log_id_;
  LogOptions options_;
  Lsn position_;
  Lsn record_end_ = 0;
  Lsn last_ = 0;   // where the last record returned begins
  Lsn start_ = 0;  // where reading began
  std::vector<std::byte> record_;
  std::string buffer_;  // the buffer file
  std::map<uint64_t, std::unique_ptr<File>> segments_;
  std::vector<std::byte> chunk_;  // read ahead
  Lsn chunk_start_ = 0;
  bool has_chunk_ = false;
};

}  // namespace rowan
