#include "tokenizer/own/own_learn.h"

#include <stdlib.h>
#include <string.h>

#include "lib/text/utf8.h"
#include "tokenizer/learn/bpe_trainer.h"
#include "tokenizer/learn/unigram_trainer.h"
#include "tokenizer/own/own_alphabet.h"

typedef struct {
    const qp_tokenizer_config *config;
    qp_own *own;
    qp_word_counts *words;
    qp_own_alphabet alphabet;
} learning;

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer training: out of memory; use less text"); }

static int64_t least_frequency(const qp_tokenizer_config *config)
{
    if (config->min_frequency > 0) return config->min_frequency;
    bool merges = config->type == QP_TOKENIZER_BPE || config->type == QP_TOKENIZER_BYTE_BPE ||
                  config->type == QP_TOKENIZER_WORDPIECE;
    return merges ? 2 : 1;
}

static qp_status choose_alphabet(learning *t)
{
    bool limited = t->config->min_frequency > 0 && t->config->type == QP_TOKENIZER_CHAR;
    int64_t least = limited ? t->config->min_frequency : 1;
    return qp_own_alphabet_make(t->words, t->config->character_coverage, least, &t->alphabet);
}

static qp_status add_code(learning *t, int32_t code)
{
    char text[4];
    size_t bytes = qp_utf8_write(code, text);
    if (qp_vocabulary_find(&t->own->vocabulary, text, bytes) >= 0) return QP_OK;
    return qp_vocabulary_add(&t->own->vocabulary, QP_PIECE_NORMAL, text, bytes, NULL);
}

static bool is_full(const learning *t) { return t->own->vocabulary.count >= t->config->vocab_size; }

static qp_status learn_characters(learning *t)
{
    QP_TRY(choose_alphabet(t));
    for (size_t i = 0; i < t->alphabet.count && !is_full(t); i++) QP_TRY(add_code(t, t->alphabet.entry[i].code));
    return QP_OK;
}

static bool is_plain(const char *text, size_t bytes)
{
    for (size_t at = 0, length; at < bytes; at += length) {
        if (!qp_own_may_be_piece(qp_utf8_next(text + at, bytes - at, &length))) return false;
    }
    return true;
}

