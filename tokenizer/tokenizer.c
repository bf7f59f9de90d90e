#include "tokenizer/tokenizer.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "lib/base/array.h"
#include "lib/text/jamo.h"
#include "tokenizer/own/tokenizer_internal.h"
#include "lib/text/utf8.h"
#include "tokenizer/split/word_pattern.h"

static const char UNKNOWN_TEXT[] = "<unk>";

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts"); }

/* ---- making ---- */

qp_tokenizer *qp_tokenizer_new(int type, qp_form form, bool lower_case, bool byte_fallback, bool single_digits)
{
    qp_tokenizer *t = calloc(1, sizeof *t);
    if (!t) return NULL;
    qp_vocabulary_init(&t->vocabulary);
    t->type = type;
    t->form = form;
    t->lower_case = lower_case;
    t->byte_fallback = byte_fallback || type == QP_TOKENIZER_BYTE || type == QP_TOKENIZER_BYTE_BPE;
    t->space_first = qp_tokenizer_space_default(type, QP_CUT_WORDS);
    t->vocabulary.byte_letters = type == QP_TOKENIZER_BYTE_BPE;
    t->rules.single_digits = single_digits;
    t->rules.single_punctuation = type == QP_TOKENIZER_WORD;
    t->rules.white_space = type == QP_TOKENIZER_SPACE;
    return t;
}

bool qp_tokenizer_space_default(int type, int pattern)
{
    return type != QP_TOKENIZER_CHAR && type != QP_TOKENIZER_BYTE &&
           (pattern == QP_CUT_WORDS || pattern == QP_CUT_SPACES);
}

qp_status qp_tokenizer_set(qp_tokenizer *tokenizer, const qp_tokenizer_settings *settings)
{
    tokenizer->rules.pattern = settings->pattern;
    tokenizer->space_first = settings->space_first;
    tokenizer->case_fold = settings->case_fold;
    tokenizer->strip_accents = settings->strip_accents;
    tokenizer->jamo = settings->jamo;
    tokenizer->whole_text = tokenizer->type == QP_TOKENIZER_UNIGRAM && settings->pattern == QP_CUT_SPACES;
    if (settings->pattern != QP_CUT_GPT2 && settings->pattern != QP_CUT_GPT4) return QP_OK;
    tokenizer->rules.classes = tokenizer->classes = qp_word_classes_make();
    return tokenizer->classes ? QP_OK : no_memory();
}

void qp_tokenizer_free(qp_tokenizer *tokenizer)
{
    if (!tokenizer) return;
    qp_foreign_free(&tokenizer->foreign);
    qp_vocabulary_free(&tokenizer->vocabulary);
    qp_bpe_free(&tokenizer->bpe);
    qp_unigram_free(&tokenizer->unigram);
    qp_trie_free(&tokenizer->initial);
    qp_trie_free(&tokenizer->continuing);
    free(tokenizer->score);
    free(tokenizer->whole);
    free(tokenizer->classes);
    free(tokenizer);
}

qp_status qp_tokenizer_add_special(qp_tokenizer *tokenizer)
{
    static const char *const special[QP_SPECIAL_COUNT] = {
        [QP_PAD] = "<pad>", [QP_BOS] = "<s>", [QP_EOS] = "</s>", [QP_UNK] = UNKNOWN_TEXT};
    for (int i = 0; i < QP_SPECIAL_COUNT; i++) {
        QP_TRY(qp_tokenizer_add_piece(tokenizer, QP_PIECE_SPECIAL, special[i], strlen(special[i]), 0));
    }
    for (int byte = 0; tokenizer->byte_fallback && byte < 256; byte++) {
        char text = (char)byte;
        QP_TRY(qp_tokenizer_add_piece(tokenizer, QP_PIECE_BYTE, &text, 1, 0));
    }
    return QP_OK;
}

