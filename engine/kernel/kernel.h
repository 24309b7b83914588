// What the C kernels and their Go callers share. layout.go describes packed weights;
// linear_plain.go defines what the products compute.
#ifndef GREENFILL_KERNEL_H
#define GREENFILL_KERNEL_H

#include <stddef.h>
#include <stdint.h>

enum { PANEL = 32, STRIP = 16, LINE = 64, BLOCK = 32, UNIT_BLOCKS = 8, MOST_TILE = 128 };

// GGUF's numbers of the tensor types.
enum {
	TYPE_F32 = 0, TYPE_F16 = 1, TYPE_Q4_0 = 2, TYPE_Q4_1 = 3, TYPE_Q5_0 = 6, TYPE_Q5_1 = 7,
	TYPE_Q8_0 = 8, TYPE_Q2_K = 10, TYPE_Q3_K = 11, TYPE_Q4_K = 12, TYPE_Q5_K = 13,
	TYPE_Q6_K = 14, TYPE_IQ4_NL = 20, TYPE_BF16 = 30, TYPE_COUNT = 31
};

// A record is one block of 32 activations of one vector, quantised: one cache line. For
// weights in units of 256 columns, the K types, the 8 records of a unit share one scale.
// Weights whose codes are centred are multiplied as code+bias, an unsigned byte; the
// accumulators then start at minus bias times the activations' sum, in whatever form
// the instruction set's accumulators have.
typedef struct {
	int8_t code[32];
	float scale;      // value = scale*code
	float sum;        // of the 32 values
	float half_sum[2]; // of the first and last 16 values
	int32_t start;    // accumulator start for all 32
	int32_t half_start[2];
	int16_t two_sums[2]; // of the codes of this block and of the next; only AVX2, in a unit's even blocks
} record;

// A quantiser turns blocks [from, to) of n vectors, x [n][cols], into records
// [cols/32][n], so many of them together with one scale: 1, or 8 for the K types.
typedef void quantise_fn(record *r, const float *x, int n, int cols, int from, int to, int together);

// A tile adds the products of a panel and n vectors to sums. w is at the first of the
// blocks; a is the first block's first record, stride records to the next block; sums is
// [n][16] for the first strip of rows, second for the second. n is at most MOST_TILE.
typedef struct {
	const uint8_t *w;
	int blocks;
	const record *a;
	size_t stride;
	int n;
	float *sums, *second;
} tile;

typedef void tile_fn(const tile *t);

// An attention lets rows queries [rows][dim], group of them for each vector, see the first
// seen[i] positions of one head of a segment. highest, total and out hold the state of
// the running softmax.
typedef struct {
	int rows, group, dim;
	const float *q;
	const uint16_t *k, *v;
	const int32_t *seen; // [rows/group]
	float *out, *highest, *total;
} attention;

// A float_tile adds the products of a panel of float weights, [cols][32], and columns vectors,
// x [columns][stride], to sums [columns][32].
typedef void float_tile_fn(const uint8_t *w, int cols, const float *x, size_t stride, int columns, float *sums);

// A path is the set of loops for one instruction set.
typedef struct {
	const char *name;
	int (*available)(void);
	void (*swiglu)(float *gate, const float *up, int n);
	void (*add)(float *dst, const float *x, int n);
	void (*rms_norm)(float *dst, const float *x, const float *weight, int width, float eps);
	void (*rope)(float *head, const float *cosine, const float *sine, int half, int halves);
	void (*log_sum_exp)(const float *x, int n, float scale, float *highest, double *sum);
	int (*next_at_least)(const float *x, int i, int n, float floor);
	void (*attend)(const attention *a);
	void (*store_position)(uint16_t *k, uint16_t *v, const float *key, const float *value, int pos, int dim);
	uint64_t (*read_bytes)(const uint8_t *p, size_t n);
	uint64_t (*multiply_codes)(int rounds);
	quantise_fn *quantise;
	tile_fn *tiles[TYPE_COUNT];             // for quantised types
	float_tile_fn *float_tiles[TYPE_COUNT]; // for the others
} path;

