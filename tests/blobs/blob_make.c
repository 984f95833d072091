/*
 * blob_make.c - blobs that the libraries cannot be made to write: old versions, and hostile ones.
 *
 *     blob_make old DIRECTORY        versions 1 to 3 of libslirp's state, and small ones of 4
 *     blob_make qemu DIRECTORY       blobs of QEMU's own
 *     blob_make hostile DIRECTORY    one blob for each defect or trap that is known
 *
 * Prints a line for each, separated by tabs: name, how to load it ("slirp VERSION", "usbredir" or
 * "qemu MAP [DEVICE SECTION]": a field that QEMU itself reads), what it shows. All are of a
 * little-endian host where nothing else is said.
 */
#include <string.h>

#include "blob_make.h"

/* --- libslirp --- */

enum { TCP_LEN = 119 }; /* octets of a control block */

struct buffer {
    uint32_t cc;
    uint32_t len;
    uint32_t woff;
    uint32_t roff;
    const char *octets; /* written from the start; what is left is `fill` */
    uint8_t fill;
};

struct socket {
    enum blob_order order;
    int version;
    uint8_t marker;
    uint16_t families[2];
    uint32_t address;
    uint16_t port;
    uint8_t type;
    int32_t state;
    uint16_t t_state;
    uint16_t maxseg;
    struct buffer rcv;
    struct buffer snd;
};

/* A connection of the guest to 10.0.2.100:1234, with 5 octets received and 21 to be acknowledged.
 */
static const struct socket plain = {BLOB_LITTLE,
                                    4,
                                    42,
                                    {2, 2},
                                    0x0a000264,
                                    1234,
                                    6,
                                    4,
                                    4,
                                    1460,
                                    {5, 64, 5, 0, "hello", 0},
                                    {21, 64, 21, 0, "the quick brown fox..", 0}};

static void put_buffer(struct blob *out, const struct buffer *buffer)
{
    size_t used = buffer->octets == NULL ? 0 : strlen(buffer->octets);

    blob_int(out, buffer->cc, 4, BLOB_BIG);
    blob_int(out, buffer->len, 4, BLOB_BIG);
    blob_int(out, buffer->woff, 4, BLOB_BIG);
    blob_int(out, buffer->roff, 4, BLOB_BIG);
    if (buffer->len <= 4096) {
        used = used < buffer->len ? used : buffer->len;
        blob_put(out, buffer->octets, used);
        blob_fill(out, buffer->fill, buffer->len - used);
    }
}

static void put_sockaddr(struct blob *out, const struct socket *so, uint16_t family,
                         uint32_t address, uint16_t port)
{
    blob_int(out, family, 2, BLOB_BIG);
    if (family == 2) {
        blob_int(out, address, 4, so->order);
        blob_int(out, port, 2, so->order);
    }
}

static void put_tcp(struct blob *out, const struct socket *so)
{
    static const uint32_t sequence[] = {6,         27,        2,      268475470, 6,
                                        1,         65535,     131392, 268475470, 268475470,
                                        268475456, 268541005, 27,     4380,      1073725440};

    blob_int(out, so->t_state, 2, BLOB_BIG);
    blob_int(out, 3, 2, BLOB_BIG); /* timers: retransmit, persist, keep, 2 MSL */
    blob_int(out, 14400, 4, BLOB_BIG);
    blob_int(out, 0, 2, BLOB_BIG);
    blob_int(out, 3, 4, BLOB_BIG); /* rxtshift, rxtcur */
    blob_int(out, 0, 2, BLOB_BIG);
    blob_int(out, so->maxseg, 2, BLOB_BIG);
    blob_int(out, 0, 3, BLOB_BIG); /* force, flags */
    for (size_t i = 0; i < sizeof(sequence) / sizeof(sequence[0]); i++) {
        blob_int(out, sequence[i], 4, BLOB_BIG);
    }
    blob_int(out, 0, 4, BLOB_BIG); /* idle, rtt */
    blob_int(out, 2, 4, BLOB_BIG);
    blob_int(out, 0x000700030002, 6, BLOB_BIG); /* srtt, rttvar, rttmin */
    blob_int(out, 65535, 4, BLOB_BIG);
    blob_fill(out, 0, 4 + 4 + 8);
    blob_int(out, 268475470, 4, BLOB_BIG);
}

