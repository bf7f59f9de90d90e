#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/batch.h"
#include "tokenizer/own/own.h"
#include "tokenizer/split/word_pattern.h"

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts"); }

qp_status qp_own_new(const qp_own_settings *settings, qp_own **tokenizer)
{
    int type = settings->type, pattern = settings->pattern;
    qp_own *t = *tokenizer = calloc(1, sizeof *t);
    if (!t) return no_memory();
    t->settings = *settings;
    t->settings.byte_fallback |= type == QP_TOKENIZER_BYTE || type == QP_TOKENIZER_BYTE_BPE;
    t->whole_text = type == QP_TOKENIZER_UNIGRAM && pattern == QP_CUT_SPACES;
    qp_vocabulary_init(&t->vocabulary);
    t->vocabulary.byte_letters = type == QP_TOKENIZER_BYTE_BPE;
    if (pattern == QP_CUT_GPT2 || pattern == QP_CUT_GPT4) {
        t->classes = qp_word_classes_make();
        if (!t->classes) {
            qp_own_free(t);
            *tokenizer = NULL;
            return no_memory();
        }
    }
    t->rules = (qp_split_rules){.pattern = pattern,
                                .single_digits = settings->single_digits,
                                .single_punctuation = type == QP_TOKENIZER_WORD,
                                .white_space = type == QP_TOKENIZER_SPACE,
                                .classes = t->classes};
    return QP_OK;
}

bool qp_own_space_default(int type, int pattern)
{
    return type != QP_TOKENIZER_CHAR && type != QP_TOKENIZER_BYTE &&
           (pattern == QP_CUT_WORDS || pattern == QP_CUT_SPACES);
}

void qp_own_free(qp_own *tokenizer)
{
    if (!tokenizer) return;
    qp_vocabulary_free(&tokenizer->vocabulary);
    qp_piece_texts_free(&tokenizer->texts);
    qp_bpe_free(&tokenizer->bpe);
    qp_unigram_free(&tokenizer->unigram);
    qp_trie_free(&tokenizer->wordpiece.initial);
    qp_trie_free(&tokenizer->wordpiece.continuing);
    free(tokenizer->score);
    free(tokenizer->whole);
    free(tokenizer->classes);
    free(tokenizer);
}

qp_status qp_own_add_special(qp_own *tokenizer)
{
    static const char *const special[QP_SPECIAL_COUNT] = {
        [QP_PAD] = "<pad>", [QP_BOS] = "<s>", [QP_EOS] = "</s>", [QP_UNK] = QP_UNKNOWN_TEXT};
    for (int i = 0; i < QP_SPECIAL_COUNT; i++) {
        QP_TRY(qp_own_add_piece(tokenizer, QP_PIECE_SPECIAL, special[i], strlen(special[i]), 0));
    }
    for (int byte = 0; tokenizer->settings.byte_fallback && byte < 256; byte++) {
        char text = (char)byte;
        QP_TRY(qp_own_add_piece(tokenizer, QP_PIECE_BYTE, &text, 1, 0));
    }
    return QP_OK;
}

qp_status qp_own_add_piece(qp_own *t, qp_piece_kind kind, const char *text, size_t bytes, float score)
{
    if (!QP_GROW(t->score, t->score_capacity, (size_t)t->vocabulary.count + 1)) return no_memory();
    t->score[t->vocabulary.count] = score;
    return qp_vocabulary_add(&t->vocabulary, kind, text, bytes, NULL);
}

static qp_status build_trie(const qp_own *t, qp_piece_kind kind, qp_trie *trie)
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

static qp_status build_tries(qp_own *t)
{
    const qp_vocabulary *v = &t->vocabulary;
    if (t->settings.type == QP_TOKENIZER_WORDPIECE) {
        QP_TRY(build_trie(t, QP_PIECE_NORMAL, &t->wordpiece.initial));
        return build_trie(t, QP_PIECE_CONTINUING, &t->wordpiece.continuing);
    }
    if (t->settings.type != QP_TOKENIZER_UNIGRAM) return QP_OK;
    float least = 0;
    for (int32_t id = 0; id < v->count; id++) {
        if (v->kind[id] == QP_PIECE_NORMAL && t->score[id] < least) least = t->score[id];
    }
    t->unigram.score = t->score;
    t->unigram.unknown_score = least - 10; /* an unknown character is worse than any piece */
    return build_trie(t, QP_PIECE_NORMAL, &t->unigram.trie);
}

static qp_status list_texts(qp_own *t)
{
    static const char spaced[] = " " QP_UNKNOWN_TEXT; /* an unknown word includes its space */
    const qp_vocabulary *v = &t->vocabulary;
    for (int32_t id = 0; id < v->count; id++) {
        size_t bytes;
        const char *text = qp_vocabulary_text(v, id, &bytes);
        if (id == QP_UNK) {
            text = qp_own_has_whole_words(t) ? spaced : QP_UNKNOWN_TEXT;
            bytes = strlen(text);
        }
        bool silent = id == QP_PAD || id == QP_BOS || id == QP_EOS;
        QP_TRY(qp_piece_texts_add(&t->texts, text, silent ? 0 : bytes));
    }
    return QP_OK;
}

qp_status qp_own_finish(qp_own *t)
{
    qp_vocabulary *v = &t->vocabulary;
    t->whole = calloc((size_t)v->count + 1, 1);
    if (!t->whole) return no_memory();
    qp_encoding e = {0};
    qp_own_scratch *scratch = qp_own_scratch_of(&e);
    qp_status status = scratch ? build_tries(t) : no_memory();
    if (status == QP_OK) status = list_texts(t);
    for (int32_t id = 0; status == QP_OK && id < v->count; id++) {
        if (v->kind[id] != QP_PIECE_NORMAL) continue;
        size_t bytes;
        const char *text = qp_vocabulary_text(v, id, &bytes);
        e.count = 0;
        int type = t->settings.type;
        bool word = qp_own_has_whole_words(t) || type == QP_TOKENIZER_CHAR || type == QP_TOKENIZER_BYTE;
        if (!word) status = qp_own_add_parts(t, text, bytes, scratch, &e);
        t->whole[id] = word || (e.count == 1 && e.id[0] == id);
    }
    qp_encoding_free(&e);
    return status;
}
