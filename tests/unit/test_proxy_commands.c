/* test_proxy_commands.c - tools/proxy: what a client asks for, between a client and a QEMU that the
 * test plays. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "codec/base/err.h"
#include "tools/proxy/proxy.h"

/* A proxy whose client and QEMU have negotiated. */
struct rig {
    struct proxy *proxy;
    struct proxy_options options;
    int client; /* the far ends */
    int qemu;
    char text[8192];
};

static int link_up(struct qmp_link *link)
{
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    qmp_link_init(link);
    qmp_link_open(link, ends[0]);
    return ends[1];
}

static struct rig *rig_up(void)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    struct proxy *proxy = calloc(1, sizeof(*proxy));
    struct proxy_job_host host = {proxy, proxy_on_job_asks, proxy_on_job_changed};

    ck_assert(rig != NULL && proxy != NULL);
    rig->proxy = proxy;
    rig->options.log.name = "test";
    rig->options.log.most = PROXY_LOG_ERROR;
    rig->options.job.producer = "test";
    rig->client = link_up(&proxy->client);
    rig->qemu = link_up(&proxy->qemu);
    proxy->options = &rig->options;
    proxy->ready = true;
    proxy->client_watch = PROXY_NO_WATCH;
    proxy->qemu_watch = PROXY_NO_WATCH;
    proxy->ask_timer = PROXY_NO_WATCH;
    proxy->look_timer = PROXY_NO_WATCH;
    proxy_loop_init(&proxy->loop);
    qmp_doc_init(&proxy->command);
    qmp_doc_init(&proxy->reply);
    buf_init(&proxy->held_event, QMP_MESSAGE_MAX);
    proxy_job_init(&proxy->job, &proxy->loop, &rig->options.log, &rig->options.job, &host);
    return rig;
}

static void rig_down(struct rig *rig)
{
    struct proxy *proxy = rig->proxy;

    proxy_job_reset(&proxy->job);
    proxy_op_end(proxy);
    proxy_forget(proxy);
    proxy_named_clear(&proxy->named);
    qmp_link_close(&proxy->client);
    qmp_link_close(&proxy->qemu);
    qmp_doc_done(&proxy->command);
    qmp_doc_done(&proxy->reply);
    buf_done(&proxy->held_event);
    free(proxy->unanswered);
    (void)close(rig->client);
    (void)close(rig->qemu);
    free(proxy);
    free(rig);
}

/* Has the messages of text arrive at a link; returns the first of the list. */
static struct qmp_message *arrive(struct qmp_link *link, int far, const char *text)
{
    struct qmp_message *first = NULL;
    struct qmp_message **at = &first;
    struct err err = ERR_INIT;

    ck_assert_int_eq(send(far, text, strlen(text), 0), (ssize_t)strlen(text));
    ck_assert(qmp_link_read(link, &err));
    for (; qmp_link_message(link, at, &err) && *at != NULL; at = &(*at)->next) {
    }
    ck_assert(err.band == ERR_NONE);
    return first;
}

static void client_says(struct rig *rig, const char *text)
{
    struct proxy *proxy = rig->proxy;

    ck_assert_ptr_null(proxy->held);
    proxy->held = arrive(&proxy->client, rig->client, text);
    for (struct qmp_message *m = proxy->held; m != NULL; m = m->next) {
        proxy->held_count++;
    }
    proxy_pump(proxy);
}

static void qemu_says(struct rig *rig, const char *text)
{
    struct qmp_message *message = arrive(&rig->proxy->qemu, rig->qemu, text);

    while (message != NULL) {
        struct qmp_message *next = message->next;

        message->next = NULL;
        proxy_on_reply(rig->proxy, message);
        message = next;
    }
    proxy_pump(rig->proxy);
}

/* What has come to the far end of a link since it was read last; "" if nothing. */
static const char *read_far(struct rig *rig, struct qmp_link *link, int far)
{
    struct err err = ERR_INIT;
    ssize_t n;

    ck_assert(qmp_link_write(link, &err));
    n = recv(far, rig->text, sizeof(rig->text) - 1, MSG_DONTWAIT);
    rig->text[n > 0 ? n : 0] = '\0';
    return rig->text;
}

static const char *client_reads(struct rig *rig)
{
    return read_far(rig, &rig->proxy->client, rig->client);
}

