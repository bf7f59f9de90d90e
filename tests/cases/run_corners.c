#include "tests/cases/run_kinds.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/file.h"
#include "tests/tokenizer/corners.h"
#include "tokenizer/tokenizer_formats.h"

static run_result encode_corner(const corner *c, const qp_tokenizer *t, run_context *run)
{
    qp_encoding e = {0};
    char ids[1000] = {0};
    size_t bytes = strlen(c->text), made = 0;
    qp_status status = c->parsed ? qp_tokenizer_encode_parsed(t, c->text, bytes, &e)
                                 : qp_tokenizer_encode_into(t, c->text, bytes, &e);
    for (int k = 0; status == QP_OK && k < e.count && made < sizeof ids; k++)
        made += (size_t)snprintf(ids + made, sizeof ids - made, "%s%d", k ? " " : "", e.id[k]);
    qp_encoding_free(&e);
    if (status != QP_OK) return run_fail(run, "%s", qp_error_message());
    if (c->begins && made > strlen(c->ids)) ids[strlen(c->ids)] = '\0';
    return strcmp(ids, c->ids) == 0 ? RUN_PASSED : run_fail(run, "%s, not %s", ids, c->ids);
}

void run_corners(const char *folder,
                 void (*count)(run_result result, const char *name, const char *run, const char *message))
{
    for (size_t i = 0; i < sizeof corners / sizeof *corners; i++) {
        const corner *c = &corners[i];
        char path[4096];
        run_context run = {.root = folder, .name = c->file};
        qp_tokenizer *t = NULL;
        snprintf(path, sizeof path, "%s/%s", folder, c->file);
        run_result result = RUN_SKIPPED;
        if (qp_file_exists(path)) {
            const qp_import in = {.path = {path}, .count = 1, .pattern = c->pattern};
            result = qp_tokenizer_import(&in, &t) == QP_OK ? encode_corner(c, t, &run)
                                                           : run_fail(&run, "%s", qp_error_message());
        }
        count(result, c->file, c->text, run.message);
        qp_tokenizer_free(t);
    }
}
