#define _GNU_SOURCE /* memmem */
#include "data/batches/masking.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"

enum { MOST_SLOTS = 1 << 16 };
enum { PURPOSE_CHOICE = 0x6d61736b, PURPOSE_REPLACE = 0x7265706c };

/* One slot; all [rows] but start [sequences + 1]. */
typedef struct {
    int32_t *source, *target, *source_row, *start;
    int32_t *word;   /* scratch: first rows of the words of one text, in random order */
    uint8_t *hidden; /* scratch: the chosen rows of one text */
    int64_t rows, sequences;
} mask_slot;

struct qp_masking {
    qp_masking_options options;
    int32_t mask;
    qp_special_ids special;
    int32_t *ordinary; /* [ordinaries] the ids that are not special */
    int ordinaries;
    uint8_t *begins;  /* [vocabulary]: this piece is the first of a word */
    bool ends_marked; /* @@ marks pieces whose word continues */
    uint64_t key;     /* of the current epoch */
    mask_slot *slot;
};

/* ---- pieces and words ---- */

static const char *piece_of(const qp_text_codec *codec, int32_t id)
{
    const char *piece = codec->piece ? codec->piece(codec->self, id) : NULL;
    return piece ? piece : "";
}

int32_t qp_mask_id(const qp_text_codec *codec)
{
    qp_special_ids special = qp_codec_special(codec);
    if (special.mask >= 0) return special.mask;
    for (int32_t i = 0; i < codec->vocabulary_size; i++) {
        const char *piece = piece_of(codec, i);
        if (!strcmp(piece, "[MASK]") || !strcmp(piece, "<mask>")) return i;
    }
    return special.pad;
}

static bool starts_with(const char *text, const char *start) { return strncmp(text, start, strlen(start)) == 0; }

static bool goes_on(const char *piece)
{
    size_t bytes = strlen(piece);
    return bytes > 2 && !strcmp(piece + bytes - 2, "@@");
}

/* How tokenizers mark words: before the first piece of a word (U+2581; U+0120 for byte-level BPE), before every other
 * piece (##), or after every piece but the last (@@). Without marks each piece is a word. */
static void mark_words(qp_masking *m)
{
    static const char *first_marks[] = {"\xe2\x96\x81", "\xc4\xa0"};
    const qp_text_codec *codec = m->options.codec;
    bool found[2] = {false, false}, after = false, before = false;
    for (int k = 0; k < m->ordinaries; k++) {
        const char *piece = piece_of(codec, m->ordinary[k]);
        for (int j = 0; j < 2; j++) found[j] |= starts_with(piece, first_marks[j]);
        before |= starts_with(piece, "##") && piece[2];
        after |= goes_on(piece);
    }
    const char *mark = found[0] ? first_marks[0] : found[1] ? first_marks[1] : NULL;
    m->ends_marked = !mark && !before && after;
    for (int32_t i = 0; i < codec->vocabulary_size; i++) {
        const char *piece = piece_of(codec, i);
        if (m->ends_marked)
            m->begins[i] = goes_on(piece); /* here: whether the next piece belongs to the same word */
        else
            m->begins[i] = mark ? starts_with(piece, mark) : !(before && starts_with(piece, "##"));
    }
}

static bool begins_word(const qp_masking *m, const int32_t *id, int row)
{
    if (row == 0 || !m->options.whole_words) return true;
    return m->ends_marked ? !m->begins[id[row - 1]] : m->begins[id[row]];
}

/* ---- one text ---- */

static bool can_hide(const qp_masking *m, int32_t id) { return !qp_special_has(&m->special, id) && id != m->mask; }

/* Number of rows of the word that begins at `row`, up to the next word or special token. */
static int word_length(const qp_masking *m, const int32_t *id, int rows, int row)
{
    int end = row + 1;
    while (end < rows && can_hide(m, id[end]) && !begins_word(m, id, end)) end++;
    return end - row;
}

