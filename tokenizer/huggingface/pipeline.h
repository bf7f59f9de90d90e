#ifndef QP_PIPELINE_H
#define QP_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "tokenizer/models/bpe.h"
#include "tokenizer/models/encoding.h"
#include "tokenizer/models/trie.h"
#include "tokenizer/models/vocabulary.h"
#include "tokenizer/learn/word_counts.h"
#include "tokenizer/stages/stage.h"

/* pipeline — a tokenizer of Hugging Face: stages (stage.h), a model, added tokens, a template and rules for the length.
 * A text is searched for added tokens, normalized, split into words and cut into pieces by the model; the template adds
 * special tokens. Ids and offsets are those of Hugging Face tokenizers 0.23. Files of GPT-2, tiktoken and BERT are
 * pipelines too. Source: github.com/huggingface/tokenizers, its file format and its observed behaviour. */
typedef struct {
    char *text;
    size_t bytes;
    int32_t id;
    bool single_word, left_strip, right_strip, normalized, special;
    char *shown; /* what it decodes to: its normal form, where it is matched normalised */
    size_t shown_bytes;
} qp_added_token;

typedef enum { QP_MODEL_BPE, QP_MODEL_UNIGRAM, QP_MODEL_WORDPIECE, QP_MODEL_WORD_LEVEL } qp_model_kind;

/* One place of a template: a sequence (0, 1) or special ids. */
typedef struct {
    int sequence; /* -1: special */
    int32_t type_id;
    int32_t *id;
    size_t id_count;
} qp_template_part;

typedef struct {
    qp_template_part *part;
    size_t count, capacity;
} qp_template;

/* Truncation and padding (pipeline_length.h). */
enum { QP_CUT_LONGEST, QP_CUT_FIRST, QP_CUT_SECOND };

typedef struct {
    bool cuts, cuts_left, fills, fills_left;
    int strategy;           /* QP_CUT_... */
    size_t most, stride;    /* tokens, those of the template included; stride is only kept */
    size_t least, multiple; /* padded to `least`, if fixed, and to a multiple (0: no) */
    bool fixed;             /* {"Fixed": least}: longer texts get no padding */
    int32_t fill_id, fill_type;
    char *fill_text;
    size_t fill_bytes;
} qp_length_rules;

typedef struct {
    qp_stage_list normalizer, splitter, decoder;
    bool has_decoder;
    /* model: pieces are numbered from 0 on, token_id gives their ids */
    qp_model_kind model;
    qp_vocabulary vocabulary;
    int32_t nul_stand_in; /* while reading JSON: the character that replaces NUL, 0: none */
    int32_t *token_id;
    char **token; /* of each piece, as written in the file */
    size_t *token_bytes;
    double *score;
    size_t token_capacity, id_capacity, bytes_capacity, score_capacity;
    int32_t *piece_of_id; /* by id; -1: none */
    bool shares_ids;      /* WordLevel: several pieces have one id */
    int moved_merges;     /* merges that the file has twice */
    size_t id_limit;
    bool keeps_bytes; /* the decoded text may be invalid UTF-8 (tiktoken) */
    bool byte_level, byte_fallback, fuse_unknown, ignore_merges;
    int32_t unknown;         /* piece number, -1: none */
    char *unknown_text;      /* WordLevel: the name of an unknown token that is not in the vocabulary; else NULL */
    int32_t byte_piece[256]; /* of <0xNN>, -1: none */
    char *prefix, *suffix;   /* continuing_subword_prefix, end_of_word_suffix; NULL: none */
    int longest_word;        /* WordPiece: in characters */
    size_t longest_piece;    /* in bytes */
    qp_bpe bpe;
    qp_trie trie; /* Unigram */
    double unknown_score;
    qp_added_token *added;
    size_t added_count, added_capacity;
    int32_t *added_of_id; /* by id: the number of its added token, -1: none */
    size_t added_limit;
    qp_trie raw_added, normal_added; /* values: numbers of added tokens */
    bool has_template, trims, trim_prefix_space;
    qp_template single, pair;
    qp_length_rules length;
    char *warning; /* of the last added token that did not get the id that its file names; NULL: none */
    struct qp_pipeline_texts *texts; /* what tokens decode to (pipeline_texts.h); NULL: the stages decode every text */
    struct qp_pipeline_bytes *bytes; /* byte-level BPE done directly (pipeline_bytes.h); NULL: not this one */
    struct qp_pipeline_bert *bert;   /* WordPiece done directly (pipeline_bert.h); NULL: not this one */
} qp_pipeline;

