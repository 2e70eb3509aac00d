// The kernel's requests, one function each. Locks are the kernel's own business: there is no other machine.
#include <stdbool.h>

#include "disk.h"
#include "faults.h"
#include "server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

// Names are asked for each time: what a loss of power changed is seen at once. Attributes the kernel may keep: every change
// goes through it.
static const double attribute_seconds = 3600;

// --- What all have in common -----------------------------------------------------------------------------------------

static struct node *node_of(fuse_ino_t inode) {
    return inode == FUSE_ROOT_ID ? disk.current.root : (struct node *)inode;
}

static void fail(fuse_req_t request, int error) {
    pthread_mutex_unlock(&disk.lock);
    fuse_reply_err(request, error);
}

// Locks the disk. Null: answered.
static struct node *enter(fuse_req_t request, fuse_ino_t inode) {
    pthread_mutex_lock(&disk.lock);
    struct node *node = node_of(inode);
    if (!disk.is_frozen && node->epoch == disk.epoch) return node;
    fail(request, disk.is_frozen ? EIO : ESTALE);
    return NULL;
}

// An operation that changes something.
struct step {
    fuse_req_t request;
    struct verdict verdict;
};

// Waits as long as a fault says; other requests go on meanwhile.
static void delay(enum operation operation, const char *path) {
    unsigned milliseconds = faults_delay(operation, path);
    if (milliseconds == 0) return;
    pthread_mutex_unlock(&disk.lock);
    usleep(milliseconds * 1000);
    pthread_mutex_lock(&disk.lock);
}

// Waits if a fault says so, numbers the operation, asks the faults. False: no effect, answered.
static bool begin(struct step *step, fuse_req_t request, enum operation operation, struct node *node, const char *name,
                  uint64_t offset, uint64_t count) {
    char path[4096];
    node_path(node, name, path, sizeof path);
    pid_t process = fuse_req_ctx(request)->pid;
    delay(operation, path);
    int error = disk.is_frozen ? EIO : 0;
    if (!error) {
        *step = (struct step){request, faults_decide(operation, path, offset, count, process)};
        error = step->verdict.error;
    }
    if (error) fail(request, error);
    return !error;
}

// The operation has taken effect: what is to be killed dies before it hears of it.
static void end(struct step *step) {
    if (step->verdict.kill_after) faults_kill(fuse_req_ctx(step->request)->pid);
    pthread_mutex_unlock(&disk.lock);
}

static bool lacks_room(uint64_t more) { return disk.room && disk_used() + more > disk.room; }

static struct fuse_entry_param entry_of(struct node *node) {
    node->lookups += 1;
    return (struct fuse_entry_param){.ino = (fuse_ino_t)node, .generation = 1, .attr = node->status,
                                     .attr_timeout = attribute_seconds, .entry_timeout = 0};
}

// --- Names -----------------------------------------------------------------------------------------------------------

static void do_lookup(fuse_req_t request, fuse_ino_t above, const char *name) {
    struct node *directory = enter(request, above);
    if (!directory) return;
    struct node *node = names_get(&directory->names, name);
    if (!node) return fail(request, ENOENT);
    struct fuse_entry_param entry = entry_of(node);
    pthread_mutex_unlock(&disk.lock);
    fuse_reply_entry(request, &entry);
}

static void forget(fuse_ino_t inode, uint64_t count) {
    if (inode == FUSE_ROOT_ID) return;
    struct node *node = (struct node *)inode;
    node->lookups = node->lookups > count ? node->lookups - count : 0;
}

static void do_forget(fuse_req_t request, fuse_ino_t inode, uint64_t count) {
    pthread_mutex_lock(&disk.lock);
    forget(inode, count);
    disk_sweep();
    pthread_mutex_unlock(&disk.lock);
    fuse_reply_none(request);
}

static void do_forget_many(fuse_req_t request, size_t count, struct fuse_forget_data *list) {
    pthread_mutex_lock(&disk.lock);
    for (size_t i = 0; i < count; i++) forget(list[i].ino, list[i].nlookup);
    disk_sweep();
    pthread_mutex_unlock(&disk.lock);
    fuse_reply_none(request);
}

