#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "cli/base/json_text.h"
#include "cli/predict/predict_tasks.h"
#include "data/batches/masking.h"
#include "lib/decode/predict.h"
#include "lib/text/utf8_repair.h"

/* predict_masks — lines with masks, filled in by a masked language model. */

/* The `count` most probable pieces of a row, most probable first; special tokens are never candidates. */
static void choose(const qp_real *row, int vocabulary, const qp_special_ids *special, int count, int32_t *chosen)
{
    for (int k = 0; k < count; k++) {
        chosen[k] = -1;
        for (int32_t v = 0; v < vocabulary; v++) {
            bool taken = qp_special_has(special, v);
            for (int j = 0; j < k && !taken; j++) taken = chosen[j] == v;
            if (!taken && (chosen[k] < 0 || row[v] > row[chosen[k]])) chosen[k] = v;
        }
    }
}

static qp_status fill(const qp_package *m, const qp_predict_config *o, int32_t *id, int count, const int32_t *place,
                      int masks, int32_t *chosen, qp_real *probability)
{
    int vocabulary = qp_model_outputs(qp_model_config_of(m->model)), top = o->top > 0 ? (int)o->top : 1;
    int32_t source[] = {0, count + 1}, target[] = {0, masks};
    qp_real *score = malloc((size_t)masks * (size_t)vocabulary * sizeof *score);
    if (!score) return qp_fail(QP_EMEMORY, "predict: out of memory for %d masks", masks);
    qp_batch batch = {.source = {{.count = 1, .start = source}, id},
                      .target = {{.count = 1, .start = target}, NULL},
                      .source_row = place};
    qp_special_ids special = qp_codec_special(&m->source_codec);
    qp_status status = qp_predict(m->model, &batch, 1, score);
    for (int k = 0; status == QP_OK && k < masks; k++) {
        qp_real *row = score + (size_t)k * (size_t)vocabulary;
        qp_predict_probabilities(row, vocabulary);
        const ptrdiff_t first = (ptrdiff_t)k * top;
        choose(row, vocabulary, &special, top, chosen + first);
        for (int j = 0; j < top; j++) probability[first + j] = chosen[first + j] < 0 ? 0 : row[chosen[first + j]];
        if (chosen[first] >= 0) id[place[k]] = chosen[first];
    }
    free(score);
    return status;
}

/* The text that token `id` adds after token `before` (-1: none), malloc'ed. *joined: it continues the word before. */
static qp_status word_of(const qp_text_codec *codec, int32_t before, int32_t id, char **word, bool *joined)
{
    int32_t both[] = {before, id};
    bool first = before < 0;
    char *head = NULL;
    size_t head_bytes = 0, bytes;
    QP_TRY(codec->decode(codec->self, first ? &id : both, first ? 1 : 2, word, &bytes));
    qp_status status = first ? QP_OK : codec->decode(codec->self, &before, 1, &head, &head_bytes);
    if (status == QP_OK && !first && (bytes < head_bytes || memcmp(head, *word, head_bytes) != 0)) {
        free(*word);
        *word = NULL;
        head_bytes = 0;
        first = true; /* the two cannot be distinguished */
        status = codec->decode(codec->self, &id, 1, word, &bytes);
    }
    free(head);
    if (status != QP_OK) return status;
    *joined = !first && (*word)[head_bytes] != ' ';
    while (head_bytes < bytes && (*word)[head_bytes] == ' ') head_bytes++;
    bytes -= head_bytes;
    memmove(*word, *word + head_bytes, bytes + 1);
    return qp_utf8_repair(word, &bytes);
}

/* The line, with words instead of its masks. */
static qp_status fill_text(const qp_package *m, const qp_line *line, const int32_t *id, const int32_t *place,
                           qp_text_buffer *out)
{
    size_t at = 0, mark, length;
    for (int k = 0; qp_mask_find(line->text, at, line->bytes, &mark, &length); k++) {
        char *word;
        bool joined;
        size_t end = mark;
        QP_TRY(word_of(&m->source_codec, place[k] > 0 ? id[place[k] - 1] : -1, id[place[k]], &word, &joined));
        while (joined && end > at && line->text[end - 1] == ' ') end--;
        qp_text_put(out, line->text + at, end - at);
        qp_text_add(out, word);
        free(word);
        at = mark + length;
    }
    qp_text_put(out, line->text + at, line->bytes - at);
    return out->failed ? qp_fail(QP_EMEMORY, "predict: out of memory for a line") : QP_OK;
}

