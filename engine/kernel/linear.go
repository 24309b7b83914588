package kernel

// A Product is one matrix applied to a batch of n vectors.
type Product struct {
	M    *Matrix
	Out  []float32 // [n][M.Rows()]
	Bias []float32 // [M.Rows()], added to each vector; or nil
}

// chunkPanels is how many panels of a matrix a thread takes at a time.
const chunkPanels = 4

// Linear computes Out = x Mᵀ + Bias for each product. x is [n][cols], and every matrix
// has cols inputs. Products given together share one parallel region.
//
// Where the matrix is quantised, so are the vectors: to 8 bits with one scale per 32
// values. Products of codes are summed as integers, blocks of 32 as float32 in order.
func (p *Pool) Linear(x []float32, n int, products ...Product) {
	if n == 0 || len(products) == 0 {
		return
	}
	p.calls.Lock()
	defer p.calls.Unlock()
	cols := products[0].M.cols
	var acts plainActivations
	for _, pr := range products {
		if _, ok := layouts[pr.M.t]; ok && acts.codes == nil {
			acts = newPlainActivations(n, cols)
			p.run(n, func(i int) { acts.quantize(i, x[i*cols:][:cols]) })
		}
	}
	total := 0
	for _, pr := range products {
		total += (pr.M.panels() + chunkPanels - 1) / chunkPanels
	}
	p.run(total, func(chunk int) {
		for _, pr := range products {
			chunks := (pr.M.panels() + chunkPanels - 1) / chunkPanels
			if chunk < chunks {
				for panel := chunk * chunkPanels; panel < min((chunk+1)*chunkPanels, pr.M.panels()); panel++ {
					pr.panelPlain(x, &acts, n, panel)
				}
				return
			}
			chunk -= chunks
		}
	})
}
