#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/config/config.h"

#define RULES(X) X(RULE_SGD, "sgd") X(RULE_ADAM, "adam") X(RULE_INV_SQRT, "inv-sqrt")
enum { RULES(QP_CHOICE_ID) RULE_COUNT };

#define FIELDS(X)                                                                                                      \
    X(INT, enc_layers, "3", 0, 100, NULL, "layers")                                                                    \
    X(REAL, lr, "1e-3", 0, 10, NULL, "rate")                                                                           \
    X(BOOL, bias, "true", 0, 0, NULL, "biases")                                                                        \
    X(CHOICE, optimizer, "adam", 0, 0, QP_CHOICES(RULES), "rule")                                                      \
    X(TEXT, train_src, "", 0, 0, NULL, "file")
#define OTHER_FIELDS(X)                                                                                                \
    X(INT, enc_layers, "7", 0, 100, NULL, "another of the name")                                                       \
    X(INT, seed, "1", -9e18, 9e18, NULL, "seed")

typedef struct {
    FIELDS(QP_FIELD_DECLARE)
} settings;
typedef struct {
    OTHER_FIELDS(QP_FIELD_DECLARE)
} others;

static QP_FIELD_TABLE(table, "model", settings, FIELDS);
static QP_FIELD_TABLE(other_table, "training", others, OTHER_FIELDS);
static const qp_field_table *const tables[] = {&table, &other_table};

static settings object;
static others other;
static void *const objects[] = {&object, &other};

static void fill(void)
{
    qp_config_defaults(&table, &object);
    qp_config_defaults(&other_table, &other);
}

TestSuite(config, .init = fill);

static qp_status set(const char *key, const char *text)
{
    return qp_config_set(qp_config_find(&table, key), &object, "--key", text);
}

Test(config, defaults)
{
    cr_assert_eq(object.enc_layers, 3);
    cr_assert_eq(object.lr, 1e-3);
    cr_assert_eq(object.bias, 1);
    cr_assert_eq(object.optimizer, RULE_ADAM);
    cr_assert_str_eq(table.field[3].choices, "sgd, adam, inv-sqrt");
    cr_assert(table.count == 5 && RULE_COUNT == 3);
    cr_assert_str_eq(object.train_src, "");
    cr_assert_eq(other.enc_layers, 7);
}

Test(config, good_values)
{
    cr_assert_eq(set("enc-layers", "12"), QP_OK);
    cr_assert_eq(set("enc_layers", "0"), QP_OK);
    cr_assert_eq(object.enc_layers, 0);
    cr_assert_eq(set("lr", ".5"), QP_OK);
    cr_assert_eq(object.lr, 0.5);
    cr_assert_eq(set("bias", "No"), QP_OK);
    cr_assert_eq(object.bias, 0);
    cr_assert_eq(set("optimizer", "inv_sqrt"), QP_OK);
    cr_assert_eq(object.optimizer, RULE_INV_SQRT);
    cr_assert_eq(set("train-src", "a b.txt"), QP_OK);
    cr_assert_str_eq(object.train_src, "a b.txt");
}

