// y = x W^T + b for few rows x, as while decoding: every weight is read from memory once, and
// reading them is all the time that it should take.
//
// Shapes: x (M, K) bfloat16; W (N, K) bfloat16, int8 or packed int4; y (M, N) bfloat16; b (N)
// bfloat16 or null. K is a multiple of 32, for int4 of 64. Rows go in blocks of up to 8; columns in
// blocks of 64, which stay in the cache while the blocks of rows pass over them.
#include "kernels.h"

#define COLUMN_BLOCK 64
#define ROW_BLOCK 8
#define PREFETCH_BYTES 2048  // ahead in the stream of weights; a column is short, so it crosses them
#define ROWS_IN_CACHE_BYTES 24576  // of 32 KB; wider rows are loaded once for several columns
#define UNROLL _Pragma("GCC unroll 8")

typedef struct {
  const void *weight;
  const void *scale;  // int8: float32 (N); int4: bfloat16 (N, K / 32)
  const bf16 *bias;
  isize num_columns, width;
} Weights;

INLINE __m512bh weights_bf16(const Weights *w, isize n, isize k) {
  const bf16 *at = (const bf16 *)w->weight + n * w->width + k;
  _mm_prefetch((const char *)at + PREFETCH_BYTES, _MM_HINT_T0);
  return load_bf16(at);
}

// Numbers from -128 to 127 are exact in bfloat16; the scale comes after the sum.
INLINE __m512bh weights_int8(const Weights *w, isize n, isize k) {
  const int8_t *at = (const int8_t *)w->weight + n * w->width + k;
  _mm_prefetch((const char *)at + PREFETCH_BYTES, _MM_HINT_T0);
  __m512 low = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)at)));
  __m512 high = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)at + 1)));
  return _mm512_cvtne2ps_pbh(high, low);
}

INLINE void finish(const Weights *w, bf16 *y, isize n, int m, __m512 sum, float scale) {
  float value = _mm512_reduce_add_ps(sum) * scale;
  if (w->bias) value += to_float(w->bias[n]);
  y[m * w->num_columns + n] = from_float(value);
}

#define EACH(M, C) UNROLL for (int c = 0; c < C; c++) UNROLL for (int m = 0; m < M; m++)

// C columns from n against M rows. Both are written as numbers: the sums must stay in registers.
#define COLUMNS(NAME, LOAD, SCALE, M, C)                                                    \
  static void NAME##_##M##x##C(const Weights *w, const bf16 *x, bf16 *y, isize n) {         \
    __m512 sums[C][M];                                                                      \
    EACH(M, C) sums[c][m] = _mm512_setzero_ps();                                            \
    for (isize k = 0; k < w->width; k += PAIRS) {                                           \
      __m512bh rows[M];                                                                     \
      UNROLL for (int m = 0; m < M; m++) rows[m] = load_bf16(x + m * w->width + k);         \
      UNROLL for (int c = 0; c < C; c++) {                                                  \
        __m512bh column = LOAD(w, n + c, k);                                                \
        UNROLL for (int m = 0; m < M; m++)                                                  \
          sums[c][m] = _mm512_dpbf16_ps(sums[c][m], rows[m], column);                       \
      }                                                                                     \
    }                                                                                       \
    EACH(M, C) finish(w, y, n + c, m, sums[c][m], SCALE);                                   \
  }

// -8 … 7 in bfloat16, twice, so that only the low four bits of an index count.
static const bf16 NIBBLES[PAIRS] __attribute__((aligned(64))) = {
  0xC100, 0xC0E0, 0xC0C0, 0xC0A0, 0xC080, 0xC040, 0xC000, 0xBF80,
  0x0000, 0x3F80, 0x4000, 0x4040, 0x4080, 0x40A0, 0x40C0, 0x40E0,
  0xC100, 0xC0E0, 0xC0C0, 0xC0A0, 0xC080, 0xC040, 0xC000, 0xBF80,
  0x0000, 0x3F80, 0x4000, 0x4040, 0x4080, 0x40A0, 0x40C0, 0x40E0,
};

INLINE __m512 scaled(const bf16 *scale, __m512 sum, const bf16 *x, __m512bh column) {
  __m512 part = _mm512_dpbf16_ps(_mm512_setzero_ps(), load_bf16(x), column);
  return _mm512_fmadd_ps(part, _mm512_set1_ps(to_float(*scale)), sum);
}