void qp_encoding_free(qp_encoding *encoding)
{
    free(encoding->id);
    free(encoding->begin);
    free(encoding->end);
    free(encoding->type_id);
    free(encoding->first_character);
    free(encoding->last_character);
    if (encoding->scratch) {
        qp_mapped_text_free(&encoding->scratch->work);
        qp_bpe_scratch_free(&encoding->scratch->bpe);
        qp_unigram_path_free(&encoding->scratch->path);
        qp_foreign_scratch_free(&encoding->scratch->foreign);
        qp_unigram_lattice_free(&encoding->scratch->lattice);
        qp_lattice_path_free(&encoding->scratch->drawn);
        free(encoding->scratch->symbol);
        free(encoding->scratch);
    }
    *encoding = (qp_encoding){.spans = encoding->spans};
}

/* ---- encoding ---- */

/* Vocabularies of whole words know no pieces of words. */
static bool has_whole_words(const qp_tokenizer *t)
{
    return t->type == QP_TOKENIZER_WORD || t->type == QP_TOKENIZER_SPACE;
}

qp_status qp_encoding_add(qp_encoding *e, int32_t id)
{
    if (!QP_GROW(e->id, e->id_capacity, (size_t)e->count + 1)) return no_memory();
    e->id[e->count++] = id;
    return QP_OK;
}

/* A character or word without a piece: its bytes, or <unk>. */
qp_status qp_encoding_add_unknown(const qp_tokenizer *t, const char *text, size_t bytes, qp_encoding *e)
{
    if (!t->byte_fallback) return qp_encoding_add(e, QP_UNK);
    for (size_t i = 0; i < bytes; i++) QP_TRY(qp_encoding_add(e, t->vocabulary.byte_id[(unsigned char)text[i]]));
    return QP_OK;
}

static qp_status add_characters(const qp_tokenizer *t, const char *text, size_t bytes, qp_encoding *e)
{
    for (size_t at = 0, length; at < bytes; at += length) {
        int32_t code = qp_utf8_next(text + at, bytes - at, &length);
        int32_t id = code == QP_INVALID_CODE ? -1 : qp_vocabulary_find_code(&t->vocabulary, code);
        QP_TRY(id >= 0 ? qp_encoding_add(e, id) : qp_encoding_add_unknown(t, text + at, length, e));
    }
    return QP_OK;
}

/* The characters of a segment go straight behind the ids so far and are joined there. */
static qp_status add_joined(const qp_tokenizer *t, const char *text, size_t bytes, qp_encoding *e)
{
    int first = e->count;
    QP_TRY(t->type == QP_TOKENIZER_BYTE_BPE ? qp_encoding_add_unknown(t, text, bytes, e)
                                            : add_characters(t, text, bytes, e));
    size_t count = (size_t)(e->count - first);
    if (e->scratch->random)
        QP_TRY(qp_bpe_apply_dropout(&t->bpe, &e->scratch->bpe, e->scratch->random, e->id + first, &count));
    else
        QP_TRY(qp_bpe_apply(&t->bpe, &e->scratch->bpe, e->id + first, &count));
    e->count = first + (int)count;
    return QP_OK;
}

static qp_status add_path(const qp_tokenizer *t, const char *text, size_t bytes, qp_encoding *e)
{
    qp_unigram_path *path = &e->scratch->path;
    if (e->scratch->random) return qp_tokenizer_add_drawn(t, text, bytes, e);
    QP_TRY(qp_unigram_apply(&t->unigram, text, bytes, path));
    for (size_t i = 0; i < path->count; i++) {
        const qp_unigram_piece *piece = &path->piece[i];
        QP_TRY(piece->id >= 0 ? qp_encoding_add(e, piece->id)
                              : qp_encoding_add_unknown(t, text + piece->begin, piece->bytes, e));
    }
    return QP_OK;
}

/* WordPiece: the longest piece that fits, again and again; where none fits, the whole segment is unknown. */
static qp_status add_longest(const qp_tokenizer *t, const char *text, size_t bytes, qp_encoding *e)
{
    int first = e->count;
    for (size_t at = 0, length; at < bytes; at += length) {
        int32_t id = qp_trie_longest(at ? &t->continuing : &t->initial, text + at, bytes - at, &length);
        if (id < 0) {
            e->count = first;
            return qp_encoding_add_unknown(t, text, bytes, e);
        }
        QP_TRY(qp_encoding_add(e, id));
    }
    return QP_OK;
}

