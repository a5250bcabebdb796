/* Counts the operations of a program on files below a folder, and lets one of them fail or a signal arrive at it.

   cc -shared -fPIC -o faults.so faults.c -ldl

   FAULTS_BELOW   the folder, as an absolute path
   FAULTS_AT      number of the operation, from 1
   FAULTS_KIND    ENOSPC, EIO, EACCES: that operation fails
                  full, broken: from it on, every operation that needs room, or every operation, fails
                  KILL, TERM, INT: the signal arrives before it; of a write, when half is written
   FAULTS_COUNT   file to which the number of operations is written at the end
   FAULTS_PAUSE   file; that operation waits until it exists */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static atomic_long operations;

static const char *setting(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

static int is(const char *kind) { return !strcmp(setting("FAULTS_KIND"), kind); }

static int below(const char *path) {
    const char *folder = setting("FAULTS_BELOW");
    size_t length = strlen(folder);
    return length && !strncmp(path, folder, length) && (path[length] == '/' || !path[length]);
}

static int below_at(int folder, const char *path) {
    char link[64], full[2 * PATH_MAX];
    if (path[0] == '/' || folder == AT_FDCWD) return below(path);
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    ssize_t length = readlink(link, full, PATH_MAX - 1);
    if (length < 0) return 0;
    snprintf(full + length, PATH_MAX, "/%s", path);
    return below(full);
}

static int below_file(int file) {
    char link[64], full[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, full, sizeof full - 1);
    if (length < 0) return 0;
    full[length] = 0;
    return below(full);
}

static int is_signal(void) { return is("KILL") || is("TERM") || is("INT"); }

/* Whoever runs the tests in the background of a shell has interrupts ignored, and so have all programs that are started. */
static void arrive(void) {
    int number = is("KILL") ? SIGKILL : is("TERM") ? SIGTERM : SIGINT;
    signal(number, SIG_DFL);
    kill(getpid(), number);
}

/* Counts an operation. Returns the error that it is to fail with, 0 for none, and -1 if a signal is to arrive. */
static int fault(int needs_room) {
    long number = ++operations, at = atol(setting("FAULTS_AT"));
    if (!at || number < at) return 0;
    if (is("full")) return needs_room ? ENOSPC : 0;
    if (is("broken")) return EIO;
    if (number > at) return 0;
    for (const char *file = setting("FAULTS_PAUSE"); *file && access(file, F_OK);) usleep(2000);
    if (is("ENOSPC")) return ENOSPC;
    if (is("EIO")) return EIO;
    if (is("EACCES")) return EACCES;
    return is_signal() ? -1 : 0;
}

static int fails(int needs_room) {
    int error = fault(needs_room);
    if (error < 0) arrive();
    if (error > 0) errno = error;
    return error > 0;
}

__attribute__((destructor)) static void report(void) {
    const char *path = setting("FAULTS_COUNT");
    FILE *file = *path ? fopen(path, "w") : NULL;
    if (file) fprintf(file, "%ld", (long)operations), fclose(file);
}

static int changes(int flags) { return flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC); }

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(int, #name, const char *, int, ...); \
        va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, int); va_end(rest); \
        if (changes(flags) && below(path) && fails(flags & O_CREAT)) return -1; \
        return real(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
    int name(int folder, const char *path, int flags, ...) { \
        REAL(int, #name, int, const char *, int, ...); \
        va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, int); va_end(rest); \
        if (changes(flags) && below_at(folder, path) && fails(flags & O_CREAT)) return -1; \
        return real(folder, path, flags, mode); \
    }
OPENAT(openat)
OPENAT(openat64)

/* Half of a write gets through before the fault. */
static ssize_t cut(int file, const void *bytes, size_t size) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) real = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    int error = fault(1);
    if (!error) return real(file, bytes, size);
    if (size > 1) (void)!real(file, bytes, size / 2);
    if (error < 0) arrive();
    errno = error > 0 ? error : EINTR;
    return -1;
}

ssize_t write(int file, const void *bytes, size_t size) {
    REAL(ssize_t, "write", int, const void *, size_t);
    return below_file(file) ? cut(file, bytes, size) : real(file, bytes, size);
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    REAL(ssize_t, "writev", int, const struct iovec *, int);
    return count && below_file(file) ? cut(file, parts[0].iov_base, parts[0].iov_len) : real(file, parts, count);
}

#define PWRITE(name, type) \
    ssize_t name(int file, const void *bytes, size_t size, type offset) { \
        REAL(ssize_t, #name, int, const void *, size_t, type); \
        return below_file(file) && fails(1) ? -1 : real(file, bytes, size, offset); \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define TRUNCATE(name, type) \
    int name(int file, type size) { \
        REAL(int, #name, int, type); \
        return below_file(file) && fails(0) ? -1 : real(file, size); \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define SYNC(name) \
    int name(int file) { \
        REAL(int, #name, int); \
        return below_file(file) && fails(0) ? -1 : real(file); \
    }
SYNC(fsync)
SYNC(fdatasync)

int rename(const char *old, const char *new) {
    REAL(int, "rename", const char *, const char *);
    return (below(old) || below(new)) && fails(1) ? -1 : real(old, new);
}

int renameat(int from, const char *old, int to, const char *new) {
    REAL(int, "renameat", int, const char *, int, const char *);
    return (below_at(from, old) || below_at(to, new)) && fails(1) ? -1 : real(from, old, to, new);
}

int mkdir(const char *path, mode_t mode) {
    REAL(int, "mkdir", const char *, mode_t);
    return below(path) && fails(1) ? -1 : real(path, mode);
}

int unlink(const char *path) {
    REAL(int, "unlink", const char *);
    return below(path) && fails(0) ? -1 : real(path);
}

int unlinkat(int folder, const char *path, int flags) {
    REAL(int, "unlinkat", int, const char *, int);
    return below_at(folder, path) && fails(0) ? -1 : real(folder, path, flags);
}

int rmdir(const char *path) {
    REAL(int, "rmdir", const char *);
    return below(path) && fails(0) ? -1 : real(path);
}