// A new node under a new name. Null: answered.
static struct node *make(struct step *step, fuse_req_t request, fuse_ino_t above, const char *name, mode_t mode) {
    struct node *directory = enter(request, above);
    if (!directory) return NULL;
    if (names_get(&directory->names, name)) return fail(request, EEXIST), NULL;
    if (lacks_room(1)) return fail(request, ENOSPC), NULL;
    if (!begin(step, request, S_ISDIR(mode) ? OP_MKDIR : OP_CREATE, directory, name, 0, 0)) return NULL;
    const struct fuse_ctx *caller = fuse_req_ctx(request);
    struct node *node = node_new(mode & ~caller->umask, caller->uid, caller->gid);
    node->status.st_nlink = S_ISDIR(mode) ? 2 : 1;
    if (S_ISDIR(mode)) directory->status.st_nlink += 1;
    disk_name(&(struct naming){directory, (char *)name, node}, 1);
    return node;
}

static void answer_made(struct step *step, struct node *node) {
    struct fuse_entry_param entry = entry_of(node);
    end(step);
    fuse_reply_entry(step->request, &entry);
}

static void do_mknod(fuse_req_t request, fuse_ino_t above, const char *name, mode_t mode, dev_t device) {
    (void)device;
    struct step step;
    struct node *node = make(&step, request, above, name, mode);
    if (node) answer_made(&step, node);
}

static void do_mkdir(fuse_req_t request, fuse_ino_t above, const char *name, mode_t mode) {
    do_mknod(request, above, name, S_IFDIR | mode, 0);
}

static void do_create(fuse_req_t request, fuse_ino_t above, const char *name, mode_t mode, struct fuse_file_info *info) {
    struct step step;
    struct node *node = make(&step, request, above, name, S_IFREG | mode);
    if (!node) return;
    struct fuse_entry_param entry = entry_of(node);
    node->opens += 1;
    info->keep_cache = 1;
    end(&step);
    fuse_reply_create(request, &entry, info);
}

static void do_symlink(fuse_req_t request, const char *target, fuse_ino_t above, const char *name) {
    struct step step;
    struct node *node = make(&step, request, above, name, S_IFLNK | 0777);
    if (!node) return;
    bytes_write(&node->visible, 0, (const unsigned char *)target, strlen(target) + 1);
    node->status.st_size = (off_t)strlen(target);
    answer_made(&step, node);
}

static void do_readlink(fuse_req_t request, fuse_ino_t inode) {
    struct node *node = enter(request, inode);
    if (!node) return;
    char *target = strdup((const char *)node->visible.data);
    pthread_mutex_unlock(&disk.lock);
    fuse_reply_readlink(request, target);
    free(target);
}

static void do_link(fuse_req_t request, fuse_ino_t inode, fuse_ino_t above, const char *name) {
    struct step step;
    struct node *directory = enter(request, above);
    if (!directory) return;
    struct node *node = node_of(inode);
    if (node->epoch != disk.epoch) return fail(request, ESTALE);
    if (names_get(&directory->names, name)) return fail(request, EEXIST);
    if (lacks_room(1)) return fail(request, ENOSPC);
    if (!begin(&step, request, OP_LINK, directory, name, 0, 0)) return;
    node->status.st_nlink += 1;
    disk_name(&(struct naming){directory, (char *)name, node}, 1);
    answer_made(&step, node);
}

// Its last name may be gone: what is still open lives on.
static void unnamed(struct node *node, struct node *directory) {
    if (S_ISDIR(node->status.st_mode)) {
        node->status.st_nlink = 0;
        directory->status.st_nlink -= 1;
    } else {
        node->status.st_nlink -= 1;
    }
}