static qp_status add_parts(const qp_tokenizer *t, const char *text, size_t bytes, qp_encoding *e)
{
    switch (t->type) {
    case QP_TOKENIZER_WORD:
    case QP_TOKENIZER_SPACE: return qp_encoding_add_unknown(t, text, bytes, e);
    case QP_TOKENIZER_UNIGRAM: return add_path(t, text, bytes, e);
    case QP_TOKENIZER_WORDPIECE: return add_longest(t, text, bytes, e);
    default: return add_joined(t, text, bytes, e);
    }
}

static qp_status add_segment(const qp_tokenizer *t, const char *text, size_t bytes, qp_encoding *e)
{
    bool merges = t->type != QP_TOKENIZER_WORD && t->type != QP_TOKENIZER_SPACE && t->type != QP_TOKENIZER_WORDPIECE;
    if (e->scratch->random && merges) return add_parts(t, text, bytes, e);
    int32_t id = qp_vocabulary_find(&t->vocabulary, text, bytes);
    if (id >= 0 && t->whole[id]) return qp_encoding_add(e, id);
    return add_parts(t, text, bytes, e);
}

qp_status qp_tokenizer_encode_segment(const qp_tokenizer *t, const char *text, size_t bytes, qp_encoding *e)
{
    if (!e->scratch) e->scratch = calloc(1, sizeof *e->scratch);
    if (!e->scratch) return no_memory();
    if (t->type == QP_TOKENIZER_BYTE) return qp_encoding_add_unknown(t, text, bytes, e);
    return t->type == QP_TOKENIZER_CHAR ? add_characters(t, text, bytes, e) : add_segment(t, text, bytes, e);
}

/* Spans of the ids from `first` on, which together are work[at .. end). */
static qp_status add_spans(const qp_tokenizer *t, size_t at, size_t end, int first, qp_encoding *e)
{
    const qp_mapped_text *work = &e->scratch->work;
    if (!QP_GROW(e->begin, e->begin_capacity, (size_t)e->count)) return no_memory();
    if (!QP_GROW(e->end, e->end_capacity, (size_t)e->count)) return no_memory();
    for (int i = first; i < e->count; i++) {
        size_t bytes = end - at;
        if (e->id[i] != QP_UNK) {
            qp_vocabulary_text(&t->vocabulary, e->id[i], &bytes);
        } else if (!has_whole_words(t) && t->type != QP_TOKENIZER_WORDPIECE) {
            qp_utf8_next(work->text + at, end - at, &bytes);
        }
        e->begin[i] = work->begin[at];
        e->end[i] = work->end[at + bytes - 1];
        at += bytes;
    }
    return QP_OK;
}

/* Characters and bytes know no segments. */
static qp_status encode_text(const qp_tokenizer *t, const char *text, size_t bytes, qp_encoding *e)
{
    QP_TRY(t->type == QP_TOKENIZER_BYTE ? qp_encoding_add_unknown(t, text, bytes, e)
                                        : add_characters(t, text, bytes, e));
    return e->spans ? add_spans(t, 0, bytes, 0, e) : QP_OK;
}

qp_status qp_tokenizer_encode_into(const qp_tokenizer *t, const char *text, size_t bytes, qp_encoding *e)
{
    if (!e->scratch) e->scratch = calloc(1, sizeof *e->scratch);
    if (!e->scratch) return no_memory();
    if (qp_is_foreign(&t->foreign)) return qp_foreign_encode(&t->foreign, text, bytes, e, &e->scratch->foreign);
    e->count = 0;
    qp_mapped_text *work = &e->scratch->work;
    work->mapped = e->spans;
    QP_TRY(qp_tokenizer_prepare(t, text, bytes, work));
    if (work->bytes > INT32_MAX) return qp_fail(QP_EDATA, "tokenizer: text of 2^31 bytes or more; cut it into lines");
    if (t->type == QP_TOKENIZER_CHAR || t->type == QP_TOKENIZER_BYTE) return encode_text(t, work->text, work->bytes, e);
    for (size_t at = 0, end; at < work->bytes; at = end) {
        int first = e->count;
        end = t->whole_text ? work->bytes : qp_split_next(&t->rules, work->text, work->bytes, at);
        QP_TRY(add_segment(t, work->text + at, end - at, e));
        if (e->spans) QP_TRY(add_spans(t, at, end, first, e));
    }
    return QP_OK;
}

