#define _GNU_SOURCE
#include "cli/base/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/base/ranks.h"
#include "cli/base/signals.h"
#include "lib/base/writer.h"
#include "lib/cluster/cluster.h"

/* Below NARROW_COLUMNS the left column of a row gets a line of its own. */
enum { DEFAULT_COLUMNS = 80, LEFT_COLUMNS = 28, NARROW_COLUMNS = 76 };

static int exit_code(qp_status status)
{
    switch (status) {
    case QP_OK: return 0;
    case QP_EUSAGE: return 2;
    case QP_EDATA: return 65;
    case QP_ENOINPUT: return 66;
    case QP_EBUG:
    case QP_ESHAPE: return 70;
    case QP_EMEMORY: return 71;
    case QP_ECREATE: return 73;
    case QP_EIO: return 74;
    case QP_ESTOPPED: return 128 + (qp_signals_received() ? qp_signals_received() : 2);
    }
    return 70;
}

/* One line, also with odd file names: control characters must not reach the terminal. */
static void print_line(const char *prefix, const char *message)
{
    char line[1200];
    snprintf(line, sizeof line - 1, "quipu: %s%s", prefix, message);
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
    strcat(line, "\n");
    fputs(line, stderr);
}

/* Where all ranks fail alike, rank 0 alone reports: it ends the others while they wait, by signals. */
static void wait_for_rank_0(void)
{
    struct timespec left = {.tv_sec = 3};
    while (nanosleep(&left, &left) != 0) continue;
}

int qp_report(qp_status status)
{
    if (status == QP_EIO && qp_output_unread()) return 0;                         /* a reader that has seen enough */
    bool together = status == QP_ESTOPPED, alone = qp_cluster_launch_rank() == 0; /* all ranks stop together */
    if (status == QP_OK || (together && !alone)) return exit_code(status);
    if (!alone) wait_for_rank_0();
    bool named = together || !qp_ranks() || strncmp(qp_error_message(), "rank ", 5) == 0;
    if (!named) qp_fail_in(status, qp_cluster_place(qp_ranks()));
    print_line("", qp_error_message());
    return exit_code(status);
}

void qp_warn(const char *format, ...)
{
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    print_line("warning: ", message);
}

int qp_text_columns(FILE *stream)
{
    struct winsize size;
    if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col >= 40) return size.ws_col;
    const char *columns = getenv("COLUMNS");
    int given = columns ? atoi(columns) : 0;
    return given >= 40 && given < 1000 ? given : DEFAULT_COLUMNS;
}

bool qp_text_in_color(FILE *stream)
{
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    return isatty(fileno(stream)) && term && strcmp(term, "dumb") != 0 && !(no_color && *no_color);
}

/* How many bytes of `text` go into a line of `width` columns: up to the last space that fits, or the first one. */
static size_t line_bytes(const char *text, size_t width)
{
    size_t bytes = strcspn(text, "\n");
    if (bytes <= width) return bytes;
    bytes = width;
    while (bytes > 0 && text[bytes] != ' ') bytes--;
    while (bytes > 0 && text[bytes - 1] == ' ') bytes--;
    return bytes > 0 ? bytes : strcspn(text, " \n");
}

void qp_text_row(FILE *stream, const char *left, const char *right)
{
    int columns = qp_text_columns(stream);
    bool stacked = columns < NARROW_COLUMNS || strlen(left) > LEFT_COLUMNS;
    int indent = columns < NARROW_COLUMNS ? 10 : LEFT_COLUMNS + 4;
    if (stacked)
        fprintf(stream, "  %s\n", left);
    else
        fprintf(stream, "  %-*s  ", LEFT_COLUMNS, left);
    for (const char *at = right; *at || at == right; at += strspn(at, " ")) {
        size_t bytes = line_bytes(at, (size_t)(columns - indent - 1));
        fprintf(stream, "%*s%.*s\n", stacked || at != right ? indent : 0, "", (int)bytes, at);
        at += bytes;
        if (bytes == 0) break;
    }
}

void qp_text_wrap(FILE *stream, const char *text, int hang)
{
    size_t width = (size_t)qp_text_columns(stream) - 1, indent = strspn(text, " ") + (size_t)hang;
    for (const char *at = text; *at;) {
        size_t start = at == text || at[-1] == '\n' ? 0 : indent;
        size_t bytes = line_bytes(at, width - start);
        fprintf(stream, "%*s%.*s\n", (int)start, "", (int)bytes, at);
        at += bytes;
        if (*at == '\n')
            indent = strspn(++at, " ") + (size_t)hang;
        else
            at += strspn(at, " ");
    }
}

void qp_text_printf(FILE *stream, int hang, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int bytes = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (bytes < 0) return; /* no memory for a line */
    qp_text_wrap(stream, text, hang);
    free(text);
}

void qp_text_note(FILE *stream, const char *text, int hang)
{
    if (isatty(fileno(stream)))
        qp_text_wrap(stream, text, hang);
    else
        fprintf(stream, "%s\n", text);
}

void qp_text_hyphenate(const char *name, char *text, size_t bytes)
{
    snprintf(text, bytes, "%s", name);
    for (char *c = text; *c; c++)
        if (*c == '_') *c = '-';
}

const char *qp_text_size(double size_bytes, char *text, size_t bytes)
{
    static const char *const unit[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
    int step = 0;
    while (size_bytes >= 999.5 && step < 5) {
        size_bytes /= 1000;
        step++;
    }
    snprintf(text, bytes, size_bytes < 9.95 && step > 0 ? "%.1f %s" : "%.0f %s", size_bytes, unit[step]);
    return text;
}

const char *qp_text_duration(double seconds, char *text, size_t bytes)
{
    long whole = (long)(seconds + 0.5);
    if (seconds < 9.95)
        snprintf(text, bytes, "%.1f s", seconds);
    else if (whole < 100)
        snprintf(text, bytes, "%ld s", whole);
    else if (whole < 6000)
        snprintf(text, bytes, "%ld min %02ld s", whole / 60, whole % 60);
    else
        snprintf(text, bytes, "%ld h %02ld min", whole / 3600, whole / 60 % 60);
    return text;
}