static qp_status put(const qp_package *m, const qp_predict_config *o, const qp_text_buffer *text, int masks,
                     const int32_t *chosen, const qp_real *probability)
{
    const qp_text_codec *codec = &m->source_codec;
    int top = o->top > 0 ? (int)o->top : 1;
    qp_text_buffer out = {0};
    qp_json_open(&out, '{');
    qp_json_key(&out, "text");
    qp_json_repaired(&out, text->text, text->bytes);
    qp_json_key(&out, "masks");
    qp_json_open(&out, '[');
    if (!o->json) qp_line_put(stdout, text->text, text->bytes);
    for (int k = 0; k < masks; k++) {
        qp_json_open(&out, '[');
        for (int j = 0; j < top && chosen[(ptrdiff_t)k * top + j] >= 0; j++) {
            const char *piece = codec->piece(codec->self, chosen[(ptrdiff_t)k * top + j]);
            double p = (double)probability[(ptrdiff_t)k * top + j];
            qp_json_open(&out, '{');
            qp_json_put_text(&out, "text", piece);
            qp_json_put_real(&out, "probability", p);
            qp_json_close(&out, '}');
            if (!o->json && o->top > 0) printf("%s%s %.4f", j ? ", " : "\t", piece, p);
        }
        qp_json_close(&out, ']');
    }
    qp_text_add(&out, "]}");
    if (o->json) return qp_json_line(stdout, &out);
    putchar('\n');
    qp_text_free(&out);
    return QP_OK;
}

static qp_status predict_line(const qp_package *m, const qp_predict_config *o, const char *place_of,
                              const qp_line *line)
{
    int32_t *id, *place;
    int count, masks, longest = (int)qp_model_config_of(m->model)->max_length, top = o->top > 0 ? (int)o->top : 1;
    QP_TRY(qp_mask_encode(&m->source_codec, line->text, line->bytes, &id, &count, &place, &masks));
    int32_t *ended = realloc(id, ((size_t)count + 1) * sizeof *ended);
    if (ended) (id = ended)[count] = qp_codec_special(&m->source_codec).end;
    int32_t *chosen = malloc(((size_t)masks * (size_t)top + 1) * sizeof *chosen);
    qp_real *probability = malloc(((size_t)masks * (size_t)top + 1) * sizeof *probability);
    qp_status status = ended && chosen && probability ? QP_OK
                                                      : qp_fail(QP_EMEMORY, "predict: out of memory for a line");
    if (status == QP_OK && count + 1 > longest)
        status = qp_fail(QP_EDATA, "%s: %d tokens are more than the model reads (%d); shorten the line", place_of,
                         count, longest - 1);
    if (status == QP_OK && masks > 0) status = fill(m, o, id, count, place, masks, chosen, probability);
    qp_text_buffer text = {0};
    if (status == QP_OK) status = fill_text(m, line, id, place, &text);
    if (status == QP_OK) status = put(m, o, &text, masks, chosen, probability);
    qp_text_free(&text);
    free(id);
    free(place);
    free(chosen);
    free(probability);
    return status;
}

/* A mask that is spelled in another way would be read as text. */
static void hint(const qp_chunks *chunk, int i, qp_warning *warning)
{
    const qp_line *line = &chunk->line[i];
    size_t mark, length;
    const char *place = qp_chunks_path(chunk, i), *other = qp_mask_misspelled(line->text, line->bytes);
    int64_t number = qp_chunks_number(chunk, i);
    if (other)
        qp_warning_add(warning, place, number, "%s is read as text; write [MASK] or <mask>", other);
    else if (line->bytes > 0 && !qp_mask_find(line->text, 0, line->bytes, &mark, &length))
        qp_warning_add(warning, place, number, "no mask to fill in; write [MASK] or <mask> in place of a word");
}

static qp_status predict_chunk(const qp_package *m, const qp_predict_config *o, const qp_chunks *chunk,
                               qp_warning *warning)
{
    for (int i = 0; i < chunk->count; i++) {
        hint(chunk, i, warning);
        char place[1100];
        snprintf(place, sizeof place, "%.1000s:%lld", qp_chunks_path(chunk, i), (long long)qp_chunks_number(chunk, i));
        QP_TRY(predict_line(m, o, place, &chunk->line[i]));
    }
    return QP_OK;
}

qp_status qp_predict_masks(const qp_package *m, const qp_predict_config *o, char **file, int files)
{
    return qp_predict_lines(m, o, file, files, predict_chunk);
}