/* Choose rows of a text: words in random order while they fit. Returns the number of rows. */
static int choose(const qp_masking *m, uint64_t key, const int32_t *id, int rows, mask_slot *s, int wanted, bool words)
{
    int count = 0, chosen = 0;
    for (int r = 0; r < rows; r += words && can_hide(m, id[r]) ? word_length(m, id, rows, r) : 1)
        if (can_hide(m, id[r])) s->word[count++] = r;
    qp_random_shuffle(qp_random_key(key, PURPOSE_CHOICE), s->word, count);
    for (int i = 0; i < count && chosen < wanted; i++) {
        int length = words ? word_length(m, id, rows, s->word[i]) : 1;
        if (chosen + length > wanted) continue;
        memset(s->hidden + s->word[i], 1, (size_t)length);
        chosen += length;
    }
    return chosen;
}

static int32_t replacement(const qp_masking *m, uint64_t key, int row, int32_t id)
{
    double draw = qp_random_uniform(key, 2 * (uint64_t)row);
    if (draw < 0.8) return m->mask;
    return draw < 0.9 ? m->ordinary[qp_random_below(key, 2 * (uint64_t)row + 1, (uint64_t)m->ordinaries)] : id;
}

/* A text of only unknown words: choose its first, so that no batch is empty. */
static int hide_first(const qp_masking *m, const int32_t *id, int rows, mask_slot *s, int32_t *out, int at)
{
    if (rows < 1 || id[0] == m->special.end) return at;
    out[0] = m->mask;
    s->target[at] = id[0];
    s->source_row[at] = 0;
    return at + 1;
}

/* Mask tokens of the text id[0..rows), of which `out` holds a copy; the originals go to the targets from row `at`. */
static int hide(const qp_masking *m, uint64_t key, const int32_t *id, int rows, mask_slot *s, int32_t *out, int at)
{
    int words = 0;
    for (int r = 0; r < rows; r++) words += can_hide(m, id[r]);
    if (words == 0) return hide_first(m, id, rows, s, out, at);
    int wanted = (int)(m->options.rate * words + 0.5);
    if (wanted < 1) wanted = 1;
    memset(s->hidden, 0, (size_t)rows);
    int chosen = choose(m, key, id, rows, s, wanted, m->options.whole_words);
    if (chosen == 0) choose(m, key, id, rows, s, wanted, false);
    uint64_t replace = qp_random_key(key, PURPOSE_REPLACE);
    for (int r = 0; r < rows; r++) {
        if (!s->hidden[r]) continue;
        out[r] = replacement(m, replace, r, id[r]);
        s->target[at] = id[r];
        s->source_row[at++] = r;
    }
    return at;
}

/* ---- the source ---- */

static qp_status begin(void *self, int64_t epoch, int64_t *count)
{
    qp_masking *m = self;
    m->key = qp_random_key(m->options.seed, m->options.fixed ? 0 : (uint64_t)epoch);
    return m->options.texts.begin(m->options.texts.self, epoch, count);
}

static qp_status more(void *self, qp_batch_place *place, int64_t *count)
{
    const qp_batch_source *texts = &((qp_masking *)self)->options.texts;
    return texts->more(texts->self, place, count);
}

static void free_slot(mask_slot *s)
{
    free(s->source);
    free(s->target);
    free(s->source_row);
    free(s->start);
    free(s->word);
    free(s->hidden);
    *s = (mask_slot){0};
}

static qp_status reserve(mask_slot *s, int64_t rows, int64_t sequences)
{
    if (rows <= s->rows && sequences <= s->sequences) return QP_OK;
    if (rows < s->rows) rows = s->rows;
    if (sequences < s->sequences) sequences = s->sequences;
    free_slot(s);
    size_t size = (size_t)rows;
    s->source = malloc(size * sizeof *s->source);
    s->target = malloc(size * sizeof *s->target);
    s->source_row = malloc(size * sizeof *s->source_row);
    s->word = malloc(size * sizeof *s->word);
    s->hidden = malloc(size);
    s->start = malloc(((size_t)sequences + 1) * sizeof *s->start);
    if (s->source && s->target && s->source_row && s->word && s->hidden && s->start) {
        s->rows = rows;
        s->sequences = sequences;
        return QP_OK;
    }
    free_slot(s);
    return qp_fail(QP_EMEMORY, "masking: no memory for %zu tokens; use a smaller --batch-size", size);
}

