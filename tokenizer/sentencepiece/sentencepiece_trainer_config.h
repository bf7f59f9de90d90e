#ifndef QP_SENTENCEPIECE_TRAINER_CONFIG_H
#define QP_SENTENCEPIECE_TRAINER_CONFIG_H

#include "lib/config/config.h"

#define QP_SPM_TYPES(X)                                                                                                \
    X(QP_SPM_TRAIN_UNIGRAM, "unigram") X(QP_SPM_TRAIN_BPE, "bpe") X(QP_SPM_TRAIN_WORD, "word")                         \
    X(QP_SPM_TRAIN_CHAR, "char")
enum { QP_SPM_TYPES(QP_CHOICE_ID) QP_SPM_TYPE_COUNT };

#define QP_SPM_RULES(X)                                                                                                \
    X(QP_SPM_NMT_NFKC, "nmt_nfkc") X(QP_SPM_NFKC, "nfkc") X(QP_SPM_NMT_NFKC_CF, "nmt_nfkc_cf")                         \
    X(QP_SPM_NFKC_CF, "nfkc_cf") X(QP_SPM_IDENTITY, "identity")
enum { QP_SPM_RULES(QP_CHOICE_ID) QP_SPM_RULE_COUNT };

/* sentencepiece_trainer_config — sentencepiece's training options, with its own names and defaults (see config.h). */
#define QP_SENTENCEPIECE_FIELDS(X)                                                                                     \
    X(CHOICE, model_type, "unigram", 0, 0, QP_CHOICES(QP_SPM_TYPES), "kind of model")                                  \
    X(INT, vocab_size, "8000", 1, 16777216, NULL, "pieces, special ones included")                                     \
    X(REAL, character_coverage, "0.9995", 0.98, 1, NULL, "share of the characters that get a piece")                   \
    X(CHOICE, normalization_rule_name, "nmt_nfkc", 0, 0, QP_CHOICES(QP_SPM_RULES), "how text is normalised")           \
    X(INT, input_sentence_size, "0", 0, 4294967296, NULL, "most lines that are used; 0: all")                          \
    X(BOOL, shuffle_input_sentence, "true", 0, 0, NULL, "choose those lines at random, else take the first")           \
    X(INT, max_sentence_length, "4192", 10, 1073741824, NULL, "longer lines, in bytes, are left out")                  \
    X(INT, max_sentencepiece_length, "16", 1, 512, NULL, "longest piece, in characters")                               \
    X(INT, seed_sentencepiece_size, "1000000", 1000, 5000000, NULL, "unigram: pieces to begin with")                   \
    X(REAL, shrinking_factor, "0.75", 0.5, 0.95, NULL, "unigram: share of the pieces that one pruning keeps")          \
    X(INT, num_sub_iterations, "2", 1, 10, NULL, "unigram: rounds of EM between two prunings")                         \
    X(BOOL, split_by_unicode_script, "true", 0, 0, NULL, "no piece of two scripts")                                    \
    X(BOOL, split_by_number, "true", 0, 0, NULL, "no piece of digits and letters")                                     \
    X(BOOL, split_by_whitespace, "true", 0, 0, NULL, "no piece of two words")                                          \
    X(BOOL, split_digits, "false", 0, 0, NULL, "each digit alone")                                                     \
    X(BOOL, treat_whitespace_as_suffix, "false", 0, 0, NULL, "a space ends a word, else it begins one")                \
    X(BOOL, allow_whitespace_only_pieces, "false", 0, 0, NULL, "pieces of several spaces")                             \
    X(BOOL, byte_fallback, "false", 0, 0, NULL, "unknown characters are spelled in bytes")                             \
    X(BOOL, add_dummy_prefix, "true", 0, 0, NULL, "a space in front of the text")                                      \
    X(BOOL, remove_extra_whitespaces, "true", 0, 0, NULL, "no spaces at the ends, no two together")                    \
    X(BOOL, hard_vocab_limit, "true", 0, 0, NULL, "fewer pieces than vocab_size are an error")                         \
    X(BOOL, use_all_vocab, "false", 0, 0, NULL, "word, char: every word or character of the text")                     \
    X(INT, unk_id, "0", 0, 16777215, NULL, "id of <unk>")                                                              \
    X(INT, bos_id, "1", -1, 16777215, NULL, "id of <s>; -1: none")                                                     \
    X(INT, eos_id, "2", -1, 16777215, NULL, "id of </s>; -1: none")                                                    \
    X(INT, pad_id, "-1", -1, 16777215, NULL, "id of <pad>; -1: none")                                                  \
    X(TEXT, unk_piece, "<unk>", 0, 0, NULL, "its name")                                                                \
    X(TEXT, bos_piece, "<s>", 0, 0, NULL, "its name")                                                                  \
    X(TEXT, eos_piece, "</s>", 0, 0, NULL, "its name")                                                                 \
    X(TEXT, pad_piece, "<pad>", 0, 0, NULL, "its name")                                                                \
    X(TEXT, required_chars, "", 0, 0, NULL, "characters that get a piece however rare they are")                       \
    X(INT, seed, "1", 0, 4294967295, NULL, "of the random choice of lines")

typedef struct {
    QP_SENTENCEPIECE_FIELDS(QP_FIELD_DECLARE)
} qp_sentencepiece_config;

extern const qp_field_table qp_sentencepiece_fields;

#endif