static void put_socket(struct blob *out, const struct socket *so)
{
    const uint32_t guest = 0x0a00020f;
    const uint16_t guest_port = 40000;

    blob_int(out, so->marker, 1, BLOB_BIG);
    blob_int(out, 0, 4, BLOB_BIG);
    if (so->version < 4) {
        blob_int(out, so->address, 4, so->order);
        blob_int(out, guest, 4, so->order);
        blob_int(out, so->port, 2, so->order);
        blob_int(out, guest_port, 2, so->order);
    } else {
        put_sockaddr(out, so, so->families[0], so->address, so->port);
        put_sockaddr(out, so, so->families[1], guest, guest_port);
    }
    blob_int(out, 0, 2, BLOB_BIG);
    blob_int(out, so->type, 1, BLOB_BIG);
    blob_int(out, (uint32_t)so->state, 4, BLOB_BIG);
    put_buffer(out, &so->rcv);
    put_buffer(out, &so->snd);
    put_tcp(out, so);
}

static void put_tail(struct blob *out, int version)
{
    blob_int(out, 0, 1, BLOB_BIG);
    if (version >= 2) {
        blob_int(out, 4711, 2, BLOB_BIG);
    }
    for (unsigned i = 0; version >= 3 && i < 16; i++) {
        blob_int(out, i == 0 ? 1 : 0, 2, BLOB_BIG);
        blob_int(out, i == 0 ? 0x525400123456 : 0, 6, BLOB_BIG);
    }
}

/* --- libusbredirparser --- */

struct parser {
    enum blob_order order;
    uint32_t magic;
    int32_t length_more; /* what the length says beyond the truth */
    uint32_t our_len;
    uint32_t our_caps;
    uint32_t peer_len;
    uint32_t peer_caps;
    uint32_t skip;
    uint32_t header_len;
    uint32_t header[3]; /* type, length, id */
    uint32_t type_header_len;
    uint32_t data_len;
    uint32_t write_count;
    uint32_t write_len; /* of each */
    uint32_t writes;    /* that are really there */
};

/* A parser that has the peer's hello, is 7 octets into a control packet's data of 18, and has one
 * packet to write. */
static const struct parser in_data = {BLOB_LITTLE, 0x55525031,   0,  4, 0xff, 4,  0xff, 0,
                                      16,          {100, 28, 5}, 10, 7, 1,    26, 1};

static void put_run(struct blob *out, const struct parser *parser, uint32_t len, uint8_t octet)
{
    blob_int(out, len, 4, parser->order);
    if (len <= 4096) {
        blob_fill(out, octet, len);
    }
}

static void put_caps(struct blob *out, const struct parser *parser, uint32_t len, uint32_t caps)
{
    blob_int(out, len, 4, parser->order);
    for (uint32_t i = 0; i < len; i += 4) {
        blob_int(out, i == 0 ? caps : 0, len - i < 4 ? len - i : 4, parser->order);
    }
}

static void put_parser(struct blob *out, const struct parser *parser)
{
    struct blob header = {0};

    blob_int(out, parser->magic, 4, parser->order);
    blob_int(out, 0, 4, parser->order);
    put_caps(out, parser, parser->our_len, parser->our_caps);
    put_caps(out, parser, parser->peer_len, parser->peer_caps);
    blob_int(out, parser->skip, 4, parser->order);
    blob_int(out, parser->header_len, 4, parser->order);
    for (unsigned i = 0; i < 3; i++) {
        blob_int(&header, parser->header[i], 4, parser->order);
    }
    blob_fill(&header, 0, 64);
    blob_put(out, header.octets, parser->header_len < 64 ? parser->header_len : 64);
    put_run(out, parser, parser->type_header_len, 0x80);
    put_run(out, parser, parser->data_len, 0xda);
    blob_int(out, parser->write_count, 4, parser->order);
    for (uint32_t i = 0; i < parser->writes; i++) {
        put_run(out, parser, parser->write_len, 0x77);
    }
    blob_patch(out, 4, (uint64_t)((int64_t)out->len + parser->length_more), 4, parser->order);
    blob_free(&header);
}

