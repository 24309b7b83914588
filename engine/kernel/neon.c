//go:build cgo && linux && arm64

// NEON with the dot-product instructions of ARMv8.2: signed bytes by signed bytes, four to
// a lane, added in 32 bits. Centred codes are multiplied as they are.

#include "kernel.h"

#include <arm_neon.h>
#include <string.h>
#include <sys/auxv.h>

#define TARGET __attribute__((target("arch=armv8.2-a+dotprod")))
#define KEEP(a) __asm__ volatile("" : "+w"(a))
#define WIDTH 16
#define BIAS 0
#define NARROW 0
#define WIDE 0
enum { MOST_VECTORS = 4, MOST_COLUMNS = 4 };
#include "vector.h"

typedef int32x4_t acc;
typedef int8x16_t codes4;

INLINE acc zero(void) { return vdupq_n_s32(0); }
INLINE acc begin(const int32_t *start) { return vdupq_n_s32(*start); }

INLINE codes4 four(const int8_t *codes) { return vreinterpretq_s8_s32(vld1q_dup_s32((const int32_t *)codes)); }

INLINE acc dot(acc a, u8v w, codes4 x) { return vdotq_s32(a, (int8x16_t)w, x); }

INLINE f32v total(acc a) { return (f32v)vcvtq_f32_s32(a); }

INLINE f32v halves(const uint8_t *p) { return (f32v)vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(p))); }

INLINE f32v brain_halves(const uint8_t *p) {
	return (f32v)vreinterpretq_f32_u32(vshll_n_u16(vreinterpret_u16_u8(vld1_u8(p)), 16));
}

INLINE void to_halves(uint16_t *p, f32v v) { vst1_u16(p, vreinterpret_u16_f16(vcvt_f16_f32((float32x4_t)v))); }

INLINE f32v fma_(f32v a, f32v b, f32v c) { return (f32v)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
INLINE f32v max_(f32v a, f32v b) { return (f32v)vmaxq_f32((float32x4_t)a, (float32x4_t)b); }
INLINE f32v min_(f32v a, f32v b) { return (f32v)vminq_f32((float32x4_t)a, (float32x4_t)b); }

INLINE int any_at_least(f32v v, float x) { return vmaxvq_u32(vcgeq_f32((float32x4_t)v, vdupq_n_f32(x))) != 0; }

// bytes widens 4 bytes.
INLINE uint32x4_t bytes(const uint8_t *p) {
	uint32_t four;
	memcpy(&four, p, sizeof four);
	return vmovl_u16(vget_low_u16(vmovl_u8(vreinterpret_u8_u32(vdup_n_u32(four)))));
}

INLINE f32v unsigned_bytes(const uint8_t *p) { return (f32v)vcvtq_f32_u32(bytes(p)); }

INLINE f32v signed_bytes(const uint8_t *p) {
	int32x4_t v = vreinterpretq_s32_u32(bytes(p));
	return (f32v)vcvtq_f32_s32(vshrq_n_s32(vshlq_n_s32(v, 24), 24));
}

INLINE f32v low_nibbles(const uint8_t *p) { return (f32v)vcvtq_f32_u32(vandq_u32(bytes(p), vdupq_n_u32(15))); }
INLINE f32v high_nibbles(const uint8_t *p) { return (f32v)vcvtq_f32_u32(vshrq_n_u32(bytes(p), 4)); }

INLINE u8v lookup(const int8_t table[16], u8v index) {
	return (u8v)vqtbl1q_s8(vld1q_s8(table), (uint8x16_t)index);
}

#include "tile.h"
#include "float_tile.h"
#include "steps.h"
#include "attention.h"
#include "limits.h"

TILES

// magnitude_of returns the largest magnitude of n values, a multiple of 4.
INLINE float magnitude_of(const float *x, int n) {
	float32x4_t most = vdupq_n_f32(0);
	for (int i = 0; i < n; i += 4) most = vmaxq_f32(most, vabsq_f32(vld1q_f32(x + i)));
	return vmaxvq_f32(most);
}

// quantise_block is plainActivations.quantizeBlock.
INLINE void quantise_block(record *r, const float *x, float magnitude) {
	float inverse = magnitude > 0x1p-100f ? 127 / magnitude : 0;
	r->scale = magnitude > 0x1p-100f ? magnitude / 127 : 0;
	for (int h = 0; h < 2; h++) {
		int32x4_t q[4];
		for (int i = 0; i < 4; i++) q[i] = vcvtnq_s32_f32(vmulq_n_f32(vld1q_f32(x + 16 * h + 4 * i), inverse));
		r->half_sum[h] = r->scale * (float)vaddvq_s32(vaddq_s32(vaddq_s32(q[0], q[1]), vaddq_s32(q[2], q[3])));
		int16x8_t low = vcombine_s16(vqmovn_s32(q[0]), vqmovn_s32(q[1]));
		int16x8_t high = vcombine_s16(vqmovn_s32(q[2]), vqmovn_s32(q[3]));
		vst1q_s8(r->code + 16 * h, vcombine_s8(vqmovn_s16(low), vqmovn_s16(high)));
	}
	r->sum = r->half_sum[0] + r->half_sum[1];
}

TARGET static void quantise(record *r, const float *x, int n, int cols, int from, int to, int together) {
	EACH_SCALE(n, from, to, together) {
		const float *v = x + (size_t)i * cols + b * BLOCK;
		float magnitude = magnitude_of(v, together * BLOCK);
		for (int j = 0; j < together; j++) quantise_block(r + (size_t)(b + j) * n + i, v + j * BLOCK, magnitude);
	}
}

static int available(void) { return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0; }

const path greenfill_neon = {.name = "neon", .available = available, .quantise = quantise, LOOPS};
