#ifndef QP_PRESETS_H
#define QP_PRESETS_H

#include "lib/run/settings/train_settings.h"

/* presets — sizes and learning rates of papers and tutorials under one name (--preset NAME). Options that are given
 * override the preset's. */
typedef struct {
    const char *name, *source;
    const char *settings; /* "enc_layers=6 dec_layers=6 ..." */
} qp_preset;

/* qp_preset_at — number i from 0; NULL after the last.
 * qp_preset_find — by name.   Errors  QP_EUSAGE, naming the nearest or all.
 * qp_preset_apply — set its options.
 * qp_preset_describe — one line: what it sets, as options of the command line; cut at `bytes`. */
const qp_preset *qp_preset_at(int i);
qp_status qp_preset_find(const char *name, const qp_preset **preset);
qp_status qp_preset_apply(const qp_preset *preset, qp_train_settings *settings);
void qp_preset_describe(const qp_preset *preset, char *text, size_t bytes);

#endif
