/*
 * mutate_stream.c - how libFuzzer changes a BER stream so that it stays one: whole elements are
 * changed, left out, doubled and moved, and the lengths around them put right. Checks are for the
 * target, which makes them true if the first octet of the input says so (bit 0).
 *
 * For targets whose input is one octet of choices and a stream.
 */
#include <stdlib.h>

#include "codec/ber/ber_reader.h"
#include "codec/ber/ber_writer.h"
#include "stream_frames.h"
#include "stream_trip.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *other,
                                 size_t other_size, uint8_t *out, size_t max_size, unsigned seed);

enum { NODES_MAX = 4096, GROW_MAX = 64 };

/* An element in the contents of a frame. */
struct node {
    size_t offset;
    size_t head_len;
    size_t end; /* behind the element */
    size_t contents_end;
    unsigned depth;
    bool constructed;
};

struct tree {
    struct span in;
    struct node nodes[NODES_MAX];
    size_t count;
};

static void add_node(struct tree *tree, const struct ber_item *item, size_t *open)
{
    struct node *node = &tree->nodes[tree->count];

    node->offset = item->offset;
    node->head_len = item->head.head_len;
    node->depth = item->depth;
    node->constructed = item->step == BER_STEP_ENTER;
    node->contents_end = item->offset + item->head.head_len + (size_t)item->head.len;
    node->end = node->contents_end;
    open[item->depth] = tree->count++;
}

/* Lists the elements of in, as many as there are up to the first fault. */
static void read_tree(struct tree *tree, struct span in)
{
    size_t open[BER_DEPTH_MAX + 1];
    struct ber_walk walk;
    struct ber_item item;

    tree->in = in;
    tree->count = 0;
    ber_walk_init(&walk, in, 0);
    while (tree->count < NODES_MAX && ber_walk_next(&walk, &item, NULL) &&
           item.step != BER_STEP_END) {
        if (item.step == BER_STEP_LEAVE) {
            tree->nodes[open[item.depth]].contents_end = item.offset;
            tree->nodes[open[item.depth]].end = walk.at;
        } else {
            add_node(tree, &item, open);
        }
    }
}

static void put(struct buf *out, struct span s)
{
    if (!buf_put(out, s.p, s.len, NULL)) {
        abort();
    }
}

static struct span between(const struct tree *tree, size_t from, size_t to)
{
    return span_of(tree->in.p + from, to > from ? to - from : 0);
}

/* Puts an element with the tag of node and these contents. */
static void put_element(struct buf *out, const struct tree *tree, const struct node *node,
                        struct span contents)
{
    uint8_t octets[BER_HEAD_MAX];
    struct ber_head head;

    if (!ber_head(span_from(tree->in, node->offset), &head, NULL)) {
        abort();
    }
    put(out, span_of(octets, ber_forward_head(octets, head.tag, contents.len)));
    put(out, contents);
}

/* Replaces element at by octets and puts the lengths around it right; the result goes to out. */
static void replace(const struct tree *tree, size_t at, struct span octets, struct buf *out)
{
    const struct node *inner = &tree->nodes[at];
    size_t from = inner->offset;
    size_t to = inner->end;
    struct buf now;

    buf_init(&now, STREAM_MAX);
    put(&now, octets);
    for (size_t i = at; i > 0 && inner->depth > 0; i--) {
        const struct node *outer = &tree->nodes[i - 1];
        struct buf contents;

        if (outer->depth + 1 != inner->depth) {
            continue;
        }
        buf_init(&contents, STREAM_MAX);
        put(&contents, between(tree, outer->offset + outer->head_len, from));
        put(&contents, buf_span(&now));
        put(&contents, between(tree, to, outer->contents_end));
        buf_clear(&now);
        put_element(&now, tree, outer, buf_span(&contents));
        buf_done(&contents);
        from = outer->offset;
        to = outer->end;
        inner = outer;
    }
    put(out, between(tree, 0, from));
    put(out, buf_span(&now));
    put(out, between(tree, to, tree->in.len));
    buf_done(&now);
}