static qp_status learn_words(learning *t)
{
    if (t->config->type == QP_TOKENIZER_WORD) QP_TRY(add_code(t, ' '));
    qp_vocabulary *v = &t->own->vocabulary;
    int64_t least = least_frequency(t->config);
    qp_word_counts_sort(t->words);
    for (size_t w = 0; w < t->words->count && !is_full(t); w++) {
        qp_text word = qp_word_counts_text(t->words, w);
        if (t->words->word[w].count < least) break;
        if (!is_plain(word.text, word.bytes) || qp_vocabulary_find(v, word.text, word.bytes) >= 0) continue;
        QP_TRY(qp_vocabulary_add(v, QP_PIECE_NORMAL, word.text, word.bytes, NULL));
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

/* The symbol of a character in training: its piece (initial or continuing), or its code point for unigram; -1 ends a
 * word. */
static int32_t symbol_of(const learning *t, int32_t code, const char *text, size_t bytes, bool first)
{
    const qp_vocabulary *v = &t->own->vocabulary;
    int32_t id = code == QP_INVALID_CODE ? -1 : qp_vocabulary_find_code(v, code);
    if (t->config->type == QP_TOKENIZER_UNIGRAM) return id < 0 ? -1 : code;
    if (t->config->type == QP_TOKENIZER_WORDPIECE && !first)
        return qp_vocabulary_find_kind(v, QP_PIECE_CONTINUING, text, bytes);
    return id;
}

static qp_status spell_words(const learning *t, spelled_words *spelled)
{
    const qp_word_counts *words = t->words;
    spelled->symbol = malloc((words->text_bytes + 1) * sizeof *spelled->symbol);
    spelled->start = malloc((words->count + 1) * sizeof *spelled->start);
    spelled->times = malloc((words->count + 1) * sizeof *spelled->times);
    if (!spelled->symbol || !spelled->start || !spelled->times) return no_memory();
    bool in_bytes = t->config->type == QP_TOKENIZER_BYTE_BPE;
    size_t made = 0;
    for (size_t w = 0; w < words->count; w++) {
        qp_text word = qp_word_counts_text(words, w);
        spelled->start[w] = made;
        spelled->times[w] = words->word[w].count;
        for (size_t at = 0, length = 1; at < word.bytes; at += length) {
            if (in_bytes) {
                spelled->symbol[made++] = t->own->vocabulary.byte_id[(unsigned char)word.text[at]];
                continue;
            }
            int32_t code = qp_utf8_next(word.text + at, word.bytes - at, &length);
            spelled->symbol[made++] = symbol_of(t, code, word.text + at, length, at == 0);
        }
    }
    spelled->start[words->count] = spelled->symbol_count = made;
    return QP_OK;
}

/* The characters, in order of code points; for WordPiece each also as a continuing piece. */
static qp_status add_alphabet(learning *t)
{
    qp_vocabulary *v = &t->own->vocabulary;
    QP_TRY(choose_alphabet(t));
    qp_own_alphabet_sort(&t->alphabet);
    QP_TRY(add_code(t, ' '));
    for (size_t i = 0; i < t->alphabet.count; i++) QP_TRY(add_code(t, t->alphabet.entry[i].code));
    for (size_t i = 0; t->config->type == QP_TOKENIZER_WORDPIECE && i < t->alphabet.count; i++) {
        char text[4];
        size_t bytes = qp_utf8_write(t->alphabet.entry[i].code, text);
        if (t->alphabet.entry[i].code != ' ') QP_TRY(qp_vocabulary_add(v, QP_PIECE_CONTINUING, text, bytes, NULL));
    }
    if (v->count <= t->config->vocab_size) return QP_OK;
    return qp_fail(QP_EUSAGE,
                   "tokenizer training: vocabulary of %lld pieces is too small, the special pieces and the "
                   "characters of the text are %d; raise --vocab-size or lower --character-coverage",
                   (long long)t->config->vocab_size, v->count);
}

static qp_status learn_merges(learning *t)
{
    if (t->config->type != QP_TOKENIZER_BYTE_BPE) QP_TRY(add_alphabet(t));
    spelled_words spelled = {0};
    qp_status status = spell_words(t, &spelled);
    if (status == QP_OK) {
        qp_bpe_training input = {.symbol = spelled.symbol,
                                 .symbol_count = spelled.symbol_count,
                                 .word_start = spelled.start,
                                 .word_times = spelled.times,
                                 .word_count = t->words->count,
                                 .vocabulary_size = (int)t->config->vocab_size,
                                 .least_frequency = least_frequency(t->config),
                                 .longest_piece = (int)t->config->max_piece_length};
        status = qp_bpe_train(&input, &t->own->vocabulary, &t->own->bpe);
    }
    free_spelled(&spelled);
    if (t->config->type == QP_TOKENIZER_WORDPIECE) qp_bpe_free(&t->own->bpe); /* WordPiece uses the pieces alone */
    return status;
}

/* The learned pieces, characters included. */
static qp_status add_unigram_pieces(learning *t, const qp_unigram_pieces *pieces)
{
    for (int i = 0; i < pieces->count; i++) {
        char text[4 * 64];
        size_t bytes = 0;
        for (size_t k = pieces->start[i]; k < pieces->start[i + 1]; k++)
            bytes += qp_utf8_write(pieces->code[k], text + bytes);
        QP_TRY(qp_own_add_piece(t->own, QP_PIECE_NORMAL, text, bytes, pieces->score[i]));
    }
    return QP_OK;
}

static qp_status learn_unigram(learning *t)
{
    enum { SEEDS = 1000000, ROUNDS = 2, LONGEST = 16 };
    qp_vocabulary *v = &t->own->vocabulary;
    int fixed = v->count;
    QP_TRY(add_alphabet(t));
    qp_word_counts_sort(t->words); /* sums do not depend on the order of the lines */
    spelled_words spelled = {0};
    qp_unigram_pieces pieces = {0};
    qp_status status = spell_words(t, &spelled);
    if (status == QP_OK) {
        int longest = t->config->max_piece_length ? (int)t->config->max_piece_length : LONGEST;
        qp_unigram_training input = {.code = spelled.symbol,
                                     .word_start = spelled.start,
                                     .word_times = spelled.times,
                                     .word_count = t->words->count,
                                     .piece_count = (int)t->config->vocab_size - fixed,
                                     .longest_piece = longest < 64 ? longest : 64,
                                     .seed_count = SEEDS,
                                     .shrinking_factor = 0.75,
                                     .rounds = ROUNDS};
        status = qp_unigram_train(&input, &pieces);
    }
    free_spelled(&spelled);
    if (status == QP_OK) {
        qp_vocabulary_free(v); /* the alphabet was there to find characters; the learned pieces replace it */
        qp_vocabulary_init(v);
        status = qp_own_add_special(t->own);
    }
    if (status == QP_OK) status = add_unigram_pieces(t, &pieces);
    qp_unigram_pieces_free(&pieces);
    return status;
}

static qp_status learn(learning *t)
{
    switch (t->config->type) {
    case QP_TOKENIZER_CHAR: return learn_characters(t);
    case QP_TOKENIZER_WORD:
    case QP_TOKENIZER_SPACE: return learn_words(t);
    case QP_TOKENIZER_BPE:
    case QP_TOKENIZER_BYTE_BPE:
    case QP_TOKENIZER_WORDPIECE: return learn_merges(t);
    case QP_TOKENIZER_UNIGRAM: return learn_unigram(t);
    default: return QP_OK; /* bytes: nothing to learn */
    }
}

qp_status qp_own_learn(const qp_tokenizer_config *config, qp_word_counts *words, qp_own *own,
                       qp_tokenizer_report *report)
{
    learning t = {.config = config, .own = own, .words = words};
    QP_TRY(qp_own_add_special(own));
    if (own->vocabulary.count > config->vocab_size) {
        return qp_fail(QP_EUSAGE,
                       "tokenizer training: vocabulary of %lld pieces is too small, special and byte pieces are %d; "
                       "raise --vocab-size or set --byte-fallback false",
                       (long long)config->vocab_size, own->vocabulary.count);
    }
    qp_status status = learn(&t);
    report->characters = t.alphabet.characters;
    report->uncovered_characters = t.alphabet.uncovered;
    qp_own_alphabet_free(&t.alphabet);
    return status == QP_OK ? qp_own_finish(own) : status;
}
