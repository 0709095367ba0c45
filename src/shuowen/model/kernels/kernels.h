// What the kernels offer to one another and to Python; shapes are told where each is defined.
#pragma once
#include "bf16.h"

typedef struct {
  const bf16 *queries, *keys, *values;
  bf16 *output, *scratch;
  isize query_stride, key_stride, output_stride;  // elements from one token to the next
  isize num_sequences, heads, kv_heads, width;
  const isize *query_begin, *num_queries, *num_keys, *scratch_begin;  // for each sequence
  const isize *key_begin;  // first row of each sequence; used where there are no pages
  const int32_t *pages;    // (num_sequences, max_pages) or null
  isize max_pages, page_tokens, is_causal, num_threads;
  float scale;
} Attention;

void attention(const Attention *a);

typedef void LinearKernel(const bf16 *x, const void *weight, const void *scale, const bf16 *bias,
                          bf16 *y, isize num_rows, isize num_columns, isize width,
                          isize num_threads);
LinearKernel linear_bf16, linear_int8, linear_int4;

void rms_norm(const bf16 *x, const bf16 *weight, bf16 *y, isize num_rows, isize width, float eps,
              isize num_threads);
void swiglu(const bf16 *gate_up, bf16 *y, isize num_rows, isize half, isize num_threads);
void rotate(const bf16 *x, isize row_stride, const bf16 *cosines, const bf16 *sines, bf16 *y,
            isize num_rows, isize num_heads, isize width, isize num_threads);
