#include "lib/export/misfit.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static void set(qp_model_config *m, const char *option)
{
    char name[60];
    const char *equals = strchr(option, '=');
    snprintf(name, sizeof name, "%.*s", (int)(equals - option), option);
    const qp_field *field = qp_config_find(&qp_model_fields, name);
    cr_assert_not_null(field, "%s", name);
    cr_assert_eq(qp_config_set(field, m, "test", equals + 1), QP_OK, "%s", qp_error_message());
}

/* Two translators that differ in these options. */
static qp_misfit difference(const char *const *ours, const char *const *theirs)
{
    qp_model_config a, b;
    qp_misfit m = {0};
    qp_config_defaults(&qp_model_fields, &a);
    set(&a, "emb_size=16");
    set(&a, "heads=4");
    b = a;
    for (int i = 0; i < 2 && ours[i]; i++) set(&a, ours[i]);
    for (int i = 0; i < 2 && theirs[i]; i++) set(&b, theirs[i]);
    qp_misfit_find(&a, &b, 1, &m);
    return m;
}

/* What "auto" and 0 mean is no difference to its value; what is not read is none either. */
Test(misfit, values_that_mean_the_same)
{
    static const char *const row[][2][2] = {
        {{NULL}, {NULL}},
        {{"word_size=16"}, {"word_size=0"}},
        {{"word_size=0"}, {"word_size=16"}},
        {{"head_size=4"}, {"head_size=0"}},
        {{"kv_heads=4"}, {"kv_heads=0"}},
        {{"qkv_bias=true"}, {"qkv_bias=auto"}},
        {{"ff_bias=false", "bias=false"}, {"ff_bias=auto", "bias=false"}},
        {{"attention_bias=true"}, {"attention_bias=auto"}},
        {{"rope_base=500"}, {"rope_base=10000"}},
        {{"experts_per_token=1"}, {"experts_per_token=2"}},
        {{"relative_buckets=8"}, {"relative_buckets=32"}},
        {{"start_id=1"}, {"start_id=-1"}},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_misfit m = difference(row[i][0], row[i][1]);
        cr_expect(m.count == 0 && !*m.list, "row %zu: %s", i, m.list);
    }
}

Test(misfit, differences_are_named)
{
    static const struct {
        const char *ours[2], *theirs[2], *list;
    } row[] = {
        {{"emb_size=32"}, {NULL}, "--emb-size 16"},
        {{NULL}, {"kv_heads=2"}, "--kv-heads 2"},
        {{"word_size=8"}, {NULL}, "--word-size 16"},
        {{NULL}, {"scale_embeddings=false"}, "--scale-embeddings=false"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_misfit m = difference(row[i].ours, row[i].theirs);
        cr_expect(m.count >= 1 && strstr(m.list, row[i].list), "row %zu: %d %s", i, m.count, m.list);
    }
}
