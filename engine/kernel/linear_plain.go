package kernel

import "math"

// The plain product: it defines what the fast ones compute, and runs where there is none.

// plainActivations are n vectors quantised to 8 bits.
type plainActivations struct {
	cols   int
	codes  []int8    // [n][cols]
	scales []float32 // [n][cols/32]: value = scale*code
	sums   []int32   // [n][cols/16]: sums of 16 codes
}

func newPlainActivations(n, cols int) plainActivations {
	return plainActivations{
		cols:   cols,
		codes:  make([]int8, n*cols),
		scales: make([]float32, n*cols/blockCols),
		sums:   make([]int32, n*cols/16),
	}
}

// faintest is the largest magnitude of a block that is taken for zero: below it 127
// divided by the magnitude would overflow.
const faintest = 0x1p-100

// quantize writes vector i, so many blocks of it together with one scale.
func (a *plainActivations) quantize(i int, x []float32, together int) {
	for b := 0; b < a.cols/blockCols; b += together {
		var most float32
		for _, v := range x[b*blockCols:][:together*blockCols] {
			most = max(most, float32(math.Abs(float64(v))))
		}
		for j := range together {
			a.quantizeBlock(i*a.cols/blockCols+b+j, x[(b+j)*blockCols:][:blockCols], most)
		}
	}
}

// quantizeBlock writes one block; most is the magnitude that becomes 127.
func (a *plainActivations) quantizeBlock(block int, x []float32, most float32) {
	if !(most > faintest) {
		a.scales[block] = 0
		return
	}
	a.scales[block] = most / 127
	inverse := 127 / most
	for j, v := range x {
		c := int8(math.RoundToEven(float64(v * inverse)))
		a.codes[block*blockCols+j] = c
		a.sums[(block*blockCols+j)/16] += int32(c)
	}
}

// plainLinear computes products whose activations are quantised alike.
func plainLinear(p *Pool, x []float32, n, together int, products []Product) {
	cols := products[0].M.cols
	var a plainActivations
	if together > 0 {
		a = newPlainActivations(n, cols)
		p.run(n, func(i int) { a.quantize(i, x[i*cols:][:cols], together) })
	}
	for i := range products {
		p.run(products[i].M.panels(), func(panel int) { products[i].panelPlain(x, &a, n, panel) })
	}
}

// panelPlain computes the outputs of one panel for all vectors.
func (pr *Product) panelPlain(x []float32, a *plainActivations, n, panel int) {
	m := pr.M
	out := make([][panelRows]float32, n)
	if m.layout != nil {
		m.layout.multiply(out, m.panel(panel), a)
	} else {
		multiplyFloats(out, m.t, m.panel(panel), x, m.cols)
	}
	from := panel * panelRows
	for i := range out {
		for r := range min(panelRows, m.rows-from) {
			y := out[i][r]
			if pr.Bias != nil {
				y += pr.Bias[from+r]
			}
			pr.Out[i*m.rows+from+r] = y
		}
	}
}

// multiply adds the products of a panel and each vector to out.
func (l *layout) multiply(out [][panelRows]float32, panel []byte, a *plainActivations) {
	var s scales
	var codes [8][lineBytes]byte
	var weights [8][lineBytes]int8
	perUnit := l.cols / blockCols
	for b := range a.cols / blockCols {
		for strip := range strips {
			header, lines := l.strip(panel[b/perUnit*l.unitBytes():], strip, b%perUnit)
			l.scales(&s, header, b%perUnit)
			l.getBlock(&codes, lines)
			for g := range codes {
				for i, c := range codes[g] {
					weights[g][i] = int8(c) - int8(l.offset)
					if l.levels != nil {
						weights[g][i] = l.levels[c]
					}
				}
			}
			for i := range out {
				a.addBlock(out[i][strip*stripRows:][:stripRows], i, b, &weights, &s)
			}
		}
	}
}

// addBlock adds the products of a strip and block b of vector i to out.
func (a *plainActivations) addBlock(out []float32, i, b int, weights *[8][lineBytes]int8, s *scales) {
	scale := a.scales[i*a.cols/blockCols+b]
	if scale == 0 {
		return
	}
	x := a.codes[i*a.cols+b*blockCols:][:blockCols]
	sums := a.sums[i*a.cols/16+2*b:][:2]
	for r := range out {
		var y float32
		for h := range 2 {
			dot := int32(0)
			for g := 4 * h; g < 4*h+4; g++ {
				w, x := weights[g][4*r:4*r+4], x[4*g:4*g+4]
				dot += int32(w[0])*int32(x[0]) + int32(w[1])*int32(x[1]) + int32(w[2])*int32(x[2]) + int32(w[3])*int32(x[3])
			}
			y += s.scale[h][r]*float32(dot) + s.minimum[h][r]*float32(sums[h])
		}
		out[r] += scale * y
	}
}

// multiplyFloats adds the products of a panel of F32, F16 or BF16 and each vector to out.
func multiplyFloats(out [][panelRows]float32, t Type, panel []byte, x []float32, cols int) {
	f := formats[t]
	var w [panelRows]float32
	for k := range cols {
		for r := range w {
			f.decode(w[r:r+1], panel[(k*panelRows+r)*f.bytes:])
		}
		for i := range out {
			v := x[i*cols+k]
			for r := range w {
				out[i][r] += w[r] * v
			}
		}
	}
}
