package kernel

import (
	"math/rand/v2"
	"testing"
)

func TestLimitsArePositive(t *testing.T) {
	pool := NewPool(2)
	defer pool.Close()
	m, err := Pack(Q8_0, 64, 64, randomTensor(rand.New(rand.NewPCG(23, 24)), Q8_0, 64, 64))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Free()
	onEachPath(t, func(t *testing.T) {
		peak, read := PeakRate(), pool.ReadRate([]*Matrix{m})
		t.Logf("%s: %.3g products/s of one thread, %.3g bytes/s", Name(), peak, read)
		if !(peak > 1e6 && read > 1e3) {
			t.Errorf("%g products/s and %g bytes/s are no limits", peak, read)
		}
	})
}
