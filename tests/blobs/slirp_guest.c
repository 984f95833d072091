/*
 * slirp_guest.c - a guest of a user network: ARP, DHCP, and TCP segment by segment.
 */
#include "slirp_guest.h"

#include <string.h>

#include "blob_wire.h"

enum { ETHER = 14, IPV4 = 20, IPV6 = 40, TCP = 20, UDP = 8, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };

static uint32_t sum_octets(uint32_t sum, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        sum += (uint32_t)p[i] << (i % 2 == 0 ? 8 : 0);
    }
    return sum;
}

static uint16_t sum_fold(uint32_t sum)
{
    while (sum > 0xffff) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

static void put_ether(struct blob *frame, const uint8_t *from, uint16_t protocol)
{
    blob_fill(frame, 0xff, 6);
    blob_put(frame, from, 6);
    blob_int(frame, protocol, 2, BLOB_BIG);
}

static void put_ipv4(struct blob *frame, struct guest *guest, uint8_t protocol, uint32_t from,
                     uint32_t to, size_t payload)
{
    size_t at = frame->len;

    blob_int(frame, 0x4500, 2, BLOB_BIG);
    blob_int(frame, IPV4 + payload, 2, BLOB_BIG);
    blob_int(frame, guest->ip_id++, 2, BLOB_BIG);
    blob_int(frame, 0, 2, BLOB_BIG);
    blob_int(frame, 64, 1, BLOB_BIG);
    blob_int(frame, protocol, 1, BLOB_BIG);
    blob_int(frame, 0, 2, BLOB_BIG);
    blob_int(frame, from, 4, BLOB_BIG);
    blob_int(frame, to, 4, BLOB_BIG);
    blob_patch(frame, at + 10, sum_fold(sum_octets(0, frame->octets + at, IPV4)), 2, BLOB_BIG);
}

static void send_frame(struct guest *guest, struct blob *frame)
{
    slirp_input(guest->slirp, frame->octets, (int)frame->len);
    blob_free(frame);
}

void guest_announce(struct guest *guest)
{
    struct blob frame = {0};

    put_ether(&frame, guest->mac, 0x0806);
    blob_int(&frame, 0x0001080006040001, 8, BLOB_BIG); /* Ethernet, IPv4, a request */
    blob_put(&frame, guest->mac, 6);
    blob_int(&frame, guest->address, 4, BLOB_BIG);
    blob_fill(&frame, 0, 6);
    blob_int(&frame, guest->address, 4, BLOB_BIG);
    blob_fill(&frame, 0, 64 - frame.len);
    send_frame(guest, &frame);
}

static void send_dhcp(struct guest *guest, const uint8_t *mac, uint8_t type, uint32_t wanted)
{
    enum { MESSAGE = 236 + 64 };
    struct blob frame = {0};
    size_t at;

    put_ether(&frame, mac, 0x0800);
    put_ipv4(&frame, guest, PROTOCOL_UDP, 0, 0xffffffff, UDP + MESSAGE);
    blob_int(&frame, 68, 2, BLOB_BIG);
    blob_int(&frame, 67, 2, BLOB_BIG);
    blob_int(&frame, UDP + MESSAGE, 2, BLOB_BIG);
    blob_int(&frame, 0, 2, BLOB_BIG);
    at = frame.len;
    blob_int(&frame, 0x01010600, 4, BLOB_BIG);
    blob_int(&frame, 0x12345678, 4, BLOB_BIG);
    blob_fill(&frame, 0, 20);
    blob_put(&frame, mac, 6);
    blob_fill(&frame, 0, 236 - (frame.len - at));
    blob_int(&frame, 0x63825363, 4, BLOB_BIG);
    blob_int(&frame, 0x3501, 2, BLOB_BIG);
    blob_int(&frame, type, 1, BLOB_BIG);
    if (wanted != 0) {
        blob_int(&frame, 0x3204, 2, BLOB_BIG);
        blob_int(&frame, wanted, 4, BLOB_BIG);
    }
    blob_int(&frame, 0xff, 1, BLOB_BIG);
    blob_fill(&frame, 0, MESSAGE - (frame.len - at));
    send_frame(guest, &frame);
}

void guest_dhcp(struct guest *guest, const uint8_t *mac, uint32_t wanted)
{
    send_dhcp(guest, mac, 1, wanted);
    send_dhcp(guest, mac, 3, wanted);
}

static void put_tcp(struct blob *frame, const struct guest_flow *flow, unsigned flags,
                    uint32_t acked, uint16_t urgent)
{
    size_t options = (flags & GUEST_SYN) != 0 ? 4 : 0;

    blob_int(frame, flow->from_port, 2, BLOB_BIG);
    blob_int(frame, flow->port, 2, BLOB_BIG);
    blob_int(frame, flow->seq, 4, BLOB_BIG);
    blob_int(frame, acked, 4, BLOB_BIG);
    blob_int(frame, (TCP + options) / 4 << 4, 1, BLOB_BIG);
    blob_int(frame, flags, 1, BLOB_BIG);
    blob_int(frame, flow->window, 2, BLOB_BIG);
    blob_int(frame, 0, 2, BLOB_BIG);
    blob_int(frame, urgent, 2, BLOB_BIG);
    if (options > 0) {
        blob_int(frame, 0x02040000 | GUEST_MSS, 4, BLOB_BIG);
    }
}

void guest_segment(struct guest *guest, struct guest_flow *flow, unsigned flags, uint32_t acked,
                   uint16_t urgent, const void *data, size_t len)
{
    struct blob frame = {0};
    size_t payload = TCP + ((flags & GUEST_SYN) != 0 ? 4U : 0U) + len;
    uint32_t sum = PROTOCOL_TCP + (uint32_t)payload;
    size_t at;

    put_ether(&frame, guest->mac, 0x0800);
    put_ipv4(&frame, guest, PROTOCOL_TCP, guest->address, flow->to, payload);
    at = frame.len;
    put_tcp(&frame, flow, flags, acked, urgent);
    blob_put(&frame, data, len);
    sum = sum_octets(sum, frame.octets + at - 8, 8 + payload);
    blob_patch(&frame, at + 16, sum_fold(sum), 2, BLOB_BIG);
    flow->seq += (uint32_t)len + ((flags & (GUEST_SYN | GUEST_FIN)) != 0 ? 1 : 0);
    send_frame(guest, &frame);
}

struct guest_flow *guest_open(struct guest *guest, uint32_t to, uint16_t port, uint16_t from_port)
{
    struct guest_flow *flow = &guest->flows[guest->flow_count];

    if (guest->flow_count++ == GUEST_FLOWS_MAX) {
        blob_die("more than %d connections", GUEST_FLOWS_MAX);
    }
    flow->to = to;
    flow->port = port;
    flow->from_port = from_port;
    flow->seq = 0x10000000U + from_port;
    flow->window = 0xffff;
    guest_segment(guest, flow, GUEST_SYN, 0, 0, NULL, 0);
    return flow;
}

void guest_open6(struct guest *guest, const struct in6_addr *to, uint16_t port)
{
    static const uint8_t local[16] = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x15};
    struct guest_flow flow = {
        .port = port, .from_port = 40006, .seq = 0x60000000, .window = 0xffff};
    struct blob frame = {0};
    uint32_t sum = PROTOCOL_TCP + TCP + 4;
    size_t at;

    put_ether(&frame, guest->mac, 0x86dd);
    blob_int(&frame, 0x60000000, 4, BLOB_BIG);
    blob_int(&frame, TCP + 4, 2, BLOB_BIG);
    blob_int(&frame, PROTOCOL_TCP << 8 | 64, 2, BLOB_BIG);
    blob_put(&frame, local, 16);
    blob_put(&frame, to, 16);
    at = frame.len;
    put_tcp(&frame, &flow, GUEST_SYN, 0, 0);
    sum = sum_octets(sum, frame.octets + at - 32, 32 + TCP + 4);
    blob_patch(&frame, at + 16, sum_fold(sum), 2, BLOB_BIG);
    send_frame(guest, &frame);
}

