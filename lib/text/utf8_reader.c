#include "lib/text/utf8_reader.h"

#include <string.h>

#include "lib/text/utf8.h"

/* The likely encoding of a line that is not UTF-8, as iconv names it. CP949 writes Hangul as pairs of bytes from B0 A1;
 * in Windows-1252 a high byte is usually a single letter. */
static const char *guess_encoding(const char *line, size_t bytes)
{
    const unsigned char *b = (const unsigned char *)line;
    size_t pairs = 0, singles = 0;
    if (bytes >= 2 && ((b[0] == 0xff && b[1] == 0xfe) || (b[0] == 0xfe && b[1] == 0xff))) return "utf-16";
    if (memchr(line, 0, bytes)) return "utf-16";
    for (size_t i = 0; i < bytes; i++) {
        if (b[i] < 0x80) continue;
        bool pair = i + 1 < bytes && b[i] >= 0xb0 && b[i] <= 0xc8 && b[i + 1] >= 0xa1;
        pairs += pair, singles += !pair;
        i += pair;
    }
    return pairs > singles ? "cp949" : "windows-1252";
}

/* Place of the first byte that is not UTF-8, from 1; 0: there is none. */
static size_t find_bad_byte(const char *text, size_t bytes)
{
    for (size_t at = 0, length; at < bytes; at += length)
        if (qp_utf8_next(text + at, bytes - at, &length) == QP_INVALID_CODE) return at + 1;
    return 0;
}

/* UTF-16 of letters below 256 without a byte order mark is UTF-8 in which every other byte is 0; NULL: other text. */
static const char *utf_16(const char *text, size_t bytes)
{
    if (bytes < 4 || !text[0] == !text[1]) return NULL;
    for (size_t i = 2; i < bytes; i++)
        if (!text[i] != !text[i & 1]) return NULL;
    return text[0] ? "utf-16le" : "utf-16be";
}

qp_status qp_check_utf8(const char *place, const char *text, size_t bytes)
{
    size_t bad = find_bad_byte(text, bytes);
    if (!bad) return QP_OK;
    return qp_fail(QP_EDATA, "%s: byte %zu is not UTF-8 (it may be %s); give it as UTF-8", place, bad,
                   guess_encoding(text, bytes));
}

qp_status qp_reader_next_utf8(qp_reader *reader, char **line, size_t *bytes)
{
    QP_TRY(qp_reader_next(reader, line, bytes));
    size_t bad = *line ? find_bad_byte(*line, *bytes) : 0;
    const char *zeros = *line && !bad ? utf_16(*line, *bytes) : NULL;
    if (zeros)
        return qp_fail(QP_EDATA, "%s:%lld: every other byte is 0; convert the file with iconv -f %s -t utf-8",
                       qp_reader_path(reader), (long long)qp_reader_line(reader), zeros);
    if (!bad) return QP_OK;
    const char *encoding = guess_encoding(*line, *bytes);
    return qp_fail(QP_EDATA, "%s:%lld: byte %zu is not UTF-8; convert the file, if it is %s with iconv -f %s -t utf-8",
                   qp_reader_path(reader), (long long)qp_reader_line(reader), bad, encoding, encoding);
}
