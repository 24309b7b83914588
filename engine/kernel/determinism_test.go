package kernel

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// A vector's result has the same bits alone and among others, at any place, with any
// number of threads, and whether its matrix is multiplied alone or beside another.
func TestLinearDoesNotDependOnTheBatch(t *testing.T) {
	onEachPath(t, func(t *testing.T) {
		for _, typ := range allTypes {
			t.Run(fmt.Sprint(typ), func(t *testing.T) { checkBatches(t, typ) })
		}
	})
}

func checkBatches(t *testing.T, typ Type) {
	const rows, cols, most = 80, 1280, 33
	rng := rand.New(rand.NewPCG(16, uint64(typ)))
	m, err := Pack(typ, rows, cols, randomTensor(rng, typ, rows, cols))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Free()
	x := randomVectors(rng, most, cols)
	bias := randomVectors(rng, 1, rows)
	alone := make([]float32, most*rows)
	one, two := NewPool(1), NewPool(2)
	defer one.Close()
	defer two.Close()
	for i := range most {
		one.Linear(x[i*cols:][:cols], 1, Product{M: m, Out: alone[i*rows:][:rows], Bias: bias})
	}
	for _, n := range []int{2, 3, 4, 5, 7, 16, 32, 33} {
		first := rng.IntN(most - n + 1)
		out, other := make([]float32, n*rows), make([]float32, n*rows)
		two.Linear(x[first*cols:][:n*cols], n, Product{M: m, Out: other}, Product{M: m, Out: out, Bias: bias})
		if !slices.Equal(out, alone[first*rows:][:n*rows]) {
			t.Fatalf("%d vectors give other bits than one by one", n)
		}
	}
}

// The blocking of large batches (128 vectors, 4096 records) changes nothing either.
func TestLinearDoesNotDependOnTheBlocking(t *testing.T) {
	onEachPath(t, func(t *testing.T) {
		if Name() == portable {
			return // it has no blocking
		}
		const rows, cols, n = 70, 4864, 150
		rng := rand.New(rand.NewPCG(17, 18))
		m, err := Pack(Q5_0, rows, cols, randomTensor(rng, Q5_0, rows, cols))
		if err != nil {
			t.Fatal(err)
		}
		defer m.Free()
		x := randomVectors(rng, n, cols)
		pool := NewPool(2)
		defer pool.Close()
		out, alone := make([]float32, n*rows), make([]float32, rows)
		pool.Linear(x, n, Product{M: m, Out: out})
		for i := range n {
			pool.Linear(x[i*cols:][:cols], 1, Product{M: m, Out: alone})
			if !slices.Equal(alone, out[i*rows:][:rows]) {
				t.Fatalf("vector %d of %d has other bits than alone", i, n)
			}
		}
	})
}
