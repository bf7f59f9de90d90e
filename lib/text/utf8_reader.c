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

qp_status qp_reader_next_utf8(qp_reader *reader, char **line, size_t *bytes)
{
    QP_TRY(qp_reader_next(reader, line, bytes));
    for (size_t at = 0, length; *line && at < *bytes; at += length) {
        if (qp_utf8_next(*line + at, *bytes - at, &length) != QP_INVALID_CODE) continue;
        return qp_fail(QP_EDATA,
                       "%s:%lld: byte %zu is not UTF-8; convert the file, if it is %s with iconv -f %s -t utf-8",
                       qp_reader_path(reader), (long long)qp_reader_line(reader), at + 1, guess_encoding(*line, *bytes),
                       guess_encoding(*line, *bytes));
    }
    return QP_OK;
}
