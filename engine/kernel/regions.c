//go:build cgo && linux && (amd64 || arm64)

// The parallel regions: how each step of a forward pass is cut into chunks for a team.
// What the steps compute is said at the plain versions in Go.

#include "kernel.h"
#include "team.h"

#include <string.h>

enum {
	CHUNK_VALUES = 4096, // of an element-wise step that a chunk has
	TASK_VECTORS = 4     // that attention computes together in one chunk
};

static int min(int a, int b) { return a < b ? a : b; }
static int max(int a, int b) { return a > b ? a : b; }

// A span is an element-wise step over n values.
typedef struct {
	void (*step)(float *dst, const float *x, int n);
	float *dst;
	const float *x;
	int n;
} span;

static void span_chunks(const void *job, int from, int to, int thread) {
	const span *s = job;
	size_t at = (size_t)from * CHUNK_VALUES;
	s->step(s->dst + at, s->x + at, min(s->n - at, (to - from) * CHUNK_VALUES));
}

static void run_span(team *t, void (*step)(float *, const float *, int), float *dst, const float *x, int n) {
	span s = {step, dst, x, n};
	greenfill_team_run(t, span_chunks, &s, (n + CHUNK_VALUES - 1) / CHUNK_VALUES);
}

void greenfill_swiglu(team *t, const path *p, float *gate, const float *up, int n) { run_span(t, p->swiglu, gate, up, n); }

void greenfill_add(team *t, const path *p, float *dst, const float *x, int n) { run_span(t, p->add, dst, x, n); }

// A vectors is the first field of a job whose chunks are some vectors each.
typedef struct {
	const path *p;
	int n, width, each; // vectors, their width, and how many a chunk has
} vectors;

static vectors of_vectors(const path *p, int n, int width) {
	return (vectors){p, n, width, max(1, CHUNK_VALUES / max(1, width))};
}

static void run_vectors(team *t, chunks_fn *f, const vectors *job) { greenfill_team_run(t, f, job, (job->n + job->each - 1) / job->each); }

#define EACH_VECTOR(v, from, to) for (int i = (from) * (v).each; i < min((to) * (v).each, (v).n); i++)

typedef struct {
	vectors all;
	float *dst;
	const float *x, *weight;
	float eps;
} norm_job;

static void norm_chunks(const void *job, int from, int to, int thread) {
	const norm_job *j = job;
	size_t width = j->all.width;
	EACH_VECTOR(j->all, from, to) j->all.p->rms_norm(j->dst + i * width, j->x + i * width, j->weight, width, j->eps);
}

void greenfill_rms_norm(team *t, const path *p, float *dst, const float *x, const float *weight, int n, int width, float eps) {
	norm_job j = {of_vectors(p, n, width), dst, x, weight, eps};
	run_vectors(t, norm_chunks, &j.all);
}

typedef struct {
	vectors all;
	const place *places;
	const float *keys, *values;
	int kv_heads, dim;
} store_job;

static void store_chunks(const void *job, int from, int to, int thread) {
	const store_job *j = job;
	size_t dim = j->dim;
	EACH_VECTOR(j->all, from, to)
		for (int h = 0; h < j->kv_heads; h++) {
			size_t head = h * j->places[i].room * dim, at = ((size_t)i * j->kv_heads + h) * dim;
			j->all.p->store_position(j->places[i].k + head, j->places[i].v + head, j->keys + at, j->values + at, j->places[i].pos, dim);
		}
}

void greenfill_store(team *t, const path *p, const place *places, int n, const float *keys, const float *values, int kv_heads,
	int dim) {
	store_job j = {{p, n, .each = 1}, places, keys, values, kv_heads, dim}; // each value of a key goes to a line of its own
	run_vectors(t, store_chunks, &j.all);
}

typedef struct {
	vectors all;
	float *x;
	int half, halves;
	const int64_t *positions;
	const float *cosine, *sine;
} rope_job;

static void rope_chunks(const void *job, int from, int to, int thread) {
	const rope_job *j = job;
	EACH_VECTOR(j->all, from, to) {
		size_t at = j->positions[i] * j->half;
		float *vector = j->x + (size_t)i * j->all.width;
		for (int h = 0; h < j->all.width; h += 2 * j->half)
			j->all.p->rope(vector + h, j->cosine + at, j->sine + at, j->half, j->halves);
	}
}

