"""GGUF files: llama.cpp generates the greedy text that quipu generates; the package gguf reads and packs the same."""
import json
import os
import random
import subprocess

import gguf
import numpy as np
import xllamacpp

QUIPU = os.environ["QUIPU"]
PROMPTS = ["the cat", "my friend sees", "a dog helps her house in"]
SMALL = ("train --task lm --train text --valid none --decoder transformer --layers 2 --emb-size 32 --heads 4 --ff-size 64"
         " --scale-embeddings=false --max-length 64 --steps 150 --lr 0.001 --batch-size 500 --overwrite -q")
KINDS = {
    "gpt2": ("byte.json", "--pos learned --activation gelu-tanh"),
    "llama": ("piece.json", "--pos rope --norm-type rms --gated-ff --activation silu --bias=false --kv-heads 2"),
}


def quipu(*words):
    return subprocess.run([QUIPU, *words], check=True, capture_output=True, text=True, errors="replace").stdout


def expect(condition, what):
    print("ok -" if condition else "not ok -", "gguf: " + what.replace("\n", " "))


def make_models():
    random.seed(1)
    parts = [["the cat", "a dog", "my friend", "the child"], ["sees", "likes", "helps", "finds"],
             ["a bird", "the moon", "her house", "two apples"], ["in the park", "at night", "every day 2024"]]
    with open("text", "w") as text:
        text.writelines(" ".join(random.choice(part) for part in parts) + ".\n" for _ in range(600))
    quipu("tokenizer", "train", "--type", "byte-bpe", "--pattern", "gpt2", "--normalization", "none", "--vocab-size",
          "300", "-o", "byte.json", "text")
    quipu("tokenizer", "train", "--type", "bpe", "--pattern", "spaces", "--normalization", "none", "--vocab-size", "330",
          "-o", "piece.json", "text")
    for kind, (tokenizer, options) in KINDS.items():
        quipu(*SMALL.split(), "--tokenizer", tokenizer, *options.split(), "-m", kind + ".safetensors")


def llama_cpp(path):
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.n_ctx, params.n_parallel, params.warmup = 256, 1, False
    server = xllamacpp.Server(params)
    texts = []
    for prompt in PROMPTS:
        answer = server.handle_completions(
            {"prompt": prompt, "n_predict": 20, "temperature": 0.0, "cache_prompt": False})
        answer = json.loads(answer) if isinstance(answer, str) else answer
        texts.append(answer["content"] if "content" in answer else answer["choices"][0]["text"])
    return texts


def check_export(kind):
    model = kind + ".safetensors"
    quipu("export", "--format", "npz", "-m", model, "-o", kind + ".npz")
    weights = np.load(kind + ".npz")
    for form in ("f32", "f16", "q8_0"):
        path = f"{kind}.{form}.gguf"
        quipu("export", "--format", "gguf", "--type", form, "-m", model, "-o", path)
        arrays = {t.name: gguf.quants.dequantize(t.data, t.tensor_type) for t in gguf.GGUFReader(path).tensors}
        worst = np.abs(arrays["token_embd.weight"] - weights["tgt_embed.weight"]).max()
        expect(worst <= {"f32": 0, "f16": 1e-2, "q8_0": 5e-2}[form], f"{path}: the embedding, within {worst:.1e}")
        texts = llama_cpp(path)
        for prompt, text in zip(PROMPTS, texts) if form == "f32" else []:
            mine = quipu("generate", "-m", model, "-p", prompt, "-n", "20", "--temp", "0")[len(prompt):].split("\n")[0]
            expect(mine.strip() == text.split("\n")[0].strip(), f"{path}: llama.cpp '{text}', quipu '{mine}'")
    quipu("import", f"{kind}.f32.gguf", "-o", "again.safetensors")
    quipu("export", "--format", "npz", "-m", "again.safetensors", "-o", "again.npz")
    again = np.load("again.npz")
    for name in weights.files:
        expect(np.array_equal(weights[name], again[name]), f"{kind}: {name}, exported and imported")


def check_packed():
    """Random blocks of every type, as the embedding of a gpt2."""
    rng = np.random.default_rng(1)
    width, pieces = 256, 300
    for name in ("F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q4_K", "Q5_K", "Q6_K"):
        kind = gguf.GGMLQuantizationType[name]
        values, size = gguf.GGML_QUANT_SIZES[kind]
        packed = rng.integers(0, 256, (pieces, width // values, size), dtype=np.uint8)
        half = np.frombuffer(np.float16(0.125).tobytes(), dtype=np.uint8)
        if values == 1:
            packed = rng.standard_normal((pieces, width)).astype(np.float32)
            packed = gguf.quants.quantize(packed, kind)
        else:
            packed[:, :, -2:] = packed[:, :, :2] = packed[:, :, 2:4] = half
            packed = packed.reshape(pieces, -1)
        writer = gguf.GGUFWriter("packed.gguf", "gpt2")
        writer.add_context_length(8)
        writer.add_embedding_length(width)
        writer.add_block_count(1)
        writer.add_feed_forward_length(width)
        writer.add_head_count(4)
        writer.add_layer_norm_eps(1e-5)
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre("gpt-2")
        writer.add_token_list([f"t{i}" for i in range(pieces)])
        writer.add_token_types([1] * pieces)
        writer.add_token_merges([])
        writer.add_eos_token_id(0)
        writer.add_tensor("token_embd.weight", packed, raw_dtype=None if packed.dtype == np.float32 else kind)
        for array, rows in (("attn_qkv", 3 * width), ("attn_output", width), ("ffn_up", width), ("ffn_down", width)):
            writer.add_tensor(f"blk.0.{array}.weight", np.zeros((rows, width), dtype=np.float32))
            writer.add_tensor(f"blk.0.{array}.bias", np.zeros(rows, dtype=np.float32))
        writer.add_tensor("position_embd.weight", np.zeros((8, width), dtype=np.float32))
        for array in ("blk.0.attn_norm", "blk.0.ffn_norm", "output_norm"):
            writer.add_tensor(array + ".weight", np.zeros(width, dtype=np.float32))
            writer.add_tensor(array + ".bias", np.zeros(width, dtype=np.float32))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        quipu("import", "packed.gguf", "-o", "packed.safetensors")
        quipu("export", "--format", "npz", "-m", "packed.safetensors", "-o", "packed.npz")
        mine, theirs = np.load("packed.npz")["tgt_embed.weight"], gguf.quants.dequantize(packed, kind)
        worst = np.abs(mine - theirs).max() / np.abs(theirs).max()
        expect(worst <= 1e-6, f"{name}: blocks, within {worst:.1e}")


check_packed()
make_models()
for each in KINDS:
    check_export(each)
