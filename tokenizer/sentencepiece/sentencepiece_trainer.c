#include "tokenizer/sentencepiece/sentencepiece_trainer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "tokenizer/sentencepiece/sentencepiece_trainer_bpe.h"
#include "tokenizer/sentencepiece/sentencepiece_trainer_corpus.h"
#include "tokenizer/sentencepiece/sentencepiece_trainer_file.h"
#include "tokenizer/sentencepiece/sentencepiece_trainer_seeds.h"
#include "tokenizer/learn/unigram_trainer.h"
#include "lib/text/utf8.h"

typedef struct {
    const qp_sentencepiece_config *config;
    const qp_sentencepiece_symbols *symbols;
    qp_sentencepiece_corpus corpus;
    qp_sentencepiece_words words;
    qp_spm_piece *meta; /* by id up to the largest; name NULL: free */
    size_t meta_capacity, meta_limit, meta_count;
    const char **name; /* of all special pieces, for the corpus */
    char (*byte_name)[8];
    qp_spm_piece *learned;
    size_t learned_count, learned_capacity;
    char **text; /* of the learned pieces */
    size_t text_capacity;
} trainer;

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "sentencepiece training: out of memory; use less text"); }

static void free_trainer(trainer *t)
{
    for (size_t i = 0; i < t->learned_count; i++) free(t->text[i]);
    free(t->text);
    free(t->learned);
    free(t->meta);
    free(t->name);
    free(t->byte_name);
    qp_sentencepiece_corpus_free(&t->corpus);
    qp_sentencepiece_words_free(&t->words);
}

/* ---- special pieces ---- */

static qp_status put_meta(trainer *t, int64_t id, const char *name, int type)
{
    if (id < 0) return QP_OK;
    if (id >= t->config->vocab_size)
        return qp_fail(QP_EUSAGE, "sentencepiece training: vocab_size %lld has no room for \"%s\"; raise it",
                       (long long)t->config->vocab_size, name);
    size_t limit = (size_t)id + 1, before = t->meta_limit;
    if (!QP_GROW(t->meta, t->meta_capacity, limit)) return no_memory();
    for (size_t i = before; i < limit; i++) t->meta[i] = (qp_spm_piece){0};
    if (limit > before) t->meta_limit = limit;
    if (t->meta[id].text)
        return qp_fail(QP_EUSAGE,
                       "sentencepiece training: \"%s\" and \"%s\" have the id %lld; give them different ones",
                       t->meta[id].text, name, (long long)id);
    t->meta[id] = (qp_spm_piece){name, strlen(name), 0, type};
    t->meta_count++;
    return QP_OK;
}

/* Adds a symbol at the first free id; for bos, eos and pad only their type changes. */
static qp_status put_symbol(trainer *t, const char *name, int type)
{
    for (size_t id = 0; id < t->meta_limit; id++) {
        if (!t->meta[id].text || strcmp(t->meta[id].text, name) != 0) continue;
        int64_t at = (int64_t)id;
        bool own = at == t->config->bos_id || at == t->config->eos_id || at == t->config->pad_id;
        if (!own || type == QP_SPM_BYTE)
            return qp_fail(QP_EUSAGE, "sentencepiece training: \"%s\" is defined twice; name it once", name);
        t->meta[id].type = type;
        return QP_OK;
    }
    size_t free_id = 0;
    while (free_id < t->meta_limit && t->meta[free_id].text) free_id++;
    return put_meta(t, (int64_t)free_id, name, type);
}

static qp_status put_all_meta(trainer *t)
{
    const qp_sentencepiece_config *c = t->config;
    QP_TRY(put_meta(t, c->unk_id, c->unk_piece, QP_SPM_UNKNOWN));
    QP_TRY(put_meta(t, c->bos_id, c->bos_piece, QP_SPM_CONTROL));
    QP_TRY(put_meta(t, c->eos_id, c->eos_piece, QP_SPM_CONTROL));
    QP_TRY(put_meta(t, c->pad_id, c->pad_piece, QP_SPM_CONTROL));
    for (size_t i = 0; i < t->symbols->control_count; i++)
        QP_TRY(put_symbol(t, t->symbols->control[i], QP_SPM_CONTROL));
    for (size_t i = 0; i < t->symbols->user_count; i++) QP_TRY(put_symbol(t, t->symbols->user[i], QP_SPM_USER_DEFINED));
    if (c->byte_fallback) {
        t->byte_name = malloc(256 * sizeof *t->byte_name);
        if (!t->byte_name) return no_memory();
        for (int byte = 0; byte < 256; byte++) {
            snprintf(t->byte_name[byte], sizeof t->byte_name[byte], "<0x%02X>", (unsigned)byte);
            QP_TRY(put_symbol(t, t->byte_name[byte], QP_SPM_BYTE));
        }
    }
    t->name = malloc((t->meta_count + 1) * sizeof *t->name);
    if (!t->name) return no_memory();
    size_t names = 0;
    for (size_t id = 0; id < t->meta_limit; id++) {
        if (t->meta[id].text) t->name[names++] = t->meta[id].text;
    }
    return QP_OK;
}

