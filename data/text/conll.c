#include "data/text/conll.h"

#include <stdlib.h>
#include <string.h>

#include "data/text/corpus_share.h"
#include "lib/base/array.h"
#include "lib/base/files/file_list.h"
#include "lib/text/utf8_reader.h"

enum { CONLLU_COLUMNS = 10, CONLLU_WORD = 2, CONLLU_TAG = 4 };

/* ---- reading the file ---- */

/* A blank line ends the last sentence of the file before. */
static qp_status begin_file(qp_conll *c, const char *path, int64_t line)
{
    bool room = QP_GROW(c->file, c->file_capacity, (size_t)c->files + 1) && QP_GROW(c->text, c->capacity, c->bytes + 1);
    char *copy = room ? strdup(path) : NULL;
    if (!copy) return qp_fail(QP_EMEMORY, "%s: out of memory", path);
    if (c->files) c->text[c->bytes++] = '\n';
    c->file[c->files++] = (qp_conll_file){copy, c->bytes, line};
    return QP_OK;
}

static qp_status add_line(qp_conll *c, const char *line, size_t bytes)
{
    if (!QP_GROW(c->text, c->capacity, c->bytes + bytes + 1))
        return qp_fail(QP_EMEMORY, "%s: no memory for the file; use a shorter one", c->file[c->files - 1].path);
    memcpy(c->text + c->bytes, line, bytes);
    c->text[c->bytes + bytes] = '\n';
    c->bytes += bytes + 1;
    return QP_OK;
}

static qp_status read_text(qp_reader *reader, qp_conll *c)
{
    QP_TRY(begin_file(c, qp_reader_path(reader), 1));
    for (int begun = qp_reader_files(reader);; begun = qp_reader_files(reader)) {
        char *line;
        size_t bytes;
        QP_TRY(qp_reader_next_utf8(reader, &line, &bytes));
        if (!line) return QP_OK;
        if (qp_reader_files(reader) != begun) QP_TRY(begin_file(c, qp_reader_path(reader), 1));
        QP_TRY(add_line(c, line, bytes));
    }
}

/* The part of a rank. */
static qp_status read_lines(const void *self, qp_text_pairs *text, qp_corpus_builder *builder)
{
    qp_conll *c = *(qp_conll *const *)self;
    (void)builder;
    for (int file = -1;;) {
        qp_text_pair line;
        bool more;
        QP_TRY(qp_text_pairs_next(text, &line, &more));
        if (!more) return QP_OK;
        if (qp_text_pairs_file(text) != file)
            QP_TRY(begin_file(c, qp_text_pairs_path(text, true), qp_text_pairs_line(text, true)));
        file = qp_text_pairs_file(text);
        QP_TRY(add_line(c, line.target, line.target_bytes));
    }
}

/* ---- lines and columns ---- */

typedef struct {
    size_t begin, end; /* byte range in the text, without the LF */
    int64_t number;    /* in its file */
    int file;
} text_line;

/* Move to the next line; false at the end. Start with all fields zero. */
static bool next_line(const qp_conll *c, text_line *line)
{
    line->begin = line->number ? line->end + 1 : 0;
    if (line->begin >= c->bytes) return false;
    const char *end = memchr(c->text + line->begin, '\n', c->bytes - line->begin);
    line->end = (size_t)(end - c->text);
    line->number = line->number ? line->number + 1 : c->file->line;
    if (line->file + 1 < c->files && line->begin == c->file[line->file + 1].begin) {
        line->file++;
        line->number = c->file[line->file].line;
    }
    return true;
}

static bool is_blank(const qp_conll *c, const text_line *line)
{
    for (size_t i = line->begin; i < line->end; i++)
        if (c->text[i] != ' ' && c->text[i] != '\t') return false;
    return true;
}

static bool begins_with(const qp_conll *c, const text_line *line, const char *start)
{
    size_t bytes = strlen(start);
    return line->end - line->begin >= bytes && !memcmp(c->text + line->begin, start, bytes);
}

static bool has_tab(const qp_conll *c, const text_line *line)
{
    return memchr(c->text + line->begin, '\t', line->end - line->begin) != NULL;
}

/* The byte range of column `wanted` (from 1); returns the number of columns. */
static int find_column(const qp_conll *c, const text_line *line, int wanted, size_t *begin, size_t *end)
{
    int columns = 0;
    for (size_t at = line->begin; at <= line->end;) {
        size_t from = at;
        if (c->separator == ' ') {
            while (from < line->end && c->text[from] == ' ') from++;
            if (from == line->end) break;
        }
        size_t to = from;
        while (to < line->end && c->text[to] != c->separator) to++;
        if (++columns == wanted) {
            *begin = from;
            *end = to;
        }
        at = to + 1;
    }
    return columns;
}

