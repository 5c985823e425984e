// storage/pool/write_back.cpp: dirty pages on their way home. A page is copied under its shared latch and
// marked kWriting; from then on it may be read and changed again, but its frame stays until the copy is home:
// whoever read the page from the disk meanwhile would find the old one there.
#include <algorithm>
#include <cstring>

#include "storage/pool/pool.h"
#include "storage/ring/page_writer.h"
#include "types/check.h"
#include "types/try.h"

namespace rowan {

BufferPool::Copied BufferPool::copy_out(PageNo page, bool may_wait, std::byte* into, OutgoingPage& out) {
  using namespace page_word;
  Word& word = *word_of(page);
  uint64_t seen = word.load(std::memory_order_acquire);
  if ((seen & (kDirty | kWriting)) == 0) return Copied::Clean;
  if ((seen & kWriting) != 0) {
    if (!may_wait) return Copied::Busy;
    seen = wait_while_writing(page, word);
    if ((seen & kDirty) == 0) return Copied::Clean;
  }
  Result<Latched> latched = latch(page, word, Mode::Shared, false, !may_wait);
  if (!latched.ok() || *latched == Latched::Busy) return Copied::Busy;
  seen = word.load(std::memory_order_acquire);
  do {
    if ((seen & kDirty) == 0 || (seen & kWriting) != 0) {
      unlatch_shared(page, word);
      return (seen & kWriting) != 0 ? Copied::Busy : Copied::Clean;
    }
  } while (!word.compare_exchange_weak(seen, (seen & ~kDirty) | kWriting, std::memory_order_acq_rel));
  uint64_t frame = frame_of(seen);
  std::memcpy(into, bytes_of(frame), kPageSize);
  Lsn image_lsn = frame_at(frame).image_lsn;
  unlatch_shared(page, word);
  // An image that ends where redo begins is not redone.
  bool needs_ring = image_lsn == 0 || image_lsn <= cut_.load(std::memory_order_acquire);
  Page(into).header().checksum = page_checksum(ConstPage(into), page, database_id_);
  out = {page, into, needs_ring};
  return Copied::Yes;
}

Result<> BufferPool::write_batch(std::span<OutgoingPage> batch) {
  using namespace page_word;
  if (batch.empty()) return {};
  PageWriter* writer = writer_.load(std::memory_order_acquire);
  ENSURE(writer != nullptr);
  Result<> written = writer->write(batch);
  for (const OutgoingPage& page : batch) {
    Word& word = *word_of(page.number);
    if (!written.ok()) word.fetch_or(kDirty, std::memory_order_relaxed);
    uint64_t old = word.fetch_and(~kWriting, std::memory_order_release);
    if ((old & kWaiters) != 0) wake(page.number, word);
  }
  return written;
}

Result<> BufferPool::write_some(std::span<const PageNo> pages) {
  AlignedBytes copies(std::min(pages.size(), batch_max()) * kPageSize);
  OutgoingPage batch[PageWriter::kBatchMax];
  size_t count = 0;
  for (PageNo page : pages) {
    if (count == batch_max()) break;
    if (copy_out(page, false, copies.data() + count * kPageSize, batch[count]) == Copied::Yes) ++count;
  }
  page_usage().written += count;
  return write_batch({batch, count});
}

Result<> BufferPool::write_dirty(size_t batch_wanted, const std::function<void()>& between) {
  // By words, not by frames: a page that changes by replacement might go from a frame that is still to be
  // looked at to one that has been.
  std::vector<PageNo> pages;
  for (size_t chunk = 0; chunk < kChunks; ++chunk) {
    const Word* words = chunks_.get()[chunk].load(std::memory_order_acquire);
    if (words == nullptr) continue;
    for (size_t i = 0; i < kChunkWords; ++i)
      if ((words[i].load(std::memory_order_acquire) & (page_word::kDirty | page_word::kWriting)) != 0)
        pages.push_back(static_cast<PageNo>(chunk * kChunkWords + i));
  }
  const size_t at_once = std::min(batch_wanted, batch_max());
  AlignedBytes copies(at_once * kPageSize);
  OutgoingPage batch[PageWriter::kBatchMax];
  size_t count = 0;
  auto send = [&]() -> Result<> {
    Result<> written = write_batch({batch, count});
    count = 0;
    return written;
  };
  for (PageNo page : pages) {
    // Try first: whoever holds this latch may be waiting for a frame that a page of our batch keeps.
    Copied copied = copy_out(page, false, copies.data() + count * kPageSize, batch[count]);
    while (copied == Copied::Busy) {
      TRY(send());
      copied = copy_out(page, true, copies.data(), batch[0]);
    }
    if (copied == Copied::Yes) ++count;
    if (count < at_once) continue;
    TRY(send());
    if (between) between();
  }
  return send();
}

}  // namespace rowan
