//go:build cgo && linux && (amd64 || arm64)

// The blocking around the tiles, the same for every instruction set.

#include "kernel.h"

#include <string.h>

enum {
	GROUP_PANELS = 2,    // whose sums are kept at a time
	CACHE_RECORDS = 4096 // that a sweep over the group's panels finds in the L2 cache
};

// Blocks of a unit, and the bytes of a strip's header and of a block, as in layout.go.
static const struct {
	int blocks, header, block;
} units[TYPE_COUNT] = {
	[TYPE_Q4_0] = {1, 32, 4 * LINE},   [TYPE_IQ4_NL] = {1, 32, 4 * LINE}, [TYPE_Q4_1] = {1, 64, 4 * LINE},
	[TYPE_Q5_0] = {1, 32, 5 * LINE},   [TYPE_Q5_1] = {1, 64, 5 * LINE},   [TYPE_Q8_0] = {1, 32, 8 * LINE},
	[TYPE_Q2_K] = {8, 320, 2 * LINE},  [TYPE_Q3_K] = {8, 288, 3 * LINE},  [TYPE_Q4_K] = {8, 320, 4 * LINE},
	[TYPE_Q5_K] = {8, 320, 5 * LINE},  [TYPE_Q6_K] = {8, 288, 6 * LINE},
};

static size_t packed_bytes(int type, int blocks) {
	size_t strip = units[type].header + (size_t)units[type].blocks * units[type].block;
	return blocks / units[type].blocks * strip * (PANEL / STRIP);
}

static int min(int a, int b) { return a < b ? a : b; }

// write_strip writes the sums of the rows from row on to out, [vectors][rows].
static void write_strip(float sums[][STRIP], int vectors, float *out, const float *bias, int rows, int row) {
	int count = min(rows - row, STRIP); // not positive where the strip is only padding
	for (int c = 0; c < vectors && count > 0; c++) {
		float *o = out + (size_t)c * rows + row;
		if (bias)
			for (int r = 0; r < count; r++) o[r] = sums[c][r] + bias[row + r];
		else if (count == STRIP)
			memcpy(o, sums[c], sizeof sums[c]);
		else
			memcpy(o, sums[c], count * sizeof(float));
	}
}

void greenfill_linear_panels(const path *p, const product *m, int cols, int from, int to, const record *r, int n) {
	float sums[GROUP_PANELS][PANEL / STRIP][MOST_TILE][STRIP] __attribute__((aligned(64)));
	int blocks = cols / BLOCK;
	size_t panel_bytes = packed_bytes(m->type, blocks);
	for (int c0 = 0; c0 < n; c0 += MOST_TILE) {
		int vectors = min(n - c0, MOST_TILE);
		int sweep = CACHE_RECORDS / vectors / UNIT_BLOCKS * UNIT_BLOCKS;
		for (int p0 = from; p0 < to; p0 += GROUP_PANELS) {
			int panels = min(to - p0, GROUP_PANELS);
			for (int i = 0; i < panels; i++)
				for (int s = 0; s < PANEL / STRIP; s++) memset(sums[i][s], 0, vectors * sizeof sums[i][s][0]);
			// The lines that the sums go to are on their way while these are computed.
			for (int c = c0; c < c0 + vectors; c++)
				for (int row = p0 * PANEL; row < min((p0 + panels) * PANEL, m->rows); row += LINE / (int)sizeof(float))
					__builtin_prefetch(m->out + (size_t)c * m->rows + row, 1);
			for (int b = 0; b < blocks; b += sweep)
				for (int i = 0; i < panels; i++) {
					tile t = {
						.w = m->packed + (p0 + i) * panel_bytes + packed_bytes(m->type, b),
						.blocks = min(blocks - b, sweep),
						.a = r + (size_t)b * n + c0,
						.stride = n,
						.n = vectors,
						.sums = sums[i][0][0],
						.second = sums[i][1][0],
					};
					p->tiles[m->type](&t);
				}
			for (int i = 0; i < panels * (PANEL / STRIP); i++)
				write_strip(sums[0][i], vectors, m->out + (size_t)c0 * m->rows, m->bias, m->rows, p0 * PANEL + i * STRIP);
		}
	}
}

void greenfill_float_panels(const path *p, const product *m, int cols, int from, int to, const float *x, int n) {
	enum { COLUMNS = 4 }; // that a tile takes
	size_t value = m->type == TYPE_F32 ? 4 : 2;
	for (int i = from; i < to; i++)
		for (int c = 0; c < n; c += COLUMNS) {
			float sums[COLUMNS][PANEL] __attribute__((aligned(64))) = {{0}};
			int columns = min(n - c, COLUMNS), row = i * PANEL, count = min(m->rows - row, PANEL);
			p->float_tiles[m->type](m->packed + (size_t)i * cols * PANEL * value, cols, x + (size_t)c * cols, cols, columns,
				sums[0]);
			for (int j = 0; j < columns; j++)
				for (int r = 0; r < count; r++)
					m->out[(size_t)(c + j) * m->rows + row + r] = sums[j][r] + (m->bias ? m->bias[row + r] : 0);
		}
}
