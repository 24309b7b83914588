//go:build !linux

package engine

import "greenfill/engine/gguf"

// dropPages does nothing here: the system drops the file's pages when it needs memory.
func dropPages(*gguf.Tensor) {}
