#include "lib/package/attention_text.h"

#include <stdlib.h>
#include <string.h>

#include "data/batches/masking.h"
#include "lib/base/array.h"
#include "lib/decode/token_place.h"

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "out of memory for a picture"); }

/* The tokens of the text with its end, and the rows that a tagger answers. */
typedef struct {
    int32_t *id, *answer;
    size_t capacity, answer_capacity;
    int count, answers;
    int tokens; /* before the text was cut, without the end */
} reading;

static void reading_free(reading *r)
{
    free(r->id);
    free(r->answer);
}

static qp_status read_word(const qp_text_codec *codec, const qp_line *word, reading *r)
{
    int32_t *id, unknown = qp_codec_special(codec).unknown;
    int count;
    QP_TRY(codec->encode(codec->self, word->text, word->bytes, &id, &count));
    int pieces = count > 0 ? count : 1;
    bool room = QP_GROW(r->id, r->capacity, (size_t)(r->count + pieces)) &&
                QP_GROW(r->answer, r->answer_capacity, (size_t)r->answers + 1);
    if (room) {
        r->answer[r->answers++] = r->count;
        memcpy(r->id + r->count, count > 0 ? id : &unknown, (size_t)pieces * sizeof *id);
        r->count += pieces;
    }
    free(id);
    return room ? QP_OK : no_memory();
}

static qp_status read_words(const qp_text_codec *codec, const char *text, reading *r)
{
    qp_line *word;
    int words;
    QP_TRY(qp_words_split(text, strlen(text), &word, &words));
    qp_status status = QP_OK;
    for (int w = 0; w < words && status == QP_OK; w++) status = read_word(codec, &word[w], r);
    free(word);
    return status;
}

static qp_status read_masked(const qp_text_codec *codec, const char *text, reading *r)
{
    int32_t *place;
    int masks;
    QP_TRY(qp_mask_encode(codec, text, strlen(text), &r->id, &r->count, &place, &masks));
    free(place);
    return QP_OK;
}

/* Cuts the text to `longest` tokens with the end, which is added. */
static qp_status add_end(const qp_text_codec *codec, int longest, reading *r)
{
    if (r->count == 0) return qp_fail(QP_EDATA, "an empty text has nothing to attend to; give --text TEXT");
    r->tokens = r->count;
    if (r->count > longest - 1) r->count = longest - 1;
    while (r->answers > 0 && r->answer[r->answers - 1] >= r->count) r->answers--;
    int32_t *grown = realloc(r->id, ((size_t)r->count + 1) * sizeof *grown);
    if (!grown) return no_memory();
    r->id = grown;
    r->id[r->count++] = qp_codec_special(codec).end;
    return QP_OK;
}

static qp_status read_text(const qp_package *m, const char *text, int longest, reading *r)
{
    const qp_text_codec *codec = &m->source_codec;
    int task = qp_model_config_of(m->model)->task;
    if (task == QP_TASK_TAG)
        QP_TRY(read_words(codec, text, r));
    else if (task == QP_TASK_MLM)
        QP_TRY(read_masked(codec, text, r));
    else
        QP_TRY(codec->encode(codec->self, text, strlen(text), &r->id, &r->count));
    return add_end(codec, longest, r);
}

static qp_status label(const qp_package *m, const reading *r, qp_picture *picture)
{
    const qp_model_config *c = qp_model_config_of(m->model);
    const char *const answer[] = {c->task == QP_TASK_MATCH ? "vector" : "label"};
    const qp_text_codec *codec = &m->source_codec;
    int first = c->pooling == QP_POOLING_CLASS_TOKEN || c->begin_token, rows = r->count + first;
    const char **name = malloc((size_t)rows * sizeof *name);
    if (!name) return no_memory();
    name[0] = c->pooling == QP_POOLING_CLASS_TOKEN ? "class" : "<s>";
    int32_t mask = c->task == QP_TASK_MLM ? qp_mask_id(codec) : -1; /* its piece may be that of padding */
    for (int i = 0; i < r->count; i++)
        name[first + i] = r->id[i] == mask ? "[MASK]" : codec->piece(codec->self, r->id[i]);
    qp_status status = qp_picture_label(picture, QP_MAP_ENCODER, name, rows, name, rows);
    if (status == QP_OK) status = qp_picture_label(picture, QP_MAP_CROSS, answer, 1, name, rows);
    free(name);
    return status;
}

static qp_status draw(const qp_package *m, const reading *r, qp_tape *tape, qp_model_maps *maps, qp_picture *picture)
{
    static const int32_t first_row[] = {0};
    const int32_t source[] = {0, r->count}, target[] = {0, r->answers ? r->answers : 1};
    const qp_batch batch = {.source = {{.count = 1, .start = source}, r->id},
                            .target = {{.count = 1, .start = target}, NULL},
                            .source_row = r->answers ? r->answer : first_row};
    qp_tape_begin(tape, QP_INFER, 0);
    qp_model_logits(m->model, tape, &batch, maps);
    QP_TRY(qp_tape_status(tape));
    if (maps->count == 0)
        return qp_fail(QP_EUSAGE, "this model has no attention; train one with --encoder transformer, or with "
                                  "--pooling attention for labels and vectors");
    QP_TRY(label(m, r, picture));
    return qp_picture_add_maps(picture, maps);
}

qp_status qp_attend_text(const qp_package *package, const char *text, qp_picture *picture, qp_attended *found)
{
    int longest = (int)qp_model_config_of(package->model)->max_length;
    reading r = {.id = NULL};
    qp_tape *tape = qp_tape_new();
    qp_model_maps *maps = calloc(1, sizeof *maps);
    qp_status status = qp_picture_init(picture, text);
    if (status == QP_OK && (!tape || !maps)) status = no_memory();
    if (status == QP_OK) status = read_text(package, text, longest, &r);
    if (status == QP_OK) status = draw(package, &r, tape, maps, picture);
    if (status != QP_OK) qp_picture_free(picture);
    *found = (qp_attended){.source_tokens = r.tokens, .source_longest = longest - 1};
    reading_free(&r);
    free(maps);
    qp_tape_free(tape);
    return status;
}
