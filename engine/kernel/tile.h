// The tile of quantised weights and records, written once for all instruction sets.
//
// A block's 8 groups of codes are unpacked into registers and stay there while all
// vectors pass by: nothing is unpacked twice, no scratch is needed, and the arithmetic of
// one vector is the same whatever their number.
//
// Besides what vector.h asks for, the including file defines
//
//	BIAS    what is added to centred codes to make them unsigned bytes; 0 if the
//	        instructions multiply signed bytes
//	NARROW  1 if accumulators are 16 bits wide: codes then stay below 64 when they are
//	        centred, below 16 when they are not
//	WIDE    1 if the registers hold all codes of a tile's rows
//	MOST_VECTORS, MOST_COLUMNS  what add_block takes: registers of rows, and vectors
//
//	f32v signed_bytes(p), unsigned_bytes(p), low_nibbles(p), high_nibbles(p)
//	u8v lookup(table, index)   table[index] of 16 bytes
//	acc zero(), begin(start)   accumulators, from a record's start field
//	codes4 four(a)             the 4 codes at a in every lane
//	acc dot(acc, w, x)         plus the products of w and x
//	f32v total(acc)            each lane's sum
//
// and dot_bytes and total_bytes for weights of 8 bits where NARROW.

#define EACH_PAIR UNROLL for (int v = 0; v < vectors; v++) UNROLL for (int c = 0; c < columns; c++)

// has_minimum tells whether values are scale*code + minimum; otherwise codes are centred.
INLINE int has_minimum(int type) {
	return type == TYPE_Q4_1 || type == TYPE_Q5_1 || type == TYPE_Q2_K || type == TYPE_Q4_K || type == TYPE_Q5_K;
}

// has_halves tells whether each half of a block has its own scale.
INLINE int has_halves(int type) { return type == TYPE_Q2_K || type == TYPE_Q3_K || type == TYPE_Q6_K; }

// has_bytes tells whether codes take all 8 bits, too many for narrow accumulators.
INLINE int has_bytes(int type) { return type == TYPE_Q8_0 || type == TYPE_IQ4_NL; }

INLINE int is_k(int type) { return type >= TYPE_Q2_K && type <= TYPE_Q6_K; }

// shift is what is added to the codes of a type before they are multiplied. A type with
// minimums is only shifted if its codes would not fit narrow accumulators; its minimums
// then make up for it.
INLINE int shift(int type) {
	switch (type) {
	case TYPE_Q4_0: return BIAS - 8;
	case TYPE_Q5_0: return BIAS - 16;
	case TYPE_Q3_K: return BIAS - 4;
	case TYPE_Q6_K: return BIAS - 32;
	case TYPE_Q8_0: case TYPE_IQ4_NL: return NARROW ? 0 : BIAS;
	case TYPE_Q5_1: case TYPE_Q5_K: return NARROW ? BIAS - 16 : 0;
	}
	return 0;
}

// starts tells whether accumulators must start at a record's start.
INLINE int starts(int type) {
	if (NARROW && (type == TYPE_Q5_1 || type == TYPE_Q5_K))
		return 1;
	return BIAS && !has_minimum(type) && !(NARROW && has_bytes(type));
}

// moved shifts all bytes' bits left (right if negative). Bits that cross from one byte to
// its neighbour are left for the caller to mask.
INLINE u8v moved(u8v v, int left) {
	return left >= 0 ? (u8v)((u16v)v << left) : (u8v)((u16v)v >> -left);
}

// unpack reads the codes of one block for LANES rows; layout_fields.go says what stands where.
INLINE void unpack(int type, const uint8_t *lines, u8v w[8]) {
	u8v l[8];
	UNROLL for (int i = 0; i < bytes_of_block(type) / LINE; i++) l[i] = load(lines + i * LINE);
	switch (type) {
	case TYPE_Q8_0:
		UNROLL for (int g = 0; g < 8; g++) w[g] = l[g];
		break;
	case TYPE_Q6_K:
		UNROLL for (int g = 0; g < 6; g++) w[g] = l[g] & 63;
		UNROLL for (int h = 0; h < 2; h++)
			w[6 + h] = (moved(l[3 * h], -6) & 3) | (moved(l[3 * h + 1], -4) & 12) | (moved(l[3 * h + 2], -2) & 48);
		break;
	case TYPE_Q5_0: case TYPE_Q5_1: case TYPE_Q5_K:
		UNROLL for (int g = 0; g < 5; g++) w[g] = l[g] & 31;
		w[5] = (moved(l[0], -5) & 7) | (moved(l[1], -2) & 24);
		w[6] = (moved(l[2], -5) & 7) | (moved(l[3], -2) & 24);
		w[7] = (moved(l[4], -5) & 7) | (moved(l[1], -4) & 8) | (moved(l[3], -3) & 16);
		break;
	case TYPE_Q2_K: case TYPE_Q3_K:
		UNROLL for (int g = 0; g < 8; g++) {
			w[g] = moved(l[g / 4], -(g % 4 * 2)) & 3;
			if (type == TYPE_Q3_K)
				w[g] |= moved(l[2], 2 - g) & 4;
		}
		break;
	default:
		UNROLL for (int g = 0; g < 4; g++) {
			w[g] = l[g] & 15;
			w[g + 4] = moved(l[g], -4) & 15;
		}
	}
	if (type == TYPE_IQ4_NL)
		UNROLL for (int g = 0; g < 8; g++) w[g] = lookup(iq4nl_levels, w[g]);
	if (shift(type))
		UNROLL for (int g = 0; g < 8; g++) w[g] += (uint8_t)shift(type);
}

