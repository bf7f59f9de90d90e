#ifndef QP_PRESETS_H
#define QP_PRESETS_H

#include "cli/base/options.h"

/* presets — sizes and learning rates that papers and tutorials use, under one name (--preset NAME). What the
 * configuration file or the command line says goes before the preset. */
typedef struct {
    const char *name, *source;
    const char *settings; /* "enc_layers=6 dec_layers=6 ...", words of any table of the command */
} qp_preset;

/* qp_preset_find — by name.   Errors  QP_EUSAGE naming the nearest or all. */
qp_status qp_preset_find(const char *name, const qp_preset **preset);

/* qp_preset_apply — defaults, then the preset, then the configuration file and the command line again. */
qp_status qp_preset_apply(const qp_preset *preset, qp_options *options);

/* qp_preset_print — one line on `stream`: what it sets, as options. */
void qp_preset_print(FILE *stream, const qp_preset *preset);

#endif
