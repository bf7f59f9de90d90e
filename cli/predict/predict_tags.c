#include <stdlib.h>
#include <string.h>

#include "cli/base/json_text.h"
#include "cli/base/text.h"
#include "cli/predict/predict_tasks.h"
#include "lib/base/writer.h"

/* predict_tags — tags words: CoNLL files with the model's tags instead of their own, or lines of words. */

/* ---- lines of words ---- */

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; }

/* The words of a chunk's lines as sentences; lines without words are left out. Offsets refer to `text`. */
static qp_status split_lines(const qp_chunks *chunk, qp_conll *conll)
{
    size_t bytes = 0, words = 0;
    for (int i = 0; i < chunk->count; i++) bytes += chunk->line[i].bytes;
    *conll = (qp_conll){0};
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
                conll->word[words++] = (qp_conll_word){.path = qp_chunks_path(chunk, i),
                                                       .line = qp_chunks_number(chunk, i),
                                                       .word = at,
                                                       .word_end = end};
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

static qp_status put_json(const qp_package *m, const qp_conll *conll, int64_t first, int64_t end, const int32_t *best,
                          const qp_real *probability)
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

/* One line of output per line of input, also for empty lines. */
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

/* A CoNLL file with another suffix would be tagged as lines of words, columns included. */
static void warn_of_columns(const qp_predict_config *o, const qp_chunks *chunk)
{
    if (o->input != INPUT_AUTO || qp_chunks_number(chunk, 0) != 1) return;
    if (memchr(chunk->line[0].text, '\t', chunk->line[0].bytes))
        qp_warn("%s:1: has a TAB and is read as a line of words; are these CoNLL columns? Then add --input conll",
                qp_chunks_path(chunk, 0));
}

static qp_status tag_chunk(const qp_package *m, const qp_predict_config *o, const qp_chunks *chunk,
                           qp_warning *warning)
{
    (void)warning;
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
