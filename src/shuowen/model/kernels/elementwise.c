// Steps between the matrices, each of which PyTorch would take in four to nine calls.
//
// Shapes: M rows (tokens), D width, F half of a gated row, N heads of width W. D, F and W / 2 are
// multiples of 16. Rounding is that of PyTorch in bfloat16 where that is part of the network.
#include <math.h>

#include "kernels.h"

#define LOG2_E 1.44269504f

INLINE __m512 rounded(__m512 values) {
  __m512i bits = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(values));
  return _mm512_castsi512_ps(_mm512_slli_epi32(bits, 16));
}

// y = weight * (x / rms(x)), the second factor rounded first.
void rms_norm(const bf16 *x, const bf16 *weight, bf16 *y, isize num_rows, isize width, float eps,
              isize num_threads) {
  #pragma omp parallel for schedule(static) num_threads(num_threads) if (num_rows >= 8)
  for (isize m = 0; m < num_rows; m++) {
    const bf16 *row = x + m * width;
    __m512 squares = _mm512_setzero_ps();
    for (isize d = 0; d < width; d += LANES) {
      __m512 values = widen(row + d);
      squares = _mm512_fmadd_ps(values, values, squares);
    }
    __m512 factor = _mm512_set1_ps(1.0f / sqrtf(_mm512_reduce_add_ps(squares) / width + eps));
    for (isize d = 0; d < width; d += LANES) {
      __m512 normalised = rounded(_mm512_mul_ps(widen(row + d), factor));
      store_bf16(y + m * width + d, _mm512_mul_ps(widen(weight + d), normalised));
    }
  }
}

// y = silu(gate) * up; a row holds its gates, then its ups. The first factor is rounded first.
void swiglu(const bf16 *gate_up, bf16 *y, isize num_rows, isize half, isize num_threads) {
  #pragma omp parallel for schedule(static) num_threads(num_threads) if (num_rows >= 8)
  for (isize m = 0; m < num_rows; m++) {
    const bf16 *gates = gate_up + m * 2 * half, *ups = gates + half;
    for (isize f = 0; f < half; f += LANES) {
      __m512 gate = widen(gates + f), one = _mm512_set1_ps(1.0f);
      __m512 shrunk = exp2_vector(_mm512_mul_ps(gate, _mm512_set1_ps(-LOG2_E)));
      __m512 silu = rounded(_mm512_div_ps(gate, _mm512_add_ps(one, shrunk)));
      store_bf16(y + m * half + f, _mm512_mul_ps(silu, widen(ups + f)));
    }
  }
}

// Turns every pair of channels (i, i + W / 2) of every head by the angle of its row.
void rotate(const bf16 *x, isize row_stride, const bf16 *cosines, const bf16 *sines, bf16 *y,
            isize num_rows, isize num_heads, isize width, isize num_threads) {
  isize half = width / 2;
  #pragma omp parallel for schedule(static) num_threads(num_threads) if (num_rows >= 8)
  for (isize m = 0; m < num_rows; m++)
    for (isize n = 0; n < num_heads; n++) {
      const bf16 *from = x + m * row_stride + n * width;
      bf16 *to = y + (m * num_heads + n) * width;
      for (isize i = 0; i < half; i += LANES) {
        __m512 left = widen(from + i), right = widen(from + half + i);
        __m512 cosine = widen(cosines + m * width + i), sine = widen(sines + m * width + i);
        __m512 turned = _mm512_fmsub_ps(left, cosine, _mm512_mul_ps(right, sine));
        store_bf16(to + i, turned);
        turned = _mm512_fmadd_ps(right, cosine, _mm512_mul_ps(left, sine));
        store_bf16(to + half + i, turned);
      }
    }
}
