"""Asks llama.cpp what it thinks, for the tests of engine to compare with.

Usage: python3 peer.py BIN MODELS

BIN holds llama-perplexity and llama-server; MODELS the three files. For each model
it writes peer/NAME.json beside itself: the likeliest tokens with their
log-probabilities at the second half of each chunk of passage.txt (the model sees
one chunk at a time), and greedy continuations of the prompts below, each step with
the three likeliest tokens. Only the standard library is used.
"""

import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).parent
CONTEXT, CHUNKS, TOP, STEPS, PORT = 96, 3, 32, 48, 18734
MODELS = {
    "SmolLM2-135M-Instruct": "SmolLM2-135M-Instruct.Q4_1.gguf",
    "Qwen2.5-Coder-0.5B-Instruct": "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    "Qwen2.5-Coder-1.5B-Instruct": "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
}
PROMPTS = [
    "def fibonacci(n):\n    \"\"\"Return the n-th Fibonacci number.\"\"\"\n",
    "<|im_start|>user\nWrite a Python function that reverses the words of a sentence.<|im_end|>\n"
    "<|im_start|>assistant\n```python\ndef reverse_words(sentence):\n",
    "The capital of Korea is Seoul (서울). The capital of Japan is",
]


def logits(binary, model):
    """The likeliest tokens at the second half of each chunk of the passage."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "logits"
        subprocess.run(
            [binary / "llama-perplexity", "-m", model, "-f", HERE / "passage.txt", "-c", str(CONTEXT),
             "-b", str(CONTEXT), "--chunks", str(CHUNKS), "-t", "2", "--save-all-logits", path],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        data = path.read_bytes()
    context, vocabulary, chunks = struct.unpack_from("<iii", data, 8)
    offset = 20
    tokens = struct.unpack_from(f"<{context * chunks}i", data, offset)
    offset += 4 * context * chunks
    width = 2 * ((vocabulary + 1) // 2) + 4  # scale, minimum, then one uint16 a token
    result = []
    for chunk in range(chunks):
        positions = []
        for _ in range(context - 1 - context // 2):
            scale, minimum = struct.unpack_from("<ff", data, offset)
            steps = struct.unpack_from(f"<{vocabulary}H", data, offset + 8)
            offset += 2 * width
            best = sorted(range(vocabulary), key=lambda i: (-steps[i], i))[:TOP]
            positions.append({"ids": best, "logprobs": [round(minimum + scale * steps[i], 4) for i in best]})
        result.append({"tokens": tokens[chunk * context:(chunk + 1) * context],
                       "first": context // 2, "positions": positions})
    return result


def ask(path, body=None):
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", json.dumps(body).encode() if body else None)
    with urllib.request.urlopen(request, timeout=600) as answer:
        return json.load(answer)


def greedy(binary, model):
    """Greedy continuations of the prompts, with the likeliest tokens of each step."""
    server = subprocess.Popen(
        [binary / "llama-server", "-m", model, "-c", "1024", "-np", "1", "-t", "2", "--port", str(PORT), "--no-webui"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                ask("/health")
                break
            except OSError:
                time.sleep(0.1)
        result = []
        for prompt in PROMPTS:
            tokens = ask("/tokenize", {"content": prompt, "add_special": True, "parse_special": True})["tokens"]
            answer = ask("/completion", {"prompt": tokens, "n_predict": STEPS, "temperature": 0, "n_probs": 3,
                                         "return_tokens": True, "cache_prompt": False})
            known, steps = answer["completion_probabilities"], []
            for token in answer["tokens"]:
                if known and known[0]["id"] == token:
                    best = known.pop(0)["top_logprobs"]
                    steps.append({"ids": [t["id"] for t in best], "logprobs": [round(t["logprob"], 4) for t in best]})
                else:  # the server tells nothing about a token that ends within a character
                    steps.append({"ids": [token], "logprobs": [0]})
            result.append({"prompt": prompt, "tokens": tokens, "steps": steps})
        return result
    finally:
        server.terminate()
        server.wait()


def write(path, value):
    """JSON with one chunk, position or continuation a line, so that a change shows as lines."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for mark in ('{"tokens":', '{"ids":', '{"prompt":'):
        text = text.replace(mark, "\n" + mark)
    path.write_text(text + "\n", encoding="utf-8")


def main():
    binary, models = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    for name, file in MODELS.items():
        write(HERE / "peer" / f"{name}.json", {"chunks": logits(binary, models / file), "greedy": greedy(binary, models / file)})


if __name__ == "__main__":
    main()
