/* test_proxy.c - tools/proxy: messages, frames, rules, addresses, links, confinement. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "codec/base/err.h"
#include "codec/base/io_fd.h"
#include "tools/proxy/proxy_codec.h"
#include "tools/proxy/proxy_confine.h"
#include "tools/proxy/proxy_frame.h"
#include "tools/proxy/proxy_loop.h"
#include "tools/proxy/proxy_rules.h"
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

START_TEST(the_last_rule_that_fits_decides)
{
    static const char text[] = "# a comment\n"
                               "outgoing file    *              on\n"
                               "outgoing network pc-q35 >= 8.0  on require device.x require b\n"
                               "outgoing any     pc-q35-9.0     off # this one\n"
                               "\n"
                               "incoming any     *              auto";
    struct proxy_rules rules;
    const struct proxy_rule *rule;
    struct err err = ERR_INIT;

    ck_assert(proxy_rules_read(&rules, span_str(text), &err));
    ck_assert_uint_eq(rules.count, 4);
    ck_assert_int_eq(proxy_rules_find(&rules, PROXY_OUTGOING, PROXY_FILES, "pc")->ber,
                     PROXY_BER_ON);
    ck_assert_ptr_null(proxy_rules_find(&rules, PROXY_OUTGOING, PROXY_NETWORK, "pc-q35-7.2"));
    rule = proxy_rules_find(&rules, PROXY_OUTGOING, PROXY_NETWORK, "pc-q35-10.0");
    ck_assert_uint_eq(rule->required_count, 2);
    ck_assert_str_eq(rule->required[1], "b");
    ck_assert_int_eq(proxy_rules_find(&rules, PROXY_OUTGOING, PROXY_FILES, "pc-q35-9.0")->ber,
                     PROXY_BER_OFF);
    ck_assert_int_eq(proxy_rules_find(&rules, PROXY_INCOMING, PROXY_NETWORK, "virt")->ber,
                     PROXY_BER_AUTO);
}
END_TEST

static const char *const bad_rules[] = {
    "sideways any * on",         "outgoing all * on",           "outgoing any",
    "outgoing any * auto",       "outgoing any pc >= eight on", "incoming any * maybe",
    "outgoing any * on without", "outgoing any * on require",
};

START_TEST(wrong_rules_are_refused_with_their_line)
{
    struct proxy_rules rules;
    struct err err = ERR_INIT;
    char text[128];

    (void)snprintf(text, sizeof(text), "# first\n%s\n", bad_rules[_i]);
    ck_assert(!proxy_rules_read(&rules, span_str(text), &err));
    ck_assert_msg(strncmp(err.text, "line 2: expected", 16) == 0, "%s", err.text);
}
END_TEST

START_TEST(every_flipped_bit_of_a_frame_head_is_found)
{
    static const enum proxy_kind kinds[] = {PROXY_DATA, PROXY_GO, PROXY_HELLO};
    uint8_t head[PROXY_HEAD_LEN];
    struct proxy_head read;
    struct err err = ERR_INIT;

    for (uint32_t len = 0; len < 60000; len = len * 3 + 1) {
        proxy_head_write(head, kinds[_i], len);
        ck_assert(proxy_head_read(head, &read, &err));
        ck_assert_int_eq(read.kind, kinds[_i]);
        ck_assert_uint_eq(read.len, len);
        for (int bit = 0; bit < PROXY_HEAD_LEN * 8; bit++) {
            head[bit / 8] ^= (uint8_t)(1 << (bit & 7));
            ck_assert(!proxy_head_read(head, &read, NULL));
            head[bit / 8] ^= (uint8_t)(1 << (bit & 7));
        }
    }
}
END_TEST

START_TEST(hello_comes_back)
{
    struct proxy_features *mine = malloc(sizeof(*mine));
    struct proxy_features *theirs = malloc(sizeof(*theirs));
    struct err err = ERR_INIT;
    char producer[32];
    struct buf octets;

    ck_assert(mine != NULL && theirs != NULL);
    proxy_features_init(mine);
    buf_init(&octets, PROXY_MESSAGE_MAX);
    ck_assert(proxy_features_add(mine, span_str("b"), &err));
    ck_assert(proxy_features_add(mine, span_str("a.long.one"), &err));
    ck_assert(proxy_features_add(mine, span_str("b"), &err));
    ck_assert_uint_eq(mine->count, 2);
    ck_assert(proxy_hello_write(&octets, "vmber 1", mine, &err));
    ck_assert(proxy_hello_read(buf_span(&octets), producer, sizeof(producer), theirs, &err));
    ck_assert_str_eq(producer, "vmber 1");
    ck_assert_uint_eq(theirs->count, 2);
    ck_assert_str_eq(theirs->names[0], "a.long.one");
    ck_assert(proxy_features_have(theirs, "b") && !proxy_features_have(theirs, "c"));
    for (size_t cut = 0; cut < octets.len; cut++) {
        ck_assert(
            !proxy_hello_read(span_of(octets.p, cut), producer, sizeof(producer), theirs, NULL));
    }
    buf_done(&octets);
    free(mine);
    free(theirs);
}
END_TEST

START_TEST(frames_carry_a_stream)
{
    static const char text[] = "what goes over the channel";
    struct proxy_frame_sink frame_sink;
    struct proxy_frame_source frame_source;
    uint8_t head[PROXY_HEAD_LEN];
    struct err err = ERR_INIT;
    struct io_fd out = {.name = "out"};
    struct io_fd in = {.name = "in"};
    struct iovec pieces[100];
    struct io_source source;
    struct io_sink sink;
    char got[8192];
    size_t len = 0;
    size_t n = 1;
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    in.fd = ends[0];
    out.fd = ends[1];
    sink = proxy_frame_sink(&frame_sink, io_fd_sink(&out));
    for (size_t i = 0; i < 100; i++) {
        pieces[i].iov_base = (void *)(uintptr_t)text;
        pieces[i].iov_len = sizeof(text);
    }
    ck_assert(sink.write(sink.ctx, pieces, 100, &err));
    proxy_head_write(head, PROXY_END, 0);
    ck_assert_int_eq(write(ends[1], head, sizeof(head)), sizeof(head));
    proxy_head_write(head, PROXY_GO, 0);
    ck_assert_int_eq(write(ends[1], head, sizeof(head)), sizeof(head));
    (void)close(ends[1]);
    source = proxy_frame_source(&frame_source, io_fd_source(&in));
    while (n > 0) {
        ck_assert(source.read(source.ctx, got + len, 37, &n, &err));
        len += n;
    }
    ck_assert_uint_eq(len, 100 * sizeof(text));
    ck_assert_mem_eq(got + 99 * sizeof(text), text, sizeof(text));
    ck_assert(proxy_frame_await(&frame_source, PROXY_GO, &err));
    ck_assert(!proxy_frame_await(&frame_source, PROXY_GO, &err));
    ck_assert_int_eq(err.band, ERR_TRUNCATED);
    (void)close(ends[0]);
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

START_TEST(a_tail_ends_with_its_description)
{
    uint8_t tail[64] = "device state \x7e\0\0\0\1";
    size_t len = 18;

    memcpy(tail + len, "\0\6\0\0\0\x2{}", 8);
    ck_assert(proxy_codec_tail_is_whole(tail, len + 8));
    ck_assert(!proxy_codec_tail_is_whole(tail, len + 7));
    tail[len + 5] = 3;
    ck_assert(!proxy_codec_tail_is_whole(tail, len + 8));
    ck_assert(!proxy_codec_tail_is_whole(tail, 3));
}
END_TEST

/* In a child: confined, tries what a codec must not; the exit status says what it got. */
static int try_forbidden(enum proxy_confinement what)
{
    struct err err = ERR_INIT;
    static char shell[] = "/bin/sh";
    char *const words[] = {shell, NULL};
    void *memory;

    for (int fd = 4; fd < 64; fd++) {
        (void)close(fd);
    }
    for (int fd = 3; fd < 4; fd++) {
        (void)dup2(2, fd);
    }
    if (!proxy_confine(what, &err)) {
        return 1;
    }
    memory = malloc(1 << 20);
    if (memory == NULL) {
        return 2;
    }
    memset(memory, 1, 1 << 20);
    free(memory);
    if (write(2, "", 0) != 0) {
        return 3;
    }
    if (what == PROXY_CONFINE_DECODE && open("/dev/null", O_RDONLY) >= 0) {
        return 4;
    }
    if (socket(AF_UNIX, SOCK_STREAM, 0) >= 0) {
        return 5;
    }
    if (fork() >= 0) {
        return 6;
    }
    (void)execv(shell, words);
    return errno == EPERM ? 0 : 7;
}

