#include "tokenizer/own/own_trainer.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "tokenizer/learn/bpe_trainer.h"
#include "tokenizer/learn/line_counts.h"
#include "tokenizer/own/tokenizer_report.h"
#include "tokenizer/learn/unigram_trainer.h"
#include "lib/text/utf8.h"
#include "tokenizer/learn/word_counts.h"

/* U+2581 shows a space, NUL ends a string: neither gets a piece, both are spelled in bytes. */
enum { SPACE_SIGN = 0x2581, CODES = 0x110000 };

typedef struct {
    int32_t code;
    int64_t count;
} code_count;

typedef struct {
    const qp_tokenizer_config *config;
    qp_own *tokenizer;
    qp_word_counts words;
    int64_t *code_times;  /* of every code point */
    code_count *alphabet; /* by count, largest first */
    size_t alphabet_count;
    qp_tokenizer_report report;
} training;

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer training: out of memory; use less text"); }

/* ---- counting ---- */

static bool may_be_piece(int32_t code) { return code > 0 && code != SPACE_SIGN; }

static int64_t least_frequency(const qp_tokenizer_config *config)
{
    if (config->min_frequency > 0) return config->min_frequency;
    bool merges = config->type == QP_TOKENIZER_BPE || config->type == QP_TOKENIZER_BYTE_BPE ||
                  config->type == QP_TOKENIZER_WORDPIECE;
    return merges ? 2 : 1;
}

static int by_count_then_code(const void *left, const void *right)
{
    const code_count *a = left, *b = right;
    if (a->count != b->count) return a->count > b->count ? -1 : 1;
    return a->code < b->code ? -1 : a->code > b->code;
}

static int by_code(const void *left, const void *right)
{
    const code_count *a = left, *b = right;
    return a->code < b->code ? -1 : a->code > b->code;
}

/* The most frequent characters that together make up the wanted share of the text. */
static qp_status choose_alphabet(training *t)
{
    t->code_times = calloc(CODES, sizeof *t->code_times);
    if (!t->code_times) return no_memory();
    int64_t total = 0;
    for (size_t w = 0; w < t->words.count; w++) {
        const struct qp_word *word = &t->words.word[w];
        const char *text = t->words.text + word->start;
        for (size_t at = 0, length; at < word->bytes; at += length) {
            int32_t code = qp_utf8_next(text + at, word->bytes - at, &length);
            total += word->count;
            if (code != QP_INVALID_CODE) t->code_times[code] += word->count;
        }
    }
    size_t capacity = 0, seen = 0;
    for (int32_t code = 0; code < CODES; code++) {
        if (t->code_times[code] == 0 || !may_be_piece(code)) continue;
        if (!QP_GROW(t->alphabet, capacity, seen + 1)) return no_memory();
        t->alphabet[seen++] = (code_count){code, t->code_times[code]};
    }
    if (seen) qsort(t->alphabet, seen, sizeof *t->alphabet, by_count_then_code);
    int64_t covered = 0;
    double wanted = t->config->character_coverage * (double)total;
    size_t kept = 0;
    int64_t least = t->config->min_frequency > 0 && t->config->type == QP_TOKENIZER_CHAR ? t->config->min_frequency : 1;
    while (kept < seen && (double)covered < wanted && t->alphabet[kept].count >= least)
        covered += t->alphabet[kept++].count;
    t->alphabet_count = kept;
    t->report.characters = total;
    t->report.uncovered_characters = total - covered;
    return QP_OK;
}

/* ---- vocabularies ---- */

static qp_status add_code(training *t, int32_t code)
{
    char text[4];
    size_t bytes = qp_utf8_write(code, text);
    if (qp_vocabulary_find(&t->tokenizer->vocabulary, text, bytes) >= 0) return QP_OK;
    return qp_vocabulary_add(&t->tokenizer->vocabulary, QP_PIECE_NORMAL, text, bytes, NULL);
}

static bool is_full(const training *t) { return t->tokenizer->vocabulary.count >= t->config->vocab_size; }

static qp_status learn_characters(training *t)
{
    QP_TRY(choose_alphabet(t));
    for (size_t i = 0; i < t->alphabet_count && !is_full(t); i++) QP_TRY(add_code(t, t->alphabet[i].code));
    return QP_OK;
}

