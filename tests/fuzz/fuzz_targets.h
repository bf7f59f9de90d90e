#ifndef QP_FUZZ_TARGETS_H
#define QP_FUZZ_TARGETS_H

#include <stddef.h>
#include <stdint.h>

/* fuzz_targets — functions that take any bytes and must neither crash nor hang nor break a promise (they call abort
 * then). `make fuzz` builds each with libFuzzer (clang) under the sanitizers: build/fuzz/fuzz_NAME; what it found worth
 * keeping lies in tests/fuzz/corpus/NAME, and test_fuzz.c replays it in every `make test`.
 *
 * readers  the first byte chooses a reader of tokenizer files, the rest is the file; what opens must encode and decode
 * encode   text for tokenizers learned at the start: round trips, spans, ids alone, normal forms, the known patterns
 * store    the first byte chooses safetensors or YAML settings */
int qp_fuzz_readers(const uint8_t *data, size_t bytes);
int qp_fuzz_encode(const uint8_t *data, size_t bytes);
int qp_fuzz_store(const uint8_t *data, size_t bytes);

/* qp_fuzz_require — abort, saying what was promised. */
void qp_fuzz_require(int kept, const char *promise);

#endif
