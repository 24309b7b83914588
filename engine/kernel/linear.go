package kernel

// A Product is one matrix applied to a batch of n vectors.
type Product struct {
	M    *Matrix
	Out  []float32 // [n][M.Rows()]
	Bias []float32 // [M.Rows()], added to each vector; or nil
}

// chunkRows is how many rows of a matrix a thread takes at a time.
const chunkRows = 64

// Linear computes Out = x Mᵀ + Bias for each product. x is [n][cols], and every matrix
// has cols inputs. Products given together share one parallel region.
func (p *Pool) Linear(x []float32, n int, products ...Product) {
	p.calls.Lock()
	defer p.calls.Unlock()
	total := 0
	for _, pr := range products {
		total += (pr.M.rows + chunkRows - 1) / chunkRows
	}
	p.run(total, func(chunk int) {
		for _, pr := range products {
			chunks := (pr.M.rows + chunkRows - 1) / chunkRows
			if chunk < chunks {
				pr.rows(x, n, chunk*chunkRows, min((chunk+1)*chunkRows, pr.M.rows))
				return
			}
			chunk -= chunks
		}
	})
}

func (pr *Product) rows(x []float32, n, from, to int) {
	m := pr.M
	row := make([]float32, m.cols)
	size := len(m.data) / m.rows
	for r := from; r < to; r++ {
		if err := Dequantize(m.t, m.data[r*size:(r+1)*size], row); err != nil {
			panic(err) // Pack has checked the sizes
		}
		for i := range n {
			v := x[i*m.cols:][:m.cols]
			var s [4]float32
			k := 0
			for ; k+4 <= len(row); k += 4 {
				s[0] += row[k] * v[k]
				s[1] += row[k+1] * v[k+1]
				s[2] += row[k+2] * v[k+2]
				s[3] += row[k+3] * v[k+3]
			}
			for ; k < len(row); k++ {
				s[0] += row[k] * v[k]
			}
			y := s[0] + s[1] + s[2] + s[3]
			if pr.Bias != nil {
				y += pr.Bias[r]
			}
			pr.Out[i*m.rows+r] = y
		}
	}
}