static void remove_name(fuse_req_t request, fuse_ino_t above, const char *name, bool is_directory) {
    struct step step;
    struct node *directory = enter(request, above);
    if (!directory) return;
    struct node *node = names_get(&directory->names, name);
    if (!node) return fail(request, ENOENT);
    if (S_ISDIR(node->status.st_mode) != is_directory) return fail(request, is_directory ? ENOTDIR : EISDIR);
    if (is_directory && node->names.count) return fail(request, ENOTEMPTY);
    if (!begin(&step, request, OP_UNLINK, directory, name, 0, 0)) return;
    disk_name(&(struct naming){directory, (char *)name, NULL}, 1);
    unnamed(node, directory);
    end(&step);
    fuse_reply_err(request, 0);
}

static void do_unlink(fuse_req_t request, fuse_ino_t above, const char *name) { remove_name(request, above, name, false); }
static void do_rmdir(fuse_req_t request, fuse_ino_t above, const char *name) { remove_name(request, above, name, true); }

static int rename_error(const struct node *node, const struct node *there, unsigned flags) {
    if (!node || (!there && (flags & RENAME_EXCHANGE))) return ENOENT;
    if (!there || (flags & RENAME_EXCHANGE)) return 0;
    if (flags & RENAME_NOREPLACE) return EEXIST;
    bool is_directory = S_ISDIR(node->status.st_mode);
    if (is_directory != S_ISDIR(there->status.st_mode)) return is_directory ? ENOTDIR : EISDIR;
    return is_directory && there->names.count ? ENOTEMPTY : 0;
}

static void moved(struct node *node, struct node *from, struct node *to) {
    if (!S_ISDIR(node->status.st_mode)) return;
    from->status.st_nlink -= 1;
    to->status.st_nlink += 1;
}

static void do_rename(fuse_req_t request, fuse_ino_t above, const char *name, fuse_ino_t new_above, const char *new_name,
                      unsigned flags) {
    struct step step;
    struct node *from = enter(request, above);
    if (!from) return;
    struct node *to = node_of(new_above);
    struct node *node = names_get(&from->names, name), *there = names_get(&to->names, new_name);
    int error = rename_error(node, there, flags);
    if (error || node == there) return fail(request, error);
    if (!begin(&step, request, OP_RENAME, to, new_name, 0, 0)) return;
    bool exchanges = flags & RENAME_EXCHANGE;
    disk_name((struct naming[]){{from, (char *)name, exchanges ? there : NULL}, {to, (char *)new_name, node}}, 2);
    moved(node, from, to);
    if (exchanges)
        moved(there, to, from);
    else if (there)
        unnamed(there, to);
    end(&step);
    fuse_reply_err(request, 0);
}

// --- Attributes ------------------------------------------------------------------------------------------------------

static void do_getattr(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *info) {
    (void)info;
    struct node *node = enter(request, inode);
    if (!node) return;
    struct stat status = node->status;
    pthread_mutex_unlock(&disk.lock);
    fuse_reply_attr(request, &status, attribute_seconds);
}

static bool resize(struct step *step, fuse_req_t request, struct node *node, size_t size) {
    if (size > node->visible.count && lacks_room(size - node->visible.count)) return fail(request, ENOSPC), false;
    if (!begin(step, request, OP_TRUNCATE, node, NULL, size, 0)) return false;
    file_resize(node, size);
    return true;
}

static void do_setattr(fuse_req_t request, fuse_ino_t inode, struct stat *wanted, int what, struct fuse_file_info *info) {
    (void)info;
    struct step step = {request, {0}};
    struct node *node = enter(request, inode);
    if (!node) return;
    if ((what & FUSE_SET_ATTR_SIZE) && !resize(&step, request, node, (size_t)wanted->st_size)) return;
    struct stat *status = &node->status;
    if (what & FUSE_SET_ATTR_MODE) status->st_mode = (status->st_mode & S_IFMT) | (wanted->st_mode & 07777);
    if (what & FUSE_SET_ATTR_UID) status->st_uid = wanted->st_uid;
    if (what & FUSE_SET_ATTR_GID) status->st_gid = wanted->st_gid;
    if (what & (FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_MTIME_NOW)) node_touch(node);
    if ((what & FUSE_SET_ATTR_MTIME) && !(what & FUSE_SET_ATTR_MTIME_NOW)) status->st_mtim = wanted->st_mtim;
    struct stat answer = *status;
    end(&step);
    fuse_reply_attr(request, &answer, attribute_seconds);
}

