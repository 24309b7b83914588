package kernel

// A Segment holds the keys and values of one layer for a run of positions that one or
// many sequences share, as binary16. Make it with [NewSegment].
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

// NewSegment returns an empty segment of the given capacity in positions.
func NewSegment(kvHeads, capacity, headDim int) Segment {
	size := kvHeads * room(capacity) * headDim
	return Segment{K: make([]uint16, size), V: make([]uint16, size), Cap: capacity}
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

// Store writes the key and value of one position, [kvHeads][headDim] each. Stores to
// different positions may run at once.
func (s Segment) Store(pos int, k, v []float32, kvHeads, headDim int) {
	store := current().store
	for h := range kvHeads {
		keys, values := s.head(h, headDim)
		store(keys, values, k[h*headDim:][:headDim], v[h*headDim:][:headDim], pos)
	}
}

func plainStore(keys, values []uint16, k, v []float32, pos int) {
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
