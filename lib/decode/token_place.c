#include "lib/decode/token_place.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/decode/alignment.h"
#include "lib/text/characters.h"
#include "lib/text/text_buffer.h"
#include "lib/text/utf8.h"

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "alignment: out of memory for the words of a line"); }

/* The first byte from `at` on that is, or (space) is not, white space; `bytes` if there is none. */
static size_t skip(const char *text, size_t bytes, size_t at, bool space)
{
    size_t length;
    while (at < bytes && qp_is_white_space(qp_utf8_next(text + at, bytes - at, &length)) == space) at += length;
    return at;
}

qp_status qp_words_split(const char *text, size_t bytes, qp_line **word, int *words)
{
    size_t capacity = 0;
    qp_line *made = NULL;
    *words = 0;
    for (size_t at = skip(text, bytes, 0, true); at < bytes || !made;) {
        if (!QP_GROW(made, capacity, (size_t)*words + 1)) {
            free(made);
            return no_memory();
        }
        if (at == bytes) break;
        size_t end = skip(text, bytes, at, false);
        made[(*words)++] = (qp_line){text + at, end - at};
        at = skip(text, bytes, end, true);
    }
    *word = made;
    return QP_OK;
}

qp_status qp_words_of_source(const qp_text_codec *codec, const qp_line *line, const qp_line *word, int words, int count,
                             int32_t *of_word)
{
    int at = 0;
    for (int k = 0; k < words && at < count - 1; k++) {
        int32_t *id;
        int tokens;
        size_t end = (size_t)(word[k].text - line->text) + word[k].bytes;
        QP_TRY(codec->encode(codec->self, line->text, end, &id, &tokens));
        free(id);
        while (at < tokens && at < count - 1) of_word[at++] = k;
    }
    while (at < count) of_word[at++] = words;
    return QP_OK;
}

/* offset [count + 1]: token t of id is bytes offset[t] .. offset[t+1]-1 of the text that they decode to. Takes a
 * decoding for each token. */
static qp_status find_offsets(const qp_text_codec *codec, const int32_t *id, int count, size_t *offset)
{
    offset[0] = 0;
    for (int t = 0; t < count; t++) {
        char *text;
        QP_TRY(codec->decode(codec->self, id, t + 1, &text, &offset[t + 1]));
        free(text);
        if (offset[t + 1] < offset[t]) offset[t + 1] = offset[t];
    }
    return QP_OK;
}

static int tokens_before_end(const qp_text_codec *target, const qp_hypothesis *hypothesis)
{
    int count = hypothesis->count;
    return count > 0 && hypothesis->id[count - 1] == qp_codec_special(target).end ? count - 1 : count;
}

/* ---- words of a hypothesis ---- */

/* of_word [count] from the decoded text and the offsets of the tokens; a token of white space belongs to the next
 * word. */
static void words_of_target(const char *text, size_t bytes, const qp_line *word, int words, const size_t *offset,
                            int count, int32_t *of_word)
{
    int k = 0;
    for (int t = 0; t < count; t++) {
        size_t at = skip(text, bytes, offset[t] < bytes ? offset[t] : bytes, true);
        while (k + 1 < words && (size_t)(word[k].text - text) + word[k].bytes <= at) k++;
        of_word[t] = k;
    }
}

static qp_status find_target_words(const qp_text_codec *target, const qp_hypothesis *hypothesis, int tokens,
                                   int32_t *of_word, int *words)
{
    char *text = NULL;
    size_t bytes;
    qp_line *word = NULL;
    size_t *offset = malloc(((size_t)tokens + 1) * sizeof *offset);
    qp_status status = offset ? find_offsets(target, hypothesis->id, tokens, offset) : no_memory();
    if (status == QP_OK) status = target->decode(target->self, hypothesis->id, tokens, &text, &bytes);
    if (status == QP_OK) status = qp_words_split(text, bytes, &word, words);
    if (status == QP_OK) words_of_target(text, bytes, word, *words, offset, tokens, of_word);
    free(word);
    free(text);
    free(offset);
    return status;
}

/* weight[w, v] from the rows of tokens; `to` and `from` are the words of the target's and the source's tokens. */
static void add_up(const qp_hypothesis *hypothesis, int source_count, const int32_t *to, const int32_t *from,
                   qp_word_alignment *alignment)
{
    for (int w = 0, t = 0; w < alignment->targets; w++) {
        qp_real *row = alignment->weight + (ptrdiff_t)w * alignment->sources;
        int first = t;
        for (; t < hypothesis->count && to[t] == w; t++)
            for (int s = 0; s < source_count; s++)
                row[from[s]] += hypothesis->attention[(ptrdiff_t)t * source_count + s];
        for (int v = 0; v < alignment->sources; v++) {
            if (t > first) row[v] /= (qp_real)(t - first);
            if (t == first && w > 0) row[v] = row[v - alignment->sources];
        }
    }
}