static bool is_plain(const char *text, size_t bytes)
{
    for (size_t at = 0, length; at < bytes; at += length) {
        if (!may_be_piece(qp_utf8_next(text + at, bytes - at, &length))) return false;
    }
    return true;
}

static qp_status learn_words(training *t)
{
    if (t->config->type == QP_TOKENIZER_WORD) QP_TRY(add_code(t, ' '));
    int64_t least = least_frequency(t->config);
    qp_word_counts_sort(&t->words);
    for (size_t w = 0; w < t->words.count && !is_full(t); w++) {
        const struct qp_word *word = &t->words.word[w];
        const char *text = t->words.text + word->start;
        if (word->count < least) break;
        if (!is_plain(text, word->bytes) || qp_vocabulary_find(&t->tokenizer->vocabulary, text, word->bytes) >= 0)
            continue;
        QP_TRY(qp_vocabulary_add(&t->tokenizer->vocabulary, QP_PIECE_NORMAL, text, word->bytes, NULL));
    }
    return QP_OK;
}

typedef struct {
    int32_t *symbol; /* ids for merges, code points for unigram */
    size_t *start;
    int64_t *times;
    size_t symbol_count;
} spelled_words;

static void free_spelled(spelled_words *spelled)
{
    free(spelled->symbol);
    free(spelled->start);
    free(spelled->times);
}

/* What a character is to the learner: a byte's piece, a code point, an initial or a continuing piece; -1 breaks a word.
 */
static int32_t symbol_of(const training *t, int32_t code, const char *text, size_t bytes, bool first)
{
    const qp_vocabulary *v = &t->tokenizer->vocabulary;
    int32_t id = code == QP_INVALID_CODE ? -1 : qp_vocabulary_find_code(v, code);
    if (t->config->type == QP_TOKENIZER_UNIGRAM) return id < 0 ? -1 : code;
    if (t->config->type == QP_TOKENIZER_WORDPIECE && !first)
        return qp_vocabulary_find_kind(v, QP_PIECE_CONTINUING, text, bytes);
    return id;
}

static qp_status spell_words(const training *t, spelled_words *spelled)
{
    const qp_word_counts *words = &t->words;
    spelled->symbol = malloc((words->text_bytes + 1) * sizeof *spelled->symbol);
    spelled->start = malloc((words->count + 1) * sizeof *spelled->start);
    spelled->times = malloc((words->count + 1) * sizeof *spelled->times);
    if (!spelled->symbol || !spelled->start || !spelled->times) return no_memory();
    bool in_bytes = t->config->type == QP_TOKENIZER_BYTE_BPE;
    size_t made = 0;
    for (size_t w = 0; w < words->count; w++) {
        const struct qp_word *word = &words->word[w];
        const char *text = words->text + word->start;
        spelled->start[w] = made;
        spelled->times[w] = word->count;
        for (size_t at = 0, length = 1; at < word->bytes; at += length) {
            if (in_bytes) {
                spelled->symbol[made++] = t->tokenizer->vocabulary.byte_id[(unsigned char)text[at]];
                continue;
            }
            int32_t code = qp_utf8_next(text + at, word->bytes - at, &length);
            spelled->symbol[made++] = symbol_of(t, code, text + at, length, at == 0);
        }
    }
    spelled->start[words->count] = spelled->symbol_count = made;
    return QP_OK;
}

/* The characters, in order of code points; for WordPiece each also as a continuing piece. */
static qp_status add_alphabet(training *t)
{
    qp_vocabulary *v = &t->tokenizer->vocabulary;
    QP_TRY(choose_alphabet(t));
    if (t->alphabet_count) qsort(t->alphabet, t->alphabet_count, sizeof *t->alphabet, by_code);
    QP_TRY(add_code(t, ' '));
    for (size_t i = 0; i < t->alphabet_count; i++) QP_TRY(add_code(t, t->alphabet[i].code));
    for (size_t i = 0; t->config->type == QP_TOKENIZER_WORDPIECE && i < t->alphabet_count; i++) {
        char text[4];
        size_t bytes = qp_utf8_write(t->alphabet[i].code, text);
        if (t->alphabet[i].code != ' ') QP_TRY(qp_vocabulary_add(v, QP_PIECE_CONTINUING, text, bytes, NULL));
    }
    if (v->count <= t->config->vocab_size) return QP_OK;
    return qp_fail(QP_EUSAGE,
                   "tokenizer training: vocabulary of %lld pieces is too small, the special pieces and the "
                   "characters of the text are %d; raise --vocab-size or lower --character-coverage",
                   (long long)t->config->vocab_size, v->count);
}