static bool is_comment(const qp_conll *c, const text_line *line)
{
    if (!begins_with(c, line, "#")) return false;
    if (c->columns == CONLLU_COLUMNS) return true;
    size_t begin, end;
    if (c->separator == '\t') return !has_tab(c, line) || begins_with(c, line, "## ");
    return c->columns == 1 ? begins_with(c, line, "# ") : find_column(c, line, 0, &begin, &end) != c->columns;
}

/* Ranges and empty nodes of CoNLL-U have numbers like 1-2 or 1.1. */
static bool is_no_word(const qp_conll *c, const text_line *line)
{
    if (begins_with(c, line, "-DOCSTART-")) return true;
    if (c->columns != CONLLU_COLUMNS) return false;
    size_t begin = 0, end = 0;
    find_column(c, line, 1, &begin, &end);
    return memchr(c->text + begin, '-', end - begin) || memchr(c->text + begin, '.', end - begin);
}

/* ---- format ---- */

enum { PLACE_BYTES = 200 };

/* What the first line of words says. */
typedef struct {
    int columns; /* 0: there is no such line */
    int64_t line;
    char separator, path[PLACE_BYTES];
} format;

static void read_format(qp_conll *c, const text_line *line, format *f)
{
    size_t begin, end;
    f->separator = c->separator = has_tab(c, line) ? '\t' : ' ';
    f->columns = find_column(c, line, 0, &begin, &end);
    f->line = line->number;
    snprintf(f->path, sizeof f->path, "%s", c->file[line->file].path);
}

/* found[0]: of the first line of words; found[1]: of the first that begins with # and has columns. */
static void look_for_format(qp_conll *c, format found[2])
{
    for (text_line line = {0}; !found[0].columns && next_line(c, &line);) {
        if (is_blank(c, &line) || begins_with(c, &line, "-DOCSTART-")) continue;
        if (!begins_with(c, &line, "#"))
            read_format(c, &line, &found[0]);
        else if (!found[1].columns && has_tab(c, &line) && !begins_with(c, &line, "## "))
            read_format(c, &line, &found[1]); /* a file of only hashtags */
    }
}

/* The format of the first rank that has found one. */
static qp_status agree_on_format(qp_conll *c, format *f)
{
    format found[2] = {0};
    char *all;
    size_t *start;
    look_for_format(c, found);
    QP_TRY(qp_cluster_lists(c->cluster, found, sizeof found, &all, &start));
    for (int kind = 0; kind < 2 && !f->columns; kind++)
        for (int r = 0; r < qp_cluster_ranks(c->cluster) && !f->columns; r++) {
            memcpy(found, all + start[r], sizeof found);
            *f = found[kind];
        }
    free(all);
    free(start);
    return QP_OK;
}

static qp_status find_format(qp_conll *c, int tag_column, int64_t *first)
{
    format f = {0};
    QP_TRY(agree_on_format(c, &f));
    if (!f.columns)
        return qp_fail(QP_EDATA, "%s: no word in the file; give sentences with one word per line, a TAB and its tag",
                       c->file->path);
    c->separator = f.separator;
    c->columns = f.columns;
    *first = f.line;
    bool conllu = c->columns == CONLLU_COLUMNS;
    if (tag_column == 0) tag_column = conllu ? CONLLU_TAG : c->columns;
    if (c->columns == 1 && tag_column <= 2) tag_column = 0; /* words without tags */
    if (tag_column > c->columns)
        return qp_fail(QP_EUSAGE, "tag-column %d: %s:%lld has %d columns; name one of them", tag_column, f.path,
                       (long long)f.line, c->columns);
    if (tag_column < 0 || tag_column == (conllu ? CONLLU_WORD : 1))
        return qp_fail(QP_EUSAGE, "tag-column %d: is no column of tags in %s; name another", tag_column, c->file->path);
    c->tag_column = tag_column;
    return QP_OK;
}

/* ---- words and sentences ---- */

