/*
 * usbredir_blob.c - state blobs of the real libusbredirparser: made, and loaded again.
 *
 *     usbredir_blob variants             the names of the variants
 *     usbredir_blob save VARIANT FILE    a parser brought into a state, serialized
 *     usbredir_blob load FILE OUT        FILE unserialized into a pristine parser, that serialized
 * to OUT (-: nowhere) usbredir_blob resume VARIANT       the packet that VARIANT stopped in, read
 * on by the parser itself and by one that loaded its state: what each hands out
 *
 * The parser is the guest's side, with the capabilities that QEMU gives it. The peer's packets are
 * in this host's byte order, as the library takes them (it converts nothing).
 * Exit status of load: 0 loaded, 1 refused by the library, 2 anything else. Of resume: 1 if the two
 * differ.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <usbredirparser.h>

#include "blob_wire.h"

enum { CAPS_ALL = 0xff, CAPS_32BIT_IDS = 0xff & ~(1 << usb_redir_cap_64bits_ids) };

/* A parser, what its peer has sent and it has not read yet, and what it handed out. */
struct side {
    struct usbredirparser *parser;
    struct blob_reader from_peer;
    size_t accept; /* octets that may still be written */
    struct blob handed;
};

static void on_log(void *priv, int level, const char *message)
{
    (void)priv;
    if (level <= usbredirparser_warning) {
        (void)fprintf(stderr, "%s\n", message);
    }
}

static int on_read(void *priv, uint8_t *data, int count)
{
    struct side *side = priv;
    size_t left = side->from_peer.len - side->from_peer.at;
    size_t n = (size_t)count < left ? (size_t)count : left;

    if (n > 0) {
        memcpy(data, side->from_peer.octets + side->from_peer.at, n);
    }
    side->from_peer.at += n;
    return (int)n;
}

static int on_write(void *priv, uint8_t *data, int count)
{
    struct side *side = priv;
    size_t n = (size_t)count < side->accept ? (size_t)count : side->accept;

    (void)data;
    side->accept -= n;
    return (int)n;
}

static void on_hello(void *priv, struct usb_redir_hello_header *hello)
{
    (void)priv;
    (void)hello;
}

static void on_connect(void *priv, struct usb_redir_device_connect_header *connect)
{
    struct side *side = priv;

    blob_put(&side->handed, connect, sizeof(*connect));
}

static void on_control(void *priv, uint64_t id, struct usb_redir_control_packet_header *control,
                       uint8_t *data, int data_len)
{
    struct side *side = priv;

    blob_int(&side->handed, id, 8, BLOB_BIG);
    blob_put(&side->handed, control, sizeof(*control));
    blob_put(&side->handed, data, (size_t)data_len);
    usbredirparser_free_packet_data(side->parser, data);
}

static void on_bulk(void *priv, uint64_t id, struct usb_redir_bulk_packet_header *bulk,
                    uint8_t *data, int data_len)
{
    struct side *side = priv;

    blob_int(&side->handed, id, 8, BLOB_BIG);
    blob_put(&side->handed, bulk, sizeof(*bulk));
    blob_put(&side->handed, data, (size_t)data_len);
    usbredirparser_free_packet_data(side->parser, data);
}

/* A guest's parser with QEMU's capabilities; FLAGS as usbredirparser_init takes them. */
static void side_new(struct side *side, int flags)
{
    uint32_t caps[USB_REDIR_CAPS_SIZE] = {0};

    memset(side, 0, sizeof(*side));
    side->parser = usbredirparser_create();
    if (side->parser == NULL) {
        blob_die("usbredirparser_create: no memory");
    }
    side->parser->priv = side;
    side->parser->log_func = on_log;
    side->parser->read_func = on_read;
    side->parser->write_func = on_write;
    side->parser->hello_func = on_hello;
    side->parser->device_connect_func = on_connect;
    side->parser->control_packet_func = on_control;
    side->parser->bulk_packet_func = on_bulk;
    usbredirparser_caps_set_cap(caps, usb_redir_cap_bulk_streams);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_connect_device_version);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_filter);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_ep_info_max_packet_size);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_64bits_ids);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_32bits_bulk_length);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_bulk_receiving);
    usbredirparser_init(side->parser, "qemu usb-redir guest 7.2", caps, USB_REDIR_CAPS_SIZE, flags);
}

static void side_free(struct side *side)
{
    usbredirparser_destroy(side->parser);
    blob_free(&side->handed);
}

/* Lets the peer's octets in, as if the rest had not arrived. */
static void side_read(struct side *side, const uint8_t *octets, size_t len)
{
    side->from_peer.octets = octets;
    side->from_peer.len = len;
    side->from_peer.at = 0;
    (void)usbredirparser_do_read(side->parser);
}

static void side_write(struct side *side, size_t octets)
{
    side->accept = octets;
    (void)usbredirparser_do_write(side->parser);
    side->accept = 0;
}

