#include "lib/package/decoding.h"

QP_FIELD_TABLE(qp_language_fields, "languages", qp_language_config, QP_LANGUAGE_FIELDS);

static void put_names(const json_t *languages, qp_text_buffer *out)
{
    const char *name;
    json_t *id;
    size_t first = out->bytes;
    json_object_foreach((json_t *)(uintptr_t)languages, name, id)
    {
        if (out->bytes > first) qp_text_add(out, ", ");
        qp_text_add(out, name);
    }
}

qp_status qp_decoding_put_languages(const char *json, qp_text_buffer *out)
{
    json_t *root;
    if (!json) return QP_OK;
    QP_TRY(qp_decoding_read(json, &root));
    put_names(json_object_get(root, "languages"), out);
    json_decref(root);
    return out->failed ? qp_fail(QP_EMEMORY, "out of memory for the names of languages") : QP_OK;
}

/* The id of a language; a name that is not there is an error with those that are. */
static qp_status id_of(const json_t *languages, const char *option, const char *name, int32_t *id)
{
    qp_text_buffer known = {0};
    const json_t *found = json_object_get(languages, name);
    *id = found ? (int32_t)json_integer_value(found) : -1;
    if (found) return QP_OK;
    put_names(languages, &known);
    int bytes = known.bytes < 1500 ? (int)known.bytes : 1500;
    qp_status status = known.failed ? qp_fail(QP_EMEMORY, "out of memory for the names of languages")
                                    : qp_fail(QP_EUSAGE, "%s '%.40s': not a language of this model; it has %.*s",
                                              option, name, bytes, bytes ? known.text : "none");
    qp_text_free(&known);
    return status;
}

static bool is_language(const json_t *languages, int32_t id)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)languages, name, value) if (json_integer_value(value) == id) return true;
    return false;
}

static qp_status set_languages(qp_package *package, const json_t *root, const qp_language_config *wanted,
                               qp_search_config *search)
{
    const json_t *languages = json_object_get(root, "languages");
    int32_t source = -1, goal = -1;
    if (*wanted->src_lang) QP_TRY(id_of(languages, "--src-lang", wanted->src_lang, &source));
    if (*wanted->tgt_lang) QP_TRY(id_of(languages, "--tgt-lang", wanted->tgt_lang, &goal));
    if (source >= 0) QP_TRY(qp_package_set_language(package, source));
    if (goal < 0) return QP_OK;
    if (is_language(languages, qp_model_first_token(package->model)))
        search->start_token = goal;
    else
        search->forced_first = goal;
    return QP_OK;
}

qp_status qp_decoding_set_languages(qp_package *package, const qp_language_config *wanted, qp_search_config *search)
{
    json_t *root = NULL;
    if (!*wanted->src_lang && !*wanted->tgt_lang) return QP_OK;
    if (package->decoding) QP_TRY(qp_decoding_read(package->decoding, &root));
    qp_status status = json_object_size(json_object_get(root, "languages"))
                           ? set_languages(package, root, wanted, search)
                           : qp_fail(QP_EUSAGE, "this model has no tokens for languages; leave --src-lang and "
                                                "--tgt-lang out");
    json_decref(root);
    return status;
}
