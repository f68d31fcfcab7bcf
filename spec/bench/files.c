/*
 * Job files without queuectl: the work that a batch, or a recovery, cannot do without.
 *
 *     files write DIR N FIRST TEMPLATE OFFSET [ASIDE]   N job files; the id lies at OFFSET of TEMPLATE
 *     files rename FROM TO                              every file of a directory into another
 *
 * With ASIDE each file is written there, renamed into DIR, and all are flushed by one syncfs at the end.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void write_files(const char *dir, long n, long first, const char *template, long offset, const char *aside) {
  static char text[65536];
  int fd = open(template, O_RDONLY);
  ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text);
  if (size < offset + 26) die(template);
  close(fd);
  char name[128], path[4096], target[4096];
  for (long i = first; i < first + n; i++) {
    char id[27];
    snprintf(id, sizeof id, "01BENCH%019ld", i);
    memcpy(text + offset, id, 26);
    /* In the order of their numbers, and before everything that is enqueued today. */
    snprintf(name, sizeof name, "1000-20200101T%02ld%02ld%02ld.%06ldZ-%s.json", i / 360000000 % 24, i / 6000000 % 60,
             i / 100000 % 60, i % 100000 * 10, id);
    snprintf(target, sizeof target, "%s/%s", dir, name);
    snprintf(path, sizeof path, "%s/%s", aside ? aside : dir, name);
    if ((fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600)) < 0) die(path);
    if (write(fd, text, size) != size) die(path);
    close(fd);
    if (aside && rename(path, target) < 0) die(target);
  }
  if (!aside) return;
  fd = open(dir, O_RDONLY);
  if (fd < 0 || syncfs(fd) < 0) die(dir);
}

static void rename_files(const char *from, const char *to) {
  DIR *dir = opendir(from);
  if (!dir) die(from);
  char path[4096], target[4096];
  for (struct dirent *entry; (entry = readdir(dir));) {
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "%s/%s", from, entry->d_name);
    snprintf(target, sizeof target, "%s/%s", to, entry->d_name);
    if (rename(path, target) < 0) die(path);
  }
}

int main(int argc, char **argv) {
  if (argc >= 7 && !strcmp(argv[1], "write"))
    write_files(argv[2], atol(argv[3]), atol(argv[4]), argv[5], atol(argv[6]), argc > 7 ? argv[7] : NULL);
  else if (argc == 4 && !strcmp(argv[1], "rename"))
    rename_files(argv[2], argv[3]);
  else
    return 2;
  return 0;
}
