package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkLinear multiplies a matrix that no cache holds by n vectors, on each path.
func BenchmarkLinear(b *testing.B) {
	const rows, cols = 16 * 4480, 1536
	for _, name := range Paths()[:len(Paths())-1] {
		for _, typ := range allTypes {
			if _, ok := layouts[typ]; !ok {
				continue
			}
			rng := rand.New(rand.NewPCG(1, 2))
			part := randomTensor(rng, typ, rows/64, cols)
			var data []byte
			for range 64 {
				data = append(data, part...)
			}
			m, err := Pack(typ, rows, cols, data)
			if err != nil {
				b.Fatal(err)
			}
			for _, n := range []int{1, 4, 16, 128} {
				x := randomVectors(rng, n, cols)
				for _, threads := range []int{1, 2} {
					b.Run(fmt.Sprintf("%s/%s/n=%d/threads=%d", name, typ, n, threads), func(b *testing.B) {
						restore, err := ForcePath(name)
						if err != nil {
							b.Fatal(err)
						}
						defer restore()
						pool := NewPool(threads)
						defer pool.Close()
						out := make([]float32, n*rows)
						pool.Linear(x, n, Product{M: m, Out: out})
						for b.Loop() {
							pool.Linear(x, n, Product{M: m, Out: out})
						}
						seconds := b.Elapsed().Seconds() / float64(b.N)
						b.ReportMetric(float64(rows*cols*n)/seconds/1e9, "GMAC/s")
						b.ReportMetric(float64(m.Bytes())/seconds/1e9, "GB/s")
						b.ReportMetric(0, "ns/op")
					})
				}
			}
			m.Free()
		}
	}
}
