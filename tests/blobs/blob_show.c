/*
 * blob_show.c - what a blob says, one "path value" a line: the expectations of the vectors.
 *
 *     blob_show slirp FILE VERSION ORDER         state of libslirp, from a host of that byte order
 *     blob_show usbredir FILE                    state of a parser of libusbredir; it tells its
 * order
 *
 * ORDER is "little" or "big". Written from the libraries' sources, not from the project's maps, so
 * that each can be held against the other. Lines:
 *     path NUMBER [name]      an integer, in decimal
 *     path A.B.C.D            an address
 *     path HEX | -            octets, - for none
 *     path zero COUNT         octets that are all zero
 *     path octets COUNT FNV   octets too many to print, and their 64-bit FNV-1a
 * Exit status: 0 the whole blob was read, 1 it ends too early or too late, 2 anything else.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blob_wire.h"

enum { OCTETS_MAX = 96 }; /* more are not printed */

struct row {
    const char *name;
    size_t width;
    int is_signed;
};

static void show_octets(const char *path, const char *name, const uint8_t *p, size_t len)
{
    uint64_t hash = 0xcbf29ce484222325U;
    int zero = 1;

    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ p[i]) * 0x100000001b3U;
        zero &= p[i] == 0;
    }
    printf("%s%s ", path, name);
    if (len == 0) {
        printf("-");
    } else if (zero && len > 8) {
        printf("zero %zu", len);
    } else if (len > OCTETS_MAX) {
        printf("octets %zu %016" PRIx64, len, hash);
    } else {
        for (size_t i = 0; i < len; i++) {
            printf("%02x", p[i]);
        }
    }
    printf("\n");
}

static void show_int(const char *path, const char *name, uint64_t value, const char *means)
{
    printf("%s%s %" PRIu64 "%s%s\n", path, name, value, means[0] == '\0' ? "" : " ", means);
}

static void show_rows(struct blob_reader *in, const char *path, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t value = blob_take_int(in, rows[i].width, BLOB_BIG);

        if (rows[i].is_signed && (value >> (8 * rows[i].width - 1)) != 0) {
            printf("%s%s -%" PRIu64 "\n", path, rows[i].name,
                   (UINT64_C(1) << 8 * rows[i].width) - value);
        } else {
            show_int(path, rows[i].name, value, "");
        }
    }
}

/* An address in network order that was once more put in network order. */
static void show_address(struct blob_reader *in, const char *path, const char *name,
                         enum blob_order order)
{
    uint32_t value = (uint32_t)blob_take_int(in, 4, order);

    printf("%s%s %u.%u.%u.%u\n", path, name, value >> 24, value >> 16 & 0xff, value >> 8 & 0xff,
           value & 0xff);
}

static void show_sockaddr(struct blob_reader *in, const char *path, const char *name,
                          enum blob_order order)
{
    char inner[96];
    uint64_t family = blob_take_int(in, 2, BLOB_BIG);

    (void)snprintf(inner, sizeof(inner), "%s%s.", path, name);
    show_int(inner, "family", family, family == 2 ? "ipv4" : family == 10 ? "ipv6" : "");
    if (family == 2) {
        show_address(in, inner, "addr", order);
        show_int(inner, "port", blob_take_int(in, 2, order), "");
    }
}

/* A circular buffer: the octets in it, from roff on, and all the others. */
static void show_buffer(struct blob_reader *in, const char *path, const char *name)
{
    char inner[96];
    uint32_t cc = (uint32_t)blob_take_int(in, 4, BLOB_BIG);
    uint32_t len = (uint32_t)blob_take_int(in, 4, BLOB_BIG);
    uint32_t woff = (uint32_t)blob_take_int(in, 4, BLOB_BIG);
    uint32_t roff = (uint32_t)blob_take_int(in, 4, BLOB_BIG);
    const uint8_t *data = blob_take(in, len);
    uint8_t *turned;

    (void)snprintf(inner, sizeof(inner), "%s%s.", path, name);
    show_int(inner, "cc", cc, "");
    show_int(inner, "datalen", len, "");
    show_int(inner, "woff", woff, "");
    show_int(inner, "roff", roff, "");
    if (data == NULL || cc > len || roff >= len || woff >= len) {
        if (data != NULL) {
            show_octets(inner, "data", data, len);
        }
        return;
    }
    turned = malloc(len);
    if (turned == NULL) {
        blob_die("no memory");
    }
    memcpy(turned, data + roff, len - roff);
    memcpy(turned + len - roff, data, roff);
    show_octets(inner, "live", turned, cc);
    show_octets(inner, "rest", turned + cc, len - cc);
    free(turned);
}