START_TEST(a_confined_process_cannot_open_a_file)
{
    pid_t pid;
    int status;

    if (!proxy_confine_is_built()) {
        return;
    }
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        _exit(try_forbidden(_i == 0 ? PROXY_CONFINE_DECODE : PROXY_CONFINE_ENCODE));
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status), "killed by signal %d", WTERMSIG(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

struct counted {
    struct proxy_loop *loop;
    int watch;
    int calls;
};

static void count_and_drop(void *ctx, short revents)
{
    struct counted *counted = ctx;

    (void)revents;
    counted->calls++;
    proxy_loop_drop(counted->loop, &counted->watch);
}

START_TEST(the_loop_calls_who_asked)
{
    struct proxy_loop loop;
    struct counted timer = {&loop, PROXY_NO_WATCH, 0};
    struct counted reader = {&loop, PROXY_NO_WATCH, 0};
    int ends[2];

    proxy_loop_init(&loop);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    reader.watch = proxy_loop_watch(&loop, ends[0], 1 /* POLLIN */, count_and_drop, &reader);
    timer.watch = proxy_loop_after(&loop, 20, count_and_drop, &timer);
    for (int i = 0; i < 10 && timer.calls == 0; i++) {
        ck_assert(proxy_loop_once(&loop));
    }
    ck_assert_int_eq(timer.calls, 1);
    ck_assert_int_eq(reader.calls, 1);
    (void)close(ends[0]);
    (void)close(ends[1]);
}
END_TEST

#define COUNT(list) ((int)(sizeof(list) / sizeof((list)[0])))

int main(void)
{
    Suite *suite = suite_create("proxy");
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
    tcase_add_test(all, the_last_rule_that_fits_decides);
    tcase_add_loop_test(all, wrong_rules_are_refused_with_their_line, 0, COUNT(bad_rules));
    tcase_add_loop_test(all, every_flipped_bit_of_a_frame_head_is_found, 0, 3);
    tcase_add_test(all, hello_comes_back);
    tcase_add_test(all, frames_carry_a_stream);
    tcase_add_test(all, descriptors_stay_with_their_octets);
    tcase_add_test(all, a_tail_ends_with_its_description);
    tcase_add_loop_test(all, a_confined_process_cannot_open_a_file, 0, 2);
    tcase_add_test(all, the_loop_calls_who_asked);
    suite_add_tcase(suite, all);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