static void put_header(struct blob *out, uint32_t type, size_t length, uint64_t id, int bits)
{
    blob_int(out, type, 4, blob_host_order());
    blob_int(out, length, 4, blob_host_order());
    blob_int(out, id, (size_t)bits / 8, blob_host_order());
}

/* The peer's hello; its ids are still of 32 bits. */
static void put_hello(struct blob *out, uint32_t caps)
{
    static const char version[64] = "usbredirserver 0.13.0";

    put_header(out, usb_redir_hello, sizeof(version) + 4, 0, 32);
    blob_put(out, version, sizeof(version));
    blob_int(out, caps, 4, blob_host_order());
}

static void put_connect(struct blob *out)
{
    static const struct usb_redir_device_connect_header device = {
        usb_redir_speed_high, 8, 6, 80, 0x1234, 0x5678, 0x0100};

    put_header(out, usb_redir_device_connect, sizeof(device), 0, 64);
    blob_put(out, &device, sizeof(device));
}

static void put_control(struct blob *out, uint64_t id, int bits)
{
    static const uint8_t descriptor[18] = {18,   1,    0,    2, 0, 0, 0, 64, 0x34,
                                           0x12, 0x78, 0x56, 0, 1, 1, 2, 3,  1};
    static const struct usb_redir_control_packet_header control = {0x80, 6, 0x80, 0, 0x0100, 0, 18};

    put_header(out, usb_redir_control_packet, sizeof(control) + sizeof(descriptor), id, bits);
    blob_put(out, &control, sizeof(control));
    blob_put(out, descriptor, sizeof(descriptor));
}

static void put_bulk(struct blob *out, uint64_t id)
{
    static const struct usb_redir_bulk_packet_header bulk = {0x81, 0, 512, 0, 0};

    put_header(out, usb_redir_bulk_packet, sizeof(bulk) + 512, id, 64);
    blob_put(out, &bulk, sizeof(bulk));
    for (size_t i = 0; i < 512; i++) {
        blob_int(out, i, 1, BLOB_BIG);
    }
}

static void send_control(struct side *side, uint64_t id)
{
    struct usb_redir_control_packet_header control = {0x80, 6, 0x80, 0, 0x0100, 0, 18};

    usbredirparser_send_control_packet(side->parser, id, &control, NULL, 0);
}

static void send_bulk(struct side *side, uint64_t id, size_t len)
{
    struct usb_redir_bulk_packet_header bulk = {0x02, 0, (uint16_t)len, 0, (uint16_t)(len >> 16)};
    uint8_t *data = malloc(len);

    if (data == NULL) {
        blob_die("no memory");
    }
    for (size_t i = 0; i < len; i++) {
        data[i] = (uint8_t)(i * 7);
    }
    usbredirparser_send_bulk_packet(side->parser, id, &bulk, data, (int)len);
    free(data);
}

enum { ALL = 1 << 30 };

/* What a variant does: the peer's caps (0: no hello), the packet it is reading, where that is cut.
 */
static const struct variant {
    const char *name;
    uint32_t peer_caps;
    enum { NO_PACKET, CONNECT, CONTROL, BULK, UNKNOWN } packet;
    size_t cut;     /* octets of the packet that have arrived */
    size_t written; /* octets of the queue that have gone out, with the hello (80 octets) first */
    size_t writes;  /* control packets queued */
    size_t bulk;    /* octets of a bulk packet queued behind them */
} variants[] = {
    {"unsent", 0, NO_PACKET, 0, 0, 0, 0},
    {"fresh", 0, NO_PACKET, 0, ALL, 0, 0},
    {"hello", CAPS_ALL, NO_PACKET, 0, ALL, 0, 0},
    {"hello-32", CAPS_32BIT_IDS, NO_PACKET, 0, ALL, 0, 0},
    {"header", CAPS_ALL, CONTROL, 9, ALL, 0, 0},
    {"header-32", CAPS_32BIT_IDS, CONTROL, 5, ALL, 0, 0},
    {"header-whole", CAPS_ALL, CONTROL, 16, ALL, 0, 0},
    {"type-header", CAPS_ALL, CONNECT, 19, ALL, 0, 0},
    {"type-header-data", CAPS_ALL, CONTROL, 20, ALL, 0, 0},
    {"type-header-32", CAPS_32BIT_IDS, CONTROL, 15, ALL, 0, 0},
    {"type-header-whole", CAPS_ALL, CONTROL, 26, ALL, 0, 0},
    {"data", CAPS_ALL, CONTROL, 33, ALL, 0, 0},
    {"data-32", CAPS_32BIT_IDS, CONTROL, 29, ALL, 0, 0},
    {"data-bulk", CAPS_ALL, BULK, 300, ALL, 0, 0},
    {"skip", CAPS_ALL, UNKNOWN, 20, ALL, 0, 0},
    {"queue", CAPS_ALL, NO_PACKET, 0, 80, 3, 0},
    {"queue-32", CAPS_32BIT_IDS, NO_PACKET, 0, 80, 3, 0},
    {"queue-partly", CAPS_ALL, NO_PACKET, 0, 90, 2, 100},
    {"queue-large", CAPS_ALL, NO_PACKET, 0, 80, 2, 70000},
    {"all", CAPS_ALL, BULK, 200, 85, 2, 40},
};

