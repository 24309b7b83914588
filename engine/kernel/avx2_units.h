// The tile of the K types where multipliers are scarce (AVX2). The activations of a unit
// of 256 columns share one scale, so a whole unit is summed in integers: the instruction
// that widens the 16-bit sums of a block multiplies them by the block's integer scale, and
// floats come in once per unit.
//
// The sums of a unit stay below 2^31: 8 blocks of 2*32512*128 (Q3_K, Q6_K) or of
// 2*30480*63 and 16*63*32*127 (Q5_K).

// unit_rows are what LANES rows have in a unit besides codes and scales. A lane of minimum
// and of lift has the 16-bit numbers of two blocks.
typedef struct {
	__m256i minimum[UNIT_BLOCKS / 2];
	__m256i lift[UNIT_BLOCKS / 2]; // what shifted codes (Q5_K) stand too low: 16 times the scales of two blocks
	f32v d, dmin;
} unit_rows;

INLINE __m128i strip_of(const uint8_t *p) { return _mm_loadu_si128((const __m128i *)p); }

// two_blocks returns the unsigned bytes at p, of the rows from first on, paired with those
// of the next block.
INLINE __m256i two_blocks(const uint8_t *p, int first) {
	__m128i a = strip_of(p), b = strip_of(p + STRIP);
	return _mm256_cvtepu8_epi16(first ? _mm_unpackhi_epi8(a, b) : _mm_unpacklo_epi8(a, b));
}

// scale_pair reads the integer scales of half h of block b for the rows from first on: one
// shuffle brings each row's byte to its lane, twice.
INLINE __m256i scale_pair(int type, const uint8_t *header, int b, int h, int first) {
	const int each = has_halves(type) ? 2 : 1;
	const uint8_t *p = header + (has_minimum(type) ? 64 : 32) + 16 * (each * b + h);
	const i32v row = (i32v){0, 1, 2, 3, 4, 5, 6, 7} + first;
	__m256i strip = _mm256_broadcastsi128_si256(strip_of(p));
	if (!has_minimum(type)) { // signed: to the high byte, and down again
		i32v high = row * 0x01000100 | 0x00800080;
		return _mm256_srai_epi16(_mm256_shuffle_epi8(strip, (__m256i)high), 8);
	}
	i32v low = row * 0x00010001 | (int)0x80008000;
	__m256i s = _mm256_shuffle_epi8(strip, (__m256i)low);
	return type == TYPE_Q2_K ? _mm256_and_si256(s, _mm256_set1_epi32(0x000f000f)) : s;
}

// read_block reads what a block has of its own.
INLINE void read_block(int type, const uint8_t *header, const uint8_t *lines, int b, int first, u8v code[8], __m256i scale[2]) {
	unpack(type, lines, code);
	UNROLL for (int h = 0; h < 2; h++)
		if (h == 0 || has_halves(type))
			scale[h] = scale_pair(type, header, b, h, first);
}

// read_minimums reads what a unit has.
INLINE void read_minimums(int type, const uint8_t *header, int first, unit_rows *u) {
	u->d = halves(header + 2 * first);
	if (!has_minimum(type))
		return;
	u->dmin = halves(header + 32 + 2 * first);
	UNROLL for (int b = 0; b < UNIT_BLOCKS; b += 2) {
		const uint8_t *scale = header + 64 + 16 * b, *minimum = scale + 128;
		if (type == TYPE_Q2_K)
			continue;
		u->minimum[b / 2] = two_blocks(minimum, first);
		if (type == TYPE_Q5_K)
			u->lift[b / 2] = _mm256_slli_epi16(two_blocks(scale, first), 4);
	}
}

// Shapes, how vectors pass by the codes of a block: one by one or four at a time while the
// codes of one register of rows stay in registers, or four at a time with the codes of all
// rows in the L1 cache. Four give the processor more to do that needs no result of the step
// before; all rows together read the vectors only once.
enum { ONE, FOUR, FOUR_FOR_ALL };
enum { MANY = 64 }; // vectors from which on the last is the fastest

// add_columns adds the products of the codes of some registers of rows and columns vectors,
// times the block's integer scales, to their sums.
INLINE void add_columns(int type, int vectors, int columns, const u8v (*code)[8], const __m256i (*scale)[2], const record *r,
	__m256i (*sums)[MOST_TILE], int first) {
	const int parts = has_halves(type) ? 2 : 1, groups = 8 / parts;
	UNROLL for (int h = 0; h < parts; h++) {
		acc a[MOST_VECTORS][MOST_COLUMNS];
		if (starts(type))
			EACH_PAIR a[v][c] = begin(has_halves(type) ? &r[first + c].half_start[h] : &r[first + c].start);
		UNROLL for (int g = 0; g < groups; g++)
			UNROLL for (int c = 0; c < columns; c++) {
				codes4 x = four(r[first + c].code + 4 * (h * groups + g));
				UNROLL for (int v = 0; v < vectors; v++) {
					u8v w = code[v][h * groups + g];
					a[v][c] = g || starts(type) ? dot(a[v][c], w, x) : first_dot(w, x);
				}
			}
		EACH_PAIR sums[v][first + c] = _mm256_add_epi32(sums[v][first + c], _mm256_madd_epi16(a[v][c], scale[v][h]));
	}
}

