#include <stdlib.h>
#include <string.h>

#include "cli/base/json_text.h"
#include "cli/base/text.h"
#include "cli/predict/predict_tasks.h"
#include "lib/base/writer.h"
#include "lib/decode/predict.h"

/* predict_tags — words to tags: CoNLL files with the model's tags in place of their own, or lines of words. */

/* ---- words to tags ---- */

/* Parts of sentences, each with a QP_EOS; a part holds as many whole words as the model reads. */
typedef struct {
    int32_t *id, *source_start, *target_start, *source_row;
    int rows, answers, parts, capacity;
} parts;

static void parts_free(parts *p)
{
    free(p->id);
    free(p->source_start);
    free(p->target_start);
    free(p->source_row);
}

static bool parts_grow(parts *p, int rows, int words)
{
    size_t id = (size_t)(p->rows + rows) + (size_t)words + 1, read = (size_t)(p->answers + words) + 1;
    size_t start = (size_t)(p->parts + words) + 2;
    int32_t *grown = realloc(p->id, id * sizeof *grown);
    if (grown) p->id = grown;
    int32_t *grown_read = realloc(p->source_row, read * sizeof *grown);
    if (grown_read) p->source_row = grown_read;
    int32_t *source = realloc(p->source_start, start * sizeof *grown);
    if (source) p->source_start = source;
    int32_t *target = realloc(p->target_start, start * sizeof *grown);
    if (target) p->target_start = target;
    return grown && grown_read && source && target;
}

/* A sentence of `words` words as parts of at most `longest` tokens, QP_EOS included. */
static void cut_sentence(const int32_t *id, int count, const int32_t *read, int words, int longest, parts *p)
{
    for (int word = 0; word < words;) {
        int first = read[word], end = word + 1;
        while (end < words && (end + 1 < words ? read[end + 1] : count) - first < longest) end++;
        int tokens = (end < words ? read[end] : count) - first;
        if (tokens > longest - 1) tokens = longest - 1 > 0 ? longest - 1 : 1;
        p->source_start[p->parts] = p->rows;
        p->target_start[p->parts++] = p->answers;
        memcpy(p->id + p->rows, id + first, (size_t)tokens * sizeof *id);
        p->id[p->rows + tokens] = QP_EOS;
        p->rows += tokens + 1;
        for (; word < end; word++) p->source_row[p->answers++] = read[word] - first;
    }
    p->source_start[p->parts] = p->rows;
    p->target_start[p->parts] = p->answers;
}

static qp_status make_parts(const qp_package *m, const qp_conll *conll, int64_t first, int64_t end, parts *p)
{
    int longest = (int)qp_model_config_of(m->model)->max_length;
    for (int64_t s = first; s < end; s++) {
        int32_t *id, *read;
        int count, words = (int)(conll->start[s + 1] - conll->start[s]);
        QP_TRY(qp_conll_pieces(conll, s, &m->source_codec, &id, &count, &read));
        bool room = parts_grow(p, count, words);
        if (room) cut_sentence(id, count, read, words, longest, p);
        free(id);
        free(read);
        if (!room) return qp_fail(QP_EMEMORY, "predict: out of memory for %d words", words);
    }
    return QP_OK;
}

static qp_status tag_sentences(const qp_package *m, const qp_conll *conll, int64_t first, int64_t end, int threads,
                               int32_t *best, qp_real *probability)
{
    parts p = {0};
    int labels = m->labels.count;
    qp_status status = make_parts(m, conll, first, end, &p);
    qp_real *score = status == QP_OK ? malloc((size_t)p.answers * (size_t)labels * sizeof *score) : NULL;
    if (status == QP_OK && !score) status = qp_fail(QP_EMEMORY, "predict: out of memory for %d words", p.answers);
    if (status == QP_OK) {
        qp_batch batch = {.source = {{.count = p.parts, .start = p.source_start}, p.id},
                          .target = {{.count = p.parts, .start = p.target_start}, NULL},
                          .source_row = p.source_row};
        ptrdiff_t word = (ptrdiff_t)conll->start[first];
        status = qp_predict(m->model, &batch, threads, score);
        if (status == QP_OK)
            status = qp_predict_answers(m->model, batch.target.sequences, score, best + word,
                                        probability ? probability + word : NULL);
    }
    free(score);
    parts_free(&p);
    return status;
}

