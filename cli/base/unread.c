#include "cli/base/unread.h"

#include "cli/base/text.h"

static qp_status check(const qp_options *options, const char *option, const char *users)
{
    char name[80];
    if (!qp_options_given(options, option)) return QP_OK;
    qp_text_hyphenate(option, name, sizeof name);
    return qp_fail(QP_EUSAGE, "%s: --%s would change nothing here, it is for %s; leave it out", options->command->name,
                   name, users);
}

qp_status qp_unread_check(const qp_options *options, const qp_unread *row, int count)
{
    for (int i = 0; options && i < count; i++)
        if (!row[i].read) QP_TRY(check(options, row[i].option, row[i].users));
    return QP_OK;
}

qp_status qp_unread_table(const qp_options *options, const qp_field_table *table, const char *users)
{
    for (int i = 0; options && i < table->count; i++) QP_TRY(check(options, table->field[i].name, users));
    return QP_OK;
}