qp_status qp_tokenizer_encode(const qp_tokenizer *t, const char *text, size_t bytes, int32_t **id, int *count)
{
    qp_encoding encoding = {0};
    qp_status status = qp_tokenizer_encode_into(t, text, bytes, &encoding);
    if (status == QP_OK && !encoding.id && !QP_GROW(encoding.id, encoding.id_capacity, 1)) status = no_memory();
    *id = NULL;
    *count = 0;
    if (status == QP_OK) {
        *id = encoding.id;
        *count = encoding.count;
        encoding.id = NULL;
    }
    qp_encoding_free(&encoding);
    return status;
}

qp_status qp_tokenizer_add_piece(qp_tokenizer *t, qp_piece_kind kind, const char *text, size_t bytes, float score)
{
    if (!QP_GROW(t->score, t->score_capacity, (size_t)t->vocabulary.count + 1)) return no_memory();
    t->score[t->vocabulary.count] = score;
    return qp_vocabulary_add(&t->vocabulary, kind, text, bytes, NULL);
}

static qp_status build_trie(const qp_tokenizer *t, qp_piece_kind kind, qp_trie *trie)
{
    const qp_vocabulary *v = &t->vocabulary;
    qp_trie_key *key = malloc(((size_t)v->count + 1) * sizeof *key);
    if (!key) return no_memory();
    size_t count = 0;
    for (int32_t id = 0; id < v->count; id++) {
        if (v->kind[id] != kind) continue;
        key[count].text = qp_vocabulary_text(v, id, &key[count].bytes);
        key[count++].value = id;
    }
    qp_status status = qp_trie_build(trie, key, count);
    free(key);
    return status;
}

static qp_status build_tries(qp_tokenizer *t)
{
    const qp_vocabulary *v = &t->vocabulary;
    if (t->type == QP_TOKENIZER_WORDPIECE) {
        QP_TRY(build_trie(t, QP_PIECE_NORMAL, &t->initial));
        return build_trie(t, QP_PIECE_CONTINUING, &t->continuing);
    }
    if (t->type != QP_TOKENIZER_UNIGRAM) return QP_OK;
    float least = 0;
    for (int32_t id = 0; id < v->count; id++) {
        if (v->kind[id] == QP_PIECE_NORMAL && t->score[id] < least) least = t->score[id];
    }
    t->unigram.score = t->score;
    t->unigram.unknown_score = least - 10; /* an unknown character is worse than any piece */
    return build_trie(t, QP_PIECE_NORMAL, &t->unigram.trie);
}

qp_status qp_tokenizer_finish(qp_tokenizer *t)
{
    qp_vocabulary *v = &t->vocabulary;
    t->whole = calloc((size_t)v->count + 1, 1);
    if (!t->whole) return no_memory();
    qp_encoding e = {.scratch = calloc(1, sizeof *e.scratch)};
    qp_status status = e.scratch ? build_tries(t) : no_memory();
    for (int32_t id = 0; status == QP_OK && id < v->count; id++) {
        if (v->kind[id] != QP_PIECE_NORMAL) continue;
        size_t bytes;
        const char *text = qp_vocabulary_text(v, id, &bytes);
        e.count = 0;
        bool word = has_whole_words(t) || t->type == QP_TOKENIZER_CHAR || t->type == QP_TOKENIZER_BYTE;
        if (!word) status = add_parts(t, text, bytes, &e);
        t->whole[id] = word || (e.count == 1 && e.id[0] == id);
    }
    qp_encoding_free(&e);
    return status;
}