void guest_receive(struct guest *guest, const uint8_t *frame, size_t len)
{
    struct blob_reader in = {frame, len, ETHER + 2, 0};
    uint32_t length = (uint32_t)blob_take_int(&in, 2, BLOB_BIG);
    uint32_t from;
    uint32_t seq;
    uint16_t ports[2];

    if (len < ETHER + IPV4 + TCP || frame[12] != 8 || frame[13] != 0 || frame[23] != PROTOCOL_TCP) {
        return;
    }
    in.at = ETHER + 12;
    from = (uint32_t)blob_take_int(&in, 4, BLOB_BIG);
    in.at = ETHER + IPV4;
    ports[0] = (uint16_t)blob_take_int(&in, 2, BLOB_BIG);
    ports[1] = (uint16_t)blob_take_int(&in, 2, BLOB_BIG);
    seq = (uint32_t)blob_take_int(&in, 4, BLOB_BIG);
    seq += length - IPV4 - 4U * (frame[ETHER + IPV4 + 12] >> 4);
    seq += (frame[ETHER + IPV4 + 13] & (GUEST_SYN | GUEST_FIN)) != 0 ? 1 : 0;
    for (size_t i = 0; i < guest->flow_count; i++) {
        struct guest_flow *flow = &guest->flows[i];

        if (flow->to == from && flow->port == ports[0] && flow->from_port == ports[1] &&
            (int32_t)(seq - flow->peer_seq) > 0) {
            flow->peer_seq = seq;
        }
    }
}
