#include "tokenizer/sentencepiece/sentencepiece_trainer_corpus.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"
#include "tokenizer/sentencepiece/charsmap_plain.h"
#include "lib/base/array.h"
#include "lib/base/share.h"
#include "tokenizer/sentencepiece/sentencepiece_chunk_ids.h"
#include "tokenizer/sentencepiece/sentencepiece_rules.h"
#include "lib/text/unicode_tables.h"
#include "lib/text/utf8.h"

static const char UNKNOWN_SIGN[] = "\xE2\x96\x85"; /* U+2585 */

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "sentencepiece training: out of memory; use less text"); }

void qp_sentencepiece_corpus_forget(qp_sentencepiece_corpus *c)
{
    free(c->code);
    free(c->start);
    c->code = NULL;
    c->start = NULL;
    c->code_capacity = c->start_capacity = c->lines = 0;
}

void qp_sentencepiece_corpus_free(qp_sentencepiece_corpus *c)
{
    qp_sentencepiece_corpus_forget(c);
    qp_sentencepiece_free(c->rules);
    qp_trie_free(&c->meta);
    free(c->required);
    qp_mapped_text_free(&c->work);
    *c = (qp_sentencepiece_corpus){0};
}

/* What text that the rules leave alone is copied by. */
static qp_status prepare_plain(qp_sentencepiece *rules)
{
    rules->fast = calloc(1, sizeof *rules->fast);
    return rules->fast ? qp_charsmap_plain_make(&rules->rules, &rules->user_defined, &rules->fast->plain) : no_memory();
}

qp_status qp_sentencepiece_corpus_begin(qp_sentencepiece_corpus *c, const qp_sentencepiece_config *config,
                                        const char *const *names, size_t count)
{
    *c = (qp_sentencepiece_corpus){.config = config, .rules = calloc(1, sizeof *c->rules)};
    qp_trie_key *key = calloc(count + 1, sizeof *key);
    qp_status status = c->rules && key ? QP_OK : no_memory();
    for (size_t i = 0; status == QP_OK && i < count; i++)
        key[i] = (qp_trie_key){.text = names[i], .bytes = strlen(names[i]), .value = (int32_t)i};
    if (status == QP_OK) {
        c->rules->space_as_suffix = config->treat_whitespace_as_suffix;
        c->rules->add_dummy_prefix = config->add_dummy_prefix;
        c->rules->remove_extra_spaces = config->remove_extra_whitespaces;
        c->rules->escape_spaces = true;
        status = qp_sentencepiece_rules(config->normalization_rule_name, &c->rules->rules);
    }
    if (status == QP_OK) status = qp_trie_build(&c->meta, key, count);
    if (status == QP_OK) status = qp_trie_build(&c->rules->user_defined, key, 0);
    if (status == QP_OK && !config->treat_whitespace_as_suffix) status = prepare_plain(c->rules);
    if (status == QP_OK && !QP_GROW(c->start, c->start_capacity, 1)) status = no_memory();
    if (status == QP_OK) c->start[0] = 0;
    free(key);
    if (status != QP_OK) qp_sentencepiece_corpus_free(c);
    return status;
}

/* Appends the code points of a normalised line, special names as boundaries. */
static qp_status append_codes(qp_sentencepiece_corpus *c, const char *text, size_t bytes)
{
    size_t made = c->start[c->lines];
    if (!QP_GROW(c->code, c->code_capacity, made + bytes)) return no_memory();
    if (!QP_GROW(c->start, c->start_capacity, c->lines + 2)) return no_memory();
    if (made + bytes > INT32_MAX) return qp_fail(QP_EDATA, "sentencepiece training: 2^31 characters; use less text");
    for (size_t at = 0, length; at < bytes; at += length) {
        int32_t name = qp_trie_longest(&c->meta, text + at, bytes - at, &length);
        c->code[made++] = name >= 0 ? QP_SPM_BOUNDARY : qp_utf8_next(text + at, bytes - at, &length);
    }
    c->start[++c->lines] = made;
    return QP_OK;
}

