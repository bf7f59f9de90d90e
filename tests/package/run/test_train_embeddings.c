#include "lib/run/train_embeddings.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/package/run/small_run.h"

TestSuite(train_embeddings, .init = small_run_folder, .fini = small_run_clean);

#define PAIRS                                                                                                          \
    "task", "translate", "train", "pairs", "valid", "pairs", "tokenizer", "word", "decoder", "transformer", "encoder", \
        "transformer", "layers", "1", "steps", "2"

static void write_files(void)
{
    put("pairs", "a b\tx y\nc\ty\n");
    put("six", "a 1 2 3 4 5 6\nY 6 5 4 3 2 1\n");
    put("more", "a 1 2 3 4 5 6\nB 6 5 4 3 2 1\na 7 7 7 7 7 7\ny 1 1 1 1 1 2\n");
}

/* The width is that of the file, and heads divide it; where either was given, it must fit. */
Test(train_embeddings, the_width_of_the_file)
{
    static const struct {
        const char *option[5];
        qp_status status;
        int64_t emb, heads;
    } row[] = {{{NULL}, QP_OK, 6, 3},
               {{"emb_size", "6", NULL}, QP_OK, 6, 0},
               {{"emb_size", "8", NULL}, QP_EUSAGE, 0, 0},
               {{"heads", "2", NULL}, QP_OK, 6, 2},
               {{"heads", "1", NULL}, QP_OK, 6, 1},
               {{"emb_size", "6", "heads", "3", NULL}, QP_OK, 6, 3}};
    write_files();
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *option[40] = {"embeddings", "six", PAIRS};
        int used = 0;
        while (option[used]) used++;
        for (int k = 0; row[i].option[k]; k++) option[used++] = row[i].option[k];
        qp_train_run run;
        qp_status status = small_run_try(&run, option);
        cr_expect_eq(status, row[i].status, "row %zu: %s", i, status ? qp_error_message() : "");
        const char *said = "embeddings --emb-size 6 --heads ";
        bool chosen = i == 0 || i == 3 || i == 4;
        cr_expect_eq(strstr(small_run_notes, said) != NULL, chosen, "row %zu: %s", i, small_run_notes);
        if (status == QP_OK) {
            cr_expect_eq(run.settings->model.emb_size, row[i].emb, "row %zu", i);
            if (row[i].heads)
                cr_expect_eq(run.settings->model.heads, row[i].heads, "row %zu: %d", i, (int)run.settings->model.heads);
        } else {
            cr_expect(strstr(qp_error_message(), "the vectors of six have 6 numbers; give --emb-size 6"), "%s",
                      qp_error_message());
        }
        qp_train_run_free(&run);
    }
}

static const qp_real *row_of(const qp_train_run *run, const char *name, const qp_tokenizer *tokenizer, const char *word)
{
    qp_params *params = qp_model_params(run->data.package->model);
    int index = qp_params_find(params, name), id = QP_SPECIAL_COUNT; /* a piece has the sign of a word's start */
    cr_assert_geq(index, 0, "%s", name);
    while (id < qp_tokenizer_size(tokenizer) && !strstr(qp_tokenizer_piece(tokenizer, id), word)) id++;
    cr_assert_lt(id, qp_tokenizer_size(tokenizer), "%s", word);
    return qp_params_value(params, index) + id * 6;
}

