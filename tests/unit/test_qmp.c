/* test_qmp.c - tools/proxy: QMP messages, addresses in them, descriptors beside them. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "codec/base/err.h"
#include "tools/proxy/proxy_named.h"
#include "tools/proxy/proxy_target.h"
#include "tools/proxy/qmp_ber.h"
#include "tools/proxy/qmp_link.h"

/* The messages of text, one after the other, "!" behind those that are lexical errors. */
static void split_into(const char *text, size_t portion, char *out)
{
    struct qmp_split split;
    struct span all = span_str(text);
    size_t at = 0;

    qmp_split_init(&split);
    *out = '\0';
    while (at < all.len) {
        size_t n = portion < all.len - at ? portion : all.len - at;
        size_t used;
        enum qmp_unit unit = qmp_split_next(&split, span_of(all.p + at, n), &used);

        strncat(out, text + at, used);
        strcat(out, unit == QMP_UNIT_VALUE ? "|" : unit == QMP_UNIT_ERROR ? "!" : "");
        at += used;
    }
}

/* What QEMU 7.2 answers to each was seen: one reply for each | and each !. */
static const struct {
    const char *text;
    const char *split;
} splits[] = {
    {"{\"a\": 1}{\"b\": [{}]}", "{\"a\": 1}|{\"b\": [{}]}|"},
    {"{\"a\": \"}{\"}\r\n{}", "{\"a\": \"}{\"}|\r\n{}|"},
    {"{'a': '\"}'}", "{'a': '\"}'}|"},
    {"{\"a\\\"}\": 1}", "{\"a\\\"}\": 1}|"},
    {"5 true \"s\" ", "5| true| \"s\"| "},
    {"}{}", "}|{}|"},
    {"{]}", "{]|}|"},
    {"{\"a\": X }{}", "{\"a\": X! }|{}|"},
    {"\x01\x02{}", "\x01!\x02!{}|"},
    {"{\"a\n\": 1}", "{\"a\n!\":| 1|}|"},
    {"0123 ", "01!23 "},
    {"-1.5e+7,", "-1.5e+7|,|"},
    {"1.x{}", "1.x!{}|"},
};

START_TEST(messages_are_split_as_qemu_does)
{
    for (size_t portion = 1; portion < 20; portion++) {
        char out[256];

        split_into(splits[_i].text, portion, out);
        ck_assert_str_eq(out, splits[_i].split);
    }
}
END_TEST

static const char *const bad_json[] = {
    "",      "{",      "{\"a\"}",  "{\"a\" 1}",  "{\"a\": 1,}", "[1,]",
    "[1 2]", "{1: 2}", "{\"a\":}", "nul",        "[}",          "{} {}",
    "\"a",   "{,}",    "[\"\\\"",  "{\"a\"::1}", "[1]]",        "x",
};

START_TEST(what_is_no_json_is_refused)
{
    struct qmp_doc doc;
    struct err err = ERR_INIT;

    qmp_doc_init(&doc);
    ck_assert_msg(!qmp_doc_parse(&doc, span_str(bad_json[_i]), &err), "%s", bad_json[_i]);
    ck_assert_int_eq(err.band, ERR_MALFORMED);
    qmp_doc_done(&doc);
}
END_TEST

START_TEST(members_and_strings_are_found)
{
    static const char text[] =
        " {'a': [1, {\"b\": \"x\\u00e9\\n\"}], \"a\\u0062\": true, \"c\": \"\\ud83d\\ude00\"}\r\n";
    struct qmp_doc doc;
    struct err err = ERR_INIT;
    char out[16];
    uint32_t list;

    qmp_doc_init(&doc);
    ck_assert(qmp_doc_parse(&doc, span_str(text), &err));
    list = qmp_member(&doc, 0, "a");
    ck_assert_uint_ne(list, QMP_NONE);
    ck_assert_uint_eq(qmp_next(&doc, list, qmp_next(&doc, list, qmp_first(&doc, list))), QMP_NONE);
    ck_assert(qmp_string(&doc, qmp_member(&doc, qmp_next(&doc, list, qmp_first(&doc, list)), "b"),
                         out, sizeof(out)));
    ck_assert_str_eq(out, "x\xc3\xa9\n");
    ck_assert(qmp_is_true(&doc, qmp_member(&doc, 0, "ab")));
    ck_assert(qmp_string(&doc, qmp_member(&doc, 0, "c"), out, sizeof(out)));
    ck_assert_str_eq(out, "\xf0\x9f\x98\x80");
    ck_assert(!qmp_string(&doc, qmp_member(&doc, 0, "c"), out, 4));
    ck_assert_uint_eq(qmp_member(&doc, 0, "none"), QMP_NONE);
    qmp_doc_done(&doc);
}
END_TEST

