/* The cost of processes alone: runs every line of a file by a shell, K at a time.
 *
 *     floor COMMANDS K SHELL [FLAG...]
 *
 * Each line is the last argument of `SHELL FLAG...`, started by posix_spawn from a
 * small parent that does nothing else. What a build tool needs beyond this time for
 * the same commands is its own. */
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

static int reap(void)
{
    int status;
    if (wait(&status) < 0 || status != 0) {
        fprintf(stderr, "floor: a command failed\n");
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 4 || argc > 16) {
        fprintf(stderr, "usage: floor COMMANDS K SHELL [FLAG...]\n");
        return 2;
    }
    FILE *commands = fopen(argv[1], "r");
    if (!commands) {
        perror(argv[1]);
        return 2;
    }
    int most = atoi(argv[2]), running = 0, words = argc - 3;
    char *child[16] = {0};
    memcpy(child, argv + 3, sizeof(char *) * words);
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    while ((length = getline(&line, &room, commands)) > 0) {
        if (line[length - 1] == '\n')
            line[length - 1] = 0;
        child[words] = line;
        pid_t pid;
        if (posix_spawnp(&pid, argv[3], NULL, NULL, child, environ)) {
            perror("floor: spawn");
            return 1;
        }
        if (++running == most) {
            if (reap())
                return 1;
            running--;
        }
    }
    for (; running; running--)
        if (reap())
            return 1;
    return 0;
}
