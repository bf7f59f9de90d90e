#include "tokenizer/huggingface/pipeline_bytes.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "tokenizer/huggingface/pipeline_model.h"
#include "tokenizer/stages/stage_kinds.h"

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts"); }

static void whole_words_free(qp_whole_words *words)
{
    if (!words) return;
    free(words->whole);
    qp_word_table_free(&words->word);
    free(words);
}

void qp_pipeline_bytes_free(qp_pipeline_bytes *fast)
{
    if (!fast) return;
    whole_words_free(atomic_load(&fast->words));
    free(fast);
}

void qp_pipeline_bytes_scratch_free(qp_pipeline_bytes_scratch *scratch)
{
    free(scratch->text);
    qp_bpe_scratch_free(&scratch->bpe);
    *scratch = (qp_pipeline_bytes_scratch){0};
}

/* A splitter by one of the known patterns that keeps what matches. */
static bool keeps_matches(const qp_pattern_splitter *s)
{
    if (!s->pattern.regex.known) return false;
    return s->invert ? s->behavior == QP_SPLIT_REMOVED : s->behavior == QP_SPLIT_ISOLATED;
}

/* ByteLevel with its own pattern, or a known pattern and then ByteLevel without. */
static bool is_byte_level(const qp_pipeline *p, qp_pipeline_bytes *fast)
{
    const qp_stage *s = p->splitter.stage;
    if (p->model != QP_MODEL_BPE || !p->byte_level || p->prefix || p->suffix) return false;
    if (p->splitter.count == 2 && s[0].kind == &qp_stage_split && keeps_matches(s[0].self)) {
        const qp_pattern_splitter *splitter = s[0].self;
        const qp_byte_level *bytes = s[1].self;
        fast->regex = &splitter->pattern.regex;
        return s[1].kind == &qp_stage_byte_level && !bytes->use_regex && !bytes->prefix_space;
    }
    const qp_byte_level *bytes = qp_stages_only(&p->splitter, &qp_stage_byte_level);
    if (!bytes) return false;
    fast->regex = bytes->use_regex ? &bytes->pattern.regex : NULL;
    fast->prefix_space = bytes->prefix_space;
    return true;
}

static qp_status find_whole_words(const qp_pipeline *p, qp_whole_words *words)
{
    const qp_vocabulary *v = &p->vocabulary;
    qp_word_pieces pieces = {0};
    words->whole = calloc((size_t)v->count + 1, 1);
    qp_status status = words->whole ? QP_OK : no_memory();
    for (int32_t i = 0; status == QP_OK && i < v->count; i++) {
        size_t bytes;
        const char *text = qp_vocabulary_text(v, i, &bytes);
        if (v->kind[i] != QP_PIECE_NORMAL) continue;
        status = qp_pipeline_model(p, text, bytes, &pieces);
        words->whole[i] = status == QP_OK && pieces.count == 1 && pieces.piece[0] == i;
        if (words->whole[i] && bytes <= QP_LONGEST_TABLE_WORD) status = qp_word_table_add(&words->word, text, bytes, i);
    }
    qp_word_pieces_free(&pieces);
    return status;
}

/* The whole words, for a text of `bytes`; NULL: merge. Any thread: the one whose text reaches the limit finds them. */
static const qp_whole_words *whole_words_of(const qp_pipeline *p, size_t bytes)
{
    qp_pipeline_bytes *fast = p->bytes;
    qp_whole_words *words = atomic_load_explicit(&fast->words, memory_order_acquire);
    if (words || atomic_load_explicit(&fast->encoded, memory_order_relaxed) >= QP_LATE_WORDS) return words;
    const size_t before = atomic_fetch_add_explicit(&fast->encoded, bytes, memory_order_relaxed);
    if (before >= QP_LATE_WORDS || before + bytes < QP_LATE_WORDS) return NULL;
    words = calloc(1, sizeof *words);
    if (words && find_whole_words(p, words) != QP_OK) {
        whole_words_free(words);
        words = NULL;
    }
    atomic_store_explicit(&fast->words, words, memory_order_release);
    return words;
}