/* Does what to text; compares what comes out. */
static void check_edit(const char *text, bool (*what)(struct qmp_doc *doc), const char *want)
{
    struct qmp_doc doc;
    struct err err = ERR_INIT;
    struct buf out;

    qmp_doc_init(&doc);
    buf_init(&out, 4096);
    ck_assert(qmp_doc_parse(&doc, span_str(text), &err));
    (void)what(&doc);
    ck_assert(qmp_splice(&doc, &out, &err) && buf_put(&out, "", 1, &err));
    ck_assert_str_eq((const char *)out.p, want);
    buf_done(&out);
    qmp_doc_done(&doc);
}

static bool show(struct qmp_doc *doc)
{
    return qmp_ber_show(doc, true);
}

static bool take_on(struct qmp_doc *doc)
{
    return qmp_ber_take(doc) == QMP_BER_ON;
}

static bool redirect(struct qmp_doc *doc)
{
    return qmp_ber_redirect(doc, "vmber-3");
}

START_TEST(edits_leave_the_rest_as_it_was)
{
    check_edit("{\"return\":  [{\"state\": false, \"capability\": \"xbzrle\"}] , \"id\":1}\r\n",
               show,
               "{\"return\":  [{\"state\": false, \"capability\": \"xbzrle\"}, "
               "{\"state\": true, \"capability\": \"ber\"}] , \"id\":1}\r\n");
    check_edit("{\"return\": []}", show,
               "{\"return\": [{\"state\": true, \"capability\": \"ber\"}]}");
    check_edit("{'arguments': {'capabilities': [{'capability': 'a', 'state': true},"
               "{'capability': 'ber', 'state': true}, {'state':false, 'capability':'b'}]} }",
               take_on,
               "{'arguments': {'capabilities': [{'capability': 'a', 'state': true}, "
               "{'state':false, 'capability':'b'}]} }");
    check_edit("{\"arguments\":{\"capabilities\":[{\"capability\":\"ber\",\"state\":true}]}}",
               take_on, "{\"arguments\":{\"capabilities\":[]}}");
    check_edit("{\"arguments\":{\"capabilities\":[{\"capability\":\"ber\",\"state\":3}]}}", take_on,
               "{\"arguments\":{\"capabilities\":[{\"capability\":\"ber\",\"state\":3}]}}");
    check_edit("{\"arguments\": {\"detach\":true, \"uri\" : \"tcp:a:1\" }}", redirect,
               "{\"arguments\": {\"detach\":true, \"uri\" : \"fd:vmber-3\" }}");
    check_edit("{\"arguments\": {\"channels\": [ {} ], \"resume\": false}}", redirect,
               "{\"arguments\": {\"uri\": \"fd:vmber-3\", \"resume\": false}}");
}
END_TEST

START_TEST(edits_do_not_overlap)
{
    struct qmp_doc doc;
    struct err err = ERR_INIT;
    struct buf out;

    qmp_doc_init(&doc);
    buf_init(&out, 64);
    ck_assert(qmp_doc_parse(&doc, span_str("[1, 2, 3]"), &err));
    ck_assert(qmp_replace(&doc, 7, 8, "c"));
    ck_assert(qmp_replace(&doc, 1, 2, "a"));
    ck_assert(!qmp_replace(&doc, 0, 3, "no"));
    ck_assert(!qmp_replace(&doc, 6, 9, "no"));
    ck_assert(qmp_replace(&doc, 4, 5, "b"));
    ck_assert(qmp_append(&doc, 0, "%d", 4));
    ck_assert(qmp_splice(&doc, &out, &err) && buf_put(&out, "", 1, &err));
    ck_assert_str_eq((const char *)out.p, "[a, b, c, 4]");
    buf_done(&out);
    qmp_doc_done(&doc);
}
END_TEST

