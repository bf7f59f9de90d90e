#ifndef QP_TOKENIZER_CONFIG_H
#define QP_TOKENIZER_CONFIG_H

#include "lib/config/config.h"

/* tokenizer_config — how text is cut into pieces and how the pieces are learned.
 * X(kind, name, default, low, high, choices, help); see base/config.h */
#define QP_TOKENIZER_FIELDS(X)                                                                                         \
    X(CHOICE, type, "bpe", 0, 0, "char, byte, word, bpe, byte-bpe, unigram, wordpiece, space",                         \
      "what a piece is; space: whatever stands between white space")                                                   \
    X(INT, vocab_size, "8000", 5, 16777216, NULL, "most pieces, special ones and bytes included")                      \
    X(BOOL, lower_case, "false", 0, 0, NULL, "map text to lower case")                                                 \
    X(CHOICE, normalization, "nfc", 0, 0, "none, nfc, nfkc, nfd, nfkd", "Unicode normal form")                         \
    X(CHOICE, byte_fallback, "auto", 0, 0, "auto, false, true",                                                        \
      "spell unknown characters in bytes, so that nothing is lost; auto: not for word and space")                      \
    X(INT, min_frequency, "0", 0, 1000000000, NULL,                                                                    \
      "rarer pairs, characters or words are not learned; 0: 2 for merges, else 1")                                     \
    X(REAL, character_coverage, "0.9995", 0.5, 1, NULL,                                                                \
      "share of the text's characters that get a piece of their own")                                                  \
    X(INT, max_piece_length, "0", 0, 1000, NULL, "longest learned piece in characters; 0: any, 16 for unigram")        \
    X(INT, max_words, "0", 0, 4294967294, NULL,                                                                        \
      "most distinct words kept while reading, the rarest are forgotten; 0: all")                                      \
    X(CHOICE, digits, "together", 0, 0, "together, single", "numbers as words, or digit by digit")                     \
    X(BOOL, case_fold, "false", 0, 0, NULL, "full case folding: also sharp s is ss")                                   \
    X(BOOL, strip_accents, "false", 0, 0, NULL, "leave nonspacing marks out; needs a normal form")                     \
    X(BOOL, jamo, "false", 0, 0, NULL, "Hangul syllables as jamo, joined again in decoding; needs nfc or nfkc")        \
    X(CHOICE, pattern, "words", 0, 0, "words, spaces, gpt2, gpt4, none",                                               \
      "where pieces may not reach over: by kinds of letters, before spaces (as sentencepiece), as GPT-2 or GPT-4")     \
    X(CHOICE, space_first, "auto", 0, 0, "auto, false, true",                                                          \
      "a space before the text, taken away in decoding; auto: for words and spaces, not for characters and bytes")

typedef struct {
    QP_TOKENIZER_FIELDS(QP_FIELD_DECLARE)
} qp_tokenizer_config;

enum {
    QP_TOKENIZER_CHAR,
    QP_TOKENIZER_BYTE,
    QP_TOKENIZER_WORD,
    QP_TOKENIZER_BPE,
    QP_TOKENIZER_BYTE_BPE,
    QP_TOKENIZER_UNIGRAM,
    QP_TOKENIZER_WORDPIECE,
    QP_TOKENIZER_SPACE,
    QP_TOKENIZER_TYPES
};
enum { QP_FALLBACK_AUTO, QP_FALLBACK_FALSE, QP_FALLBACK_TRUE };
enum { QP_DIGITS_TOGETHER, QP_DIGITS_SINGLE };
enum { QP_SPACE_AUTO, QP_SPACE_FALSE, QP_SPACE_TRUE };

extern const qp_field_table qp_tokenizer_fields;

#endif
