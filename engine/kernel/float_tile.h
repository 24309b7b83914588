// The tile of float weights, F32, F16 and BF16, written once for all instruction sets. The
// including file has defined what vector.h asks for.

enum { FLOAT_COLUMNS = 4 };

// widen reads LANES weights.
INLINE f32v widen(int type, const uint8_t *p) {
	if (type == TYPE_F32)
		return load_floats((const float *)p);
	if (type == TYPE_F16)
		return halves(p);
	return brain_halves(p);
}

// float_block adds to the sums of LANES rows and columns (a constant) vectors, one product
// after the other.
INLINE void float_block(int type, int columns, const uint8_t *w, int cols, const float *x, size_t stride, float *sums) {
	const int width = type == TYPE_F32 ? 4 : 2;
	f32v sum[FLOAT_COLUMNS];
	UNROLL for (int c = 0; c < columns; c++) sum[c] = load_floats(sums + c * PANEL);
	for (int k = 0; k < cols; k++) {
		f32v v = widen(type, w + (size_t)k * PANEL * width);
		UNROLL for (int c = 0; c < columns; c++) sum[c] = fma_(v, all(x[c * stride + k]), sum[c]);
	}
	UNROLL for (int c = 0; c < columns; c++) store_floats(sums + c * PANEL, sum[c]);
}

INLINE void run_float_tile(int type, const uint8_t *w, int cols, const float *x, size_t stride, int columns, float *sums) {
	const int width = type == TYPE_F32 ? 4 : 2;
	for (int r = 0; r < PANEL; r += LANES)
		if (columns == FLOAT_COLUMNS)
			float_block(type, FLOAT_COLUMNS, w + r * width, cols, x, stride, sums + r);
		else
			for (int c = 0; c < columns; c++)
				float_block(type, 1, w + r * width, cols, x + c * stride, stride, sums + c * PANEL + r);
}

#define FLOAT_TILE(type) \
	TARGET static void float_tile_##type(const uint8_t *w, int cols, const float *x, size_t stride, int columns, float *sums) { \
		run_float_tile(TYPE_##type, w, cols, x, stride, columns, sums); \
	}
FLOAT_TILE(F32)
FLOAT_TILE(F16)
FLOAT_TILE(BF16)

#define FLOAT_TILE_ENTRIES { \
	[TYPE_F32] = float_tile_F32, [TYPE_F16] = float_tile_F16, [TYPE_BF16] = float_tile_BF16 }
