package kernel

// The packed layout, shared by all paths.
//
// A matrix is cut into panels of 32 rows (the last padded with zero rows), a panel into
// units of the type's block length, 32 or 256 columns. A panel has two strips of 16 rows.
// A unit holds each strip's header of scales, lane r of each belonging to row r, and then,
// for each block of 32 columns, each strip's codes. So all is read from the first byte to
// the last, and codes are aligned to cache lines.
//
// A line is 64 bytes: for each of 16 rows the codes of 4 neighbouring columns, called a
// group. It is one 512-bit register, two of 256 bits or four of 128, and each 32-bit lane
// of it is one row: multiplied by 4 activations that are the same in every lane, it
// needs no sum across lanes. A block has 8 groups, in as many lines as a code has bits;
// layout_fields.go says which bit stands where.
//
// F32, F16 and BF16 are stored as [cols][32] values per panel.

const (
	panelRows  = 32
	stripRows  = 16
	strips     = panelRows / stripRows
	blockCols  = 32
	lineBytes  = 64
	unitBlocks = 8 // blocks in a unit of 256 columns
)

// A layout says how the codes and scales of one type are packed.
type layout struct {
	cols   int // in a unit
	header int // bytes of a strip's scales in a unit

	bits   int       // of a code, and lines of a block
	offset int       // a code c stands for c-offset
	levels *[16]int8 // if set, a code c stands for levels[c]

	// pack writes the header lanes of one row; codes reads the codes of one block of GGUF.
	pack  func(header []byte, row int, block []byte)
	codes func(dst []byte, block []byte)
	// scales reads, for block b of a strip, the scales and minimums of the
	// block's two halves: value = scale*(code-offset) + minimum.
	scales func(s *scales, header []byte, b int)
}

// scales are those of one block: [half][row].
type scales struct {
	scale, minimum [2][stripRows]float32
}

var layouts = map[Type]*layout{
	Q4_0:  {cols: 32, header: 32, bits: 4, offset: 8, pack: packD, codes: codesQ4_0, scales: scalesD},
	IQ4NL: {cols: 32, header: 32, bits: 4, levels: &iq4nlValues, pack: packD, codes: codesQ4_0, scales: scalesD},
	Q4_1:  {cols: 32, header: 64, bits: 4, pack: packDM, codes: codesQ4_1, scales: scalesDM},
	Q5_0:  {cols: 32, header: 32, bits: 5, offset: 16, pack: packD, codes: codesQ5_0, scales: scalesD},
	Q5_1:  {cols: 32, header: 64, bits: 5, pack: packDM, codes: codesQ5_1, scales: scalesDM},
	Q8_0:  {cols: 32, header: 32, bits: 8, pack: packD, codes: codesQ8_0, scales: scalesD},
	Q2_K:  {cols: 256, header: 320, bits: 2, pack: packQ2K, codes: codesQ2K, scales: scalesQ2K},
	Q3_K:  {cols: 256, header: 288, bits: 3, offset: 4, pack: packQ3K, codes: codesQ3K, scales: scalesDS16},
	Q4_K:  {cols: 256, header: 320, bits: 4, pack: packQ4K, codes: codesQ4K, scales: scalesDM6},
	Q5_K:  {cols: 256, header: 320, bits: 5, pack: packQ4K, codes: codesQ5K, scales: scalesDM6},
	Q6_K:  {cols: 256, header: 288, bits: 6, offset: 32, pack: packQ6K, codes: codesQ6K, scales: scalesDS16},
}

// blockBytes returns the bytes of a block's codes in a strip.
func (l *layout) blockBytes() int { return l.bits * lineBytes }

// unitBytes returns the bytes of a unit, both strips together.
func (l *layout) unitBytes() int { return strips * (l.header + l.cols/blockCols*l.blockBytes()) }

// strip returns the header of a strip of a unit, and the codes of its block b.
func (l *layout) strip(unit []byte, strip, b int) (header, codes []byte) {
	at := strips*l.header + (b*strips+strip)*l.blockBytes()
	return unit[strip*l.header:][:l.header], unit[at:][:l.blockBytes()]
}

// packedBytes returns the bytes of a packed matrix.
func packedBytes(t Type, rows, cols int) int {
	panels := (rows + panelRows - 1) / panelRows
	if l := layouts[t]; l != nil {
		return panels * (cols / l.cols) * l.unitBytes()
	}
	return panels * panelRows * cols * formats[t].bytes
}
