#include "lib/run/settings/presets.h"

#include <criterion/criterion.h>
#include <string.h>

#include "lib/run/train_run.h"

static qp_train_settings defaults(void)
{
    static qp_train_settings s;
    memset(&s, 0, sizeof s);
    qp_train_defaults(&s);
    return s;
}

/* Every preset sets options that exist, to values that fit together, and says so. */
Test(presets, each_makes_a_model_and_says_what_it_sets)
{
    int count = 0;
    for (const qp_preset *preset; (preset = qp_preset_at(count)); count++) {
        qp_train_settings s = defaults();
        const qp_preset *found;
        char text[1200], head[200];
        cr_assert_eq(qp_preset_find(preset->name, &found), QP_OK);
        cr_expect_eq(found, preset);
        cr_assert_eq(qp_preset_apply(preset, &s), QP_OK, "%s: %s", preset->name, qp_error_message());
        s.model.src_vocab_size = s.model.tgt_vocab_size = 100;
        if (s.model.task == QP_TASK_LM) s.model.encoder = QP_KIND_NONE, s.model.src_vocab_size = 0;
        cr_expect_eq(qp_model_config_check(&s.model), QP_OK, "%s: %s", preset->name, qp_error_message());
        qp_preset_describe(preset, text, sizeof text);
        snprintf(head, sizeof head, "preset     %s (%s): --", preset->name, preset->source);
        cr_expect_eq(strncmp(text, head, strlen(head)), 0, "%s", text);
        cr_expect(!strchr(text, '_') && !strchr(text, '='), "%s", text);
    }
    cr_expect_geq(count, 8);
    cr_expect_null(qp_preset_at(count));
}

Test(presets, names_and_near_names)
{
    const qp_preset *preset;
    cr_assert_eq(qp_preset_find("Tiny", &preset), QP_OK, "in any case");
    cr_expect_str_eq(preset->name, "tiny");
    cr_expect_eq(qp_preset_find("tinny", &preset), QP_EUSAGE);
    cr_expect_str_eq(qp_error_message(), "--preset: unknown 'tinny'; did you mean tiny?");
    cr_expect_eq(qp_preset_find("qqqqqqqqqqqq", &preset), QP_EUSAGE);
    cr_expect(strstr(qp_error_message(), "'qqqqqqqqqqqq'; choose from tiny, transformer-small, "), "%s",
              qp_error_message());
    cr_expect_str_eq(qp_error_message() + strlen(qp_error_message()) - 9, "lstm-char");
}

/* The last option of a list is set as the first is; other options stay as they were. */
Test(presets, all_its_options_are_set)
{
    const qp_preset own = {"own", "a test", "emb_size=24 bidirectional=true  heads=3 tied_embeddings=false lr=0.5"};
    qp_train_settings s = defaults(), before = s;
    char text[200];
    cr_assert_eq(qp_preset_apply(&own, &s), QP_OK, "%s", qp_error_message());
    cr_expect(s.model.emb_size == 24 && s.model.heads == 3 && s.model.bidirectional == 1);
    cr_expect(s.model.tied_embeddings == 0 && s.schedule.lr == 0.5);
    cr_expect_eq(s.model.ff_size, before.model.ff_size);
    qp_preset_describe(&own, text, sizeof text);
    cr_expect_str_eq(text, "preset     own (a test): --emb-size 24 --bidirectional --heads 3 --no-tied-embeddings "
                           "--lr 0.5");
    char narrow[30];
    qp_preset_describe(&own, narrow, sizeof narrow);
    cr_expect_str_eq(narrow, "preset     own (a test): --em", "cut");
    const qp_preset wrong = {"own", "a test", "emb_sise=24 heads=3"};
    cr_expect_neq(qp_preset_apply(&wrong, &s), QP_OK);
}
