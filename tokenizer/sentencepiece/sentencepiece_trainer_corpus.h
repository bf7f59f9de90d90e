#ifndef QP_SENTENCEPIECE_TRAINER_CORPUS_H
#define QP_SENTENCEPIECE_TRAINER_CORPUS_H

#include "tokenizer/sentencepiece/sentencepiece.h"
#include "tokenizer/sentencepiece/sentencepiece_trainer_config.h"
#include "tokenizer/learn/word_counts.h"

/* sentencepiece_trainer_corpus — the lines that a sentencepiece model is learned from: normalised, as code points, rare
 * characters replaced; and which pieces may be learned at all. Source: sentencepiece 0.2.3, observed. */
enum { QP_SPM_SPACE = 0x2581, QP_SPM_UNKNOWN_CODE = 0x2585, QP_SPM_BOUNDARY = -2 };

typedef struct {
    const qp_sentencepiece_config *config;
    qp_sentencepiece *rules; /* only its normaliser is used */
    qp_trie meta;            /* names of special pieces: no learned piece reaches into them */
    int32_t *code;           /* all lines, one after the other */
    size_t *start;           /* lines + 1 entries */
    size_t code_capacity, start_capacity, lines;
    int64_t seen; /* lines offered */
    struct qp_required {
        int32_t code;
        int64_t count;
    } * required; /* characters that get a piece, the most frequent first */
    size_t required_count;
    qp_mapped_text work;
} qp_sentencepiece_corpus;

/* qp_sentencepiece_corpus_begin — names: of the special pieces, `count` of them.
 * qp_sentencepiece_corpus_add   — one line without its end; *full: no more are wanted.
 * qp_sentencepiece_corpus_end   — chooses the characters and replaces the others by QP_SPM_UNKNOWN_CODE.
 * qp_sentencepiece_corpus_forget — frees the lines; characters and rules are kept.
 * Errors  QP_EUSAGE: no usable line; QP_EMEMORY; QP_EDATA: more than 2^31 characters. */
qp_status qp_sentencepiece_corpus_begin(qp_sentencepiece_corpus *corpus, const qp_sentencepiece_config *config,
                                        const char *const *names, size_t count);
qp_status qp_sentencepiece_corpus_add(qp_sentencepiece_corpus *corpus, const char *line, size_t bytes, bool *full);
qp_status qp_sentencepiece_corpus_end(qp_sentencepiece_corpus *corpus);
void qp_sentencepiece_corpus_forget(qp_sentencepiece_corpus *corpus);
void qp_sentencepiece_corpus_free(qp_sentencepiece_corpus *corpus);

/* The distinct words with their counts, most frequent first, as code points; where words are not split, the lines. */
typedef struct {
    int32_t *code;
    size_t *start; /* count + 1 entries */
    int64_t *times;
    size_t count;
} qp_sentencepiece_words;

qp_status qp_sentencepiece_words_make(const qp_sentencepiece_corpus *corpus, bool split, qp_sentencepiece_words *words);
void qp_sentencepiece_words_free(qp_sentencepiece_words *words);

/* qp_sentencepiece_may_be — may code[0..length) be a piece? By length, scripts, digits and the position of spaces. */
bool qp_sentencepiece_may_be(const qp_sentencepiece_config *config, const int32_t *code, size_t length);

#endif
