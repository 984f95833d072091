/*
 * slirp_blob.c - state blobs of the real libslirp, by its own API: made, and loaded again.
 *
 *     slirp_blob variants                   the names of the variants
 *     slirp_blob save VARIANT FILE [FILL]   the state of a small guest's network, saved
 *     slirp_blob load FILE OUT [VERSION]    FILE loaded into a fresh network, that saved to OUT (-:
 * not)
 *
 * FILL is what fresh memory holds (glibc's M_PERTURB); without it buffers are mapped anew and hold
 * zeros. All else is the same in every run: time stands still but where a variant lets it go on.
 * Exit status of load: 0 loaded, 1 refused by the library, 2 anything else.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blob_wire.h"
#include "slirp_guest.h"

enum { ECHO, CHAT, WEB, MORE, MORE_2, MORE_3, MORE_4, MORE_5, CAPTURED, CAPTURED_2, FORWARDS };

/* What the guest may connect to: addresses that the program, not a host, answers for. The last two
 * are those of the captures of QEMU, so that their blobs load. */
static const struct {
    uint32_t address;
    uint16_t port;
} forwards[FORWARDS] = {{0x0a000264, 1234}, {0x0a000265, 5555}, {0x0a000266, 80},
                        {0x0a000267, 7001}, {0x0a000267, 7002}, {0x0a000267, 7003},
                        {0x0a000267, 7004}, {0x0a000267, 7005}, {0x0a000265, 9},
                        {0x0a000264, 7}};

struct network {
    Slirp *slirp;
    struct guest guest;
    int64_t now_ns;
};

static ssize_t on_frame(const void *frame, size_t len, void *opaque)
{
    struct network *net = opaque;

    guest_receive(&net->guest, frame, len);
    return (ssize_t)len;
}

static void on_error(const char *message, void *opaque)
{
    (void)opaque;
    (void)fprintf(stderr, "slirp_blob: %s\n", message);
}

static int64_t on_clock(void *opaque)
{
    return ((struct network *)opaque)->now_ns;
}

static void *on_timer_new(SlirpTimerCb call, void *call_opaque, void *opaque)
{
    (void)call;
    (void)call_opaque;
    return opaque;
}

static void on_timer_free(void *timer, void *opaque)
{
    (void)timer;
    (void)opaque;
}

static void on_timer_mod(void *timer, int64_t expires, void *opaque)
{
    (void)timer;
    (void)expires;
    (void)opaque;
}

static void on_fd(int fd, void *opaque)
{
    (void)fd;
    (void)opaque;
}

static void on_notify(void *opaque)
{
    (void)opaque;
}

static const struct SlirpCb calls = {.send_packet = on_frame,
                                     .guest_error = on_error,
                                     .clock_get_ns = on_clock,
                                     .timer_new = on_timer_new,
                                     .timer_free = on_timer_free,
                                     .timer_mod = on_timer_mod,
                                     .register_poll_fd = on_fd,
                                     .unregister_poll_fd = on_fd,
                                     .notify = on_notify};

/* What a guest sends to one of the forwards ends here. */
static ssize_t on_forward(const void *octets, size_t len, void *opaque)
{
    (void)octets;
    (void)opaque;
    return (ssize_t)len;
}

