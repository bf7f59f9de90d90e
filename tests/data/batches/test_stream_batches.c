#include "data/batches/stream_batches.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "tests/data/text_fixture.h"

/* Lines "0000", "0001" ...; pieces of 20 lines, portions of 5 pieces. */
enum { LINES = 1000, DIGITS = 4, PIECE_BYTES = 20 * (DIGITS + 1), PORTION_PIECES = 5, MOST_PORTIONS = 50 };

typedef struct {
    qp_text_codec codec;
    qp_corpus_options corpus;
    qp_text_index index;
    qp_corpus portion;
    qp_stream *stream;
    qp_batch_source source;
} fixture;

/* The numbers of an epoch's lines in the order of its batches, and the batches at which its portions begin. */
typedef struct {
    int line[LINES + 1], lines;
    int64_t first[MOST_PORTIONS + 1];
    int portions;
} epoch_order;

/* Lines first .. end-1 in a file, which is compressed if its name ends in .gz. */
static const char *lines_file(const char *name, int first, int end)
{
    char text[LINES * (DIGITS + 1) + 1];
    for (int i = first; i < end; i++) sprintf(text + (size_t)(i - first) * (DIGITS + 1), "%04d\n", i);
    size_t bytes = (size_t)(end - first) * (DIGITS + 1);
    const char *path = fixture_file(name, text, bytes);
    if (!strstr(name, ".gz")) return path;
    gzFile file = gzopen(path, "wb");
    cr_assert_eq(gzwrite(file, text, (unsigned)bytes), (int)bytes);
    cr_assert_eq(gzclose(file), Z_OK);
    return path;
}

static void open_stream(fixture *f, const char *path, uint64_t seed)
{
    f->codec = fixture_bytes();
    f->corpus = (qp_corpus_options){.files = {.kind = QP_TEXT_ONE_FILE, .target = path}, .target_codec = &f->codec};
    cr_assert_eq(qp_text_index_read(&f->corpus.files, PIECE_BYTES, NULL, &f->index), QP_OK, "%s", qp_error_message());
    const qp_stream_options options = {
        .corpus = &f->corpus,
        .index = &f->index,
        .portion = &f->portion,
        .buffer = (int64_t)PORTION_PIECES * QP_STREAM_PIECE,
        .batches = {.sequences = {.kind = QP_BATCH_SENTENCES, .size = 7, .shuffle = true, .seed = seed, .slots = 1}}};
    cr_assert_eq(qp_stream_new(&options, &f->stream), QP_OK);
    f->source = qp_stream_source(f->stream);
}

static void close_stream(fixture *f)
{
    qp_stream_free(f->stream);
    qp_text_index_free(&f->index);
    qp_corpus_free(&f->portion);
    *f = (fixture){0};
}

static void add_batch(fixture *f, int64_t number, epoch_order *order)
{
    qp_batch b;
    cr_assert_eq(f->source.get(f->source.self, number, 0, &b), QP_OK, "%s", qp_error_message());
    for (int i = 0; i < b.target.sequences.count; i++) {
        const int32_t *id = b.target.id + b.target.sequences.start[i];
        int line = 0;
        for (int d = 0; d < DIGITS; d++) line = 10 * line + id[d] - QP_SPECIAL_COUNT - '0';
        cr_assert_lt(order->lines, LINES + 1);
        order->line[order->lines++] = line;
    }
}

/* From portion `place` of the epoch to its end. */
static void read_epoch(fixture *f, int64_t epoch, qp_batch_place place, epoch_order *order)
{
    int64_t about, end;
    *order = (epoch_order){0};
    cr_assert_eq(f->source.begin(f->source.self, epoch, &about), QP_OK, "%s", qp_error_message());
    for (;; place.portion++) {
        cr_assert_eq(f->source.more(f->source.self, &place, &end), QP_OK, "%s", qp_error_message());
        if (end == place.first) return;
        cr_assert_lt(order->portions, MOST_PORTIONS);
        order->first[order->portions++] = place.first;
        cr_assert_leq(f->portion.sequences, (PORTION_PIECES + 5) * 20, "a portion is not larger than the buffer");
        for (int64_t i = place.first; i < end; i++) add_batch(f, i, order);
        place.first = end;
    }
}

static void expect_each_line_once(const epoch_order *order, const char *what)
{
    bool seen[LINES] = {false};
    cr_expect_eq(order->lines, LINES, "%s: %d lines", what, order->lines);
    for (int i = 0; i < order->lines; i++) {
        cr_expect(!seen[order->line[i]], "%s: line %d twice", what, order->line[i]);
        seen[order->line[i]] = true;
    }
}

static bool same_order(const epoch_order *a, const epoch_order *b)
{
    return a->lines == b->lines && memcmp(a->line, b->line, sizeof *a->line * (size_t)a->lines) == 0;
}

/* How many neighbours of the text are neighbours in the order. */
static int neighbours(const epoch_order *order)
{
    int count = 0;
    for (int i = 1; i < order->lines; i++) count += order->line[i] == order->line[i - 1] + 1;
    return count;
}

Test(stream_batches, an_epoch_covers_the_text_once)
{
    static epoch_order order, before;
    char list[400];
    const char *whole = lines_file("whole", 0, LINES);
    const char *part[] = {lines_file("a.gz", 0, 300), lines_file("b.gz", 300, 310), lines_file("c", 310, LINES)};
    snprintf(list, sizeof list, "%s,%s,%s", part[0], part[1], part[2]);
    const char *const text[] = {whole, list};
    for (int t = 0; t < 2; t++) {
        fixture f = {0};
        open_stream(&f, text[t], 5);
        cr_expect_gt(f.index.pieces, 40);
        cr_expect_eq(f.index.runs, t == 0 ? f.index.pieces : f.index.pieces - 14, "a gzip file is one run");
        for (int64_t epoch = 0; epoch < 3; epoch++) {
            read_epoch(&f, epoch, (qp_batch_place){0}, &order);
            expect_each_line_once(&order, t == 0 ? "one file" : "gzip and plain files");
            cr_expect_gt(order.portions, 5);
            cr_expect_lt(neighbours(&order), 20, "%d neighbours", neighbours(&order));
            cr_expect(epoch == 0 || !same_order(&order, &before), "epoch %d is like the one before", (int)epoch);
            before = order;
        }
        close_stream(&f);
    }
}

Test(stream_batches, the_order_depends_on_the_seed_and_the_epoch_alone)
{
    static epoch_order first, again, rest;
    const char *path = lines_file("whole", 0, LINES);
    fixture f = {0};
    open_stream(&f, path, 5);
    read_epoch(&f, 1, (qp_batch_place){0}, &first);
    read_epoch(&f, 0, (qp_batch_place){0}, &again);
    read_epoch(&f, 1, (qp_batch_place){0}, &again);
    cr_expect(same_order(&first, &again), "another epoch was read before");
    close_stream(&f);

    open_stream(&f, path, 5);
    const int portion = 3;
    read_epoch(&f, 1, (qp_batch_place){portion, first.first[portion]}, &rest);
    const int at = first.lines - rest.lines;
    cr_expect_gt(at, 200);
    cr_expect_arr_eq(rest.line, first.line + at, sizeof(int) * (size_t)rest.lines, "a run is resumed in portion 3");
    close_stream(&f);

    open_stream(&f, path, 6);
    read_epoch(&f, 1, (qp_batch_place){0}, &again);
    cr_expect(!same_order(&first, &again), "another seed");
    close_stream(&f);
}
