#ifndef QP_TEST_CONFIG_ROWS_H
#define QP_TEST_CONFIG_ROWS_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "lib/model/config/model_config.h"

/* config_rows — configurations written as "field=value field=value"; a vocabulary of 10 pieces on both sides. */
static inline qp_model_config config_written(const char *settings)
{
    qp_model_config c;
    char word[100];
    int bytes;
    qp_config_defaults(&qp_model_fields, &c);
    c.src_vocab_size = c.tgt_vocab_size = 10;
    c.labels = 3;
    for (; sscanf(settings, " %99s%n", word, &bytes) == 1; settings += bytes) {
        char *equals = strchr(word, '=');
        cr_assert_not_null(equals, "%s", word);
        *equals = '\0';
        const qp_field *field = qp_config_find(&qp_model_fields, word);
        cr_assert_not_null(field, "no field %s", word);
        cr_assert_eq(qp_config_set(field, &c, word, equals + 1), QP_OK, "%s", qp_error_message());
    }
    return c;
}

/* What qp_model_config_check says of settings: part of its message, or NULL: nothing. */
typedef struct {
    const char *settings, *refused;
} config_row;

static inline void check_rows(const config_row *row, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        qp_model_config c = config_written(row[i].settings);
        qp_status status = qp_model_config_check(&c);
        if (!row[i].refused)
            cr_expect_eq(status, QP_OK, "%s: %s", row[i].settings, qp_error_message());
        else
            cr_expect(status == QP_EUSAGE && strstr(qp_error_message(), row[i].refused), "%s: %s", row[i].settings,
                      status == QP_OK ? "taken" : qp_error_message());
    }
}

#endif
