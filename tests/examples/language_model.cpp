// language_model - C++: n-grams of words from a text in memory, perplexity of sentences by several threads at once.
// c++ language_model.cpp $(pkg-config --cflags --libs quipu) -pthread
#include <quipu/quipu.h>

#include <cmath>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

static void check(quipu_status status)
{
    if (status != QUIPU_OK) throw std::runtime_error(quipu_error_message());
}

struct close_package {
    void operator()(quipu_package *package) const { quipu_close(package); }
};
using package_ptr = std::unique_ptr<quipu_package, close_package>;

static package_ptr train(const std::string &text)
{
    const char *const option[] = {"task", "lm", "decoder", "ngram", "order", "3", "tokenizer", "space", nullptr};
    quipu_training training{};
    training.size = sizeof training;
    training.option = option;
    training.train_text = text.c_str();
    quipu_package *package = nullptr;
    check(quipu_train(&training, &package, nullptr));
    return package_ptr(package);
}

static double perplexity(const quipu_package *package, const char *text)
{
    double log_probability = 0;
    int tokens = 0;
    quipu_options options{};
    options.size = sizeof options;
    options.threads = 1;
    check(quipu_score(package, nullptr, &text, 1, &options, &log_probability, &tokens));
    return std::exp(-log_probability / tokens);
}

int main()
try {
    std::string text;
    const std::vector<std::string> who{"cat", "dog", "bird", "fox"}, what{"sees", "likes", "hears"};
    for (const auto &a : who)
        for (const auto &v : what)
            for (const auto &b : who) text += "the " + a + " " + v + " the " + b + "\n";
    const package_ptr package = train(text);
    const std::vector<const char *> sentence{"the fox likes the dog", "dog the the likes fox"};
    std::vector<double> result(sentence.size());
    std::vector<std::thread> thread;
    for (size_t i = 0; i < sentence.size(); i++)
        thread.emplace_back([&, i] { result[i] = perplexity(package.get(), sentence[i]); });
    for (auto &t : thread) t.join();
    for (size_t i = 0; i < sentence.size(); i++)
        std::cout << quipu_task(package.get()) << ": " << sentence[i] << ": perplexity " << result[i] << '\n';
    try { // failures are statuses, here exceptions
        quipu_package *missing = nullptr;
        check(quipu_open("no-such-model.safetensors", &missing));
        return 1;
    } catch (const std::runtime_error &error) {
        std::cout << error.what() << '\n';
    }
    return result[0] < 4 && result[1] > 4 * result[0] ? 0 : 1;
} catch (const std::exception &error) {
    std::cerr << error.what() << '\n';
    return 1;
}
