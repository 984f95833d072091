/* cmd_proxy.c - vmber proxy: 'ber' as a migration capability, between a QMP client and QEMU. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/cmd_choice.h"
#include "tools/proxy/proxy.h"
#include "tools/proxy/proxy_confine.h"

enum {
    OPT_CONFIG = 256,
    OPT_HELLO,
    OPT_INHERIT,
    OPT_LISTEN_FD,
    OPT_LOG,
    OPT_MODE,
    OPT_NAME,
    OPT_NETWORK,
    OPT_ONCE,
    OPT_OWNER,
    OPT_PID,
    OPT_QEMU,
};

enum { HELLO_SECONDS = 10, NETWORK_SECONDS = 30, SOCKET_MODE = 0600 };

static const struct option long_options[] = {
    {"config", required_argument, NULL, OPT_CONFIG},
    {"handshake-timeout", required_argument, NULL, OPT_HELLO},
    {"help", no_argument, NULL, 'h'},
    {"inherited", required_argument, NULL, OPT_INHERIT},
    {"listen", required_argument, NULL, 'l'},
    {"listen-fd", required_argument, NULL, OPT_LISTEN_FD},
    {"log", required_argument, NULL, OPT_LOG},
    {"mode", required_argument, NULL, OPT_MODE},
    {"name", required_argument, NULL, OPT_NAME},
    {"network-timeout", required_argument, NULL, OPT_NETWORK},
    {"once", no_argument, NULL, OPT_ONCE},
    {"owner", required_argument, NULL, OPT_OWNER},
    {"pid", required_argument, NULL, OPT_PID},
    {"qemu", required_argument, NULL, OPT_QEMU},
    CMD_CHOICE_OPTIONS,
    {NULL, 0, NULL, 0},
};

static bool number(const char *word, int base, unsigned long most, unsigned long *out,
                   struct err *err)
{
    char *end;

    errno = 0;
    *out = strtoul(word, &end, base);
    return (errno == 0 && word[0] >= '0' && word[0] <= '9' && *end == '\0' && *out <= most) ||
           err_set(err, ERR_USAGE, "expected a number up to %lu, found '%s'", most, word);
}

static bool take_number(const char *word, unsigned long most, unsigned *out, struct err *err)
{
    unsigned long n;

    if (!number(word, 10, most, &n, err)) {
        return false;
    }
    *out = (unsigned)n;
    return true;
}

static bool take_owner(struct proxy_options *options, char *word, struct err *err)
{
    char *colon = strchr(word, ':');

    if (colon != NULL) {
        const struct group *group;

        *colon = '\0';
        group = getgrnam(colon + 1);
        if (group == NULL) {
            return err_set(err, ERR_USAGE, "there is no group '%s'", colon + 1);
        }
        options->group = group->gr_gid;
    }
    if (word[0] != '\0') {
        const struct passwd *user = getpwnam(word);

        if (user == NULL) {
            return err_set(err, ERR_USAGE, "there is no user '%s'", word);
        }
        options->owner = user->pw_uid;
    }
    return true;
}

static bool take_log(struct proxy_options *options, const char *word, struct err *err)
{
    static const struct {
        const char *word;
        enum proxy_level level;
    } levels[] = {
        {"error", PROXY_LOG_ERROR},
        {"notice", PROXY_LOG_NOTICE},
        {"debug", PROXY_LOG_DEBUG},
    };

    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (strcmp(word, levels[i].word) == 0) {
            options->log.most = levels[i].level;
            return true;
        }
    }
    return err_set(err, ERR_USAGE, "--log is error, notice or debug, found '%s'", word);
}

/* Numbers with commas between them. */
static bool take_inherited(struct proxy_options *options, char *word, struct err *err)
{
    for (char *one = strtok(word, ","); one != NULL; one = strtok(NULL, ",")) {
        unsigned fd;

        if (options->inherited_count == PROXY_INHERITED_MAX) {
            return err_set(err, ERR_USAGE, "more than %d descriptors", PROXY_INHERITED_MAX);
        }
        if (!take_number(one, 1 << 20, &fd, err)) {
            return false;
        }
        if (fd <= STDERR_FILENO || fcntl((int)fd, F_GETFD) < 0) {
            return err_set(err, ERR_USAGE, "descriptor %u is not open behind the standard ones",
                           fd);
        }
        options->inherited[options->inherited_count++] = (int)fd;
    }
    return true;
}

