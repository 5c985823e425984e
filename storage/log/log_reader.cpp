#include "storage/log/log_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "storage/log/block.h"
#include "storage/log/record_hash.h"
#include "types/try.h"

namespace rowan {
namespace {

constexpr size_t kReaderChunk = 256u << 10;

std::string segment_prefix(uint64_t log_id) {
  return fmt::format("{}{:016x}.", kLogFilePrefix, log_id);
}

bool is_block(const std::byte* bytes, Lsn position, uint64_t log_id) {
  LogBlockHeader header;
  std::memcpy(&header, bytes, sizeof header);
  return header.is_valid(position, log_id);
}

}  // namespace

Result<bool> LogReader::exists(FileSystem& files, const std::string& directory, uint64_t log_id) {
  if (!TRY(files.exists(directory))) return false;
  std::vector<std::string> names = TRY(files.list(directory));
  std::string prefix = segment_prefix(log_id);
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return name.starts_with(prefix); });
}

Result<LogReader> LogReader::open(FileSystem& files, const std::string& directory, uint64_t log_id, Lsn start,
                                  const LogOptions& options) {
  LogReader reader(files, directory, log_id, start, options);
  reader.start_ = start;
  std::string prefix = segment_prefix(log_id);
  std::vector<std::string> names = TRY(files.list(directory));
  for (const std::string& name : names) {
    if (!name.starts_with(prefix)) continue;
    uint64_t number = std::strtoull(name.c_str() + prefix.size(), nullptr, 10);
    std::unique_ptr<File> file = TRY(files.open(directory + "/" + name, OpenMode::Write));
    reader.segments_[number] = std::move(file);
  }
  std::string path = log_buffer_path(directory, log_id);
  if (TRY(files.exists(path))) {
    std::unique_ptr<File> file = TRY(files.open(path, OpenMode::Read));
    uint64_t size = TRY(file->size());
    reader.buffer_.resize(size / options.block_size * options.block_size);
    TRY(file->read_at(0, std::as_writable_bytes(std::span(reader.buffer_))));
  }
  return reader;
}

Result<const std::byte*> LogReader::block_from_segment(Lsn position) {
  if (!has_chunk_ || position < chunk_start_ || position >= chunk_start_ + chunk_.size()) {
    auto found = segments_.find(position / options_.segment_bytes);
    if (found == segments_.end()) return nullptr;
    size_t within = position % options_.segment_bytes;
    chunk_.resize(std::min(kReaderChunk, options_.segment_bytes - within));
    has_chunk_ = false;
    TRY(found->second->read_at(within, chunk_));
    chunk_start_ = position;
    has_chunk_ = true;
  }
  const std::byte* bytes = chunk_.data() + (position - chunk_start_);
  return is_block(bytes, position, log_id_) ? bytes : nullptr;
}

const std::byte* LogReader::block_from_buffer(Lsn position) const {
  if (buffer_.empty()) return nullptr;
  auto bytes = reinterpret_cast<const std::byte*>(buffer_.data()) + position % buffer_.size();
  return is_block(bytes, position, log_id_) ? bytes : nullptr;
}

Result<const std::byte*> LogReader::block(Lsn position, Source preferred) {
  const std::byte* buffered = block_from_buffer(position);
  if (preferred == Source::Buffer && buffered != nullptr) return buffered;
  const std::byte* stored = TRY(block_from_segment(position));
  return stored != nullptr ? stored : buffered;
}

