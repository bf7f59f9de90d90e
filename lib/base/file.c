#define _GNU_SOURCE
#include "lib/base/file.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/base/array.h"
#include "lib/base/content.h"
#include "lib/base/file_internal.h"

enum { CHUNK_BYTES = 1 << 16, GZIP_WINDOW = 15 + 16 };

struct qp_reader {
    char **path; /* [paths] to be read one after the other; path[at] is open */
    int paths, at;
    int descriptor;
    bool begun;       /* gzip has been decided */
    bool gzip, ended; /* ended: no more bytes in the file */
    bool compressed;  /* is gzip, also at its end */
    z_stream inflater;
    unsigned char raw[CHUNK_BYTES]; /* bytes of the file, raw_start .. raw_end unread */
    size_t raw_start, raw_end;
    unsigned char text[CHUNK_BYTES]; /* bytes of the text, text_start .. text_end unread */
    size_t text_start, text_end;
    char *line;
    size_t line_bytes, line_capacity, line_limit;
    int64_t line_number;
    int64_t produced; /* bytes of text so far in this file, up to text_end */
};

static const char *shown_path(const qp_reader *reader)
{
    const char *path = reader->path[reader->at];
    return strcmp(path, "-") == 0 ? "stdin" : path;
}

/* Have at least `wanted` unread raw bytes, unless the file ends before. */
static qp_status fill_raw(qp_reader *reader, size_t wanted)
{
    while (reader->raw_end - reader->raw_start < wanted && !reader->ended) {
        size_t kept = reader->raw_end - reader->raw_start, got;
        memmove(reader->raw, reader->raw + reader->raw_start, kept);
        reader->raw_start = 0;
        reader->raw_end = kept;
        QP_TRY(qp_file_read_some(reader->descriptor, shown_path(reader), reader->raw + kept, CHUNK_BYTES - kept, &got));
        reader->raw_end += got;
        reader->ended = got == 0;
    }
    return QP_OK;
}

/* Do the unread bytes begin a gzip member? (RFC 1952: 1f 8b) */
static qp_status at_gzip(qp_reader *reader, bool *answer)
{
    *answer = false;
    QP_TRY(fill_raw(reader, 1));
    if (reader->raw_start == reader->raw_end || reader->raw[reader->raw_start] != 0x1f) return QP_OK;
    QP_TRY(fill_raw(reader, 2));
    *answer = reader->raw_end - reader->raw_start >= 2 && reader->raw[reader->raw_start + 1] == 0x8b;
    return QP_OK;
}

static void close_file(qp_reader *reader)
{
    if (reader->gzip) inflateEnd(&reader->inflater);
    bool borrowed = strcmp(reader->path[reader->at], "-") == 0;
    if (reader->descriptor >= 0 && !borrowed) close(reader->descriptor);
    reader->descriptor = -1;
}

/* Opens path[at] in place of the file before it. */
static qp_status open_file(qp_reader *reader, int at)
{
    qp_status status = QP_OK;
    close_file(reader);
    reader->at = at;
    reader->begun = reader->gzip = reader->ended = reader->compressed = false;
    reader->raw_start = reader->raw_end = reader->text_start = reader->text_end = 0;
    reader->line_number = reader->produced = 0;
    reader->descriptor = qp_file_open(reader->path[at], &status);
    return status;
}

qp_status qp_reader_open_paths(char *const *path, int count, qp_reader **reader)
{
    qp_reader *opened = calloc(1, sizeof *opened);
    char **copy = calloc((size_t)count, sizeof *copy);
    bool whole = opened && copy;
    *reader = NULL;
    for (int i = 0; whole && i < count; i++) whole = (copy[i] = strdup(path[i])) != NULL;
    if (!whole) {
        for (int i = 0; copy && i < count; i++) free(copy[i]);
        free(copy);
        free(opened);
        return qp_fail(QP_EMEMORY, "%s: no memory to read it", path[0]);
    }
    opened->path = copy;
    opened->paths = count;
    opened->descriptor = -1;
    opened->line_limit = qp_file_line_limit();
    qp_status status = open_file(opened, 0);
    if (status == QP_OK)
        *reader = opened;
    else
        qp_reader_close(opened);
    return status;
}

