#include "tokenizer/quipu_tokenizer.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/version.h"
#include "lib/config/config.h"
#include "tokenizer/own/tokenizer_config.h"
#include "tokenizer/tokenizer_file.h"
#include "tokenizer/tokenizer_trainer.h"

_Static_assert((int)QUIPU_OK == (int)QP_OK && (int)QUIPU_EDATA == (int)QP_EDATA &&
                   (int)QUIPU_ESTOPPED == (int)QP_ESTOPPED,
               "the public status codes are those of lib/base/status.h");

const char *quipu_version(void) { return QP_VERSION; }
const char *quipu_error_message(void) { return qp_error_message(); }
void quipu_free(void *memory) { free(memory); }

quipu_status quipu_tokenizer_open(const char *path, quipu_tokenizer **tokenizer)
{
    *tokenizer = NULL;
    return (quipu_status)qp_tokenizer_load(path, tokenizer);
}

quipu_status quipu_tokenizer_parse(const char *json, size_t bytes, quipu_tokenizer **tokenizer)
{
    *tokenizer = NULL;
    return (quipu_status)qp_tokenizer_from_json("tokenizer", json, bytes, tokenizer);
}

quipu_status quipu_tokenizer_save(const quipu_tokenizer *tokenizer, const char *path)
{
    return (quipu_status)qp_tokenizer_save(tokenizer, path);
}

void quipu_tokenizer_close(quipu_tokenizer *tokenizer) { qp_tokenizer_free(tokenizer); }

/* ---- training ---- */

static qp_status set_options(const char *const *option, qp_tokenizer_config *config)
{
    qp_config_defaults(&qp_tokenizer_fields, config);
    for (; option && option[0]; option += 2) {
        const qp_field *field = qp_config_find(&qp_tokenizer_fields, option[0]);
        if (!field) return qp_fail(QP_EUSAGE, "tokenizer: unknown option '%.60s'", option[0]);
        if (!option[1]) return qp_fail(QP_EUSAGE, "tokenizer: option %s has no value", option[0]);
        QP_TRY(qp_config_set(field, config, option[0], option[1]));
    }
    return QP_OK;
}

static qp_status next_line(void *self, const char **line, size_t *bytes)
{
    const quipu_tokenizer_training *training = self;
    return (qp_status)training->next(training->self, line, bytes);
}

quipu_status quipu_tokenizer_train(const quipu_tokenizer_training *training, quipu_tokenizer **tokenizer)
{
    qp_tokenizer_config config;
    qp_tokenizer_report report = {0};
    *tokenizer = NULL;
    if (training->size < sizeof *training)
        return (quipu_status)qp_fail(QP_EUSAGE, "tokenizer: the struct's size is not set; use sizeof");
    if (!training->next == (training->files == 0))
        return (quipu_status)qp_fail(QP_EUSAGE, "tokenizer: give files or a source of lines, one of them");
    qp_status status = set_options(training->option, &config);
    if (status == QP_OK && training->next)
        status = qp_tokenizer_train(&config, next_line, (void *)(uintptr_t)training, &report, tokenizer);
    else if (status == QP_OK)
        status = qp_tokenizer_train_files(&config, training->file, training->files, &report, tokenizer);
    return (quipu_status)status;
}

/* ---- encoding and decoding ---- */

quipu_status quipu_tokenizer_encode(const quipu_tokenizer *tokenizer, const char *text, size_t bytes,
                                    quipu_encoding *encoding)
{
    qp_encoding e = {.spans = true};
    if (encoding->size < sizeof *encoding)
        return (quipu_status)qp_fail(QP_EUSAGE, "encode: the struct's size is not set; use sizeof");
    qp_status status = qp_tokenizer_encode_into(tokenizer, text, bytes, &e);
    *encoding = (quipu_encoding){.size = encoding->size};
    if (status == QP_OK) {
        encoding->count = e.count;
        encoding->id = e.id;
        encoding->begin = e.begin;
        encoding->end = e.end;
        e.id = NULL; /* handed out */
        e.begin = e.end = NULL;
    }
    qp_encoding_free(&e);
    return (quipu_status)status;
}

void quipu_encoding_free(quipu_encoding *encoding)
{
    free(encoding->id);
    free(encoding->begin);
    free(encoding->end);
    *encoding = (quipu_encoding){.size = encoding->size};
}

quipu_status quipu_tokenizer_decode(const quipu_tokenizer *tokenizer, const int32_t *id, int count, char **text,
                                    size_t *bytes)
{
    size_t length;
    *text = NULL;
    return (quipu_status)qp_tokenizer_decode(tokenizer, id, count, text, bytes ? bytes : &length);
}

int quipu_tokenizer_size(const quipu_tokenizer *tokenizer) { return qp_tokenizer_size(tokenizer); }

const char *quipu_tokenizer_piece(const quipu_tokenizer *tokenizer, int32_t id)
{
    return qp_tokenizer_piece(tokenizer, id);
}

int32_t quipu_tokenizer_id(const quipu_tokenizer *tokenizer, const char *piece)
{
    return qp_tokenizer_find(tokenizer, piece);
}