/* A network as QEMU's -netdev user makes it by default. */
static void network_new(struct network *net)
{
    static const uint8_t mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
    struct SlirpConfig config;

    memset(&config, 0, sizeof(config));
    memset(net, 0, sizeof(*net));
    config.version = 1;
    config.in_enabled = true;
    config.in6_enabled = true;
    config.vnetwork.s_addr = htonl(0x0a000200);
    config.vnetmask.s_addr = htonl(0xffffff00);
    config.vhost.s_addr = htonl(0x0a000202);
    config.vdhcp_start.s_addr = htonl(0x0a00020f);
    config.vnameserver.s_addr = htonl(0x0a000203);
    config.vprefix_addr6.s6_addr[0] = 0xfe;
    config.vprefix_addr6.s6_addr[1] = 0xc0;
    config.vprefix_len = 64;
    config.vhost6 = config.vprefix_addr6;
    config.vhost6.s6_addr[15] = 2;
    config.vnameserver6 = config.vprefix_addr6;
    config.vnameserver6.s6_addr[15] = 3;
    net->now_ns = 1000000000;
    net->slirp = slirp_new(&config, &calls, net);
    for (size_t i = 0; i < FORWARDS; i++) {
        struct in_addr address = {htonl(forwards[i].address)};

        if (slirp_add_guestfwd(net->slirp, on_forward, NULL, &address, forwards[i].port) != 0) {
            blob_die("slirp_add_guestfwd: refused");
        }
    }
    net->guest.slirp = net->slirp;
    net->guest.address = 0x0a00020f;
    memcpy(net->guest.mac, mac, sizeof(mac));
}

static int on_add_poll(int fd, int events, void *opaque)
{
    (void)fd;
    (void)events;
    (void)opaque;
    return 0;
}

/* Lets time go on; TCP's slow timers run every half a second. */
static void network_wait(struct network *net, unsigned half_seconds)
{
    for (unsigned i = 0; i < half_seconds; i++) {
        uint32_t timeout = UINT32_MAX;

        slirp_pollfds_fill(net->slirp, &timeout, on_add_poll, net);
        net->now_ns += 500000000;
        slirp_pollfds_poll(net->slirp, 1, NULL, NULL);
    }
}

static struct guest_flow *open_flow(struct network *net, size_t forward, uint16_t from_port)
{
    struct guest_flow *flow =
        guest_open(&net->guest, forwards[forward].address, forwards[forward].port, from_port);

    guest_segment(&net->guest, flow, GUEST_ACK, flow->peer_seq, 0, NULL, 0);
    return flow;
}

/* The program behind a forward sends; what the guest does not acknowledge stays in so_snd. */
static void forward_send(struct network *net, size_t forward, const void *octets, size_t len)
{
    struct in_addr address = {htonl(forwards[forward].address)};

    slirp_socket_recv(net->slirp, address, forwards[forward].port, octets, (int)len);
}

/* The program behind a forward closes: slirp takes more than it has room for as just that. */
static void forward_close(struct network *net, size_t forward)
{
    static const uint8_t much[1 << 18];

    forward_send(net, forward, much, sizeof(much));
}

/*
 * The guest sends `len` octets of which the first `urgent` are urgent: those are delivered at once,
 * the others wait in so_rcv, as slirp does for no other data of a guestfwd.
 */
static void guest_send(struct network *net, struct guest_flow *flow, const void *octets, size_t len,
                       size_t urgent)
{
    guest_segment(&net->guest, flow, GUEST_ACK | GUEST_PSH | (urgent > 0 ? GUEST_URG : 0),
                  flow->peer_seq, (uint16_t)urgent, octets, len);
}

static void guest_acks(struct network *net, struct guest_flow *flow, uint32_t less)
{
    guest_segment(&net->guest, flow, GUEST_ACK, flow->peer_seq - less, 0, NULL, 0);
}

static void guest_close(struct network *net, struct guest_flow *flow)
{
    guest_segment(&net->guest, flow, GUEST_ACK | GUEST_FIN, flow->peer_seq, 0, NULL, 0);
}

static void make_none(struct network *net)
{
    (void)net;
}

static void make_lease(struct network *net)
{
    static const uint8_t other[6] = {0x52, 0x54, 0x00, 0xab, 0xcd, 0xef};

    guest_dhcp(&net->guest, net->guest.mac, 0);
    guest_dhcp(&net->guest, other, 0x0a00021e); /* the last of the table */
}

/* so_rcv: 8 octets from offset 5; so_snd: 17 octets from offset 4, all of them sent once. */
static void make_one(struct network *net)
{
    struct guest_flow *flow;

    guest_dhcp(&net->guest, net->guest.mac, 0);
    guest_announce(&net->guest);
    flow = open_flow(net, ECHO, 40000);
    guest_send(net, flow, "hello waiting", 13, 5);
    forward_send(net, ECHO, "the quick brown fox..", 21);
    guest_acks(net, flow, 17);
}

