//go:build cgo && linux && amd64

// AVX-VNNI: the same instruction as in avx512vnni.c on 256-bit registers, for processors
// without AVX-512.

#include "kernel.h"

#include <cpuid.h>
#include <immintrin.h>

#define TARGET __attribute__((target("avxvnni,avx2,fma,f16c")))
#define KEEP(a) __asm__ volatile("" : "+x"(a))
#define WIDTH 32
#define BIAS 128
#define NARROW 0
#define WIDE 0
enum { MOST_VECTORS = 2, MOST_COLUMNS = 4 };
#include "vector.h"
#include "quantise_x86.h"

typedef __m256i acc;
typedef __m256i codes4;

INLINE acc zero(void) { return _mm256_setzero_si256(); }
INLINE acc begin(const int32_t *start) { return _mm256_set1_epi32(*start); }

INLINE codes4 four(const int8_t *codes) { return _mm256_set1_epi32(*(const int32_t *)codes); }

INLINE acc dot(acc a, u8v w, codes4 x) {
	return _mm256_dpbusd_avx_epi32(a, (__m256i)w, x);
}

INLINE f32v total(acc a) { return (f32v)_mm256_cvtepi32_ps(a); }

#include "avx2_convert.h"
#include "tile.h"
#include "float_tile.h"
#include "steps.h"
#include "attention.h"
#include "limits.h"

TILES

// has_avxvnni asks the processor itself: older compilers have no name for the feature.
static int has_avxvnni(void) {
	unsigned a, b, c, d;
	return __get_cpuid_count(7, 1, &a, &b, &c, &d) && a >> 4 & 1;
}

static int available(void) {
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c") &&
		has_avxvnni();
}

const path greenfill_avxvnni = {.name = "avxvnni", .available = available, .quantise = quantise_wide, LOOPS};
