//go:build cgo && linux && (amd64 || arm64)

// Packing, the fast twin of packPanelPlain in matrix.go: the same bytes, made 16 codes at
// a time.

#include "kernel.h"

#include <string.h>

typedef uint8_t v16 __attribute__((vector_size(16)));
typedef uint16_t v8x16 __attribute__((vector_size(16)));

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

INLINE v16 load(const uint8_t *p) {
	v16 v;
	memcpy(&v, p, sizeof v);
	return v;
}

INLINE void store(uint8_t *p, v16 v) { memcpy(p, &v, sizeof v); }

// right and left shift bytes; bits that cross into a neighbour are for the caller to mask.
INLINE v16 right(v16 v, int by) { return (v16)((v8x16)v >> by); }
INLINE v16 left(v16 v, int by) { return (v16)((v8x16)v << by); }

typedef uint32_t v4x32 __attribute__((vector_size(16)));

#if defined(__clang__)
#define PICK(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#else
#define PICK(a, b, i, j, k, l) __builtin_shuffle(a, b, (v4x32){i, j, k, l})
#endif

// turn reads 4 codes of 4 groups of each of 4 rows, at distance stride, and returns them by
// group: 4 rows each. All stays in registers, since a load that needs several stores before
// it waits for the last.
INLINE void turn(v16 group[4], const uint8_t *rows, size_t stride) {
	v4x32 a = (v4x32)load(rows), b = (v4x32)load(rows + stride), c = (v4x32)load(rows + 2 * stride), d = (v4x32)load(rows + 3 * stride);
	v4x32 ab = PICK(a, b, 0, 4, 1, 5), cd = PICK(c, d, 0, 4, 1, 5);
	group[0] = (v16)PICK(ab, cd, 0, 1, 4, 5);
	group[1] = (v16)PICK(ab, cd, 2, 3, 6, 7);
	ab = PICK(a, b, 2, 6, 3, 7), cd = PICK(c, d, 2, 6, 3, 7);
	group[2] = (v16)PICK(ab, cd, 0, 1, 4, 5);
	group[3] = (v16)PICK(ab, cd, 2, 3, 6, 7);
}

// fifth spreads 16 bits to the fifth bits of 16 codes.
INLINE v16 fifth(const uint8_t *bits) {
	const v16 bit = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
	uint8_t a = bits[0], b = bits[1];
	v16 v = {a, a, a, a, a, a, a, a, b, b, b, b, b, b, b, b};
	return (v16)((v & bit) == bit) & 16;
}

// codes_32 reads the 32 codes of a block.
INLINE void codes_32(int type, uint8_t *dst, const uint8_t *b) {
	if (type == TYPE_Q8_0) {
		memcpy(dst, b + 2, 32);
		return;
	}
	int at = type == TYPE_Q4_1 ? 4 : type == TYPE_Q5_0 ? 6 : type == TYPE_Q5_1 ? 8 : 2;
	v16 q = load(b + at), low = q & 15, high = right(q, 4) & 15;
	if (type == TYPE_Q5_0 || type == TYPE_Q5_1) {
		low |= fifth(b + at - 4);
		high |= fifth(b + at - 2);
	}
	store(dst, low);
	store(dst + 16, high);
}

// codes_256 reads the 256 codes of a super-block, 16 of each of its runs at a time.
INLINE void codes_256(int type, uint8_t *dst, const uint8_t *b) {
	UNROLL for (int i = 0; i < 32; i += 16)
		switch (type) {
		case TYPE_Q2_K:
			UNROLL for (int h = 0; h < 2; h++)
				UNROLL for (int j = 0; j < 4; j++)
					store(dst + 128 * h + 32 * j + i, right(load(b + 16 + 32 * h + i), 2 * j) & 3);
			break;
		case TYPE_Q3_K:
			UNROLL for (int h = 0; h < 2; h++)
				UNROLL for (int j = 0; j < 4; j++) {
					v16 low = right(load(b + 32 + 32 * h + i), 2 * j) & 3;
					v16 third = right(load(b + i), 4 * h + j) & 1;
					store(dst + 128 * h + 32 * j + i, low | left(third, 2));
				}
			break;
		case TYPE_Q4_K: case TYPE_Q5_K:
			UNROLL for (int j = 0; j < 4; j++) {
				v16 q = load(b + (type == TYPE_Q4_K ? 16 : 48) + 32 * j + i), low = q & 15, high = right(q, 4) & 15;
				if (type == TYPE_Q5_K) {
					v16 bits = load(b + 16 + i);
					low |= left(right(bits, 2 * j) & 1, 4);
					high |= left(right(bits, 2 * j + 1) & 1, 4);
				}
				store(dst + 64 * j + i, low);
				store(dst + 64 * j + 32 + i, high);
			}
			break;
		case TYPE_Q6_K:
			UNROLL for (int h = 0; h < 2; h++) {
				v16 q0 = load(b + 64 * h + i), q1 = load(b + 64 * h + 32 + i), top = load(b + 128 + 32 * h + i);
				store(dst + 128 * h + i, (q0 & 15) | left(top & 3, 4));
				store(dst + 128 * h + 32 + i, (q1 & 15) | left(right(top, 2) & 3, 4));
				store(dst + 128 * h + 64 + i, (right(q0, 4) & 15) | left(right(top, 4) & 3, 4));
				store(dst + 128 * h + 96 + i, (right(q1, 4) & 15) | left(right(top, 6) & 3, 4));
			}
			break;
		}
}