/* Takes one option that has an argument. */
static bool take_option(struct proxy_options *options, int c, char *word, struct err *err)
{
    unsigned long n = 0;
    bool ok = true;

    switch (c) {
    case 'l':
        options->listen_path = word;
        break;
    case OPT_CONFIG:
        options->config_path = word;
        break;
    case OPT_HELLO:
        return take_number(word, 3600, &options->job.hello_seconds, err);
    case OPT_INHERIT:
        return take_inherited(options, word, err);
    case OPT_LISTEN_FD:
        ok = number(word, 10, 1 << 20, &n, err);
        options->listen_fd = (int)n;
        break;
    case OPT_LOG:
        return take_log(options, word, err);
    case OPT_MODE:
        ok = number(word, 8, 0777, &n, err);
        options->mode = (mode_t)n;
        break;
    case OPT_NAME:
        options->log.name = word;
        break;
    case OPT_NETWORK:
        return take_number(word, 86400, &options->job.network_seconds, err);
    case OPT_OWNER:
        return take_owner(options, word, err);
    case OPT_PID:
        ok = number(word, 10, 1 << 30, &n, err);
        options->qemu_pid = (pid_t)n;
        break;
    case OPT_QEMU:
        options->qemu_path = word;
        break;
    default:
        return err_set(err, ERR_USAGE, "see `vmber proxy --help`");
    }
    return ok;
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
    static struct proxy_options options; /* large, and once a process */
    struct err err = ERR_INIT;
    int status;
    int c;

    options.listen_fd = -1;
    options.mode = SOCKET_MODE;
    options.owner = (uid_t)-1;
    options.group = (gid_t)-1;
    options.log.most = PROXY_LOG_NOTICE;
    options.job.producer = CMD_PRODUCER;
    options.job.hello_seconds = HELLO_SECONDS;
    options.job.network_seconds = NETWORK_SECONDS;
    while ((c = getopt_long(argc, argv, "hl:", long_options, NULL)) != -1) {
        if (c == 'h') {
            cmd_help(cmd, stdout);
            return ERR_NONE;
        }
        if (c == CMD_CHOICE_WITHOUT) {
            if (!cmd_choice_feature(cmd, optarg, &options.job.lacks)) {
                return ERR_USAGE;
            }
        } else if (c >= CMD_CHOICE_FOR) {
            status = cmd_choice_take(cmd, c, optarg, &options.job.choice);
            if (status >= 0) {
                return status;
            }
        } else if (c == OPT_ONCE) {
            options.once = true;
        } else if (!take_option(&options, c, optarg, &err)) {
            return cmd_misuse(cmd, "%s", err.text);
        }
    }
    if (argc != optind) {
        return cmd_misuse(cmd, "found '%s', which is no option", argv[optind]);
    }
    if (options.qemu_path == NULL || (options.listen_path == NULL && options.listen_fd < 0)) {
        return cmd_misuse(cmd, "--qemu and --listen are needed");
    }
    if (options.log.name == NULL) {
        options.log.name = options.listen_path != NULL ? options.listen_path : options.qemu_path;
    }
    if (!proxy_confine_is_built()) {
        cmd_note(cmd, "built without a system call filter");
    }
    return proxy_run(&options, cmd_stop_flag(), &err) ? ERR_NONE : cmd_fail(cmd, &err);
}

const struct cmd cmd_proxy = {
    "proxy",
    "--qemu PATH --listen PATH [OPTIONS]",
    "stand between a QMP client and QEMU, with 'ber' as a migration capability",
    "      --qemu PATH               QEMU's QMP socket\n"
    "  -l, --listen PATH             the socket for the client\n"
    "      --listen-fd N             ... or a descriptor that listens already\n"
    "      --mode MODE               of the socket (default 0600)\n"
    "      --owner USER[:GROUP]      of the socket\n"
    "      --config FILE             which migrations are BER if the client says nothing\n"
    "      --handshake-timeout SECS  for the other end to say HELLO (default 10)\n"
    "      --network-timeout SECS    for a broken network to be noticed (default 30)\n"
    "      --once                    end when QEMU does\n"
    "      --pid N                   end when process N does\n"
    "      --inherited N,...         descriptors that QEMU has under these numbers, too\n"
    "      --name NAME               in front of messages\n"
    "      --log LEVEL               error, notice (default), debug\n"
    "      --for, --lift, --with, --without, --grease\n"
    "                                what outgoing streams may use, as for vmber encode\n"
    "  -h, --help                    print this\n",
    run,
};
