#include "data/text/text_pairs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/files/file_list.h"
#include "lib/base/hash_set.h"
#include "lib/base/random.h"
#include "lib/base/real.h"
#include "lib/base/view.h"
#include "lib/text/utf8_reader.h"

struct qp_text_pairs {
    qp_text_kind kind;
    qp_reader *source, *target; /* NULL where the kind has none */
    qp_reader *weights;         /* NULL: none */
    int64_t line, end_line; /* end_line 0: the last one */
    uint64_t digest;        /* of the pairs so far: a sum, so that a part of a text can be compared */
    qp_held_out part;
    bool scored; /* SCORED: the first line has a score */
};

static qp_status open_readers(const qp_text_files *files, qp_text_pairs *opened)
{
    bool source = files->kind != QP_TEXT_ONE_FILE;
    bool target = files->kind == QP_TEXT_TWO_FILES || files->kind == QP_TEXT_ONE_FILE;
    if ((source && !files->source) || (target && !files->target))
        return qp_fail(QP_EUSAGE, "corpus: no %s file; name one", source && !files->source ? "source" : "target");
    if (source && target && !strcmp(files->source, "-") && !strcmp(files->target, "-"))
        return qp_fail(QP_EUSAGE, "corpus: source and target are both standard input; name a file for one of them");
    if (source) QP_TRY(qp_reader_open_list(files->source, &opened->source));
    if (target) QP_TRY(qp_reader_open_list(files->target, &opened->target));
    return files->weights ? qp_reader_open_list(files->weights, &opened->weights) : QP_OK;
}

qp_status qp_text_pairs_open(const qp_text_files *files, qp_text_pairs **parallel)
{
    *parallel = NULL;
    qp_text_pairs *opened = calloc(1, sizeof *opened);
    if (!opened) return qp_fail(QP_EMEMORY, "corpus: out of memory");
    opened->kind = files->kind;
    opened->part = files->part;
    qp_status status = open_readers(files, opened);
    if (status == QP_OK)
        *parallel = opened;
    else
        qp_text_pairs_close(opened);
    return status;
}

/* One file has ended, the other has not: count its remaining lines for the message. */
static qp_status different_counts(qp_reader *shorter, qp_reader *longer, int64_t lines, bool source_is_shorter)
{
    char *line;
    size_t bytes;
    int64_t others = lines;
    do {
        others++;
        QP_TRY(qp_reader_next(longer, &line, &bytes));
    } while (line);
    const qp_reader *source = source_is_shorter ? shorter : longer, *target = source_is_shorter ? longer : shorter;
    static const char *const before[] = {"", " with the files before it"};
    return qp_fail(QP_EDATA, "%s%s: %lld lines, but %s%s has %lld; parallel files need the same number of lines",
                   qp_reader_path(source), before[qp_reader_files(source) > 1],
                   (long long)(source_is_shorter ? lines : others), qp_reader_path(target),
                   before[qp_reader_files(target) > 1], (long long)(source_is_shorter ? others : lines));
}

static qp_status next_of_two(qp_text_pairs *parallel, qp_text_pair *pair, bool *more)
{
    char *source, *target;
    QP_TRY(qp_reader_next_utf8(parallel->source, &source, &pair->source_bytes));
    QP_TRY(qp_reader_next_utf8(parallel->target, &target, &pair->target_bytes));
    if (!source && target) return different_counts(parallel->source, parallel->target, parallel->line, true);
    if (source && !target) return different_counts(parallel->target, parallel->source, parallel->line, false);
    *more = source != NULL;
    pair->source = source;
    pair->target = target;
    return QP_OK;
}

