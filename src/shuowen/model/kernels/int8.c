// The two ends of a product of int8 matrices: rows to int8 before it, its sums to bfloat16 after.
//
// Shapes: x (M, K) bfloat16, q (M, K) int8, sums (M, N) int32, y (M, N) bfloat16. K and N are
// multiples of 16. Every row of x has a scale of its own, because a few channels are far larger in
// some rows than in others.
#include <math.h>

#include "bf16.h"

static float largest(const bf16 *row, isize width) {
  __m512i most = _mm512_setzero_si512();
  for (isize k = 0; k < width; k += LANES)  // as integers, where NaN is larger than any number
    most = _mm512_max_epi32(most, _mm512_castps_si512(_mm512_abs_ps(widen(row + k))));
  union { int32_t bits; float value; } both = {_mm512_reduce_max_epi32(most)};
  return both.value;
}

void quantise_rows(const bf16 *x, int8_t *q, float *scale, isize num_rows, isize width,
                   isize num_threads) {
  #pragma omp parallel for schedule(static) num_threads(num_threads)
  for (isize m = 0; m < num_rows; m++) {
    float most = largest(x + m * width, width);  // NaN goes on in the scale
    __m512 factor = _mm512_set1_ps(most > 0 ? 127.0f / most : 0.0f);
    scale[m] = most / 127.0f;
    for (isize k = 0; k < width; k += LANES) {
      __m512i whole = _mm512_cvtps_epi32(_mm512_mul_ps(widen(x + m * width + k), factor));
      _mm_storeu_si128((__m128i *)(q + m * width + k), _mm512_cvtsepi32_epi8(whole));
    }
  }
}

void scale_sums(const int32_t *sums, const float *row_scale, const float *column_scale,
                const bf16 *bias, bf16 *y, isize num_rows, isize num_columns, isize num_threads) {
  #pragma omp parallel for schedule(static) num_threads(num_threads)
  for (isize m = 0; m < num_rows; m++) {
    __m512 row = _mm512_set1_ps(row_scale[m]);
    for (isize n = 0; n < num_columns; n += LANES) {
      __m512 value = _mm512_cvtepi32_ps(_mm512_loadu_si512(sums + m * num_columns + n));
      __m512 scale = _mm512_mul_ps(row, _mm512_loadu_ps(column_scale + n));
      __m512 offset = bias ? widen(bias + n) : _mm512_setzero_ps();
      store_bf16(y + m * num_columns + n, _mm512_fmadd_ps(value, scale, offset));
    }
  }
}