static const struct {
    const char *uri;
    enum proxy_transport transport;
    const char *name;
    const char *port;
    uint64_t offset;
} uris[] = {
    {"tcp:host:4444", PROXY_TCP, "host", "4444", 0},
    {"tcp:[::1]:4444,ipv6=on", PROXY_TCP, "::1", "4444", 0},
    {"tcp::4444", PROXY_TCP, "", "4444", 0},
    {"unix:/run/a:b", PROXY_UNIX, "/run/a:b", "", 0},
    {"exec:cat >x", PROXY_EXEC, "cat >x", "", 0},
    {"fd:migrate", PROXY_FD, "migrate", "", 0},
    {"file:/a/b", PROXY_FILE, "/a/b", "", 0},
    {"file:/a/b,offset=0x1000", PROXY_FILE, "/a/b", "", 4096},
    {"rdma:host:1", PROXY_NO_TRANSPORT, "rdma", "", 0},
    {"file:/dev/fdset/3", PROXY_NO_TRANSPORT, "file:/dev/fdset", "", 0},
};

START_TEST(addresses_are_read)
{
    struct proxy_target target;
    struct err err = ERR_INIT;

    ck_assert(proxy_target_uri(&target, uris[_i].uri, &err));
    ck_assert_int_eq(target.transport, uris[_i].transport);
    ck_assert_str_eq(target.name, uris[_i].name);
    ck_assert_str_eq(target.port, uris[_i].port);
    ck_assert_uint_eq(target.offset, uris[_i].offset);
}
END_TEST

static const char *const bad_uris[] = {"tcp", "tcp:", "tcp:host", "unix:", "file:/a,offset=x", ""};

START_TEST(wrong_addresses_are_refused)
{
    struct proxy_target target;
    struct err err = ERR_INIT;

    ck_assert(!proxy_target_uri(&target, bad_uris[_i], &err));
    ck_assert_int_eq(err.band, ERR_USAGE);
}
END_TEST

START_TEST(channels_are_read)
{
    static const char text[] =
        "[{\"channel-type\": \"main\", \"addr\": {\"transport\": \"exec\", \"args\": "
        "[\"/bin/a\", \"b c\"]}}]";
    struct proxy_target target;
    struct qmp_doc doc;
    struct err err = ERR_INIT;

    qmp_doc_init(&doc);
    ck_assert(qmp_doc_parse(&doc, span_str(text), &err));
    ck_assert(proxy_target_channels(&target, &doc, 0, &err));
    ck_assert_int_eq(target.transport, PROXY_EXEC);
    ck_assert_str_eq(target.args[1], "b c");
    ck_assert_ptr_null(target.args[2]);
    qmp_doc_done(&doc);
}
END_TEST