qp_status qp_reader_open(const char *path, qp_reader **reader)
{
    char *only = (char *)path; /* copied, not written */
    return qp_reader_open_paths(&only, 1, reader);
}

/* After a gzip member: another member, zero padding, or the end of the file. */
static qp_status next_member(qp_reader *reader, bool *more)
{
    QP_TRY(at_gzip(reader, more));
    if (*more) return inflateReset(&reader->inflater) == Z_OK ? QP_OK : qp_fail(QP_EBUG, "inflateReset failed");
    for (;;) {
        while (reader->raw_start < reader->raw_end)
            if (reader->raw[reader->raw_start++] != 0)
                return qp_fail(QP_EDATA, "%s: bytes that are not gzip follow the compressed text; the file is damaged",
                               shown_path(reader));
        QP_TRY(fill_raw(reader, 1));
        if (reader->raw_start == reader->raw_end) return QP_OK;
    }
}

static qp_status inflate_some(qp_reader *reader)
{
    z_stream *z = &reader->inflater;
    while (reader->text_end == 0) {
        QP_TRY(fill_raw(reader, 1));
        if (reader->raw_start == reader->raw_end)
            return qp_fail(QP_EDATA, "%s: the compressed text ends too early; the file is truncated",
                           shown_path(reader));
        z->next_in = reader->raw + reader->raw_start;
        z->avail_in = (uInt)(reader->raw_end - reader->raw_start);
        z->next_out = reader->text;
        z->avail_out = CHUNK_BYTES;
        int result = inflate(z, Z_NO_FLUSH);
        reader->raw_start = reader->raw_end - z->avail_in;
        reader->text_end = CHUNK_BYTES - z->avail_out;
        if (result == Z_MEM_ERROR) return qp_fail(QP_EMEMORY, "%s: no memory to decompress it", shown_path(reader));
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            return qp_fail(QP_EDATA, "%s: damaged gzip data after line %lld (%s)", shown_path(reader),
                           (long long)reader->line_number, z->msg ? z->msg : "inflate failed");
        if (result != Z_STREAM_END) continue;
        bool more;
        QP_TRY(next_member(reader, &more));
        if (!more) {
            reader->gzip = false; /* what follows is the end of the file */
            inflateEnd(z);
            return QP_OK;
        }
    }
    return QP_OK;
}

/* Reads until there is unread text or the file ends. */
static qp_status fill_text(qp_reader *reader)
{
    reader->text_start = reader->text_end = 0;
    if (reader->gzip) {
        QP_TRY(inflate_some(reader));
    } else {
        QP_TRY(fill_raw(reader, 1));
        reader->text_end = reader->raw_end - reader->raw_start;
        memcpy(reader->text, reader->raw + reader->raw_start, reader->text_end);
        reader->raw_start = reader->raw_end;
    }
    reader->produced += (int64_t)reader->text_end;
    return QP_OK;
}

static qp_status append_to_line(qp_reader *reader, const unsigned char *text, size_t bytes)
{
    size_t needed = reader->line_bytes + bytes + 1;
    if (needed > reader->line_limit + 1)
        return qp_fail(QP_EDATA, "%s:%lld: a line of more than %zu bytes; break it into lines, or set QUIPU_MAX_LINE",
                       shown_path(reader), (long long)reader->line_number + 1, reader->line_limit);
    if (!QP_GROW(reader->line, reader->line_capacity, needed))
        return qp_fail(QP_EMEMORY, "%s:%lld: no memory for a line of %zu bytes", shown_path(reader),
                       (long long)reader->line_number + 1, needed);
    memcpy(reader->line + reader->line_bytes, text, bytes);
    reader->line_bytes += bytes;
    return QP_OK;
}