// add_vectors is add_columns for n vectors.
INLINE void add_vectors(int type, int vectors, int most, const u8v (*code)[8], const __m256i (*scale)[2], int n,
	const record *r, __m256i (*sums)[MOST_TILE]) {
	int c = 0;
	if (most > 1)
		for (; c + most <= n; c += most) add_columns(type, vectors, most, code, scale, r, sums, c);
	for (; c < n; c++) add_columns(type, vectors, 1, code, scale, r, sums, c);
}

// add_unit adds the integer sums of a unit, as floats, to the sums of n vectors and LANES
// rows, and leaves zeros. r is the unit's first record.
INLINE void add_unit(int type, const unit_rows *u, const uint8_t *header, int first, __m256i *sum, const record *r,
	size_t stride, int n, float *sums) {
	for (int c = 0; c < n; c++, r++, sum++, sums += STRIP) {
		__m256i s = *sum, minimum = zero(), none = zero();
		KEEP(none); // a store for each: the compiler would call memset
		*sum = none;
		if (has_minimum(type) && type != TYPE_Q2_K)
			UNROLL for (int b = 0; b < UNIT_BLOCKS; b += 2) {
				__m256i two = _mm256_set1_epi32(*(const int32_t *)r[b * stride].two_sums);
				minimum = _mm256_add_epi32(minimum, _mm256_madd_epi16(u->minimum[b / 2], two));
				if (type == TYPE_Q5_K)
					s = _mm256_add_epi32(s, _mm256_madd_epi16(u->lift[b / 2], two));
			}
		f32v y = (f32v)_mm256_cvtepi32_ps(s) * u->d;
		if (has_minimum(type) && type != TYPE_Q2_K)
			y = fma_((f32v)_mm256_cvtepi32_ps(minimum), -u->dmin, y);
		y = fma_(y, all(r->scale), load_floats(sums));
		if (type == TYPE_Q2_K)
			for (int b = 0; b < UNIT_BLOCKS; b++)
				UNROLL for (int h = 0; h < 2; h++) {
					f32v minimums = -u->dmin * high_nibbles(header + 64 + 16 * (2 * b + h) + first);
					y = fma_(minimums, all(r[b * stride].half_sum[h]), y);
				}
		store_floats(sums, y);
	}
}

// add_codes adds the products of a block of a strip and all vectors to their integer sums.
INLINE void add_codes(int type, int shape, const uint8_t *header, const uint8_t *lines, int b, int n, const record *r,
	__m256i (*sums)[MOST_TILE]) {
	u8v code[MOST_VECTORS][8];
	__m256i scale[MOST_VECTORS][2];
	UNROLL for (int v = 0; v < MOST_VECTORS; v++) {
		read_block(type, header, lines + v * WIDTH, b, v * LANES, code[v], scale[v]);
		if (shape != FOUR_FOR_ALL)
			add_vectors(type, 1, shape == ONE ? 1 : MOST_COLUMNS, code + v, scale + v, n, r, sums + v);
	}
	if (shape == FOUR_FOR_ALL) {
		__asm__ volatile("" : : "r"(code), "r"(scale) : "memory"); // keeps them in memory
		add_vectors(type, MOST_VECTORS, MOST_COLUMNS, code, scale, n, r, sums);
	}
}

// run_units is run_tile for the K types, block by block.
INLINE void run_units(int type, int shape, const tile *t) {
	const int block_bytes = bytes_of_block(type), header = bytes_of_header(type);
	const int unit_bytes = 2 * (header + UNIT_BLOCKS * block_bytes), share = unit_bytes / UNIT_BLOCKS;
	const uint8_t *unit = t->w;
	const record *r = t->a;
	const size_t stride = t->stride;
	const int n = t->n;
	__m256i sums[2][MOST_VECTORS][MOST_TILE]; // zero between units
	for (int i = 0; i < 2 * MOST_VECTORS; i++)
		for (int c = 0; c < n; c++) sums[i / MOST_VECTORS][i % MOST_VECTORS][c] = zero();
	for (int at = 0; at < t->blocks; at += UNIT_BLOCKS, unit += unit_bytes, r += UNIT_BLOCKS * stride) {
		for (int b = 0; b < UNIT_BLOCKS; b++) {
			UNROLL for (int l = 0; l < share; l += LINE) __builtin_prefetch(unit + b * share + l + PREFETCH);
			for (int p = 0; p < 2; p++)
				add_codes(type, shape, unit + p * header, unit + 2 * header + (2 * b + p) * block_bytes, b, n,
					r + b * stride, sums[p]);
		}
		UNROLL for (int p = 0; p < 2; p++)
			UNROLL for (int v = 0; v < MOST_VECTORS; v++) {
				unit_rows u;
				read_minimums(type, unit + p * header, v * LANES, &u);
				add_unit(type, &u, unit + p * header, v * LANES, sums[p][v], r, stride, n,
					(p ? t->second : t->sums) + v * LANES);
			}
	}
}
