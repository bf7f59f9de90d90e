#ifndef QP_FOLDER_H
#define QP_FOLDER_H

#include "lib/base/status.h"
#include "lib/text/json_writer.h"

/* folder — the small files of a model's folder. Each is complete or absent.
 *
 * qp_in_folder   — "folder/name".    Errors  QP_ECREATE: too long.
 * qp_folder_text — writes a text; the buffer is empty afterwards.
 * qp_folder_json — the same for a JSON object: each of its members, and of objects in it, on a line of its own.
 * Errors  QP_ECREATE, QP_EIO; QP_EMEMORY, also if the buffer has failed. */
enum { QP_PATH_BYTES = 4096 };
qp_status qp_in_folder(const char *folder, const char *name, char path[QP_PATH_BYTES]);
qp_status qp_folder_text(const char *folder, const char *name, qp_text_buffer *text);
qp_status qp_folder_json(const char *folder, const char *name, qp_text_buffer *json);

#endif
