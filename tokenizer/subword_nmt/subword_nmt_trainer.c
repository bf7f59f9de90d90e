#include "tokenizer/subword_nmt/subword_nmt_trainer.h"

#include <stdlib.h>
#include <string.h>

#include "tokenizer/learn/bpe_trainer.h"
#include "lib/base/array.h"
#include "lib/text/utf8.h"

static const char END[] = "</w>";

typedef struct {
    int32_t *symbol;
    size_t *start;
    int64_t *times;
    size_t count;
} spelled;

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "subword-nmt training: out of memory; use less text"); }

static bool is_edge(char c) { return c == ' ' || c == '\r' || c == '\n'; }

qp_status qp_subword_nmt_count(qp_word_counts *words, const char *line, size_t bytes)
{
    if (qp_utf8_valid(line, bytes) < bytes)
        return qp_fail(QP_EDATA, "subword-nmt training: byte %zu is not UTF-8; convert the text with iconv",
                       qp_utf8_valid(line, bytes) + 1);
    while (bytes > 0 && is_edge(line[0])) line++, bytes--;
    while (bytes > 0 && is_edge(line[bytes - 1])) bytes--;
    for (const char *at = line, *end; at < line + bytes; at = end + 1) {
        end = memchr(at, ' ', (size_t)(line + bytes - at));
        if (!end) end = line + bytes;
        if (end > at) QP_TRY(qp_word_counts_add(words, at, (size_t)(end - at), 1));
    }
    return QP_OK;
}

qp_status qp_subword_nmt_count_pair(qp_word_counts *words, const char *line, size_t bytes)
{
    while (bytes > 0 && is_edge(line[0])) line++, bytes--;
    while (bytes > 0 && is_edge(line[bytes - 1])) bytes--;
    const char *space = bytes ? memchr(line, ' ', bytes) : NULL;
    int64_t times = 0;
    if (!space || space == line || bytes - (size_t)(space - line) > 19)
        return qp_fail(QP_EDATA, "subword-nmt training: a line of the word list is not a word and its count");
    for (const char *p = space + 1; p < line + bytes; p++) {
        if (*p < '0' || *p > '9')
            return qp_fail(QP_EDATA, "subword-nmt training: a count of the word list is no number");
        times = times * 10 + (*p - '0');
    }
    return qp_word_counts_add(words, line, (size_t)(space - line), times);
}

/* A character, or at the end of a word the character with "</w>", as a symbol. */
static qp_status symbol_of(qp_vocabulary *v, const char *text, size_t bytes, bool last, int32_t *id)
{
    char name[16];
    memcpy(name, text, bytes);
    if (last) memcpy(name + bytes, END, sizeof END - 1);
    size_t name_bytes = bytes + (last ? sizeof END - 1 : 0);
    *id = qp_vocabulary_find(v, name, name_bytes);
    return *id >= 0 ? QP_OK : qp_vocabulary_add(v, QP_PIECE_NORMAL, name, name_bytes, id);
}

static qp_status spell(const qp_word_counts *words, qp_vocabulary *v, spelled *s)
{
    s->symbol = malloc((words->text_bytes + 1) * sizeof *s->symbol);
    s->start = malloc((words->count + 1) * sizeof *s->start);
    s->times = malloc((words->count + 1) * sizeof *s->times);
    if (!s->symbol || !s->start || !s->times) return no_memory();
    for (size_t w = 0; w < words->count; w++) {
        const struct qp_word *word = &words->word[w];
        const char *text = words->text + word->start;
        s->start[w] = s->count;
        s->times[w] = word->count;
        for (size_t at = 0, length; at < word->bytes; at += length) {
            if (qp_utf8_next(text + at, word->bytes - at, &length) == QP_INVALID_CODE)
                return qp_fail(QP_EDATA, "subword-nmt training: the text is not UTF-8");
            QP_TRY(symbol_of(v, text + at, length, at + length == word->bytes, &s->symbol[s->count++]));
        }
    }
    s->start[words->count] = s->count;
    return QP_OK;
}

/* "#version: 0.2" and a line for each merge. */
static qp_status write_codes(const qp_vocabulary *v, const qp_bpe *bpe, char **codes, size_t *bytes)
{
    static const char header[] = "#version: 0.2\n";
    size_t capacity = 0, made = sizeof header - 1;
    char *out = NULL;
    if (!QP_GROW(out, capacity, made + 1)) return no_memory();
    memcpy(out, header, made);
    for (size_t i = 0; i < bpe->count; i++) {
        const int32_t id[2] = {bpe->merge[i].left, bpe->merge[i].right};
        for (int k = 0; k < 2; k++) {
            size_t length;
            const char *text = qp_vocabulary_text(v, id[k], &length);
            if (!QP_GROW(out, capacity, made + length + 2)) {
                free(out);
                return no_memory();
            }
            memcpy(out + made, text, length);
            made += length;
            out[made++] = k ? '\n' : ' ';
        }
    }
    out[made] = '\0';
    *codes = out;
    *bytes = made;
    return QP_OK;
}

qp_status qp_subword_nmt_learn(const qp_subword_nmt_training *training, const qp_word_counts *words, char **codes,
                               size_t *bytes)
{
    qp_vocabulary v;
    qp_bpe bpe = {0};
    spelled s = {0};
    *codes = NULL;
    *bytes = 0;
    qp_vocabulary_init(&v);
    qp_status status = spell(words, &v, &s);
    if (status == QP_OK) {
        int64_t merges = training->symbols - (training->total_symbols ? v.count : 0);
        qp_bpe_training input = {.symbol = s.symbol,
                                 .symbol_count = s.count,
                                 .word_start = s.start,
                                 .word_times = s.times,
                                 .word_count = words->count,
                                 .vocabulary_size = 1 << 24,
                                 .least_frequency = training->least_frequency,
                                 .merge_count = merges,
                                 .tie = QP_TIE_LARGER_TEXTS};
        if (merges > 0) status = qp_bpe_train(&input, &v, &bpe);
    }
    if (status == QP_OK) status = write_codes(&v, &bpe, codes, bytes);
    free(s.symbol);
    free(s.start);
    free(s.times);
    qp_bpe_free(&bpe);
    qp_vocabulary_free(&v);
    return status;
}
