#include "storage/commit_record.h"

#include <fmt/format.h>

#include <cstring>

namespace rowan {

std::vector<WriteIdInterval> commit_stretches(std::span<const WriteId> ids) {
  std::vector<WriteIdInterval> found;
  for (WriteId id : ids) {
    if (!found.empty() && found.back().last + 1 == id) {
      found.back().last = id;
    } else {
      found.push_back({id, id});
    }
  }
  return found;
}

Result<std::vector<WriteIdInterval>> CommitReader::observe(const RecordView& record) {
  std::vector<WriteIdInterval> ids;
  std::span<const std::byte> body = record.body();
  bool is_counted = record.type() == RecordType::CommitIds || record.type() == RecordType::CommitOfMany;
  if (record.type() != RecordType::Commit && !is_counted) return ids;
  uint64_t count = 0;
  if (is_counted && body.size() >= sizeof count) {
    std::memcpy(&count, body.data(), sizeof count);
    body = body.subspan(sizeof count);
  }
  Begun begun;
  if (auto found = begun_.find(record.write_id()); found != begun_.end()) {
    if (is_counted && !(record.type() == RecordType::CommitIds && count == 0))
      begun = std::move(found->second);
    begun_.erase(found);
  }
  if (begun.records != count) {
    return Error(
        sqlstate::data_corrupted,
        fmt::format("the log names only {} of {} lists of a commit's write ids", begun.records, count));
  }
  ids = std::move(begun.ids);
  size_t known = ids.size();
  ids.resize(known + body.size() / sizeof(WriteIdInterval));
  if (ids.size() > known)
    std::memcpy(ids.data() + known, body.data(), (ids.size() - known) * sizeof(WriteIdInterval));
  if (record.type() != RecordType::CommitIds) return ids;
  begun_.emplace(record.write_id(), Begun{count + 1, std::move(ids)});
  return std::vector<WriteIdInterval>();
}

}  // namespace rowan