/* Files of both sides, or of one, and what is said of them. */
static const struct {
    const char *option[5];
    const char *source, *target; /* the beginning of their lines; NULL: none */
    bool a, y;                   /* are the rows of these words those of the file? */
} side_rows[] = {
    {{"embeddings", "six", NULL},
     "embeddings six: 1 of 8 rows of src_embed.weight replaced (0 in lower case); the file has 2 words",
     "embeddings six: 0 of 7 rows of tgt_embed.weight replaced (0 in lower case); the file has 2 words",
     true,
     false},
    {{"src_embeddings", "more", NULL},
     "embeddings more: 1 of 8 rows of src_embed.weight replaced (0 in lower case); the file has 4 words",
     NULL,
     true,
     false},
    {{"tgt_embeddings", "more", NULL},
     NULL,
     "embeddings more: 1 of 7 rows of tgt_embed.weight replaced (0 in lower case); the file has 4 words",
     false,
     true},
    {{"embeddings", "six", "tgt_embeddings", "more", NULL},
     "embeddings six: 1 of 8 rows of src_embed.weight replaced",
     "embeddings more: 1 of 7 rows of tgt_embed.weight replaced",
     true,
     true},
    {{"embeddings", "six", "src_embeddings", "more", NULL},
     "embeddings more: 1 of 8 rows of src_embed.weight replaced",
     "embeddings six: 0 of 7 rows of tgt_embed.weight replaced",
     true,
     false},
};

/* Each side's rows are those of its own file, or of the file of both; words that are not there keep their first
 * values. Lines say how many were found. */
Test(train_embeddings, rows_of_each_side)
{
    write_files();
    uint64_t hash[5];
    for (size_t i = 0; i < sizeof side_rows / sizeof *side_rows; i++) {
        const char *option[40] = {PAIRS};
        int used = 0;
        while (option[used]) used++;
        for (int k = 0; side_rows[i].option[k]; k++) option[used++] = side_rows[i].option[k];
        qp_train_run run;
        small_run_prepare(&run, option);
        const qp_real *a = row_of(&run, "src_embed.weight", run.data.package->source, "a");
        const qp_real *y = row_of(&run, "tgt_embed.weight", run.data.package->target, "y");
        cr_expect_eq(a[0] == 1 && a[5] == 6, side_rows[i].a, "row %zu", i);
        cr_expect_eq(y[0] == 1 && y[5] == 2, side_rows[i].y, "row %zu", i);
        if (side_rows[i].source)
            cr_expect(strstr(small_run_notes, side_rows[i].source), "row %zu: %s", i, small_run_notes);
        else
            cr_expect_null(strstr(small_run_notes, "of src_embed.weight"));
        if (side_rows[i].target)
            cr_expect(strstr(small_run_notes, side_rows[i].target), "row %zu: %s", i, small_run_notes);
        else
            cr_expect_null(strstr(small_run_notes, "of tgt_embed.weight"));
        bool repeats = strcmp(side_rows[i].option[0], "src_embeddings") == 0 || i == 4; /* `a` is twice in its file */
        cr_expect_eq(strstr(small_run_notes, "warning: more: 1 vectors of words that occurred before are not used") !=
                         NULL,
                     repeats, "row %zu: %s", i, small_run_notes);
        hash[i] = run.embeddings;
        for (size_t k = 0; k < i; k++) /* the vectors of `a` are the same in both files */
            cr_expect_eq(hash[i] == hash[k], i == 4 && k == 0, "rows %zu and %zu", i, k);
        cr_expect_neq(hash[i], 0);
        qp_train_run_free(&run);
    }
}

Test(train_embeddings, what_is_refused)
{
    static const char *const none[] = {PAIRS, "embeddings", "missing", NULL};
    static const char *const lora[] = {PAIRS, "embeddings", "six", "lora", "2", NULL};
    static const char *const wide[] = {PAIRS, "src_embeddings", "six", "tgt_embeddings", "seven", NULL};
    static const struct {
        const char *const *option;
        qp_status status;
        const char *said;
    } row[] = {{none, QP_ENOINPUT, "missing"},
               {lora, QP_EUSAGE, "--embeddings with --lora"},
               {wide, QP_EUSAGE, "seven: vectors of 7 numbers, but tgt_embed.weight has rows of 6"}};
    write_files();
    put("seven", "x 1 2 3 4 5 6 7\n");
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_train_run run;
        cr_expect_eq(small_run_try(&run, row[i].option), row[i].status, "row %zu", i);
        cr_expect(strstr(qp_error_message(), row[i].said), "row %zu: %s", i, qp_error_message());
        qp_train_run_free(&run);
    }
}
