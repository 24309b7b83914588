package kernel

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
)

// pathVariable names the environment variable that forces a path.
const pathVariable = "GREENFILL_KERNEL"

// portable is the path that every machine has.
const portable = "portable"

// loops are the steps of a forward pass on one path. Those that take a pool run on its
// threads; its caller holds p.calls. What they compute is said at Pool's methods.
type loops struct {
	name string
	// linear computes products whose activations are quantised alike, so many blocks
	// together; 0 stands for float weights.
	linear    func(p *Pool, x []float32, n, together int, products []Product)
	attention func(p *Pool, out, q []float32, n, heads, kvHeads, headDim int, views [][]View)
	rmsNorm   func(p *Pool, dst, x, weight []float32, n int, eps float32)
	swiGLU    func(p *Pool, gate, up []float32)
	add       func(p *Pool, dst, x []float32)
	rope      func(p *Pool, x []float32, n, width int, positions []int, table *RopeTable, style RopeStyle)
	logSumExp func(p *Pool, logits []float32, n int, scale float32, highest, sum []float32)
	// candidates writes to dst[i] the tokens of vector i.
	candidates func(p *Pool, logits []float32, n int, floor []float32, dst [][]Candidate)
	store      func(p *Pool, places []Place, keys, values []float32, kvHeads, headDim int)
	// read reads pieces of memory, multiply does rounds of products: the machine's limits.
	read     func(p *Pool, pieces [][]byte)
	multiply func(rounds int) (products int)
}

var plainLoops = loops{
	name:      portable,
	linear:    plainLinear,
	attention: plainAttention,
	rmsNorm:   plainRMSNorms,
	swiGLU: func(p *Pool, gate, up []float32) {
		p.spans(len(gate), func(i, j int) { plainSwiGLU(gate[i:j], up[i:j]) })
	},
	add:        func(p *Pool, dst, x []float32) { p.spans(len(dst), func(i, j int) { plainAdd(dst[i:j], x[i:j]) }) },
	rope:       plainRoPE,
	logSumExp:  plainLogSumExps,
	candidates: plainCandidates,
	store:      plainStore,
	read:       func(p *Pool, pieces [][]byte) { p.run(len(pieces), func(i int) { plainRead(pieces[i]) }) },
	multiply:   plainMultiply,
}

// available are the paths of this build and machine, the fastest first.
var available = sync.OnceValue(func() []*loops { return append(fastLoops(), &plainLoops) })

// Paths returns the names of the paths that this build and machine have, the fastest
// first; the last is "portable".
func Paths() []string {
	var names []string
	for _, l := range available() {
		names = append(names, l.name)
	}
	return names
}

// find returns the path of that name, or nil.
func find(name string) *loops {
	for _, l := range available() {
		if l.name == name {
			return l
		}
	}
	return nil
}

// selection is the path that runs, chosen at first use.
var selection atomic.Pointer[loops]

func current() *loops {
	if l := selection.Load(); l != nil {
		return l
	}
	l := available()[0]
	if want := os.Getenv(pathVariable); want != "" {
		if l = find(want); l == nil {
			l = &plainLoops
		}
	}
	selection.CompareAndSwap(nil, l)
	return selection.Load()
}

// Name returns the path whose loops run. It is chosen once: the fastest that the
// processor has, or the one that GREENFILL_KERNEL names.
func Name() string { return current().name }

// Check reports whether GREENFILL_KERNEL names a path that this machine does not have.
// The portable path runs then.
func Check() error {
	want := os.Getenv(pathVariable)
	if want == "" || find(want) != nil {
		return nil
	}
	return fmt.Errorf("%s=%s: this machine and build have %s; choose one of them or unset the variable",
		pathVariable, want, strings.Join(Paths(), ", "))
}

// ForcePath makes the named path run from now on and returns what undoes it. It is for
// tests and benchmarks; no call may run meanwhile.
func ForcePath(name string) (restore func(), err error) {
	l := find(name)
	if l == nil {
		return nil, fmt.Errorf("no kernel path %q here: there are %s", name, strings.Join(Paths(), ", "))
	}
	before := selection.Swap(l)
	return func() { selection.Store(before) }, nil
}
