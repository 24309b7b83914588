package kernel

import (
	"fmt"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Packed weights lie outside Go's heap in mappings that begin on a huge page, many small
// matrices in one: a matrix of its own would mostly lie on small pages, which cost a
// tenth to a third of the bandwidth.

const (
	hugePage    = 2 << 20
	mappingSize = 32 << 20
)

// A mapping is memory from which matrices are cut; it goes when the last of them does.
type mapping struct {
	mapped []byte
	free   []byte // not yet given out; starts on a huge page
	live   int    // allocations not yet released
}

var mappings struct {
	sync.Mutex
	open *mapping // where small allocations come from; nil if there is none
}

// allocate returns zeroed memory aligned to a cache line. release gives it back.
func allocate(size int) (memory []byte, release func(), err error) {
	rounded := (size + lineBytes - 1) / lineBytes * lineBytes
	mappings.Lock()
	defer mappings.Unlock()
	r := mappings.open
	switch {
	case rounded > mappingSize/4:
		r, err = newMapping(rounded)
	case r == nil || len(r.free) < rounded:
		if r, err = newMapping(mappingSize); err == nil {
			retire()
			mappings.open = r
		}
	}
	if err != nil {
		return nil, nil, err
	}
	memory, r.free = r.free[:size:size], r.free[rounded:]
	r.live++
	return memory, func() { r.release() }, nil
}

// retire gives up the open mapping; if nothing in it is in use, it goes.
func retire() {
	if r := mappings.open; r != nil && r.live == 0 {
		_ = unix.Munmap(r.mapped)
	}
	mappings.open = nil
}

func (r *mapping) release() {
	mappings.Lock()
	defer mappings.Unlock()
	if r.live--; r.live > 0 {
		return
	}
	if mappings.open == r {
		mappings.open = nil
	}
	_ = unix.Munmap(r.mapped)
}

func newMapping(size int) (*mapping, error) {
	mapped, err := unix.Mmap(-1, 0, size+hugePage, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, fmt.Errorf("map %d bytes of memory: %w", size, err)
	}
	_ = unix.Madvise(mapped, unix.MADV_HUGEPAGE) // only a hint: small pages work as well
	skip := -uintptr(unsafe.Pointer(&mapped[0])) % hugePage
	return &mapping{mapped: mapped, free: mapped[skip:][:size]}, nil
}
