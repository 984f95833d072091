/*
 * value.h - values of device sections as structs of C: what all of <vmber/devices/...> share.
 *
 * Each device module (asn1/devices/) has a header with a struct and two functions. A reader gives
 * the values, with the name of the module each conforms to:
 *
 *     struct vmber_arena *arena = vmber_arena_new(1 << 24);
 *     struct vmber_e1000 nic;
 *
 *     while (vmber_next(reader, &event, &error) > 0) {
 *         if (event.kind == VMBER_EVENT_SECTION &&
 *             strcmp(event.module, VMBER_E1000_MODULE) == 0 &&
 *             vmber_e1000_decode(event.octets, event.octet_count, arena, &nic, &error)) {
 *             printf("CTRL %08" PRIx32 "\n", nic.mac_reg_ctrl);
 *         }
 *         vmber_arena_reset(arena);
 *     }
 *
 * Fields are called as in the module, with '_' for '-'. What stands in angle brackets behind one is
 * how QEMU calls it, where that is not the same. A field x that the source can have left out has a
 * bool has_x before it; where that is false, x is all zero. An array is a count and items.
 *
 * vmber_NAME_decode reads the BER encoding of one value, all len octets of it, into *out, which
 * lies with the caller. Arrays lie in the arena until it is reset. Octets lie in value itself, or
 * in the arena if they came in segments: so value must live, unchanged, as long as *out is used. A
 * value of another module, out of range, cut short, or with octets behind it, is refused. What a
 * later revision of the module has added is kept in unknown, and encoded again. Any length and
 * depth of input is safe; what it can take of memory is the arena's budget.
 *
 * vmber_NAME_encode is the way back: *out is the encoding, which lies in the arena until that is
 * reset. It refuses a value that the module does not allow, such as an array of another count than
 * the header says. A value that was decoded from what vmber_encode writes is encoded to the same
 * octets, but for a boolean that was neither 0 nor 1 in QEMU's stream: in C it is true.
 *
 * Both return false if they fail, with *error (which may be NULL) filled in: VMBER_MALFORMED,
 * VMBER_TRUNCATED, or VMBER_LIMIT for the arena's budget, for memory, and for lengths that no
 * memory has; error->path names the field, error->ber_offset counts from the start of value. *out
 * then holds nothing of use (decode) or is unchanged (encode). They keep no state but the arena's:
 * two threads may use them at once, each with an arena of its own.
 */
#ifndef VMBER_VALUE_H
#define VMBER_VALUE_H

#include <vmber.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Octets that lie elsewhere. */
struct vmber_octets {
    const uint8_t *p;
    size_t len;
};

/* In `which` of a choice: an alternative that this program does not know; it is in unknown. */
enum { VMBER_UNKNOWN = -1 };

/* Memory that is given back all at once. */
struct vmber_arena;

/*
 * vmber_arena_new returns an arena that hands out no more than budget octets between two resets,
 * and takes as much again while it encodes; NULL without memory. It begins small.
 */
VMBER_API struct vmber_arena *vmber_arena_new(size_t budget);

/* vmber_arena_reset takes back everything, and keeps the memory for what comes next. */
VMBER_API void vmber_arena_reset(struct vmber_arena *arena);

/* vmber_arena_free frees the arena and everything in it; NULL is allowed. */
VMBER_API void vmber_arena_free(struct vmber_arena *arena);

#ifdef __cplusplus
}
#endif

#endif
