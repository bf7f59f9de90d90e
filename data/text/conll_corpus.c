#include <stdlib.h>
#include <string.h>

#include "data/text/conll.h"
#include "data/text/corpus_builder.h"
#include "data/text/corpus_share.h"
#include "data/text/labels_join.h"
#include "lib/base/array.h"
#include "lib/text/normalize.h"

/* ---- words to pieces ---- */

typedef struct {
    int32_t *id;
    int count;
    size_t capacity;
} pieces;

static qp_status add_pieces(pieces *p, const qp_corpus_line *word, qp_corpus_place place)
{
    int32_t unknown = word->special.unknown;
    int more = word->count ? word->count : 1;
    if (p->count > INT32_MAX / 2 - more)
        return qp_fail(QP_EDATA, "%s:%lld: too many tokens; split the sentence", place.path, (long long)place.line);
    if (!QP_GROW(p->id, p->capacity, (size_t)(p->count + more)))
        return qp_fail(QP_EMEMORY, "%s:%lld: no memory for the sentence", place.path, (long long)place.line);
    memcpy(p->id + p->count, word->count ? word->id : &unknown, (size_t)more * sizeof *p->id);
    p->count += more;
    return QP_OK;
}

static qp_status encode_words(const qp_conll *c, int64_t first, int64_t end, const qp_text_codec *codec, pieces *p,
                              int32_t *source_row)
{
    for (int64_t w = first; w < end; w++) {
        const qp_conll_word *word = &c->word[w];
        qp_corpus_place place = {word->path, word->line};
        qp_corpus_line line;
        QP_TRY(qp_corpus_encode(codec, place, c->text + word->word, word->word_end - word->word, &line));
        source_row[w - first] = p->count;
        qp_status status = add_pieces(p, &line, place);
        free(line.id);
        QP_TRY(status);
    }
    return QP_OK;
}

qp_status qp_conll_pieces(const qp_conll *conll, int64_t sentence, const qp_text_codec *codec, int32_t **id, int *count,
                          int32_t **source_row)
{
    int64_t first = conll->start[sentence], end = conll->start[sentence + 1];
    pieces p = {0};
    *id = NULL;
    *count = 0;
    *source_row = malloc((size_t)(end - first) * sizeof **source_row);
    qp_status status = *source_row ? encode_words(conll, first, end, codec, &p, *source_row)
                                   : qp_fail(QP_EMEMORY, "%s:%lld: no memory for the sentence", conll->word[first].path,
                                             (long long)conll->word[first].line);
    if (status != QP_OK) {
        free(p.id);
        free(*source_row);
        *source_row = NULL;
        return status;
    }
    *id = p.id;
    *count = p.count;
    return QP_OK;
}

/* ---- sentences to corpus ---- */

static qp_status number_tags(const qp_conll *c, int64_t sentence, const qp_conll_options *options, int32_t *label)
{
    int64_t first = c->start[sentence];
    for (int64_t w = first; w < c->start[sentence + 1]; w++) {
        const qp_conll_word *word = &c->word[w];
        QP_TRY(qp_labels_number(options->labels, options->policy, word->path, word->line, c->text + word->tag,
                                word->tag_end - word->tag, &label[w - first]));
    }
    return QP_OK;
}

static int64_t characters_of(const qp_conll *c, int64_t first, int64_t end)
{
    int64_t characters = end - first; /* the spaces between words and the end of the line */
    for (int64_t w = first; w < end; w++)
        characters += qp_nfc_characters(c->text + c->word[w].word, c->word[w].word_end - c->word[w].word);
    return characters;
}

static qp_status keep(const qp_conll *c, int64_t sentence, const qp_conll_options *options, qp_corpus_builder *builder,
                      qp_corpus_line *text, qp_corpus_line *answers, const int32_t *source_row)
{
    qp_corpus_statistics *statistics = &builder->corpus->statistics;
    qp_corpus_place place = {c->word[c->start[sentence]].path, c->word[c->start[sentence]].line};
    qp_corpus_builder_note(&statistics->source, text->count, place.line);
    if (!qp_corpus_builder_fits(builder, text->count, options->max_length, options->when_longer)) return QP_OK;
    int longest = options->max_length - 1;
    if (options->max_length && text->count > longest) {
        text->count = longest;
        while (source_row[answers->count - 1] >= longest) answers->count--; /* the first word begins at 0 */
    }
    for (int w = 0; w < answers->count; w++) statistics->unseen += answers->id[w] < 0;
    QP_TRY(qp_corpus_builder_add(builder, place, text, answers, source_row));
    int file = 0;
    while (c->file[file].path != place.path) file++;
    return qp_corpus_builder_keep(builder, options->by_file ? &file : NULL, NULL);
}