// int4: 32 bytes hold 64 weights, byte j weight j in its low and weight j + 32 in its high four
// bits; both halves have a scale of their own.
#define NIBBLE_COLUMNS(NAME, LOAD, SCALE, M, C)                                             \
  static void NAME##_##M##x##C(const Weights *w, const bf16 *x, bf16 *y, isize n) {         \
    __m512 sums[C][M];                                                                      \
    __m512i table = _mm512_load_si512(NIBBLES);                                             \
    EACH(M, C) sums[c][m] = _mm512_setzero_ps();                                            \
    for (isize k = 0; k < w->width; k += 2 * PAIRS)                                         \
      UNROLL for (int c = 0; c < C; c++) {                                                  \
        const uint8_t *at = (const uint8_t *)w->weight + ((n + c) * w->width + k) / 2;      \
        const bf16 *scale = (const bf16 *)w->scale + ((n + c) * w->width + k) / PAIRS;      \
        _mm_prefetch((const char *)at + PREFETCH_BYTES, _MM_HINT_T0);                       \
        __m512i bytes = _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)at));      \
        __m512bh low = (__m512bh)_mm512_permutexvar_epi16(bytes, table);                    \
        bytes = _mm512_srli_epi16(bytes, 4);                                                \
        __m512bh high = (__m512bh)_mm512_permutexvar_epi16(bytes, table);                   \
        UNROLL for (int m = 0; m < M; m++) {                                                \
          const bf16 *row = x + m * w->width + k;                                           \
          sums[c][m] = scaled(scale, sums[c][m], row, low);                                 \
          sums[c][m] = scaled(scale + 1, sums[c][m], row + PAIRS, high);                    \
        }                                                                                   \
      }                                                                                     \
    EACH(M, C) finish(w, y, n + c, m, sums[c][m], SCALE);                                   \
  }

#define RUN(NAME, M, C)                                                  \
  for (; n + C <= end; n += C) NAME##_##M##x##C(w, x, y, n);

#define CASE(NAME, M, C)                                                 \
  case M:                                                                \
    if (is_wide) RUN(NAME, M, C)                                         \
    RUN(NAME, M, 1)                                                      \
    break;

#define BOTH(KIND, NAME, LOAD, SCALE, M, C) \
  KIND(NAME, LOAD, SCALE, M, C) KIND(NAME, LOAD, SCALE, M, 1)

#define LINEAR(NAME, KIND, LOAD, SCALE)                                                       \
  KIND(NAME, LOAD, SCALE, 1, 1) BOTH(KIND, NAME, LOAD, SCALE, 2, 4)                           \
  BOTH(KIND, NAME, LOAD, SCALE, 3, 4) BOTH(KIND, NAME, LOAD, SCALE, 4, 4)                     \
  BOTH(KIND, NAME, LOAD, SCALE, 5, 2) BOTH(KIND, NAME, LOAD, SCALE, 6, 2)                     \
  BOTH(KIND, NAME, LOAD, SCALE, 7, 2) BOTH(KIND, NAME, LOAD, SCALE, 8, 2)                     \
  static void NAME##_block(const Weights *w, const bf16 *x, bf16 *y, int m, isize n, isize end) { \
    int is_wide = m * w->width * 2 > ROWS_IN_CACHE_BYTES;                                     \
    switch (m) {                                                                              \
      case 1: RUN(NAME, 1, 1) break;                                                          \
      CASE(NAME, 2, 4) CASE(NAME, 3, 4) CASE(NAME, 4, 4)                                      \
      CASE(NAME, 5, 2) CASE(NAME, 6, 2) CASE(NAME, 7, 2) CASE(NAME, 8, 2)                     \
    }                                                                                         \
  }                                                                                           \
  void NAME(const bf16 *x, const void *weight, const void *scale, const bf16 *bias, bf16 *y, \
            isize num_rows, isize num_columns, isize width, isize num_threads) {              \
    Weights w = {weight, scale, bias, num_columns, width};                                    \
    isize num_blocks = (num_columns + COLUMN_BLOCK - 1) / COLUMN_BLOCK;                       \
    _Pragma("omp parallel for schedule(static) num_threads(num_threads)")                     \
    for (isize block = 0; block < num_blocks; block++) {                                      \
      isize begin = block * COLUMN_BLOCK;                                                     \
      isize end = begin + COLUMN_BLOCK < num_columns ? begin + COLUMN_BLOCK : num_columns;    \
      for (isize row = 0; row < num_rows; row += ROW_BLOCK) {                                 \
        int m = num_rows - row < ROW_BLOCK ? num_rows - row : ROW_BLOCK;                      \
        NAME##_block(&w, x + row * width, y + row * num_columns, m, begin, end);              \
      }                                                                                       \
    }                                                                                         \
  }

LINEAR(linear_bf16, COLUMNS, weights_bf16, 1.0f)
LINEAR(linear_int8, COLUMNS, weights_int8, ((const float *)w->scale)[n + c])
LINEAR(linear_int4, NIBBLE_COLUMNS, , 1.0f)
