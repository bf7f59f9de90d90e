#ifndef QP_CT2_WRITER_H
#define QP_CT2_WRITER_H

#include "lib/import/ctranslate2/ct2_file.h"
#include "lib/import/weight_save.h"

/* ct2_writer — writes the model.bin of CTranslate2, binary version 6 (ct2_file.h).
 *
 * qp_ct2_put — a variable that is one number.
 * qp_ct2_alias — another name of an array.
 * qp_ct2_save — the file.  type: of arrays: QP_CT2_FLOAT32, QP_CT2_FLOAT16, or QP_CT2_INT8: of matrices that products
 *   and lookups read, each row times 127 over its largest magnitude; the others stay float32.
 * Names are borrowed and at most 127 bytes long.    Errors  QP_EMEMORY, those of qp_writer. */
enum { QP_CT2_NAME_BYTES = 128 };
typedef struct {
    char name[QP_CT2_NAME_BYTES], of[QP_CT2_NAME_BYTES]; /* of: an alias of this; "": a number */
    int type;
    double value;
} qp_ct2_entry;

typedef struct {
    qp_ct2_entry *entry;
    size_t count, room, aliases;
    bool failed; /* out of memory */
} qp_ct2_entries;

void qp_ct2_put(qp_ct2_entries *entries, const char *name, int type, double value);
void qp_ct2_alias(qp_ct2_entries *entries, const char *name, const char *of);
qp_status qp_ct2_save(const char *path, const char *spec, int revision, const qp_ct2_entries *entries,
                      const qp_weight_list *list, int type);

#endif
