// Long values in blocks: what comes out is what went in, whatever the pieces; what is damaged is refused.
#include "storage/heap/value_blocks.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace rowan {
namespace {

constexpr size_t kBlock = ValueBlock::kBytes;

class ValueBlocks : public testing::Test {
 protected:
  std::string noise(size_t length) {
    std::string text(length, ' ');
    for (char& c : text) c = static_cast<char>(random_());
    return text;
  }
  // In order; each but the first as long as it may be.
  static std::vector<std::string> pieces_of(const std::string& value, uint32_t piece_max) {
    ValuePacker packer(value, piece_max);
    EXPECT_TRUE(packer.is_worth_it());
    std::vector<std::string> pieces;
    while (packer.has_more()) pieces.insert(pieces.begin(), std::string(packer.take()));
    for (size_t i = 0; i < pieces.size(); ++i) {
      EXPECT_GT(pieces[i].size(), 0u);
      EXPECT_LE(pieces[i].size(), piece_max);
      if (i > 0) {
        EXPECT_EQ(pieces[i].size(), piece_max) << i;
      }
    }
    return pieces;
  }
  static std::string joined(const std::vector<std::string>& pieces) {
    std::string all;
    for (const std::string& piece : pieces) all += piece;
    return all;
  }
  // False: refused.
  static bool unpack(const std::vector<std::string>& pieces, size_t length, std::string* to) {
    if (to != nullptr) to->assign(length, '?');
    ValueUnpacker unpacker(to == nullptr ? nullptr : to->data(), static_cast<uint32_t>(length));
    for (const std::string& piece : pieces)
      if (!unpacker.add(piece)) return false;
    return unpacker.is_whole();
  }

  std::mt19937 random_{20};
};

TEST_F(ValueBlocks, ComeOutAsTheyWentIn) {
  std::string all_noise = noise(3 * kBlock), all_same(5 * kBlock + 77, 'x');
  std::vector<std::string> values{std::string(256, 'a'),
                                  std::string(kBlock - 1, 'b'),
                                  std::string(kBlock, 'c'),
                                  std::string(kBlock + 1, 'd'),
                                  all_same,
                                  all_same + all_noise,
                                  all_noise + all_same,
                                  all_noise + all_same + all_noise + "end",
                                  all_same + noise(100)};
  for (uint32_t piece_max : {1u, 7u, 300u, 16292u, 200000u}) {
    for (const std::string& value : values) {
      if (piece_max < 300 && value.size() > 2 * kBlock) continue;
      SCOPED_TRACE(std::to_string(value.size()) + " in " + std::to_string(piece_max));
      std::vector<std::string> pieces = pieces_of(value, piece_max);
      std::string back;
      EXPECT_TRUE(unpack(pieces, value.size(), &back));
      EXPECT_TRUE(back == value);
      EXPECT_TRUE(unpack(pieces, value.size(), nullptr));
      uint64_t stored = joined(pieces).size();
      EXPECT_LT(stored, value.size());
      EXPECT_TRUE(ValueBlock::is_plausible(value.size(), stored));
    }
  }
}

TEST_F(ValueBlocks, OfNoUseArePiecesOfNoise) {
  for (size_t length : {size_t{0}, size_t{1}, size_t{255}, size_t{300}, kBlock, 5 * kBlock + 3})
    EXPECT_FALSE(ValuePacker(noise(length), 16292).is_worth_it()) << length;
  EXPECT_FALSE(ValuePacker(std::string(255, 'x'), 16292).is_worth_it());
  // A seventh of it could be saved, which is enough; a tenth is not.
  EXPECT_TRUE(ValuePacker(noise(6000) + std::string(1000, 'x'), 16292).is_worth_it());
  EXPECT_FALSE(ValuePacker(noise(9000) + std::string(1000, 'x'), 16292).is_worth_it());
}

// A block of noise between others costs its head alone, wherever it stands.
TEST_F(ValueBlocks, OfNoiseStandAsTheyAre) {
  std::string same(kBlock, 'x'), value = noise(kBlock) + same + noise(kBlock) + same + noise(kBlock);
  std::string stored = joined(pieces_of(value, 16292));
  EXPECT_GT(stored.size(), 3 * (kBlock + ValueBlock::kHead));
  EXPECT_LT(stored.size(), 3 * kBlock + 1000);
  EXPECT_EQ(stored.compare(ValueBlock::kHead, kBlock, value, 0, kBlock), 0);
}

TEST_F(ValueBlocks, DamageIsRefused) {
  std::string value = std::string(kBlock, 'x') + noise(kBlock) + std::string(1000, 'y');
  std::vector<std::string> good = pieces_of(value, 16292);
  std::string back;
  ASSERT_TRUE(unpack(good, value.size(), &back));
  for (std::string* to : {&back, static_cast<std::string*>(nullptr)}) {
    EXPECT_FALSE(unpack(good, value.size() - 1, to));
    EXPECT_FALSE(unpack(good, value.size() + 1, to));
    EXPECT_FALSE(unpack(good, value.size() + kBlock, to));
    EXPECT_FALSE(unpack(good, 0, to));
    std::vector<std::string> changed = good;
    changed.pop_back();
    EXPECT_FALSE(unpack(changed, value.size(), to));
    changed = good;
    changed.push_back("z");
    EXPECT_FALSE(unpack(changed, value.size(), to));
    // The first block's length.
    for (uint32_t length : {0u, 1u, 65537u, 0x80000000u, 0xffffffffu}) {
      changed = {joined(good)};
      std::memcpy(changed[0].data(), &length, sizeof length);
      EXPECT_FALSE(unpack(changed, value.size(), to)) << length;
    }
  }
  // Whatever else is changed: no byte is written or read where none belongs (address sanitizer sees it).
  std::string stored = joined(good);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = stored;
    for (int i = 0; i < 3; ++i) {
      // The heads and packed bytes, more often than the noise.
      size_t at = random_() % 2 == 0 ? random_() % 300 : random_() % bytes.size();
      bytes[at] = static_cast<char>(random_());
    }
    unpack({bytes.substr(0, 5), bytes.substr(5, 16000), bytes.substr(16005)}, value.size(), &back);
  }
}

TEST_F(ValueBlocks, PlausibleLengths) {
  EXPECT_TRUE(ValueBlock::is_plausible(kBlock, 300));
  EXPECT_FALSE(ValueBlock::is_plausible(kBlock, 250));
  EXPECT_TRUE(ValueBlock::is_plausible(kBlock, kBlock + ValueBlock::kHead));
  EXPECT_FALSE(ValueBlock::is_plausible(kBlock, kBlock + ValueBlock::kHead + 1));
  EXPECT_FALSE(ValueBlock::is_plausible(uint64_t{1} << 30, 100000));
}

}  // namespace
}  // namespace rowan
