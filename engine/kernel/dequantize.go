package kernel

import (
	"encoding/binary"
	"math"
)

// The types whose blocks have one scale: a float each, or 32 values that share a
// binary16 scale d and perhaps a binary16 minimum m. The low nibbles of the 16 bytes of
// codes are values 0 to 15, the high nibbles values 16 to 31.

func decodeF32(dst []float32, b []byte) {
	dst[0] = math.Float32frombits(binary.LittleEndian.Uint32(b))
}

func decodeF16(dst []float32, b []byte) { dst[0] = half(b) }

func decodeBF16(dst []float32, b []byte) {
	dst[0] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16)
}

// d, 16 bytes of nibbles: d*(q-8).
func decodeQ4_0(dst []float32, b []byte) {
	d := half(b)
	for i, q := range b[2:18] {
		dst[i] = d * float32(int(q&15)-8)
		dst[i+16] = d * float32(int(q>>4)-8)
	}
}

// d, m, 16 bytes of nibbles: d*q + m.
func decodeQ4_1(dst []float32, b []byte) {
	d, m := half(b), half(b[2:])
	for i, q := range b[4:20] {
		dst[i] = d*float32(q&15) + m
		dst[i+16] = d*float32(q>>4) + m
	}
}

// d, 32 fifth bits, 16 bytes of nibbles: d*(q-16).
func decodeQ5_0(dst []float32, b []byte) {
	d, fifth := half(b), binary.LittleEndian.Uint32(b[2:])
	for i, q := range b[6:22] {
		dst[i] = d * float32(int(q&15|byte(fifth>>i&1)<<4)-16)
		dst[i+16] = d * float32(int(q>>4|byte(fifth>>(i+16)&1)<<4)-16)
	}
}

// d, m, 32 fifth bits, 16 bytes of nibbles: d*q + m.
func decodeQ5_1(dst []float32, b []byte) {
	d, m, fifth := half(b), half(b[2:]), binary.LittleEndian.Uint32(b[4:])
	for i, q := range b[8:24] {
		dst[i] = d*float32(q&15|byte(fifth>>i&1)<<4) + m
		dst[i+16] = d*float32(q>>4|byte(fifth>>(i+16)&1)<<4) + m
	}
}

// d, 32 signed bytes: d*q.
func decodeQ8_0(dst []float32, b []byte) {
	d := half(b)
	for i, q := range b[2:34] {
		dst[i] = d * float32(int8(q))
	}
}

// iq4nlValues are the sixteen levels of IQ4_NL, denser near zero.
var iq4nlValues = [16]int8{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}

// d, 16 bytes of nibbles: d*levels[q].
func decodeIQ4NL(dst []float32, b []byte) {
	d := half(b)
	for i, q := range b[2:18] {
		dst[i] = d * float32(iq4nlValues[q&15])
		dst[i+16] = d * float32(iq4nlValues[q>>4])
	}
}