/* ---- learned pieces ---- */

static qp_status keep(trainer *t, const int32_t *code, size_t length, float score)
{
    if (!QP_GROW(t->learned, t->learned_capacity, t->learned_count + 1)) return no_memory();
    if (!QP_GROW(t->text, t->text_capacity, t->learned_count + 1)) return no_memory();
    char *text = malloc(4 * length + 1);
    if (!text) return no_memory();
    size_t bytes = 0;
    for (size_t i = 0; i < length; i++) bytes += qp_utf8_write(code[i], text + bytes);
    text[bytes] = '\0';
    t->text[t->learned_count] = text;
    t->learned[t->learned_count++] = (qp_spm_piece){text, bytes, score, QP_SPM_NORMAL};
    return QP_OK;
}

static qp_status learn_bpe(trainer *t)
{
    size_t fixed = t->meta_count + t->corpus.required_count;
    qp_sentencepiece_pieces pieces;
    QP_TRY(qp_sentencepiece_bpe_train(t->config, &t->words, (size_t)t->config->vocab_size - fixed, &pieces));
    qp_status status = QP_OK;
    for (size_t i = 0; i < pieces.count && status == QP_OK; i++)
        status = keep(t, pieces.code + pieces.start[i], pieces.start[i + 1] - pieces.start[i], -(float)i);
    for (size_t i = 0; i < t->corpus.required_count && status == QP_OK; i++)
        status = keep(t, &t->corpus.required[i].code, 1, -(float)t->learned_count);
    qp_sentencepiece_pieces_free(&pieces);
    return status;
}

static int by_score(const void *left, const void *right)
{
    const qp_spm_piece *a = left, *b = right;
    if (a->score != b->score) return a->score > b->score ? -1 : 1;
    return strcmp(a->text, b->text);
}

/* Words in the form that the unigram trainer takes: unknown characters and special names break them. */
static void break_words(qp_sentencepiece_words *words)
{
    for (size_t i = 0; i < words->start[words->count]; i++) {
        if (words->code[i] == QP_SPM_UNKNOWN_CODE || words->code[i] == QP_SPM_BOUNDARY) words->code[i] = -1;
    }
}

static qp_status train_unigram(trainer *t, const qp_unigram_given *given, qp_unigram_pieces *pieces)
{
    const qp_sentencepiece_config *c = t->config;
    size_t missing = t->corpus.required_count - given->characters;
    break_words(&t->words);
    qp_unigram_training in = {.code = t->words.code,
                              .word_start = t->words.start,
                              .word_times = t->words.times,
                              .word_count = t->words.count,
                              .piece_count = (int)((size_t)c->vocab_size - t->meta_count - missing),
                              .longest_piece = (int)c->max_sentencepiece_length,
                              .shrinking_factor = c->shrinking_factor,
                              .rounds = (int)c->num_sub_iterations,
                              .enough = (int)((double)c->vocab_size * 1.1),
                              .given = given};
    return qp_unigram_train(&in, pieces);
}

static qp_status learn_unigram(trainer *t)
{
    qp_sentencepiece_pieces seeds;
    qp_unigram_pieces pieces = {0};
    int64_t *times;
    size_t characters;
    QP_TRY(qp_sentencepiece_seeds(&t->corpus, &seeds, &times, &characters));
    qp_unigram_given given = {seeds.code, seeds.start, times, seeds.count, characters};
    qp_status status = train_unigram(t, &given, &pieces);
    uint8_t *present = status == QP_OK ? calloc(0x110000, 1) : NULL;
    if (status == QP_OK && !present) status = no_memory();
    for (int i = 0; i < pieces.count && status == QP_OK; i++) {
        size_t length = pieces.start[i + 1] - pieces.start[i];
        status = keep(t, pieces.code + pieces.start[i], length, pieces.score[i]);
        if (length == 1) present[pieces.code[pieces.start[i]]] = 1;
    }
    float penalty = 0; /* of characters that are no longer pieces, or that the text does not have */
    for (size_t i = 0; i < t->corpus.required_count && status == QP_OK; i++) {
        if (present[t->corpus.required[i].code]) continue;
        status = keep(t, &t->corpus.required[i].code, 1, pieces.least + penalty);
        penalty += 0.0001f;
    }
    free(present);
    if (t->learned_count) qsort(t->learned, t->learned_count, sizeof *t->learned, by_score);
    qp_unigram_pieces_free(&pieces);
    qp_sentencepiece_pieces_free(&seeds);
    free(times);
    return status;
}