static qp_status learn_merges(training *t)
{
    if (t->config->type != QP_TOKENIZER_BYTE_BPE) QP_TRY(add_alphabet(t));
    spelled_words spelled = {0};
    qp_status status = spell_words(t, &spelled);
    if (status == QP_OK) {
        qp_bpe_training input = {.symbol = spelled.symbol,
                                 .symbol_count = spelled.symbol_count,
                                 .word_start = spelled.start,
                                 .word_times = spelled.times,
                                 .word_count = t->words.count,
                                 .vocabulary_size = (int)t->config->vocab_size,
                                 .least_frequency = least_frequency(t->config),
                                 .longest_piece = (int)t->config->max_piece_length};
        status = qp_bpe_train(&input, &t->tokenizer->vocabulary, &t->tokenizer->bpe);
    }
    free_spelled(&spelled);
    if (t->config->type == QP_TOKENIZER_WORDPIECE) qp_bpe_free(&t->tokenizer->bpe); /* only the pieces matter */
    return status;
}

/* The characters take part in learning: they are found by code point, then begin anew with the learned pieces. */
static qp_status add_unigram_pieces(training *t, const qp_unigram_pieces *pieces)
{
    for (int i = 0; i < pieces->count; i++) {
        char text[4 * 64];
        size_t bytes = 0;
        for (size_t k = pieces->start[i]; k < pieces->start[i + 1]; k++)
            bytes += qp_utf8_write(pieces->code[k], text + bytes);
        QP_TRY(qp_own_add_piece(t->tokenizer, QP_PIECE_NORMAL, text, bytes, pieces->score[i]));
    }
    return QP_OK;
}

static qp_status learn_unigram(training *t)
{
    enum { SEEDS = 1000000, ROUNDS = 2, LONGEST = 16 };
    qp_vocabulary *v = &t->tokenizer->vocabulary;
    int fixed = v->count;
    QP_TRY(add_alphabet(t));
    qp_word_counts_sort(&t->words); /* sums in one order, whatever the order of the lines */
    spelled_words spelled = {0};
    qp_unigram_pieces pieces = {0};
    qp_status status = spell_words(t, &spelled);
    if (status == QP_OK) {
        int longest = t->config->max_piece_length ? (int)t->config->max_piece_length : LONGEST;
        qp_unigram_training input = {.code = spelled.symbol,
                                     .word_start = spelled.start,
                                     .word_times = spelled.times,
                                     .word_count = t->words.count,
                                     .piece_count = (int)t->config->vocab_size - fixed,
                                     .longest_piece = longest < 64 ? longest : 64,
                                     .seed_count = SEEDS,
                                     .shrinking_factor = 0.75,
                                     .rounds = ROUNDS};
        status = qp_unigram_train(&input, &pieces);
    }
    free_spelled(&spelled);
    if (status == QP_OK) {
        qp_vocabulary fresh = *v;
        qp_vocabulary_init(v);
        v->byte_letters = fresh.byte_letters;
        qp_vocabulary_free(&fresh);
        status = qp_own_add_special(t->tokenizer);
    }
    if (status == QP_OK) status = add_unigram_pieces(t, &pieces);
    qp_unigram_pieces_free(&pieces);
    return status;
}

static qp_status learn(training *t)
{
    QP_TRY(qp_own_add_special(t->tokenizer));
    if (t->tokenizer->vocabulary.count > t->config->vocab_size) {
        return qp_fail(QP_EUSAGE,
                       "tokenizer training: vocabulary of %lld pieces is too small, special and byte pieces are %d; "
                       "raise --vocab-size or set --byte-fallback false",
                       (long long)t->config->vocab_size, t->tokenizer->vocabulary.count);
    }
    switch (t->config->type) {
    case QP_TOKENIZER_CHAR: QP_TRY(learn_characters(t)); break;
    case QP_TOKENIZER_WORD:
    case QP_TOKENIZER_SPACE: QP_TRY(learn_words(t)); break;
    case QP_TOKENIZER_BPE:
    case QP_TOKENIZER_BYTE_BPE:
    case QP_TOKENIZER_WORDPIECE: QP_TRY(learn_merges(t)); break;
    case QP_TOKENIZER_UNIGRAM: QP_TRY(learn_unigram(t)); break;
    default: break; /* bytes: nothing to learn */
    }
    return qp_own_finish(t->tokenizer);
}

