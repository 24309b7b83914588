package kernel

// A Segment holds the keys and values of one layer for a run of positions that one or
// many sequences share, as binary16. Make it with [NewSegments].
//
// Values stand as [kvHeads][positions][headDim]; keys as panels of 16 positions,
// [kvHeads][positions/16][headDim][16], so that a register holds one dimension of many
// keys. Both have room for Cap positions, rounded up to whole blocks of attention.
type Segment struct {
	K, V []uint16
	Cap  int
}

// A View is what one vector sees of a Segment: its first Len positions.
type View struct {
	*Segment
	Len int
}

const (
	blockKeys = 64 // positions that attention takes at a time
	keyPanel  = 16 // positions in a panel of keys
)

// room returns the positions that a segment of the given capacity has memory for.
func room(capacity int) int { return (capacity + blockKeys - 1) / blockKeys * blockKeys }

// NewSegments returns an empty segment for each layer, of the given capacity in positions.
// They share one piece of memory.
func NewSegments(layers, kvHeads, capacity, headDim int) []Segment {
	size := kvHeads * room(capacity) * headDim
	memory := make([]uint16, 2*layers*size)
	next := func() (part []uint16) {
		part, memory = memory[:size:size], memory[size:]
		return part
	}
	segments := make([]Segment, layers)
	for l := range segments {
		segments[l] = Segment{K: next(), V: next(), Cap: capacity}
	}
	return segments
}

// head returns the keys and values of one head.
func (s *Segment) head(h, headDim int) (k, v []uint16) {
	size := room(s.Cap) * headDim
	return s.K[h*size:][:size], s.V[h*size:][:size]
}

// keyAt returns where dimension d of the key at pos stands among its head's keys.
func keyAt(pos, d, headDim int) int {
	return (pos/keyPanel*headDim+d)*keyPanel + pos%keyPanel
}

// A Place is one position of a Segment.
type Place struct {
	*Segment
	Pos int
}

// Store writes keys and values, [len(places)][kvHeads][headDim] each, to their places,
// which differ.
func (p *Pool) Store(places []Place, keys, values []float32, kvHeads, headDim int) {
	if len(places) == 0 {
		return
	}
	p.calls.Lock()
	defer p.calls.Unlock()
	current().store(p, places, keys, values, kvHeads, headDim)
}

func plainStore(p *Pool, places []Place, keys, values []float32, kvHeads, headDim int) {
	p.run(len(places), func(i int) {
		for h := range kvHeads {
			k, v := places[i].head(h, headDim)
			at := (i*kvHeads + h) * headDim
			plainStoreHead(k, v, keys[at:][:headDim], values[at:][:headDim], places[i].Pos)
		}
	})
}

// plainStoreHead writes the key and value of one head.
func plainStoreHead(keys, values []uint16, k, v []float32, pos int) {
	for d := range k {
		keys[keyAt(pos, d, len(k))] = floatToHalf(k[d])
		values[pos*len(k)+d] = floatToHalf(v[d])
	}
}

// CopyFrom copies the first n positions of from.
func (s Segment) CopyFrom(from Segment, n, kvHeads, headDim int) {
	for h := range kvHeads {
		k, v := s.head(h, headDim)
		fromK, fromV := from.head(h, headDim)
		panels := (n + keyPanel - 1) / keyPanel
		copy(k, fromK[:panels*keyPanel*headDim])
		copy(v, fromV[:n*headDim])
	}
}
