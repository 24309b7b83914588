// The element-wise steps and reductions, written once for all instruction sets.
// The including file has defined what vector.h asks for.

// partial returns a register whose first n lanes are p's and whose others are fill.
INLINE f32v partial(const float *p, int n, float fill) {
	float lanes[LANES];
	for (int i = 0; i < LANES; i++) lanes[i] = i < n ? p[i] : fill;
	return load_floats(lanes);
}

INLINE void store_partial(float *p, int n, f32v v) {
	float lanes[LANES];
	store_floats(lanes, v);
	for (int i = 0; i < n; i++) p[i] = lanes[i];
}

// exp_ is e to the x, with a relative error below 2e-7 from -87 to 88; x is held there.
INLINE f32v exp_(f32v x) {
	const f32v round = all(12582912.0f); // 1.5 * 2^23: adding it leaves an integer
	x = max_(all(-87.0f), min_(all(88.0f), x));
	f32v k = fma_(x, all(1.44269504f), round) - round;
	f32v r = fma_(k, all(-0.693359375f), x); // ln 2 in two parts
	r = fma_(k, all(2.12194440e-4f), r);
	f32v y = all(1.0f / 5040);
	y = fma_(y, r, all(1.0f / 720));
	y = fma_(y, r, all(1.0f / 120));
	y = fma_(y, r, all(1.0f / 24));
	y = fma_(y, r, all(1.0f / 6));
	y = fma_(y, r, all(0.5f));
	y = fma_(y, r, all(1.0f));
	y = fma_(y, r, all(1.0f));
	return y * (f32v)((__builtin_convertvector(k, i32v) + 127) << 23);
}

INLINE float sum_lanes(f32v v) {
	float sum = 0;
	for (int i = 0; i < LANES; i++) sum += v[i];
	return sum;
}

INLINE float max_lanes(f32v v) {
	float most = v[0];
	for (int i = 1; i < LANES; i++) most = v[i] > most ? v[i] : most;
	return most;
}

INLINE f32v silu_times(f32v gate, f32v up) { return gate / (1.0f + exp_(-gate)) * up; }

TARGET static void swiglu(float *gate, const float *up, int n) {
	int i = 0;
	for (; i + LANES <= n; i += LANES) store_floats(gate + i, silu_times(load_floats(gate + i), load_floats(up + i)));
	if (i < n) store_partial(gate + i, n - i, silu_times(partial(gate + i, n - i, 0), partial(up + i, n - i, 0)));
}

TARGET static void add(float *dst, const float *x, int n) {
	int i = 0;
	for (; i + LANES <= n; i += LANES) store_floats(dst + i, load_floats(dst + i) + load_floats(x + i));
	for (; i < n; i++) dst[i] += x[i];
}

TARGET static void rms_norm(float *dst, const float *x, const float *weight, int width, float eps) {
	f32v sums[4] = {};
	int i = 0;
	for (; i + 4 * LANES <= width; i += 4 * LANES)
		UNROLL for (int j = 0; j < 4; j++) {
			f32v v = load_floats(x + i + j * LANES);
			sums[j] = fma_(v, v, sums[j]);
		}
	double sum = sum_lanes((sums[0] + sums[1]) + (sums[2] + sums[3]));
	for (int k = i; k < width; k++) sum += (double)x[k] * x[k];
	float scale = (float)(1 / __builtin_sqrt(sum / width + eps));
	for (i = 0; i + LANES <= width; i += LANES)
		store_floats(dst + i, load_floats(x + i) * scale * load_floats(weight + i));
	for (; i < width; i++) dst[i] = x[i] * scale * weight[i];
}

// rope turns one head of 2*half values; halves tells which two belong together.
TARGET static void rope(float *head, const float *cosine, const float *sine, int half, int halves) {
	int i = 0;
	if (halves)
		for (; i + LANES <= half; i += LANES) {
			f32v x = load_floats(head + i), y = load_floats(head + half + i);
			f32v c = load_floats(cosine + i), s = load_floats(sine + i);
			store_floats(head + i, fma_(x, c, -(y * s)));
			store_floats(head + half + i, fma_(x, s, y * c));
		}
	for (; i < half; i++) {
		float *a = head + (halves ? i : 2 * i), *b = halves ? a + half : a + 1, x = *a, y = *b;
		*a = x * cosine[i] - y * sine[i];
		*b = x * sine[i] + y * cosine[i];
	}
}

// log_sum_exp reads the values once, 64 registers at a time: their sum is of float32, the
// total of float64, and made to fit each new highest value.
TARGET static void log_sum_exp(const float *x, int n, float scale, float *highest, double *sum) {
	float top = -__builtin_inff();
	double total = 0;
	for (int at = 0, end, i; at < n; at = end) {
		end = n - at < 64 * LANES ? n : at + 64 * LANES;
		f32v most = all(top), part = {};
		for (i = at; i + LANES <= end; i += LANES) most = max_(most, load_floats(x + i));
		if (i < end) most = max_(most, partial(x + i, end - i, top));
		float before = top;
		top = max_lanes(most);
		total *= exp_(all((before - top) * scale))[0];
		for (i = at; i + LANES <= end; i += LANES) part += exp_((load_floats(x + i) - top) * scale);
		total += sum_lanes(part);
		for (; i < end; i++) total += exp_(all((x[i] - top) * scale))[0];
	}
	*highest = top;
	*sum = total;
}

// next_at_least returns the first index from i on whose value is at least floor, or n.
TARGET static int next_at_least(const float *x, int i, int n, float floor) {
	while (i + 4 * LANES <= n) {
		f32v most = max_(max_(load_floats(x + i), load_floats(x + i + LANES)),
			max_(load_floats(x + i + 2 * LANES), load_floats(x + i + 3 * LANES)));
		if (any_at_least(most, floor))
			break;
		i += 4 * LANES;
	}
	while (i < n && !(x[i] >= floor)) i++;
	return i;
}
