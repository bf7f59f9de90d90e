#ifndef QP_QUIPU_TOKENIZER_H
#define QP_QUIPU_TOKENIZER_H

/* quipu/tokenizer.h - tokenizers of libquipu: text to ids and back. C and C++.
 *
 * Part of quipu/quipu.h; programs that need tokenizers only may include this header alone and link libquipu-tokenizer.
 * The library does not print, exit or keep state that changes; its functions may be called by several threads at once,
 * also with one tokenizer. Functions that can fail return a status; quipu_error_message then has one line that says
 * why. Structs begin with `size`, which the caller sets to sizeof: later versions add members at the end. */
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define QP_API __attribute__((visibility("default")))
#else
#define QP_API
#endif

typedef enum {
    QUIPU_OK = 0,
    QUIPU_EUSAGE,   /* an option, a value or a combination of them is wrong */
    QUIPU_EDATA,    /* the content of an input is wrong */
    QUIPU_ENOINPUT, /* an input is missing or unreadable */
    QUIPU_EBUG,     /* a mistake in the library */
    QUIPU_ESHAPE,   /* sizes do not fit each other */
    QUIPU_EMEMORY,  /* out of memory */
    QUIPU_ECREATE,  /* an output cannot be created */
    QUIPU_EIO,      /* reading or writing failed half-way */
    QUIPU_ESTOPPED  /* stopped by a callback; work is saved where it can be */
} quipu_status;

/* quipu_version - "0.1.0".
 * quipu_error_message - one line about the last failure in the calling thread; valid until its next one.
 * quipu_free - frees memory that the library handed out; NULL is fine. */
QP_API const char *quipu_version(void);
QP_API const char *quipu_error_message(void);
QP_API void quipu_free(void *memory);

typedef struct qp_tokenizer quipu_tokenizer;

/* quipu_tokenizer_open - read a tokenizer file: quipu's own, tokenizer.json, a sentencepiece .model, vocab.txt of BERT.
 * quipu_tokenizer_parse - the same from memory, of quipu's own format (what quipu_tokenizer_save writes).
 * quipu_tokenizer_save - write quipu's own format; the file is complete or absent.
 * quipu_tokenizer_close - NULL is fine.
 * Errors  QUIPU_ENOINPUT (open); QUIPU_EDATA: another kind of file, damaged, or part of its format is not supported and
 *   is named in the message; QUIPU_ECREATE, QUIPU_EIO (save); QUIPU_EMEMORY */
QP_API quipu_status quipu_tokenizer_open(const char *path, quipu_tokenizer **tokenizer);
QP_API quipu_status quipu_tokenizer_parse(const char *json, size_t bytes, quipu_tokenizer **tokenizer);
QP_API quipu_status quipu_tokenizer_save(const quipu_tokenizer *tokenizer, const char *path);
QP_API void quipu_tokenizer_close(quipu_tokenizer *tokenizer);

/* Training.
 *   option  name, value, name, value, ..., NULL: the options of `quipu tokenizer train`, without hyphens in front
 *           ("type", "bpe", "vocab-size", "8000", NULL); may be NULL
 *   file    [files] text files, plain or gzipped; or
 *   next    gives the next line; *line NULL at the end; any status but QUIPU_OK ends the training and is returned */
typedef struct {
    size_t size;
    const char *const *option;
    const char *const *file;
    int files;
    quipu_status (*next)(void *self, const char **line, size_t *bytes);
    void *self; /* for next */
} quipu_tokenizer_training;

/* quipu_tokenizer_train - learn a tokenizer; the same text and options give the same tokenizer.
 * Errors  QUIPU_EUSAGE: an option, or both or none of file and next; QUIPU_ENOINPUT; QUIPU_EDATA: no text;
 *   QUIPU_EMEMORY; those of `next` */
QP_API quipu_status quipu_tokenizer_train(const quipu_tokenizer_training *training, quipu_tokenizer **tokenizer);

/* The ids of a text, and the bytes of it that each came from: text[begin[i] .. end[i]). */
typedef struct {
    size_t size;
    int count;
    int32_t *id;
    uint32_t *begin, *end;
} quipu_encoding;

/* quipu_tokenizer_encode - ids and spans, without begin and end of the sequence; free with quipu_encoding_free.
 * quipu_tokenizer_decode - the text of ids, NUL-terminated after *bytes (may be NULL); free with quipu_free.
 * Errors  encode: QUIPU_EDATA: 2^29 bytes or more, or an unknown piece and no unknown token; decode: QUIPU_EDATA: an id
 *   outside the vocabulary, which tokenizers of a tokenizer.json leave out instead; QUIPU_EMEMORY */
QP_API quipu_status quipu_tokenizer_encode(const quipu_tokenizer *tokenizer, const char *text, size_t bytes,
                                           quipu_encoding *encoding);
QP_API void quipu_encoding_free(quipu_encoding *encoding);
QP_API quipu_status quipu_tokenizer_decode(const quipu_tokenizer *tokenizer, const int32_t *id, int count, char **text,
                                           size_t *bytes);

/* quipu_tokenizer_size - number of pieces; ids are 0 .. size-1.
 * quipu_tokenizer_piece - the printable form of an id, borrowed; "" outside the vocabulary.
 * quipu_tokenizer_id - the id with this printable form, or -1. */
QP_API int quipu_tokenizer_size(const quipu_tokenizer *tokenizer);
QP_API const char *quipu_tokenizer_piece(const quipu_tokenizer *tokenizer, int32_t id);
QP_API int32_t quipu_tokenizer_id(const quipu_tokenizer *tokenizer, const char *piece);

#ifdef __cplusplus
}
#endif

#endif
