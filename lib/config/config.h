#ifndef QP_CONFIG_H
#define QP_CONFIG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/base/status.h"

/* config — one field table per struct makes its defaults, its --flags, its keys in a YAML file, its help text and its
 * entry in the model file.
 *
 * A struct's fields are written once, as an X-macro list; see model_config.h:
 *     #define QP_MODEL_FIELDS(X) X(INT, dec_layers, "3", 1, 100, NULL, "layers of the decoder") ...
 *     typedef struct { QP_MODEL_FIELDS(QP_FIELD_DECLARE) } qp_model_config;
 *     const qp_field fields[] = { QP_MODEL_FIELDS(QP_FIELD_ROW_OF(qp_model_config)) };   -- see the macros below
 * The flag of field dec_layers is --dec-layers; --dec_layers is accepted too. */

typedef enum { QP_FIELD_INT, QP_FIELD_REAL, QP_FIELD_BOOL, QP_FIELD_TEXT, QP_FIELD_CHOICE } qp_field_kind;

typedef struct {
    qp_field_kind kind;
    const char *name;     /* C name, with underscores */
    size_t offset;        /* in the struct */
    const char *fallback; /* default, as text */
    double low, high;     /* bounds of INT and REAL */
    const char *choices;  /* CHOICE: "adam, adamw, sgd": the field holds the index, an int */
    const char *help;
} qp_field;

/* INT int64_t; REAL double; BOOL int; CHOICE int; TEXT char[512] */
#define QP_FIELD_TYPE_INT(name) int64_t name
#define QP_FIELD_TYPE_REAL(name) double name
#define QP_FIELD_TYPE_BOOL(name) int name
#define QP_FIELD_TYPE_CHOICE(name) int name
#define QP_FIELD_TYPE_TEXT(name) char name[512]
#define QP_FIELD_DECLARE(kind, name, fallback, low, high, choices, help) QP_FIELD_TYPE_##kind(name);
#define QP_FIELD_ROW(type, kind, name, fallback, low, high, choices, help)                                             \
    {QP_FIELD_##kind, #name, offsetof(type, name), fallback, low, high, choices, help},

typedef struct {
    const char *title; /* "model", heading in help, section in YAML and JSON */
    const qp_field *field;
    int count;
} qp_field_table;

/* qp_config_defaults — every field its fallback.
 * qp_config_find     — the field called `key` (hyphen or underscore), or NULL.
 * qp_config_set      — parse `text` into the field; QP_EUSAGE with a one-line message (place: as given; bad number,
 *                      out of bounds, unknown choice with "did you mean") otherwise.
 * qp_config_get      — print the field's value as text that qp_config_set reads back exactly; returns `text`.
 * qp_config_suggest  — the key or word of a list nearest to `wrong` (edit distance <= 2 or a third of its length), or NULL. */
void qp_config_defaults(const qp_field_table *table, void *object);
const qp_field *qp_config_find(const qp_field_table *table, const char *key);
qp_status qp_config_set(const qp_field *field, void *object, const char *place, const char *text);
const char *qp_config_get(const qp_field *field, const void *object, char *text, size_t bytes);
const char *qp_config_suggest(const char *wrong, const char *const *word, int count);

/* qp_config_yaml_load — `key: value` lines (libyaml; flat, or one level of sections named by table titles) into the
 * objects of several tables; unknown keys are QP_EUSAGE with file:line and "did you mean".
 * qp_config_yaml_write — every value in force, sections by table. */
qp_status qp_config_yaml_load(const char *path, const qp_field_table *const *table, void *const *object, int count);
void qp_config_yaml_write(FILE *stream, const qp_field_table *const *table, void *const *object, int count);

#endif