/* --- the vectors --- */

void blob_emit(const char *directory, const char *name, const char *how, struct blob *blob,
               const char *shows)
{
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/%s.bin", directory, name);
    blob_write_file(path, blob);
    printf("%s\t%s\t%s\n", name, how, shows);
    blob_clear(blob);
}

static void make_old(const char *directory)
{
    static const char *const names[][2] = {{"v1-none", "v1"}, {"v2-none", "v2"}, {"v3-none", "v3"}};
    static const char *const shows[] = {"version 1: no ip_id, no bootp table",
                                        "version 2: ip_id, no bootp table",
                                        "version 3: addresses of before families, and bootp table"};
    struct blob blob = {0};
    struct socket so = plain;
    char how[16];

    so.type = 0; /* as the states of that time have it */
    for (int version = 1; version <= 3; version++) {
        (void)snprintf(how, sizeof(how), "slirp %d", version);
        put_tail(&blob, version);
        blob_emit(directory, names[version - 1][0], how, &blob, shows[version - 1]);
        so.version = version;
        put_socket(&blob, &so);
        put_tail(&blob, version);
        blob_emit(directory, names[version - 1][1], how, &blob, shows[version - 1]);
    }
    so = plain;
    so.snd = (struct buffer){21, 64, 1, 44, "k and gone before", '.'};
    put_socket(&blob, &so);
    put_tail(&blob, 4);
    blob_emit(directory, "v4-small", "slirp 4", &blob,
              "version 4 with small buffers, one of them wrapped");
    so.order = BLOB_BIG;
    put_socket(&blob, &so);
    put_tail(&blob, 4);
    blob_emit(directory, "v4-small-big", "slirp 4", &blob, "the same state from a big-endian host");
    so = plain;
    put_socket(&blob, &so);
    so.address = 0x0a000265;
    so.port = 5555;
    so.rcv = (struct buffer){0, 16, 3, 3, "old", 0};
    so.snd = (struct buffer){0, 1, 0, 0, NULL, 0};
    put_socket(&blob, &so);
    put_tail(&blob, 4);
    blob_emit(directory, "v4-two", "slirp 4", &blob,
              "version 4, two connections, buffers of 16 and 1");
    blob_free(&blob);
}