START_TEST(a_named_descriptor_is_held_until_it_is_used)
{
    /* What a command says, and whether it uses "fd-net0". */
    static const struct {
        const char *command;
        bool used;
    } cases[] = {
        {"{\"execute\": \"fd-net0\"}", false},
        {"{\"execute\": \"x\", \"arguments\": {\"fdname\": \"fd-net0\"}}", true},
        {"{\"execute\": \"x\", \"arguments\": {\"fdname\": \"fd-net01\"}}", false},
        {"{\"execute\": \"x\", \"arguments\": {\"fds\": \"fd-net1:fd-net0\"}}", true},
        {"{\"execute\": \"x\", \"arguments\": {\"a\": [{\"str\": \"fd-net0\"}]}}", true},
        {"{\"execute\": \"migrate\", \"arguments\": {\"uri\": \"fd:fd-net0\"}}", true},
        {"{\"execute\": \"human-monitor-command\", \"arguments\": {\"command-line\": "
         "\"netdev_add tap,fd=fd-net0,id=x\"}}",
         true},
    };
    static const char getfd[] = "{\"arguments\": {\"fdname\": \"fd-net0\"}}";
    struct err err = ERR_INIT;
    struct proxy_named named = {.count = 0};
    struct qmp_doc doc;
    int fd;

    qmp_doc_init(&doc);
    ck_assert(qmp_doc_parse(&doc, span_str(getfd), &err));
    proxy_named_keep(&named, &doc, qmp_member(&doc, qmp_member(&doc, 0, "arguments"), "fdname"), 0);
    ck_assert_int_ge(proxy_named_find(&named, "fd-net0"), 3);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert(qmp_doc_parse(&doc, span_str(cases[i].command), &err));
        proxy_named_used(&named, &doc);
        ck_assert_msg((named.count == 0) == cases[i].used, "%s", cases[i].command);
        if (cases[i].used) {
            ck_assert(qmp_doc_parse(&doc, span_str(getfd), &err));
            proxy_named_keep(&named, &doc,
                             qmp_member(&doc, qmp_member(&doc, 0, "arguments"), "fdname"), 0);
        }
    }
    fd = proxy_named_take(&named, "fd-net0");
    ck_assert_int_ge(fd, 3);
    ck_assert_int_eq(proxy_named_take(&named, "fd-net0"), -1);
    ck_assert_int_eq(close(fd), 0);
    proxy_named_clear(&named);
    qmp_doc_done(&doc);
}
END_TEST

START_TEST(descriptors_stay_with_their_octets)
{
    int client[2];
    int qemu[2];
    struct qmp_link in;
    struct qmp_link out;
    struct qmp_message *message;
    struct err err = ERR_INIT;
    char room[CMSG_SPACE(sizeof(int))] = {0};
    char text[] = "{\"execute\": \"getfd\"}{}";
    struct iovec iov = {text, sizeof(text) - 1};
    struct msghdr msg = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room)};
    struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, client), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, qemu), 0);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &client[0], sizeof(int));
    qmp_link_init(&in);
    qmp_link_init(&out);
    qmp_link_open(&in, client[1]);
    in.exact = true;
    qmp_link_open(&out, qemu[1]);
    ck_assert_int_eq(send(client[0], "{\"a\": 1}\n", 9, 0), 9);
    ck_assert_int_eq(sendmsg(client[0], &msg, 0), (ssize_t)iov.iov_len);
    ck_assert(qmp_link_read(&in, &err));
    for (int i = 0; i < 3; i++) {
        ck_assert(qmp_link_message(&in, &message, &err) && message != NULL);
        ck_assert_uint_eq(message->fds.count, i == 1 ? 1 : 0);
        ck_assert(qmp_link_put(&out, span_of(message->text, message->len), &message->fds, &err));
        qmp_message_free(message);
    }
    ck_assert(qmp_link_write(&out, &err));
    for (int i = 0; i < 2; i++) {
        char got[64];

        iov.iov_base = got;
        iov.iov_len = i == 0 ? 9 : sizeof(got);
        msg.msg_controllen = sizeof(room);
        ck_assert_int_eq(recvmsg(qemu[0], &msg, 0), i == 0 ? 9 : (ssize_t)sizeof(text) - 1);
        ck_assert_int_eq(msg.msg_controllen > 0, i == 1);
    }
    memcpy(qemu + 1, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
    (void)close(qemu[1]);
    (void)close(qemu[0]);
    (void)close(client[0]);
    qmp_link_close(&in);
    qmp_link_close(&out);
}
END_TEST

/* Sends text, with a descriptor beside its first octet. */
static void send_with_descriptor(int fd, const char *text)
{
    char room[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec iov = {(void *)(uintptr_t)text, strlen(text)};
    struct msghdr msg = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room)};
    struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &fd, sizeof(int));
    ck_assert_int_eq(sendmsg(fd, &msg, 0), (ssize_t)iov.iov_len);
}