static void do_statfs(fuse_req_t request, fuse_ino_t inode) {
    if (!enter(request, inode)) return;
    // Asked often; adding up what is used looks at every node there is.
    const uint64_t block = 4096, whole = disk.room ? disk.room : (uint64_t)1 << 40;
    const uint64_t used = disk.room ? disk_used() : 0;
    struct statvfs status = {.f_bsize = block, .f_frsize = block, .f_blocks = whole / block, .f_namemax = 255,
                             .f_files = 1 << 20, .f_ffree = 1 << 20, .f_favail = 1 << 20};
    status.f_bfree = status.f_bavail = used < whole ? (whole - used) / block : 0;
    pthread_mutex_unlock(&disk.lock);
    fuse_reply_statfs(request, &status);
}

// --- Contents --------------------------------------------------------------------------------------------------------

static void do_open(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *info) {
    struct node *node = enter(request, inode);
    if (!node) return;
    node->opens += 1;
    pthread_mutex_unlock(&disk.lock);
    info->keep_cache = 1;
    fuse_reply_open(request, info);
}

static void do_release(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *info) {
    (void)info;
    pthread_mutex_lock(&disk.lock);
    node_of(inode)->opens -= 1;
    pthread_mutex_unlock(&disk.lock);
    fuse_reply_err(request, 0);
}

static void do_read(fuse_req_t request, fuse_ino_t inode, size_t count, off_t offset, struct fuse_file_info *info) {
    (void)info;
    struct node *node = enter(request, inode);
    if (!node) return;
    size_t at = (size_t)offset, whole = node->visible.count;
    if (at > whole) at = whole;
    if (count > whole - at) count = whole - at;
    // Answered under the lock: the bytes are copied by the call.
    fuse_reply_buf(request, (const char *)node->visible.data + at, count);
    pthread_mutex_unlock(&disk.lock);
}

static void do_write(fuse_req_t request, fuse_ino_t inode, const char *data, size_t count, off_t offset,
                     struct fuse_file_info *info) {
    struct step step;
    struct node *node = enter(request, inode);
    if (!node) return;
    size_t end_of_write = (size_t)offset + count;
    if (end_of_write > node->visible.count && lacks_room(end_of_write - node->visible.count)) return fail(request, ENOSPC);
    if (!begin(&step, request, OP_WRITE, node, NULL, (uint64_t)offset, count)) return;
    file_write(node, (size_t)offset, data, count);
    if (info->flags & O_DSYNC) disk_sync(node);
    end(&step);
    fuse_reply_write(request, count);
}

static void do_fallocate(fuse_req_t request, fuse_ino_t inode, int mode, off_t offset, off_t length,
                         struct fuse_file_info *info) {
    (void)info;
    struct step step;
    struct node *node = enter(request, inode);
    if (!node) return;
    if (mode) return fail(request, EOPNOTSUPP);
    size_t size = (size_t)(offset + length);
    if (size > node->visible.count && lacks_room(size - node->visible.count)) return fail(request, ENOSPC);
    if (!begin(&step, request, OP_ALLOCATE, node, NULL, (uint64_t)offset, (uint64_t)length)) return;
    if (size > node->visible.count) file_resize(node, size);
    end(&step);
    fuse_reply_err(request, 0);
}