// greenfill_path returns the i-th path that was compiled in, the fastest first; NULL after
// the last.
const path *greenfill_path(int i);

int greenfill_available(const path *p);

// A team is a set of threads that share the work of one call, see team.h. Without one,
// or if no thread could be started, the caller works alone. Its threads have the priority
// of the thread that makes it.
typedef struct team team;
team *greenfill_new_team(int threads); // NULL if there is no memory
void greenfill_end_team(team *t);

// These run the steps of a forward pass on a team, one call after the other. What they do
// is said at the plain versions in Go.
void greenfill_swiglu(team *t, const path *p, float *gate, const float *up, int n);
void greenfill_add(team *t, const path *p, float *dst, const float *x, int n);
void greenfill_rms_norm(team *t, const path *p, float *dst, const float *x, const float *weight, int n, int width, float eps);
void greenfill_rope(team *t, const path *p, float *x, int n, int width, int half, const int64_t *positions,
	const float *cosine, const float *sine, int halves);
void greenfill_log_sum_exp(team *t, const path *p, const float *x, int n, int width, float scale, float *highest, double *sum);

// greenfill_candidates writes the first room indices of vector i's values that are at
// least floor[i] to tokens[i*room], and the number of all that are to counts[i].
void greenfill_candidates(team *t, const path *p, const float *x, int n, int width, const float *floor, int room,
	int32_t *tokens, int32_t *counts);

// greenfill_quantise turns n vectors x [n][cols] into records [cols/32][n].
void greenfill_quantise(team *t, const path *p, record *r, const float *x, int n, int cols, int together);

// A product is out = x Mᵀ + bias. A chunk is each panels of it.
typedef struct {
	int type, rows, each;
	const uint8_t *packed;
	float *out;        // [n][rows]
	const float *bias; // [rows] or NULL
} product;

// greenfill_linear computes products with n vectors: quantised ones, r, or if that is
// NULL with x [n][cols] itself, for float weights.
void greenfill_linear(team *t, const path *p, const product *products, int count, int cols, const record *r,
	const float *x, int n);

// greenfill_linear_panels and greenfill_float_panels compute panels [from, to) of a product.
void greenfill_linear_panels(const path *p, const product *m, int cols, int from, int to, const record *r, int n);
void greenfill_float_panels(const path *p, const product *m, int cols, int from, int to, const float *x, int n);

// A segment_data is a Segment of Go; room positions have memory. A view is the first len
// positions of one.
typedef struct {
	const uint16_t *k, *v;
	int room;
} segment_data;
typedef struct {
	int32_t segment, len;
} view;

// greenfill_attention lets vector i of q [n][heads][dim] see views first[i] to
// first[i+1]-1. scratch has greenfill_attention_scratch bytes.
void greenfill_attention(team *t, const path *p, int threads, float *out, const float *q, int n, int heads, int kv_heads,
	int dim, const segment_data *segments, const int32_t *first, const view *views, float *scratch);
size_t greenfill_attention_scratch(int threads, int heads, int kv_heads, int dim);

// greenfill_store writes the keys and values of n vectors, [n][kv_heads][dim], to their places.
typedef struct {
	uint16_t *k, *v;
	int room, pos;
} place;
void greenfill_store(team *t, const path *p, const place *places, int n, const float *keys, const float *values, int kv_heads,
	int dim);

// What the machine can do at most: reading pieces of memory, and multiplying codes.
typedef struct {
	const uint8_t *data;
	size_t bytes;
} piece;
void greenfill_read_pieces(team *t, const path *p, const piece *pieces, int count);
uint64_t greenfill_multiply_codes(const path *p, int rounds);

// greenfill_pack packs a panel of up to 32 rows, as packPanelPlain.
void greenfill_pack(int type, uint8_t *out, const uint8_t *data, int rows, int cols);

#endif
