package engine

import (
	"os"

	"greenfill/engine/kernel"
)

// The three models that the tests know, by their file names.
const (
	smolLM2  = "SmolLM2-135M-Instruct.Q4_1.gguf"
	qwen0_5B = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"
	qwen1_5B = "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"
)

// full reports whether the long form of the tests is asked for.
func full() bool { return os.Getenv("GREENFILL_FULL") == "1" }

// slowKernel reports whether real models take too long for the short form: there the
// portable path meets the tiny models and a few positions of SmolLM2.
func slowKernel() bool { return kernel.Name() == "portable" && !full() }
