#include "data/corpus.h"

#include <stdlib.h>
#include <string.h>

/* A corpus that grows. */
typedef struct {
    const qp_corpus_options *options;
    qp_parallel *text;
    qp_corpus *corpus;
    int64_t id_capacity[2], start_capacity[2]; /* of source and target */
} loader;

/* The ids of one line, before they are kept. */
typedef struct {
    int32_t *id;
    int count;
    int64_t characters;
} encoded;

/* The block, moved if it must be, with room for `needed` elements: it doubles. NULL and a message without memory. */
static void *grow(const loader *l, void *block, int64_t *capacity, int64_t needed, size_t element_bytes)
{
    if (needed <= *capacity) return block;
    int64_t wanted = *capacity > 512 ? *capacity : 512;
    while (wanted < needed && wanted <= INT64_MAX / 2) wanted *= 2;
    void *grown = NULL;
    if (wanted >= needed && (uint64_t)wanted <= SIZE_MAX / element_bytes)
        grown = realloc(block, (size_t)wanted * element_bytes);
    if (grown)
        *capacity = wanted;
    else
        qp_fail(QP_EMEMORY, "%s:%lld: no memory for the corpus; use a shorter one or a smaller --max-length",
                qp_parallel_path(l->text, false), (long long)qp_parallel_line(l->text));
    return grown;
}

/* Room for one more sequence in the places of one side. */
static qp_status reserve_sequence(loader *l, bool target)
{
    qp_corpus_side *side = target ? &l->corpus->target : &l->corpus->source;
    int64_t sequences = l->corpus->sequences;
    if (sequences == INT32_MAX - 1)
        return qp_fail(QP_EDATA, "%s: more than %d lines; use a shorter corpus", qp_parallel_path(l->text, target),
                       INT32_MAX - 1);
    int64_t *start = grow(l, side->start, &l->start_capacity[target], sequences + 2, sizeof *start);
    if (!start) return QP_EMEMORY;
    if (sequences == 0) start[0] = 0;
    side->start = start;
    return QP_OK;
}

/* Ids of one side of the pair just read. A codec knows no file: its message gets file and line in front. */
static qp_status encode(const loader *l, bool target, const qp_text_pair *pair, encoded *line)
{
    const qp_text_codec *codec = target ? l->options->target_codec : l->options->source_codec;
    const char *text = target ? pair->target : pair->source;
    size_t bytes = target ? pair->target_bytes : pair->source_bytes;
    *line = (encoded){.characters = 1};
    for (size_t i = 0; i < bytes; i++) line->characters += ((unsigned char)text[i] & 0xC0) != 0x80;
    qp_status status = codec->encode(codec->self, text, bytes, &line->id, &line->count);
    if (status == QP_OK && line->count < INT32_MAX) return QP_OK;
    char reason[512] = "too many tokens; split the line";
    if (status != QP_OK) {
        strncpy(reason, qp_error_message(), sizeof reason - 1);
        line->id = NULL; /* a codec that failed has nothing to free */
    }
    return qp_fail(status == QP_OK ? QP_EDATA : status, "%s:%lld: %s", qp_parallel_path(l->text, target),
                   (long long)qp_parallel_line(l->text), reason);
}

static void note_length(const loader *l, qp_side_figures *figures, int count)
{
    if ((int64_t)count + 1 <= figures->longest) return;
    figures->longest = (int64_t)count + 1;
    figures->longest_line = qp_parallel_line(l->text);
}

/* Append one side of sequence number corpus->sequences. */
static qp_status append(loader *l, bool target, const encoded *line)
{
    qp_corpus_side *side = target ? &l->corpus->target : &l->corpus->source;
    qp_side_figures *figures = target ? &l->corpus->figures.target : &l->corpus->figures.source;
    QP_TRY(reserve_sequence(l, target));
    int64_t begin = side->start[l->corpus->sequences];
    int count = line->count, longest = l->options->max_length;
    if (longest && count > longest - 1) count = longest - 1;
    int32_t *id = grow(l, side->id, &l->id_capacity[target], begin + count + 1, sizeof *id);
    if (!id) return QP_EMEMORY;
    side->id = id;
    memcpy(side->id + begin, line->id, (size_t)count * sizeof *line->id);
    side->id[begin + count] = QP_EOS;
    side->start[l->corpus->sequences + 1] = begin + count + 1;
    figures->tokens += count + 1;
    figures->characters += line->characters;
    for (int i = 0; i < count; i++) figures->unknown += line->id[i] == QP_UNK;
    return QP_OK;
}

