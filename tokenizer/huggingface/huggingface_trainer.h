#ifndef QP_HUGGINGFACE_TRAINER_H
#define QP_HUGGINGFACE_TRAINER_H

#include "tokenizer/models/vocabulary.h"
#include "tokenizer/learn/word_counts.h"

/* huggingface_trainer — vocabularies as the trainers of Hugging Face tokenizers 0.23 learn them from counted words.
 *
 * bpe        special tokens, the characters in order of code points, then merges: the most frequent pair, of equals the
 *            one of smaller ids. A pair is counted at overlapping places; a pair that would be max_token_length
 *            characters or longer is not counted when it arises.
 * wordpiece  the same with continuing_subword_prefix "##"; only the vocabulary is used. (There ids and ties follow the
 *            order of a hash map; here words come by count, then by bytes.)
 * wordlevel  special tokens, then words by count, of equals the smaller.
 * Source: github.com/huggingface/tokenizers, observed behaviour. */
typedef enum { QP_HF_BPE, QP_HF_WORDPIECE, QP_HF_WORDLEVEL } qp_hf_trainer_kind;

typedef struct {
    qp_hf_trainer_kind kind;
    int64_t vocab_size, min_frequency;
    const char *const *special;
    size_t special_count;
    int64_t limit_alphabet;       /* most characters; 0: any */
    int64_t max_token_length;     /* in characters; 0: any */
    const char *initial_alphabet; /* characters that take part whatever the text; may be NULL */
    const char *prefix, *suffix;  /* continuing_subword_prefix, end_of_word_suffix; NULL: none */
} qp_hf_training;

/* What was learned: all tokens by id as NORMAL pieces, and merges of ids in order. */
typedef struct {
    qp_vocabulary vocabulary;
    struct qp_hf_merge {
        int32_t left, right;
    } * merge;
    size_t merge_count, merge_capacity;
} qp_hf_learned;

/* qp_hf_train — words are sorted by it. Free *learned with qp_hf_learned_free, also after a failure.
 * Memory  8 bytes per character of the words, about 40 per pair, 4 per place of a pair in the queue.
 * Errors  QP_EMEMORY, QP_EDATA. */
qp_status qp_hf_train(const qp_hf_training *training, qp_word_counts *words, qp_hf_learned *learned);
void qp_hf_learned_free(qp_hf_learned *learned);

#endif
