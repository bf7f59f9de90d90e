#ifndef QP_LABELS_H
#define QP_LABELS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/hash_set.h"
#include "lib/base/status.h"
#include "lib/base/view.h"

/* Entry of the hash table; text is one of qp_labels.text. */
typedef struct {
    const char *text;
    int number;
} qp_label_entry;

static inline bool qp_label_is_free(const qp_label_entry *entry) { return !entry->text; }
static inline qp_text qp_label_key(const void *unused, const qp_label_entry *entry)
{
    (void)unused;
    return (qp_text){entry->text, strlen(entry->text)};
}
static inline uint64_t qp_label_hash(const void *unused, qp_text label)
{
    (void)unused;
    return qp_hash_text(label.text, label.bytes);
}
static inline bool qp_label_same(const void *unused, const qp_label_entry *entry, qp_text label)
{
    (void)unused;
    return strlen(entry->text) == label.bytes && memcmp(entry->text, label.text, label.bytes) == 0;
}
QP_HASH(qp_label_table, qp_label_entry, qp_text, const void *, qp_label_is_free, qp_label_key, qp_label_hash,
        qp_label_same)

/* labels — the dictionary of a classifier or tagger: label texts and their numbers 0 .. count-1, in order of first
 * appearance in the training file, in NFC, so that composed and decomposed spellings are one label. The model file
 * stores it as a JSON array of strings. */
typedef struct {
    int count;
    char **text;   /* [count], NUL-terminated UTF-8, none empty */
    int64_t *line; /* [count] where each was first seen in the training file; 0: nowhere yet */
    size_t capacity, line_capacity;
    qp_label_table table; /* from text to number */
} qp_labels;              /* all zero: no label yet */

enum { QP_LABELS_MOST = 65536 };

/* What happens to an unknown label.
 * LEARN   it is added (training)
 * REFUSE  QP_EDATA with file, line and label (validation), so that a misspelled label is not taken for a hard example
 * IGNORE  its number is -1, which no loss counts and no prediction equals (evaluate): it counts as an error of the
 *         model */
typedef enum { QP_LABEL_LEARN, QP_LABEL_REFUSE, QP_LABEL_IGNORE } qp_label_policy;

/* qp_labels_find   — the number of label[0..bytes), or -1.
 * qp_labels_add    — the same; a new label is appended.
 * qp_labels_number — find or add as `policy` says; path and line are the position of the label.
 * Errors  QP_EDATA: empty, contains NUL, more than QP_LABELS_MOST labels, or refused (with path and line);
 *         QP_EMEMORY. */
int qp_labels_find(const qp_labels *labels, const char *label, size_t bytes);
qp_status qp_labels_add(qp_labels *labels, const char *label, size_t bytes, int *number);
qp_status qp_labels_number(qp_labels *labels, qp_label_policy policy, const char *path, int64_t line, const char *label,
                           size_t bytes, int32_t *number);

/* qp_labels_json — the dictionary as JSON text, malloc'ed. Errors  QP_EMEMORY.
 * qp_labels_parse — parse it; `labels` must be all zero.   Errors  QP_EDATA: not an array of strings, a repeated or
 *                   empty label, no labels; QP_EMEMORY. */
qp_status qp_labels_json(const qp_labels *labels, char **json);
qp_status qp_labels_parse(const char *json, qp_labels *labels);
void qp_labels_free(qp_labels *labels);

#endif
