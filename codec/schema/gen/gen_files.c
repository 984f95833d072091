/* gen_files.c - see gen_files.h. */
#include "codec/schema/gen/gen_files.h"

#include <stdio.h>

#include "codec/base/err.h"
#include "codec/schema/asn_parser.h"

enum { MESSAGE_MAX = ERR_TEXT_MAX + 1024 }; /* with its source line */

bool gen_read_file(const char *path, struct buf *out, struct err *err)
{
    FILE *file = fopen(path, "rb");
    uint8_t piece[16384];
    size_t n;
    bool ok = true;

    if (file == NULL) {
        return err_set(err, ERR_IO, "cannot open %s", path);
    }
    while (ok && (n = fread(piece, 1, sizeof(piece), file)) > 0) {
        ok = buf_put(out, piece, n, err);
    }
    if (ok && ferror(file)) {
        ok = err_set(err, ERR_IO, "cannot read %s", path);
    }
    (void)fclose(file);
    return ok;
}

bool gen_parse_file(const char *path, struct asn_model *model, struct err *err)
{
    struct buf text;
    bool ok;

    buf_init(&text, (size_t)ASN_SOURCE_MAX + 1);
    ok = gen_read_file(path, &text, err) && asn_parse(model, path, buf_span(&text), err);
    buf_done(&text);
    return ok;
}

void gen_complain(const struct asn_model *model, const struct err *err)
{
    char message[MESSAGE_MAX];
    bool placed = model->diag.line > 0;

    (void)fprintf(stderr, "%s\n",
                  placed ? asn_diag_format(&model->diag, message, sizeof(message))
                         : err_format(err, message, sizeof(message)));
}
