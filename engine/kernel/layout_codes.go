package kernel

// How each type's GGUF blocks become codes and header lanes, and how the portable path
// reads the headers. Headers hold binary16 values as they stand in the file.

// codesNibbles reads 32 codes from 16 bytes, the low nibbles first.
func codesNibbles(dst, b []byte) {
	for i, q := range b[:16] {
		dst[i], dst[i+16] = q&15, q>>4
	}
}

// codesFifth adds the fifth bits of 32 codes.
func codesFifth(dst, b []byte) {
	for i := range dst[:32] {
		dst[i] |= b[i/8] >> (i % 8) & 1 << 4
	}
}

func codesQ4_0(dst, b []byte) { codesNibbles(dst, b[2:]) }
func codesQ4_1(dst, b []byte) { codesNibbles(dst, b[4:]) }
func codesQ5_0(dst, b []byte) { codesNibbles(dst, b[6:]); codesFifth(dst, b[2:]) }
func codesQ5_1(dst, b []byte) { codesNibbles(dst, b[8:]); codesFifth(dst, b[4:]) }
func codesQ8_0(dst, b []byte) { copy(dst[:32], b[2:]) }

func codesQ2K(dst, b []byte) {
	for i := range dst[:256] {
		dst[i] = b[16+i/128*32+i%32] >> (i % 128 / 32 * 2) & 3
	}
}

func codesQ3K(dst, b []byte) {
	for i := range dst[:256] {
		dst[i] = codeQ3K(i, b)
	}
}

func codesQ4K(dst, b []byte) {
	for i := range dst[:256] {
		dst[i] = b[16+i/64*32+i%32] >> (i / 32 % 2 * 4) & 15
	}
}

func codesQ5K(dst, b []byte) {
	for i := range dst[:256] {
		dst[i] = b[48+i/64*32+i%32]>>(i/32%2*4)&15 | b[16+i%32]>>(i/32)&1<<4
	}
}

func codesQ6K(dst, b []byte) {
	for i := range dst[:256] {
		dst[i] = codeQ6K(i, b)
	}
}

// putHalf copies one binary16 to lane row of the 16 that start at header.
func putHalf(header []byte, row int, b []byte) { copy(header[2*row:2*row+2], b) }

// Header: d [16]binary16.
func packD(header []byte, row int, b []byte) { putHalf(header, row, b) }

// Header: d, m [16]binary16.
func packDM(header []byte, row int, b []byte) {
	putHalf(header, row, b)
	putHalf(header[32:], row, b[2:])
}

// Header: d, dmin [16]binary16, then 16 sub-blocks' nibble pairs [16][16].
func packQ2K(header []byte, row int, b []byte) {
	putHalf(header, row, b[80:])
	putHalf(header[32:], row, b[82:])
	for j := range 16 {
		header[64+16*j+row] = b[j]
	}
}

// Header: d [16]binary16, then 16 sub-blocks' signed scales [16][16].
func packQ3K(header []byte, row int, b []byte) {
	putHalf(header, row, b[108:])
	for j := range 16 {
		header[32+16*j+row] = byte(scaleQ3K(j, b[96:108]))
	}
}

// Header: d, dmin [16]binary16, then 8 sub-blocks' scales [8][16] and minimums [8][16].
func packQ4K(header []byte, row int, b []byte) {
	putHalf(header, row, b)
	putHalf(header[32:], row, b[2:])
	for j := range 8 {
		header[64+16*j+row], header[192+16*j+row] = scaleMinK(j, b[4:16])
	}
}

// Header: as Q3_K.
func packQ6K(header []byte, row int, b []byte) {
	putHalf(header, row, b[208:])
	for j := range 16 {
		header[32+16*j+row] = b[192+j]
	}
}

func scalesD(s *scales, header []byte, _ int) {
	for r := range stripRows {
		d := half(header[2*r:])
		s.scale[0][r], s.scale[1][r] = d, d
	}
}

func scalesDM(s *scales, header []byte, _ int) {
	scalesD(s, header, 0)
	for r := range stripRows {
		m := half(header[32+2*r:])
		s.minimum[0][r], s.minimum[1][r] = m, m
	}
}

func scalesQ2K(s *scales, header []byte, b int) {
	for r := range stripRows {
		d, dmin := half(header[2*r:]), half(header[32+2*r:])
		for h := range 2 {
			q := header[64+16*(2*b+h)+r]
			s.scale[h][r], s.minimum[h][r] = d*float32(q&15), -dmin*float32(q>>4)
		}
	}
}

func scalesDM6(s *scales, header []byte, b int) {
	for r := range stripRows {
		scale := half(header[2*r:]) * float32(header[64+16*b+r])
		minimum := -half(header[32+2*r:]) * float32(header[192+16*b+r])
		for h := range 2 {
			s.scale[h][r], s.minimum[h][r] = scale, minimum
		}
	}
}

func scalesDS16(s *scales, header []byte, b int) {
	for r := range stripRows {
		d := half(header[2*r:])
		for h := range 2 {
			s.scale[h][r] = d * float32(int8(header[32+16*(2*b+h)+r]))
		}
	}
}