/* Replaces line `at` by the line just appended (reservoir sampling). */
static qp_status replace_line(qp_sentencepiece_corpus *c, size_t at)
{
    size_t last = c->lines - 1, fresh = c->start[last + 1] - c->start[last], old = c->start[at + 1] - c->start[at];
    size_t rest = c->start[last] - c->start[at + 1];
    int32_t *copy = malloc((fresh + 1) * sizeof *copy);
    if (!copy) return no_memory();
    memcpy(copy, c->code + c->start[last], fresh * sizeof *copy);
    memmove(c->code + c->start[at] + fresh, c->code + c->start[at + 1], rest * sizeof *copy);
    memcpy(c->code + c->start[at], copy, fresh * sizeof *copy);
    free(copy);
    for (size_t i = at + 1; i <= last; i++) c->start[i] = c->start[i] + fresh - old;
    c->lines = last;
    return QP_OK;
}

qp_status qp_sentencepiece_corpus_add(qp_sentencepiece_corpus *c, const char *line, size_t bytes, bool *full)
{
    const qp_sentencepiece_config *config = c->config;
    size_t most = (size_t)config->input_sentence_size;
    *full = most > 0 && !config->shuffle_input_sentence && (size_t)c->seen >= most;
    if (*full || bytes == 0 || bytes > (size_t)config->max_sentence_length) return QP_OK;
    for (size_t i = 0; i + 3 <= bytes; i++) {
        if (memcmp(line + i, UNKNOWN_SIGN, 3) == 0) return QP_OK;
    }
    c->seen++;
    uint64_t place = UINT64_MAX;
    if (most > 0 && (size_t)c->seen > most) {
        place = qp_random_bits((uint64_t)config->seed, (uint64_t)c->seen) % (uint64_t)c->seen;
        if (place >= c->lines) return QP_OK;
    }
    c->work.bytes = 0;
    QP_TRY(c->rules->fast && c->rules->fast->plain ? qp_sentencepiece_plain_normal(c->rules, line, bytes, &c->work)
                                                   : qp_sentencepiece_normalize(c->rules, line, bytes, &c->work));
    if (c->work.bytes == 0) return QP_OK;
    QP_TRY(append_codes(c, c->work.text, c->work.bytes));
    return place == UINT64_MAX ? QP_OK : replace_line(c, (size_t)place);
}

/* ---- characters ---- */

static int by_count_then_code(const void *left, const void *right)
{
    const struct qp_required *a = left, *b = right;
    if (a->count != b->count) return a->count > b->count ? -1 : 1;
    return a->code < b->code ? -1 : a->code > b->code;
}

enum { NAME_CODE = 0 }; /* under which special names are counted; it never is a character */

static bool may_count(int32_t code) { return code > 0 && code != ' '; }

/* Chooses the required characters, then the most frequent ones until the wanted share is reached, a float as in
 * sentencepiece, which counts a special name as one character and covers it in its turn. */
static size_t choose(const qp_sentencepiece_corpus *c, struct qp_required *list, size_t count, uint8_t *wanted,
                     int64_t total)
{
    const char *named = c->config->required_chars;
    size_t bytes = strlen(named), kept = 0;
    for (size_t at = 0, length; at < bytes; at += length) {
        int32_t code = qp_utf8_next(named + at, bytes - at, &length);
        if (may_count(code)) wanted[code] = 1;
    }
    int64_t covered = 0;
    for (size_t i = 0; i < count; i++) {
        float share = (float)((double)covered / (double)total);
        if (!c->config->use_all_vocab && share >= (float)c->config->character_coverage) break;
        covered += list[i].count;
        wanted[list[i].code] = list[i].code != NAME_CODE;
    }
    for (size_t i = 0; i < count; i++) {
        if (!wanted[list[i].code]) continue;
        wanted[list[i].code] = 2;
        list[kept++] = list[i];
    }
    return kept;
}

