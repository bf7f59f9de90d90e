#ifndef QP_BENCH_CORPORA_H
#define QP_BENCH_CORPORA_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "tokenizer/encode_lines.h"

/* corpora — the texts of ../shared/peers/tokenizer_bench.py: lines without surrounding white space, empty lines
 * removed, and documents of about 65536 characters made from them. */
typedef struct {
    qp_text *line;
    size_t count, capacity, bytes;
} text_list;

static void give_up(const char *what)
{
    fprintf(stderr, "tokenize: %s\n", what);
    exit(70);
}

static void add_text(text_list *list, const char *text, size_t bytes)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 1024;
        list->line = realloc(list->line, list->capacity * sizeof *list->line);
    }
    char *own = malloc(bytes + 1);
    if (!own || !list->line) give_up("out of memory");
    if (bytes) memcpy(own, text, bytes);
    own[bytes] = '\0';
    list->line[list->count++] = (qp_text){own, bytes};
    list->bytes += bytes;
}

static void free_texts(text_list *list)
{
    for (size_t i = 0; i < list->count; i++) free((char *)list->line[i].text);
    free(list->line);
    *list = (text_list){0};
}

/* Columns of a .tsv, as in the script: the second of nsmc; the first two of the others, joined by a space. */
static size_t take_columns(char *line, size_t bytes, bool second_only)
{
    char *tab = memchr(line, '\t', bytes), *next;
    if (!tab) return second_only ? 0 : bytes;
    next = memchr(tab + 1, '\t', bytes - (size_t)(tab + 1 - line));
    size_t end = next ? (size_t)(next - line) : bytes;
    *tab = ' ';
    if (!second_only) return end;
    size_t begin = (size_t)(tab + 1 - line);
    memmove(line, line + begin, end - begin);
    return end - begin;
}

static bool read_lines(const char *data, const char *name, text_list *list)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", data, name);
    qp_reader *reader = NULL;
    if (qp_reader_open(path, &reader) != QP_OK) {
        fprintf(stderr, "tokenize: %s\n", qp_error_message());
        return false;
    }
    bool columns = strstr(name, ".tsv") != NULL;
    for (;;) {
        char *line;
        size_t bytes, begin = 0;
        if (qp_reader_next(reader, &line, &bytes) != QP_OK) give_up(qp_error_message());
        if (!line) break;
        if (columns) bytes = take_columns(line, bytes, strstr(name, "nsmc") != NULL);
        while (begin < bytes && strchr(" \t\r\n\v\f", line[begin])) begin++;
        while (bytes > begin && strchr(" \t\r\n\v\f", line[bytes - 1])) bytes--;
        if (bytes > begin) add_text(list, line + begin, bytes - begin);
    }
    qp_reader_close(reader);
    return true;
}

static bool read_corpus(const char *data, const char *name, text_list *list)
{
    static const char *const english[] = {"multi30k/train.en.gz", "books/sherlock.en.txt", "books/botchan.en.txt",
                                          "wikitext2/valid.txt"};
    bool all = strcmp(name, "mixed") == 0, good = true;
    for (size_t i = 0; (all || strcmp(name, "en") == 0) && i < sizeof english / sizeof *english; i++)
        good = read_lines(data, english[i], list) && good;
    if (all || strcmp(name, "de") == 0) good = read_lines(data, "multi30k/train.de.gz", list) && good;
    if (all || strcmp(name, "ko") == 0) good = read_lines(data, "korean_text/train.txt", list) && good;
    return good && list->count > 0;
}

/* Lines joined by LF until there are more than 65536 characters. */
static void make_documents(const text_list *lines, text_list *documents)
{
    size_t capacity = lines->bytes + lines->count + 1, bytes = 0, characters = 0;
    char *text = malloc(capacity);
    if (!text) give_up("out of memory");
    for (size_t i = 0; i < lines->count; i++) {
        const qp_text *line = &lines->line[i];
        if (bytes) text[bytes++] = '\n';
        memcpy(text + bytes, line->text, line->bytes);
        bytes += line->bytes;
        for (size_t k = 0; k < line->bytes; k++) characters += ((unsigned char)line->text[k] & 0xC0) != 0x80;
        if (characters > 65536) {
            add_text(documents, text, bytes);
            bytes = characters = 0;
        }
    }
    add_text(documents, text, bytes);
    free(text);
}

/* WORK/small.txt (9.5 MB) and WORK/big.txt (all), created if missing. */
static void make_training_files(const char *data, const char *work)
{
    static const char *const more[] = {"bible_eng_kor/train.en.gz",    "bible_eng_kor/train.ko.gz",
                                       "multi30k/train.fr.gz",         "multi30k/train.cs.gz",
                                       "tatoeba_eng_fra/train.tsv.gz", "nsmc/train.tsv.gz",
                                       "tinyshakespeare/train.txt",    "books/wagahai.ja.txt"};
    char small[4096], big[4096];
    snprintf(small, sizeof small, "%s/small.txt", work);
    snprintf(big, sizeof big, "%s/big.txt", work);
    if (qp_file_exists(small) && qp_file_exists(big)) return;
    text_list list = {0};
    read_corpus(data, "mixed", &list);
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) read_lines(data, more[i], &list);
    FILE *few = fopen(small, "wb"), *all = fopen(big, "wb");
    if (!few || !all) give_up("cannot write the training files");
    size_t bytes = 0;
    for (size_t i = 0; i < list.count; i++) {
        bytes += list.line[i].bytes + 1;
        if (bytes <= 9500000) fprintf(few, "%s\n", list.line[i].text);
        fprintf(all, "%s\n", list.line[i].text);
    }
    if (fclose(few) || fclose(all)) give_up("cannot write the training files");
    free_texts(&list);
}

#endif
