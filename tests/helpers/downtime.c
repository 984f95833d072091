/*
 * downtime.c - how long a filter takes from its last input octet to its last output octet.
 *
 *     downtime RUNS IN COMMAND [ARGUMENT...]
 *
 * Feeds IN to COMMAND through a pipe while reading what it writes, and prints the least, median and
 * greatest time in milliseconds over RUNS runs. The clock is read before the last write, of as much
 * as QEMU writes at a time: after it, COMMAND may have had the processor for a while already.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LAST_WRITE = 32768 }; /* IO_BUF_SIZE, migration/qemu-file.c */

static double now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

static void child(int in, int out, char **argv)
{
    (void)dup2(in, STDIN_FILENO);
    (void)dup2(out, STDOUT_FILENO);
    (void)execvp(argv[0], argv);
    _exit(127);
}

/* Feeds and drains until the output ends; returns the time between the two last octets. */
static double pump(int to, int from, const uint8_t *p, size_t len)
{
    static uint8_t sink[1 << 20];
    double last_in = 0;
    double last_out = 0;
    size_t fed = 0;

    (void)fcntl(to, F_SETFL, O_NONBLOCK);
    for (;;) {
        struct pollfd fds[2] = {{from, POLLIN, 0}, {to, POLLOUT, 0}};
        ssize_t n;

        if (poll(fds, to >= 0 ? 2 : 1, -1) < 0) {
            continue;
        }
        if (to >= 0 && (fds[1].revents & (POLLOUT | POLLERR)) != 0) {
            size_t some = len - fed > LAST_WRITE ? len - fed - LAST_WRITE : len - fed;

            last_in = now();
            n = write(to, p + fed, some);
            fed += n > 0 ? (size_t)n : 0;
            if (fed == len || (n < 0 && errno != EAGAIN)) {
                (void)close(to);
                to = -1;
            }
        }
        if ((fds[0].revents & (POLLIN | POLLHUP)) != 0) {
            n = read(from, sink, sizeof(sink));
            if (n <= 0) {
                return last_out - last_in;
            }
            last_out = now();
        }
    }
}

static double run_once(const uint8_t *p, size_t len, char **argv)
{
    int to[2];
    int from[2];
    int status = 0;
    double t;
    pid_t pid;

    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0) {
        perror("pipe");
        exit(2);
    }
    pid = fork();
    if (pid == 0) {
        child(to[0], from[1], argv);
    }
    (void)close(to[0]);
    (void)close(from[1]);
    t = pump(to[1], from[0], p, len);
    (void)close(from[0]);
    (void)waitpid(pid, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "downtime: %s failed\n", argv[0]);
        exit(1);
    }
    return t;
}

int main(int argc, char **argv)
{
    double times[101];
    int runs = argc > 3 ? atoi(argv[1]) : 0;
    uint8_t *p;
    FILE *in;
    long len;

    if (runs < 1 || runs > 101 || (in = fopen(argv[2], "rb")) == NULL) {
        fprintf(stderr, "usage: downtime RUNS(1..101) IN COMMAND [ARGUMENT...]\n");
        return 2;
    }
    (void)fseek(in, 0, SEEK_END);
    len = ftell(in);
    rewind(in);
    p = malloc((size_t)len);
    if (p == NULL || fread(p, 1, (size_t)len, in) != (size_t)len) {
        perror(argv[2]);
        return 2;
    }
    fclose(in);
    for (int i = 0; i < runs; i++) {
        times[i] = run_once(p, (size_t)len, argv + 3);
    }
    qsort(times, (size_t)runs, sizeof(times[0]), compare);
    printf("%.3f %.3f %.3f\n", times[0], times[runs / 2], times[runs - 1]);
    free(p);
    return 0;
}
