package kernel

// A Product is one matrix applied to a batch of n vectors.
type Product struct {
	M    *Matrix
	Out  []float32 // [n][M.Rows()]
	Bias []float32 // [M.Rows()], added to each vector; or nil
}

// chunkPanels returns how many panels of a matrix a thread takes at least: enough to be
// worth taking, few enough that all threads end at about the same time.
func (p *Pool) chunkPanels(m *Matrix, n int) int {
	const bytes, vectors = 256 << 10, 2 // some 20 µs of reading, or of products with this many vectors
	cost := m.panelBytes * max(1, n/vectors)
	return max(1, min(bytes/cost, m.panels()/(3*p.threads)))
}

// Linear computes Out = x Mᵀ + Bias for each product. x is [n][cols], and every matrix
// has cols inputs. Products of like types that are given together share one parallel
// region.
//
// Where the matrix is quantised, so are the vectors: to 8 bits with one scale per 256
// values for the K types, per 32 for the others, as llama.cpp has it. Products of codes
// are summed as integers, up to so many, and then as float32 in order.
func (p *Pool) Linear(x []float32, n int, products ...Product) {
	if n == 0 {
		return
	}
	p.calls.Lock()
	defer p.calls.Unlock()
	for rest := products; len(rest) > 0; {
		together := rest[0].M.together()
		alike := 1
		for alike < len(rest) && rest[alike].M.together() == together {
			alike++
		}
		current().linear(p, x, n, together, rest[:alike])
		rest = rest[alike:]
	}
}

// together returns how many blocks of activations share a scale in products with m; 0 if
// they are not quantised.
func (m *Matrix) together() int {
	if m.layout == nil {
		return 0
	}
	return m.layout.cols / blockCols
}