static const char *qemu_reads(struct rig *rig)
{
    return read_far(rig, &rig->proxy->qemu, rig->qemu);
}

/* Whether QEMU, or the client, reads what follows; @: an address of 4096 octets. */
static const struct {
    const char *arguments;
    const char *refused; /* NULL: QEMU's to answer */
} addresses[] = {
    {"\"uri\": \"exec:@\"", "the address is too long, or no string"},
    {"\"uri\": 5", "the address is too long, or no string"},
    {"\"uri\": \"tcp:\"", "error parsing address ''"},
    {"\"channels\": [{\"channel-type\": \"main\", \"addr\": {\"transport\": \"exec\", \"args\": "
     "[\"@\"]}}]",
     "the command is too long"},
    {"\"channels\": [{\"channel-type\": \"main\"}, {\"channel-type\": \"cpr\"}]",
     "Channel list must have one (main) entry, for capability 'ber'"},
    {"\"uri\": \"file:/a\", \"resume\": true", "Capability 'ber' is not compatible with 'resume'"},
    {"\"detach\": true", NULL},
    {"\"uri\": \"nowhere:1\"", "Capability 'ber' is not compatible with nowhere migration"},
};

START_TEST(an_address_that_is_not_understood_is_no_legacy_migration)
{
    struct rig *rig = rig_up();
    char longest[4097];
    const char *arguments = addresses[_i].arguments;
    const char *at = strchr(arguments, '@');
    char command[6000];
    char answer[1000];

    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    (void)snprintf(command, sizeof(command),
                   "{\"execute\": \"migrate\", \"arguments\": {%.*s%s%s}}",
                   at != NULL ? (int)(at - arguments) : 0, arguments, at != NULL ? longest : "",
                   at != NULL ? at + 1 : arguments);
    rig->proxy->chosen = true;
    rig->proxy->ber = true;
    client_says(rig, command);
    if (addresses[_i].refused == NULL) {
        ck_assert_str_eq(qemu_reads(rig), command);
        ck_assert_str_eq(client_reads(rig), "");
    } else {
        (void)snprintf(answer, sizeof(answer),
                       "{\"error\": {\"class\": \"GenericError\", \"desc\": \"%s\"}}\r\n",
                       addresses[_i].refused);
        ck_assert_str_eq(qemu_reads(rig), "");
        ck_assert_str_eq(client_reads(rig), answer);
    }
    rig_down(rig);
}
END_TEST

/* The end of a stream that has no way back, and what a cancel comes to behind it. */
START_TEST(what_has_been_given_is_not_cancelled)
{
    struct rig *rig = rig_up();
    struct proxy_job *job = &rig->proxy->job;
    bool is_file = _i != 0;
    int ends[2];
    char word;

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    job->direction = PROXY_OUTGOING;
    job->state = PROXY_JOB_RUNNING;
    job->out_is_file = is_file;
    job->codec.control = ends[0];
    proxy_job_ask(job);
    qemu_says(rig, "{\"return\": {\"running\": false}}{\"return\": {\"status\": \"completed\"}}");
    ck_assert_int_eq(recv(ends[1], &word, 1, MSG_DONTWAIT), 1);
    (void)qemu_reads(rig);
    job->state = PROXY_JOB_ENDING; /* the command has not ended */
    client_says(rig, "{\"execute\": \"migrate_cancel\", \"id\": 1}");
    if (is_file) {
        ck_assert_str_eq(qemu_reads(rig), "{\"execute\": \"migrate_cancel\", \"id\": 1}");
        qemu_says(rig, "{\"return\": {}, \"id\": 1}");
        ck_assert_int_eq(job->state, PROXY_JOB_FAILED);
        ck_assert(job->cancelled);
    } else {
        ck_assert_str_eq(qemu_reads(rig), "");
        ck_assert_str_eq(client_reads(rig), "{\"return\": {}, \"id\": 1}\r\n");
        ck_assert_int_eq(job->state, PROXY_JOB_ENDING);
        client_says(rig, "{\"execute\": \"human-monitor-command\", \"arguments\": "
                         "{\"command-line\": \"migrate_cancel\"}}");
        ck_assert_str_eq(qemu_reads(rig), "");
        ck_assert_str_eq(client_reads(rig), "{\"return\": \"\"}\r\n");
        ck_assert_int_eq(job->state, PROXY_JOB_ENDING);
    }
    (void)close(ends[0]);
    (void)close(ends[1]);
    rig_down(rig);
}
END_TEST

