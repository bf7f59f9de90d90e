#include "lib/import/gguf/llama2c.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/base/files/binary.h"
#include "lib/import/gguf/gguf_plan.h"
#include "lib/import/gguf/llama2c_weights.h"
#include "lib/import/hf_package.h"
#include "lib/store/checked.h"
#include "tokenizer/sentencepiece/sentencepiece_write.h"
#include "tokenizer/tokenizer_file.h"
#include "tokenizer/tokenizer_formats.h"

enum { UNKNOWN, BEGIN, END, PATH_BYTES = 4096, TOKENIZER_LIMIT = 1 << 28 };

/* ---- tokenizer.bin ---- */

/* Where the next piece is, or NULL: there is none. The pieces must fill the content. */
static const unsigned char *piece_at(const char *content, size_t bytes, size_t at, size_t *length)
{
    if (bytes - at < 8) return NULL;
    const unsigned char *piece = (const unsigned char *)content + at;
    *length = qp_little_u32(piece + 4);
    return *length >= 1 && *length <= bytes - at - 8 ? piece : NULL;
}

static bool is_tokenizer(const char *content, size_t bytes, int *pieces)
{
    size_t at = 4, length = 0;
    for (*pieces = 0; at < bytes && *pieces < 16777216; ++*pieces) {
        if (!piece_at(content, bytes, at, &length)) return false;
        at += 8 + length;
    }
    return at == bytes && *pieces > END;
}

static bool is_byte(const char *text, size_t bytes)
{
    unsigned value;
    char copy[8] = "";
    if (bytes != 6) return false;
    memcpy(copy, text, bytes);
    return sscanf(copy, "<0x%2X>", &value) == 1 && copy[5] == '>';
}

/* A piece with U+2581 for its spaces. */
static void put_piece(const char *text, size_t bytes, float score, int type, qp_text_buffer *out)
{
    qp_text_buffer marked = {0};
    for (size_t i = 0; i < bytes; i++) {
        bool space = text[i] == ' ';
        qp_text_put(&marked, space ? "\u2581" : text + i, space ? 3 : 1);
    }
    if (marked.failed) out->failed = true;
    qp_spm_put_piece(out, marked.text ? marked.text : "", marked.bytes, score, type);
    qp_text_free(&marked);
}

static qp_status read_pieces(const char *path, const char *content, size_t bytes, int pieces, qp_tokenizer **tokenizer)
{
    static const char *const special[] = {"<unk>", "<s>", "</s>"};
    static const int type[] = {QP_SPM_UNKNOWN, QP_SPM_CONTROL, QP_SPM_CONTROL};
    qp_spm_settings settings = {.model_type = QP_SPM_BPE,
                                .id = {UNKNOWN, BEGIN, END, -1},
                                .add_dummy_prefix = true,
                                .escape_spaces = true,
                                .pieces = pieces};
    qp_text_buffer out = {0};
    for (size_t id = 0, at = 4, length = 0; at < bytes; id++, at += 8 + length) {
        const unsigned char *piece = piece_at(content, bytes, at, &length);
        const char *text = (const char *)piece + 8;
        uint32_t bits = qp_little_u32(piece);
        float score;
        memcpy(&score, &bits, sizeof score);
        bool byte = id > END && is_byte(text, length);
        settings.byte_fallback = settings.byte_fallback || byte;
        if (id <= END)
            qp_spm_put_piece(&out, special[id], strlen(special[id]), score, type[id]);
        else
            put_piece(text, length, score, byte ? QP_SPM_BYTE : QP_SPM_NORMAL, &out);
    }
    qp_spm_put_settings(&out, &settings);
    char *model;
    size_t model_bytes;
    QP_TRY(qp_text_finish(&out, &model, &model_bytes));
    qp_status status = qp_tokenizer_of_content(QP_FORMAT_SENTENCEPIECE, path, model, model_bytes, tokenizer);
    free(model);
    if (status != QP_OK) return status;
    status = qp_import_set_roles(*tokenizer, BEGIN, BEGIN, -1);
    if (status != QP_OK) qp_tokenizer_free(*tokenizer);
    return status;
}

/* ---- the tokenizer of a model ---- */

qp_status qp_llama2c_tokenizer(const char *path, qp_tokenizer **tokenizer)
{
    char *content;
    size_t bytes;
    int pieces;
    QP_TRY(qp_file_read(path, TOKENIZER_LIMIT, &content, &bytes));
    qp_status status = is_tokenizer(content, bytes, &pieces) ? read_pieces(path, content, bytes, pieces, tokenizer)
                                                             : qp_tokenizer_load(path, tokenizer);
    free(content);
    return status;
}

static qp_status tokenizer_of(const char *path, const char *named, qp_tokenizer **tokenizer)
{
    char beside[PATH_BYTES];
    const char *slash = strrchr(path, '/');
    int folder = slash ? (int)(slash - path + 1) : 0;
    if (*named) return qp_llama2c_tokenizer(named, tokenizer);
    if (snprintf(beside, sizeof beside, "%.*stokenizer.bin", folder, path) < PATH_BYTES && qp_file_exists(beside))
        return qp_llama2c_tokenizer(beside, tokenizer);
    return qp_fail(QP_ENOINPUT, "%s: no tokenizer.bin is beside it; name it with --tokenizer FILE", path);
}

/* ---- the package ---- */

static qp_status read_model(const qp_llama2c *file, qp_model **model)
{
    qp_model_config config;
    qp_weight_shape shape;
    const qp_weight_source source = qp_llama2c_arrays(file);
    qp_gguf_decoder(&config);
    qp_gguf_gated(&config);
    qp_llama2c_configure(file, &config, &shape);
    if (qp_model_config_check(&config) != QP_OK) return qp_fail_in(QP_EDATA, source.place);
    qp_status status = qp_model_plan(&config, model);
    if (status != QP_OK) return qp_fail_in(status == QP_EUSAGE ? QP_EDATA : status, source.place);
    status = qp_weights_load(&source, &qp_gguf_architectures[QP_GGUF_LLAMA].table, 1, &shape, qp_model_params(*model));
    if (status != QP_OK) qp_model_free(*model);
    return status;
}

static qp_status read_package(const char *path, const char *named, qp_package *p)
{
    qp_llama2c *file;
    qp_tokenizer *tokenizer;
    qp_model *model;
    QP_TRY(qp_llama2c_open(path, &file));
    qp_status status = tokenizer_of(path, named, &tokenizer);
    if (status == QP_OK) {
        qp_package_set_tokenizers(p, NULL, tokenizer);
        status = read_model(file, &model);
    }
    qp_llama2c_close(file);
    QP_TRY(status);
    qp_package_set_model(p, model);
    return qp_import_check_rows(path, tokenizer, qp_model_config_of(model)->tgt_vocab_size);
}

qp_status qp_llama2c_package(const char *path, const char *tokenizer, qp_package **package)
{
    qp_package *p = NULL;
    *package = NULL;
    QP_TRY(qp_package_new(&p));
    qp_status status = read_package(path, tokenizer, p);
    if (status == QP_OK)
        *package = p;
    else
        qp_package_free(p);
    return status;
}

bool qp_llama2c_is(const char *path)
{
    size_t length = strlen(path);
    if (length > 4 && strcmp(path + length - 4, ".bin") == 0) return true;
    return qp_binary_begins(path, "24ka", 4);
}