Test(config, bad_values)
{
    static const char *const bad[][2] = {{"enc-layers", ""},    {"enc-layers", "x"},
                                         {"enc-layers", "3x"},  {"enc-layers", "1.5"},
                                         {"enc-layers", " 3"},  {"enc-layers", "-1"},
                                         {"enc-layers", "101"}, {"enc-layers", "99999999999999999999"},
                                         {"lr", "nan"},         {"lr", "inf"},
                                         {"lr", "1e999"},       {"lr", "1,5"},
                                         {"lr", "-1"},          {"bias", "maybe"},
                                         {"bias", ""},          {"optimizer", "adem"},
                                         {"optimizer", ""},     {"optimizer", "sgd, adam"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_eq(set(bad[i][0], bad[i][1]), QP_EUSAGE, "%s=%s", bad[i][0], bad[i][1]);
        cr_assert(strncmp(qp_error_message(), "--key: ", 7) == 0);
    }
    set("optimizer", "adem");
    cr_assert(strstr(qp_error_message(), "did you mean adam?"));
    char long_text[600];
    memset(long_text, 'x', sizeof long_text);
    long_text[599] = '\0';
    cr_assert_eq(set("train-src", long_text), QP_EUSAGE);
    cr_assert_eq(object.enc_layers, 3, "a refused value changes nothing");
}

Test(config, reads_back_what_it_prints)
{
    static const double value[] = {0, 1e-3, 0.1, 1.0 / 3, 2.2250738585072014e-308, 9.999999, 1e-9};
    char text[512];
    for (size_t i = 0; i < sizeof value / sizeof *value; i++) {
        object.lr = value[i];
        qp_config_get(&table.field[1], &object, text, sizeof text);
        object.lr = 5;
        cr_assert_eq(set("lr", text), QP_OK, "%s", text);
        cr_assert_eq(object.lr, value[i], "%s", text);
    }
    object.lr = 0.1;
    cr_assert_str_eq(qp_config_get(&table.field[1], &object, text, sizeof text), "0.1");
    other.seed = 9007199254740993;
    qp_config_get(&other_table.field[1], &other, text, sizeof text);
    cr_assert_str_eq(text, "9007199254740993");
    cr_assert_str_eq(qp_config_get(&table.field[3], &object, text, sizeof text), "adam");
    cr_assert_str_eq(qp_config_get(&table.field[2], &object, text, sizeof text), "true");
}

Test(config, suggestions)
{
    static const char *const word[] = {"beam-size", "batch-size", "threads", "lr"};
    cr_assert_str_eq(qp_config_suggest("beam-siez", word, 4), "beam-size");
    cr_assert_str_eq(qp_config_suggest("batch_size", word, 4), "batch-size");
    cr_assert_str_eq(qp_config_suggest("beam", word, 4), "beam-size");
    cr_assert_str_eq(qp_config_suggest("lt", word, 4), "lr");
    cr_assert_null(qp_config_suggest("zebra", word, 4));
    cr_assert_null(qp_config_suggest("", word, 4));
}

static qp_status load(const char *text)
{
    char path[] = "/tmp/quipu-test-XXXXXX";
    int descriptor = mkstemp(path);
    cr_assert(write(descriptor, text, strlen(text)) == (ssize_t)strlen(text));
    close(descriptor);
    qp_status status = qp_config_yaml_load(path, tables, objects, 2);
    unlink(path);
    return status;
}

Test(config, yaml)
{
    cr_assert_eq(load(""), QP_OK);
    cr_assert_eq(load("# only a comment\n"), QP_OK);
    cr_assert_eq(load("---\n"), QP_OK, "an empty document");
    cr_assert_eq(load("enc-layers: 5\nlr: 0.25\nseed: 9\ntrain_src: \"a: b\"\n"), QP_OK);
    cr_assert(object.enc_layers == 5 && object.lr == 0.25 && other.seed == 9 && other.enc_layers == 7);
    cr_assert_str_eq(object.train_src, "a: b");
    cr_assert_eq(load("training:\n  enc-layers: 1\nmodel: {bias: off, train-src: [x, 'y']}\n"), QP_OK);
    cr_assert(other.enc_layers == 1 && object.enc_layers == 5 && object.bias == 0);
    cr_assert_str_eq(object.train_src, "x,y");
}

Test(config, bad_yaml)
{
    static const char *const bad[][2] = {
        {"lr: 1\nenc-leyers: 3\n", ":2: unknown key 'enc-leyers'; did you mean enc_layers?"},
        {"\nlr: fast\n", ":2: lr: 'fast' is not a number"},
        {"zebra: 3\n", ":1: unknown key 'zebra'"},
        {"zebra:\n  lr: 3\n", ":1: unknown section 'zebra'"},
        {"model:\n  seed: 3\n", ":2: key 'seed' is under 'model'; it belongs under 'training'"},
        {"model:\n  zebra: 3\n", ":2: unknown key 'zebra'"},
        {"lr: 1\nbias: on\nlr: 2\n", ":3: key 'lr' is given twice, first on line 1"},
        {"lr: 1\nmodel:\n  lr: 1\n", ":3: key 'lr' is given twice, first on line 1"},
        {"model:\n  enc-layers: 1\n  enc_layers: 1\n", ":3: key 'enc_layers' is given twice, first on line 2"},
        {"model: {lr: 1}\nmodel: {lr: 1}\n", ":2: key 'lr' is given twice, first on line 1"},
        {"model: {model: {lr: 1}}\n", ":1: "},
        {"- a\n", ":1: "},
        {"word\n", ":1: "},
        {"lr: *x\n", ":1: "},
        {"lr: [[1]]\n", ":1: "},
        {"model: {lr: 1\n", ": "},
        {"lr: \"open\n", ": "},
        {"train-src: \"a\\0b\"\n", "NUL"},
        {"\x80\xff: 1", ": "}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_eq(load(bad[i][0]), QP_EUSAGE, "%s", bad[i][0]);
        cr_assert(strstr(qp_error_message(), bad[i][1]), "%s", qp_error_message());
    }
    cr_assert_eq(qp_config_yaml_load("/tmp/quipu-absent.yaml", tables, objects, 2), QP_ENOINPUT);
}

Test(config, yaml_round_trip)
{
    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    strcpy(object.train_src, "quote \" back \\ tab \t \xea\xb0\x80");
    object.enc_layers = 42;
    object.lr = 1.0 / 3;
    object.optimizer = 2;
    other.seed = -5;
    settings before = object;
    qp_config_yaml_write(stream, tables, objects, 2);
    fclose(stream);
    fill();
    cr_assert_eq(load(text), QP_OK, "%s", qp_error_message());
    free(text);
    cr_assert(object.enc_layers == 42 && object.lr == before.lr && object.optimizer == 2 && other.seed == -5);
    cr_assert_str_eq(object.train_src, before.train_src);
}

/* Names of other tools stand for ours, in YAML files too; choices have no case. */
Test(config, names_of_other_tools)
{
    cr_assert_str_eq(qp_config_other_name("learning-rate", 0), "lr");
    cr_assert_str_eq(qp_config_other_name("max_new_tokens", 0), "tokens");
    cr_assert_str_eq(qp_config_other_name("max_new_tokens", 1), "max-length");
    cr_assert_null(qp_config_other_name("max_new_tokens", 2));
    cr_assert_null(qp_config_other_name("lr", 0));
    cr_assert_null(qp_config_other_name("zebra", 0));
    fill();
    cr_assert_eq(load("learning-rate: 0.25\n"), QP_OK, "%s", qp_error_message());
    cr_assert_eq(object.lr, 0.25);
    cr_assert_eq(load("lr: 1\nlearning-rate: 2\n"), QP_EUSAGE);
    cr_assert(strstr(qp_error_message(), "given twice"), "%s", qp_error_message());
    cr_assert_eq(load("optimizer: Inv_Sqrt\n"), QP_OK, "%s", qp_error_message());
    cr_assert_eq(object.optimizer, RULE_INV_SQRT);
}