static bool has_unknown(const qp_sentencepiece_words *words, size_t w)
{
    for (size_t i = words->start[w]; i < words->start[w + 1]; i++) {
        if (words->code[i] == QP_SPM_UNKNOWN_CODE || words->code[i] < 0) return true;
    }
    return false;
}

/* Words or characters by count, their scores the logarithms of their shares. */
static qp_status learn_whole(trainer *t)
{
    bool words = t->config->model_type == QP_SPM_TRAIN_WORD;
    size_t count = words ? t->words.count : t->corpus.required_count;
    size_t room = (size_t)t->config->vocab_size - t->meta_count;
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += (double)(words ? t->words.times[i] : t->corpus.required[i].count);
    for (size_t i = 0; i < count; i++) {
        if (!t->config->use_all_vocab && t->learned_count == room) break;
        if (words && has_unknown(&t->words, i)) continue;
        double times = (double)(words ? t->words.times[i] : t->corpus.required[i].count);
        const int32_t *code = words ? t->words.code + t->words.start[i] : &t->corpus.required[i].code;
        size_t length = words ? t->words.start[i + 1] - t->words.start[i] : 1;
        QP_TRY(keep(t, code, length, (float)(log(times) - log(sum))));
    }
    return QP_OK;
}

/* ---- the whole ---- */

static qp_status load(trainer *t, qp_line_source source, void *self)
{
    QP_TRY(qp_sentencepiece_corpus_begin(&t->corpus, t->config, t->name, t->meta_count));
    for (bool full = false; !full;) {
        const char *line = NULL;
        size_t bytes = 0;
        QP_TRY(source(self, &line, &bytes));
        if (!line) break;
        QP_TRY(qp_sentencepiece_corpus_add(&t->corpus, line, bytes, &full));
    }
    QP_TRY(qp_sentencepiece_corpus_end(&t->corpus));
    bool merges = t->config->model_type == QP_SPM_TRAIN_BPE || t->config->model_type == QP_SPM_TRAIN_UNIGRAM;
    size_t least = t->meta_count + t->corpus.required_count;
    if (merges && (size_t)t->config->vocab_size <= least)
        return qp_fail(
            QP_EUSAGE,
            "sentencepiece training: vocab_size %lld is too small, special pieces and characters are %zu; raise "
            "it or lower character_coverage",
            (long long)t->config->vocab_size, least);
    bool split = t->config->split_by_whitespace || t->config->model_type == QP_SPM_TRAIN_WORD;
    QP_TRY(qp_sentencepiece_words_make(&t->corpus, split, &t->words));
    if (t->config->model_type != QP_SPM_TRAIN_UNIGRAM) qp_sentencepiece_corpus_forget(&t->corpus);
    return QP_OK;
}

/* Learned pieces get the ids that special pieces leave free. */
static qp_status write_content(trainer *t, char **content, size_t *bytes)
{
    const qp_sentencepiece_config *c = t->config;
    size_t total = t->meta_count + t->learned_count, next = 0;
    if (c->hard_vocab_limit && c->model_type != QP_SPM_TRAIN_CHAR && !c->use_all_vocab && total < (size_t)c->vocab_size)
        return qp_fail(
            QP_EUSAGE,
            "sentencepiece training: vocab_size %lld is too high, the text gives %zu pieces; lower it or set "
            "hard_vocab_limit false",
            (long long)c->vocab_size, total);
    qp_spm_piece *all = malloc((total + t->meta_limit + 1) * sizeof *all);
    if (!all) return no_memory();
    size_t count = 0;
    for (size_t id = 0; id < t->meta_limit || next < t->learned_count; id++) {
        if (id < t->meta_limit && t->meta[id].text)
            all[count++] = t->meta[id];
        else if (next < t->learned_count)
            all[count++] = t->learned[next++];
    }
    qp_status status = qp_sentencepiece_model_write(c, t->symbols, &t->corpus.rules->rules, all, count, content, bytes);
    free(all);
    return status;
}

qp_status qp_sentencepiece_train(const qp_sentencepiece_config *config, const qp_sentencepiece_symbols *symbols,
                                 qp_line_source source, void *self, char **content, size_t *bytes)
{
    trainer t = {.config = config, .symbols = symbols};
    *content = NULL;
    *bytes = 0;
    qp_status status = put_all_meta(&t);
    if (status == QP_OK) status = load(&t, source, self);
    if (status == QP_OK) {
        status = config->model_type == QP_SPM_TRAIN_BPE       ? learn_bpe(&t)
                 : config->model_type == QP_SPM_TRAIN_UNIGRAM ? learn_unigram(&t)
                                                              : learn_whole(&t);
    }
    if (status == QP_OK) status = write_content(&t, content, bytes);
    free_trainer(&t);
    return status;
}
