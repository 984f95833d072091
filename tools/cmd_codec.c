/*
 * cmd_codec.c - vmber codec: what vmber proxy runs between QEMU and a channel. Not for people: it
 * needs the descriptors the proxy gives it.
 */
#include <getopt.h>
#include <signal.h>
#include <string.h>

#include "tools/cmd_choice.h"
#include "tools/proxy/proxy_codec.h"

enum { OPT_ANY = 256, OPT_CHANNEL, OPT_FILE, OPT_RETURN_PATH, OPT_SYNC };

static const struct option long_options[] = {
    {"any", no_argument, NULL, OPT_ANY},
    {"channel", no_argument, NULL, OPT_CHANNEL},
    {"help", no_argument, NULL, 'h'},
    {"file", no_argument, NULL, OPT_FILE},
    {"return-path", no_argument, NULL, OPT_RETURN_PATH},
    {"sync", no_argument, NULL, OPT_SYNC},
    CMD_CHOICE_OPTIONS,
    {NULL, 0, NULL, 0},
};

static int run(const struct cmd *cmd, int argc, char **argv)
{
    struct proxy_codec codec;
    int status;
    int c;

    memset(&codec, 0, sizeof(codec));
    codec.producer = CMD_PRODUCER;
    while ((c = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        switch (c) {
        case 'h':
            cmd_help(cmd, stdout);
            return ERR_NONE;
        case OPT_ANY:
            codec.any = true;
            break;
        case OPT_CHANNEL:
            codec.channel = true;
            break;
        case OPT_FILE:
            codec.file = true;
            break;
        case OPT_RETURN_PATH:
            codec.return_path = true;
            break;
        case OPT_SYNC:
            codec.sync = true;
            break;
        default:
            status = cmd_choice_take(cmd, c, optarg, &codec.choice);
            if (status >= 0) {
                return status;
            }
        }
    }
    if (argc - optind != 1 ||
        (strcmp(argv[optind], "encode") != 0 && strcmp(argv[optind], "decode") != 0)) {
        return cmd_misuse(cmd, "expected encode or decode");
    }
    codec.decode = strcmp(argv[optind], "decode") == 0;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    return proxy_codec_run(&codec);
}

const struct cmd cmd_codec = {
    "codec",
    "[OPTIONS] encode|decode",
    "what the proxy runs between QEMU and a channel; not for people",
    "      --any          decode: pass a legacy stream through\n"
    "      --channel      the BER side is a channel of frames\n"
    "      --file         encode: the output is a file from its start\n"
    "      --return-path  encode: the input is not closed at the end of the stream\n"
    "      --sync         encode: the output is to be on disk at the end\n" CMD_CHOICE_HELP
    "  -h, --help         print this\n",
    run,
};
