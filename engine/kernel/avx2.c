//go:build cgo && linux && amd64

// AVX2: bytes are multiplied in pairs into 16 bits (vpmaddubsw) and summed there over a
// whole block, four times cheaper than widening each pair. Centred codes start the sums
// at -32 times the activations' sum; sums may wrap on the way, but the last is below
// 8*32*127 = 32512, as centred codes are within ±32. Codes below 16 with a minimum reach
// 8*2*15*127 = 30480. Codes of 8 bits are widened.

#include "kernel.h"

#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma,f16c")))
#define KEEP(a) __asm__ volatile("" : "+x"(a))
#define WIDTH 32
#define BIAS 32
#define NARROW 1
#define WIDE 0
enum { MOST_VECTORS = 2, MOST_COLUMNS = 4 };
#include "vector.h"
#include "quantise_x86.h"

typedef __m256i acc;
typedef __m256i codes4;

INLINE codes4 four(const int8_t *codes) { return _mm256_set1_epi32(*(const int32_t *)codes); }

INLINE acc zero(void) { return _mm256_setzero_si256(); }
INLINE acc begin(const int32_t *start) { return _mm256_set1_epi32(*start); }

// dot is pinned: left to itself the compiler computes all products before it adds them,
// and spills.
INLINE acc dot(acc a, u8v w, codes4 x) {
	__m256i products;
	__asm__("vpmaddubsw %3, %2, %1\n\tvpaddw %1, %0, %0"
		: "+x"(a), "=&x"(products) : "x"(w), "x"(x));
	return a;
}

// first_dot is dot onto zero, for accumulators that have no other start.
INLINE acc first_dot(u8v w, codes4 x) { return _mm256_maddubs_epi16((__m256i)w, x); }

INLINE f32v total(acc a) { return (f32v)_mm256_cvtepi32_ps(_mm256_madd_epi16(a, _mm256_set1_epi16(1))); }

// dot_bytes multiplies |w| by the activations with w's sign: at most 2*128*127 = 32512.
INLINE acc dot_bytes(acc a, u8v w, codes4 x) {
	__m256i magnitude = _mm256_abs_epi8((__m256i)w), products;
	__asm__("vpsignb %2, %4, %1\n\tvpmaddubsw %1, %3, %1\n\tvpmaddwd %5, %1, %1\n\tvpaddd %1, %0, %0"
		: "+x"(a), "=&x"(products) : "x"(w), "x"(magnitude), "x"(x), "x"(_mm256_set1_epi16(1)));
	return a;
}

INLINE f32v total_bytes(acc a) { return (f32v)_mm256_cvtepi32_ps(a); }

#include "avx2_convert.h"
#define RUN run
#include "tile.h"
#include "avx2_units.h"

INLINE void run(int type, int many, const tile *t) {
	if (!is_k(type))
		run_tile(type, many, t);
	else if (!many)
		run_units(type, ONE, t);
	else if (t->n < MANY)
		run_units(type, FOUR, t);
	else
		run_units(type, FOUR_FOR_ALL, t);
}

#include "float_tile.h"
#include "steps.h"
#include "attention.h"
#include "limits.h"

TILES

// start_pairs packs -32 times the sums of even and of odd pairs, as the 16-bit lanes need.
INLINE int32_t start_pairs(int even, int odd) {
	return (int32_t)((uint32_t)(uint16_t)(-32 * even) | (uint32_t)(uint16_t)(-32 * odd) << 16);
}

TARGET static void quantise(record *r, const float *x, int n, int cols, int from, int to, int together) {
	EACH_SCALE(n, from, to, together) {
		const float *v = x + (size_t)i * cols + b * BLOCK;
		float magnitude = magnitude_of(v, together * BLOCK);
		for (int j = 0; j < together; j++) {
			record *o = r + (size_t)(b + j) * n + i;
			int pairs[4]; // sums of even and odd pairs in the first half, then in the second
			quantise_block(o, v + j * BLOCK, magnitude, pairs);
			o->half_start[0] = start_pairs(pairs[0], pairs[1]);
			o->half_start[1] = start_pairs(pairs[2], pairs[3]);
			o->start = start_pairs(pairs[0] + pairs[2], pairs[1] + pairs[3]);
			record *even = j % 2 ? o - n : o;
			even->two_sums[j % 2] = (int16_t)(pairs[0] + pairs[1] + pairs[2] + pairs[3]);
		}
	}
}

static int available(void) {
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}

const path greenfill_avx2 = {.name = "avx2", .available = available, .quantise = quantise, LOOPS};
