#ifndef QP_TOKENIZER_CONFIG_H
#define QP_TOKENIZER_CONFIG_H

#include "lib/config/config.h"
#include "lib/text/normalize.h"

#define QP_TOKENIZER_TYPES_LIST(X)                                                                                     \
    X(QP_TOKENIZER_CHAR, "char")                                                                                       \
    X(QP_TOKENIZER_BYTE, "byte")                                                                                       \
    X(QP_TOKENIZER_WORD, "word") X(QP_TOKENIZER_BPE, "bpe") X(QP_TOKENIZER_BYTE_BPE, "byte-bpe")                       \
        X(QP_TOKENIZER_UNIGRAM, "unigram") X(QP_TOKENIZER_WORDPIECE, "wordpiece") X(QP_TOKENIZER_SPACE, "space")       \
            X(QP_TOKENIZER_NGRAM, "ngram")
enum { QP_TOKENIZER_TYPES_LIST(QP_CHOICE_ID) QP_TOKENIZER_TYPES };
enum { QP_OWN_TYPES = QP_TOKENIZER_NGRAM }; /* those before it are types of qp_own, ngram is a kind by itself */

#define QP_FALLBACKS(X) X(QP_FALLBACK_AUTO, "auto") X(QP_FALLBACK_FALSE, "false") X(QP_FALLBACK_TRUE, "true")
#define QP_DIGITS(X) X(QP_DIGITS_TOGETHER, "together") X(QP_DIGITS_SINGLE, "single")
#define QP_SPACES(X) X(QP_SPACE_AUTO, "auto") X(QP_SPACE_FALSE, "false") X(QP_SPACE_TRUE, "true")
enum { QP_FALLBACKS(QP_CHOICE_ID) };
enum { QP_DIGITS(QP_CHOICE_ID) };
enum { QP_SPACES(QP_CHOICE_ID) };

/* tokenizer_config — how text is cut into pieces and how the pieces are learned (see config.h). */
#define QP_TOKENIZER_FIELDS(X)                                                                                         \
    X(CHOICE, type, "bpe", 0, 0, QP_CHOICES(QP_TOKENIZER_TYPES_LIST),                                                  \
      "what a piece is; space: the text between white space; ngram: features for --encoder bag")                       \
    X(INT, vocab_size, "8000", 5, 16777216, NULL, "most pieces, special ones and bytes included")                      \
    X(BOOL, lower_case, "false", 0, 0, NULL, "map text to lower case")                                                 \
    X(CHOICE, normalization, "nfc", 0, 0, QP_CHOICES(QP_FORMS), "Unicode normal form")                                 \
    X(CHOICE, byte_fallback, "auto", 0, 0, QP_CHOICES(QP_FALLBACKS),                                                   \
      "spell unknown characters in bytes, so that nothing is lost; auto: not for word and space")                      \
    X(INT, min_frequency, "0", 0, 1000000000, NULL,                                                                    \
      "rarer pairs, characters or words are not learned; 0: 2 for merges, else 1")                                     \
    X(REAL, character_coverage, "0.9995", 0.5, 1, NULL,                                                                \
      "share of the text's characters that get a piece of their own")                                                  \
    X(INT, max_piece_length, "0", 0, 1000, NULL, "longest learned piece in characters; 0: any, 16 for unigram")        \
    X(INT, max_words, "0", 0, 4294967294, NULL,                                                                        \
      "most distinct words kept while reading, the rarest are forgotten; 0: all")                                      \
    X(CHOICE, digits, "together", 0, 0, QP_CHOICES(QP_DIGITS), "numbers as words, or digit by digit")                  \
    X(BOOL, case_fold, "false", 0, 0, NULL, "full case folding: also sharp s is ss")                                   \
    X(BOOL, strip_accents, "false", 0, 0, NULL, "leave nonspacing marks out; needs a normal form")                     \
    X(BOOL, jamo, "false", 0, 0, NULL, "Hangul syllables as jamo, joined again in decoding; needs nfc or nfkc")        \
    X(CHOICE, pattern, "words", 0, 0, "words, spaces, gpt2, gpt4, none",                                               \
      "where pieces may not reach over: by kinds of letters, before spaces (as sentencepiece), as GPT-2 or GPT-4")     \
    X(CHOICE, space_first, "auto", 0, 0, QP_CHOICES(QP_SPACES),                                                        \
      "a space before the text, taken away in decoding; auto: for words and spaces, not for characters and bytes")

typedef struct {
    QP_TOKENIZER_FIELDS(QP_FIELD_DECLARE)
} qp_tokenizer_config;

extern const qp_field_table qp_tokenizer_fields;

#endif
