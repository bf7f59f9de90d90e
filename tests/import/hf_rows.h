#ifndef QP_HF_ROWS_H
#define QP_HF_ROWS_H

#include "lib/import/hf_family.h"

/* hf_rows — what config.json of an architecture says, in our options; without weights but for the names of arrays. */

typedef struct {
    const char *name[4];
    int count;
} hf_names;

typedef struct {
    const char *json;    /* after the model_type */
    const char *options; /* "name=value name=value ..." */
    hf_names arrays;
} hf_row;

/* hf_configure — the configuration of a model_type and a class (NULL: the first); plan->labels, if any, are freed by
 *   the caller. Other files are those of import_folder.h.
 * hf_check — the options that the row names have its values. "labels" are the names of the classes, "skipped" and
 *   "shape_gated" are of the shapes of the weights.
 * hf_refused — the error for this configuration has these words. */
qp_status hf_configure(const char *model_type, const char *class, const hf_row *r, qp_model_config *model,
                       qp_hf_plan *plan);
void hf_check(const char *model_type, const char *class, const hf_row *r);
void hf_refused(const char *model_type, const char *json, const char *words);

#endif