static void sync_node(fuse_req_t request, fuse_ino_t inode, int only_data) {
    struct step step = {request, {0}};
    struct node *node = enter(request, inode);
    if (!node) return;
    char path[4096];
    node_path(node, NULL, path, sizeof path);
    enum operation operation = only_data ? OP_FDATASYNC : OP_FSYNC;
    delay(operation, path);
    if (disk.is_frozen) return fail(request, EIO);
    // Unlike others, a failed sync has an effect.
    step.verdict = faults_decide(operation, path, 0, 0, fuse_req_ctx(request)->pid);
    if (step.verdict.error == 0)
        disk_sync(node);
    else if (S_ISREG(node->status.st_mode) && !disk.is_frozen)
        disk_lose(node);
    end(&step);
    fuse_reply_err(request, step.verdict.error);
}

static void do_fsync(fuse_req_t request, fuse_ino_t inode, int only_data, struct fuse_file_info *info) {
    (void)info;
    sync_node(request, inode, only_data);
}

// --- Directories -----------------------------------------------------------------------------------------------------

// As it was when it was opened.
struct listing {
    char *bytes;
    size_t count;
};

static void list(fuse_req_t request, struct listing *listing, const char *name, const struct node *node) {
    size_t size = fuse_add_direntry(request, NULL, 0, name, NULL, 0);
    listing->bytes = realloc(listing->bytes, listing->count + size);
    fuse_add_direntry(request, listing->bytes + listing->count, size, name, &node->status, (off_t)(listing->count + size));
    listing->count += size;
}

static void do_opendir(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *info) {
    struct node *node = enter(request, inode);
    if (!node) return;
    struct listing *listing = calloc(1, sizeof *listing);
    list(request, listing, ".", node);
    list(request, listing, "..", node->parent ? node->parent : node);
    for (size_t i = 0; i < node->names.count; i++)
        list(request, listing, node->names.list[i].name, node->names.list[i].node);
    pthread_mutex_unlock(&disk.lock);
    info->fh = (uint64_t)listing;
    fuse_reply_open(request, info);
}

static void do_readdir(fuse_req_t request, fuse_ino_t inode, size_t count, off_t offset, struct fuse_file_info *info) {
    (void)inode;
    struct listing *listing = (struct listing *)info->fh;
    size_t at = (size_t)offset, end_of_part = at;
    // Whole entries only: each begins with a head that tells its length.
    while (end_of_part < listing->count) {
        uint32_t length;
        memcpy(&length, listing->bytes + end_of_part + 16, sizeof length);
        size_t size = (24 + length + 7) / 8 * 8;
        if (end_of_part + size - at > count) break;
        end_of_part += size;
    }
    fuse_reply_buf(request, listing->bytes + at, end_of_part - at);
}

static void do_releasedir(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *info) {
    (void)inode;
    struct listing *listing = (struct listing *)info->fh;
    free(listing->bytes);
    free(listing);
    fuse_reply_err(request, 0);
}

static void do_fsyncdir(fuse_req_t request, fuse_ino_t inode, int only_data, struct fuse_file_info *info) {
    (void)info;
    sync_node(request, inode, only_data);
}

// --- All of them -----------------------------------------------------------------------------------------------------

static void do_init(void *context, struct fuse_conn_info *connection) {
    (void)context;
    // Writes reach the disk one by one; and nobody else changes files, so what the kernel has cached is right.
    connection->want &= ~(unsigned)(FUSE_CAP_WRITEBACK_CACHE | FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_ATOMIC_O_TRUNC);
}

const struct fuse_lowlevel_ops requests = {
    .init = do_init,
    .lookup = do_lookup,
    .forget = do_forget,
    .forget_multi = do_forget_many,
    .getattr = do_getattr,
    .setattr = do_setattr,
    .readlink = do_readlink,
    .mknod = do_mknod,
    .mkdir = do_mkdir,
    .symlink = do_symlink,
    .link = do_link,
    .unlink = do_unlink,
    .rmdir = do_rmdir,
    .rename = do_rename,
    .create = do_create,
    .open = do_open,
    .release = do_release,
    .read = do_read,
    .write = do_write,
    .fallocate = do_fallocate,
    .fsync = do_fsync,
    .opendir = do_opendir,
    .readdir = do_readdir,
    .releasedir = do_releasedir,
    .fsyncdir = do_fsyncdir,
    .statfs = do_statfs,
};