static qp_status get(void *self, int64_t number, int slot, qp_batch *batch)
{
    qp_masking *m = self;
    qp_batch text;
    memset(batch, 0, sizeof *batch);
    QP_TRY(m->options.texts.get(m->options.texts.self, number, slot, &text));
    if (slot < 0 || slot >= m->options.slots) return qp_fail(QP_EBUG, "masking: slot %d of %d", slot, m->options.slots);
    qp_sequences sequences = text.target.sequences;
    mask_slot *s = &m->slot[slot];
    int rows = sequences.start[sequences.count], at = 0;
    QP_TRY(reserve(s, rows, sequences.count));
    memcpy(s->source, text.target.id, (size_t)rows * sizeof *s->source);
    uint64_t key = qp_random_key(m->key, (uint64_t)number);
    for (int i = 0; i < sequences.count; i++) {
        int first = sequences.start[i], length = sequences.start[i + 1] - first;
        s->start[i] = at;
        at = hide(m, qp_random_key(key, (uint64_t)i), text.target.id + first, length, s, s->source + first, at);
    }
    s->start[sequences.count] = at;
    batch->source = (qp_ids){sequences, s->source};
    batch->target = (qp_ids){{.count = sequences.count, .start = s->start}, s->target};
    batch->source_row = s->source_row;
    return QP_OK;
}

qp_status qp_masking_new(const qp_masking_options *options, qp_masking **masking)
{
    *masking = NULL;
    if (!(options->rate > 0 && options->rate < 1))
        return qp_fail(QP_EUSAGE, "masking: rate %g of masked tokens; give more than 0 and less than 1", options->rate);
    if (options->slots < 1 || options->slots > MOST_SLOTS)
        return qp_fail(QP_EUSAGE, "accum %d: out of bounds; give 1 to %d", options->slots, MOST_SLOTS);
    qp_masking *m = calloc(1, sizeof *m);
    if (m) {
        m->options = *options;
        m->special = qp_codec_special(options->codec);
        m->begins = calloc((size_t)options->codec->vocabulary_size + 1, 1);
        m->ordinary = malloc(((size_t)options->codec->vocabulary_size + 1) * sizeof *m->ordinary);
        m->slot = calloc((size_t)options->slots, sizeof *m->slot);
    }
    if (!m || !m->begins || !m->ordinary || !m->slot) {
        qp_masking_free(m);
        return qp_fail(QP_EMEMORY, "masking: out of memory");
    }
    for (int32_t id = 0; id < options->codec->vocabulary_size; id++)
        if (!qp_special_has(&m->special, id)) m->ordinary[m->ordinaries++] = id;
    m->mask = qp_mask_id(options->codec);
    if (m->ordinaries == 0 || m->mask < 0) {
        bool empty = m->ordinaries == 0;
        qp_masking_free(m);
        return qp_fail(QP_EUSAGE, empty ? "masking: the vocabulary has no words; use another tokenizer"
                                        : "masking: the vocabulary has no mask; name it with --special mask=PIECE");
    }
    mark_words(m);
    *masking = m;
    return QP_OK;
}

qp_batch_source qp_masking_source(qp_masking *masking)
{
    return (qp_batch_source){
        .self = masking, .begin = begin, .get = get, .more = masking->options.texts.more ? more : NULL};
}

void qp_masking_free(qp_masking *masking)
{
    if (!masking) return;
    for (int i = 0; masking->slot && i < masking->options.slots; i++) free_slot(&masking->slot[i]);
    free(masking->slot);
    free(masking->begins);
    free(masking->ordinary);
    free(masking);
}

const char *qp_mask_misspelled(const char *text, size_t bytes)
{
    static const char *const other[] = {"[mask]", "[Mask]", "<MASK>", "<Mask>", "[MASK>", "{MASK}", "{mask}"};
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        if (memmem(text, bytes, other[i], strlen(other[i]))) return other[i];
    return NULL;
}
