#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/batches/batcher.h"
#include "data/batches/masking.h"
#include "tests/data/text_fixture.h"

/* A vocabulary of 20 words of up to three pieces, marked in one of four ways: id 4 + 3*w + p is piece p of word w. */
enum { WORDS = 20, VOCABULARY = QP_SPECIAL_COUNT + 3 * WORDS };
typedef enum { UNDERLINED, LETTERS, HASHES, JOINERS } piece_style;

static const char *piece_name(void *self, int32_t id)
{
    static char name[VOCABULARY][20];
    if (id < QP_SPECIAL_COUNT) return "<special>";
    int word = (id - QP_SPECIAL_COUNT) / 3, part = (id - QP_SPECIAL_COUNT) % 3;
    const char *before = "", *behind = "";
    switch (*(piece_style *)self) {
    case UNDERLINED: before = part ? "" : "\xe2\x96\x81"; break;
    case LETTERS: before = part ? "" : "\xc4\xa0"; break;
    case HASHES: before = part ? "##" : ""; break;
    case JOINERS: behind = part < 2 ? "@@" : ""; break;
    }
    snprintf(name[id], sizeof name[id], "%sw%dp%d%s", before, word, part, behind);
    return name[id];
}

/* Texts of 1..longest words of three pieces, each with its QP_EOS. */
static void texts_of(int texts, int longest, qp_corpus *corpus)
{
    *corpus = (qp_corpus){.sequences = texts};
    qp_corpus_side *side = &corpus->target;
    side->id = malloc((size_t)texts * (size_t)(3 * longest + 1) * sizeof *side->id);
    side->start = calloc((size_t)texts + 1, sizeof *side->start);
    int64_t at = 0;
    for (int i = 0; i < texts; i++) {
        for (int w = 0; w < 1 + i % longest; w++)
            for (int p = 0; p < 3; p++) side->id[at++] = QP_SPECIAL_COUNT + 3 * ((i + 7 * w) % WORDS) + p;
        side->id[at++] = QP_EOS;
        side->start[i + 1] = at;
    }
    corpus->statistics.target.tokens = at;
}

typedef struct {
    piece_style style;
    qp_text_codec codec;
    qp_corpus corpus;
    qp_batcher *batcher;
    qp_masking *masking;
    qp_batch_source source, plain;
} fixture;

static void setup(fixture *f, piece_style style, int texts, int longest, bool whole_words, bool fixed)
{
    f->style = style;
    f->codec = (qp_text_codec){.self = &f->style, .vocabulary_size = VOCABULARY, .piece = piece_name};
    texts_of(texts, longest, &f->corpus);
    qp_batcher_options options = {.kind = QP_BATCH_TOKENS, .size = 300, .shuffle = !fixed, .seed = 1, .slots = 2};
    cr_assert_eq(qp_batcher_new(&f->corpus, &options, &f->batcher), QP_OK);
    f->plain = qp_batcher_source(f->batcher);
    qp_masking_options masking = {f->plain, &f->codec, 0.15, whole_words, fixed, 5, 2};
    cr_assert_eq(qp_masking_new(&masking, &f->masking), QP_OK, "%s", qp_error_message());
    f->source = qp_masking_source(f->masking);
}

static void teardown(fixture *f)
{
    qp_masking_free(f->masking);
    qp_batcher_free(f->batcher);
    qp_corpus_free(&f->corpus);
}

/* What was done in one epoch. */
typedef struct {
    int words, chosen, masked, same, other;
    uint64_t sum; /* of everything, in order */
} tally;

