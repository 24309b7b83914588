package kernel

// The K types: super-blocks of 256 values with binary16 scales, divided into sub-blocks
// of 16 or 32 values whose own scales (and minimums) are small integers.

// scaleMinK returns the 6-bit scale and minimum of sub-block j (0 to 7) from the 12
// bytes that hold them in Q4_K and Q5_K.
func scaleMinK(j int, b []byte) (scale, minimum byte) {
	if j < 4 {
		return b[j] & 63, b[j+4] & 63
	}
	return b[j+4]&15 | b[j-4]>>6<<4, b[j+4]>>4 | b[j]>>6<<4
}

// 16 nibble pairs (scale low, minimum high), 64 bytes of 2-bit codes, d, dmin:
// d*scale*q - dmin*minimum, sub-blocks of 16. Byte l of each 32 holds four values, 32 apart.
func decodeQ2K(dst []float32, b []byte) {
	scales, codes := b[:16], b[16:80]
	d, dmin := half(b[80:]), half(b[82:])
	for i := range dst {
		s := scales[i/16]
		q := codes[i/128*32+i%32] >> (i % 128 / 32 * 2) & 3
		dst[i] = d*float32(s&15)*float32(q) - dmin*float32(s>>4)
	}
}

// scaleQ3K returns the signed scale of sub-block j (0 to 15) from the 12 bytes of 6-bit
// scales: low nibbles in the first 8 bytes, high pairs of bits in the last 4.
func scaleQ3K(j int, b []byte) int {
	low := b[j%8] >> (j / 8 * 4) & 15
	high := b[8+j%4] >> (j / 4 * 2) & 3
	return int(low|high<<4) - 32
}

// codeQ3K returns value i of a block as a code from 0 to 7 that stands for code-4.
func codeQ3K(i int, b []byte) byte {
	low := b[32+i/128*32+i%32] >> (i % 128 / 32 * 2) & 3
	third := b[i%32] >> (i / 32) & 1
	return low | third<<2
}

// 32 bytes of third bits, 64 bytes of low pairs, 12 bytes of scales, d:
// d*scale*(q-4), sub-blocks of 16.
func decodeQ3K(dst []float32, b []byte) {
	d := half(b[108:])
	for i := range dst {
		dst[i] = d * float32(scaleQ3K(i/16, b[96:108])) * float32(int(codeQ3K(i, b))-4)
	}
}

// d, dmin, 12 bytes of scales and minimums, 128 bytes of nibbles:
// d*scale*q - dmin*minimum, sub-blocks of 32. Each 32 bytes hold two sub-blocks, low then high.
func decodeQ4K(dst []float32, b []byte) {
	d, dmin, codes := half(b), half(b[2:]), b[16:144]
	for j := range 8 {
		scale, minimum := scaleMinK(j, b[4:16])
		ds, m := d*float32(scale), dmin*float32(minimum)
		for i := range 32 {
			q := codes[j/2*32+i] >> (j % 2 * 4) & 15
			dst[j*32+i] = ds*float32(q) - m
		}
	}
}

// As Q4_K, with 32 bytes of fifth bits (bit j of byte i belongs to value i of sub-block j)
// between the scales and the nibbles.
func decodeQ5K(dst []float32, b []byte) {
	d, dmin, fifth, codes := half(b), half(b[2:]), b[16:48], b[48:176]
	for j := range 8 {
		scale, minimum := scaleMinK(j, b[4:16])
		ds, m := d*float32(scale), dmin*float32(minimum)
		for i := range 32 {
			q := codes[j/2*32+i]>>(j%2*4)&15 | fifth[i]>>j&1<<4
			dst[j*32+i] = ds*float32(q) - m
		}
	}
}

// codeQ6K returns value i of a block as a code from 0 to 63 that stands for code-32.
func codeQ6K(i int, b []byte) byte {
	half, in := i/128, i%128
	low := b[half*64+in%64] >> (in / 64 * 4) & 15
	high := b[128+half*32+in%32] >> (in / 32 * 2) & 3
	return low | high<<4
}

// 128 bytes of low nibbles, 64 bytes of high pairs, 16 signed scales, d:
// d*scale*(q-32), sub-blocks of 16.
func decodeQ6K(dst []float32, b []byte) {
	d, scales := half(b[208:]), b[192:208]
	for i := range dst {
		dst[i] = d * float32(int8(scales[i/16])) * float32(int(codeQ6K(i, b))-32)
	}
}
