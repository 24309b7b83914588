// What AVX2 and AVX-VNNI share: floats and conversions in 256-bit registers.

INLINE f32v max_(f32v a, f32v b) { return (f32v)_mm256_max_ps((__m256)a, (__m256)b); }
INLINE f32v min_(f32v a, f32v b) { return (f32v)_mm256_min_ps((__m256)a, (__m256)b); }

INLINE int any_at_least(f32v v, float x) {
	return _mm256_movemask_ps(_mm256_cmp_ps((__m256)v, _mm256_set1_ps(x), _CMP_GE_OQ));
}

INLINE void to_halves(uint16_t *p, f32v v) {
	_mm_storeu_si128((__m128i *)p, _mm256_cvtps_ph((__m256)v, _MM_FROUND_TO_NEAREST_INT));
}

INLINE f32v halves(const uint8_t *p) { return (f32v)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)); }

INLINE f32v unsigned_bytes(const uint8_t *p) {
	return (f32v)_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)));
}

INLINE f32v signed_bytes(const uint8_t *p) {
	return (f32v)_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)p)));
}

INLINE f32v low_nibbles(const uint8_t *p) {
	__m256i b = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p));
	return (f32v)_mm256_cvtepi32_ps(_mm256_and_si256(b, _mm256_set1_epi32(15)));
}

INLINE f32v high_nibbles(const uint8_t *p) {
	__m256i b = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p));
	return (f32v)_mm256_cvtepi32_ps(_mm256_srli_epi32(b, 4));
}

INLINE f32v fma_(f32v a, f32v b, f32v c) { return (f32v)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }

INLINE u8v lookup(const int8_t table[16], u8v index) {
	__m256i t = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)table));
	return (u8v)_mm256_shuffle_epi8(t, (__m256i)index);
}

INLINE f32v brain_halves(const uint8_t *p) {
	return (f32v)_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)p)), 16);
}