/* ---- decoding ---- */

/* The text of one id as it stands inside a line. */
static const char *text_of(const qp_tokenizer *t, int32_t id, size_t *bytes)
{
    *bytes = 0;
    if (id == QP_PAD || id == QP_BOS || id == QP_EOS) return "";
    if (id != QP_UNK) return qp_vocabulary_text(&t->vocabulary, id, bytes);
    static const char spaced[] = " <unk>"; /* an unknown word took its space with it */
    const char *text = has_whole_words(t) ? spaced : UNKNOWN_TEXT;
    *bytes = strlen(text);
    return text;
}

qp_status qp_tokenizer_decode(const qp_tokenizer *t, const int32_t *id, int count, char **text, size_t *bytes)
{
    size_t total = 0, one;
    if (qp_is_foreign(&t->foreign)) return qp_foreign_decode(&t->foreign, id, count, text, bytes);
    *text = NULL;
    *bytes = 0;
    for (int i = 0; i < count; i++) {
        if (id[i] < 0 || id[i] >= t->vocabulary.count)
            return qp_fail(QP_EDATA,
                           "tokenizer: id %d is outside the vocabulary of %d pieces; use the tokenizer that "
                           "made the ids",
                           id[i], t->vocabulary.count);
        text_of(t, id[i], &one);
        total += one;
    }
    char *out = malloc(total + 1);
    if (!out) return no_memory();
    size_t made = 0;
    for (int i = 0; i < count; i++) {
        const char *piece = text_of(t, id[i], &one);
        memcpy(out + made, piece, one);
        made += one;
    }
    if (t->space_first && made > 0 && out[0] == ' ') memmove(out, out + 1, --made);
    if (t->jamo) made = qp_jamo_join(out, made);
    out[made] = '\0';
    *text = out;
    *bytes = made;
    return QP_OK;
}

/* ---- looking ---- */

int qp_tokenizer_size(const qp_tokenizer *tokenizer)
{
    return qp_is_foreign(&tokenizer->foreign) ? qp_foreign_size(&tokenizer->foreign) : tokenizer->vocabulary.count;
}

const char *qp_tokenizer_piece(const qp_tokenizer *tokenizer, int32_t id)
{
    if (qp_is_foreign(&tokenizer->foreign)) return qp_foreign_piece(&tokenizer->foreign, id);
    if (id < 0 || id >= tokenizer->vocabulary.count) return "";
    return qp_vocabulary_shown(&tokenizer->vocabulary, id);
}

int32_t qp_tokenizer_find(const qp_tokenizer *tokenizer, const char *piece)
{
    const qp_vocabulary *v = &tokenizer->vocabulary;
    char text[256];
    size_t bytes = 0;
    if (strncmp(piece, "##", 2) != 0 && strlen(piece) < sizeof text &&
        qp_text_of_shown(v->byte_letters, piece, strlen(piece), text, &bytes)) {
        int32_t id = qp_vocabulary_find(v, text, bytes);
        if (id >= 0) return id;
    }
    for (int32_t id = 0; id < qp_tokenizer_size(tokenizer); id++) {
        if (strcmp(qp_tokenizer_piece(tokenizer, id), piece) == 0) return id;
    }
    return -1;
}

static qp_status codec_encode(void *self, const char *text, size_t bytes, int32_t **id, int *count)
{
    return qp_tokenizer_encode(self, text, bytes, id, count);
}

static qp_status codec_decode(void *self, const int32_t *id, int count, char **text, size_t *bytes)
{
    return qp_tokenizer_decode(self, id, count, text, bytes);
}

static const char *codec_piece(void *self, int32_t id) { return qp_tokenizer_piece(self, id); }

qp_text_codec qp_tokenizer_codec(qp_tokenizer *tokenizer)
{
    return (qp_text_codec){.self = tokenizer,
                           .vocabulary_size = qp_tokenizer_size(tokenizer),
                           .encode = codec_encode,
                           .decode = codec_decode,
                           .piece = codec_piece};
}
