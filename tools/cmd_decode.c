/* cmd_decode.c - vmber decode: BER to the legacy stream it was made from. */
#include <getopt.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/stream/form_decode.h"
#include "compat/map_check.h"
#include "tools/cmd_choice.h"

enum { OPT_STRICT = 256, OPT_WITHOUT };

static const struct option long_options[] = {
    {"help", no_argument, NULL, 'h'},
    {"output", required_argument, NULL, 'o'},
    {"strict", no_argument, NULL, OPT_STRICT},
    {"without", required_argument, NULL, OPT_WITHOUT},
    {NULL, 0, NULL, 0},
};

/*
 * A QEMU (seen: 7.2) whose -incoming exec: child ends before the first octet waits for ever; with
 * one octet it fails at once. 'Q' is the first octet of every migration stream, and starts nothing.
 */
static void wake_reader(void)
{
    struct stat st;

    if (fstat(STDOUT_FILENO, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))) {
        (void)write(STDOUT_FILENO, "Q", 1);
    }
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
    struct form_decode_options options = {.check = {map_check_type, NULL}};
    struct form_decode_report report;
    struct err err = ERR_INIT;
    struct cmd_files files;
    const char *output = NULL;
    bool ok;
    int c;

    while ((c = getopt_long(argc, argv, "ho:", long_options, NULL)) != -1) {
        switch (c) {
        case 'h':
            cmd_help(cmd, stdout);
            return ERR_NONE;
        case 'o':
            output = optarg;
            break;
        case OPT_STRICT:
            options.profile = true;
            break;
        case OPT_WITHOUT:
            if (!cmd_choice_feature(cmd, optarg, &options.without)) {
                return ERR_USAGE;
            }
            break;
        default:
            return cmd_misuse(cmd, "see `vmber %s --help`", cmd->name);
        }
    }
    if (argc - optind > 1) {
        return cmd_misuse(cmd, "one input at a time, found '%s' as well", argv[optind + 1]);
    }
    ok = cmd_open(&files, argv[optind], output, &err) &&
         form_decode(io_fd_source(&files.in), files.sink, &options, &report, &err);
    if (!ok && (output == NULL || strcmp(output, "-") == 0) && files.standard_out.octets == 0) {
        wake_reader();
    }
    ok = cmd_close(&files, ok, &err);
    return ok ? ERR_NONE : cmd_fail(cmd, &err);
}

const struct cmd cmd_decode = {
    "decode",
    "[-o OUT] [--strict] [--without NAME]... [IN]",
    "turn BER back into the migration stream, octet for octet",
    "  -o, --output OUT  write to OUT, which appears when it is complete (default: standard "
    "output)\n"
    "      --strict      refuse BER that vmber itself does not write\n"
    "      --without NAME  refuse what a reader refuses that does not have this feature\n"
    "  -h, --help        print this\n",
    run,
};
