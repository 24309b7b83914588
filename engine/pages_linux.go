package engine

import (
	"os"

	"golang.org/x/sys/unix"

	"greenfill/engine/gguf"
)

// dropPages tells the kernel that the file's pages behind t are not needed in memory.
// They stay in the page cache, and a look at them reads them again.
func dropPages(t *gguf.Tensor) {
	page := os.Getpagesize()
	// Only whole pages: the neighbours' bytes may be in use. The mapping begins on a page.
	skip := (page - t.Offset%page) % page
	if len(t.Data) < skip+page {
		return
	}
	data := t.Data[skip : skip+(len(t.Data)-skip)/page*page]
	// Advice that is not taken costs memory, not correctness.
	_ = unix.Madvise(data, unix.MADV_DONTNEED)
}
