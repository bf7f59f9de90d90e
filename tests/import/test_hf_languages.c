#include "lib/import/hf_languages.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text/json_writer.h"
#include "tests/import/import_folder.h"
#include "tokenizer/tokenizer_file.h"

TestSuite(hf_languages, .init = folder_begin, .fini = folder_end);

/* A tokenizer.json with <s> and </s> as 0 and 1, these names from 2 on, special tokens but for those that begin with a
 * small "a", and what it puts around a text ($): "$ </s>". */
static qp_tokenizer *tokenizer_of(const char *names, const char *around)
{
    char text[4000], vocabulary[1000] = "\"<s>\":0,\"</s>\":1", added[2000] = "", template[1000] = "", used[1000] = "",
                     copy[400], *rest = copy, *name;
    int id = 2;
    qp_tokenizer *tokenizer;
    snprintf(copy, sizeof copy, "%s", names);
    while ((name = strtok_r(rest, " ", &rest))) {
        snprintf(vocabulary + strlen(vocabulary), sizeof vocabulary - strlen(vocabulary), ",\"%s\":%d", name, id);
        if (*name != 'a')
            snprintf(added + strlen(added), sizeof added - strlen(added),
                     "%s{\"id\":%d,\"content\":\"%s\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,"
                     "\"normalized\":false,\"special\":true}",
                     *added ? "," : "", id, name);
        id++;
    }
    snprintf(copy, sizeof copy, "%s", around);
    rest = copy;
    while ((name = strtok_r(rest, " ", &rest))) {
        const char *comma = *template ? "," : "";
        size_t room = sizeof template - strlen(template);
        char *end = template + strlen(template);
        if (strcmp(name, "$") == 0)
            snprintf(end, room, "%s{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}", comma);
        else
            snprintf(end, room, "%s{\"SpecialToken\":{\"id\":\"%s\",\"type_id\":0}}", comma, name);
        const char *found = strstr(vocabulary, name);
        if (strcmp(name, "$") != 0)
            snprintf(used + strlen(used), sizeof used - strlen(used),
                     "%s\"%s\":{\"id\":\"%s\",\"ids\":[%d],\"tokens\":[\"%s\"]}", *used ? "," : "", name, name,
                     atoi(strchr(found, ':') + 1), name);
    }
    snprintf(
        text, sizeof text,
        "{\"version\":\"1.0\",\"added_tokens\":[%s],\"normalizer\":null,\"pre_tokenizer\":{\"type\":"
        "\"WhitespaceSplit\"},"
        "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[%s],\"pair\":[%s],\"special_tokens\":{%s}},"
        "\"decoder\":null,\"model\":{\"type\":\"WordLevel\",\"vocab\":{%s},\"unk_token\":\"</s>\"}}",
        added, template, template, used, vocabulary);
    folder_file("tokenizer.json", text);
    cr_assert_eq(qp_tokenizer_load(folder_path("tokenizer.json"), &tokenizer), QP_OK, "%s: %s", qp_error_message(),
                 text);
    return tokenizer;
}

Test(hf_languages, names_source_and_place)
{
    static const struct {
        const char *model_type, *class, *names, *around, *json;
        int before;
    } row[] = {
        {"marian", NULL, "__de__ __en__", "$ </s>", "{}", 7},
        {"m2m_100", NULL, "x", "$ </s>", "{}", 7},
        {"m2m_100", NULL, "__de__ __en__ __ast__", "$ </s>",
         "{\"languages\":{\"de\":2,\"en\":3,\"ast\":4},\"source\":3}", 3},
        {"m2m_100", NULL, "__de__ __fr__", "$ </s>", "{\"languages\":{\"de\":2,\"fr\":3},\"source\":2}", 2},
        {"m2m_100", NULL, "__de__ __fr__", "__fr__ $ </s>", "{\"languages\":{\"de\":2,\"fr\":3},\"source\":3}", 3},
        {"m2m_100", NULL, "__de__ __fr__", "$ </s> __fr__",
         "{\"languages\":{\"de\":2,\"fr\":3},\"source\":3,\"last\":true}", -1},
        {"m2m_100", "NllbTokenizer", "deu_Latn eng_Latn", "$ </s>",
         "{\"languages\":{\"deu_Latn\":2,\"eng_Latn\":3},\"source\":3}", 3},
        {"m2m_100", "M2M100Tokenizer", "__de__ __fr__", "$ </s> __fr__",
         "{\"languages\":{\"de\":2,\"fr\":3},\"source\":3}", 3},
        {"mbart", NULL, "de_DE en_XX", "$ </s>", "{\"languages\":{\"de_DE\":2,\"en_XX\":3},\"source\":3,\"last\":true}",
         -1},
        {"mbart", "MBart50Tokenizer", "de_DE en_XX", "$ </s>", "{\"languages\":{\"de_DE\":2,\"en_XX\":3},\"source\":3}",
         3},
        {"mbart", "MBartTokenizer", "de_DE en_XX", "en_XX $ </s>",
         "{\"languages\":{\"de_DE\":2,\"en_XX\":3},\"source\":3,\"last\":true}", -1},
        /* what looks like a language and is none, and pieces of ordinary text */
        {"mbart", NULL, "d_DE de_D de_DEU deut_DE de_dE de-DE de_Latin ar_AR __d__ __DE__ __deutschland__", "$ </s>",
         "{}", 7},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char text[200], *made;
        qp_text_buffer json = {0};
        qp_hf_frame frame = {7, 1};
        qp_tokenizer *tokenizer = tokenizer_of(row[i].names, row[i].around);
        snprintf(text, sizeof text, "{\"model_type\": \"%s\"}", row[i].model_type);
        folder_file("config.json", text);
        snprintf(text, sizeof text, "{\"tokenizer_class\": \"%s\"}", row[i].class ? row[i].class : "");
        folder_file("tokenizer_config.json", text);
        qp_json_open(&json, '{');
        cr_assert_eq(qp_hf_languages(folder_path(NULL), tokenizer, &frame, &json), QP_OK, "%s", qp_error_message());
        qp_json_close(&json, '}');
        cr_assert_eq(qp_text_finish(&json, &made, NULL), QP_OK);
        cr_expect_str_eq(made, row[i].json, "%zu: %s", i, made);
        cr_expect_eq(frame.before, row[i].before, "%zu: %d before", i, frame.before);
        free(made);
        qp_tokenizer_free(tokenizer);
    }
}

Test(hf_languages, files_that_cannot_be_read)
{
    qp_text_buffer json = {0};
    qp_hf_frame frame = {0, 1};
    qp_tokenizer *tokenizer = tokenizer_of("__de__", "$ </s>");
    folder_file("config.json", "{");
    cr_expect_eq(qp_hf_languages(folder_path(NULL), tokenizer, &frame, &json), QP_EDATA);
    folder_file("config.json", "{\"model_type\": \"mbart\"}");
    folder_file("tokenizer_config.json", "[");
    cr_expect_eq(qp_hf_languages(folder_path(NULL), tokenizer, &frame, &json), QP_EDATA);
    qp_text_free(&json);
    qp_tokenizer_free(tokenizer);
}