static void show_tcp(struct blob_reader *in, const char *path)
{
    static const struct row rows[] = {
        {"t_timer.rexmt", 2, 1}, {"t_timer.persist", 2, 1}, {"t_timer.keep", 2, 1},
        {"t_timer.2msl", 2, 1},  {"t_rxtshift", 2, 1},      {"t_rxtcur", 2, 1},
        {"t_dupacks", 2, 1},     {"t_maxseg", 2, 0},        {"t_force", 1, 0},
        {"t_flags", 2, 0},       {"snd_una", 4, 0},         {"snd_nxt", 4, 0},
        {"snd_up", 4, 0},        {"snd_wl1", 4, 0},         {"snd_wl2", 4, 0},
        {"iss", 4, 0},           {"snd_wnd", 4, 0},         {"rcv_wnd", 4, 0},
        {"rcv_nxt", 4, 0},       {"rcv_up", 4, 0},          {"irs", 4, 0},
        {"rcv_adv", 4, 0},       {"snd_max", 4, 0},         {"snd_cwnd", 4, 0},
        {"snd_ssthresh", 4, 0},  {"t_idle", 2, 1},          {"t_rtt", 2, 1},
        {"t_rtseq", 4, 0},       {"t_srtt", 2, 1},          {"t_rttvar", 2, 1},
        {"t_rttmin", 2, 0},      {"max_sndwnd", 4, 0},      {"t_oobflags", 1, 0},
        {"t_iobc", 1, 0},        {"t_softerror", 2, 1},     {"snd_scale", 1, 0},
        {"rcv_scale", 1, 0},     {"request_r_scale", 1, 0}, {"requested_s_scale", 1, 0},
        {"ts_recent", 4, 0},     {"ts_recent_age", 4, 0},   {"last_ack_sent", 4, 0}};
    static const char *const states[] = {"closed",      "listen",     "syn-sent",   "syn-received",
                                         "established", "close-wait", "fin-wait-1", "closing",
                                         "last-ack",    "fin-wait-2", "time-wait"};
    uint64_t state = blob_take_int(in, 2, BLOB_BIG);

    show_int(path, "t_state", state, state < 11 ? states[state] : "");
    show_rows(in, path, rows, sizeof(rows) / sizeof(rows[0]));
}

static void show_socket(struct blob_reader *in, const char *path, int version,
                        enum blob_order order)
{
    static const struct row flags[] = {
        {"so_iptos", 1, 0}, {"so_emu", 1, 0}, {"so_type", 1, 0}, {"so_state", 4, 1}};
    char tcp[96];

    show_int(path, "so_urgc", blob_take_int(in, 4, BLOB_BIG), "");
    if (version < 4) {
        show_address(in, path, "faddr", order);
        show_address(in, path, "laddr", order);
        show_int(path, "fport", blob_take_int(in, 2, order), "");
        show_int(path, "lport", blob_take_int(in, 2, order), "");
    } else {
        show_sockaddr(in, path, "fhost", order);
        show_sockaddr(in, path, "lhost", order);
    }
    show_rows(in, path, flags, sizeof(flags) / sizeof(flags[0]));
    show_buffer(in, path, "so_rcv");
    show_buffer(in, path, "so_snd");
    (void)snprintf(tcp, sizeof(tcp), "%stcpcb.", path);
    show_tcp(in, tcp);
}

static void show_slirp(struct blob_reader *in, int version, enum blob_order order)
{
    uint64_t marker;
    char path[64];
    unsigned n = 0;

    printf("version %d\norder %s\nsize %zu\n", version, order == BLOB_LITTLE ? "little" : "big",
           in->len);
    while ((marker = blob_take_int(in, 1, BLOB_BIG)) != 0) {
        (void)snprintf(path, sizeof(path), "socket[%u].", n++);
        show_int(path, "marker", marker, "");
        show_socket(in, path, version, order);
    }
    show_int("", "socket.count", n, "");
    if (version >= 2) {
        show_int("", "ip_id", blob_take_int(in, 2, BLOB_BIG), "");
    }
    for (unsigned i = 0; version >= 3 && i < 16; i++) {
        const uint8_t *mac;

        (void)snprintf(path, sizeof(path), "bootp[%u].", i);
        show_int(path, "allocated", blob_take_int(in, 2, BLOB_BIG), "");
        mac = blob_take(in, 6);
        if (mac != NULL) {
            show_octets(path, "macaddr", mac, 6);
        }
    }
}