static void make_three(struct network *net)
{
    struct guest_flow *flow;

    make_one(net);
    flow = open_flow(net, CHAT, 40001);
    guest_send(net, flow, "drain me", 8, 2);
    forward_send(net, CHAT, "unacknowledged", 14);
    guest_close(net, flow); /* half-closed: CLOSE_WAIT, and so_rcv not yet drained */
    flow = open_flow(net, WEB, 40002);
    guest_send(net, flow, "GET / HTTP/1.0\r\n\r\n", 18, 0);
    forward_send(net, WEB, "HTTP/1.0 200 OK\r\n\r\n", 19);
    forward_close(net, WEB); /* FIN_WAIT_1, its FIN behind 19 octets that are not acknowledged */
    network_wait(net, 3);
}

/* Every other state that a saved socket can be in. */
static void make_states(struct network *net)
{
    struct guest_flow *flow;

    guest_announce(&net->guest);
    (void)guest_open(&net->guest, forwards[ECHO].address, forwards[ECHO].port, 41000);
    flow = open_flow(net, CHAT, 41001); /* CLOSE_WAIT, nothing to drain */
    guest_close(net, flow);
    flow = open_flow(net, WEB, 41002); /* FIN_WAIT_2 */
    forward_close(net, WEB);
    guest_acks(net, flow, 0);
    flow = open_flow(net, MORE, 41003); /* LAST_ACK */
    guest_close(net, flow);
    forward_close(net, MORE);
    flow = open_flow(net, MORE_2, 41004); /* CLOSING: both FINs on the way */
    forward_close(net, MORE_2);
    flow->peer_seq--;
    guest_close(net, flow);
    flow = open_flow(net, MORE_3, 41005); /* TIME_WAIT */
    forward_close(net, MORE_3);
    guest_acks(net, flow, 0);
    guest_close(net, flow);
    flow = open_flow(net, MORE_4, 41006); /* ESTABLISHED, and a closed window: persist timer */
    guest_send(net, flow, "!", 1, 0);
    flow->window = 0;
    guest_send(net, flow, "!", 1, 0);
    forward_send(net, MORE_4, "no window", 9);
    flow = open_flow(net, MORE_5, 41007); /* retransmitting */
    forward_send(net, MORE_5, "lost on the way", 15);
    network_wait(net, 8);
}

/* Both buffers full beyond their end: woff < roff. */
static void make_wrap(struct network *net)
{
    enum { LEN = 131400, TURNS = LEN / GUEST_MSS - 1 };
    static uint8_t octets[2 * GUEST_MSS];
    struct guest_flow *flow;

    for (size_t i = 0; i < sizeof(octets); i++) {
        octets[i] = (uint8_t)('a' + i % 26);
    }
    guest_announce(&net->guest);
    flow = open_flow(net, ECHO, 40000);
    for (size_t i = 0; i < TURNS; i++) {
        guest_send(net, flow, octets, GUEST_MSS, GUEST_MSS);
        forward_send(net, ECHO, octets, GUEST_MSS);
        guest_acks(net, flow, 0);
    }
    guest_send(net, flow, octets, GUEST_MSS, 1200);
    guest_send(net, flow, octets + GUEST_MSS, 700, 0);
    forward_send(net, ECHO, octets, 1200);
    guest_acks(net, flow, 0);
    forward_send(net, ECHO, octets + 1200, 1300);
}

/* An urgent pointer beyond the data: slirp delivers what was never received, and sb_cc goes below
 * zero. */
static void make_urgent(struct network *net)
{
    struct guest_flow *flow;

    guest_announce(&net->guest);
    flow = open_flow(net, ECHO, 40000);
    guest_send(net, flow, "ten octets", 10, 1000);
}

/* Two connections to one forward: only the newer one is saved. */
static void make_twice(struct network *net)
{
    guest_announce(&net->guest);
    (void)open_flow(net, ECHO, 40000);
    (void)open_flow(net, ECHO, 40001);
}

