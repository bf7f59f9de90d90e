#ifndef QP_SAMPLE_TEXT_H
#define QP_SAMPLE_TEXT_H

#include <string.h>

#include "lib/metric/segment.h"

/* Eight made-up segments with two references each; the numbers expected of them in these tests were computed with
 * sacreBLEU 2.6.0 on these very lines. */
enum { SAMPLES = 8 };
static const char *const sample_hypothesis[SAMPLES] = {"The quick brown fox jumps over the lazy dog.",
                                                       "It costs 1,234.50 dollars - \"too much\", he said.",
                                                       "안녕하세요, 세계! 오늘은 날씨가 좋네요.",
                                                       "ΣΊΣΥΦΟΣ İstanbul 42-43 &amp;lt; x",
                                                       "中文和English混合，测试。",
                                                       "",
                                                       "kurz",
                                                       "state-of-the-art <skipped>3.5% (approx.) €5 10°C"};
static const char *const sample_reference[2][SAMPLES] = {
    {"The quick brown fox jumped over a lazy dog .", "It cost 1,234.50 dollars, \"far too much\", she said.",
     "안녕하세요 세계! 오늘 날씨가 참 좋네요.", "Σίσυφος istanbul 42-43 &lt; y", "中文与English混合，考试。",
     "nicht leer", "kurz und gut", "State-of-the-art 3.5 % (approximately) €5 at 10 °C"},
    {"A quick brown fox jumps over the dog.", "That is 1,234.50 dollars - too much, he said.",
     "안녕, 세계! 오늘은 날씨가 좋아요.", "σίσυφος 42 43", "混合测试。", "", "kurz", "the state of the art, 3.5%"}};

static inline qp_text segment_of(const char *text) { return (qp_text){text, strlen(text)}; }

#endif
