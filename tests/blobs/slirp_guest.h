/*
 * slirp_guest.h - a guest of a user network, as small as one can be: says who it is by ARP, takes a
 * lease by DHCP, and speaks TCP by segments that its caller orders one by one.
 *
 * It acknowledges nothing by itself: what is in flight stays in the buffers of the other side.
 */
#ifndef SLIRP_GUEST_H
#define SLIRP_GUEST_H

#include <stddef.h>
#include <stdint.h>

#include <slirp/libslirp.h>

enum { GUEST_FIN = 1, GUEST_SYN = 2, GUEST_PSH = 8, GUEST_ACK = 0x10, GUEST_URG = 0x20 };
enum { GUEST_FLOWS_MAX = 16, GUEST_MSS = 1460 };

/* One TCP connection, as the guest sees it. Addresses are in host order. */
struct guest_flow {
    uint32_t to;
    uint16_t port;
    uint16_t from_port;
    uint32_t seq;      /* of the next octet that the guest sends */
    uint32_t peer_seq; /* behind the last octet that the other side sent */
    uint16_t window;
};

struct guest {
    Slirp *slirp;
    uint8_t mac[6];
    uint32_t address;
    uint16_t ip_id;
    struct guest_flow flows[GUEST_FLOWS_MAX];
    size_t flow_count;
};

/* guest_receive takes a frame that the network sends to the guest. */
void guest_receive(struct guest *guest, const uint8_t *frame, size_t len);

/* guest_announce makes the network know the guest's address. */
void guest_announce(struct guest *guest);

/* guest_dhcp discovers and requests an address for a MAC address. */
void guest_dhcp(struct guest *guest, const uint8_t *mac, uint32_t wanted);

/* guest_open makes a flow and sends its SYN; guest_segment with GUEST_ACK makes it established. */
struct guest_flow *guest_open(struct guest *guest, uint32_t to, uint16_t port, uint16_t from_port);

/* guest_segment sends one segment; `urgent` is the urgent pointer, `acked` the acknowledgment. */
void guest_segment(struct guest *guest, struct guest_flow *flow, unsigned flags, uint32_t acked,
                   uint16_t urgent, const void *data, size_t len);

/* guest_open6 sends the SYN of a TCP connection by IPv6. */
void guest_open6(struct guest *guest, const struct in6_addr *to, uint16_t port);

#endif
