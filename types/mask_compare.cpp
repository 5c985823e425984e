#include "types/mask_compare.h"

#include <immintrin.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

namespace rowan {

namespace {

// Three questions are enough, the others are their negations. For floats that is SQL's order too: where the
// wanted value is no NaN, "greater" is "not less or equal", and so true of a NaN.
enum class Question : uint8_t { Equal, Less, LessEqual };

// How values of a machine form are looked at before they are compared. NUMERIC: one less, wrapping around, so
// that the NaN (the smallest number) becomes the greatest and all others keep their order.
struct Plain {
  template <class T>
  static T of(T value) {
    return value;
  }
};
struct NanIsGreatest {
  static int64_t of(int64_t value) { return static_cast<int64_t>(static_cast<uint64_t>(value) - 1); }
};

template <class T, Question kQuestion>
bool answers(T value, T wanted) {
  if constexpr (kQuestion == Question::Equal) return value == wanted;
  if constexpr (kQuestion == Question::Less) return value < wanted;
  return value <= wanted;
}

template <class T, class View, Question kQuestion>
uint64_t answer_rows(const T* values, T wanted, uint32_t count) {
  uint64_t bits = 0;
  for (uint32_t i = 0; i < count; ++i)
    bits |= uint64_t{answers<T, kQuestion>(View::of(values[i]), wanted)} << i;
  return bits;
}

// --- AVX2: 32 bytes at once, 64 rows a call ---

#define ROWAN_AVX2 __attribute__((target("avx2")))

template <Question kQuestion>
ROWAN_AVX2 uint64_t answer_word_avx2(const int16_t* values, int16_t wanted) {
  __m256i w = _mm256_set1_epi16(wanted);
  uint64_t bits = 0;
  for (int part = 0; part < 2; ++part) {
    const auto* from = reinterpret_cast<const __m256i*>(values + part * 32);
    __m256i a = _mm256_loadu_si256(from), b = _mm256_loadu_si256(from + 1);
    if constexpr (kQuestion == Question::Equal) {
      a = _mm256_cmpeq_epi16(a, w);
      b = _mm256_cmpeq_epi16(b, w);
    } else if constexpr (kQuestion == Question::Less) {
      a = _mm256_cmpgt_epi16(w, a);
      b = _mm256_cmpgt_epi16(w, b);
    } else {  // turned below
      a = _mm256_cmpgt_epi16(a, w);
      b = _mm256_cmpgt_epi16(b, w);
    }
    __m256i packed = _mm256_permute4x64_epi64(_mm256_packs_epi16(a, b), 0xd8);
    bits |= uint64_t{static_cast<uint32_t>(_mm256_movemask_epi8(packed))} << (part * 32);
  }
  return kQuestion == Question::LessEqual ? ~bits : bits;
}

template <Question kQuestion>
ROWAN_AVX2 uint64_t answer_word_avx2(const int32_t* values, int32_t wanted) {
  __m256i w = _mm256_set1_epi32(wanted);
  uint64_t bits = 0;
  for (int part = 0; part < 8; ++part) {
    __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(values + part * 8));
    if constexpr (kQuestion == Question::Equal)
      v = _mm256_cmpeq_epi32(v, w);
    else if constexpr (kQuestion == Question::Less)
      v = _mm256_cmpgt_epi32(w, v);
    else
      v = _mm256_cmpgt_epi32(v, w);
    bits |= uint64_t{static_cast<uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(v)))} << (part * 8);
  }
  return kQuestion == Question::LessEqual ? ~bits : bits;
}

template <Question kQuestion, class View>
ROWAN_AVX2 uint64_t answer_word_avx2(const int64_t* values, int64_t wanted) {
  __m256i w = _mm256_set1_epi64x(wanted);
  uint64_t bits = 0;
  for (int part = 0; part < 16; ++part) {
    __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(values + part * 4));
    if constexpr (std::is_same_v<View, NanIsGreatest>) v = _mm256_sub_epi64(v, _mm256_set1_epi64x(1));
    if constexpr (kQuestion == Question::Equal)
      v = _mm256_cmpeq_epi64(v, w);
    else if constexpr (kQuestion == Question::Less)
      v = _mm256_cmpgt_epi64(w, v);
    else
      v = _mm256_cmpgt_epi64(v, w);
    bits |= uint64_t{static_cast<uint32_t>(_mm256_movemask_pd(_mm256_castsi256_pd(v)))} << (part * 4);
  }
  return kQuestion == Question::LessEqual ? ~bits : bits;
}

template <Question kQuestion>
ROWAN_AVX2 uint64_t answer_word_avx2(const float* values, float wanted) {
  constexpr int kOp = kQuestion == Question::Equal  ? _CMP_EQ_OQ
                      : kQuestion == Question::Less ? _CMP_LT_OQ
                                                    : _CMP_LE_OQ;
  __m256 w = _mm256_set1_ps(wanted);
  uint64_t bits = 0;
  for (int part = 0; part < 8; ++part) {
    __m256 v = _mm256_cmp_ps(_mm256_loadu_ps(values + part * 8), w, kOp);
    bits |= uint64_t{static_cast<uint32_t>(_mm256_movemask_ps(v))} << (part * 8);
  }
  return bits;
}

