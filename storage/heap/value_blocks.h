// storage/heap/value_blocks.h: a long value compressed block by block, so that neither writing nor reading it
// takes more memory beside the value than a block and a chunk.
//
//   { uint32_t stored; bytes }  for each kBytes of the value, the last block shorter
//
// A block that LZ4 does not make shorter by an eighth stands as it is: `stored` is then the block's own
// length. Blocks know nothing of each other (LZ4 looks back 64 KiB at most), so that a value is packed from
// its end to its beginning: chunks are written in that order, each knowing where the next one is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace rowan {

struct ValueBlock {
  static constexpr uint32_t kBytes = 64u << 10;
  static constexpr uint32_t kHead = sizeof(uint32_t);
  // What `length` bytes may be stored as at most, and the longest value that `stored` bytes may become: LZ4
  // makes no more than 255 bytes of one.
  static bool is_plausible(uint64_t length, uint64_t stored) {
    uint64_t blocks = (length + kBytes - 1) / kBytes;
    return stored <= length + blocks * kHead && length <= stored * 255;
  }
};

// The pieces of a value for its chunks, the last one first. Throws std::bad_alloc.
class ValuePacker {
 public:
  // `value` outlives this. A piece has at most `piece_max` bytes; only the value's first one
  // has fewer.
  ValuePacker(std::string_view value, uint32_t piece_max);

  // False: no block gets shorter. The value should be stored as it is.
  bool is_worth_it() const { return packs_; }
  // The piece before the one that was taken last, where has_more(); valid until the next call.
  std::string_view take();
  bool has_more() const { return left_ > 0 || begin_ < end_; }

 private:
  std::string_view block(size_t index) const {
    return value_.substr(index * ValueBlock::kBytes, ValueBlock::kBytes);
  }
  uint32_t pack(std::string_view block);
  void put_block();

  const std::string_view value_;
  const uint32_t piece_max_;
  size_t left_;            // blocks still to be put before what waits
  size_t packs_from_end_;  // blocks from this one on are known to stay as they are
  bool packs_ = false;
  uint32_t packed_ = 0;  // the last block's length at the buffer's start, if it was packed there already
  std::unique_ptr<char[]> buffer_;  // a block is packed at its start; what waits for a chunk lies at its end
  size_t size_ = 0;
  size_t begin_ = 0, end_ = 0;
};

// The value again, from its chunks' bytes in order.
class ValueUnpacker {
 public:
  // `to` has room for `length` bytes; nullptr: the bytes are only looked at.
  ValueUnpacker(char* to, uint32_t length) : to_(to), left_(length) {}
  // False: this is no value of that length. Throws std::bad_alloc.
  bool add(std::span<const char> bytes);
  bool is_whole() const { return left_ == 0 && pending_ == 0; }

 private:
  uint32_t block_length() const { return left_ < ValueBlock::kBytes ? left_ : ValueBlock::kBytes; }
  bool put_block(const char* bytes, uint32_t stored);

  char* to_;
  uint32_t left_;         // bytes of the value still to come
  uint32_t pending_ = 0;  // of a block and its head, that are here
  char head_[ValueBlock::kHead] = {};
  std::unique_ptr<char[]> block_;  // one that lies in several chunks
  std::unique_ptr<char[]> seen_;   // where it is unpacked when nobody wants it
};

}  // namespace rowan
