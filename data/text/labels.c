#include "data/text/labels.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/config/config.h"
#include "lib/text/json_reader.h"
#include "lib/text/json_writer.h"
#include "lib/text/normalize.h"

static int find(const qp_labels *labels, qp_text normal)
{
    const qp_label_entry *entry = qp_label_table_find(&labels->table, NULL, normal);
    return entry ? entry->number : -1;
}

int qp_labels_find(const qp_labels *labels, const char *label, size_t bytes)
{
    qp_mapped_text room = {0};
    qp_text normal;
    int number = qp_nfc_view((qp_text){label, bytes}, &room, &normal) == QP_OK ? find(labels, normal) : -1;
    qp_mapped_text_free(&room);
    return number;
}

static qp_status append(qp_labels *labels, const char *label, size_t bytes)
{
    if (labels->count == QP_LABELS_MOST)
        return qp_fail(QP_EDATA, "more than %d different labels; is this the column of the labels?", QP_LABELS_MOST);
    char *copy = malloc(bytes + 1);
    qp_label_entry *entry = qp_label_table_place(&labels->table, NULL, (qp_text){label, bytes});
    size_t wanted = (size_t)labels->count + 1;
    if (!copy || !entry || !QP_GROW(labels->text, labels->capacity, wanted) ||
        !QP_GROW(labels->line, labels->line_capacity, wanted)) {
        free(copy);
        return qp_fail(QP_EMEMORY, "labels: out of memory");
    }
    memcpy(copy, label, bytes);
    copy[bytes] = 0;
    *entry = (qp_label_entry){copy, labels->count};
    labels->table.count++;
    labels->line[labels->count] = 0;
    labels->text[labels->count++] = copy;
    return QP_OK;
}

qp_status qp_labels_add(qp_labels *labels, const char *label, size_t bytes, int *number)
{
    *number = -1;
    if (bytes == 0) return qp_fail(QP_EDATA, "the label is empty; write one");
    if (memchr(label, 0, bytes)) return qp_fail(QP_EDATA, "the label holds a NUL byte; is this a text file?");
    qp_mapped_text room = {0};
    qp_text normal;
    qp_status status = qp_nfc_view((qp_text){label, bytes}, &room, &normal);
    if (status == QP_OK) *number = find(labels, normal);
    if (status == QP_OK && *number < 0) {
        status = append(labels, normal.text, normal.bytes);
        if (status == QP_OK) *number = labels->count - 1;
    }
    qp_mapped_text_free(&room);
    return status;
}

/* So many labels are more often texts, in a file whose columns have another order. */
enum { MANY_LABELS = 100 };

/* A suggestion for an unknown label, which is usually misspelled. */
static qp_status refuse(const qp_labels *labels, const char *path, int64_t line, const char *label, size_t bytes)
{
    char wrong[80];
    size_t shown = bytes < sizeof wrong - 1 ? bytes : sizeof wrong - 1;
    while (shown < bytes && shown > 0 && ((unsigned char)label[shown] & 0xC0) == 0x80) shown--;
    memcpy(wrong, label, shown);
    wrong[shown] = 0;
    if (labels->count > MANY_LABELS)
        return qp_fail(QP_EDATA,
                       "%s:%lld: label '%s%s' does not occur in the training file, which has %d others; a line is "
                       "label TAB text: if the columns have another order, change it, else give --unseen-labels ignore",
                       path, (long long)line, wrong, shown < bytes ? "..." : "", labels->count);
    const char *near = qp_config_suggest(wrong, (const char *const *)labels->text, labels->count);
    return qp_fail(QP_EDATA,
                   "%s:%lld: label '%s%s' does not occur in the training file%s%s%s; correct it, train with an example "
                   "of it, or count it as wrong with --unseen-labels ignore",
                   path, (long long)line, wrong, shown < bytes ? "..." : "", near ? " (did you mean '" : "",
                   near ? near : "", near ? "'?)" : "");
}

qp_status qp_labels_number(qp_labels *labels, qp_label_policy policy, const char *path, int64_t line, const char *label,
                           size_t bytes, int32_t *number)
{
    int found = bytes ? qp_labels_find(labels, label, bytes) : -1;
    qp_status status = QP_OK;
    if (found < 0 && (policy == QP_LABEL_LEARN || bytes == 0)) {
        status = qp_labels_add(labels, label, bytes, &found);
        if (status != QP_OK) {
            char reason[300];
            snprintf(reason, sizeof reason, "%s", qp_error_message());
            return qp_fail(status, "%s:%lld: %s", path, (long long)line, reason);
        }
        labels->line[found] = line;
    }
    if (found >= 0 && policy == QP_LABEL_LEARN && labels->line[found] == 0) labels->line[found] = line;
    *number = found;
    return found < 0 && policy == QP_LABEL_REFUSE ? refuse(labels, path, line, label, bytes) : QP_OK;
}

qp_status qp_labels_json(const qp_labels *labels, char **json)
{
    *json = NULL;
    qp_text_buffer out = {0};
    qp_json_open(&out, '[');
    for (int i = 0; i < labels->count; i++) {
        if (qp_json_string(&out, labels->text[i], strlen(labels->text[i]))) continue;
        qp_text_free(&out);
        return qp_fail(QP_EDATA, "labels: label %d is not UTF-8", i + 1);
    }
    qp_json_close(&out, ']');
    return qp_text_finish(&out, json, NULL);
}

static qp_status parse_array(const json_t *array, qp_labels *labels)
{
    if (!json_is_array(array) || json_array_size(array) == 0 || json_array_size(array) > QP_LABELS_MOST)
        return qp_fail(QP_EDATA, "labels: not a list of labels; the model file is damaged");
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *label = json_array_get(array, i);
        int number;
        if (!json_is_string(label)) return qp_fail(QP_EDATA, "labels: one is not a string; the model file is damaged");
        QP_TRY(qp_labels_add(labels, json_string_value(label), json_string_length(label), &number));
        if ((size_t)number != i) return qp_fail(QP_EDATA, "labels: one occurs twice; the model file is damaged");
    }
    return QP_OK;
}

qp_status qp_labels_parse(const char *json, qp_labels *labels)
{
    json_t *array;
    QP_TRY(qp_json_read("labels", json, strlen(json), JSON_DECODE_ANY, &array));
    qp_status status = parse_array(array, labels);
    json_decref(array);
    if (status != QP_OK) qp_labels_free(labels);
    return status;
}

void qp_labels_free(qp_labels *labels)
{
    for (int i = 0; i < labels->count; i++) free(labels->text[i]);
    free(labels->text);
    free(labels->line);
    qp_label_table_free(&labels->table);
    memset(labels, 0, sizeof *labels);
}