/* New contents for an element: mutated by libFuzzer, or a number from the edge of some range. */
static void put_changed(struct buf *out, const struct tree *tree, const struct node *node,
                        uint32_t *state)
{
    static const struct {
        uint8_t len;
        uint8_t octets[9];
    } numbers[] = {
        {1, {0}},
        {1, {1}},
        {1, {0x7f}},
        {1, {0xff}},
        {2, {0, 0xff}},
        {3, {0, 0xff, 0xff}},
        {4, {0x7f, 0xff, 0xff, 0xff}},
        {5, {0, 0xff, 0xff, 0xff, 0xff}},
        {5, {1, 0, 0, 0, 0}},
        {8, {0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
        {8, {0x80, 0, 0, 0, 0, 0, 0, 0}},
        {9, {0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
    };
    struct span contents = between(tree, node->offset + node->head_len, node->contents_end);
    uint8_t *changed;
    size_t len;

    if (!node->constructed && stream_random(state) % 3 == 0) {
        size_t i = stream_random(state) % (sizeof(numbers) / sizeof(numbers[0]));

        put_element(out, tree, node, span_of(numbers[i].octets, numbers[i].len));
        return;
    }
    changed = malloc(contents.len + GROW_MAX);
    if (changed == NULL) {
        abort();
    }
    if (contents.len > 0) {
        memcpy(changed, contents.p, contents.len);
    }
    len = LLVMFuzzerMutate(changed, contents.len, contents.len + GROW_MAX);
    put_element(out, tree, node, span_of(changed, len));
    free(changed);
}

/* Changes something inside a frame; from: the contents of another one, to take elements from. */
static void change_inside(struct span contents, struct span from, struct buf *out, uint32_t *state)
{
    static struct tree tree;
    static struct tree other;
    struct buf octets;
    const struct node *node;
    size_t at;

    read_tree(&tree, contents);
    if (tree.count == 0) {
        put(out, contents);
        return;
    }
    at = stream_random(state) % tree.count;
    node = &tree.nodes[at];
    buf_init(&octets, STREAM_MAX);
    switch (stream_random(state) % 8) {
    case 0: /* left out */
        break;
    case 1: /* doubled */
        put(&octets, between(&tree, node->offset, node->end));
        put(&octets, between(&tree, node->offset, node->end));
        break;
    case 2: /* another one in front of it, or in its place */
        read_tree(&other, from);
        if (other.count > 0) {
            const struct node *taken = &other.nodes[stream_random(state) % other.count];

            put(&octets, between(&other, taken->offset, taken->end));
        }
        if (stream_random(state) % 2 == 0) {
            put(&octets, between(&tree, node->offset, node->end));
        }
        break;
    default:
        put_changed(&octets, &tree, node, state);
        break;
    }
    replace(&tree, at, buf_span(&octets), out);
    buf_done(&octets);
}

static bool change_frames(struct stream_frames *frames, uint32_t *state, struct err *err)
{
    size_t at = stream_random(state) % frames->count;
    size_t other = stream_random(state) % frames->count;
    struct stream_frame was = frames->items[at];
    struct buf changed;
    bool ok = true;

    switch (stream_random(state) % 12) {
    case 0:
        stream_frames_remove(frames, at);
        return true;
    case 1:
        return stream_frames_insert(frames, other, was.part, was.contents, err);
    case 2:
        frames->items[at] = frames->items[other];
        frames->items[other] = was;
        return true;
    default:
        buf_init(&changed, STREAM_MAX);
        change_inside(was.contents, frames->items[other].contents, &changed, state);
        ok = stream_frames_set(frames, at, buf_span(&changed), err);
        buf_done(&changed);
        return ok;
    }
}

/* Joins the frames into out behind its first octet; 0 if they do not fit. */
static size_t join_into(const struct stream_frames *frames, uint8_t *out, size_t max_size)
{
    struct err err = ERR_INIT;
    struct buf ber;
    size_t size = 0;

    if (stream_join(frames, 0, &ber, &err) && ber.len < max_size) {
        memcpy(out + 1, ber.p, ber.len);
        size = 1 + ber.len;
    }
    buf_done(&ber);
    return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    uint32_t state = seed | 1;
    struct err err = ERR_INIT;
    struct stream_frames frames;
    size_t changed = 0;

    (void)stream_random(&state);
    if (size < 2 || stream_random(&state) % 8 == 0) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    if (stream_split(span_of(data + 1, size - 1), &frames, &err) && frames.count > 0) {
        unsigned times = 1 + stream_random(&state) % 3;
        bool ok = true;

        for (unsigned i = 0; ok && i < times && frames.count > 0; i++) {
            ok = change_frames(&frames, &state, &err);
        }
        if (ok) {
            changed = join_into(&frames, data, max_size);
        }
        if (stream_random(&state) % 4 == 0) {
            data[0] = (uint8_t)stream_random(&state);
        } else {
            data[0] |= 1;
        }
    }
    stream_frames_done(&frames);
    return changed > 0 ? changed : LLVMFuzzerMutate(data, size, max_size);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *other,
                                 size_t other_size, uint8_t *out, size_t max_size, unsigned seed)
{
    uint32_t state = seed | 1;
    struct err err = ERR_INIT;
    struct stream_frames to;
    struct stream_frames from;
    size_t size = 0;
    bool ok;

    if (one_size < 2 || other_size < 2) {
        return 0;
    }
    ok = stream_split(span_of(one + 1, one_size - 1), &to, &err);
    ok = stream_split(span_of(other + 1, other_size - 1), &from, &err) && ok;
    if (ok && to.count > 0 && from.count > 0) {
        const struct stream_frame *frame = &from.items[stream_random(&state) % from.count];
        size_t at = stream_random(&state) % to.count;

        out[0] = one[0];
        if (stream_frames_insert(&to, at, frame->part, frame->contents, &err)) {
            size = join_into(&to, out, max_size);
        }
    }
    stream_frames_done(&from);
    stream_frames_done(&to);
    return size;
}
