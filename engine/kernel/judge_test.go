package kernel

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// randomTensor returns the GGUF bytes of a tensor whose values are of ordinary size: the
// codes are random bytes, the binary16 scales are set to sensible values.
func randomTensor(rng *rand.Rand, t Type, rows, cols int) []byte {
	size, err := RowBytes(t, cols)
	if err != nil {
		panic(err)
	}
	data := make([]byte, size*rows)
	for i := range data {
		data[i] = byte(rng.Uint32())
	}
	f := formats[t]
	at := scalesAt(t)
	for b := 0; b < len(data); b += f.bytes {
		v := float32(rng.NormFloat64() * 0.01)
		switch t {
		case F32:
			binary.LittleEndian.PutUint32(data[b:], math.Float32bits(v))
		case BF16:
			binary.LittleEndian.PutUint16(data[b:], uint16(math.Float32bits(v)>>16))
		default:
			for _, i := range at {
				binary.LittleEndian.PutUint16(data[b+i:], floatToHalf(float32(rng.NormFloat64()*0.01)))
			}
		}
	}
	return data
}

// scalesAt returns where a block's binary16 scales stand.
func scalesAt(t Type) []int {
	switch t {
	case Q2_K:
		return []int{80, 82}
	case Q3_K:
		return []int{108}
	case Q6_K:
		return []int{208}
	case Q4_K, Q5_K, Q4_1, Q5_1:
		return []int{0, 2}
	}
	return []int{0}
}

// randomVectors returns n vectors of normal values with a few large ones among them.
func randomVectors(rng *rand.Rand, n, cols int) []float32 {
	x := make([]float32, n*cols)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
		if rng.IntN(97) == 0 {
			x[i] *= 30
		}
	}
	return x
}

// judge computes the products in float64 from the plain reading of the format and of
// the quantised vectors, and beside each the sum of the terms' magnitudes, against which
// an error is to be measured.
func judge(t Type, data []byte, rows, cols int, x []float32, n int, bias []float32) (want, size []float64) {
	used := x
	if l, ok := layouts[t]; ok {
		used = make([]float32, len(x))
		a := newPlainActivations(n, cols)
		for i := range n {
			a.quantize(i, x[i*cols:][:cols], l.cols/blockCols)
		}
		for i := range used {
			used[i] = a.scales[i/blockCols] * float32(a.codes[i])
		}
	}
	want, size = make([]float64, n*rows), make([]float64, n*rows)
	row := make([]float32, cols)
	bytes := len(data) / rows
	for r := range rows {
		if err := Dequantize(t, data[r*bytes:(r+1)*bytes], row); err != nil {
			panic(err)
		}
		for i := range n {
			var sum, magnitude float64
			if bias != nil {
				sum = float64(bias[r])
				magnitude = math.Abs(sum)
			}
			for k, w := range row {
				term := float64(w) * float64(used[i*cols+k])
				sum += term
				magnitude += math.Abs(term)
			}
			want[i*rows+r], size[i*rows+r] = sum, magnitude
		}
	}
	return want, size
}

// tolerance is the allowed error of a product as a share of its terms' magnitudes.
const tolerance = 4e-6

func checkProduct(t *testing.T, pool *Pool, rng *rand.Rand, typ Type, rows, cols, n int) {
	t.Helper()
	checkData(t, pool, typ, randomTensor(rng, typ, rows, cols), rows, cols,
		randomVectors(rng, n, cols), n, randomVectors(rng, 1, rows))
}

func checkData(t *testing.T, pool *Pool, typ Type, data []byte, rows, cols int, x []float32, n int, bias []float32) {
	t.Helper()
	m, err := Pack(typ, rows, cols, data)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Free()
	out := make([]float32, n*rows)
	pool.Linear(x, n, Product{M: m, Out: out, Bias: bias})
	want, size := judge(typ, data, rows, cols, x, n, bias)
	for i := range out {
		if diff := math.Abs(float64(out[i]) - want[i]); !(diff <= tolerance*size[i]+1e-6) {
			t.Fatalf("%s %dx%d, n=%d, %s: vector %d row %d is %g, want %g (terms sum to %g)",
				typ, rows, cols, n, Name(), i/rows, i%rows, out[i], want[i], size[i])
		}
	}
}

// allTypes in the order of the models' need.
var allTypes = []Type{Q4_K, Q6_K, Q5_0, Q8_0, Q4_1, F32, F16, Q4_0, Q5_1, Q5_K, Q3_K, Q2_K, IQ4NL, BF16}

// onEachPath runs a test on every path that the machine has.
func onEachPath(t *testing.T, test func(t *testing.T)) {
	for _, name := range Paths() {
		t.Run(name, func(t *testing.T) {
			restore, err := ForcePath(name)
			if err != nil {
				t.Fatal(err)
			}
			defer restore()
			test(t)
		})
	}
}

func TestLinearAgainstJudge(t *testing.T) {
	pool := NewPool(2)
	defer pool.Close()
	onEachPath(t, func(t *testing.T) {
		for _, typ := range allTypes {
			t.Run(fmt.Sprint(typ), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(1, uint64(typ)))
				for _, rows := range []int{1, 16, 37, 64, 81} {
					for _, n := range []int{1, 2, 3, 4, 5, 9} {
						checkProduct(t, pool, rng, typ, rows, 512, n)
					}
				}
			})
		}
	})
}
