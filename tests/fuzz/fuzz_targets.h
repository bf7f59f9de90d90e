#ifndef QP_FUZZ_TARGETS_H
#define QP_FUZZ_TARGETS_H

#include <stddef.h>
#include <stdint.h>

/* fuzz_targets — functions that take any bytes and must not crash, hang or break a promise (then they call abort).
 * `make fuzz` builds each with libFuzzer (clang) and the sanitizers: build/fuzz/fuzz_NAME. Inputs worth keeping are in
 * tests/fuzz/corpus/NAME; test_fuzz.c runs them again in every `make test`. With FUZZ_ONLY=N in the environment such a
 * program tries the reader that the first byte N chooses, and no other.
 *
 * readers  the first byte chooses a reader of tokenizer files, the rest is the file; what opens must encode and decode
 * encode   text for tokenizers trained at the start: round trips, spans, ids without spans, lines together and one by
 *          one, normal forms, patterns
 * store    the first byte chooses safetensors, YAML settings of a tokenizer or of a training
 * models   the first byte: a model file, the same with a right checksum, ARPA, a checkpoint, the same with a right
 *          checksum, a folder of Hugging Face (config.json, NUL, model.safetensors); what opens must translate, score,
 *          label, forecast, and is saved and opened again
 * data     the first byte: CoNLL, CSV, pairs, labelled texts, texts, lines (also gzip), labels, scaling,
 *          word vectors, two files (with NUL between them), pairs with scores
 * options  a command line of `train`
 * imports  the first byte: a GGUF file, weights of llama2.c, its tokenizer, a model.bin of CTranslate2, a vocabulary
 *          in JSON or YAML, an .npz of Marian or of vectors, blocks of GGUF, a model and a tokenizer of llama2.c
 * images   the first byte: IDX with its labels, PNG in two classes, CSV, sizes of images and patches
 * kernels  a row of numbers; the vector kernels of every level must agree with the scalar ones */
int qp_fuzz_readers(const uint8_t *data, size_t bytes);
int qp_fuzz_encode(const uint8_t *data, size_t bytes);
int qp_fuzz_store(const uint8_t *data, size_t bytes);
int qp_fuzz_models(const uint8_t *data, size_t bytes);
int qp_fuzz_data(const uint8_t *data, size_t bytes);
int qp_fuzz_options(const uint8_t *data, size_t bytes);
int qp_fuzz_imports(const uint8_t *data, size_t bytes);
int qp_fuzz_images(const uint8_t *data, size_t bytes);
int qp_fuzz_kernels(const uint8_t *data, size_t bytes);

/* qp_fuzz_repair — makes the checksum of a safetensors file right, if it has one. */
void qp_fuzz_repair(uint8_t *file, size_t bytes);

/* qp_fuzz_require — abort with the broken promise unless the condition holds. */
void qp_fuzz_require(int kept, const char *promise);

#endif