template <Question kQuestion>
ROWAN_AVX2 uint64_t answer_word_avx2(const double* values, double wanted) {
  constexpr int kOp = kQuestion == Question::Equal  ? _CMP_EQ_OQ
                      : kQuestion == Question::Less ? _CMP_LT_OQ
                                                    : _CMP_LE_OQ;
  __m256d w = _mm256_set1_pd(wanted);
  uint64_t bits = 0;
  for (int part = 0; part < 16; ++part) {
    __m256d v = _mm256_cmp_pd(_mm256_loadu_pd(values + part * 4), w, kOp);
    bits |= uint64_t{static_cast<uint32_t>(_mm256_movemask_pd(v))} << (part * 4);
  }
  return bits;
}

struct Baseline {
  template <class T, class View, Question kQuestion>
  static uint64_t word(const T* values, T wanted) {
    return answer_rows<T, View, kQuestion>(values, wanted, 64);
  }
};
struct Avx2 {
  template <class T, class View, Question kQuestion>
  static uint64_t word(const T* values, T wanted) {
    if constexpr (std::is_same_v<T, int64_t>)
      return answer_word_avx2<kQuestion, View>(values, wanted);
    else
      return answer_word_avx2<kQuestion>(values, wanted);
  }
};

template <class Isa, class T, class View, Question kQuestion, bool kNegated>
void mask_rows(const void* array, const void* wanted_at, uint32_t count, uint64_t* mask) {
  const T* values = static_cast<const T*>(array);
  T wanted = View::of(*static_cast<const T*>(wanted_at));
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(wanted)) {  // equal to NaNs, greater than all others
      for (uint32_t i = 0; i < count; ++i) {
        bool answer = std::isnan(values[i]) ? kQuestion != Question::Less : kQuestion != Question::Equal;
        if (answer == kNegated) mask[i / 64] &= ~(uint64_t{1} << (i % 64));
      }
      return;
    }
  }
  for (uint32_t at = 0; at < count; at += 64, ++mask) {
    if (*mask == 0) continue;
    uint32_t rows = std::min<uint32_t>(64, count - at);
    if (rows == 64) {
      uint64_t bits = Isa::template word<T, View, kQuestion>(values + at, wanted);
      *mask &= kNegated ? ~bits : bits;
    } else {
      uint64_t bits = answer_rows<T, View, kQuestion>(values + at, wanted, rows);
      *mask &= (kNegated ? ~bits : bits) | (~uint64_t{0} << rows);
    }
  }
}

using MaskKernel = void (*)(const void*, const void*, uint32_t, uint64_t*);

template <class Isa, class T, class View>
MaskKernel mask_kernel(Comparison comparison) {
  switch (comparison) {
    case Comparison::Equal:
      return &mask_rows<Isa, T, View, Question::Equal, false>;
    case Comparison::NotEqual:
      return &mask_rows<Isa, T, View, Question::Equal, true>;
    case Comparison::Less:
      return &mask_rows<Isa, T, View, Question::Less, false>;
    case Comparison::GreaterEqual:
      return &mask_rows<Isa, T, View, Question::Less, true>;
    case Comparison::LessEqual:
      return &mask_rows<Isa, T, View, Question::LessEqual, false>;
    case Comparison::Greater:
      return &mask_rows<Isa, T, View, Question::LessEqual, true>;
  }
  return nullptr;
}

template <class Isa>
MaskKernel mask_kernel(const Type& type, Comparison comparison) {
  switch (type.id) {
    case TypeId::SmallInt:
      return mask_kernel<Isa, int16_t, Plain>(comparison);
    case TypeId::Integer:
    case TypeId::Date:
      return mask_kernel<Isa, int32_t, Plain>(comparison);
    case TypeId::BigInt:
    case TypeId::Time:
    case TypeId::Timestamp:
    case TypeId::TimestampTz:
      return mask_kernel<Isa, int64_t, Plain>(comparison);
    case TypeId::Real:
      return mask_kernel<Isa, float, Plain>(comparison);
    case TypeId::Double:
      return mask_kernel<Isa, double, Plain>(comparison);
    case TypeId::Numeric:
      if (type.physical() != PhysicalType::Int64) return nullptr;
      return mask_kernel<Isa, int64_t, NanIsGreatest>(comparison);
    default:
      return nullptr;
  }
}

}  // namespace

std::optional<MaskCompare> MaskCompare::of(const Type& type, Comparison comparison, bool baseline) {
  Kernel kernel = !baseline && __builtin_cpu_supports("avx2") ? mask_kernel<Avx2>(type, comparison)
                                                 : mask_kernel<Baseline>(type, comparison);
  if (kernel == nullptr) return std::nullopt;
  return MaskCompare(kernel);
}

}  // namespace rowan
