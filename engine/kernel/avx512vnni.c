//go:build cgo && linux && amd64

// AVX-512 VNNI: one instruction multiplies unsigned by signed bytes, four to a lane, and
// adds them in 32 bits. Centred codes are raised by 128. Two strips of rows share
// each activation that is read.

#include "kernel.h"

#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni,avx2,fma,f16c")))
#define KEEP(a) __asm__ volatile("" : "+v"(a))
#define WIDTH 64
#define BIAS 128
#define NARROW 0
#define WIDE 1
enum { MOST_VECTORS = 2, MOST_COLUMNS = 4 };
#include "vector.h"
#include "quantise_x86.h"

typedef __m512i acc;
typedef __m512i codes4;

INLINE acc zero(void) { return _mm512_setzero_si512(); }
INLINE acc begin(const int32_t *start) { return _mm512_set1_epi32(*start); }

INLINE codes4 four(const int8_t *codes) { return _mm512_set1_epi32(*(const int32_t *)codes); }

INLINE acc dot(acc a, u8v w, codes4 x) {
	return _mm512_dpbusd_epi32(a, (__m512i)w, x);
}

INLINE f32v total(acc a) { return (f32v)_mm512_cvtepi32_ps(a); }

INLINE f32v halves(const uint8_t *p) { return (f32v)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p)); }

INLINE f32v brain_halves(const uint8_t *p) {
	return (f32v)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p)), 16);
}

INLINE __m512i bytes(const uint8_t *p) { return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p)); }

INLINE f32v unsigned_bytes(const uint8_t *p) { return (f32v)_mm512_cvtepi32_ps(bytes(p)); }

INLINE f32v signed_bytes(const uint8_t *p) {
	return (f32v)_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)p)));
}

INLINE f32v low_nibbles(const uint8_t *p) {
	return (f32v)_mm512_cvtepi32_ps(_mm512_and_si512(bytes(p), _mm512_set1_epi32(15)));
}

INLINE f32v high_nibbles(const uint8_t *p) { return (f32v)_mm512_cvtepi32_ps(_mm512_srli_epi32(bytes(p), 4)); }

INLINE f32v fma_(f32v a, f32v b, f32v c) { return (f32v)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }

INLINE u8v lookup(const int8_t table[16], u8v index) {
	__m512i t = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)table));
	return (u8v)_mm512_shuffle_epi8(t, (__m512i)index);
}

INLINE f32v max_(f32v a, f32v b) { return (f32v)_mm512_max_ps((__m512)a, (__m512)b); }
INLINE f32v min_(f32v a, f32v b) { return (f32v)_mm512_min_ps((__m512)a, (__m512)b); }

INLINE int any_at_least(f32v v, float x) {
	return _mm512_cmp_ps_mask((__m512)v, _mm512_set1_ps(x), _CMP_GE_OQ) != 0;
}

INLINE void to_halves(uint16_t *p, f32v v) {
	_mm256_storeu_si256((__m256i *)p, _mm512_cvtps_ph((__m512)v, _MM_FROUND_TO_NEAREST_INT));
}

#include "tile.h"
#include "float_tile.h"
#include "steps.h"
#include "attention.h"
#include "limits.h"

TILES

static int available(void) {
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
		__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni") &&
		__builtin_cpu_supports("f16c");
}

const path greenfill_avx512vnni = {.name = "avx512vnni", .available = available, .quantise = quantise_wide, LOOPS};
