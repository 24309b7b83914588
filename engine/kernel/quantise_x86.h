// Quantising one block of 32 activations with AVX2, for all x86 paths. The codes, the
// scale and the sums are those of linear_plain.go, bit for bit.

// highest returns the highest lane.
INLINE float highest(__m256 v) {
	__m128 m = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
	m = _mm_max_ps(m, _mm_movehl_ps(m, m));
	return _mm_cvtss_f32(_mm_max_ss(m, _mm_movehdup_ps(m)));
}

// magnitude_of returns the largest magnitude of n values, a multiple of 32.
INLINE float magnitude_of(const float *x, int n) {
	const __m256 sign = _mm256_set1_ps(-0.0f);
	__m256 most[4] = {};
	for (int i = 0; i < n; i += 32)
		UNROLL for (int j = 0; j < 4; j++)
			most[j] = _mm256_max_ps(most[j], _mm256_andnot_ps(sign, _mm256_loadu_ps(x + i + 8 * j)));
	return highest(_mm256_max_ps(_mm256_max_ps(most[0], most[1]), _mm256_max_ps(most[2], most[3])));
}

// quantise_block fills all of r but the starts. pairs are sums of codes: of the even pairs
// (columns 0, 1, 4, 5, ...) and odd pairs (2, 3, 6, 7, ...) of each half.
INLINE void quantise_block(record *r, const float *x, float magnitude, int pairs[4]) {
	float inverse = magnitude > 0x1p-100f ? 127 / magnitude : 0;
	r->scale = magnitude > 0x1p-100f ? magnitude / 127 : 0;
	__m256i q[4];
	for (int i = 0; i < 4; i++)
		q[i] = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + 8 * i), _mm256_set1_ps(inverse)));
	__m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(q[0], q[1]), _mm256_packs_epi32(q[2], q[3]));
	bytes = _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
	_mm256_storeu_si256((__m256i *)r->code, bytes);
	// 16-bit pair sums; then even and odd ones of each half as 32-bit lanes.
	__m256i two = _mm256_maddubs_epi16(_mm256_set1_epi8(1), bytes);
	__m256i even = _mm256_srai_epi32(_mm256_slli_epi32(two, 16), 16), odd = _mm256_srai_epi32(two, 16);
	__m256i sums = _mm256_hadd_epi32(even, odd);  // e e o o in each half
	sums = _mm256_hadd_epi32(sums, sums);         // e o e o in each half
	pairs[0] = _mm256_extract_epi32(sums, 0);
	pairs[1] = _mm256_extract_epi32(sums, 1);
	pairs[2] = _mm256_extract_epi32(sums, 4);
	pairs[3] = _mm256_extract_epi32(sums, 5);
	r->half_sum[0] = r->scale * (float)(pairs[0] + pairs[1]);
	r->half_sum[1] = r->scale * (float)(pairs[2] + pairs[3]);
	r->sum = r->scale * (float)(pairs[0] + pairs[1] + pairs[2] + pairs[3]);
}

// quantise_wide is the quantiser of paths whose accumulators have 32 bits: they start at
// -BIAS times the sums of the codes.
TARGET static __attribute__((unused)) void quantise_wide(record *r, const float *x, int n, int cols, int from, int to,
	int together) {
	EACH_SCALE(n, from, to, together) {
		const float *v = x + (size_t)i * cols + b * BLOCK;
		float magnitude = magnitude_of(v, together * BLOCK);
		for (int j = 0; j < together; j++) {
			record *o = r + (size_t)(b + j) * n + i;
			int pairs[4];
			quantise_block(o, v + j * BLOCK, magnitude, pairs);
			o->half_start[0] = -BIAS * (pairs[0] + pairs[1]);
			o->half_start[1] = -BIAS * (pairs[2] + pairs[3]);
			o->start = o->half_start[0] + o->half_start[1];
		}
	}
}
