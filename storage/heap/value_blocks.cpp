#include "storage/heap/value_blocks.h"

#include <lz4.h>

#include <algorithm>
#include <cstring>

namespace rowan {

namespace {
constexpr size_t kPackFrom = 256;  // shorter blocks gain nothing worth a copy

// What a packed block may take at most, head included: it is worth it from an eighth on.
uint32_t packed_max(size_t length) {
  return static_cast<uint32_t>(length - length / 8);
}
}  // namespace

ValuePacker::ValuePacker(std::string_view value, uint32_t piece_max)
    : value_(value),
      piece_max_(piece_max),
      left_((value.size() + ValueBlock::kBytes - 1) / ValueBlock::kBytes) {
  size_ = left_ == 1 ? packed_max(value.size()) : size_t{ValueBlock::kBytes} + ValueBlock::kHead + piece_max;
  packs_from_end_ = left_;
  if (value.size() < kPackFrom) return;
  buffer_ = std::make_unique_for_overwrite<char[]>(size_);
  begin_ = end_ = size_;
  for (; packs_from_end_ > 0; --packs_from_end_) {
    uint32_t stored = pack(block(packs_from_end_ - 1));
    if (stored == 0) continue;
    packs_ = true;
    if (packs_from_end_ == left_) packed_ = stored;
    return;
  }
}

// To the buffer's start. 0: it is not worth it.
uint32_t ValuePacker::pack(std::string_view block) {
  if (block.size() < kPackFrom) return 0;
  int stored = LZ4_compress_default(block.data(), buffer_.get(), static_cast<int>(block.size()),
                                    static_cast<int>(packed_max(block.size()) - ValueBlock::kHead));
  return static_cast<uint32_t>(std::max(stored, 0));
}

// The next block goes before what waits, which takes less than a piece.
void ValuePacker::put_block() {
  size_t waiting = end_ - begin_;
  std::memmove(buffer_.get() + size_ - waiting, buffer_.get() + begin_, waiting);
  begin_ = size_ - waiting;
  end_ = size_;
  --left_;
  std::string_view source = block(left_);
  uint32_t stored = packed_;
  if (stored == 0 && left_ < packs_from_end_) stored = pack(source);
  packed_ = 0;
  const char* from = stored != 0 ? buffer_.get() : source.data();
  if (stored == 0) stored = static_cast<uint32_t>(source.size());
  begin_ -= stored;
  std::memmove(buffer_.get() + begin_, from, stored);
  begin_ -= ValueBlock::kHead;
  std::memcpy(buffer_.get() + begin_, &stored, sizeof stored);
}

std::string_view ValuePacker::take() {
  while (left_ > 0 && end_ - begin_ < piece_max_) put_block();
  size_t size = std::min<size_t>(end_ - begin_, piece_max_);
  end_ -= size;
  return {buffer_.get() + end_, size};
}

bool ValueUnpacker::put_block(const char* bytes, uint32_t stored) {
  uint32_t length = block_length();
  char* to = to_;
  if (to == nullptr && stored != length) {
    if (!seen_) seen_ = std::make_unique_for_overwrite<char[]>(length);
    to = seen_.get();
  }
  if (stored == length) {
    if (to != nullptr) std::memcpy(to, bytes, length);
  } else if (LZ4_decompress_safe(bytes, to, static_cast<int>(stored), static_cast<int>(length)) !=
             static_cast<int>(length)) {
    return false;
  }
  if (to_ != nullptr) to_ += length;
  left_ -= length;
  return true;
}

bool ValueUnpacker::add(std::span<const char> bytes) {
  while (!bytes.empty()) {
    if (left_ == 0) return false;
    if (pending_ < ValueBlock::kHead) {
      size_t part = std::min<size_t>(bytes.size(), ValueBlock::kHead - pending_);
      std::memcpy(head_ + pending_, bytes.data(), part);
      bytes = bytes.subspan(part);
      pending_ += static_cast<uint32_t>(part);
      if (pending_ < ValueBlock::kHead) return true;
    }
    uint32_t stored;
    std::memcpy(&stored, head_, sizeof stored);
    if (stored == 0 || stored > block_length()) return false;
    uint32_t here = pending_ - ValueBlock::kHead;
    size_t part = std::min<size_t>(bytes.size(), stored - here);
    const char* whole = bytes.data();
    if (part < stored) {
      if (!block_) block_ = std::make_unique_for_overwrite<char[]>(block_length());
      std::memcpy(block_.get() + here, bytes.data(), part);
      whole = block_.get();
    }
    bytes = bytes.subspan(part);
    pending_ += static_cast<uint32_t>(part);
    if (here + part < stored) return true;
    pending_ = 0;
    if (!put_block(whole, stored)) return false;
  }
  return true;
}

}  // namespace rowan
