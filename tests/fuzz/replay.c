/*
 * replay.c - gives a fuzz target the files of its corpus, under any compiler.
 *
 *     replay_NAME DIRECTORY|FILE
 *
 * Names the file before it runs it, so that the last line says which one did not come back.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
    FILE *in = fopen(path, "rb");
    uint8_t *data = NULL;
    size_t size = 0;
    size_t cap = 0;

    if (in == NULL) {
        perror(path);
        return 1;
    }
    for (;;) {
        size_t n;

        if (size == cap) {
            cap = cap * 2 + 4096;
            data = realloc(data, cap);
            if (data == NULL) {
                perror(path);
                exit(1);
            }
        }
        n = fread(data + size, 1, cap - size, in);
        if (n == 0) {
            break;
        }
        size += n;
    }
    fclose(in);
    (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 0;
}

static int replay_directory(const char *name, DIR *dir)
{
    struct dirent *entry;
    char path[4096];
    int failed = 0;
    int files = 0;

    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.') {
            (void)snprintf(path, sizeof(path), "%s/%s", name, entry->d_name);
            printf("%s\n", entry->d_name);
            fflush(stdout);
            failed += replay(path);
            files++;
        }
    }
    printf("%d files\n", files);
    return failed == 0 && files > 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    DIR *dir;
    int status;

    if (argc != 2) {
        fprintf(stderr, "usage: %s DIRECTORY|FILE\n", argv[0]);
        return 2;
    }
    dir = opendir(argv[1]);
    if (dir == NULL) {
        return replay(argv[1]);
    }
    status = replay_directory(argv[1], dir);
    closedir(dir);
    return status;
}
