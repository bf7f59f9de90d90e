#include "lib/run/train_tokenizer.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/file.h"
#include "tests/package/run/small_run.h"
#include "tests/package/small_package.h"
#include "tokenizer/tokenizer_file.h"
#include "tokenizer/tokenizer_json.h"

TestSuite(train_tokenizer, .init = small_run_folder, .fini = small_run_clean);

/* Three lines, then the end. */
static qp_status next_line(void *self, const char **line, size_t *bytes)
{
    static const char *const text[] = {"a b c", "b c", "C"};
    int *at = self;
    *line = *at < 3 ? text[(*at)++] : NULL;
    *bytes = *line ? strlen(*line) : 0;
    return QP_OK;
}

static qp_status make(const char *const *option, const qp_tokenizer_wish *wish, qp_tokenizer **tokenizer)
{
    int at = 0;
    const qp_tokenizer_text text = {next_line, &at, {0}};
    return qp_train_tokenizer(&small_settings(option)->job, wish, &text, tokenizer);
}

/* A name is a type to learn, or else a file: our own, or that of a model, whose tokenizer for that side is taken. */
Test(train_tokenizer, what_a_name_means)
{
    static const char *const setting[] = {"decoder=gru", "encoder=gru", NULL};
    qp_tokenizer *own = small_tokenizer(QP_TOKENIZER_WORD, "a b\n"), *made;
    cr_assert_eq(qp_tokenizer_save(own, "own.json"), QP_OK, "%s", qp_error_message());
    qp_package *package = small_package(setting, own, NULL);
    cr_assert_eq(qp_package_save(package, "one.safetensors"), QP_OK, "%s", qp_error_message());
    qp_package_free(package);
    put("pairs", "a\tx y z\n");
    static const char *const pairs[] = {"train", "pairs",     "valid", "none", "decoder",
                                        "gru",   "tokenizer", "word",  SMALL,  NULL};
    qp_train_run run;
    small_run_prepare(&run, pairs);
    cr_assert_eq(qp_package_save(run.data.package, "two.safetensors"), QP_OK, "%s", qp_error_message());
    qp_train_run_free(&run);
    static const struct {
        const char *name;
        bool target;
        const char *option[3];
        qp_status status;
        int size; /* five of every vocabulary of words, and its words */
        const char *said;
    } row[] = {
        {"word", false, {NULL}, QP_OK, 9, NULL},
        {"word", true, {"lower_case", "true", NULL}, QP_OK, 8, NULL},
        {"word", true, {"vocab_size", "7", NULL}, QP_OK, 7, NULL},
        {"word", true, {"special", "mask=b", NULL}, QP_EUSAGE, 0, "--special names pieces of a file"},
        {"own.json", false, {NULL}, QP_OK, 7, NULL},
        {"own.json", true, {"special", "mask=b", NULL}, QP_EUSAGE, 0, "own.json"},
        {"one.safetensors", false, {NULL}, QP_OK, 7, NULL},
        {"one.safetensors", true, {NULL}, QP_OK, 7, NULL},
        {"two.safetensors", false, {NULL}, QP_OK, 6, NULL},
        {"two.safetensors", true, {NULL}, QP_OK, 8, NULL},
        {"./gone", false, {NULL}, QP_ENOINPUT, 0, "--tokenizer: ./gone: no such file"},
        {"gone.json", false, {NULL}, QP_ENOINPUT, 0, "--tokenizer: gone.json: no such file"},
        {"wrod", false, {NULL}, QP_EUSAGE, 0, "--tokenizer"},
        {"pairs", false, {NULL}, QP_EDATA, 0, "pairs"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const qp_tokenizer_wish wish = {.side = "target", .name = row[i].name, .target = row[i].target};
        qp_status status = make(row[i].option, &wish, &made);
        cr_expect_eq(status, row[i].status, "row %zu: %d %s", i, status, status ? qp_error_message() : "");
        cr_expect_eq(made ? qp_tokenizer_size(made) : 0, row[i].size, "row %zu: %d", i,
                     made ? qp_tokenizer_size(made) : 0);
        if (row[i].said) cr_expect(strstr(qp_error_message(), row[i].said), "row %zu: %s", i, qp_error_message());
        qp_tokenizer_free(made);
    }
}

/* A run keeps its tokenizers in its folder, each side its own, and reads them from there once it has been saved. */
Test(train_tokenizer, the_one_of_the_run)
{
    static const char *const none[] = {NULL};
    qp_tokenizer *made, *kept = small_tokenizer(QP_TOKENIZER_WORD, "q r s t\n");
    cr_assert_eq(mkdir("run", 0700), 0);
    for (int saved = 0; saved < 2; saved++)
        for (int side = 0; side < 2; side++) {
            const qp_tokenizer_wish wish = {.folder = "run", .side = side ? "target" : "source", .name = "word"};
            const char *path = side ? "run/tokenizer-target.json" : "run/tokenizer-source.json";
            if (side == 0) cr_assert_eq(qp_tokenizer_save(kept, path), QP_OK);
            if (side == 1) remove(path);
            if (saved) put("run/state-5.safetensors", "");
            cr_assert_eq(make(none, &wish, &made), QP_OK, "%s", qp_error_message());
            bool reads = saved && side == 0;
            cr_expect_eq(qp_tokenizer_size(made), 9, "a b c C, or q r s t");
            int32_t *id, count;
            cr_assert_eq(qp_tokenizer_encode(made, "q", 1, &id, &count), QP_OK);
            cr_expect_eq(id[0] != QP_UNK, reads, "saved %d, side %d", saved, side);
            free(id);
            cr_expect(qp_file_exists(path));
            qp_tokenizer_free(made);
        }
    qp_tokenizer_free(kept);
}

/* What a vocabulary needs follows from its task and its noise. */
Test(train_tokenizer, roles_that_a_vocabulary_needs)
{
    static const struct {
        const char *option[5];
        bool mask, unknown[2]; /* of the source, of the target */
    } row[] = {{{"task", "lm", NULL}, false, {false, false}},
               {{"task", "mlm", NULL}, true, {false, false}},
               {{"task", "tag", NULL}, false, {true, true}},
               {{"task", "translate", "word_dropout_src", "0.1", NULL}, false, {true, false}},
               {{"task", "translate", "word_dropout_tgt", "0.1", NULL}, false, {false, true}}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        for (int target = 0; target < 2; target++) {
            const qp_train_data data = {0};
            const qp_train_settings *s = small_settings(row[i].option);
            qp_tokenizer_wish wish = qp_train_wish(s, &data, "f", "s", target);
            cr_expect(wish.mask == row[i].mask && wish.unknown == row[i].unknown[target], "row %zu, %d", i, target);
            cr_expect(wish.target == (target == 1) && wish.name == s->job.tokenizer && !wish.cluster);
            cr_expect_str_eq(wish.folder, "f");
            cr_expect_str_eq(wish.side, "s");
        }
}
