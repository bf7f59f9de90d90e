#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"
#include "tests/cli/small_tasks.h"

TestSuite(predict_pairs, .fini = small_model_clean);

#define PREDICT(input, ...) RUN(qp_cmd_predict, input, "predict", "-m", "m.safetensors", __VA_ARGS__)

/* Both texts are read: a pair has other probabilities than each of its texts with another one. */
Test(predict_pairs, classes_of_two_texts)
{
    small_task_train("classify", 5);
    cr_assert_eq(PREDICT("w0 w2\tw3\nw0 w2\tw1\nw1\tw3\n", "--pairs", "--all", "-t1"), 0, "%s", small_err);
    cr_assert_eq(small_lines(small_out), 3);
    char label[3][2][20];
    double p[3][2];
    int used = 0;
    for (int i = 0, bytes; i < 3; i++, used += bytes) {
        int read = sscanf(small_out + used, "%19s\t%lf\t%19s\t%lf\n%n", label[i][0], &p[i][0], label[i][1], &p[i][1],
                          &bytes);
        cr_assert_eq(read, 4, "%s", small_out);
        cr_assert(p[i][0] >= p[i][1] && strcmp(label[i][0], label[i][1]) != 0, "%s", small_out);
        cr_assert_float_eq(p[i][0] + p[i][1], 1, 2e-4);
    }
    cr_assert(p[0][0] != p[1][0] && p[0][0] != p[2][0], "%s", small_out);
    cr_assert_eq(PREDICT("w0 w2\tw3\n", "--pairs", "--json"), 0, "%s", small_err);
    cr_assert(STARTS(small_out, "{\"label\":\""), "%s", small_out);
}

/* A tagger with the labels start and end answers with a part of the context, which is counted in characters. */
Test(predict_pairs, answers_are_parts_of_the_context)
{
    small_model_write("unused.safetensors", false);
    static const char words[] = "who\tstart\nÄnn\tend\nsees\tstart\nhim\tend\n\n";
    small_file("words", words, strlen(words));
    cr_assert_eq(RUN(qp_cmd_train, NULL, "train", "-q", "--task", "tag", "--train", "words", "--valid", "none",
                     "--tokenizer", "word", "--encoder", "gru", "--layers", "1", "--emb-size", "8", "--steps", "3",
                     "-t1", "-m", "m.safetensors"),
                 0, "%s", small_err);
    cr_assert_eq(PREDICT("who\tÄnn sees him\n", "--top", "3", "--max-answer", "1", "--json"), 0, "%s", small_err);
    cr_assert(STARTS(small_out, "{\"answers\":[{\"text\":\""), "%s", small_out);
    cr_assert(strstr(small_out, "{\"text\":\"Änn\",\"score\":0."), "%s", small_out);
    cr_assert(strstr(small_out, "\"start\":0,\"end\":3}"), "%s", small_out);
    cr_assert(strstr(small_out, "\"start\":4,\"end\":8}"), "%s", small_out);
    cr_assert(strstr(small_out, "\"start\":9,\"end\":12}"), "%s", small_out);
    cr_assert_eq(PREDICT("who\tÄnn\n", "--top", "2"), 0, "%s", small_err);
    double score, other;
    cr_assert_eq(sscanf(small_out, "Änn\t%lf\t0\t3\n", &score), 1, "%s", small_out);
    cr_assert_eq(small_lines(small_out), 1);
    cr_assert_not(strchr(strchr(small_out, '3'), '\t'), "there is only one part: %s", small_out);
    cr_assert_float_eq(score, 1, 1e-4, "nothing else can be the answer: %g", score);
    /* with a token before the texts, that token can be one too: there is no answer */
    cr_assert_eq(RUN(qp_cmd_train, NULL, "train", "-q", "--task", "tag", "--train", "words", "--valid", "none",
                     "--tokenizer", "word", "--encoder", "gru", "--layers", "1", "--emb-size", "8", "--steps", "3",
                     "-t1", "--begin-token", "-m", "b.safetensors"),
                 0, "%s", small_err);
    cr_assert_eq(RUN(qp_cmd_predict, "who\tÄnn\n", "predict", "-m", "b.safetensors"), 0, "%s", small_err);
    cr_assert_eq(sscanf(small_out, "Änn\t%lf\t0\t3\n", &other), 1, "%s", small_out);
    cr_assert(other > 0.05 && other < 0.9, "%g", other);
}

/* A long context is read in windows that overlap; no part of it is an answer twice, and the best is first. */
Test(predict_pairs, answers_of_a_long_context)
{
    small_model_write("unused.safetensors", false);
    static const char words[] = "who\tstart\nÄnn\tend\nsees\tstart\nhim\tend\n\n";
    small_file("words", words, strlen(words));
    cr_assert_eq(RUN(qp_cmd_train, NULL, "train", "-q", "--task", "tag", "--train", "words", "--valid", "none",
                     "--tokenizer", "word", "--encoder", "gru", "--layers", "1", "--emb-size", "8", "--steps", "3",
                     "-t1", "--max-length", "12", "-m", "m.safetensors"),
                 0, "%s", small_err);
    char text[400] = "who\t";
    for (int i = 0; i < 20; i++) strcat(text, i % 3 ? "sees " : "him ");
    text[strlen(text) - 1] = '\0';
    strcat(text, "\n");
    cr_assert_eq(PREDICT(text, "--top", "30", "--max-answer", "2", "--json"), 0, "%s", small_err);
    int begins[60], ends[60], count = 0;
    double before = 2, score;
    for (char *at = small_out; (at = strstr(at, "\"score\":")); at++, count++) {
        cr_assert_eq(sscanf(at, "\"score\":%lf,\"start\":%d,\"end\":%d", &score, &begins[count], &ends[count]), 3, "%s",
                     at);
        cr_expect_leq(score, before);
        before = score;
        for (int k = 0; k < count; k++)
            cr_expect(begins[k] != begins[count] || ends[k] != ends[count], "%d to %d", begins[k], ends[k]);
    }
    cr_expect_eq(count, 30);
}

Test(predict_pairs, a_line_without_a_second_text)
{
    small_task_train("classify", 1);
    small_file("lines", "w0\tw1\nw0 w1\n", 12);
    cr_assert_eq(PREDICT(NULL, "--pairs", "lines"), 65);
    cr_assert_str_eq(small_err, "quipu: lines:2: no TAB; this model reads two texts in a line, with a TAB between\n");
}
