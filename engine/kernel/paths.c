//go:build cgo && linux && (amd64 || arm64)

// The paths that were compiled in.

#include "kernel.h"

#if defined(__x86_64__)
extern const path greenfill_avx512vnni, greenfill_avxvnni, greenfill_avx2;
static const path *const paths[] = {&greenfill_avx512vnni, &greenfill_avxvnni, &greenfill_avx2, 0};
#else
extern const path greenfill_neon;
static const path *const paths[] = {&greenfill_neon, 0};
#endif

const path *greenfill_path(int i) { return paths[i]; }

int greenfill_available(const path *p) { return p->available(); }

void greenfill_swiglu(const path *p, float *gate, const float *up, int n) { p->swiglu(gate, up, n); }

void greenfill_add(const path *p, float *dst, const float *x, int n) { p->add(dst, x, n); }

void greenfill_rms_norm(const path *p, float *dst, const float *x, const float *weight, int width, float eps) {
	p->rms_norm(dst, x, weight, width, eps);
}

void greenfill_rope(const path *p, float *x, int heads, const float *cosine, const float *sine, int half, int halves) {
	for (int h = 0; h < heads; h++) p->rope(x + (size_t)h * 2 * half, cosine, sine, half, halves);
}

void greenfill_log_sum_exp(const path *p, const float *x, int n, float scale, float *highest, double *sum) {
	p->log_sum_exp(x, n, scale, highest, sum);
}

int greenfill_next_at_least(const path *p, const float *x, int i, int n, float floor) {
	return p->next_at_least(x, i, n, floor);
}

void greenfill_attend(const path *p, int rows, int group, int dim, const float *q, const uint16_t *k,
	const uint16_t *v, const int32_t *seen, float *out, float *highest, float *total) {
	attention a = {.rows = rows, .group = group, .dim = dim, .q = q, .k = k, .v = v, .seen = seen,
		.out = out, .highest = highest, .total = total};
	p->attend(&a);
}

void greenfill_store_position(const path *p, uint16_t *k, uint16_t *v, const float *key, const float *value,
	int pos, int dim) {
	p->store_position(k, v, key, value, pos, dim);
}

uint64_t greenfill_read_bytes(const path *p, const uint8_t *data, size_t n) { return p->read_bytes(data, n); }

uint64_t greenfill_multiply_codes(const path *p, int rounds) { return p->multiply_codes(rounds); }

void greenfill_quantise(const path *p, record *r, const float *x, int n, int cols, int from, int to,
	int together) {
	p->quantise(r, x, n, cols, from, to, together);
}