// scale_min is scaleMinK of dequantize_k.go.
INLINE void scale_min(int j, const uint8_t *b, uint8_t *scale, uint8_t *minimum) {
	*scale = j < 4 ? b[j] & 63 : (b[j + 4] & 15) | b[j - 4] >> 6 << 4;
	*minimum = j < 4 ? b[j + 4] & 63 : b[j + 4] >> 4 | b[j] >> 6 << 4;
}

// header writes lane row of a unit's header; the layout*.go files say what stands where.
INLINE void header(int type, uint8_t *h, int row, const uint8_t *b) {
	int d = type == TYPE_Q2_K ? 80 : type == TYPE_Q3_K ? 108 : type == TYPE_Q6_K ? 208 : 0;
	memcpy(h + 2 * row, b + d, 2);
	switch (type) {
	case TYPE_Q4_1: case TYPE_Q5_1: case TYPE_Q4_K: case TYPE_Q5_K: case TYPE_Q2_K:
		memcpy(h + 32 + 2 * row, b + d + 2, 2);
	}
	switch (type) {
	case TYPE_Q2_K:
		for (int j = 0; j < 16; j++) h[64 + 16 * j + row] = b[j];
		break;
	case TYPE_Q3_K:
		for (int j = 0; j < 16; j++) {
			int low = b[96 + j % 8] >> (j / 8 * 4) & 15, high = b[104 + j % 4] >> (j / 4 * 2) & 3;
			h[32 + 16 * j + row] = (uint8_t)((low | high << 4) - 32);
		}
		break;
	case TYPE_Q4_K: case TYPE_Q5_K:
		for (int j = 0; j < 8; j++) scale_min(j, b + 4, &h[64 + 16 * j + row], &h[192 + 16 * j + row]);
		break;
	case TYPE_Q6_K:
		for (int j = 0; j < 16; j++) h[32 + 16 * j + row] = b[192 + j];
		break;
	}
}

// block writes the codes of one block, 32 of each of 16 rows at distance stride, as lines;
// layout_fields.go says what stands where.
INLINE void block(int type, uint8_t *out, const uint8_t *codes, size_t stride) {
	for (int i = 0; i < LINE; i += 16) { // the bytes of 4 rows in a line
		v16 g[8], line[8] = {};
		turn(g, codes + i / 4 * stride, stride);
		turn(g + 4, codes + i / 4 * stride + 16, stride);
		int lines = 4;
		switch (type) {
		case TYPE_Q8_0:
			lines = 8;
			UNROLL for (int j = 0; j < 8; j++) line[j] = g[j];
			break;
		case TYPE_Q6_K:
			lines = 6;
			UNROLL for (int j = 0; j < 6; j++) line[j] = g[j] | left(right(g[6 + j / 3], j % 3 * 2) & 3, 6);
			break;
		case TYPE_Q5_0: case TYPE_Q5_1: case TYPE_Q5_K:
			lines = 5;
			line[0] = g[0] | left(g[5] & 7, 5);
			line[1] = g[1] | left(right(g[5], 3) & 3, 5) | left(right(g[7], 3) & 1, 7);
			line[2] = g[2] | left(g[6] & 7, 5);
			line[3] = g[3] | left(right(g[6], 3) & 3, 5) | left(right(g[7], 4) & 1, 7);
			line[4] = g[4] | left(g[7] & 7, 5);
			break;
		case TYPE_Q3_K:
			lines = 3;
			UNROLL for (int j = 0; j < 8; j++) {
				line[j / 4] |= left(g[j] & 3, j % 4 * 2);
				line[2] |= left(right(g[j], 2) & 1, j);
			}
			break;
		case TYPE_Q2_K:
			lines = 2;
			UNROLL for (int j = 0; j < 8; j++) line[j / 4] |= left(g[j] & 3, j % 4 * 2);
			break;
		default:
			UNROLL for (int j = 0; j < 4; j++) line[j] = g[j] | left(g[j + 4], 4);
		}
		UNROLL for (int j = 0; j < lines; j++) store(out + j * LINE + i, line[j]);
	}
}

