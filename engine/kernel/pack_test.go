package kernel

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestPackIsThePlainPacking(t *testing.T) {
	for _, typ := range allTypes {
		t.Run(fmt.Sprint(typ), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(2, uint64(typ)))
			for _, rows := range []int{1, 15, 16, 17, 32, 33, 70} {
				const cols = 768
				data := randomTensor(rng, typ, rows, cols)
				m, err := Pack(typ, rows, cols, data)
				if err != nil {
					t.Fatal(err)
				}
				size := len(data) / rows
				for i := range m.panels() {
					from, to := i*panelRows, min((i+1)*panelRows, rows)
					want := make([]byte, len(m.panel(i)))
					packPanelPlain(typ, want, data[from*size:to*size], to-from, cols)
					if !bytes.Equal(m.panel(i), want) {
						t.Fatalf("panel %d of %d rows differs from the plain packing", i, rows)
					}
				}
				m.Free()
			}
		})
	}
}

func TestPackRefuses(t *testing.T) {
	for _, c := range []struct {
		t                 Type
		rows, cols, bytes int
	}{
		{Q4_K, 1, 255, 144}, {Q4_K, 1, 256, 143}, {Q4_K, 0, 256, 0}, {Q4_K, -1, 256, 144},
		{Q8_0, 1, 0, 0}, {Q8_0, 2, 32, 34}, {Type(9), 1, 32, 34}, {F32, 1 << 62, 4, 0}, {F32, 1, 1 << 62, 0},
	} {
		if _, err := Pack(c.t, c.rows, c.cols, make([]byte, c.bytes)); err == nil {
			t.Errorf("%s %dx%d from %d bytes was packed", c.t, c.rows, c.cols, c.bytes)
		}
	}
}

func BenchmarkPack(b *testing.B) {
	for _, typ := range allTypes {
		b.Run(fmt.Sprint(typ), func(b *testing.B) {
			const rows, cols = 1024, 4096
			data := randomTensor(rand.New(rand.NewPCG(3, 4)), typ, rows, cols)
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				m, err := Pack(typ, rows, cols, data)
				if err != nil {
					b.Fatal(err)
				}
				m.Free()
			}
		})
	}
}