qp_status qp_tag_words(const qp_package *m, const qp_conll *conll, int threads, int32_t *best, qp_real *probability)
{
    enum { SENTENCES_AT_ONCE = 256 };
    for (int64_t s = 0; s < conll->sentences; s += SENTENCES_AT_ONCE) {
        int64_t end = s + SENTENCES_AT_ONCE < conll->sentences ? s + SENTENCES_AT_ONCE : conll->sentences;
        QP_TRY(tag_sentences(m, conll, s, end, threads, best, probability));
    }
    return QP_OK;
}

/* ---- lines of words ---- */

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; }

/* The words of a chunk's lines as sentences; a line without words is none. Offsets are those of `text`. */
static qp_status split_lines(const qp_chunks *chunk, qp_conll *conll)
{
    size_t bytes = 0, words = 0;
    for (int i = 0; i < chunk->count; i++) bytes += chunk->line[i].bytes;
    *conll = (qp_conll){.path = (char *)(uintptr_t)qp_chunks_path(chunk, 0)};
    conll->text = malloc(bytes + 1);
    conll->word = malloc((bytes / 2 + (size_t)chunk->count + 1) * sizeof *conll->word);
    conll->start = malloc(((size_t)chunk->count + 1) * sizeof *conll->start);
    if (!conll->text || !conll->word || !conll->start)
        return qp_fail(QP_EMEMORY, "predict: out of memory for %d lines", chunk->count);
    conll->start[0] = 0;
    for (int i = 0; i < chunk->count; i++) {
        size_t first = words, base = conll->bytes;
        memcpy(conll->text + base, chunk->line[i].text, chunk->line[i].bytes);
        conll->bytes += chunk->line[i].bytes;
        for (size_t at = base; at < conll->bytes;) {
            size_t end = at;
            while (end < conll->bytes && !is_space(conll->text[end])) end++;
            if (end > at)
                conll->word[words++] = (qp_conll_word){.line = qp_chunks_number(chunk, i), .word = at, .word_end = end};
            at = end + 1;
        }
        if (words > first) conll->start[++conll->sentences] = (int64_t)words;
    }
    conll->words = (int64_t)words;
    return QP_OK;
}

static void put_line(const qp_package *m, const qp_conll *conll, int64_t first, int64_t end, const int32_t *best)
{
    for (int64_t w = first; w < end; w++) {
        if (w > first) putchar(' ');
        qp_line_put(stdout, conll->text + conll->word[w].word, conll->word[w].word_end - conll->word[w].word);
        printf("/%s", m->labels.text[best[w]]);
    }
    putchar('\n');
}

static qp_status put_json(const qp_package *m, const qp_conll *conll, int64_t first, int64_t end,
                          const int32_t *best, const qp_real *probability)
{
    qp_text_buffer out = {0};
    qp_text_add(&out, "{\"words\":[");
    for (int64_t w = first; w < end; w++) {
        qp_json_open(&out, '{');
        qp_json_key(&out, "text");
        qp_json_repaired(&out, conll->text + conll->word[w].word, conll->word[w].word_end - conll->word[w].word);
        qp_json_put_text(&out, "tag", m->labels.text[best[w]]);
        qp_json_put_real(&out, "probability", (double)probability[w]);
        qp_json_close(&out, '}');
    }
    qp_text_add(&out, "]}");
    return qp_json_line(stdout, &out);
}

static qp_status answers_of(const qp_conll *conll, int32_t **best, qp_real **probability)
{
    *best = malloc(((size_t)conll->words + 1) * sizeof **best);
    *probability = malloc(((size_t)conll->words + 1) * sizeof **probability);
    return *best && *probability
               ? QP_OK
               : qp_fail(QP_EMEMORY, "predict: out of memory for %lld words", (long long)conll->words);
}

