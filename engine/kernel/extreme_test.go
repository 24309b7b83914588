package kernel

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
)

// Codes and activations at the ends of their ranges, with equal signs, are where narrow
// sums would overflow.
func TestLinearOfExtremes(t *testing.T) {
	pool := NewPool(2)
	defer pool.Close()
	onEachPath(t, func(t *testing.T) {
		const rows, cols = 48, 512
		for _, typ := range allTypes {
			for _, fill := range []byte{0x00, 0xff, 0x80, 0x7f, 0x55} {
				data := randomTensor(rand.New(rand.NewPCG(19, 20)), typ, rows, cols)
				fillCodes(typ, data, fill)
				for _, sign := range []float32{1, -1} {
					x := make([]float32, 5*cols)
					for i := range x {
						x[i] = sign * 1000
						if i >= 3*cols && i%2 == 1 {
							x[i] = -x[i]
						}
					}
					checkData(t, pool, typ, data, rows, cols, x, 5, nil)
				}
			}
		}
	})
}

// fillCodes sets all bytes but the binary16 scales, which become 1 and 0.5.
func fillCodes(typ Type, data []byte, fill byte) {
	f := formats[typ]
	for b := 0; b < len(data); b += f.bytes {
		block := data[b : b+f.bytes]
		at := scalesAt(typ)
		if f.values == 1 {
			continue // floats stay as they are
		}
		for i := range block {
			block[i] = fill
		}
		for i, offset := range at {
			binary.LittleEndian.PutUint16(block[offset:], floatToHalf(1/float32(i+1)))
		}
	}
}

// Zero, tiny, infinite and undefined activations harm nobody else.
func TestLinearOfOddActivations(t *testing.T) {
	pool := NewPool(2)
	defer pool.Close()
	onEachPath(t, func(t *testing.T) {
		const rows, cols = 32, 256
		rng := rand.New(rand.NewPCG(21, 22))
		for _, typ := range allTypes {
			data := randomTensor(rng, typ, rows, cols)
			m, err := Pack(typ, rows, cols, data)
			if err != nil {
				t.Fatal(err)
			}
			x := randomVectors(rng, 6, cols)
			for k := range cols {
				x[k] = 0
				x[cols+k] *= 1e-40
				x[2*cols+k] = float32(math.NaN())
				x[3*cols+k] = float32(math.Inf(1))
			}
			out := make([]float32, 6*rows)
			pool.Linear(x, 6, Product{M: m, Out: out})
			m.Free()
			for r := range rows {
				if out[r] != 0 || math.Abs(float64(out[rows+r])) > 1e-30 {
					t.Fatalf("%s: zero gives %g, almost zero gives %g", typ, out[r], out[rows+r])
				}
			}
			checkData(t, pool, typ, data, rows, cols, x[4*cols:], 2, nil)
		}
	})
}

func FuzzLinear(f *testing.F) {
	f.Add(uint64(1), uint8(0), uint8(1), uint8(1), uint8(1))
	f.Add(uint64(2), uint8(3), uint8(33), uint8(5), uint8(7))
	f.Add(uint64(3), uint8(13), uint8(17), uint8(2), uint8(33))
	pool := NewPool(2)
	f.Cleanup(pool.Close)
	f.Fuzz(func(t *testing.T, seed uint64, kind, rows, blocks, n uint8) {
		typ := allTypes[int(kind)%len(allTypes)]
		rng := rand.New(rand.NewPCG(seed, 0))
		cols := (1 + int(blocks)%8) * formats[typ].values
		for _, name := range Paths() {
			restore, err := ForcePath(name)
			if err != nil {
				t.Fatal(err)
			}
			checkProduct(t, pool, rng, typ, 1+int(rows)%80, cols, 1+int(n)%40)
			restore()
		}
	})
}

func FuzzDequantize(f *testing.F) {
	for typ, format := range formats {
		f.Add(uint32(typ), uint8(1), make([]byte, format.bytes))
	}
	f.Fuzz(func(t *testing.T, typ uint32, blocks uint8, data []byte) {
		values := 1
		if format, ok := formats[Type(typ)]; ok {
			values = format.values
		}
		dst := make([]float32, int(blocks)*values)
		if err := Dequantize(Type(typ), data, dst); err != nil {
			return
		}
		if m, err := Pack(Type(typ), 1, len(dst), data); err != nil {
			t.Errorf("read but not packed: %v", err)
		} else {
			m.Free()
		}
	})
}