qp_status qp_sentencepiece_corpus_end(qp_sentencepiece_corpus *c)
{
    enum { CODES = 0x110000 };
    if (c->lines == 0) return qp_fail(QP_EUSAGE, "sentencepiece training: no usable line; give it text");
    int64_t *count = calloc(CODES, sizeof *count), total = 0;
    uint8_t *wanted = calloc(CODES, 1);
    struct qp_required *list = malloc(CODES * sizeof *list);
    size_t seen = 0, all = c->start[c->lines];
    qp_status status = count && wanted && list ? QP_OK : no_memory();
    for (size_t i = 0; status == QP_OK && i < all; i++) {
        bool name = c->code[i] == QP_SPM_BOUNDARY;
        if (!name && !may_count(c->code[i])) continue;
        count[name ? NAME_CODE : c->code[i]]++;
        total++;
    }
    for (int32_t code = 0; status == QP_OK && code < CODES; code++) {
        if (count[code]) list[seen++] = (struct qp_required){code, count[code]};
    }
    if (status == QP_OK) {
        if (seen) qsort(list, seen, sizeof *list, by_count_then_code);
        c->required_count = choose(c, list, seen, wanted, total);
        for (int32_t code = 1; code < CODES; code++) {
            if (wanted[code] == 1) list[c->required_count++] = (struct qp_required){code, 0};
        }
        c->required = list;
        list = NULL;
        for (size_t i = 0; i < all; i++) {
            int32_t code = c->code[i];
            if (code != QP_SPM_BOUNDARY && (code <= 0 || !wanted[code])) c->code[i] = QP_SPM_UNKNOWN_CODE;
        }
    }
    free(count);
    free(wanted);
    free(list);
    return status;
}

/* ---- words ---- */

static bool begins_word(const qp_sentencepiece_config *config, const int32_t *line, size_t at)
{
    if (at == 0) return true;
    bool space = line[at] == QP_SPM_SPACE, before = line[at - 1] == QP_SPM_SPACE;
    if (!config->treat_whitespace_as_suffix) return space && !(before && config->allow_whitespace_only_pieces);
    return before && !(space && config->allow_whitespace_only_pieces);
}

static qp_status count_word(qp_word_counts *counts, const int32_t *code, size_t length, qp_mapped_text *work)
{
    if (!QP_GROW(work->text, work->capacity, 4 * length + 1)) return no_memory();
    size_t bytes = 0; /* a boundary is a byte that does not occur in UTF-8 */
    for (size_t i = 0; i < length; i++) {
        if (code[i] == QP_SPM_BOUNDARY)
            work->text[bytes++] = '\xFF';
        else
            bytes += qp_utf8_write(code[i], work->text + bytes);
    }
    return qp_word_counts_add(counts, work->text, bytes, 1);
}

/* The words of lines first .. last-1. */
static qp_status count_lines(const qp_sentencepiece_corpus *c, size_t first, size_t last, qp_word_counts *counts)
{
    qp_mapped_text work = {0};
    qp_status status = QP_OK;
    for (size_t l = first; l < last && status == QP_OK; l++) {
        const int32_t *line = c->code + c->start[l];
        size_t length = c->start[l + 1] - c->start[l], begin = 0;
        for (size_t at = 1; at <= length && status == QP_OK; at++) {
            if (at < length && !begins_word(c->config, line, at)) continue;
            status = count_word(counts, line + begin, at - begin, &work);
            begin = at;
        }
    }
    qp_mapped_text_free(&work);
    return status;
}

typedef struct {
    const qp_sentencepiece_corpus *corpus;
    size_t parts;
    qp_word_counts *part, *counts;
} counting;

static qp_status count_part(void *self, size_t k, int thread)
{
    const counting *c = self;
    size_t lines = c->corpus->lines;
    (void)thread;
    return count_lines(c->corpus, lines * k / c->parts, lines * (k + 1) / c->parts, &c->part[k]);
}

static qp_status take_part(void *self, size_t k)
{
    const counting *c = self;
    return qp_word_counts_move(c->counts, &c->part[k]);
}

static qp_status count_words(const qp_sentencepiece_corpus *c, qp_word_counts *counts)
{
    enum { LEAST_FOR_THREADS = 1 << 16, MOST_THREADS = 256 };
    counting all = {.corpus = c, .counts = counts};
    all.parts = c->start[c->lines] < LEAST_FOR_THREADS ? 1 : (size_t)qp_share_threads(MOST_THREADS, 0);
    all.part = calloc(all.parts, sizeof *all.part);
    if (!all.part) return no_memory();
    qp_status status = qp_share(&(qp_shared_job){&all, count_part, take_part}, all.parts, (int)all.parts);
    for (size_t k = 0; k < all.parts; k++) qp_word_counts_free(&all.part[k]);
    free(all.part);
    if (status == QP_OK) qp_word_counts_sort(counts);
    return status;
}