static qp_status load_sentence(const qp_conll *c, int64_t sentence, const qp_conll_options *options,
                               qp_corpus_builder *builder)
{
    int64_t first = c->start[sentence], end = c->start[sentence + 1];
    qp_corpus_line text = {.characters = characters_of(c, first, end), .special = qp_codec_special(options->codec)};
    qp_corpus_line answers = {.count = (int)(end - first), .without_end = true};
    int32_t *source_row = NULL;
    builder->corpus->statistics.lines++;
    qp_status status = qp_conll_pieces(c, sentence, options->codec, &text.id, &text.count, &source_row);
    if (status == QP_OK) {
        answers.id = malloc((size_t)answers.count * sizeof *answers.id);
        status = answers.id ? number_tags(c, sentence, options, answers.id)
                            : qp_fail(QP_EMEMORY, "%s:%lld: no memory for the tags", c->word[first].path,
                                      (long long)c->word[first].line);
    }
    if (status == QP_OK) status = keep(c, sentence, options, builder, &text, &answers, source_row);
    free(text.id);
    free(answers.id);
    free(source_row);
    return status;
}

static qp_status load_sentences(const qp_conll *c, const qp_conll_options *options, qp_corpus_builder *builder)
{
    if (c->tag_column == 0)
        return qp_fail(QP_EDATA, "%s: no tags; put them into a column after the words to train or evaluate a tagger",
                       c->file->path);
    for (int64_t i = 0; i < c->sentences; i++) QP_TRY(load_sentence(c, i, options, builder));
    if (builder->corpus->sequences) qp_corpus_builder_end(builder);
    return QP_OK;
}

static qp_status load_all(const qp_conll *c, const qp_conll_options *options, qp_corpus_builder *builder)
{
    QP_TRY(qp_cluster_agree(c->cluster, load_sentences(c, options, builder)));
    QP_TRY(qp_labels_join(c->cluster, options->labels, builder->corpus));
    QP_TRY(qp_corpus_join(c->cluster, false, options->spread, builder->corpus));
    QP_TRY(qp_corpus_builder_check(builder, c->file->path, options->max_length));
    if (options->policy == QP_LABEL_LEARN && options->labels->count < 2)
        return qp_fail(QP_EDATA, "%s: column %d of every word is '%s'; name the column of the tags with --tag-column",
                       c->file->path, c->tag_column, options->labels->text[0]);
    return QP_OK;
}

qp_status qp_conll_corpus(const qp_conll *conll, const qp_conll_options *options, qp_corpus *corpus)
{
    memset(corpus, 0, sizeof *corpus);
    corpus->answers = true;
    QP_TRY(qp_corpus_check_length(options->max_length));
    qp_corpus_builder builder = {.corpus = corpus};
    qp_status status = load_all(conll, options, &builder);
    if (status != QP_OK) qp_corpus_free(corpus);
    return status;
}

/* ---- sentences to text ---- */

void qp_conll_write(const qp_conll *conll, const char *const *tag, FILE *stream)
{
    size_t done = 0;
    for (int64_t w = 0; w < conll->words; w++) {
        const qp_conll_word *word = &conll->word[w];
        size_t begin = word->tag, end = word->tag_end;
        if (!conll->tag_column) begin = end = word->word_end;
        fwrite(conll->text + done, 1, begin - done, stream);
        if (!conll->tag_column) fputc('\t', stream);
        fputs(tag[w], stream);
        done = end;
    }
    fwrite(conll->text + done, 1, conll->bytes - done, stream);
}

qp_status qp_conll_lines_next(void *self, const char **line, size_t *bytes)
{
    qp_conll_lines *l = self;
    const qp_conll *c = l->conll;
    *line = NULL;
    *bytes = 0;
    if (l->sentence == c->sentences) return QP_OK;
    int64_t first = c->start[l->sentence], end = c->start[l->sentence + 1];
    size_t needed = 1;
    for (int64_t w = first; w < end; w++) needed += c->word[w].word_end - c->word[w].word + 1;
    if (!QP_GROW(l->line, l->capacity, needed))
        return qp_fail(QP_EMEMORY, "%s: no memory for a sentence", c->file->path);
    for (int64_t w = first; w < end; w++) {
        size_t length = c->word[w].word_end - c->word[w].word;
        if (w > first) l->line[(*bytes)++] = ' ';
        memcpy(l->line + *bytes, c->text + c->word[w].word, length);
        *bytes += length;
    }
    l->line[*bytes] = 0;
    *line = l->line;
    l->sentence++;
    return QP_OK;
}
