#include "lib/run/train_agreement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/version.h"
#include "lib/tensor/gemm.h"
#include "lib/tensor/kernels/cpu.h"

/* Options that may differ from rank to rank. */
static bool is_free(const char *name)
{
    static const char *const own[] = {"threads", "quiet", "progress", "log"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(name, own[i]) == 0) return true;
    return false;
}

static void write_options(FILE *stream, qp_train_settings *settings)
{
    const qp_field_table *table[QP_TRAIN_ALL_TABLES];
    void *object[QP_TRAIN_ALL_TABLES];
    char value[600];
    qp_train_tables(settings, table, object);
    for (int t = 0; t < QP_TRAIN_TABLES; t++)
        for (int i = 0; i < table[t]->count; i++) {
            const qp_field *field = &table[t]->field[i];
            if (is_free(field->name)) continue;
            fprintf(stream, "option %s\t%s\n", field->name, qp_config_get(field, object[t], value, sizeof value));
        }
}

/* What all ranks must have in common, a line "NAME TAB VALUE" for each; malloc'ed, NULL without memory. */
static char *describe(qp_train_settings *settings, const char *fingerprint)
{
    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    if (!stream) return NULL;
    fprintf(stream, "version of quipu\t%s, %zu-bit reals\n", QP_VERSION, 8 * sizeof(qp_real));
    const bool vectors = qp_cpu_same_bits(QP_CPU_AVX2, qp_cpu_level());
    fprintf(stream, "CPU kernels\t%s\n", vectors ? "avx2 or avx512" : qp_cpu_name(qp_cpu_level()));
    if (!vectors) fprintf(stream, "BLAS\t%s\n", qp_gemm_library()); /* others make no products by it */
    write_options(stream, settings);
    for (const char *word = fingerprint; *word; word += strspn(word, " ")) {
        int length = (int)strcspn(word, " "), name = (int)strcspn(word, "-");
        fprintf(stream, "content of %.*s\t%.*s\n", name, word, length, word);
        word += length;
    }
    fclose(stream);
    return text;
}

/* Names the first line in which `mine` differs from rank 0's. */
static qp_status compare(const char *mine, const char *first)
{
    while (*mine && *first) {
        size_t a = strcspn(mine, "\n"), b = strcspn(first, "\n"), name = strcspn(mine, "\t");
        if (a != b || memcmp(mine, first, a) != 0) {
            const char *other = first + strcspn(first, "\t\n");
            int here = (int)(a - name - 1), there = (int)(b - (size_t)(other - first)) - 1;
            return qp_fail(QP_EUSAGE, "%.*s is '%.*s' here, and '%.*s' on rank 0; start all ranks with the same",
                           (int)name, mine, here < 200 ? here : 200, mine + name + 1, there < 200 ? there : 200,
                           there > 0 ? other + 1 : "");
        }
        mine += a + (mine[a] != 0);
        first += b + (first[b] != 0);
    }
    return QP_OK;
}

qp_status qp_train_agree(qp_cluster *cluster, qp_train_settings *settings, const char *fingerprint)
{
    if (!cluster) return QP_OK;
    bool leads = qp_cluster_rank(cluster) == 0;
    char *mine = describe(settings, fingerprint), *first = NULL;
    size_t bytes = mine ? strlen(mine) + 1 : 0;
    qp_cluster_broadcast(cluster, &bytes, sizeof bytes);
    if (bytes > 0) first = leads ? mine : malloc(bytes);
    qp_status status = mine && first ? QP_OK : qp_fail(QP_EMEMORY, "out of memory");
    status = qp_cluster_agree(cluster, status);
    if (status == QP_OK) qp_cluster_broadcast(cluster, first, bytes);
    if (status == QP_OK) status = qp_cluster_agree(cluster, compare(mine, first));
    if (!leads) free(first);
    free(mine);
    return status;
}