/* One line out for each line in, empty ones too. */
static qp_status put_lines(const qp_package *m, const qp_predict_config *o, const qp_chunks *chunk,
                           const qp_conll *conll, const int32_t *best, const qp_real *probability)
{
    int64_t sentence = 0;
    for (int i = 0; i < chunk->count; i++) {
        bool empty = true;
        for (size_t at = 0; at < chunk->line[i].bytes; at++) empty = empty && is_space(chunk->line[i].text[at]);
        int64_t first = conll->start[sentence], end = empty ? first : conll->start[++sentence];
        if (o->json)
            QP_TRY(put_json(m, conll, first, end, best, probability));
        else
            put_line(m, conll, first, end, best);
    }
    return QP_OK;
}

enum { INPUT_AUTO, INPUT_TEXT, INPUT_CONLL };

/* A CoNLL file of another suffix would be tagged line by line, columns and all. */
static void warn_of_columns(const qp_predict_config *o, const qp_chunks *chunk)
{
    if (o->input != INPUT_AUTO || qp_chunks_number(chunk, 0) != 1) return;
    if (memchr(chunk->line[0].text, '\t', chunk->line[0].bytes))
        qp_warn("%s:1: has a TAB and is read as a line of words; are these CoNLL columns? Then add --input conll",
                qp_chunks_path(chunk, 0));
}

static qp_status tag_chunk(const qp_package *m, const qp_predict_config *o, const qp_chunks *chunk)
{
    qp_conll conll;
    int32_t *best = NULL;
    qp_real *probability = NULL;
    warn_of_columns(o, chunk);
    qp_status status = split_lines(chunk, &conll);
    if (status == QP_OK) status = answers_of(&conll, &best, &probability);
    if (status == QP_OK) status = qp_tag_words(m, &conll, (int)o->threads, best, probability);
    if (status == QP_OK) status = put_lines(m, o, chunk, &conll, best, probability);
    free(best);
    free(probability);
    free(conll.text);
    free(conll.word);
    free(conll.start);
    return status;
}

/* ---- CoNLL files ---- */

static qp_status put_conll(const qp_package *m, const qp_predict_config *o, const qp_conll *conll, const int32_t *best,
                           const qp_real *probability)
{
    for (int64_t s = 0; o->json && s < conll->sentences; s++)
        QP_TRY(put_json(m, conll, conll->start[s], conll->start[s + 1], best, probability));
    if (o->json) return QP_OK;
    const char **tag = malloc(((size_t)conll->words + 1) * sizeof *tag);
    if (!tag) return qp_fail(QP_EMEMORY, "predict: out of memory for %lld words", (long long)conll->words);
    for (int64_t w = 0; w < conll->words; w++) tag[w] = m->labels.text[best[w]];
    qp_conll_write(conll, tag, stdout);
    free(tag);
    return QP_OK;
}

static qp_status tag_file(const qp_package *m, const qp_predict_config *o, const char *path)
{
    qp_conll *conll;
    int32_t *best = NULL;
    qp_real *probability = NULL;
    QP_TRY(qp_conll_read(path, (int)o->tag_column, &conll));
    qp_status status = answers_of(conll, &best, &probability);
    if (status == QP_OK) status = qp_tag_words(m, conll, (int)o->threads, best, probability);
    if (status == QP_OK) status = put_conll(m, o, conll, best, probability);
    if (status == QP_OK) status = qp_output_check(stdout, "stdout");
    free(best);
    free(probability);
    qp_conll_free(conll);
    return status;
}

static bool is_conll(const qp_predict_config *o, const char *path)
{
    if (o->input != INPUT_AUTO) return o->input == INPUT_CONLL;
    size_t length = strlen(path);
    if (length > 3 && strcmp(path + length - 3, ".gz") == 0) length -= 3;
    return (length > 6 && strncmp(path + length - 6, ".conll", 6) == 0) ||
           (length > 7 && strncmp(path + length - 7, ".conllu", 7) == 0);
}

qp_status qp_predict_tags(const qp_package *m, const qp_predict_config *o, char **file, int files)
{
    static char standard[] = "-";
    char *none[] = {standard};
    if (files == 0) file = none, files = 1;
    for (int i = 0; i < files; i++)
        QP_TRY(is_conll(o, file[i]) ? tag_file(m, o, file[i]) : qp_predict_lines(m, o, &file[i], 1, tag_chunk));
    return QP_OK;
}