static void show_caps(struct blob_reader *in, const char *name, enum blob_order order)
{
    static const char *const bits[] = {
        "bulk-streams",          "connect-device-version",  "filter",
        "device-disconnect-ack", "ep-info-max-packet-size", "64bits-ids",
        "32bits-bulk-length",    "bulk-receiving"};
    uint32_t len = (uint32_t)blob_take_int(in, 4, order);

    printf("%s.len %" PRIu32 "\n", name, len);
    for (uint32_t i = 0; i < len / 4 && !in->cut; i++) {
        uint32_t caps = (uint32_t)blob_take_int(in, 4, order);

        printf("%s[%" PRIu32 "] %" PRIu32, name, i, caps);
        for (unsigned bit = 0; bit < 32; bit++) {
            if ((caps >> bit & 1) != 0) {
                printf(" %s", bit < 8 && i == 0 ? bits[bit] : "?");
            }
        }
        printf("\n");
    }
}

static const uint8_t *show_run(struct blob_reader *in, const char *name, enum blob_order order,
                               uint32_t *len)
{
    const uint8_t *p;

    *len = (uint32_t)blob_take_int(in, 4, order);
    printf("%s.len %" PRIu32 "\n", name, *len);
    p = blob_take(in, *len);
    if (p != NULL) {
        show_octets("", name, p, *len);
    }
    return p;
}

static void show_usbredir(struct blob_reader *in)
{
    enum blob_order order = in->len > 0 && in->octets[0] == 0x31 ? BLOB_LITTLE : BLOB_BIG;
    const uint8_t *header;
    uint32_t count;
    uint32_t len;
    char path[64];

    printf("order %s\nsize %zu\n", order == BLOB_LITTLE ? "little" : "big", in->len);
    show_int("", "magic", blob_take_int(in, 4, order), "");
    show_int("", "length", blob_take_int(in, 4, order), "");
    show_caps(in, "our_caps", order);
    show_caps(in, "peer_caps", order);
    show_int("", "to_skip", blob_take_int(in, 4, order), "");
    header = show_run(in, "header", order, &len);
    if (header != NULL && (len == 12 || len == 16)) {
        struct blob_reader inner = {header, len, 0, 0};

        show_int("header.", "type", blob_take_int(&inner, 4, order), "");
        show_int("header.", "length", blob_take_int(&inner, 4, order), "");
        show_int("header.", "id", blob_take_int(&inner, len - 8, order), "");
    }
    (void)show_run(in, "type_header", order, &len);
    (void)show_run(in, "data", order, &len);
    count = (uint32_t)blob_take_int(in, 4, order);
    show_int("", "write_buf.count", count, "");
    for (uint32_t i = 0; i < count && !in->cut; i++) {
        (void)snprintf(path, sizeof(path), "write_buf[%" PRIu32 "]", i);
        (void)show_run(in, path, order, &len);
    }
}

int main(int argc, char **argv)
{
    struct blob blob = {0};
    struct blob_reader in = {0};

    if (argc < 3 || (strcmp(argv[1], "slirp") == 0 ? argc != 5 : argc != 3)) {
        blob_die("usage: blob_show slirp FILE VERSION little|big | usbredir FILE");
    }
    blob_read_file(argv[2], &blob);
    in.octets = blob.octets;
    in.len = blob.len;
    if (strcmp(argv[1], "slirp") == 0) {
        show_slirp(&in, atoi(argv[3]), strcmp(argv[4], "big") == 0 ? BLOB_BIG : BLOB_LITTLE);
    } else {
        show_usbredir(&in);
    }
    if (in.cut || in.at != in.len) {
        printf("%s %zu\n", in.cut ? "cut" : "left", in.cut ? in.len : in.len - in.at);
    }
    blob_free(&blob);
    return in.cut || in.at != in.len ? 1 : 0;
}