static void check_text(const fixture *f, const qp_batch *masked, const qp_batch *plain, int i, bool whole_words,
                       tally *t)
{
    int first = plain->target.sequences.start[i], rows = qp_sequence_length(plain->target.sequences, i);
    int row = masked->target.sequences.start[i], end = masked->target.sequences.start[i + 1];
    int words = rows - 1, wanted = (int)(0.15 * words + 0.5);
    if (wanted < 1) wanted = 1;
    if (whole_words && wanted >= 3) wanted -= wanted % 3;
    cr_assert_eq(end - row, wanted);
    cr_assert_eq(masked->source.id[first + rows - 1], QP_EOS);
    t->words += words;
    for (int r = 0; r < rows; r++) {
        bool chosen = row < end && masked->source_row[row] == r;
        int32_t was = plain->target.id[first + r], is = masked->source.id[first + r];
        t->sum = t->sum * 31 + (uint64_t)is * 2 + chosen;
        if (!chosen) {
            cr_assert_eq(is, was);
            continue;
        }
        cr_assert_eq(masked->target.id[row], was);
        if (whole_words && wanted >= 3)
            cr_assert_eq(masked->source_row[row - (was - QP_SPECIAL_COUNT) % 3], r - (was - QP_SPECIAL_COUNT) % 3);
        row++;
        t->chosen++;
        t->masked += is == QP_PAD;
        t->same += is == was;
        t->other += is != QP_PAD && is != was;
        cr_assert(is == QP_PAD || (is >= QP_SPECIAL_COUNT && is < f->codec.vocabulary_size));
    }
}

static tally read_epoch(const fixture *f, int64_t epoch, bool whole_words)
{
    tally t = {0};
    int64_t count;
    cr_assert_eq(f->source.begin(f->source.self, epoch, &count), QP_OK);
    for (int64_t b = 0; b < count; b++) {
        qp_batch masked, plain;
        cr_assert_eq(f->plain.get(f->plain.self, b, 1, &plain), QP_OK);
        cr_assert_eq(f->source.get(f->source.self, b, 0, &masked), QP_OK);
        cr_assert_eq(masked.source.sequences.count, plain.target.sequences.count);
        for (int i = 0; i < plain.target.sequences.count; i++) check_text(f, &masked, &plain, i, whole_words, &t);
    }
    return t;
}

Test(masking, shares_are_those_of_bert)
{
    fixture f;
    setup(&f, UNDERLINED, 2000, 20, false, false);
    tally t = read_epoch(&f, 1, false);
    cr_assert_float_eq((double)t.chosen / t.words, 0.15, 0.01);
    cr_assert_float_eq((double)t.masked / t.chosen, 0.8, 0.02);
    cr_assert_float_eq((double)t.same / t.chosen, 0.1 + 0.1 / (3 * WORDS), 0.02);
    cr_assert_float_eq((double)t.other / t.chosen, 0.1, 0.02);
    cr_assert_neq(read_epoch(&f, 2, false).sum, t.sum, "every epoch hides other tokens");
    cr_assert_eq(read_epoch(&f, 1, false).sum, t.sum, "a function of seed and epoch");
    teardown(&f);
}

Test(masking, whole_words_in_every_style_of_pieces)
{
    for (piece_style style = UNDERLINED; style <= JOINERS; style++) {
        fixture f;
        setup(&f, style, 300, 20, true, false);
        tally t = read_epoch(&f, 1, true);
        cr_assert_gt(t.chosen, t.words / 10);
        teardown(&f);
    }
}

Test(masking, validation_hides_the_same_in_every_epoch)
{
    fixture f;
    setup(&f, HASHES, 100, 12, false, true);
    uint64_t sum = read_epoch(&f, 0, false).sum;
    cr_assert_eq(read_epoch(&f, 1, false).sum, sum);
    cr_assert_eq(read_epoch(&f, 9, false).sum, sum);
    teardown(&f);
}

Test(masking, a_text_of_unknown_words_has_one_row)
{
    fixture f;
    setup(&f, HASHES, 3, 2, false, true);
    for (int64_t i = 0; i < f.corpus.target.start[3]; i++)
        if (f.corpus.target.id[i] != QP_EOS) f.corpus.target.id[i] = QP_UNK;
    int64_t count;
    qp_batch batch;
    cr_assert_eq(f.source.begin(f.source.self, 0, &count), QP_OK);
    cr_assert_eq(f.source.get(f.source.self, 0, 0, &batch), QP_OK);
    cr_assert(batch.target.sequences.count == 3 && batch.target.sequences.start[3] == 3);
    for (int i = 0; i < 3; i++) {
        cr_assert(batch.target.id[i] == QP_UNK && batch.source_row[i] == 0);
        cr_assert_eq(batch.source.id[batch.source.sequences.start[i]], QP_PAD);
    }
    cr_assert_eq(f.source.get(f.source.self, count, 0, &batch), QP_EBUG);
    teardown(&f);
}

