// Packed weights to bfloat16, for products with so many rows that a matrix product pays.
//
// Shapes: W (N, K) int8 or packed int4 as in linear.c, result (N, K) bfloat16. Each value is scaled in
// float32 and rounded once.
#include "kernels.h"

void unpack_int8(const int8_t *weight, const float *scale, bf16 *y, isize num_columns, isize width,
                 isize num_threads) {
  #pragma omp parallel for schedule(static) num_threads(num_threads)
  for (isize n = 0; n < num_columns; n++) {
    __m512 factor = _mm512_set1_ps(scale[n]);
    for (isize k = 0; k < width; k += LANES) {
      __m128i packed = _mm_loadu_si128((const __m128i *)(weight + n * width + k));
      __m512 values = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(packed));
      store_bf16(y + n * width + k, _mm512_mul_ps(values, factor));
    }
  }
}

static void unpack_half(__m512i nibbles, float scale, bf16 *y) {
  __m512 values = _mm512_cvtepi32_ps(_mm512_sub_epi32(nibbles, _mm512_set1_epi32(8)));
  store_bf16(y, _mm512_mul_ps(values, _mm512_set1_ps(scale)));
}

void unpack_int4(const uint8_t *weight, const bf16 *scale, bf16 *y, isize num_columns, isize width,
                 isize num_threads) {
  #pragma omp parallel for schedule(static) num_threads(num_threads)
  for (isize n = 0; n < num_columns; n++)
    for (isize k = 0; k < width; k += LANES) {
      isize run = k / (2 * PAIRS), place = k % PAIRS;
      const uint8_t *from = weight + n * width / 2 + run * PAIRS + place;
      __m512i bytes = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)from));
      if (k % (2 * PAIRS) >= PAIRS) bytes = _mm512_srli_epi32(bytes, 4);
      float factor = to_float(scale[(n * width + k) / PAIRS]);
      unpack_half(_mm512_and_si512(bytes, _mm512_set1_epi32(15)), factor, y + n * width + k);
    }
}
