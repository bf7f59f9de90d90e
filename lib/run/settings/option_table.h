#ifndef QP_OPTION_TABLE_H
#define QP_OPTION_TABLE_H

#include "lib/run/settings/train_settings.h"

/* option_table — which settings read an option of training; option_uses.h asks it.
 *
 * An option whose name ends in '*' is every option that begins so. It is read where `reads` says so, or where the
 * optimizer or schedule is one of a set of bits; `users` completes "it is for ...". Without all three, a script
 * may give the option to every kind of model: where it is not read, that is worth a warning, not an error. */
typedef struct {
    const char *option;
    bool (*reads)(const qp_train_settings *settings);
    const char *users;
    uint64_t optimizers, schedules;
} qp_option_use;

extern const qp_option_use qp_option_table[];
extern const int qp_option_use_count;

#endif
