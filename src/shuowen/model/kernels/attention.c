// Attention for a batch of sequences, exact, over keys and values in pages or in a row.
//
// One call serves all: tiles of the vision encoder, chunks of prompts, single tokens while decoding.
// Keys and values are first packed so that one instruction multiplies 16 keys (or channels) by a
// pair of a query's channels (or probabilities); then rows are taken eight at a time, over chunks of
// keys, with a running maximum (FlashAttention, arXiv 2205.14135, algorithm 1). A row is one query of
// one head; heads that share keys (grouped queries) stand in the same block and share the loads.
//
// Shapes: queries (T, heads, width), keys and values (rows, kv_heads, width), output as the queries;
// all bfloat16. width is 64 or 128.
#include <math.h>

#include "kernels.h"

#define ROWS 8
#define CHUNK 256  // keys for which scores are held at once
#define KEY_BLOCK 32
#define UNROLL _Pragma("GCC unroll 8")

INLINE isize round_up(isize value, isize step) { return (value + step - 1) / step * step; }

INLINE isize key_row(const Attention *a, isize s, isize key) {
  if (!a->pages) return a->key_begin[s] + key;
  return a->pages[s * a->max_pages + key / a->page_tokens] * a->page_tokens + key % a->page_tokens;
}

// Where the packed keys of one sequence and head begin; its values follow.
INLINE bf16 *packed_keys(const Attention *a, isize s, isize head) {
  isize keys = round_up(a->num_keys[s], KEY_BLOCK);
  return a->scratch + (a->scratch_begin[s] * a->kv_heads + head * keys) * 2 * a->width;
}

INLINE bf16 *packed_values(const Attention *a, isize s, isize head) {
  return packed_keys(a, s, head) + round_up(a->num_keys[s], KEY_BLOCK) * a->width;
}