/* Takes the third column off the target. */
static qp_status take_score(qp_text_pairs *parallel, char *target, qp_text_pair *pair)
{
    const char *path = qp_reader_path(parallel->source);
    long long line = qp_reader_line(parallel->source);
    char *tab = memchr(target, '\t', pair->target_bytes), *end;
    pair->scored = tab != NULL;
    if (parallel->line == 0) parallel->scored = pair->scored;
    if (pair->scored != parallel->scored)
        return qp_fail(QP_EDATA, "%s:%lld: %s; either all lines have a score after a second TAB or none", path, line,
                       pair->scored ? "a score, but the lines before have none" : "no score");
    if (!tab) return QP_OK;
    *tab = 0;
    pair->score = strtod(tab + 1, &end);
    if (end == tab + 1 || end != target + pair->target_bytes || !isfinite(pair->score))
        return qp_fail(QP_EDATA,
                       "%s:%lld: the score '%.40s' is not a number; each line must be text TAB text TAB score", path,
                       line, tab + 1);
    pair->target_bytes = (size_t)(tab - target);
    return QP_OK;
}

static qp_status no_tab(const qp_text_pairs *parallel, qp_text line)
{
    const char *form = parallel->kind == QP_TEXT_LABELLED ? "label TAB text"
                       : parallel->kind == QP_TEXT_SCORED ? "text TAB text"
                                                          : "source TAB target";
    const char *more = "";
    if (line.bytes == 0)
        more = ", so delete this empty one";
    else if (memchr(line.text, ',', line.bytes))
        more = "; of a CSV file write the columns with a TAB between, without quotes";
    return qp_fail(QP_EDATA, "%s:%lld: no TAB; each line must be %s%s", qp_reader_path(parallel->source),
                   (long long)qp_reader_line(parallel->source), form, more);
}

static qp_status next_tabbed(qp_text_pairs *parallel, qp_text_pair *pair, bool *more)
{
    char *line;
    size_t bytes;
    QP_TRY(qp_reader_next_utf8(parallel->source, &line, &bytes));
    *more = line != NULL;
    if (!line) return QP_OK;
    char *tab = memchr(line, '\t', bytes);
    bool labelled = parallel->kind == QP_TEXT_LABELLED;
    if (!tab) return no_tab(parallel, (qp_text){line, bytes});
    *tab = 0;
    pair->source = line;
    pair->source_bytes = (size_t)(tab - line);
    pair->target = tab + 1;
    pair->target_bytes = bytes - pair->source_bytes - 1;
    if (parallel->kind == QP_TEXT_SCORED) return take_score(parallel, tab + 1, pair);
    if (!labelled && memchr(pair->target, '\t', pair->target_bytes))
        return qp_fail(QP_EDATA, "%s:%lld: more than one TAB; each line must be source TAB target, no more columns",
                       qp_reader_path(parallel->source), (long long)qp_reader_line(parallel->source));
    return QP_OK;
}

/* One number for each pair, and no more of them. */
static qp_status next_weight(qp_text_pairs *parallel, bool more, double *weight)
{
    char *line, *end;
    size_t bytes;
    *weight = 1;
    if (!parallel->weights) return QP_OK;
    QP_TRY(qp_reader_next(parallel->weights, &line, &bytes));
    const char *path = qp_reader_path(parallel->weights);
    if (!line && !more) return QP_OK;
    if (!line)
        return qp_fail(QP_EDATA, "%s: ends before line %lld of the training text; give each line a weight", path,
                       (long long)parallel->line + 1);
    if (!more)
        return qp_fail(QP_EDATA, "%s: has more lines than the training text, which has %lld; give each line one weight",
                       path, (long long)parallel->line);
    *weight = strtod(line, &end);
    if (end == line || *end || !isfinite((qp_real)*weight) || *weight < 0)
        return qp_fail(QP_EDATA, "%s:%lld: the weight '%.40s' is not a number from 0 up; 1 is that of an ordinary line",
                       path, (long long)qp_reader_line(parallel->weights), line);
    return QP_OK;
}

static uint64_t digest_of(const qp_text_pair *pair, int64_t line)
{
    uint64_t source = pair->source ? qp_hash_text(pair->source, pair->source_bytes) : 1;
    return qp_random_key(qp_random_key(source, qp_hash_text(pair->target, pair->target_bytes)), (uint64_t)line);
}

