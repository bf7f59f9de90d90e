#ifndef QP_TEXT_FIXTURE_H
#define QP_TEXT_FIXTURE_H

#include <stddef.h>

#include "data/text/corpus.h"

/* A codec for words: id = QP_SPECIAL_COUNT + length of the word, "?" is unknown; the word "bad" is refused. */
qp_text_codec fixture_words(void);

/* A codec for bytes: id = QP_SPECIAL_COUNT + byte. */
qp_text_codec fixture_bytes(void);

/* A file in a temporary folder; the path is valid until the process ends. */
const char *fixture_file(const char *name, const void *content, size_t bytes);
const char *fixture_text(const char *name, const char *text);

/* A corpus of `pairs` random pairs of 1..longest words, in memory, made through files. */
void fixture_corpus(int pairs, int longest, bool monolingual, qp_corpus *corpus);

#endif
