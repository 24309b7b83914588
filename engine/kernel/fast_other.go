//go:build !cgo || !linux || (!amd64 && !arm64)

package kernel

// fastLoops returns nothing: without C the portable path is all there is.
func fastLoops() []*loops { return nil }

func packPanel(t Type, dst, data []byte, rows, cols int) { packPanelPlain(t, dst, data, rows, cols) }
