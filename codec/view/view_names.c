/* view_names.c - see view_names.h. */
#include "codec/view/view_names.h"

#include "codec/savevm/leg_wire.h"

const char *view_body_name(const struct wire_body *body)
{
    if (body->which < 0 || (uint32_t)body->which >= wire_body_type.member_count) {
        return "unknown";
    }
    return wire_body_type.members[body->which].name;
}

const char *view_command_name(uint32_t number)
{
    /* QEMU 7.2 migration/savevm.c, mig_cmd_args; the last: QEMU 10.0 */
    static const char *const names[] = {
        [LEG_CMD_OPEN_RETURN_PATH] = "open-return-path",
        [LEG_CMD_PING] = "ping",
        [LEG_CMD_POSTCOPY_ADVISE] = "postcopy-advise",
        [LEG_CMD_POSTCOPY_LISTEN] = "postcopy-listen",
        [LEG_CMD_POSTCOPY_RUN] = "postcopy-run",
        [LEG_CMD_POSTCOPY_RAM_DISCARD] = "postcopy-ram-discard",
        [LEG_CMD_PACKAGED] = "packaged",
        [LEG_CMD_ENABLE_COLO] = "enable-colo",
        [LEG_CMD_POSTCOPY_RESUME] = "postcopy-resume",
        [LEG_CMD_RECV_BITMAP] = "recv-bitmap",
        [LEG_CMD_SWITCHOVER_START] = "switchover-start",
    };

    return number < sizeof(names) / sizeof(names[0]) ? names[number] : NULL;
}

const char *view_enum_name(const struct asn_type *type, int32_t value)
{
    for (uint32_t i = 0; i < type->name_count; i++) {
        if (type->names[i].value == value) {
            return type->names[i].name;
        }
    }
    return "?";
}