typedef struct {
	f32v scale[2], minimum[2]; // [half]; only the first where the halves are alike
} scales;

// read_scales reads those of block b of a unit for the LANES rows from first on.
INLINE scales read_scales(int type, const uint8_t *header, int b, int first) {
	scales s;
	f32v d = halves(header + 2 * first);
	s.scale[0] = d;
	switch (type) {
	case TYPE_Q4_1: case TYPE_Q5_1:
		s.minimum[0] = halves(header + 32 + 2 * first);
		break;
	case TYPE_Q4_K: case TYPE_Q5_K:
		s.scale[0] = d * unsigned_bytes(header + 64 + 16 * b + first);
		s.minimum[0] = -halves(header + 32 + 2 * first) * unsigned_bytes(header + 192 + 16 * b + first);
		break;
	case TYPE_Q3_K: case TYPE_Q6_K:
		UNROLL for (int h = 0; h < 2; h++)
			s.scale[h] = d * signed_bytes(header + 32 + 16 * (2 * b + h) + first);
		break;
	case TYPE_Q2_K:
		UNROLL for (int h = 0; h < 2; h++) {
			const uint8_t *both = header + 64 + 16 * (2 * b + h) + first;
			s.scale[h] = d * low_nibbles(both);
			s.minimum[h] = -halves(header + 32 + 2 * first) * high_nibbles(both);
		}
		break;
	}
	if (has_minimum(type) && shift(type)) // codes stand 16 too high once starts are subtracted
		s.minimum[0] += s.scale[0] * (float)(BIAS - shift(type));
	return s;
}

// add_block adds the products of one block to the sums of columns vectors (columns is a
// constant), for vectors registers of rows. Each activation that is read serves them all.
// Register v's sums stand next floats behind those of the one before.
INLINE void add_block(int type, int vectors, int columns, const u8v (*w)[8], const scales *s, const record *r,
	float *sums, size_t next) {
	const int parts = has_halves(type) ? 2 : 1, groups = 8 / parts;
	f32v y[MOST_VECTORS][MOST_COLUMNS];
#if NARROW
	if (has_bytes(type)) {
		acc a[MOST_VECTORS][MOST_COLUMNS];
		EACH_PAIR a[v][c] = zero();
		UNROLL for (int g = 0; g < 8; g++)
			UNROLL for (int c = 0; c < columns; c++) {
				codes4 x = four(r[c].code + 4 * g);
				UNROLL for (int v = 0; v < vectors; v++) a[v][c] = dot_bytes(a[v][c], w[v][g], x);
			}
		EACH_PAIR y[v][c] = total_bytes(a[v][c]) * s[v].scale[0];
	} else
#endif
		UNROLL for (int h = 0; h < parts; h++) {
			acc a[MOST_VECTORS][MOST_COLUMNS];
			EACH_PAIR a[v][c] = !starts(type) ? zero() : begin(has_halves(type) ? &r[c].half_start[h] : &r[c].start);
			UNROLL for (int g = 0; g < groups; g++)
				UNROLL for (int c = 0; c < columns; c++) {
					codes4 x = four(r[c].code + 4 * (h * groups + g));
					UNROLL for (int v = 0; v < vectors; v++) a[v][c] = dot(a[v][c], w[v][h * groups + g], x);
				}
			EACH_PAIR y[v][c] = h ? fma_(total(a[v][c]), s[v].scale[h], y[v][c]) : total(a[v][c]) * s[v].scale[h];
		}
	UNROLL for (int c = 0; c < columns; c++) {
		f32v scale = all(r[c].scale), sum = all(r[c].sum), first = all(r[c].half_sum[0]), second = all(r[c].half_sum[1]);
		UNROLL for (int v = 0; v < vectors; v++) {
			float *at = sums + v * next + c * STRIP;
			f32v to = fma_(y[v][c], scale, load_floats(at));
			if (type == TYPE_Q2_K)
				to = fma_(s[v].minimum[1], second, fma_(s[v].minimum[0], first, to));
			else if (has_minimum(type))
				to = fma_(s[v].minimum[0], sum, to);
			store_floats(at, to);
		}
	}
}