/* qp_pipeline_read_huggingface — from the content of a tokenizer.json. Errors: QP_EDATA, naming what is wrong or what
 * this program cannot do; QP_EMEMORY.
 * qp_pipeline_read_gpt2        — vocab.json and merges.txt.
 * qp_pipeline_read_tiktoken    — a rank file with the pattern (a regular expression) that its encoding splits text
 * with. */
qp_status qp_pipeline_read_huggingface(const char *place, const char *content, size_t bytes, qp_pipeline **pipeline);
qp_status qp_pipeline_read_gpt2(const char *place, const char *vocabulary, size_t vocabulary_bytes, const char *merges,
                                size_t merges_bytes, bool prefix_space, qp_pipeline **pipeline);
qp_status qp_pipeline_read_tiktoken(const char *place, const char *content, size_t bytes, const char *pattern,
                                    qp_pipeline **pipeline);
void qp_pipeline_free(qp_pipeline *pipeline);

/* qp_huggingface_json — the JSON of a tokenizer.json. jansson cannot read a key with NUL in it, so such a file has the
 * character *stand_in for NUL; 0: there is none. Errors: QP_EDATA, QP_EMEMORY. */
qp_status qp_huggingface_json(const char *place, const char *content, size_t bytes, int32_t *stand_in, json_t **root);

/* qp_pipeline_add_token — a token that is found in text before everything else. Ends with qp_pipeline_finish. */
qp_status qp_pipeline_add_token(qp_pipeline *pipeline, const qp_added_token *token);
qp_status qp_pipeline_finish(const char *place, qp_pipeline *pipeline);

/* Memory of one caller, kept from text to text; NULL before the first use. */
typedef struct qp_pipeline_scratch qp_pipeline_scratch;
void qp_pipeline_scratch_free(qp_pipeline_scratch *scratch);

/* qp_pipeline_encode — tokens of a text; special: what the post-processor adds is added; match_added: added tokens are
 * found in the text (else all is ordinary text). Truncated and padded as the file says.
 * qp_pipeline_encode_into — the same, neither truncated nor padded; no allocation once the longest text was seen.
 * qp_pipeline_encode_pair — two texts into one list, truncated and padded. */
qp_status qp_pipeline_encode(const qp_pipeline *pipeline, const char *text, size_t bytes, bool special,
                             bool match_added, qp_encoding *list);
qp_status qp_pipeline_encode_into(const qp_pipeline *pipeline, const char *text, size_t bytes, bool special,
                                  bool match_added, qp_pipeline_scratch **scratch, qp_encoding *list);
qp_status qp_pipeline_encode_pair(const qp_pipeline *pipeline, const char *a, size_t a_bytes, const char *b,
                                  size_t b_bytes, bool special, qp_encoding *list);

/* qp_pipeline_decode — *text is malloc'ed. skip_special: special added tokens are left out. */
qp_status qp_pipeline_decode(const qp_pipeline *pipeline, const int32_t *id, size_t count, bool skip_special,
                             char **text, size_t *bytes);

/* qp_pipeline_normalize — the normalizer's stages alone. */
qp_status qp_pipeline_normalize(const qp_pipeline *pipeline, const char *text, size_t bytes, char **normal,
                                size_t *normal_bytes);

/* qp_pipeline_count_words — count the words of a text, normalised and split, for huggingface_trainer.h; added tokens
 * are ordinary text. */
qp_status qp_pipeline_count_words(const qp_pipeline *pipeline, const char *text, size_t bytes, qp_word_counts *words);

#endif
