package kernel

// A field is where some bits of a group's codes stand: width bits, from bit low of the
// code on, from bit at of a line's bytes on.
type field struct{ group, line, at, width, low int }

// fieldsOf are the fields of codes of so many bits. Codes of five and six bits stand in a
// line each, and those of the last groups in the bits that these leave free: most are then
// read with one instruction.
var fieldsOf = [...][]field{
	2: perGroup(func(g int) field { return field{group: g, line: g / 4, at: g % 4 * 2, width: 2} }),
	3: append(perGroup(func(g int) field { return field{group: g, line: g / 4, at: g % 4 * 2, width: 2} }),
		perGroup(func(g int) field { return field{group: g, line: 2, at: g, width: 1, low: 2} })...),
	4: perGroup(func(g int) field { return field{group: g, line: g % 4, at: g / 4 * 4, width: 4} }),
	5: append(perGroup(func(g int) field { return field{group: g, line: g, width: 5} })[:5],
		field{group: 5, line: 0, at: 5, width: 3, low: 0}, field{group: 5, line: 1, at: 5, width: 2, low: 3},
		field{group: 6, line: 2, at: 5, width: 3, low: 0}, field{group: 6, line: 3, at: 5, width: 2, low: 3},
		field{group: 7, line: 4, at: 5, width: 3, low: 0}, field{group: 7, line: 1, at: 7, width: 1, low: 3},
		field{group: 7, line: 3, at: 7, width: 1, low: 4}),
	6: append(perGroup(func(g int) field { return field{group: g, line: g, width: 6} })[:6],
		field{group: 6, line: 0, at: 6, width: 2, low: 0}, field{group: 6, line: 1, at: 6, width: 2, low: 2},
		field{group: 6, line: 2, at: 6, width: 2, low: 4}, field{group: 7, line: 3, at: 6, width: 2, low: 0},
		field{group: 7, line: 4, at: 6, width: 2, low: 2}, field{group: 7, line: 5, at: 6, width: 2, low: 4}),
	8: perGroup(func(g int) field { return field{group: g, line: g, width: 8} }),
}

func perGroup(f func(g int) field) []field {
	list := make([]field, 8)
	for g := range list {
		list[g] = f(g)
	}
	return list
}

// putBlock writes the codes of one block, codes[row][column], as lines, which are zero.
func (l *layout) putBlock(lines []byte, codes *[stripRows][blockCols]byte) {
	for _, f := range fieldsOf[l.bits] {
		for row := range stripRows {
			for j := range 4 {
				code := codes[row][f.group*4+j] >> f.low & (1<<f.width - 1)
				lines[f.line*lineBytes+row*4+j] |= code << f.at
			}
		}
	}
}

// getBlock reads what putBlock wrote: codes[group][row*4+j].
func (l *layout) getBlock(codes *[8][lineBytes]byte, lines []byte) {
	clear(codes[:])
	for _, f := range fieldsOf[l.bits] {
		group, mask := &codes[f.group], byte(1<<f.width-1)
		for i, b := range lines[f.line*lineBytes:][:lineBytes] {
			group[i] |= b >> f.at & mask << f.low
		}
	}
}
