/*
 * proxy_rules.h - the configuration file: which migrations are BER when the client says nothing of
 * it.
 *
 *     # direction  channel  machine type      ber      words
 *     outgoing     file     *                 on
 *     outgoing     network  pc-q35 >= 8.0     on       require device.x
 *     incoming     any      *                 auto
 *
 * The last line that fits decides. A client that sets the capability itself is obeyed in any case.
 */
#ifndef VMBER_PROXY_RULES_H
#define VMBER_PROXY_RULES_H

#include "codec/base/span.h"
#include "codec/stream/form_features.h"
#include "tools/proxy/proxy_limits.h"

struct err;

enum proxy_direction { PROXY_OUTGOING, PROXY_INCOMING };

/* file: file and fd that is no socket, exec; network: tcp, unix, fd that is a socket. */
enum proxy_channel { PROXY_ANY_CHANNEL, PROXY_FILES, PROXY_NETWORK };

enum proxy_ber { PROXY_BER_OFF, PROXY_BER_ON, PROXY_BER_AUTO };

struct proxy_rule {
    enum proxy_direction direction;
    enum proxy_channel channel;
    char machine[PROXY_MACHINE_MAX]; /* with * for any octets */
    bool has_version;                /* machine is a prefix, and its version at least this */
    unsigned major;
    unsigned minor;
    enum proxy_ber ber;
    char required[PROXY_REQUIRED_MAX][PROXY_FEATURE_MAX]; /* features the other end must have */
    unsigned required_count;
    form_feature_set with; /* features that outgoing streams may use, whatever the machine type */
    form_feature_set without; /* and that they may not */
};

struct proxy_rules {
    struct proxy_rule rules[PROXY_RULES_MAX];
    unsigned count;
};

/* proxy_rules_read reads the text of a configuration file; errors say the line. */
bool proxy_rules_read(struct proxy_rules *rules, struct span text, struct err *err);

/* proxy_rules_load reads the file at path. */
bool proxy_rules_load(struct proxy_rules *rules, const char *path, struct err *err);

/* proxy_rules_find returns the rule that decides, or NULL. */
const struct proxy_rule *proxy_rules_find(const struct proxy_rules *rules,
                                          enum proxy_direction direction,
                                          enum proxy_channel channel, const char *machine);

#endif
