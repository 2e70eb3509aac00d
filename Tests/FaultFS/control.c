// Commands of the test, a line each, on a Unix socket. Every answer ends with a line "ok" or "error TEXT".
//
//   arm FAULT [OPTION…]     a fault from now on, counted from now on:
//                             kill-before, kill-after  the operation's process dies without, or with, its effect
//                             cut                      power loss: watched processes die, all fails until `settle`
//                             eio, enospc              it fails; after a failed fsync the kernel calls the pages clean
//                             slow=MS                  it takes longer
//                           options: on=write,fsync,… (default: all that change something), path=PATTERN (of fnmatch, from
//                           the mount), at=N (the first it strikes; default 1), times=M (how many; default 1, 0: all),
//                           after=BYTES (written before), whom=group (kills all that is watched as well)
//   clear                   disarms all
//   watch GROUP…            process groups that a cut kills
//   count | count 0         operations so far; counts anew
//   fired                   how often faults struck since `clear`
//   trace [FROM]            number, operation, path, offset, bytes, fate; tabs between
//   cut                     power loss now
//   settle SEED             the power is back; again for another outcome of the same cut
//   chance SEED             what else is left to chance: which pages a failed fsync has written
//   names strict | ext4     what makes names durable, see disk.h
//   save | restore          keeps what is visible, synced; puts it back
//   sync                    all that is visible is durable
//   evict PATTERN           the kernel drops the clean pages of files
//   room BYTES | room 0     a smaller disk; no limit
//   used                    bytes in files
//   flip PATH OFFSET BIT    damage, seen and durable
//   shorten PATH LENGTH
#include <stdbool.h>

#include "disk.h"
#include "faults.h"
#include "server.h"

#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct fuse_session *session;
static int listener;

// Files whose cached pages the kernel must drop once the lock is free.
enum { STALE_MAX = 1024 };
static struct node *stale[STALE_MAX];
static int stale_count;

static void gone_stale(struct node *node) {
    if (stale_count < STALE_MAX && node->lookups > 0) stale[stale_count++] = node;
}

// --- Commands, under the lock ----------------------------------------------------------------------------------------

static const char *watch(char *words) {
    pid_t groups[16];
    int count = 0;
    for (char *word; count < 16 && (word = strsep(&words, " "));)
        if (*word) groups[count++] = (pid_t)atoi(word);
    faults_watch(groups, count);
    return NULL;
}

static void evict(struct node *node, const char *pattern) {
    char path[4096];
    node_path(node, NULL, path, sizeof path);
    if (S_ISREG(node->status.st_mode) && fnmatch(pattern, path, 0) == 0) {
        file_evict(node);
        gone_stale(node);
    }
    for (size_t i = 0; i < node->names.count; i++) evict(node->names.list[i].node, pattern);
}

static struct node *file(const char *path) {
    struct node *node = path ? disk_find(path) : NULL;
    return node && S_ISREG(node->status.st_mode) ? node : NULL;
}

static const char *flip(char *words) {
    struct node *node = file(strsep(&words, " "));
    size_t offset = words ? strtoull(words, &words, 10) : 0;
    int bit = words ? atoi(words) : 0;
    if (!node || offset >= node->visible.count) return "no such byte";
    disk_sync(node);
    node->visible.data[offset] ^= (unsigned char)(1 << bit % 8);
    node->durable.data[offset] ^= (unsigned char)(1 << bit % 8);
    gone_stale(node);
    return NULL;
}

static const char *shorten(char *words) {
    struct node *node = file(strsep(&words, " "));
    if (!node || !words) return "no such file";
    file_resize(node, strtoull(words, NULL, 10));
    disk_sync(node);
    gone_stale(node);
    return NULL;
}

static const char *run(const char *name, char *words, FILE *out) {
    bool has_words = words && *words;
    if (strcmp(name, "arm") == 0) return has_words ? faults_arm(words) : "arm what?";
    if (strcmp(name, "clear") == 0) return faults_clear(), NULL;
    if (strcmp(name, "watch") == 0) return watch(words);
    if (strcmp(name, "count") == 0)
        return has_words ? faults_count_from_zero() : (void)fprintf(out, "%lu\n", faults_count()), NULL;
    if (strcmp(name, "fired") == 0) return fprintf(out, "%lu\n", faults_fired()), NULL;
    if (strcmp(name, "trace") == 0) return faults_print_trace(out, has_words ? strtoull(words, NULL, 10) : 1), NULL;
    if (strcmp(name, "cut") == 0) return faults_cut(), NULL;
    if (strcmp(name, "settle") == 0)
        return has_words && disk_settle(strtoull(words, NULL, 10)) ? NULL : "the power did not go";
    if (strcmp(name, "chance") == 0) return disk.chance = has_words ? strtoull(words, NULL, 10) : 0, NULL;
    if (strcmp(name, "names") == 0) return disk.journal = has_words && strcmp(words, "ext4") == 0, NULL;
    if (strcmp(name, "save") == 0) return disk_save(), NULL;
    if (strcmp(name, "restore") == 0) return disk_restore() ? NULL : "nothing was saved";
    if (strcmp(name, "sync") == 0) return disk_sync_all(), NULL;
    if (strcmp(name, "evict") == 0) return evict(disk.current.root, has_words ? words : "*"), NULL;
    if (strcmp(name, "room") == 0) return disk.room = has_words ? strtoull(words, NULL, 10) : 0, NULL;
    if (strcmp(name, "used") == 0) return fprintf(out, "%lu\n", disk_used()), NULL;
    if (strcmp(name, "flip") == 0) return flip(words);
    if (strcmp(name, "shorten") == 0) return shorten(words);
    return "no such command";
}

// --- The socket ------------------------------------------------------------------------------------------------------

// Outside the lock: the kernel may have to write pages back before it drops them, which are requests to us.
static void drop_stale_pages(void) {
    for (int i = 0; i < stale_count; i++) fuse_lowlevel_notify_inval_inode(session, (fuse_ino_t)stale[i], 0, 0);
    stale_count = 0;
}

static void obey(char *line, FILE *out) {
    line[strcspn(line, "\n")] = 0;
    char *words = line, *name = strsep(&words, " ");
    pthread_mutex_lock(&disk.lock);
    const char *wrong = run(name, words, out);
    pthread_mutex_unlock(&disk.lock);
    drop_stale_pages();
    if (wrong)
        fprintf(out, "error %s\n", wrong);
    else
        fprintf(out, "ok\n");
    fflush(out);
}

static void *listen_for_commands(void *unused) {
    (void)unused;
    for (;;) {
        int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (connection < 0) continue;
        FILE *in = fdopen(connection, "r"), *out = fdopen(dup(connection), "w");
        char *line = NULL;
        size_t room = 0;
        while (getline(&line, &room, in) > 0) obey(line, out);
        free(line);
        fclose(out);
        fclose(in);
    }
    return NULL;
}

bool control_begin(const char *path, struct fuse_session *the_session) {
    session = the_session;
    signal(SIGPIPE, SIG_IGN);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unlink(path);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 8) != 0) return false;
    pthread_t thread;
    return pthread_create(&thread, NULL, listen_for_commands, NULL) == 0;
}
