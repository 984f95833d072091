/* vmber.c - see vmber.h: encode, decode, errors. */
#include "codec/lib/vmber_lib.h"

#include "codec/device/mod_library.h"
#include "codec/stream/form_decode.h"
#include "codec/stream/form_encode.h"

const char *vmber_version(void)
{
    return VMBER_VERSION;
}

static bool read_from_caller(void *ctx, void *p, size_t cap, size_t *got, struct err *err)
{
    const struct vmber_io *io = ctx;
    int64_t n = io->read(io->read_ctx, p, cap);

    if (n < 0 || (uint64_t)n > cap) {
        return err_set(err, ERR_IO, "cannot read the input: %s",
                       n < 0 && n > -4096 ? strerror((int)-n) : "the reading function is wrong");
    }
    *got = (size_t)n;
    return true;
}

static bool write_to_caller(void *ctx, struct iovec *iov, size_t iov_count, struct err *err)
{
    const struct vmber_io *io = ctx;

    for (size_t i = 0; i < iov_count; i++) {
        int status = io->write(io->write_ctx, iov[i].iov_base, iov[i].iov_len);

        if (status != 0) {
            return err_set(err, ERR_IO, "cannot write the output: %s",
                           status < 0 ? strerror(-status) : "the writing function failed");
        }
    }
    return true;
}

struct io_source vmber_lib_source(const struct vmber_io *io)
{
    struct io_source source = {read_from_caller, (void *)(uintptr_t)io};

    return source;
}

struct io_sink vmber_lib_sink(const struct vmber_io *io)
{
    struct io_sink sink = {write_to_caller, (void *)(uintptr_t)io};

    return sink;
}

char *vmber_error_format(const struct vmber_error *error, char *out, size_t cap)
{
    struct err err;

    err_init(&err);
    err.legacy_offset = error->legacy_offset;
    err.ber_offset = error->ber_offset;
    memcpy(err.path, error->path, sizeof(err.path));
    memcpy(err.text, error->text, sizeof(err.text));
    return err_format(&err, out, cap);
}

enum vmber_status vmber_encode(const struct vmber_io *io, unsigned flags, struct vmber_error *error)
{
    const struct lay_modules modules = mod_library_hooks(NULL);
    struct form_encode_options options;
    struct form_encode_report report;
    struct err err = ERR_INIT;

    memset(&options, 0, sizeof(options));
    options.producer = "libvmber " VMBER_VERSION;
    options.stream.strict = (flags & VMBER_STRICT) != 0;
    options.stream.salvage = (flags & VMBER_SALVAGE) != 0;
    options.stream.schema = (flags & VMBER_NO_MODULES) != 0 ? LAY_SCHEMA_OFF : LAY_SCHEMA_AUTO;
    options.stream.modules = &modules;
    if (options.stream.strict && options.stream.salvage) {
        err_set(&err, ERR_USAGE, "strict and salvage exclude each other");
    } else {
        (void)form_encode(vmber_lib_source(io), vmber_lib_sink(io), &options, &report, &err);
    }
    return vmber_lib_report(&err, error);
}

enum vmber_status vmber_decode(const struct vmber_io *io, unsigned flags, struct vmber_error *error)
{
    struct form_decode_options options = {.profile = (flags & VMBER_STRICT) != 0};
    struct form_decode_report report;
    struct err err = ERR_INIT;

    (void)form_decode(vmber_lib_source(io), vmber_lib_sink(io), &options, &report, &err);
    return vmber_lib_report(&err, error);
}
