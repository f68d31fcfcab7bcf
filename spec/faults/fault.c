/*
 * A disk that fails on demand: preloaded into queuectl and everything it starts, it counts the operations on paths in
 * one directory over all these processes, and lets the N-th of them fail, or the process die before or after it.
 *
 *   FAULT_HOME   the directory, an absolute path without links in it
 *   FAULT_STATE  a file of at least sizeof(struct state) zero bytes, shared by all processes
 *   FAULT_AT     N, from 1; 0 only counts
 *   FAULT_MATCH  only operations are counted whose line (operation, path, second path, blanks between) contains this, or
 *                with a `*` in it is matched by it whole
 *   FAULT_SPAN   how many operations from N on fail (errors only), by default 1
 *   FAULT_KIND   kill-before, kill-after, short (a write takes half of it), lied (a rename or link is done and answered
 *                with the errno of its repetition, as by a network file system that lost its reply; only these are
 *                counted), or the number of an errno
 *   FAULT_PAUSE  milliseconds before the answer of `lied`, by default 0
 *   FAULT_TRACE  a file that gets a line for each operation: pid, operation, path, second path, separated by tabs
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

struct state {
  atomic_int count, fired;
  int pid;
  char what[1024];
};

static struct state *state;
static const char *home, *kind, *match;
static int at, span, error, lies, pause_ms, trace = -1;
static dev_t trace_dev;
static ino_t trace_ino;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("FAULT_STATE"), *lines = getenv("FAULT_TRACE"), *wide = getenv("FAULT_SPAN");
  home = getenv("FAULT_HOME");
  if (!path || !home) return;
  int fd = REAL(open)(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void *map = mmap(0, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (map == MAP_FAILED) return;
  kind = getenv("FAULT_KIND");
  match = getenv("FAULT_MATCH");
  at = atoi(getenv("FAULT_AT") ? getenv("FAULT_AT") : "0");
  span = wide ? atoi(wide) : 1;
  error = kind ? atoi(kind) : 0;
  lies = kind && !strcmp(kind, "lied");
  pause_ms = getenv("FAULT_PAUSE") ? atoi(getenv("FAULT_PAUSE")) : 0;
  if (lines) {
    /* High up, where no redirection of sh reaches. */
    fd = REAL(open)(lines, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    trace = fcntl(fd, F_DUPFD_CLOEXEC, 200);
    close(fd);
  }
  struct stat of;
  if (trace >= 0 && fstat(trace, &of) == 0) trace_dev = of.st_dev, trace_ino = of.st_ino;
  state = map;
}

static int is_ours(const char *path) {
  size_t n;
  return state && path && !strncmp(path, home, n = strlen(home)) && (path[n] == '/' || !path[n]) && !strstr(path, "/../");
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

static void tell(const char *operation, const char *path, const char *second) {
  /* A program may close or reuse the descriptor: only the very file is written to. */
  struct stat of;
  if (trace < 0 || fstat(trace, &of) || of.st_dev != trace_dev || of.st_ino != trace_ino) return;
  char line[2 * PATH_MAX + 64];
  int n = snprintf(line, sizeof line, "%d\t%s\t%s\t%s\n", getpid(), operation, path, second ? second : "");
  if (REAL(write)(trace, line, n) != n) return;
}

/* Counts an operation. 0: let it be done; an errno: it fails; -1: do it, then die; -2: do half; -3: do it, then lie. */
static int step(const char *operation, const char *path, const char *second) {
  char line[sizeof state->what];
  snprintf(line, sizeof line, "%s %s%s%s", operation, path, second ? " " : "", second ? second : "");
  if (match && (strchr(match, '*') ? fnmatch(match, line, 0) : !strstr(line, match))) return 0;
  if (lies && strcmp(operation, "rename") && strcmp(operation, "link")) return 0;
  int n = atomic_fetch_add(&state->count, 1) + 1;
  int past = n - at;
  if (!at || past < 0 || past >= (error || lies ? span : 1) || (!strcmp(kind, "short") && strcmp(operation, "write"))) return 0;
  if (!atomic_exchange(&state->fired, 1)) {
    state->pid = getpid();
    memcpy(state->what, line, sizeof line);
  }
  if (!strcmp(kind, "kill-before")) die();
  return error ? error : lies ? -3 : !strcmp(kind, "short") ? -2 : -1;
}

/* Does `call` under the eye of step(). */
#define UNDER(operation, path, second, call)                                                                           \
  do {                                                                                                                 \
    int what = step(operation, path, second);                                                                          \
    if (what > 0) return errno = what, -1;                                                                             \
    __typeof__(call) result = call;                                                                                    \
    int kept = errno;                                                                                                  \
    if (result >= 0) tell(operation, path, second);                                                                    \
    if (what == -1) die();                                                                                             \
    if (what == -3 && result >= 0) return usleep(1000 * pause_ms), errno = *(operation) == 'l' ? EEXIST : ENOENT, -1;    \
    return errno = kept, result;                                                                                       \
  } while (0)

static const char *name_of(int fd, char *buffer) {
  char link[64];
  if (!state) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, buffer, PATH_MAX - 1);
  if (n < 0) return 0;
  buffer[n] = 0;
  return buffer;
}