// Turns 16 vectors of 16 four-byte values: row r of what comes in is column r of what goes out.
INLINE void transpose(__m512i rows[LANES]) {
  __m512i t[LANES];
  for (int i = 0; i < LANES; i += 2) {
    t[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
  }
  for (int i = 0; i < LANES; i += 4) {
    rows[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    rows[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    rows[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    rows[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  for (int i = 0; i < 4; i++) {
    t[i] = _mm512_shuffle_i32x4(rows[i], rows[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4(rows[i], rows[i + 4], 0xDD);
    t[i + 8] = _mm512_shuffle_i32x4(rows[i + 8], rows[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4(rows[i + 8], rows[i + 12], 0xDD);
  }
  for (int i = 0; i < 8; i++) {
    rows[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    rows[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xDD);
  }
}

// Keys: blocks of 16, within a block by pairs of channels, then by key.
static void pack_keys(const Attention *a, const bf16 *const from[LANES], bf16 *to) {
  for (isize channel = 0; channel < a->width; channel += PAIRS) {
    __m512i rows[LANES];
    for (int key = 0; key < LANES; key++)
      rows[key] = from[key] ? _mm512_loadu_si512(from[key] + channel) : _mm512_setzero_si512();
    transpose(rows);
    for (int pair = 0; pair < LANES; pair++)
      _mm512_storeu_si512(to + (channel / 2 + pair) * PAIRS, rows[pair]);
  }
}

// Values: pairs of keys, within a pair by channel, then by key.
static void pack_values(const Attention *a, const bf16 *even, const bf16 *odd, bf16 *to) {
  for (isize channel = 0; channel < a->width; channel += LANES) {
    __m512i low = _mm512_setzero_si512(), high = low;
    if (even) low = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(even + channel)));
    if (odd) high = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(odd + channel)));
    _mm512_storeu_si512(to + 2 * channel, _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
  }
}

static void pack_block(const Attention *a, isize s, isize head, isize begin) {
  bf16 *keys = packed_keys(a, s, head), *values = packed_values(a, s, head);
  const bf16 *k[KEY_BLOCK], *v[KEY_BLOCK];
  for (int i = 0; i < KEY_BLOCK; i++) {
    int is_there = begin + i < a->num_keys[s];
    isize at = is_there ? key_row(a, s, begin + i) * a->key_stride + head * a->width : 0;
    k[i] = is_there ? a->keys + at : 0;
    v[i] = is_there ? a->values + at : 0;
  }
  for (int i = 0; i < KEY_BLOCK; i += LANES) pack_keys(a, k + i, keys + (begin + i) * a->width);
  for (int i = 0; i < KEY_BLOCK; i += 2) pack_values(a, v[i], v[i + 1], values + (begin + i) * a->width);
}

INLINE __m512bh broadcast_pair(const bf16 *pair) {
  int32_t both;
  __builtin_memcpy(&both, pair, sizeof both);
  return (__m512bh)_mm512_set1_epi32(both);
}

typedef struct {
  const bf16 *query[ROWS];
  isize limit[ROWS];  // keys that a row may see, counted from the first
  float maximum[ROWS], total[ROWS];
  float scores[ROWS][CHUNK];
  bf16 probabilities[ROWS][CHUNK];
  float output[ROWS][128];
} Block;

// scores[row][key] = query · key for 32 keys.
static void score(const Attention *a, Block *b, const bf16 *keys, isize at) {
  __m512 sums[ROWS][2];
  UNROLL for (int r = 0; r < ROWS; r++) sums[r][0] = sums[r][1] = _mm512_setzero_ps();
  const bf16 *next = keys + LANES * a->width;
  for (isize channel = 0; channel < a->width; channel += 2) {
    __m512bh first = load_bf16(keys + channel * LANES), second = load_bf16(next + channel * LANES);
    UNROLL for (int r = 0; r < ROWS; r++) {
      __m512bh query = broadcast_pair(b->query[r] + channel);
      sums[r][0] = _mm512_dpbf16_ps(sums[r][0], query, first);
      sums[r][1] = _mm512_dpbf16_ps(sums[r][1], query, second);
    }
  }
  UNROLL for (int r = 0; r < ROWS; r++) {
    _mm512_storeu_ps(b->scores[r] + at, sums[r][0]);
    _mm512_storeu_ps(b->scores[r] + at + LANES, sums[r][1]);
  }
}

// output[row] = output[row] * decay[row] + probabilities[row] · values, for 64 channels, 4 rows.
static void mix(const Attention *a, Block *b, const bf16 *values, isize num_keys, int row,
                isize channel, const float *decay) {
  __m512 sums[4][4];
  UNROLL for (int r = 0; r < 4; r++)
    UNROLL for (int c = 0; c < 4; c++)
      sums[r][c] = _mm512_mul_ps(_mm512_loadu_ps(b->output[row + r] + channel + c * LANES),
                                 _mm512_set1_ps(decay[row + r]));
  for (isize key = 0; key < num_keys; key += 2) {
    const bf16 *pair = values + key * a->width + 2 * channel;
    __m512bh value[4];
    UNROLL for (int c = 0; c < 4; c++) value[c] = load_bf16(pair + c * PAIRS);
    UNROLL for (int r = 0; r < 4; r++) {
      __m512bh probability = broadcast_pair(b->probabilities[row + r] + key);
      UNROLL for (int c = 0; c < 4; c++)
        sums[r][c] = _mm512_dpbf16_ps(sums[r][c], probability, value[c]);
    }
  }
  UNROLL for (int r = 0; r < 4; r++)
    UNROLL for (int c = 0; c < 4; c++)
      _mm512_storeu_ps(b->output[row + r] + channel + c * LANES, sums[r][c]);
}

// Scores of a row to probabilities; returns what the earlier output shrinks by.
static float soften(Block *b, int r, isize begin, isize num_keys, float scale) {
  __m512 largest = _mm512_set1_ps(-INFINITY), sum = _mm512_setzero_ps();
  for (isize key = 0; key < num_keys; key += LANES) {
    __m512 scores = _mm512_mul_ps(_mm512_loadu_ps(b->scores[r] + key), _mm512_set1_ps(scale));
    isize seen = b->limit[r] - begin - key;
    __mmask16 mask = seen >= LANES ? 0xFFFF : seen <= 0 ? 0 : (1u << seen) - 1;
    scores = _mm512_mask_blend_ps(mask, _mm512_set1_ps(-INFINITY), scores);
    largest = _mm512_max_ps(largest, scores);
    _mm512_storeu_ps(b->scores[r] + key, scores);
  }
  float maximum = fmaxf(b->maximum[r], _mm512_reduce_max_ps(largest));
  for (isize key = 0; key < num_keys; key += LANES) {
    __m512 scores = _mm512_loadu_ps(b->scores[r] + key);
    __m512 p = exp2_vector(_mm512_sub_ps(scores, _mm512_set1_ps(maximum)));
    sum = _mm512_add_ps(sum, p);
    store_bf16(b->probabilities[r] + key, p);
  }
  float decay = exp2f(b->maximum[r] - maximum);
  b->maximum[r] = maximum;
  b->total[r] = b->total[r] * decay + _mm512_reduce_add_ps(sum);
  return decay;
}

// The row-th row of a sequence: its query token, and its head among those of one key-value head.
INLINE isize row_offset(const Attention *a, isize s, isize head, isize row, isize stride) {
  isize group = a->heads / a->kv_heads;
  return (a->query_begin[s] + row / group) * stride + (head * group + row % group) * a->width;
}

static isize start(const Attention *a, Block *b, isize s, isize head, isize row, isize num_rows) {
  isize group = a->heads / a->kv_heads, longest = 0;
  for (int r = 0; r < ROWS; r++) {
    isize this_row = row + r < num_rows ? row + r : num_rows - 1;  // a short block repeats its last
    isize hidden = a->is_causal ? a->num_queries[s] - 1 - this_row / group : 0;
    b->query[r] = a->queries + row_offset(a, s, head, this_row, a->query_stride);
    b->limit[r] = a->num_keys[s] - hidden;
    b->maximum[r] = -INFINITY;
    b->total[r] = 0;
    __builtin_memset(b->output[r], 0, sizeof b->output[r]);
    if (b->limit[r] > longest) longest = b->limit[r];
  }
  return longest;
}

static void attend(const Attention *a, isize s, isize head, isize row) {
  Block block, *b = &block;
  isize num_rows = a->num_queries[s] * (a->heads / a->kv_heads);
  isize longest = start(a, b, s, head, row, num_rows);
  const bf16 *keys = packed_keys(a, s, head), *values = packed_values(a, s, head);
  for (isize begin = 0; begin < longest; begin += CHUNK) {
    isize num_keys = round_up(longest - begin < CHUNK ? longest - begin : CHUNK, KEY_BLOCK);
    for (isize key = 0; key < num_keys; key += KEY_BLOCK)
      score(a, b, keys + (begin + key) * a->width, key);
    float decay[ROWS];
    for (int r = 0; r < ROWS; r++) decay[r] = soften(b, r, begin, num_keys, a->scale);
    for (int r = 0; r < ROWS; r += 4)
      for (isize channel = 0; channel < a->width; channel += 64)
        mix(a, b, values + begin * a->width, num_keys, r, channel, decay);
  }
  for (int r = 0; r < ROWS && row + r < num_rows; r++) {
    bf16 *to = a->output + row_offset(a, s, head, row + r, a->output_stride);
    for (isize c = 0; c < a->width; c += LANES)
      store_bf16(to + c, _mm512_div_ps(_mm512_loadu_ps(b->output[r] + c), _mm512_set1_ps(b->total[r])));
  }
}

void attention(const Attention *a) {
  #pragma omp parallel num_threads(a->num_threads)
  for (isize s = 0; s < a->num_sequences; s++) {
    #pragma omp for schedule(static) collapse(2)
    for (isize head = 0; head < a->kv_heads; head++)
      for (isize begin = 0; begin < a->num_keys[s]; begin += KEY_BLOCK) pack_block(a, s, head, begin);
    #pragma omp for schedule(dynamic) collapse(2) nowait
    for (isize head = 0; head < a->kv_heads; head++)
      for (isize row = 0; row < a->num_queries[s] * (a->heads / a->kv_heads); row += ROWS)
        attend(a, s, head, row);
  }
}
