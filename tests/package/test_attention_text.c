#include "lib/package/attention_text.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/package/small_package.h"

/* The tokens of the encoder's maps, and what was cut. */
static void expect_text(const char *const *setting, const char *labels, const char *text, const char *rows, int tokens)
{
    qp_package *package = small_package(setting, small_tokenizer(QP_TOKENIZER_CHAR, "abc\n"), labels);
    qp_picture picture;
    qp_attended found;
    char made[100] = "";
    cr_assert_eq(qp_attend_text(package, text, &picture, &found), QP_OK, "%s", qp_error_message());
    const qp_token_labels *side = &picture.side[QP_MAP_ENCODER].rows;
    for (int i = 0; i < side->count; i++) strcat(strcat(made, i ? " " : ""), side->text[i]);
    cr_expect_str_eq(made, rows, "%s: %s", text, made);
    cr_expect(found.source_tokens == tokens && found.source_longest == 5, "%d of %d", found.source_tokens,
              found.source_longest);
    cr_expect_null(found.text);
    cr_expect_str_eq(picture.title, text);
    for (int head = 0; head < 2; head++) {
        const qp_picture_map *map = qp_picture_find(&picture, QP_MAP_ENCODER, 0, head);
        double sum = 0;
        cr_assert_not_null(map);
        for (int i = 0; i < side->count; i++) sum += (double)map->weight[i];
        cr_expect_float_eq(sum, 1, 1e-5);
    }
    qp_picture_free(&picture);
    qp_package_free(package);
}

/* A model that reads five tokens and the end. */
Test(attention_text, tokens_and_cuts)
{
    static const char *const classify[] = {"task=classify", "decoder=none", "encoder=transformer", "max_length=6",
                                           NULL};
    static const char *const begin[] = {"task=classify", "decoder=none",     "encoder=transformer",
                                        "max_length=6",  "begin_token=true", NULL};
    static const char *const tag[] = {"task=tag", "decoder=none", "encoder=transformer", "max_length=6", NULL};
    static const char two[] = "[\"x\",\"y\"]";
    expect_text(classify, two, "abc", "a b c </s>", 3);
    expect_text(classify, two, "abcab", "a b c a b </s>", 5);
    expect_text(classify, two, "abcabc", "a b c a b </s>", 6);
    expect_text(begin, two, "ab", "<s> a b </s>", 2);
    expect_text(tag, two, "ab  c", "a b c </s>", 3);
    expect_text(tag, two, "ab ca bc", "a b c a b </s>", 6);
}

Test(attention_text, nothing_to_attend_to)
{
    static const char *const tag[] = {"task=tag", "decoder=none", "encoder=transformer", NULL};
    static const char *const gru[] = {"task=tag", "decoder=none", "encoder=gru", NULL};
    qp_picture picture;
    qp_attended found;
    for (int i = 0; i < 2; i++) {
        qp_package *package = small_package(i ? gru : tag, small_tokenizer(QP_TOKENIZER_CHAR, "abc\n"),
                                            "[\"x\",\"y\"]");
        cr_expect_eq(qp_attend_text(package, i ? "ab" : "  ", &picture, &found), i ? QP_EUSAGE : QP_EDATA);
        cr_expect(strstr(qp_error_message(), i ? "this model has no attention" : "nothing to attend to"), "%s",
                  qp_error_message());
        cr_expect(picture.title == NULL && picture.maps == 0);
        qp_package_free(package);
    }
}

/* What reads the text: one label or one vector, by the attention that pools it, of a text with its class token. */
Test(attention_text, what_a_pooled_text_is_read_by)
{
    static const char *const task[] = {"task=classify", "task=match"}, *const name[] = {"label", "vector"};
    for (int i = 0; i < 2; i++) {
        const char *const setting[] = {task[i], "decoder=none", "encoder=transformer", "pooling=attention", NULL};
        qp_package *package = small_package(setting, small_tokenizer(QP_TOKENIZER_CHAR, "abc\n"),
                                            i ? NULL : "[\"x\",\"y\"]");
        qp_picture picture;
        qp_attended found;
        cr_assert_eq(qp_attend_text(package, "ab", &picture, &found), QP_OK, "%s", qp_error_message());
        const qp_token_labels *rows = &picture.side[QP_MAP_CROSS].rows, *columns = &picture.side[QP_MAP_CROSS].columns;
        cr_assert(rows->count == 1 && columns->count == 3);
        cr_expect_str_eq(rows->text[0], name[i]);
        cr_expect_str_eq(columns->text[1], "b");
        qp_picture_free(&picture);
        qp_package_free(package);
    }
    static const char *const class_token[] = {"task=classify", "decoder=none",        "encoder=transformer",
                                              "max_length=6",  "pooling=class-token", NULL};
    expect_text(class_token, "[\"x\",\"y\"]", "ab", "class a b </s>", 2);
}