/* A guest that speaks IPv6: its connections are never saved. */
static void make_ipv6(struct network *net)
{
    struct in6_addr to;

    memset(&to, 0, sizeof(to));
    to.s6_addr[0] = 0xfe;
    to.s6_addr[1] = 0xc0;
    to.s6_addr[15] = 2;
    guest_open6(&net->guest, &to, 1234);
}

static const struct variant {
    const char *name;
    void (*make)(struct network *net);
} variants[] = {{"none", make_none},     {"lease", make_lease},   {"one", make_one},
                {"three", make_three},   {"states", make_states}, {"wrap", make_wrap},
                {"urgent", make_urgent}, {"twice", make_twice},   {"ipv6", make_ipv6}};

static ssize_t save_octets(const void *octets, size_t len, void *opaque)
{
    if (len > SIZE_MAX / 2) {
        blob_die("libslirp wants %zu octets written", len);
    }
    blob_put(opaque, octets, len);
    return (ssize_t)len;
}

static ssize_t load_octets(void *octets, size_t len, void *opaque)
{
    struct blob_reader *in = opaque;
    size_t left = in->len - in->at;
    size_t n = len < left ? len : left;

    if (n > 0) {
        memcpy(octets, in->octets + in->at, n);
    }
    in->at += n;
    in->cut |= n < len;
    return (ssize_t)n;
}

static size_t count_differences(const struct blob *a, const struct blob *b)
{
    size_t both = a->len < b->len ? a->len : b->len;
    size_t n = a->len + b->len - 2 * both;

    for (size_t i = 0; i < both; i++) {
        n += a->octets[i] != b->octets[i];
    }
    return n;
}

static int save(const char *name, const char *path, const char *fill)
{
    struct network net;
    struct blob blob = {0};

    if (fill != NULL) {
        (void)mallopt(M_PERTURB, ~atoi(fill) & 0xff);
        (void)mallopt(M_MMAP_THRESHOLD, 1 << 24);
    } else {
        (void)mallopt(M_MMAP_THRESHOLD, 1 << 14);
    }
    for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
        if (strcmp(name, variants[i].name) == 0) {
            network_new(&net);
            variants[i].make(&net);
            slirp_state_save(net.slirp, save_octets, &blob);
            blob_write_file(path, &blob);
            blob_free(&blob);
            return 0;
        }
    }
    blob_die("no variant %s", name);
}

static int load(const char *from, const char *to, int version)
{
    struct network net;
    struct blob blob = {0};
    struct blob again = {0};
    struct blob_reader in = {0};
    int rc;

    (void)mallopt(M_MMAP_THRESHOLD, 1 << 14);
    blob_read_file(from, &blob);
    in.octets = blob.octets;
    in.len = blob.len;
    network_new(&net);
    rc = slirp_state_load(net.slirp, version, load_octets, &in);
    printf("rc %d, read %zu of %zu%s", rc, in.at, in.len, in.cut != 0 ? " and wanted more" : "");
    if (rc >= 0) {
        slirp_state_save(net.slirp, save_octets, &again);
        printf(", saved %zu, octets that differ: %zu", again.len, count_differences(&blob, &again));
        if (strcmp(to, "-") != 0) {
            blob_write_file(to, &again);
        }
    }
    printf("\n");
    blob_free(&again);
    blob_free(&blob);
    return rc < 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "variants") == 0) {
        for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
            puts(variants[i].name);
        }
        return 0;
    }
    if ((argc == 4 || argc == 5) && strcmp(argv[1], "save") == 0) {
        return save(argv[2], argv[3], argc == 5 ? argv[4] : NULL);
    }
    if ((argc == 4 || argc == 5) && strcmp(argv[1], "load") == 0) {
        return load(argv[2], argv[3], argc == 5 ? atoi(argv[4]) : slirp_state_version());
    }
    blob_die("usage: slirp_blob variants | save VARIANT FILE [FILL] | load FILE OUT [VERSION]");
}