/* Appends text up to the next LF, without it; *found: there was an LF; *any: there was anything. */
static qp_status collect_line(qp_reader *reader, bool *found, bool *any)
{
    *found = *any = false;
    while (!*found) {
        if (reader->text_start == reader->text_end) QP_TRY(fill_text(reader));
        size_t bytes = reader->text_end - reader->text_start;
        if (bytes == 0) break;
        *any = true;
        const unsigned char *start = reader->text + reader->text_start, *end = memchr(start, '\n', bytes);
        *found = end != NULL;
        if (end) bytes = (size_t)(end - start);
        QP_TRY(append_to_line(reader, start, bytes));
        reader->text_start += bytes + (*found ? 1 : 0);
    }
    return append_to_line(reader, (const unsigned char *)"", 0); /* room for the NUL */
}

/* Refuses files that are no text by their first bytes. More bytes are read only while these could begin such a file, so
 * that a terminal is not kept waiting. */
static qp_status refuse_binary(qp_reader *reader)
{
    static const char *const command[] = {[QP_CONTENT_XZ] = "xz -d",
                                          [QP_CONTENT_ZSTD] = "zstd -d",
                                          [QP_CONTENT_BZIP2] = "bzip2 -d",
                                          [QP_CONTENT_ZIP] = "unzip",
                                          [QP_CONTENT_7Z] = "7z x"};
    QP_TRY(fill_raw(reader, 1)); /* raw_start is 0 */
    while (!reader->ended && qp_content_begun(reader->raw, reader->raw_end))
        QP_TRY(fill_raw(reader, reader->raw_end + 1));
    qp_content content = qp_content_of(reader->raw, reader->raw_end);
    const char *name = qp_content_name(content), *place = shown_path(reader);
    if (!qp_content_binary(content)) return QP_OK;
    if (content < sizeof command / sizeof *command && command[content])
        return qp_fail(QP_EDATA, "%s: is %s; decompress it with %s, or use gzip", place, name, command[content]);
    return qp_fail(QP_EDATA, "%s: is %s; give a text file", place, name);
}

static qp_status begin_reading(qp_reader *reader)
{
    if (reader->begun) return QP_OK;
    QP_TRY(at_gzip(reader, &reader->gzip));
    if (!reader->gzip) QP_TRY(refuse_binary(reader));
    reader->begun = true;
    reader->compressed = reader->gzip;
    if (reader->gzip && inflateInit2(&reader->inflater, GZIP_WINDOW) != Z_OK) {
        reader->gzip = false;
        return qp_fail(QP_EMEMORY, "%s: no memory to decompress it", shown_path(reader));
    }
    return QP_OK;
}

/* Reads a line without its LF; *found: it had one. */
static qp_status read_line(qp_reader *reader, char **line, size_t *bytes, bool *found)
{
    *line = NULL;
    *bytes = 0;
    for (bool any = false; !any;) {
        QP_TRY(begin_reading(reader));
        reader->line_bytes = 0;
        QP_TRY(collect_line(reader, found, &any));
        if (!any && reader->at + 1 == reader->paths) return QP_OK;
        if (!any) QP_TRY(open_file(reader, reader->at + 1));
    }
    reader->line_number++;
    reader->line[reader->line_bytes] = '\0';
    *line = reader->line;
    *bytes = reader->line_bytes;
    return QP_OK;
}

qp_status qp_reader_raw(qp_reader *reader, char **line, size_t *bytes)
{
    bool found;
    return read_line(reader, line, bytes, &found);
}

qp_status qp_reader_next(qp_reader *reader, char **line, size_t *bytes)
{
    bool found;
    QP_TRY(read_line(reader, line, bytes, &found));
    if (!*line) return QP_OK;
    if (found && *bytes > 0 && (*line)[*bytes - 1] == '\r') (*line)[--*bytes] = '\0';
    if (reader->line_number > 1 || *bytes < 3 || memcmp(*line, "\xef\xbb\xbf", 3) != 0) return QP_OK;
    *line += 3;
    *bytes -= 3;
    return QP_OK;
}