// add_few keeps the codes in registers while the vectors pass one by one.
INLINE void add_few(int type, int vectors, const u8v (*w)[8], const scales *s, const tile *t, const record *r,
	float *sums, size_t next) {
	for (int c = 0; c < t->n; c++) add_block(type, vectors, 1, w, s, r + c, sums + c * STRIP, next);
}

// add_many takes the vectors four at a time, more than leaves registers for the codes.
INLINE void add_many(int type, int vectors, const u8v (*w)[8], const scales *s, const tile *t, const record *r,
	float *sums, size_t next) {
	int c = 0;
	for (; c + MOST_COLUMNS <= t->n; c += MOST_COLUMNS)
		add_block(type, vectors, MOST_COLUMNS, w, s, r + c, sums + c * STRIP, next);
	for (; c < t->n; c++) add_block(type, vectors, 1, w, s, r + c, sums + c * STRIP, next);
}

// run_tile is the tile of a type (a constant). Where the registers hold the codes of both
// strips (WIDE), all vectors pass by them; otherwise few vectors pass by the rows of one
// register at a time, and many find the codes of a strip in the L1 cache.
INLINE void run_tile(int type, int many, const tile *t) {
	const int per_unit = is_k(type) ? UNIT_BLOCKS : 1;
	const int block_bytes = bytes_of_block(type), header = bytes_of_header(type);
	const int unit_bytes = 2 * (header + per_unit * block_bytes), share = unit_bytes / per_unit;
	const uint8_t *unit = t->w;
	const record *r = t->a;
	for (int b = 0; b < t->blocks; b += per_unit, unit += unit_bytes) {
		for (int i = 0; i < per_unit; i++, r += t->stride) {
			u8v w[MOST_VECTORS][8];
			scales s[MOST_VECTORS];
			UNROLL for (int l = 0; l < share; l += LINE) __builtin_prefetch(unit + i * share + l + PREFETCH);
			UNROLL for (int p = 0; p < 2; p++) {
				const uint8_t *at = unit + p * header, *lines = unit + 2 * header + (2 * i + p) * block_bytes;
				float *sums = p ? t->second : t->sums;
				if (WIDE) {
					unpack(type, lines, w[p]);
					s[p] = read_scales(type, at, i, 0);
				} else if (many) {
					UNROLL for (int v = 0; v < MOST_VECTORS; v++) {
						unpack(type, lines + v * WIDTH, w[v]);
						s[v] = read_scales(type, at, i, v * LANES);
					}
					__asm__ volatile("" : : "r"(w) : "memory"); // keeps the codes in memory
					add_many(type, MOST_VECTORS, w, s, t, r, sums, LANES);
				} else {
					for (int first = 0; first < STRIP; first += LANES) {
						unpack(type, lines + 4 * first, w[0]);
						s[0] = read_scales(type, at, i, first);
						add_few(type, 1, w, s, t, r, sums + first, 0);
					}
				}
			}
			if (WIDE)
				add_many(type, 2, w, s, t, r, t->sums, t->second - t->sums);
		}
	}
}

// RUN is run_tile, unless the including file has something better for some types.
#ifndef RUN
#define RUN run_tile
#endif

#define TILE(type) \
	TARGET static void tile_##type(const tile *t) { \
		if (!WIDE && t->n >= MOST_COLUMNS) \
			RUN(TYPE_##type, 1, t); \
		else \
			RUN(TYPE_##type, 0, t); \
	}
#define TILES \
	TILE(Q4_0) TILE(Q4_1) TILE(Q5_0) TILE(Q5_1) TILE(Q8_0) TILE(IQ4_NL) TILE(Q2_K) TILE(Q3_K) TILE(Q4_K) TILE(Q5_K) \
	TILE(Q6_K)
#define TILE_ENTRY(type) [TYPE_##type] = tile_##type
#define TILE_ENTRIES { \
	TILE_ENTRY(Q4_0), TILE_ENTRY(Q4_1), TILE_ENTRY(Q5_0), TILE_ENTRY(Q5_1), TILE_ENTRY(Q8_0), TILE_ENTRY(IQ4_NL), \
	TILE_ENTRY(Q2_K), TILE_ENTRY(Q3_K), TILE_ENTRY(Q4_K), TILE_ENTRY(Q5_K), TILE_ENTRY(Q6_K) }
