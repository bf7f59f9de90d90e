#include "lib/package/attention_picture.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/writer.h"
#include "lib/decode/context.h"
#include "lib/picture/html.h"
#include "lib/picture/map_arrays.h"
#include "lib/picture/svg.h"
#include "lib/text/utf8_repair.h"

/* The ids of one sentence, EOS included, and their printable forms. */
typedef struct {
    int32_t *id;
    const char **piece; /* [count] */
    int count;
    int tokens; /* before the text was cut, without EOS */
} sentence;

static void sentence_free(sentence *s)
{
    free(s->id);
    free(s->piece);
    *s = (sentence){0};
}

static qp_status name_pieces(const qp_text_codec *codec, sentence *s)
{
    s->piece = malloc((size_t)s->count * sizeof *s->piece);
    if (!s->piece) return qp_fail(QP_EMEMORY, "out of memory for a sentence");
    for (int i = 0; i < s->count; i++) s->piece[i] = codec->piece(codec->self, s->id[i]);
    return QP_OK;
}

static qp_status encode(const qp_text_codec *codec, const char *text, int longest, sentence *s)
{
    QP_TRY(codec->encode(codec->self, text, strlen(text), &s->id, &s->count));
    s->tokens = s->count;
    if (s->count > longest - 1) s->count = longest - 1;
    int32_t *grown = realloc(s->id, (size_t)(s->count + 1) * sizeof *grown);
    if (!grown) return qp_fail(QP_EMEMORY, "out of memory for a sentence");
    s->id = grown;
    s->id[s->count++] = qp_codec_special(codec).end;
    return name_pieces(codec, s);
}

static qp_ids one_sequence(const sentence *s, int32_t start[2])
{
    start[0] = 0;
    start[1] = s->count;
    return (qp_ids){{.count = 1, .start = start}, s->id};
}

/* What the model says. */
static qp_status translate(const qp_package *m, qp_tape *tape, const sentence *source, const qp_search_config *search,
                           sentence *target)
{
    int32_t start[2];
    qp_search_result result = {0};
    if (search->unk == QP_UNKNOWN_COPIED)
        return qp_fail(QP_EUSAGE, "maps show tokens, also unknown ones; leave --unk copy out");
    QP_TRY(qp_search(m->model, tape, one_sequence(source, start), search, false, &result));
    const qp_hypothesis *best = &result.best[0];
    qp_status status = QP_OK;
    target->id = malloc((size_t)(best->count + 1) * sizeof *target->id);
    if (target->id) {
        memcpy(target->id, best->id, (size_t)best->count * sizeof *target->id);
        target->count = best->count;
        status = name_pieces(&m->target_codec, target);
    } else {
        status = qp_fail(QP_EMEMORY, "out of memory for a sentence");
    }
    qp_search_result_free(&result);
    return status;
}

/* Rows of cross and decoder maps are named by the token made there; columns of decoder maps by the token read there. */
static qp_status label(qp_picture *picture, const sentence *source, const sentence *target)
{
    const char **read = malloc((size_t)target->count * sizeof *read);
    if (!read) return qp_fail(QP_EMEMORY, "out of memory for a picture");
    for (int i = 0; i < target->count; i++) read[i] = i == 0 ? "<s>" : target->piece[i - 1];
    qp_status status = QP_OK;
    if (source->count)
        status = qp_picture_label(picture, QP_MAP_ENCODER, source->piece, source->count, source->piece, source->count);
    if (status == QP_OK)
        status = qp_picture_label(picture, QP_MAP_DECODER, target->piece, target->count, read, target->count);
    if (status == QP_OK && source->count)
        status = qp_picture_label(picture, QP_MAP_CROSS, target->piece, target->count, source->piece, source->count);
    free(read);
    return status;
}

static qp_status draw(const qp_package *m, qp_tape *tape, const sentence *source, const sentence *target,
                      qp_picture *picture)
{
    int32_t source_start[2], target_start[2];
    qp_batch batch = {.target = one_sequence(target, target_start)};
    if (source->count) batch.source = one_sequence(source, source_start);
    qp_model_maps *maps = malloc(sizeof *maps);
    if (!maps) return qp_fail(QP_EMEMORY, "out of memory for a picture");
    qp_tape_begin(tape, QP_INFER, 0);
    qp_model_logits(m->model, tape, &batch, maps);
    qp_status status = qp_tape_status(tape);
    if (status == QP_OK) status = qp_picture_add_maps(picture, maps);
    free(maps);
    return status;
}

/* One call of qp_attend_pair. */
typedef struct {
    const qp_package *package;
    const qp_search_config *search;
    qp_tape *tape;
    sentence source, target;
    int source_longest, target_longest; /* tokens read, with EOS */
} attended;

/* The ids of both sides; target_text NULL: the model's translation. */
static qp_status read_pair(attended *a, const char *source_text, const char *target_text)
{
    const qp_package *m = a->package;
    int64_t context = m->source ? 0 : qp_context_of(m->model);
    a->source_longest = a->target_longest = (int)qp_model_config_of(m->model)->max_length;
    if (context) a->target_longest = (int)context;
    if (m->source) QP_TRY(encode(&m->source_codec, source_text, a->source_longest, &a->source));
    if (m->source && a->source.count < 2)
        return qp_fail(QP_EDATA, "an empty source has nothing to attend to; give --text TEXT");
    return target_text ? encode(&m->target_codec, target_text, a->target_longest, &a->target)
                       : translate(m, a->tape, &a->source, a->search, &a->target);
}