qp_status qp_word_alignment_init(const qp_text_codec *source, const qp_line *line, int source_count,
                                 const qp_text_codec *target, const qp_hypothesis *hypothesis,
                                 qp_word_alignment *alignment)
{
    int tokens = tokens_before_end(target, hypothesis), words = 0;
    int32_t *to = malloc(((size_t)hypothesis->count + 1) * sizeof *to);
    int32_t *from = malloc(((size_t)source_count + 1) * sizeof *from);
    *alignment = (qp_word_alignment){0};
    qp_status status = to && from ? qp_words_split(line->text, line->bytes, &alignment->source, &words) : no_memory();
    if (status == QP_OK) status = qp_words_of_source(source, line, alignment->source, words, source_count, from);
    alignment->sources = words + 1;
    if (status == QP_OK) status = find_target_words(target, hypothesis, tokens, to, &alignment->targets);
    if (status == QP_OK && tokens < hypothesis->count) to[tokens] = alignment->targets++;
    if (status == QP_OK) {
        alignment->weight = calloc((size_t)alignment->targets * (size_t)alignment->sources + 1, sizeof(qp_real));
        if (alignment->weight)
            add_up(hypothesis, source_count, to, from, alignment);
        else
            status = no_memory();
    }
    free(to);
    free(from);
    if (status != QP_OK) qp_word_alignment_free(alignment);
    return status;
}

void qp_word_alignment_free(qp_word_alignment *alignment)
{
    free(alignment->weight);
    free(alignment->source);
    *alignment = (qp_word_alignment){0};
}

/* ---- copied words ---- */

/* What a copy needs of one hypothesis. */
typedef struct {
    const qp_hypothesis *hypothesis;
    int source_count, tokens, words;
    int32_t unknown;
    qp_line *word;    /* [words] of the source */
    int32_t *of_word; /* [source_count] */
    size_t *offset;   /* [tokens + 1] */
} copying;

/* The source word of target token t, or -1. */
static int word_for(const copying *c, int t)
{
    int word = c->of_word[qp_alignment_hard(c->hypothesis->attention, c->source_count, t)];
    return word < c->words ? word : -1;
}

static void put_copies(const copying *c, const char *text, size_t bytes, qp_text_buffer *out)
{
    size_t at = 0;
    int before = -1; /* the word that the token before gave, if it was unknown */
    for (int t = 0; t < c->tokens; t++) {
        int word = c->hypothesis->id[t] == c->unknown ? word_for(c, t) : -1;
        size_t end = c->offset[t + 1] < bytes ? c->offset[t + 1] : bytes;
        size_t begin = skip(text, end, c->offset[t] < end ? c->offset[t] : end, true);
        bool again = word >= 0 && word == before && begin == c->offset[t];
        before = word;
        if (word < 0 || begin == end) continue;
        size_t after = skip(text, end, begin, false); /* an unknown token may end in a space */
        qp_text_put(out, text + at, begin - at);
        if (!again) qp_text_put(out, c->word[word].text, c->word[word].bytes);
        at = after;
    }
    qp_text_put(out, text + at, bytes - at);
}

static qp_status copy_words(copying *c, const qp_text_codec *source, const qp_line *line, const qp_text_codec *target,
                            char **text, size_t *bytes)
{
    QP_TRY(qp_words_split(line->text, line->bytes, &c->word, &c->words));
    QP_TRY(qp_words_of_source(source, line, c->word, c->words, c->source_count, c->of_word));
    QP_TRY(find_offsets(target, c->hypothesis->id, c->tokens, c->offset));
    qp_text_buffer out = {0};
    put_copies(c, *text, *bytes, &out);
    char *copied;
    QP_TRY(qp_text_finish(&out, &copied, bytes));
    free(*text);
    *text = copied;
    return QP_OK;
}

qp_status qp_copy_unknown(const qp_text_codec *source, const qp_line *line, int source_count,
                          const qp_text_codec *target, const qp_hypothesis *hypothesis, char **text, size_t *bytes)
{
    copying c = {.hypothesis = hypothesis,
                 .source_count = source_count,
                 .tokens = tokens_before_end(target, hypothesis),
                 .unknown = qp_codec_special(target).unknown};
    bool any = false;
    for (int t = 0; t < c.tokens; t++) any = any || hypothesis->id[t] == c.unknown;
    if (!any || c.unknown < 0) return QP_OK;
    c.of_word = malloc(((size_t)source_count + 1) * sizeof *c.of_word);
    c.offset = malloc(((size_t)c.tokens + 1) * sizeof *c.offset);
    qp_status status = c.of_word && c.offset ? copy_words(&c, source, line, target, text, bytes) : no_memory();
    free(c.word);
    free(c.of_word);
    free(c.offset);
    return status;
}
