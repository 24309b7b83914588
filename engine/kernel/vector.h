// Registers of WIDTH bytes and what all instruction sets do alike with them. A path's file
// defines, before it includes this,
//
//	TARGET  the function attribute that allows its instructions
//	WIDTH   bytes of a register
//
// and after it, for this and the other headers of loops,
//
//	f32v halves(p)           LANES binary16 values as floats
//	f32v brain_halves(p)     LANES bfloat16 values as floats
//	to_halves(p, v)          to binary16, rounding to nearest
//	f32v fma_(a, b, c)       a*b+c, rounded once
//	f32v max_(a, b), min_(a, b)
//	int any_at_least(v, x)   whether a lane of v is at least x

#define UNROLL _Pragma("GCC unroll 16")
#define INLINE TARGET static inline __attribute__((always_inline))

typedef uint8_t u8v __attribute__((vector_size(WIDTH)));
typedef uint16_t u16v __attribute__((vector_size(WIDTH)));
typedef int32_t i32v __attribute__((vector_size(WIDTH)));
typedef float f32v __attribute__((vector_size(WIDTH)));
typedef u8v u8v_anywhere __attribute__((aligned(1), may_alias));
typedef f32v f32v_anywhere __attribute__((aligned(4), may_alias));

enum {
	LANES = WIDTH / 4, // rows in a register
	PREFETCH = 8192   // bytes ahead of what is being read: memory is a microsecond away
};

static const int8_t iq4nl_levels[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

INLINE u8v load(const uint8_t *p) { return *(const u8v_anywhere *)p; }
INLINE f32v load_floats(const float *p) { return *(const f32v_anywhere *)p; }
INLINE void store_floats(float *p, f32v v) { *(f32v_anywhere *)p = v; }
INLINE f32v all(float x) { return x - (f32v){}; }

// bytes_of_block and bytes_of_header are those of a packed unit, as in layout.go.
INLINE int bytes_of_block(int type) {
	switch (type) {
	case TYPE_Q2_K: return 2 * LINE;
	case TYPE_Q3_K: return 3 * LINE;
	case TYPE_Q5_0: case TYPE_Q5_1: case TYPE_Q5_K: return 5 * LINE;
	case TYPE_Q6_K: return 6 * LINE;
	case TYPE_Q8_0: return 8 * LINE;
	}
	return 4 * LINE;
}

INLINE int bytes_of_header(int type) {
	switch (type) {
	case TYPE_Q4_1: case TYPE_Q5_1: return 64;
	case TYPE_Q3_K: case TYPE_Q6_K: return 288;
	case TYPE_Q2_K: case TYPE_Q4_K: case TYPE_Q5_K: return 320;
	}
	return 32;
}

// EACH_SCALE runs through vectors i and through blocks from b on that share a scale, so
// that neither the vectors nor the records are met in long strides: 16 vectors at a time.
#define EACH_SCALE(n, from, to, together) \
	for (int first = 0; first < (n); first += 16) \
		for (int b = (from); b < (to); b += (together)) \
			for (int i = first; i < (n) && i < first + 16; i++)