qp_status qp_reader_bytes(qp_reader *reader, void *bytes, size_t wanted, size_t *got)
{
    *got = 0;
    QP_TRY(begin_reading(reader));
    while (*got < wanted) {
        if (reader->text_start == reader->text_end) QP_TRY(fill_text(reader));
        size_t part = reader->text_end - reader->text_start;
        if (part == 0) break;
        if (part > wanted - *got) part = wanted - *got;
        memcpy((char *)bytes + *got, reader->text + reader->text_start, part);
        reader->text_start += part;
        *got += part;
    }
    return QP_OK;
}

int64_t qp_reader_bound(const qp_reader *reader)
{
    enum { DEFLATE_RATIO = 1032 }; /* 258 bytes from 2 bits */
    struct stat information;
    if (fstat(reader->descriptor, &information) != 0 || !S_ISREG(information.st_mode)) return INT64_MAX;
    int64_t ratio = reader->compressed ? DEFLATE_RATIO : 1;
    return information.st_size > INT64_MAX / ratio ? INT64_MAX : information.st_size * ratio;
}

int64_t qp_reader_line(const qp_reader *reader) { return reader->line_number; }

bool qp_reader_waits(const qp_reader *reader)
{
    size_t unread = reader->text_end - reader->text_start;
    if (memchr(reader->text + reader->text_start, '\n', unread)) return false;
    if (reader->raw_start < reader->raw_end || reader->ended) return false;
    struct pollfd input = {.fd = reader->descriptor, .events = POLLIN};
    return poll(&input, 1, 0) == 0;
}

const char *qp_reader_path(const qp_reader *reader) { return shown_path(reader); }

int qp_reader_files(const qp_reader *reader) { return reader->at + 1; }

bool qp_reader_compressed(const qp_reader *reader) { return reader->compressed; }

static int64_t offset_of(const qp_reader *reader)
{
    return reader->produced - (int64_t)(reader->text_end - reader->text_start);
}

qp_reader_place qp_reader_tell(const qp_reader *reader)
{
    return (qp_reader_place){offset_of(reader), reader->line_number, reader->at};
}

static qp_status shorter(const qp_reader *reader)
{
    return qp_fail(QP_EDATA, "%s: became shorter while it was in use; fetch or make it again", shown_path(reader));
}

static qp_status jump(qp_reader *reader, int64_t offset)
{
    if (lseek(reader->descriptor, (off_t)offset, SEEK_SET) < 0)
        return qp_fail(QP_EIO, "%s: cannot be read from byte %lld on: %s", shown_path(reader), (long long)offset,
                       strerror(errno));
    reader->raw_start = reader->raw_end = reader->text_start = reader->text_end = 0;
    reader->ended = false;
    reader->produced = offset;
    return QP_OK;
}

qp_status qp_reader_seek(qp_reader *reader, qp_reader_place place)
{
    if (place.file < 0 || place.file >= reader->paths) return qp_fail(QP_EBUG, "a place in file %d", place.file);
    if (place.file != reader->at || (reader->compressed && offset_of(reader) > place.offset))
        QP_TRY(open_file(reader, place.file));
    QP_TRY(begin_reading(reader));
    if (!reader->compressed && offset_of(reader) != place.offset) QP_TRY(jump(reader, place.offset));
    while (reader->produced < place.offset) {
        QP_TRY(fill_text(reader));
        if (reader->text_end == 0) return shorter(reader);
    }
    reader->text_start = reader->text_end - (size_t)(reader->produced - place.offset);
    reader->line_number = place.line;
    return QP_OK;
}

void qp_reader_close(qp_reader *reader)
{
    if (!reader) return;
    close_file(reader);
    free(reader->line);
    for (int i = 0; i < reader->paths; i++) free(reader->path[i]);
    free(reader->path);
    free(reader);
}
