package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// filled returns a segment of n stored positions, and its keys and values as stored.
func filled(pool *Pool, rng *rand.Rand, n, capacity, kvHeads, headDim int) (s *Segment, k, v []float32) {
	segment := &NewSegments(1, kvHeads, capacity, headDim)[0]
	var places []Place
	for pos := range n {
		places = append(places, Place{segment, pos})
	}
	k, v = randomVectors(rng, n, kvHeads*headDim), randomVectors(rng, n, kvHeads*headDim)
	pool.Store(places, k, v, kvHeads, headDim)
	for i := range k {
		k[i], v[i] = halfToFloat(floatToHalf(k[i])), halfToFloat(floatToHalf(v[i]))
	}
	return segment, k, v
}

// judgeAttention computes one head in float64 from keys and values [positions][headDim].
func judgeAttention(q []float32, k, v [][]float32) []float32 {
	scores := make([]float64, len(k))
	highest := math.Inf(-1)
	for i := range k {
		for d := range q {
			scores[i] += float64(q[d]) * float64(k[i][d])
		}
		scores[i] /= math.Sqrt(float64(len(q)))
		highest = max(highest, scores[i])
	}
	out := make([]float64, len(q))
	var sum float64
	for i := range k {
		w := math.Exp(scores[i] - highest)
		sum += w
		for d := range out {
			out[d] += w * float64(v[i][d])
		}
	}
	rounded := make([]float32, len(q))
	for d := range out {
		rounded[d] = float32(out[d] / sum)
	}
	return rounded
}

func TestAttentionAgainstJudge(t *testing.T) {
	pool := NewPool(2)
	defer pool.Close()
	onEachPath(t, func(t *testing.T) {
		for _, shape := range []struct{ heads, kvHeads, headDim int }{{14, 2, 64}, {12, 2, 128}, {9, 3, 64}, {4, 4, 32}, {2, 1, 80}, {3, 3, 24}} {
			t.Run(fmt.Sprint(shape), func(t *testing.T) { checkAttention(t, pool, shape.heads, shape.kvHeads, shape.headDim) })
		}
	})
}

// checkAttention has 6 vectors: a causal run over a growing segment after a shared one,
// and vectors with segments of their own.
func checkAttention(t *testing.T, pool *Pool, heads, kvHeads, headDim int) {
	rng := rand.New(rand.NewPCG(11, uint64(headDim)))
	const n = 6
	shared, sharedK, sharedV := filled(pool, rng, 150, 150, kvHeads, headDim)
	own, ownK, ownV := filled(pool, rng, 70, 100, kvHeads, headDim)
	other, otherK, otherV := filled(pool, rng, 3, 64, kvHeads, headDim)
	views := [][]View{
		{{shared, 150}, {own, 63}},
		{{shared, 150}, {own, 64}},
		{{shared, 150}, {own, 65}},
		{{shared, 17}},
		{{shared, 150}, {other, 3}, {own, 1}},
		{{other, 1}},
	}
	q := randomVectors(rng, n, heads*headDim)
	out := make([]float32, len(q))
	pool.Attention(out, q, n, heads, kvHeads, headDim, views)
	for i, seen := range views {
		for h := range heads {
			var k, v [][]float32
			for _, view := range seen {
				allK, allV := sharedK, sharedV
				switch view.Segment {
				case own:
					allK, allV = ownK, ownV
				case other:
					allK, allV = otherK, otherV
				}
				for pos := range view.Len {
					at := (pos*kvHeads + h/(heads/kvHeads)) * headDim
					k, v = append(k, allK[at:at+headDim]), append(v, allV[at:at+headDim])
				}
			}
			at := (i*heads + h) * headDim
			compare(t, fmt.Sprintf("attention of vector %d, head %d", i, h), out[at:at+headDim], judgeAttention(q[at:at+headDim], k, v), 1e-4)
		}
	}
	// Alone, each vector gives the same bits.
	for i := range n {
		width := heads * headDim
		alone := make([]float32, width)
		pool.Attention(alone, q[i*width:][:width], 1, heads, kvHeads, headDim, views[i:i+1])
		if !slices.Equal(alone, out[i*width:][:width]) {
			t.Fatalf("vector %d differs alone", i)
		}
	}
}

func TestSegmentCopyFrom(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 13))
	const kvHeads, headDim, n = 2, 64, 21
	pool := NewPool(1)
	defer pool.Close()
	from, _, _ := filled(pool, rng, 40, 64, kvHeads, headDim)
	to := &NewSegments(1, kvHeads, 64, headDim)[0]
	to.CopyFrom(*from, n, kvHeads, headDim)
	q := randomVectors(rng, 1, 2*headDim)
	got, want := make([]float32, len(q)), make([]float32, len(q))
	pool.Attention(got, q, 1, 2, kvHeads, headDim, [][]View{{{to, n}}})
	pool.Attention(want, q, 1, 2, kvHeads, headDim, [][]View{{{from, n}}})
	if !slices.Equal(got, want) {
		t.Error("the copy is seen differently")
	}
}
