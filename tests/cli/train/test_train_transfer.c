#include <criterion/criterion.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"

static void set_up(void) { small_model_write("unused.safetensors", false); /* also writes the text "corpus" */ }

TestSuite(train_transfer, .init = set_up, .fini = small_model_clean);

#define TRAIN(...)                                                                                                     \
    RUN(qp_cmd_train, NULL, "train", "--emb-size", "16", "--layers", "1", "-t1", "--valid", "none", "--steps", "1",    \
        "--save-freq", "0", "--tokenizer", "word", __VA_ARGS__)
#define LANGUAGE(text, ...) TRAIN("--task", "lm", "--decoder", "gru", "--train", text, __VA_ARGS__)
#define CLASSIFY(text, ...) TRAIN("--task", "classify", "--encoder", "gru", "--train", text, __VA_ARGS__)

static bool told(const char *what) { return strstr(small_err, what) != NULL; }

/* Between the same words every row is that of the other model; between others the pieces are compared. */
Test(train_transfer, vocabularies_are_compared)
{
    static const char other[] = "the cat sees a cow\nthe cow sees a cat\na bird eats the corn\nwe see one bird\n";
    small_file("other", other, strlen(other));
    cr_assert_eq(LANGUAGE("corpus", "-m", "first.safetensors"), 0, "%s", small_err);
    cr_assert_eq(LANGUAGE("corpus", "-m", "same.safetensors", "--init-from", "first.safetensors"), 0, "%s", small_err);
    cr_expect(told("first.safetensors: taken: ") && !told("its vocabulary has") && !told("common pieces"), "%s",
              small_err);
    cr_assert_eq(LANGUAGE("other", "-m", "other.safetensors", "--init-from", "first.safetensors"), 0, "%s", small_err);
    cr_expect(told("first.safetensors: its vocabulary has ") && told("rows of common pieces taken: "), "%s", small_err);
}

/* The weights of labels are taken only for the same labels in the same order. */
Test(train_transfer, labels_are_compared)
{
    static const char animals[] = "cat\tthe cat sees\ndog\tthe dog sees\ncat\ta cat\n",
                      sounds[] = "meow\tthe cat sees\nwoof\tthe dog sees\nmeow\ta cat\n";
    static const char *const refused = "not taken, of other words or labels";
    small_file("animals", animals, strlen(animals));
    small_file("sounds", sounds, strlen(sounds));
    cr_assert_eq(CLASSIFY("animals", "-m", "first.safetensors"), 0, "%s", small_err);
    cr_assert_eq(CLASSIFY("animals", "-m", "same.safetensors", "--init-from", "first.safetensors"), 0, "%s", small_err);
    cr_expect(told("first.safetensors: taken: ") && !told(refused), "%s", small_err);
    cr_assert_eq(CLASSIFY("sounds", "-m", "other.safetensors", "--init-from", "first.safetensors"), 0, "%s", small_err);
    cr_expect(told("first.safetensors: taken: ") && told(refused) && !told("its vocabulary has"), "%s", small_err);
}
