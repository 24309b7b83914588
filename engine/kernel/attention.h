// Attention, written once for all instruction sets.
//
// Rows are queries that share a key-value head: the heads of its group, for one or more
// vectors. Keys are stored in panels of 16 positions, [headDim][16], so that a lane is a
// key and no sum across lanes is needed; values are stored by position. Positions are
// taken 64 at a time with a running maximum (online softmax); what a row computes does
// not depend on the rows beside it: a position that a row does not see gets weight zero.

enum { KEYS = 64, KEY_VECTORS = LANES == 4 ? 4 : 2, MOST_ROWS = 6 };

// key_at returns where lane 0 of vector i of the keys of dimension d stands.
INLINE const uint16_t *key_at(const uint16_t *k, int i, int d, int dim) {
	return k + (size_t)(i * LANES / STRIP) * dim * STRIP + d * STRIP + i * LANES % STRIP;
}

// scores_tile computes q·k for rows queries and KEY_VECTORS*LANES keys.
INLINE void scores_tile(int rows, const float *q, const uint16_t *k, int dim, float *scores) {
	f32v sum[MOST_ROWS][KEY_VECTORS];
	UNROLL for (int r = 0; r < rows; r++)
		UNROLL for (int i = 0; i < KEY_VECTORS; i++) sum[r][i] = all(0);
	for (int d = 0; d < dim; d++) {
		f32v key[KEY_VECTORS];
		UNROLL for (int i = 0; i < KEY_VECTORS; i++) key[i] = halves((const uint8_t *)key_at(k, i, d, dim));
		UNROLL for (int r = 0; r < rows; r++) {
			f32v x = all(q[r * dim + d]);
			UNROLL for (int i = 0; i < KEY_VECTORS; i++) sum[r][i] = fma_(x, key[i], sum[r][i]);
		}
	}
	UNROLL for (int r = 0; r < rows; r++)
		UNROLL for (int i = 0; i < KEY_VECTORS; i++) store_floats(scores + r * KEYS + i * LANES, sum[r][i]);
}

// values_tile adds weights*v to KEY_VECTORS*LANES dimensions of rows outputs.
INLINE void values_tile(int rows, const float *weights, const uint16_t *v, int keys, int dim, float *out) {
	f32v sum[MOST_ROWS][KEY_VECTORS];
	UNROLL for (int r = 0; r < rows; r++)
		UNROLL for (int i = 0; i < KEY_VECTORS; i++) sum[r][i] = load_floats(out + r * dim + i * LANES);
	for (int j = 0; j < keys; j++) {
		f32v value[KEY_VECTORS];
		UNROLL for (int i = 0; i < KEY_VECTORS; i++) value[i] = halves((const uint8_t *)(v + j * dim + i * LANES));
		UNROLL for (int r = 0; r < rows; r++) {
			f32v w = all(weights[r * KEYS + j]);
			UNROLL for (int i = 0; i < KEY_VECTORS; i++) sum[r][i] = fma_(w, value[i], sum[r][i]);
		}
	}
	UNROLL for (int r = 0; r < rows; r++)
		UNROLL for (int i = 0; i < KEY_VECTORS; i++) store_floats(out + r * dim + i * LANES, sum[r][i]);
}

#define FOR_ROWS(call) \
	switch (rows) { \
	case 1: { enum { ROWS = 1 }; call; } break; \
	case 2: { enum { ROWS = 2 }; call; } break; \
	case 3: { enum { ROWS = 3 }; call; } break; \
	case 4: { enum { ROWS = 4 }; call; } break; \
	case 5: { enum { ROWS = 5 }; call; } break; \
	case 6: { enum { ROWS = 6 }; call; } break; \
	}

TARGET static void scores_rows(int rows, const float *q, const uint16_t *k, int keys, int dim, float *scores) {
	for (int j = 0; j < keys; j += KEY_VECTORS * LANES) {
		const uint16_t *panel = k + (size_t)(j / STRIP) * dim * STRIP + j % STRIP;
		FOR_ROWS(scores_tile(ROWS, q, panel, dim, scores + j))
	}
}