static const struct slirp_case {
    const char *name;
    const char *how;
    struct socket so;
    const char *shows;
} slirp_cases[] = {
#define SO(...)                                                                                    \
    {                                                                                              \
        BLOB_LITTLE, 4, 42, {2, 2}, 0x0a000264, 1234, 6, 4, 4, 1460, {5, 64, 5, 0, "hello", 0},    \
            __VA_ARGS__                                                                            \
    }
#define SND(...) SO({__VA_ARGS__})
#define TEXT "the quick brown fox.."
    {"slirp-loss", "slirp 4", SND(21, 64, 21, 0, TEXT, 0),
     "21 octets to be acknowledged: a load forgets that they are there (cc becomes 0)"},
    {"slirp-leak", "slirp 4", SND(0, 64, 0, 0, "\x60\x44\xa9\x9e\x2c\x7f", 0xa5),
     "an empty buffer that carries what its memory held before: pointers of the source's heap"},
    {"slirp-datalen-huge", "slirp 4", SND(0, 0xfffffff0, 0, 0, NULL, 0),
     "a length that is taken for -16: 2^64-16 octets are asked for, and on a save written"},
    {"slirp-datalen-64m", "slirp 4", SND(0, 0x04000000, 0, 0, NULL, 0),
     "a length of 64 MiB, behind which nothing follows: it is saved again as long"},
    {"slirp-datalen-zero", "slirp 4", SND(0, 0, 0, 0, NULL, 0), "a buffer of no size"},
    {"slirp-woff-beyond", "slirp 4", SND(0, 64, 64, 0, TEXT, 0), "woff at the buffer's end"},
    {"slirp-roff-beyond", "slirp 4", SND(0, 64, 0, 0xffffffff, TEXT, 0), "roff beyond the buffer"},
    {"slirp-cc-beyond", "slirp 4", SND(65, 64, 1, 0, TEXT, 0), "more octets than the buffer holds"},
    {"slirp-cc-contradicts", "slirp 4", SND(5, 64, 30, 0, TEXT, 0),
     "5 octets between offsets that are 30 apart"},
    {"slirp-cc-below-zero", "slirp 4", SND(0xfffffc22, 1024, 10, 1000, TEXT, 0),
     "cc as libslirp itself leaves it after an urgent pointer beyond the data (variant urgent)"},
#undef SND
#undef SO
#define SO(...)                                                                                    \
    {                                                                                              \
        BLOB_LITTLE, 4, __VA_ARGS__, {5, 64, 5, 0, "hello", 0},                                    \
        {                                                                                          \
            21, 64, 21, 0, TEXT, 0                                                                 \
        }                                                                                          \
    }
    {"slirp-marker-1", "slirp 4", SO(1, {2, 2}, 0x0a000264, 1234, 6, 4, 4, 1460),
     "a marker that no writer writes: any but 0 is taken for 42"},
    {"slirp-family-other", "slirp 4", SO(42, {0xffff, 2}, 0x0a000264, 1234, 6, 4, 4, 1460),
     "the family that a writer uses for what it does not know, and no reader takes"},
    {"slirp-family-ipv6", "slirp 4", SO(42, {10, 10}, 0x0a000264, 1234, 6, 4, 4, 1460),
     "IPv6: a family without an address"},
    {"slirp-family-freebsd", "slirp 4", SO(42, {28, 2}, 0x0a000264, 1234, 6, 4, 4, 1460),
     "IPv6 as FreeBSD numbers it"},
    {"slirp-family-unknown", "slirp 4", SO(42, {2, 77}, 0x0a000264, 1234, 6, 4, 4, 1460),
     "a family that does not exist"},
    {"slirp-address-outside", "slirp 4", SO(42, {2, 2}, 0x7f000001, 1234, 6, 4, 4, 1460),
     "127.0.0.1: not in the guest's network"},
    {"slirp-address-unknown", "slirp 4", SO(42, {2, 2}, 0x0a000264, 1235, 6, 4, 4, 1460),
     "a port that nothing answers for"},
    {"slirp-states-unknown", "slirp 4", SO(42, {2, 2}, 0x0a000264, 1234, 255, -1, 99, 1460),
     "so_type 255, all bits of so_state, t_state 99: nothing is checked"},
    {"slirp-maxseg-zero", "slirp 4", SO(42, {2, 2}, 0x0a000264, 1234, 6, 4, 4, 0),
     "t_maxseg 0: the first slirp_socket_can_recv divides by it"},
    {"slirp-version-5", "slirp 5", SO(42, {2, 2}, 0x0a000264, 1234, 6, 4, 4, 1460),
     "a good blob that says version 5"},
    {"slirp-version-3", "slirp 3", SO(42, {2, 2}, 0x0a000264, 1234, 6, 4, 4, 1460),
     "a blob of version 4 that says version 3"},
#undef SO
#undef TEXT
};

/* Numbers of the TCP control block that the library uses as an index or a width unseen. */
static const struct tcp_case {
    const char *name;
    size_t at; /* octets behind t_state */
    size_t width;
    uint64_t value;
    const char *shows;
} tcp_cases[] = {
    {"slirp-state-beyond", 0, 2, 11, "t_state 11 of 11: tcp_output takes its flags from a table"},
    {"slirp-shift-beyond", 10, 2, 13, "t_rxtshift 13 of 12: an index of the table of backoffs"},
    {"slirp-shift-negative", 10, 2, 0xfffb, "t_rxtshift -5: an index before that table"},
    {"slirp-scale", 104, 1, 64, "rcv_scale 64: a window is shifted by as many bits"},
};