/* Only normal forms before, and a piece for every byte. */
static bool has_all_bytes(const qp_pipeline *p, qp_pipeline_bytes *fast)
{
    for (size_t i = 0; i < p->normalizer.count; i++) {
        if (qp_stage_form(&p->normalizer.stage[i]) == QP_FORM_NONE) return false;
    }
    for (int byte = 0; byte < 256; byte++) {
        char text = (char)byte;
        fast->byte_piece[byte] = qp_vocabulary_find(&p->vocabulary, &text, 1);
        if (fast->byte_piece[byte] < 0) return false;
    }
    return true;
}

qp_status qp_pipeline_bytes_prepare(const qp_pipeline *p, qp_pipeline_bytes **fast)
{
    *fast = NULL;
    qp_pipeline_bytes *own = calloc(1, sizeof *own);
    if (!own) return no_memory();
    if (is_byte_level(p, own) && has_all_bytes(p, own))
        *fast = own;
    else
        qp_pipeline_bytes_free(own);
    return QP_OK;
}

bool qp_pipeline_bytes_takes(const qp_pipeline *p, const char *text, size_t bytes)
{
    if (!p->bytes || bytes > INT32_MAX / 4) return false;
    for (size_t i = 0; i < p->normalizer.count; i++) {
        if (!qp_is_normal(qp_stage_form(&p->normalizer.stage[i]), text, bytes)) return false;
    }
    return true;
}

/* The piece that a word is; -1: it has to be merged. `readable` bytes may be read from its beginning. */
static inline int32_t whole_word(const qp_pipeline *p, const qp_whole_words *words, const char *text, size_t bytes,
                                 size_t readable)
{
    if (!words) return p->ignore_merges ? qp_vocabulary_find(&p->vocabulary, text, bytes) : -1;
    int32_t piece = bytes <= QP_LONGEST_TABLE_WORD ? qp_word_table_find(&words->word, text, bytes, readable)
                                                   : qp_vocabulary_find(&p->vocabulary, text, bytes);
    return piece >= 0 && words->whole[piece] ? piece : -1;
}

/* Append the pieces of a word that has to be merged. */
static qp_status merge_word(const qp_pipeline *p, qp_pipeline_bytes_scratch *s, const char *text, size_t bytes,
                            int32_t *id, size_t *count)
{
    size_t symbols = bytes;
    int32_t *symbol = id + *count;
    for (size_t i = 0; i < bytes; i++) symbol[i] = p->bytes->byte_piece[(unsigned char)text[i]];
    QP_TRY(qp_bpe_apply(&p->bpe, &s->bpe, symbol, &symbols));
    *count += symbols;
    return QP_OK;
}

qp_status qp_pipeline_bytes_encode(const qp_pipeline *p, qp_pipeline_bytes_scratch *s, const char *text, size_t bytes,
                                   int32_t *id, size_t *count)
{
    const qp_regex *regex = p->bytes->regex;
    const qp_whole_words *words = whole_words_of(p, bytes);
    *count = 0;
    if (bytes && p->bytes->prefix_space && text[0] != ' ') {
        if (!QP_GROW(s->text, s->text_capacity, bytes + 1)) return no_memory();
        s->text[0] = ' ';
        memcpy(s->text + 1, text, bytes++);
        text = s->text;
    }
    for (size_t at = 0, end = bytes; at < bytes; at = end) {
        if (regex) end = qp_word_pattern_end(regex->known, regex->classes, text, bytes, at);
        const int32_t piece = whole_word(p, words, text + at, end - at, bytes - at);
        if (piece >= 0)
            id[(*count)++] = piece;
        else
            QP_TRY(merge_word(p, s, text + at, end - at, id, count));
    }
    for (size_t i = 0; i < *count; i++) id[i] = p->token_id[id[i]];
    return QP_OK;
}