static qp_status keep_pair(loader *l, const encoded *source, const encoded *target)
{
    qp_corpus_figures *figures = &l->corpus->figures;
    bool monolingual = l->options->files.kind == QP_TEXT_ONE_FILE;
    if (!monolingual) note_length(l, &figures->source, source->count);
    note_length(l, &figures->target, target->count);
    bool empty_stays = monolingual && l->options->running_text;
    if ((target->count == 0 && !empty_stays) || (!monolingual && source->count == 0)) {
        figures->empty++;
        return QP_OK;
    }
    int most = target->count;
    if (!monolingual && source->count > most) most = source->count;
    if (l->options->max_length && most > l->options->max_length - 1) {
        if (l->options->when_longer == QP_LONG_SKIP) {
            figures->skipped++;
            return QP_OK;
        }
        figures->cut++;
    }
    if (!monolingual) QP_TRY(append(l, false, source));
    QP_TRY(append(l, true, target));
    l->corpus->sequences++;
    return QP_OK;
}

static qp_status load_pair(loader *l, const qp_text_pair *pair)
{
    encoded source = {0}, target = {0};
    qp_status status = QP_OK;
    l->corpus->figures.lines++;
    if (l->options->files.kind != QP_TEXT_ONE_FILE) status = encode(l, false, pair, &source);
    if (status == QP_OK) status = encode(l, true, pair, &target);
    if (status == QP_OK) status = keep_pair(l, &source, &target);
    free(source.id);
    free(target.id);
    return status;
}

/* A corpus nothing can be learned from is an error, not a loop without steps. */
static qp_status check_content(const loader *l)
{
    const qp_corpus_figures *f = &l->corpus->figures;
    const char *path = qp_parallel_path(l->text, false);
    if (f->lines == 0) return qp_fail(QP_EDATA, "%s: the file has no lines; give a corpus with text in it", path);
    if (l->corpus->sequences == 0)
        return qp_fail(QP_EDATA,
                       "%s: none of %lld lines can be used, %lld are empty and %lld longer than %d tokens; "
                       "check the file and --max-length",
                       path, (long long)f->lines, (long long)f->empty, (long long)f->skipped, l->options->max_length);
    return QP_OK;
}

/* Give back what doubling took too much; a block that cannot shrink stays as it is. */
static void shrink(qp_corpus_side *side, int64_t sequences)
{
    if (!side->start) return;
    int32_t *id = realloc(side->id, (size_t)side->start[sequences] * sizeof *id);
    if (id) side->id = id;
    int64_t *start = realloc(side->start, (size_t)(sequences + 1) * sizeof *start);
    if (start) side->start = start;
}

static qp_status load_all(loader *l)
{
    for (;;) {
        qp_text_pair pair;
        bool more;
        QP_TRY(qp_parallel_next(l->text, &pair, &more));
        if (!more) break;
        QP_TRY(load_pair(l, &pair));
    }
    return check_content(l);
}

qp_status qp_corpus_load(const qp_corpus_options *options, qp_corpus *corpus)
{
    memset(corpus, 0, sizeof *corpus);
    if (options->max_length < 0 || options->max_length == 1)
        return qp_fail(QP_EUSAGE, "max-length %d: a sequence has at least a token and its end; give 2 or more, or 0",
                       options->max_length);
    loader l = {.options = options, .corpus = corpus};
    QP_TRY(qp_parallel_open(&options->files, &l.text));
    qp_status status = load_all(&l);
    qp_parallel_close(l.text);
    if (status != QP_OK) {
        qp_corpus_free(corpus);
        return status;
    }
    shrink(&corpus->source, corpus->sequences);
    shrink(&corpus->target, corpus->sequences);
    return QP_OK;
}

void qp_corpus_free(qp_corpus *corpus)
{
    free(corpus->source.id);
    free(corpus->source.start);
    free(corpus->target.id);
    free(corpus->target.start);
    memset(corpus, 0, sizeof *corpus);
}
