#include "tests/import/gguf/gguf_tiny.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/import/gguf/gguf_bytes.h"
#include "tests/import/import_folder.h"

enum { WIDTH = 8, HEADS = 2, INNER = 16, HEAD = WIDTH / HEADS };

void tiny_keys(const char *architecture)
{
    static const struct {
        const char *name;
        uint32_t value;
    } number[] = {{"context_length", 10},      {"embedding_length", WIDTH},    {"block_count", 1},
                  {"feed_forward_length", 16}, {"attention.head_count", HEADS}, {"attention.head_count_kv", 1}};
    char key[100];
    gguf_text("general.architecture", architecture);
    for (size_t i = 0; i < sizeof number / sizeof *number; i++) {
        snprintf(key, sizeof key, "%s.%s", architecture, number[i].name);
        gguf_number(key, number[i].value);
    }
    snprintf(key, sizeof key, "%s.attention.layer_norm_rms_epsilon", architecture);
    gguf_real(key, 1e-6F);
}

void tiny_vocabulary(void)
{
    static char byte[256][8];
    const char *piece[tiny_rows] = {"<unk>", "<s>", "</s>", "\u2581", "a", "\u2581a"};
    float score[tiny_rows] = {0};
    int32_t type[tiny_rows] = {2, 3, 3, 1, 1, 1};
    for (int i = 0; i < 256; i++) {
        snprintf(byte[i], sizeof byte[i], "<0x%02X>", i);
        piece[6 + i] = byte[i];
        type[6 + i] = 6;
    }
    score[3] = -2;
    score[4] = -1;
    gguf_text("tokenizer.ggml.model", "llama");
    gguf_texts("tokenizer.ggml.tokens", tiny_rows, piece);
    gguf_reals("tokenizer.ggml.scores", tiny_rows, score);
    gguf_numbers("tokenizer.ggml.token_type", tiny_rows, type);
    gguf_number("tokenizer.ggml.bos_token_id", 1);
    gguf_number("tokenizer.ggml.eos_token_id", 2);
    gguf_number("tokenizer.ggml.unknown_token_id", 0);
}

void tiny_bytes_vocabulary(const char *pre)
{
    static char letter[256][4];
    const char *piece[tiny_rows] = {[258] = "[PAD258]", "[PAD259]", "[PAD260]", "[PAD261]"};
    int32_t type[tiny_rows] = {[258] = 5, 5, 5, 5};
    for (int i = 0, moved = 256; i < 256; i++) { /* GPT-2's letters of bytes */
        int shown = (i >= 33 && i <= 126) || (i >= 161 && i != 173);
        int code = shown ? i : moved++;
        if (code < 128)
            snprintf(letter[i], sizeof letter[i], "%c", code);
        else
            snprintf(letter[i], sizeof letter[i], "%c%c", 0xC0 | code >> 6, 0x80 | (code & 63));
        piece[i] = letter[i];
        type[i] = 1;
    }
    piece[256] = "ab";
    piece[257] = "<|endoftext|>";
    type[256] = 1;
    type[257] = 3;
    gguf_text("tokenizer.ggml.model", "gpt2");
    if (pre) gguf_text("tokenizer.ggml.pre", pre);
    gguf_texts("tokenizer.ggml.tokens", tiny_rows, piece);
    gguf_numbers("tokenizer.ggml.token_type", tiny_rows, type);
    gguf_texts("tokenizer.ggml.merges", 1, (const char *const[]){"a b"});
    gguf_number("tokenizer.ggml.bos_token_id", 257);
    gguf_number("tokenizer.ggml.eos_token_id", 257);
}

/* One array of both files; in the GGUF rows of `heads` heads have the halves of each as neighbors. */
static void both(const char *theirs, const char *gguf, int rows, int columns, int heads, float one)
{
    const int first = (int)strlen(theirs), wide = columns ? columns : 1;
    float *value = malloc((size_t)rows * (size_t)wide * sizeof *value);
    folder_array(theirs, rows, columns, first);
    for (int r = 0; r < rows; r++) {
        const int in = r % HEAD, from = heads ? r - in + in / 2 + in % 2 * (HEAD / 2) : r;
        for (int c = 0; c < wide; c++) value[r * wide + c] = (float)((first + from * wide + c) / 100.0) + one;
    }
    gguf_floats(gguf, rows, columns, value);
    free(value);
}

void tiny_gated(const char *model_type, const char *more, int biases, int pairs, float one)
{
    char text[1024];
    snprintf(text, sizeof text,
             "{\"model_type\": \"%s\", \"hidden_size\": 8, \"num_hidden_layers\": 1, \"num_attention_heads\": 2, "
             "\"num_key_value_heads\": 1, \"intermediate_size\": 16, \"vocab_size\": 262, \"rms_norm_eps\": 1e-6, "
             "\"head_dim\": null, "
             "\"max_position_embeddings\": 10, \"eos_token_id\": 2, \"bos_token_id\": 1%s}",
             model_type, more);
    folder_file("config.json", text);
    both("model.embed_tokens.weight", "token_embd.weight", tiny_rows, WIDTH, 0, 0);
    both("model.norm.weight", "output_norm.weight", WIDTH, 0, 0, one);
    both("model.layers.0.input_layernorm.weight", "blk.0.attn_norm.weight", WIDTH, 0, 0, one);
    both("model.layers.0.post_attention_layernorm.weight", "blk.0.ffn_norm.weight", WIDTH, 0, 0, one);
    both("model.layers.0.self_attn.q_proj.weight", "blk.0.attn_q.weight", WIDTH, WIDTH, pairs ? HEADS : 0, 0);
    both("model.layers.0.self_attn.k_proj.weight", "blk.0.attn_k.weight", HEAD, WIDTH, pairs ? 1 : 0, 0);
    both("model.layers.0.self_attn.v_proj.weight", "blk.0.attn_v.weight", HEAD, WIDTH, 0, 0);
    if (biases) {
        both("model.layers.0.self_attn.q_proj.bias", "blk.0.attn_q.bias", WIDTH, 0, pairs ? HEADS : 0, 0);
        both("model.layers.0.self_attn.k_proj.bias", "blk.0.attn_k.bias", HEAD, 0, pairs ? 1 : 0, 0);
        both("model.layers.0.self_attn.v_proj.bias", "blk.0.attn_v.bias", HEAD, 0, 0, 0);
    }
    both("model.layers.0.self_attn.o_proj.weight", "blk.0.attn_output.weight", WIDTH, WIDTH, 0, 0);
    both("model.layers.0.mlp.gate_proj.weight", "blk.0.ffn_gate.weight", INNER, WIDTH, 0, 0);
    both("model.layers.0.mlp.up_proj.weight", "blk.0.ffn_up.weight", INNER, WIDTH, 0, 0);
    both("model.layers.0.mlp.down_proj.weight", "blk.0.ffn_down.weight", WIDTH, INNER, 0, 0);
    folder_weights("model.safetensors");
}
