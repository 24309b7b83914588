//go:build cgo && linux && (amd64 || arm64)

// The paths that were compiled in.

#include "kernel.h"

#if defined(__x86_64__)
extern const path greenfill_avx512vnni, greenfill_avx2;
static const path *const paths[] = {&greenfill_avx512vnni, &greenfill_avx2, 0};
#else
static const path *const paths[] = {0};
#endif

const path *greenfill_path(int i) { return paths[i]; }

int greenfill_available(const path *p) { return p->available(); }

void greenfill_quantise(const path *p, record *r, const float *x, int n, int cols, int from, int to) {
	p->quantise(r, x, n, cols, from, to);
}