static int open_under(const char *name, const char *path, int flags, mode_t mode) {
  int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, name);
  if (!is_ours(path)) return real(path, flags, mode);
  UNDER(flags & O_CREAT ? "create" : "open", path, 0, real(path, flags, mode));
}

#define OPEN(name)                                                                                                     \
  int name(const char *path, int flags, ...) {                                                                         \
    va_list rest;                                                                                                      \
    va_start(rest, flags);                                                                                             \
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;                                                          \
    va_end(rest);                                                                                                      \
    return open_under(#name, path, flags, mode);                                                                       \
  }
OPEN(open)
OPEN(open64)

#define ON_FD(operation, type, name, parameters, ...)                                                                  \
  type name parameters {                                                                                               \
    char buffer[PATH_MAX];                                                                                             \
    const char *path = name_of(fd, buffer);                                                                            \
    if (!is_ours(path)) return REAL(name)(__VA_ARGS__);                                                                \
    UNDER(operation, path, 0, REAL(name)(__VA_ARGS__));                                                                \
  }
ON_FD("sync", int, fsync, (int fd), fd)
ON_FD("sync", int, fdatasync, (int fd), fd)
ON_FD("syncfs", int, syncfs, (int fd), fd)
ON_FD("truncate", int, ftruncate64, (int fd, off64_t size), fd, size)
ON_FD("utimes", int, futimens, (int fd, const struct timespec times[2]), fd, times)

static ssize_t write_under(int fd, const void *bytes, size_t size, ssize_t (*real)(int, const void *, size_t)) {
  char buffer[PATH_MAX];
  const char *path = name_of(fd, buffer);
  if (!is_ours(path)) {
    /* What is printed may be an acknowledgement: it belongs between the operations. */
    if (state && fd == 1 && trace >= 0) tell("say", "", 0);
    return real(fd, bytes, size);
  }
  int what = step("write", path, 0);
  if (what > 0) return errno = what, -1;
  ssize_t result = real(fd, bytes, what == -2 && size > 1 ? size / 2 : size);
  if (result >= 0) tell("write", path, 0);
  if (what == -1) die();
  return result;
}
ssize_t write(int fd, const void *bytes, size_t size) { return write_under(fd, bytes, size, REAL(write)); }

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset) {
  char buffer[PATH_MAX];
  const char *path = name_of(fd, buffer);
  if (!is_ours(path)) return REAL(pwrite64)(fd, bytes, size, offset);
  UNDER("write", path, 0, REAL(pwrite64)(fd, bytes, size, offset));
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
  char buffer[PATH_MAX];
  const char *path = name_of(fd, buffer);
  if (!is_ours(path)) return REAL(writev)(fd, parts, count);
  UNDER("write", path, 0, REAL(writev)(fd, parts, count));
}

#define ON_PATH(operation, name, parameters, path, second, ...)                                                        \
  int name parameters {                                                                                                \
    if (!is_ours(path)) return REAL(name)(__VA_ARGS__);                                                                \
    UNDER(operation, path, second, REAL(name)(__VA_ARGS__));                                                           \
  }
ON_PATH("rename", rename, (const char *from, const char *to), from, to, from, to)
ON_PATH("link", link, (const char *from, const char *to), from, to, from, to)
ON_PATH("unlink", unlink, (const char *path), path, 0, path)
ON_PATH("unlink", unlinkat, (int dir, const char *path, int flags), path, 0, dir, path, flags)
ON_PATH("rmdir", rmdir, (const char *path), path, 0, path)
ON_PATH("mkdir", mkdir, (const char *path, mode_t mode), path, 0, path, mode)
ON_PATH("mkfifo", mkfifo, (const char *path, mode_t mode), path, 0, path, mode)
ON_PATH("utimes", utimensat, (int dir, const char *path, const struct timespec times[2], int flags), path, 0, dir, path,
        times, flags)