void greenfill_rope(team *t, const path *p, float *x, int n, int width, int half, const int64_t *positions,
	const float *cosine, const float *sine, int halves) {
	rope_job j = {of_vectors(p, n, width), x, half, halves, positions, cosine, sine};
	run_vectors(t, rope_chunks, &j.all);
}

typedef struct {
	vectors all;
	const float *x;
	float scale, *highest;
	double *sum;
} sum_job;

static void sum_chunks(const void *job, int from, int to, int thread) {
	const sum_job *j = job;
	EACH_VECTOR(j->all, from, to)
		j->all.p->log_sum_exp(j->x + (size_t)i * j->all.width, j->all.width, j->scale, j->highest + i, j->sum + i);
}

void greenfill_log_sum_exp(team *t, const path *p, const float *x, int n, int width, float scale, float *highest, double *sum) {
	sum_job j = {of_vectors(p, n, width), x, scale, highest, sum};
	run_vectors(t, sum_chunks, &j.all);
}

typedef struct {
	vectors all;
	const float *x, *floor;
	int room;
	int32_t *tokens, *counts;
} candidates_job;

static void candidates_chunks(const void *job, int from, int to, int thread) {
	const candidates_job *j = job;
	int width = j->all.width;
	EACH_VECTOR(j->all, from, to) {
		const float *x = j->x + (size_t)i * width;
		int count = 0;
		for (int k = j->all.p->next_at_least(x, 0, width, j->floor[i]); k < width;
			 k = j->all.p->next_at_least(x, k + 1, width, j->floor[i])) {
			if (count < j->room)
				j->tokens[(size_t)i * j->room + count] = k;
			count++;
		}
		j->counts[i] = count;
	}
}

void greenfill_candidates(team *t, const path *p, const float *x, int n, int width, const float *floor, int room,
	int32_t *tokens, int32_t *counts) {
	candidates_job j = {of_vectors(p, n, width), x, floor, room, tokens, counts};
	run_vectors(t, candidates_chunks, &j.all);
}

typedef struct {
	const path *p;
	const piece *pieces;
} read_job;

static void read_chunks(const void *job, int from, int to, int thread) {
	const read_job *j = job;
	for (int i = from; i < to; i++) j->p->read_bytes(j->pieces[i].data, j->pieces[i].bytes);
}

void greenfill_read_pieces(team *t, const path *p, const piece *pieces, int count) {
	read_job j = {p, pieces};
	greenfill_team_run(t, read_chunks, &j, count);
}

typedef struct {
	const path *p;
	record *r;
	const float *x;
	int n, cols, together, each; // each: blocks that a chunk has
} quantise_job;

static void quantise_chunks(const void *job, int from, int to, int thread) {
	const quantise_job *j = job;
	j->p->quantise(j->r, j->x, j->n, j->cols, from * j->each, min(to * j->each, j->cols / BLOCK), j->together);
}

void greenfill_quantise(team *t, const path *p, record *r, const float *x, int n, int cols, int together) {
	quantise_job j = {p, r, x, n, cols, together, max(1, CHUNK_VALUES / (n * BLOCK * UNIT_BLOCKS)) * UNIT_BLOCKS};
	greenfill_team_run(t, quantise_chunks, &j, (cols / BLOCK + j.each - 1) / j.each);
}

typedef struct {
	const path *p;
	const product *products;
	int count, cols;
	const record *r; // of the vectors
	const float *x;  // the vectors themselves, for float weights
	int n;
} linear_job;

static int panels_of(const product *p) { return (p->rows + PANEL - 1) / PANEL; }

static int chunks_of(const product *p) { return (panels_of(p) + p->each - 1) / p->each; }

static void linear_chunks(const void *job, int from, int to, int thread) {
	const linear_job *j = job;
	for (const product *p = j->products; to > 0; from -= chunks_of(p), to -= chunks_of(p), p++) {
		int first = max(from, 0) * p->each, end = min(to * p->each, panels_of(p));
		if (first >= end)
			continue;
		if (j->r)
			greenfill_linear_panels(j->p, p, j->cols, first, end, j->r, j->n);
		else
			greenfill_float_panels(j->p, p, j->cols, first, end, j->x, j->n);
	}
}

void greenfill_linear(team *t, const path *p, const product *products, int count, int cols, const record *r,
	const float *x, int n) {
	linear_job j = {p, products, count, cols, r, x, n};
	int chunks = 0;
	for (int i = 0; i < count; i++) chunks += chunks_of(&products[i]);
	greenfill_team_run(t, linear_chunks, &j, chunks);
}