static qp_status next_pair(qp_text_pairs *parallel, qp_text_pair *pair, bool *more)
{
    memset(pair, 0, sizeof *pair);
    *more = false;
    if (parallel->end_line > 0 && parallel->line >= parallel->end_line) return QP_OK;
    if (parallel->kind == QP_TEXT_TWO_FILES) {
        QP_TRY(next_of_two(parallel, pair, more));
    } else if (parallel->kind != QP_TEXT_ONE_FILE) {
        QP_TRY(next_tabbed(parallel, pair, more));
    } else {
        char *line;
        QP_TRY(qp_reader_next_utf8(parallel->target, &line, &pair->target_bytes));
        *more = line != NULL;
        pair->target = line;
    }
    QP_TRY(next_weight(parallel, *more, &pair->weight));
    if (!*more) return QP_OK;
    parallel->line++;
    parallel->digest += digest_of(pair, parallel->line);
    return QP_OK;
}

qp_status qp_text_pairs_next(qp_text_pairs *parallel, qp_text_pair *pair, bool *more)
{
    const char *text;
    size_t bytes;
    do { /* equal sources belong together; of labelled texts, equal texts */
        QP_TRY(next_pair(parallel, pair, more));
        bool source = pair->source && parallel->kind != QP_TEXT_LABELLED;
        text = source ? pair->source : pair->target;
        bytes = source ? pair->source_bytes : pair->target_bytes;
    } while (*more && !qp_held_out_has_text(parallel->part, parallel->line, text, bytes));
    return QP_OK;
}

qp_text_place qp_text_pairs_tell(const qp_text_pairs *parallel)
{
    qp_text_place place = {.line = parallel->line, .digest = parallel->digest};
    if (parallel->source) place.source = qp_reader_tell(parallel->source);
    if (parallel->target) place.target = qp_reader_tell(parallel->target);
    return place;
}

qp_status qp_text_pairs_seek(qp_text_pairs *parallel, const qp_text_place *place, int64_t end_line)
{
    if (parallel->source) QP_TRY(qp_reader_seek(parallel->source, place->source));
    if (parallel->target) QP_TRY(qp_reader_seek(parallel->target, place->target));
    parallel->line = place->line;
    parallel->digest = place->digest;
    parallel->end_line = end_line;
    return QP_OK;
}

bool qp_text_pairs_compressed(const qp_text_pairs *parallel)
{
    return (parallel->source && qp_reader_compressed(parallel->source)) ||
           (parallel->target && qp_reader_compressed(parallel->target));
}

qp_status qp_text_pairs_twice(const qp_text_files *files, const char *why)
{
    const char *path[] = {files->source, files->target, files->weights};
    for (int i = 0; i < 3; i++)
        if (path[i] && qp_file_list_once(path[i]))
            return qp_fail(QP_EUSAGE, "%s: can be read only once, but is needed twice: %s",
                           strcmp(path[i], "-") == 0 ? "stdin" : path[i], why);
    return QP_OK;
}

static const qp_reader *side_of(const qp_text_pairs *parallel, bool target)
{
    return (target && parallel->target) || !parallel->source ? parallel->target : parallel->source;
}

int64_t qp_text_pairs_line(const qp_text_pairs *parallel, bool target)
{
    return qp_reader_line(side_of(parallel, target));
}

int qp_text_pairs_file(const qp_text_pairs *parallel) { return qp_reader_files(side_of(parallel, false)) - 1; }

const char *qp_text_pairs_path(const qp_text_pairs *parallel, bool target)
{
    return qp_reader_path(side_of(parallel, target));
}

void qp_text_pairs_close(qp_text_pairs *parallel)
{
    if (!parallel) return;
    if (parallel->source) qp_reader_close(parallel->source);
    if (parallel->target) qp_reader_close(parallel->target);
    if (parallel->weights) qp_reader_close(parallel->weights);
    free(parallel);
}
