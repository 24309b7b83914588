//go:build cgo && linux && (amd64 || arm64)

package kernel

// #include "kernel.h"
import "C"

// seenTable tells C what the vectors of a batch see, and where their own keys and values
// go. Its memory is used again.
type seenTable struct {
	places   []C.place
	segments []C.segment_data
	first    []int32 // [n+1]: vector i has views first[i] to first[i+1]-1
	views    []C.view
}

// build fills the table with the views of each vector. A segment is found again where
// the vector before has it at the same place, as neighbours do; add enters a new one.
func (t *seenTable) build(views [][]View, add func(*Segment)) {
	t.segments, t.first, t.views = t.segments[:0], t.first[:0], t.views[:0]
	for i, seen := range views {
		t.first = append(t.first, int32(len(t.views)))
		for j, view := range seen {
			if i > 0 && j < len(views[i-1]) && views[i-1][j].Segment == view.Segment {
				before := t.views[int(t.first[i-1])+j]
				t.views = append(t.views, C.view{segment: before.segment, len: C.int32_t(view.Len)})
				continue
			}
			add(view.Segment)
			t.views = append(t.views, C.view{segment: C.int32_t(len(t.segments) - 1), len: C.int32_t(view.Len)})
		}
	}
	t.first = append(t.first, int32(len(t.views)))
}

// show pins a segment for the running call.
func (p *Pool) show(s *Segment) {
	if !p.holding {
		p.pins.Pin(&s.K[0]) // the memory of V is the same
	}
}