static qp_status draw_pair(attended *a, const char *title, qp_picture *picture)
{
    qp_status status = qp_picture_init(picture, title);
    if (status == QP_OK) status = label(picture, &a->source, &a->target);
    if (status == QP_OK) status = draw(a->package, a->tape, &a->source, &a->target, picture);
    if (status != QP_OK) qp_picture_free(picture);
    return status;
}

qp_status qp_attend_pair(const qp_package *package, const char *source, const char *target,
                         const qp_search_config *search, qp_picture *picture, qp_attended *found)
{
    attended a = {.package = package, .search = search, .tape = qp_tape_new()};
    const qp_text_codec *codec = &package->target_codec;
    char *text = NULL;
    size_t bytes;
    qp_status status = a.tape ? read_pair(&a, source, target) : qp_fail(QP_EMEMORY, "out of memory for a picture");
    if (status == QP_OK) status = codec->decode(codec->self, a.target.id, a.target.count, &text, &bytes);
    if (status == QP_OK) status = qp_utf8_repair(&text, &bytes);
    if (status == QP_OK) status = draw_pair(&a, source, picture);
    if (status == QP_OK && found)
        *found = (qp_attended){text, a.source.tokens, a.target.tokens, a.source_longest - 1, a.target_longest - 1};
    else
        free(text);
    sentence_free(&a.source);
    sentence_free(&a.target);
    qp_tape_free(a.tape);
    return status;
}

/* ---- into a file ---- */

static bool ends_in(const char *path, const char *end)
{
    size_t length = strlen(path), own = strlen(end);
    return length > own && strcasecmp(path + length - own, end) == 0;
}

qp_status qp_picture_form(const char *path, qp_picture_form_kind *form)
{
    static const char *const end[] = {"", ".html", ".json", ".npz", ".svg", ".txt"};
    *form = QP_FORM_TERMINAL;
    if (strcmp(path, "-") == 0) return QP_OK;
    for (int i = QP_FORM_HTML; i <= QP_FORM_TEXT; i++)
        if (ends_in(path, end[i])) {
            *form = (qp_picture_form_kind)i;
            return QP_OK;
        }
    if (ends_in(path, ".png"))
        return qp_fail(QP_EUSAGE,
                       "--output %s: PNG is not written; use .svg, which browsers and word processors show "
                       "(rsvg-convert makes a PNG of it)",
                       path);
    return qp_fail(QP_EUSAGE,
                   "--output %s: unknown format; use a name that ends in .html .svg .json .npz .txt, or - for the "
                   "terminal",
                   path);
}

qp_map_kind qp_picture_kind(const qp_picture *picture)
{
    static const qp_map_kind order[] = {QP_MAP_CROSS, QP_MAP_ENCODER, QP_MAP_DECODER};
    for (int i = 0; i < QP_MAP_KINDS; i++)
        if (picture->side[order[i]].layers > 0) return order[i];
    return QP_MAP_CROSS;
}

/* Every chosen map, one below another. */
static qp_status draw_text(const qp_picture *picture, const qp_panels *p, const qp_terminal_style *style,
                           qp_writer *writer)
{
    for (int i = 0; i < p->layers * p->heads; i++) {
        char *text;
        QP_TRY(qp_terminal_draw(picture, p->kind, p->layer[i / p->heads], p->head[i % p->heads], style, &text));
        if (i > 0) qp_writer_write(writer, "\n", 1);
        qp_writer_write(writer, text, strlen(text));
        free(text);
    }
    return QP_OK;
}

static qp_status draw_content(const qp_picture *picture, const qp_panels *panels, qp_picture_form_kind form,
                              qp_writer *writer)
{
    char *content = NULL;
    size_t bytes = 0;
    if (form == QP_FORM_HTML)
        QP_TRY(qp_html_draw(picture, &content, &bytes));
    else if (form == QP_FORM_JSON)
        QP_TRY(qp_json_draw(picture, &content, &bytes));
    else
        QP_TRY(qp_svg_draw(picture, panels, &content, &bytes));
    qp_writer_write(writer, content, bytes);
    free(content);
    return QP_OK;
}

qp_status qp_picture_save(const qp_picture *picture, const qp_panels *panels, qp_picture_form_kind form,
                          const qp_terminal_style *style, const char *path)
{
    if (form == QP_FORM_NPZ) return qp_map_arrays_save(picture, path);
    qp_writer *writer;
    QP_TRY(qp_writer_open(path, &writer));
    qp_status status;
    if (form == QP_FORM_TERMINAL || form == QP_FORM_TEXT) {
        if (form == QP_FORM_TERMINAL) qp_writer_printf(writer, "%s\n\n", picture->title);
        status = draw_text(picture, panels, style, writer);
    } else {
        status = draw_content(picture, panels, form, writer);
    }
    if (status == QP_OK) return qp_writer_commit(writer);
    qp_writer_abort(writer);
    return status;
}
