#ifndef QP_CONFIG_H
#define QP_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/base/status.h"

/* config — one field table per struct makes its defaults, its --flags, its keys in a YAML file, its help text and its
 * entry in the model file.
 *
 * A struct's fields are written once, as a list of X(kind, name, default, low, high, choices, help):
 *     #define QP_MODEL_FIELDS(X) X(INT, dec_layers, "3", 1, 100, NULL, "layers of the decoder") ...
 *     typedef struct { QP_MODEL_FIELDS(QP_FIELD_DECLARE) } qp_model_config;
 *     QP_FIELD_TABLE(qp_model_fields, "model", qp_model_config, QP_MODEL_FIELDS);     (or static QP_FIELD_TABLE(...))
 * The flag of field dec_layers is --dec-layers; --dec_layers is accepted too.
 *
 * The choices of a field are written once too, as a list of X(ID, text); it makes the enum and the field's `choices`:
 *     #define QP_ANNEALS(X) X(QP_ANNEAL_COSINE, "cosine") X(QP_ANNEAL_LINEAR, "linear")
 *     enum { QP_ANNEALS(QP_CHOICE_ID) QP_ANNEAL_COUNT };
 *     X(CHOICE, lr_anneal, "cosine", 0, 0, QP_CHOICES(QP_ANNEALS), "shape of rise and fall") */

typedef enum { QP_FIELD_INT, QP_FIELD_REAL, QP_FIELD_BOOL, QP_FIELD_TEXT, QP_FIELD_CHOICE } qp_field_kind;

typedef struct {
    qp_field_kind kind;
    const char *name;     /* C name, with underscores */
    size_t offset;        /* in the struct */
    const char *fallback; /* default, as text */
    double low, high;     /* bounds of INT and REAL */
    const char *choices;  /* CHOICE: "adam, adamw, sgd": the field holds the index, an int; TEXT: how the help calls
                             the value, "FILE"; NULL: "TEXT" */
    const char *help;
} qp_field;

typedef struct {
    const char *title; /* heading in the help, section in YAML and JSON: "model" */
    const qp_field *field;
    int count;
} qp_field_table;

enum { QP_FIELD_TEXT_BYTES = 512 };

/* The member of the struct that each kind of field declares. */
#define QP_FIELD_TYPE_INT(name) int64_t name
#define QP_FIELD_TYPE_REAL(name) double name
#define QP_FIELD_TYPE_BOOL(name) int name
#define QP_FIELD_TYPE_CHOICE(name) int name
#define QP_FIELD_TYPE_TEXT(name) char name[QP_FIELD_TEXT_BYTES]
#define QP_FIELD_DECLARE(kind, name, fallback, low, high, choices, help) QP_FIELD_TYPE_##kind(name);

/* QP_FIELD_TABLE — the definition of a table at file scope. A list hands its macro a field but not the struct, so a row
 * comes in two halves: QP_FIELD_ROW_OF(type) opens it, QP_FIELD_ROW_REST(field) completes it. */
/* clang-format off */
#define QP_FIELD_ROW_OF(type) {.offset = (size_t)&((type *)0)->QP_FIELD_ROW_REST
#define QP_FIELD_ROW_REST(kind_, name_, fallback_, low_, high_, choices_, help_)                                       \
    name_, .kind = QP_FIELD_##kind_, .name = #name_, .fallback = fallback_, .low = low_, .high = high_,               \
    .choices = choices_, .help = help_},
/* clang-format on */
#define QP_FIELD_ONE(...) +1
#define QP_FIELD_TABLE(table, title, type, FIELDS)                                                                     \
    const qp_field_table table = {title, (const qp_field[]){FIELDS(QP_FIELD_ROW_OF(type))}, FIELDS(QP_FIELD_ONE)}

/* Choices from a list of X(ID, text, ...). */
#define QP_CHOICE_ID(id, ...) id,
#define QP_CHOICE_WORD(id, text, ...) ", " text
#define QP_CHOICES(LIST) &("" LIST(QP_CHOICE_WORD))[2] /* without the first comma and space */

/* qp_config_other_name — this project's name of an option that other tools call `name` (learning-rate: lr), to be tried
 * when no table has a field called `name`; the first of several names for number 0, the next for 1; NULL: no more. */
const char *qp_config_other_name(const char *name, int number);

/* qp_config_defaults — sets every field to its fallback.
 * qp_config_find     — the field called `key` (with hyphens or underscores), or NULL.
 * qp_config_set      — parses `text` into the field. Errors: QP_EUSAGE, the message beginning with `place`: not a
 *                      number, out of range, or an unknown choice (with "did you mean"); the field is unchanged.
 *                      Choices are compared without regard to case.
 * qp_config_repeats  — is it a list of files ("FILE,..."), to which an option that is given again adds?
 * qp_config_add      — appends `text` to such a list, after a comma; of "none" and files the later one counts. Errors
 *                      as qp_config_set.
 * qp_config_get      — prints the field's value as text that qp_config_set reads back exactly; returns `text`.
 * qp_config_same_word — equal, where hyphen and underscore are the same character?
 * qp_config_suggest  — the word of a list nearest to `wrong` (edit distance at most 2 or a third of its length), or
 *                      NULL. */
void qp_config_defaults(const qp_field_table *table, void *object);
const qp_field *qp_config_find(const qp_field_table *table, const char *key);
qp_status qp_config_set(const qp_field *field, void *object, const char *place, const char *text);
bool qp_config_repeats(const qp_field *field);
qp_status qp_config_add(const qp_field *field, void *object, const char *place, const char *text);
const char *qp_config_get(const qp_field *field, const void *object, char *text, size_t bytes);
bool qp_config_same_word(const char *a, const char *b);
const char *qp_config_suggest(const char *wrong, const char *const *word, int count);

/* qp_config_yaml_load  — reads `key: value` lines (libyaml; flat, or one level of sections named by table titles) into
 *                        the objects of several tables. Errors: QP_EUSAGE with file:line for an unknown key (with "did
 *                        you mean"), a key under the wrong section, a key given twice; those of qp_file_read.
 * qp_config_yaml_lines — the same, and *line[table][field] is the line that gives the key, from 1, or 0; free(*line).
 * qp_config_yaml_write — writes every field, one section per table. */
qp_status qp_config_yaml_load(const char *path, const qp_field_table *const *table, void *const *object, int count);
qp_status qp_config_yaml_lines(const char *path, const qp_field_table *const *table, void *const *object, int count,
                               size_t ***line);
void qp_config_yaml_write(FILE *stream, const qp_field_table *const *table, void *const *object, int count);

#endif
