// All layers of the language model for few rows, as while decoding, in one call.
//
// The same kernels in the same order as when each is called for itself, so the numbers are the same;
// what is saved is the way there and back, some twenty times a layer.
//
// Shapes: x (M, D), one row a token; cosines and sines (M, W); slots (M), where in the cache each
// row's key and value go.

#include "kernels.h"

typedef struct {
  const void *weight, *scale;
  const bf16 *bias;
  isize num_columns, width;
  isize bits;  // 16, 8 or 4
} Linear;

typedef struct {
  const bf16 *attention_norm, *mlp_norm;
  Linear qkv, out, gate_up, down;
  bf16 *keys, *values;
} Layer;

typedef struct {
  const bf16 *cosines, *sines;
  const int64_t *slots;
  bf16 *x, *normed;           // (M, D)
  bf16 *wide, *rotated;       // room for what each layer makes of them
  bf16 *mixed;                // (M, heads · W)
  isize num_rows, num_layers;
  float eps;
} Rows;

static void linear(const Linear *l, const bf16 *x, bf16 *y, isize num_rows, isize num_threads) {
  LinearKernel *kernel = l->bits == 16 ? linear_bf16 : l->bits == 8 ? linear_int8 : linear_int4;
  kernel(x, l->weight, l->scale, l->bias, y, num_rows, l->num_columns, l->width, num_threads);
}

static void add(bf16 *x, const bf16 *change, isize count) {
  for (isize i = 0; i < count; i += LANES)
    store_bf16(x + i, _mm512_add_ps(widen(x + i), widen(change + i)));
}

// Rows of queries, keys and values: the first two are turned, the last two go into the cache.
static void turn_and_store(const Rows *r, const Layer *layer, const Attention *a) {
  isize heads = a->heads, groups = a->kv_heads, width = a->width;
  isize row = (heads + 2 * groups) * width, turned = (heads + groups) * width, kept = groups * width;
  rotate(r->wide, row, r->cosines, r->sines, r->rotated, r->num_rows, heads + groups, width,
         a->num_threads);
  for (isize m = 0; m < r->num_rows; m++) {
    isize at = r->slots[m] * kept;
    __builtin_memcpy(layer->keys + at, r->rotated + m * turned + heads * width, kept * sizeof(bf16));
    __builtin_memcpy(layer->values + at, r->wide + m * row + turned, kept * sizeof(bf16));
  }
}

void run_layers(const Layer *layers, const Rows *r, const Attention *shared) {
  Attention a = *shared;
  isize m = r->num_rows, threads = a.num_threads;
  a.queries = r->rotated;
  a.query_stride = (a.heads + a.kv_heads) * a.width;
  a.output = r->mixed;
  for (const Layer *layer = layers; layer < layers + r->num_layers; layer++) {
    isize width = layer->qkv.width;
    rms_norm(r->x, layer->attention_norm, r->normed, m, width, r->eps, threads);
    linear(&layer->qkv, r->normed, r->wide, m, threads);
    turn_and_store(r, layer, &a);
    a.keys = layer->keys;
    a.values = layer->values;
    attention(&a);
    linear(&layer->out, r->mixed, r->normed, m, threads);
    add(r->x, r->normed, m * width);
    rms_norm(r->x, layer->mlp_norm, r->normed, m, width, r->eps, threads);
    linear(&layer->gate_up, r->normed, r->wide, m, threads);
    swiglu(r->wide, r->rotated, m, layer->down.width, threads);
    linear(&layer->down, r->rotated, r->normed, m, threads);
    add(r->x, r->normed, m * width);
  }
}
