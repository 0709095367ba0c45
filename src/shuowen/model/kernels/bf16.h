// bfloat16 with AVX-512: what all kernels here share.
#pragma once
#include <immintrin.h>
#include <stdint.h>

#if !defined(__AVX512BF16__) || !defined(__AVX512BW__) || !defined(__AVX512VL__)
#error "These kernels are for processors with AVX512_BF16."
#endif

typedef uint16_t bf16;
typedef long isize;

#define LANES 16      // float32 values of one vector
#define PAIRS 32      // bfloat16 values of one vector
#define INLINE static inline __attribute__((always_inline))

INLINE __m512bh load_bf16(const bf16 *from) { return (__m512bh)_mm512_loadu_si512(from); }

INLINE float to_float(bf16 value) {
  union { uint32_t bits; float value; } both = {(uint32_t)value << 16};
  return both.value;
}

INLINE bf16 from_float(float value) {
  union { __m128bh vector; bf16 values[8]; } both;
  both.vector = _mm_cvtneps_pbh(_mm_set_ss(value));
  return both.values[0];
}

INLINE void store_bf16(bf16 *to, __m512 values) {
  _mm256_storeu_si256((__m256i *)to, (__m256i)_mm512_cvtneps_pbh(values));
}

INLINE __m512 widen(const bf16 *from) {
  __m512i bits = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)from));
  return _mm512_castsi512_ps(_mm512_slli_epi32(bits, 16));
}

// 2^x, 0 far below; a NaN stays one. Taylor terms for 2^f, |f| ≤ 1/2: error below 3e-6, far under the
// 2^-9 to which results are rounded.
INLINE __m512 exp2_vector(__m512 x) {
  x = _mm512_max_ps(_mm512_set1_ps(-150.0f), x);
  __m512 whole = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m512 f = _mm512_sub_ps(x, whole), p = _mm512_set1_ps(1.3333558e-3f);
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(9.6181291e-3f));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(5.5504109e-2f));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(2.4022651e-1f));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(6.9314718e-1f));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(1.0f));
  return _mm512_scalef_ps(p, whole);
}
