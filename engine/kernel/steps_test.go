package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func near(got, want float32, tolerance float64) bool {
	return math.Abs(float64(got)-float64(want)) <= tolerance*(1+math.Abs(float64(want)))
}

// lengths cover every remainder of every register width.
func lengths() []int {
	var all []int
	for n := 1; n <= 70; n++ {
		all = append(all, n)
	}
	return append(all, 127, 128, 129, 576, 896, 1536, 4864, 8960)
}

func TestStepsAgainstPlain(t *testing.T) {
	pool := NewPool(2)
	defer pool.Close()
	onEachPath(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 6))
		for _, width := range lengths() {
			for _, n := range []int{1, 3} {
				x, y := randomVectors(rng, n, width), randomVectors(rng, n, width)
				weight := randomVectors(rng, 1, width)

				got, want := make([]float32, n*width), make([]float32, n*width)
				pool.RMSNorm(got, x, weight, n, 1e-6)
				for i := range n {
					plainRMSNorm(want[i*width:][:width], x[i*width:][:width], weight, 1e-6)
				}
				compare(t, "RMSNorm", got, want, 1e-6)

				got, want = slices.Clone(x), slices.Clone(x)
				pool.SwiGLU(got, y)
				plainSwiGLU(want, y)
				compare(t, "SwiGLU", got, want, 1e-6)

				got, want = slices.Clone(x), slices.Clone(x)
				pool.Add(got, y)
				plainAdd(want, y)
				compare(t, "Add", got, want, 0)
			}
		}
	})
}

func compare(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	for i := range want {
		if !near(got[i], want[i], tolerance) {
			t.Fatalf("%s of %d values: value %d is %g, want %g", what, len(want), i, got[i], want[i])
		}
	}
}

func TestSwiGLUOfExtremeGates(t *testing.T) {
	pool := NewPool(1)
	defer pool.Close()
	onEachPath(t, func(t *testing.T) {
		gate := []float32{-1e30, -1000, -100, -88, -87, -20, -1e-30, 0, 1e-30, 20, 87, 88, 100, 1000, 1e30, 3}
		up := slices.Repeat([]float32{1}, len(gate))
		want := slices.Clone(gate)
		plainSwiGLU(want, up)
		pool.SwiGLU(gate, up)
		compare(t, "SwiGLU", gate, want, 1e-6)
	})
}

func TestRoPEAgainstPlain(t *testing.T) {
	pool := NewPool(2)
	defer pool.Close()
	onEachPath(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(7, 8))
		for _, headDim := range []int{2, 6, 32, 64, 80, 128} {
			for _, style := range []RopeStyle{RopeNorm, RopeNeoX} {
				const n, heads = 5, 3
				table := NewRopeTable(headDim, 1e6, 100)
				positions := []int{0, 1, 7, 99, 50}
				got := randomVectors(rng, n, heads*headDim)
				want := slices.Clone(got)
				pool.RoPE(got, n, heads, headDim, positions, table, style)
				for i, pos := range positions {
					plainRotate(want[i*heads*headDim:][:heads*headDim],
						table.cos[pos*headDim/2:][:headDim/2], table.sin[pos*headDim/2:][:headDim/2], style)
				}
				compare(t, "RoPE", got, want, 1e-6)
			}
		}
	})
}

func TestRoPETurnsByThePosition(t *testing.T) {
	pool := NewPool(1)
	defer pool.Close()
	x := []float32{1, 0, 0, 1}
	table := NewRopeTable(4, 10000, 4)
	pool.RoPE(x, 1, 1, 4, []int{3}, table, RopeNorm)
	sin, cos := math.Sincos(3 * math.Pow(10000, -0.5))
	compare(t, "RoPE", x, []float32{float32(math.Cos(3)), float32(math.Sin(3)), float32(-sin), float32(cos)}, 1e-6)
}

func TestLogSumExpAndCandidates(t *testing.T) {
	pool := NewPool(2)
	defer pool.Close()
	onEachPath(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(9, 10))
		for _, width := range append(lengths(), 151936) {
			const n = 2
			x := randomVectors(rng, n, width)
			highest, sum := make([]float32, n), make([]float32, n)
			pool.LogSumExp(x, n, 1.25, highest, sum)
			floor := make([]float32, n)
			for i := range n {
				top, want := plainLogSumExp(x[i*width:][:width], 1.25)
				if highest[i] != top || !near(sum[i], want, 1e-6) {
					t.Fatalf("%d logits: highest %g, sum %g; want %g, %g", width, highest[i], sum[i], top, want)
				}
				floor[i] = top - 3
			}
			for i, got := range pool.Candidates(x, n, floor, nil) {
				var want []Candidate
				for token, v := range x[i*width:][:width] {
					if v >= floor[i] {
						want = append(want, Candidate{token, v})
					}
				}
				if !slices.Equal(got, want) {
					t.Fatalf("%d logits: candidates %v, want %v", width, got, want)
				}
			}
		}
	})
}
