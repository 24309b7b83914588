package kernel

import "slices"

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
	quantised := slices.ContainsFunc(products, func(pr Product) bool {
		_, ok := layouts[pr.M.t]
		return ok
	})
	multiply := current().linear(p, x, n, products[0].M.cols, quantised)
	total := 0
	for _, pr := range products {
		total += (pr.M.panels() + chunkPanels - 1) / chunkPanels
	}
	p.run(total, func(chunk int) {
		for i := range products {
			panels := products[i].M.panels()
			chunks := (panels + chunkPanels - 1) / chunkPanels
			if chunk < chunks {
				multiply(&products[i], chunk*chunkPanels, min((chunk+1)*chunkPanels, panels))
				return
			}
			chunk -= chunks
		}
	})
}

// A multiplier computes panels [from, to) of a product for vectors it was made for.
type multiplier func(pr *Product, from, to int)