Result<bool> LogReader::read_record(Lsn start, Source preferred) {
  record_.clear();
  Lsn at = start;
  size_t needed = sizeof(uint64_t);  // the length first; it never straddles blocks
  while (record_.size() < needed) {
    size_t within = at % options_.block_size;
    if (within == 0) within = sizeof(LogBlockHeader), at += within;
    const std::byte* bytes = TRY(block(at - within, preferred));
    if (bytes == nullptr) return false;
    size_t step = std::min(needed - record_.size(), options_.block_size - within);
    record_.insert(record_.end(), bytes + within, bytes + within + step);
    at += step;
    if (record_.size() == sizeof(uint64_t)) {
      uint32_t length = 0;
      std::memcpy(&length, record_.data(), sizeof length);
      if (length == 0) {  // nothing more in this block
        record_end_ = at;
        return true;
      }
      if (length % 8 != 0 || length < sizeof(RecordHeader) || length > Log::kRecordBytesMax) return false;
      needed = length;
    }
  }
  RecordHeader header;
  std::memcpy(&header, record_.data(), sizeof header);
  if (header.lsn != start || !record_is_consistent(record_)) return false;
  if (header.checksum != log_record_checksum(record_content_hash(record_), start, log_id_)) return false;
  record_end_ = at;
  return true;
}

Result<std::optional<RecordView>> LogReader::next() {
  for (;;) {
    Lsn start = position_;
    if (start % options_.block_size == 0) {
      if (TRY(has_lost(start))) return std::optional<RecordView>();
      start += sizeof(LogBlockHeader);
    }
    bool found = TRY(read_record(start, Source::Segments));
    if (!found) found = TRY(read_record(start, Source::Buffer));
    if (!found) {
      TRY(check_damage(position_));
      return std::optional<RecordView>();
    }
    if (record_.size() > sizeof(uint64_t)) {
      position_ = record_end_;
      last_ = start;
      return std::optional<RecordView>(RecordView(record_, record_end_));
    }
    // The rest of the block is empty. In the newest block that may be the end: the next one tells.
    position_ = (start / options_.block_size + 1) * options_.block_size;
  }
}

Result<bool> LogReader::has_lost(Lsn block_position) {
  const std::byte* bytes = TRY(block(block_position, Source::Segments));
  if (bytes == nullptr) return false;
  LogBlockHeader header;
  std::memcpy(&header, bytes, sizeof header);
  if (header.previous < start_ || header.previous <= last_) return false;
  TRY(check_damage(header.previous));
  return true;
}

// Looks at every block behind `bad` that is there.
Result<> LogReader::check_damage(Lsn bad) {
  Lsn first = bad / options_.block_size * options_.block_size;  // a block does not speak of itself
  auto claims = [&](const std::byte* bytes, Lsn position) {
    LogBlockHeader header;
    std::memcpy(&header, bytes, sizeof header);
    return position >= first && header.is_valid(position, log_id_) && header.durable > bad;
  };
  std::optional<Lsn> witness;
  std::vector<std::byte> bytes(kReaderChunk);
  for (const auto& [number, file] : segments_) {
    Lsn begin = number * options_.segment_bytes;
    if (begin + options_.segment_bytes <= first) continue;
    for (size_t at = 0; at < options_.segment_bytes && !witness; at += bytes.size()) {
      if (begin + at + bytes.size() <= first) continue;
      TRY(file->read_at(at, bytes));
      for (size_t i = 0; i < bytes.size(); i += options_.block_size) {
        if (claims(bytes.data() + i, begin + at + i)) witness = begin + at + i;
      }
    }
  }
  for (size_t i = 0; i < buffer_.size(); i += options_.block_size) {
    auto block = reinterpret_cast<const std::byte*>(buffer_.data()) + i;
    LogBlockHeader header;
    std::memcpy(&header, block, sizeof header);
    if (header.lsn % buffer_.size() == i && claims(block, header.lsn)) witness = header.lsn;
  }
  if (!witness) return {};
  return Error(sqlstate::data_corrupted,
               fmt::format("the log \"{}\" is damaged at LSN {}",
                           log_segment_path(directory_, log_id_, bad / options_.segment_bytes), bad))
      .detail(fmt::format("A later block, at LSN {}, says that everything before it had reached the disk.",
                          *witness));
}

Result<> LogReader::make_durable() {
  if (!buffer_.empty()) {
    std::unique_ptr<File> buffer = TRY(files_->open(log_buffer_path(directory_, log_id_), OpenMode::Write));
    TRY(buffer->sync());
  }
  for (const auto& [number, file] : segments_) TRY(file->sync());
  return files_->sync_directory(directory_);
}

}  // namespace rowan
