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
// needs no sum across lanes. A block has 8 groups. Codes narrower than a byte are stored
// as planes, each a few lines that hold one part of all codes of a block:
//
//	nibble plane, 4 lines: line g holds group g in the low, group g+4 in the high nibble
//	pair plane, 2 lines:   line h holds groups 4h to 4h+3, two bits each, lowest first
//	bit plane, 1 line:     bit g of each byte belongs to group g
//	byte plane, 8 lines:   line g holds group g
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

	// Lines per block in each plane; a code is low | high<<shift where low comes from the
	// nibble, pair or byte plane and high from the pair or bit plane after it.
	nibbles, pairs, bits, bytes int
	shift                       int
	offset                      int       // a code c stands for c-offset
	levels                      *[16]int8 // if set, a code c stands for levels[c]

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
	Q4_0:  {cols: 32, header: 32, nibbles: 4, offset: 8, pack: packD, codes: codesQ4_0, scales: scalesD},
	IQ4NL: {cols: 32, header: 32, nibbles: 4, levels: &iq4nlValues, pack: packD, codes: codesQ4_0, scales: scalesD},
	Q4_1:  {cols: 32, header: 64, nibbles: 4, pack: packDM, codes: codesQ4_1, scales: scalesDM},
	Q5_0:  {cols: 32, header: 32, nibbles: 4, bits: 1, shift: 4, offset: 16, pack: packD, codes: codesQ5_0, scales: scalesD},
	Q5_1:  {cols: 32, header: 64, nibbles: 4, bits: 1, shift: 4, pack: packDM, codes: codesQ5_1, scales: scalesDM},
	Q8_0:  {cols: 32, header: 32, bytes: 8, pack: packD, codes: codesQ8_0, scales: scalesD},
	Q2_K:  {cols: 256, header: 320, pairs: 2, pack: packQ2K, codes: codesQ2K, scales: scalesQ2K},
	Q3_K:  {cols: 256, header: 288, pairs: 2, bits: 1, shift: 2, offset: 4, pack: packQ3K, codes: codesQ3K, scales: scalesDS16},
	Q4_K:  {cols: 256, header: 320, nibbles: 4, pack: packQ4K, codes: codesQ4K, scales: scalesDM6},
	Q5_K:  {cols: 256, header: 320, nibbles: 4, bits: 1, shift: 4, pack: packQ4K, codes: codesQ5K, scales: scalesDM6},
	Q6_K:  {cols: 256, header: 288, nibbles: 4, pairs: 2, shift: 4, offset: 32, pack: packQ6K, codes: codesQ6K, scales: scalesDS16},
}

// blockBytes returns the bytes of a block's codes in a strip.
func (l *layout) blockBytes() int { return (l.nibbles + l.pairs + l.bits + l.bytes) * lineBytes }

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

// pairShift is where the pair plane's bits stand in a code: above nibbles, or lowest.
func (l *layout) pairShift() int {
	if l.nibbles > 0 {
		return l.shift
	}
	return 0
}

// putBlock writes the codes of one block, codes[row][column], as lines.
func (l *layout) putBlock(lines []byte, codes *[stripRows][blockCols]byte) {
	plane := func(count, per, width, shift int) { // per codes of width bits in each byte
		for line := range count {
			for row := range stripRows {
				for j := range 4 {
					var b byte
					for i := range per {
						group := line*per + i // pairs and bits: neighbours; bytes: itself
						if count == 4 {       // nibbles: g and g+4
							group = line + 4*i
						}
						code := codes[row][group*4+j] >> shift
						b |= code & (1<<width - 1) << (i * width)
					}
					lines[line*lineBytes+row*4+j] = b
				}
			}
		}
		lines = lines[count*lineBytes:]
	}
	plane(l.bytes, 1, 8, 0)
	plane(l.nibbles, 2, 4, 0)
	plane(l.pairs, 4, 2, l.pairShift())
	plane(l.bits, 8, 1, l.shift)
}

// getBlock reads what putBlock wrote: codes[group][row*4+j].
func (l *layout) getBlock(codes *[8][lineBytes]byte, lines []byte) {
	for g := range codes {
		for i := range codes[g] {
			at := 0
			var c byte
			if l.bytes > 0 {
				c = lines[g*lineBytes+i]
			}
			if l.nibbles > 0 {
				c = lines[g%4*lineBytes+i] >> (g / 4 * 4) & 15
				at = 4 * lineBytes
			}
			if l.pairs > 0 {
				c |= lines[at+g/4*lineBytes+i] >> (g % 4 * 2) & 3 << l.pairShift()
				at += 2 * lineBytes
			}
			if l.bits > 0 {
				c |= lines[at+i] >> g & 1 << l.shift
			}
			codes[g][i] = c
		}
	}
}
