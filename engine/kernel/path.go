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

// loops are the inner loops of one path.
type loops struct {
	name string
	// linear prepares n vectors, x [n][cols], for products with weights whose activations
	// are quantised so many blocks together; 0 stands for float weights.
	linear func(p *Pool, x []float32, n, cols, together int) multiplier
	attend attendLoop
	// store writes the key and value of one head, [headDim] each, at a position.
	store   func(keys, values []uint16, k, v []float32, pos int)
	rmsNorm func(dst, x, weight []float32, eps float32)
	swiGLU  func(gate, up []float32)
	add     func(dst, x []float32)
	// rotate turns each head of x, [heads][2*len(cos)].
	rotate    func(x, cos, sin []float32, style RopeStyle)
	logSumExp func(logits []float32, scale float32) (highest, sum float32)
	// nextAtLeast returns the first index from i on whose value is at least floor, or len(x).
	nextAtLeast func(x []float32, i int, floor float32) int
	read        func(data []byte)
	multiply    func(rounds int) (products int)
}

var plainLoops = loops{
	name:        portable,
	linear:      plainLinear,
	attend:      plainAttend,
	store:       plainStore,
	rmsNorm:     plainRMSNorm,
	swiGLU:      plainSwiGLU,
	add:         plainAdd,
	rotate:      plainRotate,
	logSumExp:   plainLogSumExp,
	nextAtLeast: plainNextAtLeast,
	read:        plainRead,
	multiply:    plainMultiply,
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
