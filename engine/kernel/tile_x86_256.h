// What AVX2 and AVX-VNNI share: conversions into 256-bit registers.

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
