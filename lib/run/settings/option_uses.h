#ifndef QP_OPTION_USES_H
#define QP_OPTION_USES_H

#include "lib/run/settings/train_settings.h"

/* option_uses — the options of a training that only some models, optimizers, schedules or tasks read, and which.
 *
 * qp_option_uses_check — an option that was given but is not read would change nothing.
 *   Errors  QP_EUSAGE: the option and what would read it.
 * qp_option_uses_shared — the names of the options that were given and are not read, but that every kind of model
 *   may be given, separated by commas. Returns how many there are.
 * qp_option_uses_unread — how many options of the model were given and are not read: another kind may read them.
 * qp_option_uses_reads — does such a training read the option (its field's name)?
 * qp_option_uses_list — the names of the options that were given, are not read and do not have their default value,
 *   separated by commas: a configuration file may hold all options. Returns how many there are; `text` may hold
 *   fewer. */
qp_status qp_option_uses_check(const qp_train_settings *settings, bool (*given)(const void *self, const char *name),
                               const void *self);
int qp_option_uses_shared(const qp_train_settings *settings, bool (*given)(const void *self, const char *name),
                          const void *self, char *text, size_t bytes);
int qp_option_uses_unread(const qp_train_settings *settings, bool (*given)(const void *self, const char *name),
                          const void *self);
bool qp_option_uses_reads(const qp_train_settings *settings, const char *option);
int qp_option_uses_list(const qp_train_settings *settings, bool (*given)(const void *self, const char *name),
                        const void *self, char *text, size_t bytes);

#endif
