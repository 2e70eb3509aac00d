// A disk in memory, as two images of the same files:
//
//   visible   what processes see: the page cache and the names in it
//   durable   what the disk holds for certain
//
// Rules, by the strict reading of POSIX:
//
// - What is written to a file, or cut off it, is durable after fsync or fdatasync of that file.
// - A name (of a new file or directory, a link, a rename, an unlink) is durable after fsync of the directory that it is in.
//   Fsync of the file does not keep its name. A rename is one transaction: it is durable as a whole once either of its
//   directories is synced, together with whatever went before it under the same names.
// - At a loss of power (`disk_settle`) any part of what is not durable may have reached the disk as well: of the contents
//   any write, or any 512-byte sectors of it; of the names any set that has each one's forerunners in it.
//
// By `disk.journal` names follow ext4's habit instead (its journal in the default mode; XFS and Btrfs keep no less): all
// changes of names go through one ordered journal, fsync of a file or directory keeps everything up to the last change of a
// name that concerned it, and after a loss of power a beginning of the journal is there. No file system in wide use on
// Linux is as forgetful as the strict reading; programs that hold under it do not depend on any.
//
// Neither image knows delayed allocation: a file's new length is its content, and torn like it. Owner, mode and times are
// durable at once. Nobody but holders of `disk.lock` may look at anything in here.
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

enum { SECTOR = 512 };

struct bytes {
    unsigned char *data;
    size_t count;
    size_t room;
};

// A change of a file's content that is not durable: a write; or (data is null) a new length, which is `offset`.
struct change {
    size_t offset;
    size_t count;
    unsigned char *data;
};

struct entry {
    char *name;
    struct node *node;
};

struct names {
    struct entry *list;
    size_t count;
    size_t room;
};

// A file, directory, symbolic link or socket. Its address is its identity for the kernel.
struct node {
    uint64_t number; // the inode's; none is used twice, so that no page cached for an earlier image is taken for this one's
    uint64_t epoch;  // of the image that it belongs to
    struct stat status;
    uint64_t lookups;    // the kernel's references
    uint64_t opens;      // by processes
    struct node *parent; // with `name`: where it was last named, for paths in traces and patterns
    char *name;

    struct bytes visible; // of a file; of a symbolic link: its target
    struct bytes durable;
    struct change *changes;
    size_t change_count, change_room, change_bytes;

    struct names names; // of a directory
    struct names durable_names;
    struct names settled_names; // while an image is copied

    struct node *twin; // while an image is copied: its copy
    bool marked;       // while unused nodes are looked for
    struct node *next; // every node there is
};

// In `directory`, `name` stands for `node` from now on; for nothing where that is null.
struct naming {
    struct node *directory;
    char *name;
    struct node *node;
};

// Names that change together.
struct transaction {
    struct naming namings[2];
    int count;
    bool chosen; // while a subset is chosen
};

struct image {
    struct node *root;
    struct transaction *journal; // what is not durable, oldest first
    size_t count, room;
};

struct disk {
    pthread_mutex_t lock;
    struct image current;
    struct image frozen; // as the power went; root is null where it has not
    struct image saved;  // by `disk_save`
    bool is_frozen;      // every request fails
    bool journal;        // names as on ext4
    uint64_t epoch;
    uint64_t room; // bytes that files may hold; 0: no limit
    uint64_t chance; // state of the random numbers
};

extern struct disk disk;

void disk_begin(void);

// --- Nodes (node.c) --------------------------------------------------------------------------------------------------

struct node *node_new(mode_t mode, uid_t user, gid_t group);
void node_touch(struct node *node);
// "data/log.sqlite"; where `name` is given, of that name in the directory `node`.
void node_path(const struct node *node, const char *name, char *out, size_t room);
struct node *disk_find(const char *path);
void bytes_resize(struct bytes *bytes, size_t count);
void bytes_write(struct bytes *bytes, size_t offset, const unsigned char *data, size_t count);
void bytes_free(struct bytes *bytes);
struct node *names_get(const struct names *names, const char *name);
void names_set(struct names *names, const char *name, struct node *node);
uint64_t disk_used(void);
void disk_sweep(void);

// --- What is durable (durability.c) ----------------------------------------------------------------------------------

// These change what is visible and remember that it is not durable.
void file_write(struct node *file, size_t offset, const void *data, size_t count);
void file_resize(struct node *file, size_t count);
void disk_name(const struct naming *namings, int count);

void disk_sync(struct node *node);
// A failed fsync: the kernel calls its pages clean, and what reached the disk is left to chance.
void disk_lose(struct node *file);
// The kernel drops its clean pages: what the disk holds shows.
void file_evict(struct node *file);
void changes_free(struct node *file);

// --- Images (image.c) ------------------------------------------------------------------------------------------------

// The power goes: what is there is kept for `disk_settle`, and every request fails until then.
void disk_freeze(void);
// The power is back: what is durable, and of the rest what `seed` lets survive. May be called again for another outcome
// of the same loss of power. False where there was none.
bool disk_settle(uint64_t seed);
// Keeps a copy of what is visible, as if all of it were synced; or puts that back. False where there is none.
void disk_save(void);
bool disk_restore(void);
// Everything visible is durable from now on.
void disk_sync_all(void);
uint64_t disk_random(void);
