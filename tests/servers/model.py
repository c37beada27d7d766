"""Writes a tiny model for llama.cpp: random weights from a fixed seed, and letters for words. What
it says means nothing, and the same prompt always gives the same. Needs numpy and gguf.
"""

from __future__ import annotations

import sys

import gguf
import numpy as np

CONTROL = ["<unk>", "<s>", "</s>"]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
LETTERS = ["▁", *(chr(code) for code in range(ord("a"), ord("z") + 1))]
WORDS = CONTROL + BYTES + LETTERS
KINDS = [2, 3, 3] + [6] * len(BYTES) + [1] * len(LETTERS)  # unknown, control, byte, normal
WIDTH, HEADS, INNER, CONTEXT = 32, 4, 64, 1024
TEMPLATE = (
    "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)


def describe(writer: gguf.GGUFWriter) -> None:
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(WORDS))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(WORDS)
    writer.add_token_scores([-float(at) for at in range(len(WORDS))])
    writer.add_token_types(KINDS)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template(TEMPLATE)


def fill(writer: gguf.GGUFWriter) -> None:
    random = np.random.default_rng(1)

    def draw(name: str, rows: int, columns: int, spread: float = 0.05) -> None:
        values = random.standard_normal((rows, columns)) * spread
        if name == "output.weight":  # it says letters only, unless a grammar asks for more
            values[: -len(LETTERS)] = 0
        writer.add_tensor(name, values.astype(np.float32))

    draw("token_embd.weight", len(WORDS), WIDTH)
    draw("output.weight", len(WORDS), WIDTH, 0.5)
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        writer.add_tensor(f"{name}.weight", np.ones(WIDTH, np.float32))
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        draw(f"blk.0.{name}.weight", WIDTH, WIDTH)
    draw("blk.0.ffn_gate.weight", INNER, WIDTH)
    draw("blk.0.ffn_up.weight", INNER, WIDTH)
    draw("blk.0.ffn_down.weight", WIDTH, INNER)


def main() -> None:
    writer = gguf.GGUFWriter(sys.argv[1], "llama")
    describe(writer)
    fill(writer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
