#ifndef QP_GGUF_TINY_H
#define QP_GGUF_TINY_H

/* gguf_tiny — small models, each as a Hugging Face folder and as a GGUF file with the same weights.
 *
 * tiny_keys — the keys of a model of `architecture`: width 8, 2 heads, 1 head of keys, 16 inside, 1 layer, 10
 *   positions.
 * tiny_vocabulary — a tokenizer of pieces with scores: 6 of them, then 256 bytes. <unk>, <s>, </s>, _, a, _a
 * tiny_bytes_vocabulary — byte-level BPE: 256 letters, a merge, <|endoftext|>, 4 unused ones.
 * tiny_gated — config.json of model_type (more: further keys, ", \"k\": 1"), the weights of both; biases: of queries,
 *   keys and values; pairs: rotary pairs are neighbors in the GGUF; one: what is added to its norms.
 * tiny_rows — rows of the embedding, as many as both vocabularies have. */
enum { tiny_rows = 262 };
void tiny_keys(const char *architecture);
void tiny_vocabulary(void);
void tiny_bytes_vocabulary(const char *pre);
void tiny_gated(const char *model_type, const char *more, int biases, int pairs, float one);

#endif