static qp_status add_word(qp_conll *c, const text_line *line, int64_t first)
{
    qp_conll_word word = {.path = c->file[line->file].path, .line = line->number};
    int columns = find_column(c, line, c->columns == CONLLU_COLUMNS ? CONLLU_WORD : 1, &word.word, &word.word_end);
    if (columns != c->columns)
        return qp_fail(QP_EDATA,
                       "%s:%lld: %d column%s, but line %lld has %d; every word needs the same number, separated by %s",
                       word.path, (long long)line->number, columns, columns == 1 ? "" : "s", (long long)first,
                       c->columns, c->separator == '\t' ? "TABs" : "spaces");
    find_column(c, line, c->tag_column, &word.tag, &word.tag_end);
    if (!QP_GROW(c->word, c->word_capacity, (size_t)c->words + 1))
        return qp_fail(QP_EMEMORY, "%s: no memory for the words; use a shorter file", word.path);
    c->word[c->words++] = word;
    return QP_OK;
}

/* The words since the end of the last sentence, if any, become a sentence. */
static qp_status end_sentence(qp_conll *c)
{
    int64_t begun = c->sentences ? c->start[c->sentences] : 0;
    if (c->start && begun == c->words) return QP_OK;
    if (!QP_GROW(c->start, c->start_capacity, (size_t)c->sentences + 2))
        return qp_fail(QP_EMEMORY, "%s: no memory for the sentences; use a shorter file", c->file->path);
    c->start[0] = 0;
    if (begun < c->words) c->start[++c->sentences] = c->words;
    return QP_OK;
}

static qp_status parse(qp_conll *c, int tag_column)
{
    int64_t first = 0;
    QP_TRY(find_format(c, tag_column, &first));
    for (text_line line = {0}; next_line(c, &line);) {
        if (is_blank(c, &line))
            QP_TRY(end_sentence(c));
        else if (!is_comment(c, &line) && !is_no_word(c, &line))
            QP_TRY(add_word(c, &line, first));
    }
    return end_sentence(c);
}

qp_status qp_conll_read(const char *path, int tag_column, qp_conll **conll)
{
    *conll = NULL;
    qp_reader *reader;
    QP_TRY(qp_reader_open_list(path, &reader));
    qp_conll *c = calloc(1, sizeof *c);
    qp_status status = c ? read_text(reader, c) : qp_fail(QP_EMEMORY, "%s: out of memory", path);
    qp_reader_close(reader);
    if (status == QP_OK) status = parse(c, tag_column);
    if (status == QP_OK)
        *conll = c;
    else
        qp_conll_free(c);
    return status;
}

static qp_status read_part(const char *path, qp_cluster *cluster, qp_conll *c)
{
    const qp_text_files files = {.kind = QP_TEXT_ONE_FILE, .target = path, .blocks = true};
    const qp_corpus_reader reader = {&c, read_lines};
    qp_corpus none = {0};
    QP_TRY(qp_corpus_share_read(&files, cluster, &reader, &none));
    return qp_cluster_agree(cluster, c->files ? QP_OK : begin_file(c, path, 1));
}

qp_status qp_conll_read_shared(const char *path, int tag_column, qp_cluster *cluster, qp_conll **conll)
{
    if (!cluster || qp_file_list_once(path)) return qp_conll_read(path, tag_column, conll);
    *conll = NULL;
    qp_conll *c = calloc(1, sizeof *c);
    qp_status status = qp_cluster_agree(cluster, c ? QP_OK : qp_fail(QP_EMEMORY, "%s: out of memory", path));
    if (c) c->cluster = cluster;
    if (status == QP_OK) status = read_part(path, cluster, c);
    if (status == QP_OK) status = qp_cluster_agree(cluster, parse(c, tag_column));
    if (status == QP_OK)
        *conll = c;
    else
        qp_conll_free(c);
    return status;
}

void qp_conll_free(qp_conll *conll)
{
    if (!conll) return;
    for (int i = 0; i < conll->files; i++) free(conll->file[i].path);
    free(conll->file);
    free(conll->text);
    free(conll->word);
    free(conll->start);
    free(conll);
}

/* A sentence is known by its words, up to the end of the last one's line. */
void qp_conll_keep(qp_conll *conll, qp_held_out part)
{
    int64_t kept = 0, words = 0;
    for (int64_t i = 0; i < conll->sentences; i++) {
        int64_t first = conll->start[i], end = conll->start[i + 1];
        const qp_conll_word *last = &conll->word[end - 1];
        size_t begins = conll->word[first].word, ends = last->tag_end > last->word_end ? last->tag_end : last->word_end;
        if (!qp_held_out_has_text(part, i + 1, conll->text + begins, ends - begins)) continue;
        memmove(&conll->word[words], &conll->word[first], (size_t)(end - first) * sizeof *conll->word);
        conll->start[kept++] = words;
        words += end - first;
    }
    conll->start[kept] = conll->words = words;
    conll->sentences = kept;
}
