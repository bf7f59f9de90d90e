#ifndef QP_POSITION_TABLE_H
#define QP_POSITION_TABLE_H

#include <stdbool.h>

#include "lib/base/status.h"
#include "lib/tensor/tensor.h"

/* position_table — sines and cosines of positions [positions, width], computed when they are first needed, so that
 * memory and time depend on the longest sequence seen and not on --max-length. Any number of threads may use one. */
typedef struct qp_position_table qp_position_table;

/* Orders of a sinusoidal table. Frequency i of width/2 is base^(-2i/width), fairseq: base^(-i/(width/2 - 1)). */
#define QP_SINUSOIDS(X)                                                                                                \
    X(QP_SINUSOID_INTERLEAVED, "interleaved") /* sin, cos, sin, cos ...    Vaswani et al. 2017 */                      \
    X(QP_SINUSOID_HALVES, "halves")           /* all sines, then all cosines: Marian, rotary angles */                 \
    X(QP_SINUSOID_FAIRSEQ, "fairseq")         /* likewise, other frequencies: fairseq, M2M-100 */

/* How rotary frequencies f are changed for texts up to `factor` times as long as the `length` that was learned
 *   linear   f / factor                                                                       Chen et al. 2023
 *   dynamic  a text of T > length tokens: base (factor T/length - (factor - 1))^(d/(d-2)) in place of base
 *   llama3   f / factor where a turn is longer than length/slow, f where it is shorter than length/fast, between
 *            them (1-s) f/factor + s f, s = (turns in length - slow) / (fast - slow)            Llama 3.1, 2024
 *   yarn     r f + (1-r) f/factor, r falls linearly from 1 at the index that turns `fast` times in length to 0 at the
 *            one that turns `slow` times; sines and cosines times magnitude                    Peng et al. 2023 */
#define QP_ROPE_SCALINGS(X)                                                                                            \
    X(QP_ROPE_PLAIN, "none")                                                                                           \
    X(QP_ROPE_LINEAR, "linear")                                                                                        \
    X(QP_ROPE_DYNAMIC, "dynamic")                                                                                      \
    X(QP_ROPE_LLAMA3, "llama3")                                                                                        \
    X(QP_ROPE_YARN, "yarn")
#define QP_POSITION_ID(id, text) id,
typedef enum { QP_SINUSOIDS(QP_POSITION_ID) } qp_sinusoid;
typedef enum { QP_ROPE_SCALINGS(QP_POSITION_ID) } qp_rope_kind;

typedef struct {
    qp_rope_kind kind;
    double factor, slow, fast;
    double magnitude; /* yarn; 0: 1 + ln(factor)/10 */
    int length;
} qp_rope_scaling;

typedef struct {
    int positions, width, first; /* row r is position first + r */
    double base;
    qp_sinusoid order;
    qp_rope_scaling scaling; /* rotary angles */
} qp_position_table_config;

/* qp_position_table_new — frequencies as above.   Errors  QP_EMEMORY. */
qp_status qp_position_table_new(const qp_position_table_config *config, qp_position_table **table);
void qp_position_table_free(qp_position_table *table);

/* qp_position_table_rows — the table as a constant of `positions` rows, of which the first `count` (at most all)
 *   are filled and no other may be read.
 * qp_position_table_stretched — whether a text of so many tokens has a table of its own (dynamic).
 * qp_position_table_stretch — its rows first .. first+count-1, row [count, width].   Errors  QP_EMEMORY. */
qp_tensor qp_position_table_rows(qp_position_table *table, int count);
int qp_position_table_width(const qp_position_table *table);
bool qp_position_table_stretched(const qp_position_table *table, int tokens);
qp_status qp_position_table_stretch(const qp_position_table *table, int tokens, int first, int count, qp_real *row);

#endif
