// Package kernel holds the engine's inner loops: products of packed quantised
// matrices with batches of vectors, attention, and the element-wise steps between.
//
// Call [Pack] on each weight once, then [Pool.Linear] on every step. Each loop has a
// plain Go version that judges the fast ones ([Name] says which run).
//
// # Layout
//
// A batch of n vectors of width w is one []float32 of n*w values, vector after vector.
// A Matrix has rows outputs and cols inputs.
//
// # Promises
//
// A vector's result does not depend on its neighbours in the batch, on their number,
// or on the number of threads: bit for bit.
package kernel

// A Type is a GGUF tensor type, with GGUF's own number.
type Type uint32

// The tensor types that can be packed.
const (
	F32   Type = 0
	F16   Type = 1
	Q4_0  Type = 2
	Q4_1  Type = 3
	Q5_0  Type = 6
	Q5_1  Type = 7
	Q8_0  Type = 8
	Q2_K  Type = 10
	Q3_K  Type = 11
	Q4_K  Type = 12
	Q5_K  Type = 13
	Q6_K  Type = 14
	IQ4NL Type = 20
	BF16  Type = 30
)
