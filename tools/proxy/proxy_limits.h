/* proxy_limits.h - how much a peer of a migration may make the proxy keep. */
#ifndef VMBER_PROXY_LIMITS_H
#define VMBER_PROXY_LIMITS_H

enum {
    /* Octets in one frame of BER: what encode writes at once is a window or a large section. */
    PROXY_DATA_MAX = 1 << 30,
    /* Octets in any other frame: a list of features, a sentence, a piece of the return path. */
    PROXY_MESSAGE_MAX = 64 * 1024,
    /* Return-path octets waiting for a QEMU that does not read; it gets them page by page. */
    PROXY_RETURN_MAX = 1024 * 1024,
    /* Octets of a feature's name and a zero octet: those there are have up to 30. */
    PROXY_FEATURE_MAX = 64,
    /* Features in one list: the registry has a handful. */
    PROXY_FEATURES_MAX = 256,
    /* Octets of all feature names of a peer. */
    PROXY_FEATURE_OCTETS_MAX = 16 * 1024,
    /* Octets of a machine type and a zero octet: QEMU's longest has 32. */
    PROXY_MACHINE_MAX = 64,
    /* Features that one rule requires. */
    PROXY_REQUIRED_MAX = 8,
    /* Rules in the configuration file: one for each machine type and direction, and room. */
    PROXY_RULES_MAX = 256,
    /* Octets of the name of a descriptor and a zero octet: libvirt's have 20. */
    PROXY_NAME_MAX = 128,
    /* Descriptors given names by getfd that the proxy holds as well. */
    PROXY_NAMED_MAX = 16,
    /* Descriptors and timers the loop watches: two QMP sockets, a listener, and a migration's. */
    PROXY_WATCHES_MAX = 32,
    /* What decode puts aside in a file when it must not let it go yet: the state of the largest
     * devices that are passed through, or a whole guest behind a section that it does not know. */
    PROXY_SPOOL_MIB = 256 * 1024,
    /* Address space of a codec: a record may be 1 GiB, and there are buffers beside it. */
    PROXY_CODEC_SPACE_MIB = 4096,
};

#endif
