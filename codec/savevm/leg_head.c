/* leg_head.c - leg_reader_head: magic, version and configuration section. See leg_reader.h. */
#include <inttypes.h>

#include "codec/savevm/leg_reader.h"

static void apply_config(struct leg_reader *reader)
{
    const struct wire_configuration *wire = &reader->config.wire;

    if (wire->has_page_bits && wire->page_bits >= LEG_PAGE_BITS_MIN &&
        wire->page_bits <= LEG_PAGE_BITS_MAX) {
        reader->ram.page_size = (uint64_t)1 << wire->page_bits;
        reader->ram.page_size_known = true;
    }
    reader->ram.addresses_sent = leg_config_has(wire, "x-ignore-shared");
    reader->ram.elsewhere = leg_config_has(wire, "mapped-ram");
}

static bool check_magic(const uint8_t *p, struct err *err)
{
    if (leg_get_be32(p) != LEG_MAGIC) {
        err_set(err, ERR_MALFORMED, "expected the magic 'QEVM', found 0x%08" PRIx32,
                leg_get_be32(p));
        return err_at_legacy(err, 0);
    }
    if (leg_get_be32(p + 4) != LEG_VERSION) {
        err_set(err, ERR_MALFORMED, "expected version 3 of the stream, found %" PRIu32,
                leg_get_be32(p + 4));
        return err_at_legacy(err, 4);
    }
    return true;
}

static bool keep_config(struct leg_reader *reader, enum leg_config_result result,
                        struct wire_configuration *configuration, bool *has_configuration,
                        struct err *err)
{
    if (result == LEG_CONFIG_LOST) {
        err_at_legacy(&reader->lost, reader->win->offset + LEG_MAGIC_LEN);
        err_at_path(&reader->lost, "configuration");
        reader->state = LEG_STOPPED;
        win_take(reader->win, LEG_MAGIC_LEN);
        return true;
    }
    if (!leg_config_keep(&reader->config, span_from(win_span(reader->win), LEG_MAGIC_LEN), err)) {
        return false;
    }
    apply_config(reader);
    win_take(reader->win, LEG_MAGIC_LEN);
    if (result == LEG_CONFIG_ODD) {
        reader->state = LEG_AT_ODD_CONFIG;
        return true;
    }
    win_take(reader->win, reader->config.length);
    reader->state = LEG_AT_ELEMENT;
    *configuration = reader->config.wire;
    *has_configuration = true;
    return true;
}

bool leg_reader_head(struct leg_reader *reader, struct wire_configuration *configuration,
                     bool *has_configuration, struct err *err)
{
    struct win *win = reader->win;
    size_t need = LEG_MAGIC_LEN + 1;

    if (!win_need(win, LEG_MAGIC_LEN, "the header of a migration stream", err)) {
        return err_at_legacy(err, win->offset + win_span(win).len);
    }
    if (!check_magic(win_span(win).p, err)) {
        return false;
    }
    *has_configuration = false;
    for (;;) {
        struct span in;
        enum leg_config_result result;

        if (!win_fill(win, need, err)) {
            return false;
        }
        in = win_span(win);
        if (in.len == LEG_MAGIC_LEN || in.p[LEG_MAGIC_LEN] != LEG_CONFIGURATION) {
            win_take(win, LEG_MAGIC_LEN);
            reader->state = LEG_AT_ELEMENT;
            return true;
        }
        result = leg_config_scan(&reader->config, span_from(in, LEG_MAGIC_LEN), win->at_end, &need,
                                 &reader->lost);
        need += LEG_MAGIC_LEN;
        if (result != LEG_CONFIG_MORE) {
            return keep_config(reader, result, configuration, has_configuration, err);
        }
        if (win->at_end) {
            err_set(err, ERR_TRUNCATED,
                    "input ends inside the configuration section: %zu more octets expected",
                    need - in.len);
            return err_at_legacy(err, win->offset + in.len);
        }
    }
}
