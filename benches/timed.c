/* Runs a command and prints its wall and processor time in seconds, and its peak
 * memory in KiB.
 *
 *     timed COMMAND [WORD...]
 *
 * The kernel counts the memory of the process that started a command as the
 * command's until it calls exec, so a large parent would hide what a small command
 * needs. This one is small. The command's input and output are /dev/null; what is
 * printed goes to our own output. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

int main(int argc, char **argv)
{
    posix_spawn_file_actions_t actions;
    struct timespec begin, end;
    struct rusage usage;
    int status;
    pid_t pid;
    if (argc < 2)
        return 2;
    posix_spawn_file_actions_init(&actions);
    for (int fd = 0; fd < 3; fd++)
        posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", fd ? O_WRONLY : O_RDONLY, 0);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    if (posix_spawnp(&pid, argv[1], &actions, NULL, argv + 1, environ)) {
        perror(argv[1]);
        return 127;
    }
    if (wait4(pid, &status, 0, &usage) < 0)
        return 2;
    clock_gettime(CLOCK_MONOTONIC, &end);
    double wall = end.tv_sec - begin.tv_sec + (end.tv_nsec - begin.tv_nsec) / 1e9;
    double cpu = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    printf("%.6f %.6f %ld\n", wall, cpu, usage.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