static const struct variant *variant_named(const char *name)
{
    for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
        if (strcmp(name, variants[i].name) == 0) {
            return &variants[i];
        }
    }
    blob_die("no variant %s", name);
}

static void put_packet(struct blob *out, const struct variant *variant)
{
    switch (variant->packet) {
    case NO_PACKET:
        break;
    case CONNECT:
        put_connect(out);
        break;
    case CONTROL:
        put_control(out, 0x1122334455667788U, variant->peer_caps == CAPS_ALL ? 64 : 32);
        break;
    case BULK:
        put_bulk(out, 7);
        break;
    case UNKNOWN:
        put_header(out, 77, 1000, 1, 64);
        blob_fill(out, 0x55, 1000);
        break;
    }
}

/* Brings a parser into a variant's state; `packet` is all of the packet that it is in. */
static void make(struct side *side, const struct variant *variant, struct blob *packet)
{
    struct blob hello = {0};

    side_new(side, 0);
    put_packet(packet, variant);
    if (variant->peer_caps != 0) {
        put_hello(&hello, variant->peer_caps);
        side_read(side, hello.octets, hello.len);
    }
    for (size_t i = 0; i < variant->writes; i++) {
        send_control(side, 100 + i);
    }
    if (variant->bulk > 0) {
        send_bulk(side, 200, variant->bulk);
    }
    side_write(side, variant->written);
    side_read(side, packet->octets, variant->cut);
    if (variant->packet == UNKNOWN) { /* refused at its header; what came with it is skipped */
        side_read(side, packet->octets + 16, variant->cut - 16);
    }
    blob_free(&hello);
}

static void serialize(struct side *side, struct blob *out)
{
    uint8_t *state;
    int len;

    if (usbredirparser_serialize(side->parser, &state, &len) != 0) {
        blob_die("usbredirparser_serialize: failed");
    }
    blob_put(out, state, (size_t)len);
    free(state);
}

static int save(const char *name, const char *path)
{
    struct side side;
    struct blob packet = {0};
    struct blob state = {0};

    make(&side, variant_named(name), &packet);
    serialize(&side, &state);
    blob_write_file(path, &state);
    blob_free(&state);
    blob_free(&packet);
    side_free(&side);
    return 0;
}

static int load(const char *from, const char *to)
{
    struct side side;
    struct blob state = {0};
    struct blob again = {0};
    int rc;

    blob_read_file(from, &state);
    side_new(&side, usbredirparser_fl_no_hello);
    rc = usbredirparser_unserialize(side.parser, state.octets, (int)state.len);
    printf("rc %d", rc);
    if (rc == 0) {
        serialize(&side, &again);
        printf(", saved %zu of %zu, %s", again.len, state.len,
               again.len == state.len && memcmp(again.octets, state.octets, state.len) == 0
                   ? "the same"
                   : "different");
        if (strcmp(to, "-") != 0) {
            blob_write_file(to, &again);
        }
    }
    printf("\n");
    blob_free(&again);
    blob_free(&state);
    side_free(&side);
    return rc == 0 ? 0 : 1;
}

static int resume(const char *name)
{
    const struct variant *variant = variant_named(name);
    struct side first;
    struct side second;
    struct blob packet = {0};
    struct blob state = {0};
    int same;

    make(&first, variant, &packet);
    serialize(&first, &state);
    side_new(&second, usbredirparser_fl_no_hello);
    if (usbredirparser_unserialize(second.parser, state.octets, (int)state.len) != 0) {
        blob_die("refused");
    }
    if (packet.len > variant->cut) {
        side_read(&first, packet.octets + variant->cut, packet.len - variant->cut);
        side_read(&second, packet.octets + variant->cut, packet.len - variant->cut);
    }
    same = first.handed.len == second.handed.len &&
           (first.handed.len == 0 ||
            memcmp(first.handed.octets, second.handed.octets, first.handed.len) == 0);
    printf("itself %zu octets, loaded %zu octets: %s\n", first.handed.len, second.handed.len,
           same ? "same" : "DIFFERENT");
    blob_free(&packet);
    blob_free(&state);
    side_free(&first);
    side_free(&second);
    return same ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "variants") == 0) {
        for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
            puts(variants[i].name);
        }
        return 0;
    }
    if (argc == 4 && strcmp(argv[1], "save") == 0) {
        return save(argv[2], argv[3]);
    }
    if (argc == 4 && strcmp(argv[1], "load") == 0) {
        return load(argv[2], argv[3]);
    }
    if (argc == 3 && strcmp(argv[1], "resume") == 0) {
        return resume(argv[2]);
    }
    blob_die("usage: usbredir_blob variants | save VARIANT FILE | load FILE OUT | resume VARIANT");
}