/* Whole blobs that were damaged behind the first socket. */
static void make_slirp_damaged(const char *directory)
{
    struct blob blob = {0};
    struct socket so = plain;

    put_socket(&blob, &so);
    put_tail(&blob, 4);
    blob.octets[blob.len - 100] ^= 0x10;
    blob_emit(directory, "slirp-flip", "slirp 4", &blob,
              "a bit of the bootp table flipped: nothing notices");
    put_socket(&blob, &so);
    put_tail(&blob, 4);
    blob.len -= 100;
    blob_emit(directory, "slirp-cut-tail", "slirp 4", &blob,
              "cut in the bootp table: the rest reads as zeros");
    put_socket(&blob, &so);
    blob.len -= 150;
    blob_emit(directory, "slirp-cut-socket", "slirp 4", &blob,
              "cut in so_snd: the rest reads as zeros");
    blob_emit(directory, "slirp-empty", "slirp 4", &blob, "no octet at all reads as no connection");
    blob_int(&blob, 42, 1, BLOB_BIG);
    blob_emit(directory, "slirp-marker-alone", "slirp 4", &blob, "a marker, and the end");
    put_socket(&blob, &so);
    put_tail(&blob, 4);
    blob_put(&blob, "more", 4);
    blob_emit(directory, "slirp-trailing", "slirp 4", &blob,
              "octets behind the end: they are left unread");
    put_socket(&blob, &so);
    put_socket(&blob, &so);
    put_tail(&blob, 4);
    blob_emit(directory, "slirp-twice", "slirp 4", &blob,
              "one connection twice: both are loaded, one is saved again");
    so.order = BLOB_BIG;
    put_socket(&blob, &so);
    put_tail(&blob, 4);
    blob_emit(directory, "slirp-other-order", "slirp 4", &blob,
              "addresses from a big-endian host: 100.2.0.10 on this one");
    blob_free(&blob);
}

