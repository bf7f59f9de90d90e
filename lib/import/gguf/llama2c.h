#ifndef QP_LLAMA2C_H
#define QP_LLAMA2C_H

#include "lib/package/package.h"

/* llama2c — models of llama2.c: a header, then the weights of a llama one after the other, and a tokenizer.bin.
 *     version 0   7 int32: width, inner width, layers, heads, key/value heads, pieces (negative: the output layer is
 *                 not the embedding), positions. Then F32: embedding; of all layers the norms before attention,
 *                 queries, keys, values, outputs, the norms before the feed-forward, w1 (gate), w2 (down), w3 (up);
 *                 the last norm; tables of sines and cosines; the output layer if it is another one.
 *     version 1   "24ka", int32 1, the 7 int32, one byte: the output layer is the embedding; zeros up to byte 256. Then
 *                 F32: all norms; embedding, queries, keys, values, outputs, w1, w2, w3, the output layer.
 *     version 2   the same with int32 group after the byte. The norms are F32; every other array is int8 q, then an F32
 *                 for each group of them:  x = q s.
 *     tokenizer   int32, the longest piece; then of each piece F32 score, int32 bytes, the text with spaces. Ids 0, 1,
 *                 2 are <unk>, <s>, </s>; <0x00> ... are bytes. <s> begins a text and, as in run.c, ends it.
 * Rotary pairs are neighbors; the norms' epsilon is 1e-5.   Source  export.py, tokenizer.py, run.c of
 * github.com/karpathy/llama2.c.
 *
 * qp_llama2c_is — whether the name ends in ".bin", or the file begins as version 1 and 2 do.
 * qp_llama2c_package — the model with its tokenizer: the file `tokenizer` (llama2.c's, or any other kind), or, "", the
 *   tokenizer.bin beside the model. Sizes are compared with the length of the file before memory is taken.
 * qp_llama2c_tokenizer — a tokenizer.bin, or a tokenizer of any other kind.
 * Errors  QP_EDATA: another size than the header says, a header that cannot be; QP_ENOINPUT; QP_EIO; QP_EMEMORY. */
bool qp_llama2c_is(const char *path);
qp_status qp_llama2c_tokenizer(const char *path, qp_tokenizer **tokenizer);
qp_status qp_llama2c_package(const char *path, const char *tokenizer, qp_package **package);

#endif
