// storage/pool/guards.h: proofs that a page may be looked at or changed. A guard holds its latch until it
// dies or is released; latches are held for microseconds, and nobody waits for another session while holding
// one. Order: index leaf before heap page; siblings left to right; children before parents (B-link).
#pragma once

#include <atomic>
#include <utility>

#include "storage/page.h"
#include "storage/pool/epoch.h"
#include "types/ids.h"

namespace rowan {

class BufferPool;

// Shared latch. Empty (false) after a try that found the page busy, after a move and after release().
class ReadGuard {
 public:
  ReadGuard() = default;
  ReadGuard(ReadGuard&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)),
        page_(other.page_),
        word_(other.word_),
        bytes_(other.bytes_) {}
  ReadGuard& operator=(ReadGuard&& other) noexcept {
    if (this != &other) {
      release();
      pool_ = std::exchange(other.pool_, nullptr);
      page_ = other.page_;
      word_ = other.word_;
      bytes_ = other.bytes_;
    }
    return *this;
  }
  ~ReadGuard() { release(); }

  explicit operator bool() const { return pool_ != nullptr; }
  PageNo number() const { return page_; }
  ConstPage page() const { return ConstPage(bytes_); }
  const PageHeader& header() const { return page().header(); }
  void release();  // early; inline in pool.h

 private:
  friend class BufferPool;
  ReadGuard(BufferPool* pool, PageNo page, std::atomic<uint64_t>* word, const std::byte* bytes)
      : pool_(pool), page_(page), word_(word), bytes_(bytes) {}
  BufferPool* pool_ = nullptr;
  PageNo page_ = kNoPage;
  std::atomic<uint64_t>* word_ = nullptr;
  const std::byte* bytes_ = nullptr;
};

// Exclusive latch. What is changed through it must be logged by a Change (storage/change.h) before the guard
// goes: no unlogged change exists.
//   in place   the bytes are the frame (heap pages, leaves)
//   private    from write_inner(): the bytes are a copy that readers do not see; Change::commit puts it in
//   the
//              page's place, release without commit drops it
//   new        from create(): a page of zeros with its owner set; release without commit gives its number
//   back
class WriteGuard {
 public:
  WriteGuard() = default;
  WriteGuard(WriteGuard&& other) noexcept { take(other); }
  WriteGuard& operator=(WriteGuard&& other) noexcept {
    if (this != &other) {
      release();
      take(other);
    }
    return *this;
  }
  ~WriteGuard() { release(); }

  explicit operator bool() const { return pool_ != nullptr; }
  PageNo number() const { return page_; }
  Page page() const { return Page(bytes_); }
  PageHeader& header() const { return page().header(); }
  bool is_new() const { return is_new_; }
  bool is_private() const { return private_frame_ != 0; }
  void release();  // early; inline in pool.h

 private:
  friend class BufferPool;
  friend class Change;
  void take(WriteGuard& other) {
    pool_ = std::exchange(other.pool_, nullptr);
    page_ = other.page_;
    word_ = other.word_;
    bytes_ = other.bytes_;
    private_frame_ = std::exchange(other.private_frame_, 0);
    is_new_ = std::exchange(other.is_new_, false);
  }
  BufferPool* pool_ = nullptr;
  PageNo page_ = kNoPage;
  std::atomic<uint64_t>* word_ = nullptr;
  std::byte* bytes_ = nullptr;
  uint64_t private_frame_ = 0;  // frame + 1 of the copy
  bool is_new_ = false;
};

// An inner page read without a latch: what it shows never changes, and it stays mapped while the EpochGuard
// that it was taken under lives. Empty when the page is not an inner page (now): take a latch then.
class InnerRead {
 public:
  InnerRead() = default;
  explicit operator bool() const { return bytes_ != nullptr; }
  ConstPage page() const { return ConstPage(bytes_); }
  const PageHeader& header() const { return page().header(); }

 private:
  friend class BufferPool;
  explicit InnerRead(const std::byte* bytes) : bytes_(bytes) {}
  const std::byte* bytes_ = nullptr;
};

}  // namespace rowan