START_TEST(a_client_that_negotiates_and_leaves_leaves_a_session)
{
    struct rig *rig = rig_up();
    struct proxy *proxy = rig->proxy;

    proxy->ready = false;
    proxy->job.direction = PROXY_OUTGOING;
    proxy->job.state = PROXY_JOB_RUNNING;
    client_says(rig, "{\"execute\": \"qmp_capabilities\"}");
    proxy_client_gone(proxy);
    ck_assert_str_eq(qemu_reads(rig), "{\"execute\": \"qmp_capabilities\"}"
                                      "{\"execute\": \"qmp_capabilities\", \"id\": \"vmber:1\"}\n");
    qemu_says(rig, "{\"return\": {}}");
    qemu_says(rig, "{\"id\": \"vmber:1\", \"error\": {\"class\": \"CommandNotFound\", \"desc\": "
                   "\"Capabilities negotiation is already complete, command ignored\"}}");
    proxy_job_ask(&proxy->job);
    ck_assert_ptr_nonnull(strstr(qemu_reads(rig), "query-status"));
    rig_down(rig);
}
END_TEST

/* What the client asks for behind a BER migration that has failed, and QEMU answers; whether the
 * `completed` of QEMU is then that of a migration of its own. */
static const struct {
    const char *command;
    const char *answer;
    bool own;
} otherwise[] = {
    {"human-monitor-command\", \"arguments\": {\"command-line\": \"migrate -d tcp:a:1\"}", "\"\"",
     true},
    {"human-monitor-command\", \"arguments\": {\"command-line\": \" migrate  tcp:a:1\"}",
     "\"terminal does not allow synchronous migration, continuing detached\\r\\n\"", true},
    {"human-monitor-command\", \"arguments\": {\"command-line\": \"savevm\"}", "\"\"", true},
    {"snapshot-save\", \"arguments\": {\"job-id\": \"a\"}", "{}", false},
    {"human-monitor-command\", \"arguments\": {\"command-line\": \"migrate -d nowhere:1\"}",
     "\"Error: unknown migration protocol: nowhere:1\\r\\n\"", false},
    {"human-monitor-command\", \"arguments\": {\"command-line\": \"migrate_cancel\"}", "\"\"",
     false},
    {"human-monitor-command\", \"arguments\": {\"command-line\": \"info migrate\"}", "\"\"", false},
};

START_TEST(a_migration_of_qemus_own_has_its_own_status)
{
    struct rig *rig = rig_up();
    struct proxy_job *job = &rig->proxy->job;
    char text[512];

    job->direction = PROXY_OUTGOING;
    job->state = PROXY_JOB_FAILED;
    (void)snprintf(job->why, sizeof(job->why), "the disk is full");
    (void)snprintf(text, sizeof(text), "{\"execute\": \"%s}", otherwise[_i].command);
    client_says(rig, text);
    ck_assert_str_eq(qemu_reads(rig), text);
    (void)snprintf(text, sizeof(text), "{\"return\": %s}", otherwise[_i].answer);
    qemu_says(rig, text);
    ck_assert_str_eq(client_reads(rig), text);
    client_says(rig, "{\"execute\": \"query-migrate\"}");
    qemu_says(rig, "{\"return\": {\"status\": \"completed\"}}");
    ck_assert_int_eq(strcmp(client_reads(rig), "{\"return\": {\"status\": \"completed\"}}") == 0,
                     otherwise[_i].own);
    ck_assert_int_eq(strstr(rig->text, "the disk is full") == NULL, otherwise[_i].own);
    rig_down(rig);
}
END_TEST

START_TEST(the_setup_of_a_migration_of_qemus_own_ends_ours)
{
    static const char setup[] = "{\"event\": \"MIGRATION\", \"data\": {\"status\": \"setup\"}}";
    static const char end[] = "{\"event\": \"MIGRATION\", \"data\": {\"status\": \"completed\"}}";
    struct rig *rig = rig_up();

    rig->proxy->job.direction = PROXY_OUTGOING;
    rig->proxy->job.state = PROXY_JOB_FAILED;
    qemu_says(rig, end);
    ck_assert_ptr_nonnull(strstr(client_reads(rig), "\"failed\""));
    qemu_says(rig, setup);
    ck_assert_str_eq(client_reads(rig), setup);
    qemu_says(rig, end);
    ck_assert_str_eq(client_reads(rig), end);
    rig_down(rig);
}
END_TEST