/* The segments of one line. */
static qp_status count_line(const void *self, qp_text line, qp_mapped_text *work, qp_word_counts *words)
{
    const qp_own *t = self;
    QP_TRY(qp_own_prepare(t, line.text, line.bytes, work));
    for (size_t at = 0, end; at < work->bytes; at = end) {
        end = qp_split_next(&t->rules, work->text, work->bytes, at);
        QP_TRY(qp_word_counts_add(words, work->text + at, end - at, 1));
    }
    return QP_OK;
}

static qp_status count_words(training *t, qp_line_source source, void *self)
{
    qp_line_counter counter = {.count = count_line,
                               .self = t->tokenizer,
                               .most_words = t->config->max_words,
                               .progress = t->report.progress,
                               .progress_self = t->report.progress_self};
    qp_status status = qp_line_counts(&counter, source, self, &t->words);
    t->report.lines = counter.lines;
    t->report.bytes = counter.bytes;
    t->report.words = counter.words;
    t->report.distinct_words = (int64_t)t->words.count;
    return status;
}

/* Settings that exclude each other. */
static qp_status check_settings(const qp_tokenizer_config *c)
{
    bool composed = c->normalization == QP_FORM_NFC || c->normalization == QP_FORM_NFKC;
    if (c->jamo && !composed)
        return qp_fail(QP_EUSAGE, "tokenizer training: --jamo needs --normalization nfc or nfkc, so that every "
                                  "syllable comes back");
    if (c->strip_accents && c->normalization == QP_FORM_NONE)
        return qp_fail(QP_EUSAGE, "tokenizer training: --strip-accents needs a normal form; give --normalization nfc");
    if (c->case_fold && c->lower_case)
        return qp_fail(QP_EUSAGE, "tokenizer training: --case-fold and --lower-case exclude each other; give one");
    if (c->digits == QP_DIGITS_SINGLE && c->pattern != QP_CUT_WORDS)
        return qp_fail(QP_EUSAGE, "tokenizer training: --digits single belongs to --pattern words");
    return QP_OK;
}

static qp_own_settings settings_of(const qp_tokenizer_config *c)
{
    bool space = c->space_first == QP_SPACE_TRUE ||
                 (c->space_first == QP_SPACE_AUTO && qp_own_space_default(c->type, c->pattern));
    return (qp_own_settings){.pattern = c->pattern,
                                   .space_first = space,
                                   .case_fold = c->case_fold,
                                   .strip_accents = c->strip_accents,
                                   .jamo = c->jamo};
}

qp_status qp_own_train(const qp_tokenizer_config *config, qp_line_source source, void *self,
                             qp_tokenizer_report *report, qp_own **tokenizer)
{
    *tokenizer = NULL;
    QP_TRY(check_settings(config));
    qp_own_settings settings = settings_of(config);
    bool bytes = config->byte_fallback == QP_FALLBACK_TRUE ||
                 (config->byte_fallback == QP_FALLBACK_AUTO && config->type != QP_TOKENIZER_WORD &&
                  config->type != QP_TOKENIZER_SPACE);
    training t = {.config = config,
                  .tokenizer = qp_own_new(config->type, (qp_form)config->normalization, config->lower_case, bytes,
                                                config->digits == QP_DIGITS_SINGLE)};
    if (!t.tokenizer) return no_memory();
    if (report) t.report = (qp_tokenizer_report){.progress = report->progress, .progress_self = report->progress_self};
    qp_status status = qp_own_set(t.tokenizer, &settings);
    if (status == QP_OK) status = count_words(&t, source, self);
    if (status == QP_OK && t.report.progress)
        t.report.progress(t.report.progress_self, "learning pieces", t.report.bytes);
    if (status == QP_OK) status = learn(&t);
    if (status == QP_OK && report) status = qp_own_measure(t.tokenizer, &t.words, &t.report);
    if (report) *report = t.report;
    qp_word_counts_free(&t.words);
    free(t.code_times);
    free(t.alphabet);
    if (status == QP_OK) {
        *tokenizer = t.tokenizer;
    } else {
        qp_own_free(t.tokenizer);
    }
    return status;
}
