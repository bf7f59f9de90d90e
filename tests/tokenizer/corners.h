#ifndef QP_CORNERS_H
#define QP_CORNERS_H

#include <stdbool.h>
#include <stddef.h>

/* Small tokenizer files with something unusual in them, and the ids that the original tools give: tokenizers 0.23,
 * tiktoken 0.12, sentencepiece 0.2.3. `content` is the whole file. Rank files and byte-level vocabularies have 256 rows
 * of bytes in front of `content`, which test_corners.c adds. */
typedef enum { CORNER_WHOLE, CORNER_RANKS, CORNER_BYTE_LEVEL } corner_head;

typedef struct {
    const char *file, *text, *ids;
    bool parsed, begins; /* special tokens in the text are found; the ids are only the first ones */
    corner_head head;
    const char *pattern; /* of ranks */
    const char *content;
    size_t bytes;
} corner;

#define CORNER_CONTENT(content) content, sizeof content - 1

static const corner corners[] = {
    {"added_id_taken.json", "a <y> b", "1 5 2", true, false, CORNER_WHOLE, NULL,
     CORNER_CONTENT("{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[{\"single_word\":fal"
                    "se,\"lstrip\":false,\"rstrip\":false,\"normalized\":false,\"special\":true,\"id\":2,\"content\":"
                    "\"<y>\"}],\"normalizer\":null,\"pre_tokenizer\":{\"type\":\"Whitespace\"},\"post_processor\":nul"
                    "l,\"decoder\":null,\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"?\":0,\"a\":1,\"b\":2,\"ab\":3"
                    ",\"\303\251\":4},\"unk_token\":\"?\"}}")},
    {"added_id_other_than_vocab.json", "a <x> b", "1 3 2", true, false, CORNER_WHOLE, NULL,
     CORNER_CONTENT("{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[{\"single_word\":fal"
                    "se,\"lstrip\":false,\"rstrip\":false,\"normalized\":false,\"special\":true,\"id\":99,\"content\""
                    ":\"<x>\"}],\"normalizer\":null,\"pre_tokenizer\":{\"type\":\"Whitespace\"},\"post_processor\":nu"
                    "ll,\"decoder\":null,\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"?\":0,\"a\":1,\"b\":2,\"<x>\""
                    ":3},\"unk_token\":\"?\"}}")},
    {"bpe_unused_char.model", "ab b a", "4 3 4 6 4 0", false, false, CORNER_WHOLE, NULL,
     CORNER_CONTENT("\012\016\012\005<unk>\025\000\000\000\000\030\002\012\014\012\003<s>\025\000\000\000\000\030\003"
                    "\012\015\012\004</s>\025\000\000\000\000\030\003\012\013\012\002ab\025\000\000\000\000\030\001"
                    "\012\014\012\003\342\226\201\025\000\000\200\277\030\001\012\012\012\001a\025\000\000\000\300"
                    "\030\005\012\012\012\001b\025\000\000@\300\030\001\022\004\030\002 \007\032\012\012\010identity")},
    {"split_ci_sigma.json", "\316\243 \317\203 \317\202 \316\243\316\221\316\243", "1 4 2 4 3 4 1 5 1", false, false,
     CORNER_WHOLE, NULL,
     CORNER_CONTENT("{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[],\"normalizer\":nul"
                    "l,\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(?i)\317\203\"},\"behavior\":\""
                    "Isolated\",\"invert\":false},\"post_processor\":null,\"decoder\":null,\"model\":{\"type\":\"Word"
                    "Level\",\"vocab\":{\"?\":0,\"\316\243\":1,\"\317\203\":2,\"\317\202\":3,\" \":4,\"\316\221\":5},"
                    "\"unk_token\":\"?\"}}")},
    {"ranks.tiktoken", "hello 12345 1234 world's", "259 261 32 256 51 52 53", false, true, CORNER_RANKS, "cl100k_base",
     CORNER_CONTENT("MTI= 256\012MzQ= 257\012MTIzNA== 258\012aGU= 259\012bGw= 260\012bGxv 261\012IHc= 262\012b3I= 263"
                    "\012IHdvcg== 264\012")},
    {"bytelevel_unk_only_added.json", "ab \303\251", "256 220 127 102", false, false, CORNER_BYTE_LEVEL, NULL,
     CORNER_CONTENT("{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[{\"single_word\":fal"
                    "se,\"lstrip\":false,\"rstrip\":false,\"normalized\":false,\"special\":true,\"id\":257,\"content"
                    "\":\"<unk>\"}],\"normalizer\":null,\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space"
                    "\":false,\"trim_offsets\":true,\"use_regex\":true},\"post_processor\":null,\"decoder\":{\"type\""
                    ":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,\"use_regex\":true},\"model\":{"
                    "\"type\":\"BPE\",\"dropout\":null,\"unk_token\":\"<unk>\",\"continuing_subword_prefix\":null,\"e"
                    "nd_of_word_suffix\":null,\"fuse_unk\":false,\"byte_fallback\":false,\"ignore_merges\":false,\"vo"
                    "cab\":{%s,\"ab\":256},\"merges\":[[\"a\",\"b\"]]}}")},
    {"unigram_empty_piece.json", "a b ab", "5 2 5 3 5 4", false, false, CORNER_WHOLE, NULL,
     CORNER_CONTENT("{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[],\"normalizer\":nul"
                    "l,\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"\342\226\201\",\"prepend_scheme\":"
                    "\"always\",\"split\":true},\"post_processor\":null,\"decoder\":null,\"model\":{\"type\":\"Unigra"
                    "m\",\"unk_id\":0,\"byte_fallback\":false,\"vocab\":[[\"<unk>\",0.0],[\"\",-9.0],[\"a\",-1.0],[\""
                    "b\",-2.0],[\"ab\",-2.5],[\"\342\226\201\",-3.0]]}}")},
    {"bpe_dropout.json", "ab", "2", false, false, CORNER_WHOLE, NULL,
     CORNER_CONTENT("{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[],\"normalizer\":nul"
                    "l,\"pre_tokenizer\":{\"type\":\"WhitespaceSplit\"},\"post_processor\":null,\"decoder\":null,\"mo"
                    "del\":{\"type\":\"BPE\",\"dropout\":0.1,\"unk_token\":null,\"continuing_subword_prefix\":null,\""
                    "end_of_word_suffix\":null,\"fuse_unk\":false,\"byte_fallback\":false,\"ignore_merges\":false,\"v"
                    "ocab\":{\"a\":0,\"b\":1,\"ab\":2},\"merges\":[[\"a\",\"b\"]]}}")},
    {"gap.tiktoken", "hello hellox", "258 32 256 108 108 111 120", false, false, CORNER_RANKS, "gpt2",
     CORNER_CONTENT("aGU= 256\012bGxv 257\012aGVsbG8= 258\012")},
    {"bpe_version_line.json", "ab", "2", false, false, CORNER_WHOLE, NULL,
     CORNER_CONTENT("{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[],\"normalizer\":nul"
                    "l,\"pre_tokenizer\":{\"type\":\"WhitespaceSplit\"},\"post_processor\":null,\"decoder\":null,\"mo"
                    "del\":{\"type\":\"BPE\",\"dropout\":null,\"unk_token\":null,\"continuing_subword_prefix\":null,"
                    "\"end_of_word_suffix\":null,\"fuse_unk\":false,\"byte_fallback\":false,\"ignore_merges\":false,"
                    "\"vocab\":{\"a\":0,\"b\":1,\"ab\":2},\"merges\":[\"#version: 0.2\",\"a b\"]}}")},
    {"unigram_dup_piece.json", "a b", "3 2", false, false, CORNER_WHOLE, NULL,
     CORNER_CONTENT("{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[],\"normalizer\":nul"
                    "l,\"pre_tokenizer\":{\"type\":\"WhitespaceSplit\"},\"post_processor\":null,\"decoder\":null,\"mo"
                    "del\":{\"type\":\"Unigram\",\"unk_id\":0,\"byte_fallback\":false,\"vocab\":[[\"<unk>\",0.0],[\"a"
                    "\",-1.0],[\"b\",-2.0],[\"a\",-0.5]]}}")},
    {"bpe_dup_merge.json", "abc bc ab", "0 4 4 3", false, false, CORNER_WHOLE, NULL,
     CORNER_CONTENT("{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[],\"normalizer\":nul"
                    "l,\"pre_tokenizer\":{\"type\":\"WhitespaceSplit\"},\"post_processor\":null,\"decoder\":null,\"mo"
                    "del\":{\"type\":\"BPE\",\"dropout\":null,\"unk_token\":null,\"continuing_subword_prefix\":null,"
                    "\"end_of_word_suffix\":null,\"fuse_unk\":false,\"byte_fallback\":false,\"ignore_merges\":false,"
                    "\"vocab\":{\"a\":0,\"b\":1,\"c\":2,\"ab\":3,\"bc\":4,\"abc\":5},\"merges\":[[\"a\",\"b\"],[\"b\""
                    ",\"c\"],[\"a\",\"b\"],[\"ab\",\"c\"]]}}")},
    {"wordlevel_dup_id.json", "a b", "1 1", false, false, CORNER_WHOLE, NULL,
     CORNER_CONTENT("{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[],\"normalizer\":nul"
                    "l,\"pre_tokenizer\":{\"type\":\"WhitespaceSplit\"},\"post_processor\":null,\"decoder\":null,\"mo"
                    "del\":{\"type\":\"WordLevel\",\"vocab\":{\"?\":0,\"a\":1,\"b\":1},\"unk_token\":\"?\"}}")},
    {"replace_empty_string.json", "ab", "2 0 2 1 2", false, false, CORNER_WHOLE, NULL,
     CORNER_CONTENT("{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[],\"normalizer\":{\""
                    "type\":\"Replace\",\"pattern\":{\"String\":\"\"},\"content\":\"x\"},\"pre_tokenizer\":null,\"pos"
                    "t_processor\":null,\"decoder\":null,\"model\":{\"type\":\"BPE\",\"dropout\":null,\"unk_token\":n"
                    "ull,\"continuing_subword_prefix\":null,\"end_of_word_suffix\":null,\"fuse_unk\":false,\"byte_fal"
                    "lback\":false,\"ignore_merges\":false,\"vocab\":{\"a\":0,\"b\":1,\"x\":2},\"merges\":[]}}")},
    {"template_special.json", "a <s> b", "1 3 2", true, false, CORNER_WHOLE, NULL,
     CORNER_CONTENT("{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[{\"single_word\":fal"
                    "se,\"lstrip\":false,\"rstrip\":false,\"normalized\":false,\"special\":true,\"id\":3,\"content\":"
                    "\"<s>\"}],\"normalizer\":null,\"pre_tokenizer\":{\"type\":\"Whitespace\"},\"post_processor\":{\""
                    "type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"<s>\",\"type_id\":0}},{\"S"
                    "equence\":{\"id\":\"A\",\"type_id\":0}}],\"pair\":[{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},{"
                    "\"Sequence\":{\"id\":\"B\",\"type_id\":1}}],\"special_tokens\":{\"<s>\":{\"id\":\"<s>\",\"ids\":"
                    "[3],\"tokens\":[\"<s>\"]}}},\"decoder\":null,\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"?\":"
                    "0,\"a\":1,\"b\":2,\"<s>\":3},\"unk_token\":\"?\"}}")},
    {"replace_trailing_spaces.json", "a   x", "0 1 1 1 2", false, false, CORNER_WHOLE, NULL,
     CORNER_CONTENT("{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[],\"normalizer\":{\""
                    "type\":\"Replace\",\"pattern\":{\"Regex\":\"\\\\s+$\"},\"content\":\"\"},\"pre_tokenizer\":null,"
                    "\"post_processor\":null,\"decoder\":null,\"model\":{\"type\":\"BPE\",\"dropout\":null,\"unk_toke"
                    "n\":\"?\",\"continuing_subword_prefix\":null,\"end_of_word_suffix\":null,\"fuse_unk\":false,\"by"
                    "te_fallback\":false,\"ignore_merges\":false,\"vocab\":{\"a\":0,\" \":1,\"x\":2,\"?\":3,\"aa\":4}"
                    ",\"merges\":[[\"a\",\"a\"]]}}")}};

#endif