/* The job has a question, which cannot be asked before the client has negotiated. */
START_TEST(a_client_negotiates_while_a_question_waits)
{
    static const char command[] = "{\"execute\": \"qmp_capabilities\"}";
    struct rig *rig = rig_up();

    rig->proxy->ready = false;
    rig->proxy->asking = true;
    client_says(rig, command);
    ck_assert_str_eq(qemu_reads(rig), command);
    rig_down(rig);
}
END_TEST

START_TEST(commands_sent_ahead_take_no_stack)
{
    static const char one[] = "{\"execute\": \"migrate\"}";
    enum { TIMES = 2000, LEN = sizeof(one) - 1 };
    const struct rlimit stack = {1 << 20, 1 << 20}; /* an eighth of what is usual */
    struct rig *rig = rig_up();
    char *all = malloc(TIMES * LEN + 1);

    ck_assert_ptr_nonnull(all);
    for (size_t i = 0; i < TIMES; i++) {
        memcpy(all + i * LEN, one, sizeof(one));
    }
    ck_assert_int_eq(setrlimit(RLIMIT_STACK, &stack), 0);
    rig->proxy->ber = true;
    client_says(rig, all);
    ck_assert_uint_eq(rig->proxy->unanswered_count, TIMES);
    ck_assert_ptr_null(rig->proxy->held);
    free(all);
    rig_down(rig);
}
END_TEST

/* A rule against what the client has set; whether the proxy takes the migration up. */
static const struct {
    const char *rule;
    const char *command;
    bool chosen;
    bool ber;
    bool taken_up;
} choices[] = {
    {"incoming any * auto", "migrate-incoming", false, false, true},
    {"incoming any * auto", "migrate-incoming", true, false, false},
    {"incoming any * auto", "migrate-incoming", true, true, true},
    {"incoming any * on", "migrate-incoming", true, false, false},
    {"outgoing any * on", "migrate", true, false, false},
    {"outgoing any * off", "migrate", true, true, true},
    {"outgoing any * off", "migrate", false, false, false},
};

START_TEST(a_client_that_sets_the_capability_is_obeyed)
{
    struct rig *rig = rig_up();
    struct err err = ERR_INIT;
    char command[128];

    ck_assert(proxy_rules_read(&rig->proxy->rules, span_str(choices[_i].rule), &err));
    (void)snprintf(rig->proxy->machine, sizeof(rig->proxy->machine), "pc-q35-7.2");
    rig->proxy->chosen = choices[_i].chosen;
    rig->proxy->ber = choices[_i].ber;
    (void)snprintf(command, sizeof(command),
                   "{\"execute\": \"%s\", \"arguments\": {\"uri\": \"tcp:a:1\"}}",
                   choices[_i].command);
    client_says(rig, command);
    if (choices[_i].taken_up) {
        ck_assert_ptr_nonnull(strstr(qemu_reads(rig), "query-migrate-capabilities"));
    } else {
        ck_assert_str_eq(qemu_reads(rig), command);
    }
    rig_down(rig);
}
END_TEST

#define COUNT(list) ((int)(sizeof(list) / sizeof((list)[0])))

int main(void)
{
    Suite *suite = suite_create("proxy_commands");
    TCase *all = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, an_address_that_is_not_understood_is_no_legacy_migration, 0,
                        COUNT(addresses));
    tcase_add_loop_test(all, what_has_been_given_is_not_cancelled, 0, 2);
    tcase_add_test(all, a_client_that_negotiates_and_leaves_leaves_a_session);
    tcase_add_loop_test(all, a_migration_of_qemus_own_has_its_own_status, 0, COUNT(otherwise));
    tcase_add_test(all, the_setup_of_a_migration_of_qemus_own_ends_ours);
    tcase_add_test(all, a_client_negotiates_while_a_question_waits);
    tcase_add_test(all, commands_sent_ahead_take_no_stack);
    tcase_add_loop_test(all, a_client_that_sets_the_capability_is_obeyed, 0, COUNT(choices));
    suite_add_tcase(suite, all);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
