#include "data/text/label_sets.h"

#include <stdlib.h>

#include "lib/base/array.h"

/* The next label of a list, without spaces around it. */
static qp_text next_label(qp_text *rest)
{
    const char *comma = memchr(rest->text, ',', rest->bytes);
    qp_text label = {rest->text, comma ? (size_t)(comma - rest->text) : rest->bytes};
    size_t taken = label.bytes + (comma != NULL);
    rest->text += taken;
    rest->bytes -= taken;
    while (label.bytes && *label.text == ' ') label.text++, label.bytes--;
    while (label.bytes && label.text[label.bytes - 1] == ' ') label.bytes--;
    return label;
}

/* Insert a label into the set that begins at `first` and ends at *end, unless it is there. */
static void insert(int32_t *label, int64_t first, int64_t *end, int32_t number)
{
    int64_t at = *end;
    while (at > first && label[at - 1] > number) at--;
    if (number >= 0 && at > first && label[at - 1] == number) return;
    for (int64_t i = *end; i > at; i--) label[i] = label[i - 1];
    label[at] = number;
    ++*end;
}

qp_status qp_label_sets_add(qp_label_sets *sets, qp_labels *labels, qp_label_policy policy, const char *path,
                            int64_t line, qp_text text, int32_t *number, int64_t *unseen)
{
    int64_t first = sets->count ? sets->start[sets->count] : 0, end = first;
    size_t most = 1;
    for (size_t i = 0; i < text.bytes; i++) most += text.text[i] == ',';
    if (!QP_GROW(sets->start, sets->start_capacity, (size_t)sets->count + 2) ||
        !QP_GROW(sets->label, sets->label_capacity, (size_t)first + most))
        return qp_fail(QP_EMEMORY, "%s:%lld: no memory for the labels", path, (long long)line);
    sets->start[sets->count] = first;
    bool none = next_label(&(qp_text){text.text, text.bytes}).bytes == 0 && most == 1;
    for (size_t k = 0; !none && k < most; k++) {
        qp_text label = next_label(&text);
        int32_t found;
        QP_TRY(qp_labels_number(labels, policy, path, line, label.text, label.bytes, &found));
        *unseen += found < 0;
        insert(sets->label, first, &end, found);
    }
    *number = sets->count++;
    sets->start[sets->count] = end;
    return QP_OK;
}

void qp_label_sets_free(qp_label_sets *sets)
{
    free(sets->start);
    free(sets->label);
    *sets = (qp_label_sets){0};
}