typedef struct {
	const path *p;
	float *out;
	const float *q;
	int n, heads, kv_heads, dim;
	int parts; // that the heads of a group are cut into
	const segment_data *segments;
	const int32_t *first; // [n+1]: vector i has views first[i] to first[i+1]-1
	const view *views;
	float *scratch; // of greenfill_attention_scratch bytes
} attention_job;

// attention_chunk is some heads of a group, for some vectors.
static void attention_chunk(const attention_job *j, int chunk, int thread) {
	int dim = j->dim, group = j->heads / j->kv_heads;
	int part = chunk % j->parts, kv_head = chunk / j->parts % j->kv_heads, batch = chunk / j->parts / j->kv_heads;
	int from = batch * TASK_VECTORS, to = min(from + TASK_VECTORS, j->n);
	int head = kv_head * group + part * group / j->parts;
	int heads = kv_head * group + (part + 1) * group / j->parts - head, rows = (to - from) * heads;
	size_t most = TASK_VECTORS * group, row = heads * dim * sizeof(float);
	float *q = j->scratch + thread * most * (2 * dim + 2), *out = q + most * dim;
	float *highest = out + most * dim, *total = highest + most;

	for (int i = 0; i < to - from; i++)
		memcpy(q + (size_t)i * heads * dim, j->q + ((size_t)(from + i) * j->heads + head) * dim, row);
	memset(out, 0, rows * dim * sizeof(float));
	for (int r = 0; r < rows; r++) highest[r] = -__builtin_inff(), total[r] = 0;

	// The views, neighbouring vectors with the same segment at once.
	int32_t seen[TASK_VECTORS];
	for (int v = 0, more = 1; more; v++) {
		more = 0;
		for (int i = from; i < to;) {
			if (j->first[i] + v >= j->first[i + 1]) {
				i++;
				continue;
			}
			more = 1;
			int start = i, segment = j->views[j->first[i] + v].segment;
			for (; i < to && j->first[i] + v < j->first[i + 1] && j->views[j->first[i] + v].segment == segment; i++)
				seen[i - start] = j->views[j->first[i] + v].len;
			const segment_data *s = &j->segments[segment];
			int row0 = (start - from) * heads;
			attention a = {.rows = (i - start) * heads, .group = heads, .dim = dim, .q = q + (size_t)row0 * dim,
				.k = s->k + (size_t)kv_head * s->room * dim, .v = s->v + (size_t)kv_head * s->room * dim, .seen = seen,
				.out = out + (size_t)row0 * dim, .highest = highest + row0, .total = total + row0};
			j->p->attend(&a);
		}
	}
	for (int r = 0; r < rows; r++) {
		float *dst = j->out + ((size_t)(from + r / heads) * j->heads + head + r % heads) * dim;
		float inverse = total[r] == 0 ? 0 : 1 / total[r]; // 0: it saw nothing
		for (int d = 0; d < dim; d++) dst[d] = out[(size_t)r * dim + d] * inverse;
	}
}

static void attention_chunks(const void *job, int from, int to, int thread) {
	for (int i = from; i < to; i++) attention_chunk(job, i, thread);
}

// chunks_of_attention also chooses the parts: where there are more threads than work, the
// heads of a group are shared out too.
static int chunks_of_attention(attention_job *j, int threads) {
	int batches = (j->n + TASK_VECTORS - 1) / TASK_VECTORS, tasks = batches * j->kv_heads;
	j->parts = min(j->heads / j->kv_heads, max(1, threads / max(1, tasks)));
	return tasks * j->parts;
}

size_t greenfill_attention_scratch(int threads, int heads, int kv_heads, int dim) {
	return (size_t)threads * TASK_VECTORS * (heads / kv_heads) * (2 * dim + 2) * sizeof(float);
}

void greenfill_attention(team *t, const path *p, int threads, float *out, const float *q, int n, int heads, int kv_heads, int dim,
	const segment_data *segments, const int32_t *first, const view *views, float *scratch) {
	attention_job j = {.p = p, .out = out, .q = q, .n = n, .heads = heads, .kv_heads = kv_heads, .dim = dim,
		.segments = segments, .first = first, .views = views, .scratch = scratch};
	int chunks = chunks_of_attention(&j, threads);
	greenfill_team_run(t, attention_chunks, &j, chunks);
}