static const struct parser_case {
    const char *name;
    struct parser parser;
    const char *shows;
} parser_cases[] = {
#define HEAD BLOB_LITTLE, 0x55525031, 0, 4, 0xff, 4, 0xff, 0
#define REST 10, 7, 1, 26, 1
    {"usbredir-magic",
     {BLOB_LITTLE, 0x55525030, 0, 4, 0xff, 4, 0xff, 0, 16, {100, 28, 5}, REST},
     "another magic number"},
    {"usbredir-other-order",
     {BLOB_BIG, 0x55525031, 0, 4, 0xff, 4, 0xff, 0, 16, {100, 28, 5}, REST},
     "a good blob from a big-endian host"},
    {"usbredir-length-short",
     {BLOB_LITTLE, 0x55525031, -4, 4, 0xff, 4, 0xff, 0, 16, {100, 28, 5}, REST},
     "a length that is 4 too small"},
    {"usbredir-length-long",
     {BLOB_LITTLE, 0x55525031, 4, 4, 0xff, 4, 0xff, 0, 16, {100, 28, 5}, REST},
     "a length that is 4 too large"},
    {"usbredir-caps-more",
     {BLOB_LITTLE, 0x55525031, 0, 4, 0x1ff, 4, 0xff, 0, 16, {100, 28, 5}, REST},
     "a capability of the source that the destination lacks"},
    {"usbredir-caps-less",
     {BLOB_LITTLE, 0x55525031, 0, 4, 0x7f, 4, 0xff, 0, 16, {100, 28, 5}, REST},
     "a source with fewer capabilities: taken since 0.7.1"},
    {"usbredir-caps-none",
     {BLOB_LITTLE, 0x55525031, 0, 0, 0, 4, 0xff, 0, 16, {100, 28, 5}, REST},
     "our capabilities of no octets: taken, and saved again as 4"},
    {"usbredir-caps-two",
     {BLOB_LITTLE, 0x55525031, 0, 8, 0xff, 4, 0xff, 0, 16, {100, 28, 5}, REST},
     "our capabilities of two words"},
    {"usbredir-peer-two",
     {BLOB_LITTLE, 0x55525031, 0, 4, 0xff, 8, 0xff, 0, 16, {100, 28, 5}, REST},
     "the peer's capabilities of two words"},
    {"usbredir-peer-odd",
     {BLOB_LITTLE, 0x55525031, 0, 4, 0xff, 2, 0xff, 0, 16, {100, 28, 5}, REST},
     "the peer's capabilities of two octets: taken, and saved again as 4"},
    {"usbredir-skip-negative",
     {BLOB_LITTLE, 0x55525031, 0, 4, 0xff, 4, 0xff, 0x80000000, 16, {100, 28, 5}, REST},
     "to_skip is an int: below zero"},
    {"usbredir-header-17", {HEAD, 17, {100, 28, 5}, REST}, "17 octets of a header of 16"},
    {"usbredir-header-16-of-12",
     {BLOB_LITTLE, 0x55525031, 0, 4, 0xff, 4, 0xdf, 0, 16, {100, 28, 5}, REST},
     "16 octets of a header that has 12 with ids of 32 bits"},
    {"usbredir-packet-large",
     {HEAD, 16, {100, 0x08000401, 5}, REST},
     "a packet beyond the greatest size (missed by unserialize until 2e92b52)"},
    {"usbredir-packet-negative", {HEAD, 16, {100, 0xffffffff, 5}, REST}, "a packet of -1 octets"},
    {"usbredir-packet-short",
     {HEAD, 16, {100, 9, 5}, REST},
     "a packet shorter than its own header: its data would have -1 octets (060d791)"},
    {"usbredir-packet-unknown", {HEAD, 16, {77, 28, 5}, REST}, "a packet type that does not exist"},
    {"usbredir-packet-direction",
     {HEAD, 16, {6, 1, 5}, 1, 0, 0, 0, 0},
     "a packet that only a guest may send"},
    {"usbredir-packet-extra",
     {HEAD, 16, {1, 40, 5}, 10, 7, 1, 26, 1},
     "data in a packet that has none (device_connect)"},
    {"usbredir-header-partial-length",
     {HEAD, 8, {100, 0x08000000, 0}, 0, 0, 0, 0, 0},
     "half a header whose length is believed: 128 MiB are asked for, and let go"},
    {"usbredir-type-header-long",
     {HEAD, 16, {100, 28, 5}, 11, 7, 1, 26, 1},
     "11 octets of a type header of 10"},
    {"usbredir-type-header-huge",
     {HEAD, 16, {100, 28, 5}, 0xffffffff, 0, 0, 0, 0},
     "a type header of 4 GiB"},
    {"usbredir-type-header-alone",
     {HEAD, 5, {100, 28, 5}, 10, 0, 0, 0, 0},
     "a type header behind a header that is not whole"},
    {"usbredir-data-long", {HEAD, 16, {100, 28, 5}, 10, 19, 0, 0, 0}, "19 octets of data of 18"},
    {"usbredir-data-alone",
     {HEAD, 0, {0, 0, 0}, 0, 4, 0, 0, 0},
     "data of no packet: taken, and not saved again"},
    {"usbredir-write-empty",
     {HEAD, 16, {100, 28, 5}, 10, 7, 1, 0, 1},
     "a queued packet of no octets: refused since 0.12"},
    {"usbredir-write-count",
     {HEAD, 16, {100, 28, 5}, 10, 7, 0xffffffff, 26, 1},
     "4 294 967 295 queued packets, one of them there"},
    {"usbredir-write-huge",
     {HEAD, 16, {100, 28, 5}, 10, 7, 1, 0xffffffff, 1},
     "a queued packet of 4 GiB"},
    {"usbredir-write-uncounted",
     {HEAD, 16, {100, 28, 5}, 10, 7, 0, 26, 1},
     "a queued packet that is not counted: octets left over"},
#undef REST
#undef HEAD
};

