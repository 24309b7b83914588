// What the machine can do at most, for comparison: reading memory, and multiplying codes
// that are in registers already. The including file defines KEEP(a), which makes the
// compiler believe that a is used and changed.

TARGET static uint64_t read_bytes(const uint8_t *p, size_t n) {
	u8v seen[4] = {};
	for (size_t i = 0; i + 4 * WIDTH <= n; i += 4 * WIDTH)
		UNROLL for (int j = 0; j < 4; j++) seen[j] |= load(p + i + j * WIDTH);
	u8v all = seen[0] | seen[1] | seen[2] | seen[3];
	uint64_t any = 0;
	for (int i = 0; i < WIDTH; i++) any |= all[i];
	return any;
}

// multiply_codes does rounds of multiply-adds and returns their number.
TARGET static uint64_t multiply_codes(int rounds) {
	enum { CHAINS = 10 }; // that run beside each other
	const int8_t codes[4] = {1, 2, 3, 4};
	acc a[CHAINS];
	u8v w = (u8v){} + 3;
	codes4 x = four(codes);
	UNROLL for (int i = 0; i < CHAINS; i++) a[i] = zero();
	for (int r = 0; r < rounds; r++)
		UNROLL for (int i = 0; i < CHAINS; i++) {
			a[i] = dot(a[i], w, x);
			KEEP(a[i]);
		}
	return (uint64_t)rounds * CHAINS * WIDTH;
}

// LOOPS are a path's entries for what steps.h, attention.h, tile.h, float_tile.h and this
// file define.
#define LOOPS \
	.swiglu = swiglu, .add = add, .rms_norm = rms_norm, .rope = rope, .log_sum_exp = log_sum_exp, \
	.next_at_least = next_at_least, .attend = attend, .store_position = store_position, .read_bytes = read_bytes, \
	.multiply_codes = multiply_codes, .tiles = TILE_ENTRIES, .float_tiles = FLOAT_TILE_ENTRIES