START_TEST(no_descriptor_of_many_is_lost)
{
    struct qmp_link link;
    struct qmp_message *message;
    struct err err = ERR_INIT;
    unsigned seen = 0;
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    qmp_link_init(&link);
    qmp_link_open(&link, ends[1]);
    link.exact = true;
    for (int i = 0; i < QMP_FD_GROUPS_MAX + 6; i++) {
        send_with_descriptor(ends[0], "{}");
    }
    for (int i = 0; i < 2; i++) {
        ck_assert(qmp_link_read(&link, &err));
        while (qmp_link_message(&link, &message, &err) && message != NULL) {
            ck_assert_uint_eq(message->fds.count, 1);
            qmp_message_free(message);
            seen++;
        }
    }
    ck_assert_uint_eq(seen, QMP_FD_GROUPS_MAX + 6);
    for (int i = 0; i < QMP_FD_GROUPS_MAX; i++) {
        send_with_descriptor(ends[0], "[");
    }
    ck_assert(qmp_link_read(&link, &err));
    ck_assert(qmp_link_message(&link, &message, &err) && message == NULL);
    ck_assert(!qmp_link_read(&link, &err));
    ck_assert_int_eq(err.band, ERR_LIMIT);
    (void)close(ends[0]);
    qmp_link_close(&link);
}
END_TEST

START_TEST(a_reader_that_lags_does_not_make_the_link_grow)
{
    enum { PIECE = 64 * 1024, PIECES = 300, MARKED = 100 };
    uint8_t *octets = malloc(PIECE);
    struct err err = ERR_INIT;
    struct qmp_fd_queue fds = {.count = 0};
    struct qmp_link link;
    uint64_t got = 0;
    uint64_t marked = 0;
    int ends[2];

    ck_assert_ptr_nonnull(octets);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    qmp_link_init(&link);
    qmp_link_open(&link, ends[0]);
    for (int i = 0; i < PIECES; i++) {
        memset(octets, i, PIECE);
        if (i == MARKED) {
            fds.count = 1;
            fds.groups[0] = (struct qmp_fds){.count = 1, .fds = {dup(0)}};
        }
        ck_assert(qmp_link_put(&link, span_of(octets, PIECE), &fds, &err));
        ck_assert(qmp_link_write(&link, &err));
        while (i >= 16 && got < (uint64_t)(i - 15) * PIECE) {
            char room[CMSG_SPACE(sizeof(int))];
            struct iovec iov = {octets, 1024};
            struct msghdr msg = {.msg_iov = &iov,
                                 .msg_iovlen = 1,
                                 .msg_control = room,
                                 .msg_controllen = sizeof(room)};
            ssize_t n = recvmsg(ends[1], &msg, MSG_DONTWAIT);

            ck_assert_int_gt(n, 0);
            ck_assert_uint_eq(octets[0], (uint8_t)(got / PIECE));
            if (msg.msg_controllen > 0) {
                marked = got;
                memcpy(&fds.groups[0].fds[0], CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
                (void)close(fds.groups[0].fds[0]);
            }
            got += (uint64_t)n;
            ck_assert(qmp_link_write(&link, &err));
        }
        ck_assert_uint_le(link.out.len, 40 * PIECE);
    }
    ck_assert(marked <= MARKED * PIECE && marked + 1024 > MARKED * PIECE);
    (void)close(ends[1]);
    qmp_link_close(&link);
    free(octets);
}
END_TEST

#define COUNT(list) ((int)(sizeof(list) / sizeof((list)[0])))

int main(void)
{
    Suite *suite = suite_create("qmp");
    TCase *all = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, messages_are_split_as_qemu_does, 0, COUNT(splits));
    tcase_add_loop_test(all, what_is_no_json_is_refused, 0, COUNT(bad_json));
    tcase_add_test(all, members_and_strings_are_found);
    tcase_add_test(all, edits_leave_the_rest_as_it_was);
    tcase_add_test(all, edits_do_not_overlap);
    tcase_add_loop_test(all, addresses_are_read, 0, COUNT(uris));
    tcase_add_loop_test(all, wrong_addresses_are_refused, 0, COUNT(bad_uris));
    tcase_add_test(all, channels_are_read);
    tcase_add_test(all, a_named_descriptor_is_held_until_it_is_used);
    tcase_add_test(all, descriptors_stay_with_their_octets);
    tcase_add_test(all, no_descriptor_of_many_is_lost);
    tcase_add_test(all, a_reader_that_lags_does_not_make_the_link_grow);
    suite_add_tcase(suite, all);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