// pack_as packs a panel of a type (a constant).
INLINE void pack_as(int type, uint8_t *out, const uint8_t *data, int rows, int cols, int header_bytes,
	int code_bytes, int block_bytes) {
	const int unit = type >= TYPE_Q2_K && type <= TYPE_Q6_K ? 256 : 32;
	size_t row_bytes = (size_t)cols / unit * block_bytes;
	uint8_t codes[STRIP][256];
	for (int k = 0; k < cols; k += unit, data += block_bytes, out += 2 * (header_bytes + unit / BLOCK * code_bytes))
		for (int first = 0; first < PANEL; first += STRIP) {
			int strip = first / STRIP;
			for (int r = 0; r < STRIP; r++) {
				const uint8_t *b = data + (first + r) * row_bytes;
				if (first + r >= rows) {
					memset(codes[r], 0, unit);
				} else {
					header(type, out + strip * header_bytes, r, b);
					if (unit == 32)
						codes_32(type, codes[r], b);
					else
						codes_256(type, codes[r], b);
				}
			}
			for (int i = 0; i < unit; i += BLOCK)
				block(type, out + 2 * header_bytes + (i / BLOCK * 2 + strip) * code_bytes, codes[0] + i, sizeof codes[0]);
		}
}

// pack_floats turns rows of values of width bytes (a constant) into [cols][32].
INLINE void pack_floats(uint8_t *out, const uint8_t *data, int rows, int cols, int width) {
	enum { TOGETHER = 64 }; // columns whose cache lines are written while they are near
	for (int k0 = 0; k0 < cols; k0 += TOGETHER)
		for (int r = 0; r < rows; r++)
			for (int k = k0; k < cols && k < k0 + TOGETHER; k++)
				memcpy(out + ((size_t)k * PANEL + r) * width, data + ((size_t)r * cols + k) * width, width);
}

void greenfill_pack(int type, uint8_t *out, const uint8_t *data, int rows, int cols) {
	switch (type) {
	case TYPE_F32: pack_floats(out, data, rows, cols, 4); break;
	case TYPE_F16: case TYPE_BF16: pack_floats(out, data, rows, cols, 2); break;
	case TYPE_Q4_0: pack_as(TYPE_Q4_0, out, data, rows, cols, 32, 4 * LINE, 18); break;
	case TYPE_IQ4_NL: pack_as(TYPE_IQ4_NL, out, data, rows, cols, 32, 4 * LINE, 18); break;
	case TYPE_Q4_1: pack_as(TYPE_Q4_1, out, data, rows, cols, 64, 4 * LINE, 20); break;
	case TYPE_Q5_0: pack_as(TYPE_Q5_0, out, data, rows, cols, 32, 5 * LINE, 22); break;
	case TYPE_Q5_1: pack_as(TYPE_Q5_1, out, data, rows, cols, 64, 5 * LINE, 24); break;
	case TYPE_Q8_0: pack_as(TYPE_Q8_0, out, data, rows, cols, 32, 8 * LINE, 34); break;
	case TYPE_Q2_K: pack_as(TYPE_Q2_K, out, data, rows, cols, 320, 2 * LINE, 84); break;
	case TYPE_Q3_K: pack_as(TYPE_Q3_K, out, data, rows, cols, 288, 3 * LINE, 110); break;
	case TYPE_Q4_K: pack_as(TYPE_Q4_K, out, data, rows, cols, 320, 4 * LINE, 144); break;
	case TYPE_Q5_K: pack_as(TYPE_Q5_K, out, data, rows, cols, 320, 5 * LINE, 176); break;
	case TYPE_Q6_K: pack_as(TYPE_Q6_K, out, data, rows, cols, 288, 6 * LINE, 210); break;
	}
}
