#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/model/model.h"
#include "tests/oracles/oracle.h"

/* The oracle runner: runs every *.safetensors case of a folder.
 *     build/tests/oracles DIR
 * Prints one line for each wrong array, unknown operations with their counts, and at the end `N passed, N failed,
 * N skipped`. */

static const oracle_row *const family[] = {oracle_rows_ops,       oracle_rows_layers,       oracle_rows_loss,
                                           oracle_rows_attention, oracle_rows_transformer,  oracle_rows_models,
                                           oracle_rows_learning,  oracle_rows_training,     oracle_rows_decode,
                                           oracle_rows_recurrent, oracle_rows_convolutions, oracle_rows_crf,
                                           oracle_rows_cells,     oracle_rows_blocks};

enum { UNKNOWN_KINDS = 256 };

typedef struct {
    int passed, failed, skipped;
    char unknown[UNKNOWN_KINDS][128];
    int unknown_count[UNKNOWN_KINDS], kinds;
} tally;

static oracle_run *row_of(const char *op)
{
    for (size_t f = 0; f < sizeof family / sizeof *family; f++)
        for (const oracle_row *row = family[f]; row->op; row++)
            if (strcmp(row->op, op) == 0) return row->run;
    return NULL;
}

static void count_unknown(tally *all, const char *what)
{
    int kind = 0;
    while (kind < all->kinds && strcmp(all->unknown[kind], what) != 0) kind++;
    if (kind == UNKNOWN_KINDS) return;
    if (kind == all->kinds) {
        snprintf(all->unknown[kind], sizeof all->unknown[kind], "%s", what);
        all->kinds++;
    }
    all->unknown_count[kind]++;
}

/* Checks what every case must have. */
static void check_form(oracle *o)
{
    o->name = oracle_text(o, "case");
    if (!o->name) oracle_stop(o, "no case");
    if (!oracle_text(o, "op")) oracle_stop(o, "no op");
    oracle_number(o, "rtol");
    oracle_number(o, "atol");
    for (int i = 0; i < qp_safetensors_count(o->file); i++) {
        const qp_stored *stored = qp_safetensors_at(o->file, i);
        if (stored->dtype != QP_DTYPE_F32 && stored->dtype != QP_DTYPE_I64 && stored->dtype != QP_DTYPE_U8)
            oracle_stop(o, "%s is %s; F32, I64 and U8 are allowed", stored->name, qp_dtype_name(stored->dtype));
    }
}

static void run_case(oracle *o, const char *path)
{
    if (setjmp(o->stop)) return;
    if (qp_safetensors_open(path, &o->file) != QP_OK) oracle_stop(o, "%s", qp_error_message());
    check_form(o);
    o->compared = oracle_memory(o, (size_t)qp_safetensors_count(o->file) + 1);
    oracle_run *run = row_of(oracle_text(o, "op"));
    if (!run) oracle_skip(o, "%s", oracle_text(o, "op"));
    qp_tape_begin(o->tape, QP_TRAIN, 1);
    run(o);
    oracle_finish(o);
}

static void one_case(oracle *o, tally *all, const char *path)
{
    o->name = path; /* until the name in the file is known */
    o->file = NULL;
    o->model = NULL;
    o->params = NULL;
    o->gradient = (qp_gradient){0};
    o->leaves = o->outs = o->failures = 0;
    o->skipped = false;
    qp_arena_rewind(&o->memory, 0);
    run_case(o, path);
    if (o->file) qp_safetensors_close(o->file);
    if (o->params) {
        qp_gradient_free(&o->gradient);
        if (!o->model) qp_params_free(o->params);
        qp_model_free(o->model);
    }
    if (o->skipped) {
        all->skipped++;
        count_unknown(all, o->skipped_what);
    } else if (o->failures) {
        all->failed++;
    } else {
        all->passed++;
    }
}

int main(int count, char **word)
{
    if (count != 2) {
        fprintf(stderr, "oracles: which folder?  make oracles ORACLES=DIR\n");
        return 2;
    }
    char pattern[4096];
    glob_t files;
    snprintf(pattern, sizeof pattern, "%s/*.safetensors", word[1]);
    if (glob(pattern, 0, NULL, &files) != 0) {
        fprintf(stderr, "oracles: %s: no *.safetensors there\n", word[1]);
        return 66;
    }
    oracle *o = calloc(1, sizeof *o);
    tally *all = calloc(1, sizeof *all);
    if (!o || !all || !(o->tape = qp_tape_new()) || !qp_arena_init(&o->memory, 0)) {
        fprintf(stderr, "oracles: out of memory\n");
        return 71;
    }
    for (size_t i = 0; i < files.gl_pathc; i++) one_case(o, all, files.gl_pathv[i]);
    for (int i = 0; i < all->kinds; i++) printf("skipped: %s: %d\n", all->unknown[i], all->unknown_count[i]);
    printf("%d passed, %d failed, %d skipped\n", all->passed, all->failed, all->skipped);
    int status = all->failed > 0;
    globfree(&files);
    qp_tape_free(o->tape);
    qp_arena_free(&o->memory);
    free(o);
    free(all);
    return status;
}