Test(masking, options_are_checked)
{
    piece_style style = HASHES;
    qp_text_codec codec = {.self = &style, .vocabulary_size = VOCABULARY, .piece = piece_name};
    qp_masking *masking;
    const double rates[] = {0, 1, -0.1, 1.5, (double)NAN};
    for (int i = 0; i < 5; i++)
        cr_assert_eq(qp_masking_new(&(qp_masking_options){.codec = &codec, .rate = rates[i], .slots = 1}, &masking),
                     QP_EUSAGE);
    cr_assert_eq(qp_masking_new(&(qp_masking_options){.codec = &codec, .rate = 0.15}, &masking), QP_EUSAGE);
    codec.vocabulary_size = QP_SPECIAL_COUNT;
    cr_assert_eq(qp_masking_new(&(qp_masking_options){.codec = &codec, .rate = 0.15, .slots = 1}, &masking), QP_EUSAGE);
}

static const char *piece_with_mask(void *self, int32_t id)
{
    (void)self;
    return id == 17 ? "[MASK]" : "word";
}

Test(masking, the_tokenizers_own_mask_is_used)
{
    qp_text_codec codec = {.vocabulary_size = 30, .piece = piece_with_mask};
    cr_assert_eq(qp_mask_id(&codec), 17);
    codec.vocabulary_size = 17;
    cr_assert_eq(qp_mask_id(&codec), QP_PAD);
    codec.piece = NULL;
    cr_assert_eq(qp_mask_id(&codec), QP_PAD);
}

Test(masking, marks_in_a_text_are_hidden_tokens)
{
    qp_text_codec words = fixture_words();
    const struct {
        const char *text;
        int count, masks;
        int32_t id[6], place[3];
    } cases[] = {{"a [MASK] ccc", 3, 1, {5, QP_PAD, 7}, {1}},
                 {"[MASK]a<mask>[MASK]", 4, 3, {QP_PAD, 5, QP_PAD, QP_PAD}, {0, 2, 3}},
                 {"no mark [MAS", 3, 0, {6, 8, 8}, {0}},
                 {"", 0, 0, {0}, {0}},
                 {" <mask> ", 1, 1, {QP_PAD}, {0}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int32_t *id, *place;
        int count, masks;
        cr_assert_eq(qp_mask_encode(&words, cases[i].text, strlen(cases[i].text), &id, &count, &place, &masks), QP_OK);
        cr_assert(count == cases[i].count && masks == cases[i].masks, "%s", cases[i].text);
        if (count) cr_assert_arr_eq(id, cases[i].id, (size_t)count * sizeof *id);
        if (masks) cr_assert_arr_eq(place, cases[i].place, (size_t)masks * sizeof *place);
        free(id);
        free(place);
    }
    int32_t *id, *place;
    int count, masks;
    cr_assert_eq(qp_mask_encode(&words, "a [MASK] bad", 12, &id, &count, &place, &masks), QP_EDATA);
    cr_assert(!id && !place);
}

Test(masking, other_spellings_are_found)
{
    static const char *const text[] = {"a [mask] b", "{MASK}", "[MASK] <Mask>", "[MASK] <mask>", "the mask", ""};
    static const char *const found[] = {"[mask]", "{MASK}", "<Mask>", NULL, NULL, NULL};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        const char *other = qp_mask_misspelled(text[i], strlen(text[i]));
        if (found[i])
            cr_expect_str_eq(other, found[i], "%s", text[i]);
        else
            cr_expect_null(other, "%s", text[i]);
    }
    cr_expect_null(qp_mask_misspelled("[mask]", 5), "only the bytes of the text");
}