/* Fields that QEMU 7.2 puts around the library's, hw/usb/redirect.c. */
static void make_redirect(const char *directory)
{
    struct blob blob = {0};

    blob_int(&blob, 0xfffffff0, 4, BLOB_BIG);
    put_parser(&blob, &in_data);
    blob_emit(directory, "usb-redir-parser-negative", "qemu usb-redir-parser", &blob,
              "parser: a length of -16, which QEMU gives to g_malloc as 2^64-16");
    blob_int(&blob, 1, 4, BLOB_BIG);
    blob_int(&blob, 0x00010004, 4, BLOB_BIG);
    blob_int(&blob, 0, 4, BLOB_BIG);
    blob_put(&blob, "data", 4);
    blob_emit(directory, "usb-redir-bufpq-length", "qemu usb-redir-bufpq", &blob,
              "bufpq: a packet of 65540 octets, of which QEMU keeps the low 16 bits and reads 4");
    blob_int(&blob, 0xffffffff, 4, BLOB_BIG);
    blob_int(&blob, 4, 4, BLOB_BIG);
    blob_int(&blob, 0, 4, BLOB_BIG);
    blob_put(&blob, "data", 4);
    blob_emit(directory, "usb-redir-bufpq-count", "qemu usb-redir-bufpq", &blob,
              "bufpq: -1 packets, which QEMU takes for none and leaves this one unread");
    blob_int(&blob, 0xffffffff, 4, BLOB_BIG);
    blob_emit(directory, "usb-redir-ids-negative", "qemu usb-redir-packet-id-q", &blob,
              "queue: -1 ids, and QEMU's assert(q->size == size) ends it");
    blob_int(&blob, 0x7fffffff, 4, BLOB_BIG);
    blob_int(&blob, 1, 8, BLOB_BIG);
    blob_emit(directory, "usb-redir-ids-count", "qemu usb-redir-packet-id-q", &blob,
              "queue: 2 147 483 647 ids, one of them there; past the end QEMU reads zeros");
    blob_free(&blob);
}

static void make_hostile(const char *directory)
{
    struct blob blob = {0};

    for (size_t i = 0; i < sizeof(slirp_cases) / sizeof(slirp_cases[0]); i++) {
        put_socket(&blob, &slirp_cases[i].so);
        put_tail(&blob, 4);
        blob_emit(directory, slirp_cases[i].name, slirp_cases[i].how, &blob, slirp_cases[i].shows);
    }
    for (size_t i = 0; i < sizeof(tcp_cases) / sizeof(tcp_cases[0]); i++) {
        put_socket(&blob, &plain);
        blob_patch(&blob, blob.len - TCP_LEN + tcp_cases[i].at, tcp_cases[i].value,
                   tcp_cases[i].width, BLOB_BIG);
        put_tail(&blob, 4);
        blob_emit(directory, tcp_cases[i].name, "slirp 4", &blob, tcp_cases[i].shows);
    }
    make_slirp_damaged(directory);
    for (size_t i = 0; i < sizeof(parser_cases) / sizeof(parser_cases[0]); i++) {
        put_parser(&blob, &parser_cases[i].parser);
        blob_emit(directory, parser_cases[i].name, "usbredir", &blob, parser_cases[i].shows);
    }
    put_parser(&blob, &in_data);
    blob_put(&blob, "more", 4);
    blob_patch(&blob, 4, blob.len, 4, BLOB_LITTLE);
    blob_emit(directory, "usbredir-trailing", "usbredir", &blob, "octets behind the end, counted");
    put_parser(&blob, &in_data);
    blob.len -= 40;
    blob_patch(&blob, 4, blob.len, 4, BLOB_LITTLE);
    blob_emit(directory, "usbredir-cut", "usbredir", &blob,
              "cut in the data, and the length says so");
    blob_emit(directory, "usbredir-empty", "usbredir", &blob, "no octet at all");
    make_redirect(directory);
    blob_make_qemu(directory, false);
    blob_free(&blob);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "old") == 0) {
        make_old(argv[2]);
    } else if (argc == 3 && strcmp(argv[1], "hostile") == 0) {
        make_hostile(argv[2]);
    } else if (argc == 3 && strcmp(argv[1], "qemu") == 0) {
        blob_make_qemu(argv[2], true);
    } else {
        blob_die("usage: blob_make old|qemu|hostile DIRECTORY");
    }
    return 0;
}