void qp_sentencepiece_words_free(qp_sentencepiece_words *words)
{
    free(words->code);
    free(words->start);
    free(words->times);
    *words = (qp_sentencepiece_words){0};
}

static qp_status take_arrays(qp_sentencepiece_words *words, size_t codes, size_t count)
{
    words->code = malloc((codes + 1) * sizeof *words->code);
    words->start = malloc((count + 1) * sizeof *words->start);
    words->times = malloc((count + 1) * sizeof *words->times);
    words->count = count;
    return words->code && words->start && words->times ? QP_OK : no_memory();
}

static void spell_words(const qp_word_counts *counts, qp_sentencepiece_words *words)
{
    size_t made = 0;
    for (size_t w = 0; w < counts->count; w++) {
        const struct qp_word *word = &counts->word[w];
        words->start[w] = made;
        words->times[w] = word->count;
        for (size_t at = 0, length; at < word->bytes; at += length) {
            int32_t code = qp_utf8_next(counts->text + word->start + at, word->bytes - at, &length);
            words->code[made++] = code == QP_INVALID_CODE ? QP_SPM_BOUNDARY : code;
        }
    }
    words->start[counts->count] = made;
}

qp_status qp_sentencepiece_words_make(const qp_sentencepiece_corpus *c, bool split, qp_sentencepiece_words *words)
{
    *words = (qp_sentencepiece_words){0};
    qp_word_counts counts = {0};
    qp_status status;
    if (split) {
        status = count_words(c, &counts);
        if (status == QP_OK) status = take_arrays(words, counts.text_bytes, counts.count);
        if (status == QP_OK) spell_words(&counts, words);
    } else {
        status = take_arrays(words, c->start[c->lines], c->lines);
        if (status == QP_OK) {
            memcpy(words->code, c->code, c->start[c->lines] * sizeof *c->code);
            memcpy(words->start, c->start, (c->lines + 1) * sizeof *c->start);
            for (size_t l = 0; l < c->lines; l++) words->times[l] = 1;
        }
    }
    qp_word_counts_free(&counts);
    if (status != QP_OK) qp_sentencepiece_words_free(words);
    return status;
}

/* ---- pieces ---- */

static bool is_digit(int32_t code) { return (code >= '0' && code <= '9') || (code >= 0xFF10 && code <= 0xFF19); }

/* Script as sentencepiece sees it: kana is Han, an unassigned character common; -1 joins any. */
static int script_of(const qp_sentencepiece_config *config, int32_t code, int before)
{
    int script = qp_script_of(code);
    if (script == QP_SCRIPT_HIRAGANA || script == QP_SCRIPT_KATAKANA || code == 0x30FC) script = QP_SCRIPT_HAN;
    if (script == QP_SCRIPT_NONE) script = QP_SCRIPT_COMMON;
    if (script == QP_SCRIPT_INHERITED) script = before;
    return is_digit(code) && !config->split_by_number ? -1 : script;
}

bool qp_sentencepiece_may_be(const qp_sentencepiece_config *config, const int32_t *code, size_t length)
{
    if (length == 0 || length > (size_t)config->max_sentencepiece_length) return false;
    bool only_spaces = true;
    int before = -1;
    for (size_t i = 0; i < length; i++) only_spaces = only_spaces && code[i] == QP_SPM_SPACE;
    for (size_t i = 0; i < length; i++) {
        if (code[i] <= 0 || code[i] == QP_SPM_UNKNOWN_CODE || code[i] == ' ') return false;
        if (code[i] == QP_SPM_SPACE && !(config->allow_whitespace_only_pieces && only_spaces)) {
            /* counted from the end where a space may be */
            size_t inner = config->treat_whitespace_as_suffix ? length - 1 - i : i;
            if (inner > 0 && (config->split_by_whitespace || inner == length - 1)) return false;
            continue;
        }
        int script = script_of(config, code[i], before);
        if (config->split_digits && is_digit(code[i]) && length > 1) return false;
        if (config->split_by_unicode_script && script >= 0 && before >= 0 && script != before) return false;
        before = script;
    }
    return true;
}
