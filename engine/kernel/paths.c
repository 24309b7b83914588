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

uint64_t greenfill_multiply_codes(const path *p, int rounds) { return p->multiply_codes(rounds); }