TARGET static void values_rows(int rows, const float *weights, const uint16_t *v, int keys, int dim, float *out) {
	for (int d = 0; d < dim; d += KEY_VECTORS * LANES) FOR_ROWS(values_tile(ROWS, weights, v + d, keys, dim, out + d))
}

// soften turns a row's scores into weights, of keys positions, and makes its output and sum
// fit the new maximum.
INLINE void soften(float *scores, int seen, int keys, float scale, float *highest, float *total, float *out, int dim) {
	int lanes = (seen + LANES - 1) / LANES * LANES;
	for (int j = seen; j < lanes; j++) scores[j] = -__builtin_inff();
	f32v most = all(*highest);
	for (int j = 0; j < lanes; j += LANES) {
		f32v s = load_floats(scores + j) * scale;
		store_floats(scores + j, s);
		most = max_(most, s);
	}
	float top = max_lanes(most);
	if (top > *highest) {
		f32v shrink = exp_(all(*highest - top));
		for (int d = 0; d < dim; d += LANES) store_floats(out + d, load_floats(out + d) * shrink);
		*total *= shrink[0];
		*highest = top;
	}
	f32v sum = all(0);
	for (int j = 0; j < lanes; j += LANES) store_floats(scores + j, exp_(load_floats(scores + j) - top));
	for (int j = seen; j < lanes || j < keys; j++) scores[j] = 0;
	for (int j = 0; j < lanes; j += LANES) sum += load_floats(scores + j);
	*total += sum_lanes(sum);
}

// attend lets rows queries, group of them for each vector, see the first seen[i]
// positions of a segment. highest, total and out are their running state.
TARGET static void attend(const attention *a) {
	float scores[MOST_ROWS * KEYS] __attribute__((aligned(64)));
	int longest = 0;
	for (int i = 0; i < a->rows / a->group; i++) longest = a->seen[i] > longest ? a->seen[i] : longest;
	float scale = (float)(1 / __builtin_sqrt(a->dim));
	for (int at = 0; at < longest; at += KEYS) {
		int keys = longest - at < KEYS ? longest - at : KEYS;
		const uint16_t *k = a->k + (size_t)at * a->dim, *v = a->v + (size_t)at * a->dim;
		int tiles = (a->rows + MOST_ROWS - 1) / MOST_ROWS;
		for (int t = 0; t < tiles; t++) {
			int first = a->rows * t / tiles, rows = a->rows * (t + 1) / tiles - first;
			float *out = a->out + (size_t)first * a->dim;
			scores_rows(rows, a->q + (size_t)first * a->dim, k, keys, a->dim, scores);
			for (int r = 0; r < rows; r++) {
				int seen = a->seen[(first + r) / a->group] - at;
				if (seen > 0)
					soften(scores + r * KEYS, seen < keys ? seen : keys, keys, scale, &a->highest[first + r],
						&a->total[first + r], out + r * a->dim, a->dim);
				else
					for (int j = 0; j < keys; j++) scores[r * KEYS + j] = 0;
			}
			values_rows(rows, scores, v, keys, a->dim, out);
		}
	}
}

// store_position writes a key and a value of one head at position pos of its panel rows.
TARGET static void store_position(uint16_t *k, uint16_t *v, const float *key, const float *value, int pos, int dim) {
	k += (size_t)(pos / STRIP) * dim * STRIP + pos % STRIP;
	for (int d = 0; d < dim; d += LANES) {
		uint16_t lanes[LANES];
		to_halves(lanes, load_floats(key + d));
		for (int i = 0; i < LANES; i++) k[(d + i) * STRIP] = lanes[i];
		to_halves(v + (size_t)pos * dim + d, load_floats(value + d));
	}
}
