#ifndef QP_TOKENIZER_FORMATS_H
#define QP_TOKENIZER_FORMATS_H

#include "tokenizer/models/export.h"
#include "tokenizer/tokenizer.h"

/* tokenizer_formats — tokenizer files of quipu and of other projects, read and written. What a format cannot express is
 * refused by name; a file that is written gives, with its own tool, the same ids, spans and text as the tokenizer gives
 * here, for every text that is UTF-8. */
typedef enum {
    QP_FORMAT_AUTO,          /* reading: by content */
    QP_FORMAT_QUIPU,         /* tokenizer_file.h */
    QP_FORMAT_SENTENCEPIECE, /* .model */
    QP_FORMAT_HUGGINGFACE,   /* tokenizer.json */
    QP_FORMAT_GPT2,          /* vocab.json and merges.txt */
    QP_FORMAT_TIKTOKEN,      /* ranks; the pattern is not in the file */
    QP_FORMAT_BERT,          /* vocab.txt; lower case or not is not in the file */
    QP_FORMAT_SUBWORD_NMT,   /* codes; only written, because they name no ids */
    QP_FORMATS
} qp_tokenizer_format;

/* The names, in the order of the enum. */
#define QP_FORMAT_NAMES "auto, quipu, sentencepiece, huggingface, gpt2, tiktoken, bert, subword-nmt"

/* qp_tokenizer_format_of — the format that the content of a file has; AUTO: none that is known. */
qp_tokenizer_format qp_tokenizer_format_of(const char *content, size_t bytes);

typedef struct {
    qp_tokenizer_format format;
    const char *path[2]; /* GPT-2: vocab.json and merges.txt, in any order */
    int count;
    const char *pattern;        /* TIKTOKEN: gpt2, gpt4, gpt4o or a regular expression; NULL: none */
    const char *special_tokens; /* TIKTOKEN: "NAME=ID,NAME=ID"; NULL or "": none */
    bool cased;                 /* BERT: the vocabulary has capitals and accents */
} qp_import;

/* qp_tokenizer_import — open a file of any format.
 * Errors  QP_EDATA: the content is wrong, or its format is unknown; QP_EUSAGE: an option is missing that the file does
 *         not contain; QP_ENOINPUT; QP_EMEMORY. */
qp_status qp_tokenizer_import(const qp_import *import, qp_tokenizer **tokenizer);

/* qp_tokenizer_of_content — the same from the content of one file; `place` is its name in messages. */
qp_status qp_tokenizer_of_content(qp_tokenizer_format format, const char *place, const char *content, size_t bytes,
                                  qp_tokenizer **tokenizer);

/* qp_tokenizer_export — Errors: QP_EDATA, naming what the format cannot express; QP_EMEMORY. */
qp_status qp_tokenizer_export(const qp_tokenizer *tokenizer, qp_tokenizer_format format, qp_export *content);

#endif
