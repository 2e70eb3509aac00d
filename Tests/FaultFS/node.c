// Nodes, their bytes and names, and the search for those that nothing refers to any more.
#include "disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct disk disk;

static struct node *all_nodes;
static size_t node_count;
static size_t sweep_at = 4096;
static uint64_t last_number;

void disk_begin(void) {
    pthread_mutex_init(&disk.lock, NULL);
    disk.current.root = node_new(S_IFDIR | 0755, 0, 0);
    disk.current.root->status.st_nlink = 2;
}

struct node *node_new(mode_t mode, uid_t user, gid_t group) {
    struct node *node = calloc(1, sizeof *node);
    node->number = ++last_number;
    node->epoch = disk.epoch;
    node->status.st_ino = node->number;
    node->status.st_mode = mode;
    node->status.st_uid = user;
    node->status.st_gid = group;
    node->status.st_blksize = 4096;
    node_touch(node);
    node->next = all_nodes;
    all_nodes = node;
    node_count += 1;
    return node;
}

void node_touch(struct node *node) {
    clock_gettime(CLOCK_REALTIME, &node->status.st_mtim);
    node->status.st_ctim = node->status.st_mtim;
    node->status.st_atim = node->status.st_mtim;
}

void node_path(const struct node *node, const char *name, char *out, size_t room) {
    if (node->parent == NULL) {
        snprintf(out, room, "%s", name ? name : "");
        return;
    }
    char above[4096];
    node_path(node->parent, node->name, above, sizeof above);
    snprintf(out, room, name ? "%s/%s" : "%s", above, name);
}

struct node *disk_find(const char *path) {
    char copy[4096], *rest = copy, *part;
    snprintf(copy, sizeof copy, "%s", path);
    struct node *node = disk.current.root;
    while (node && (part = strsep(&rest, "/")))
        if (*part) node = names_get(&node->names, part);
    return node;
}

// --- Bytes -----------------------------------------------------------------------------------------------------------

void bytes_resize(struct bytes *bytes, size_t count) {
    if (count > bytes->room) {
        bytes->room = count + count / 2 + 4096;
        bytes->data = realloc(bytes->data, bytes->room);
    }
    if (count > bytes->count) memset(bytes->data + bytes->count, 0, count - bytes->count);
    bytes->count = count;
}

void bytes_write(struct bytes *bytes, size_t offset, const unsigned char *data, size_t count) {
    if (offset + count > bytes->count) bytes_resize(bytes, offset + count);
    if (count) memcpy(bytes->data + offset, data, count);
}

void bytes_free(struct bytes *bytes) {
    free(bytes->data);
    *bytes = (struct bytes){0};
}

// --- Names -----------------------------------------------------------------------------------------------------------

static struct entry *find(const struct names *names, const char *name) {
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->list[i].name, name) == 0) return &names->list[i];
    return NULL;
}

struct node *names_get(const struct names *names, const char *name) {
    const struct entry *entry = find(names, name);
    return entry ? entry->node : NULL;
}

void names_set(struct names *names, const char *name, struct node *node) {
    struct entry *entry = find(names, name);
    if (entry && node) {
        entry->node = node;
    } else if (entry) {
        free(entry->name);
        *entry = names->list[--names->count];
    } else if (node) {
        if (names->count == names->room) {
            names->room = names->room * 2 + 8;
            names->list = realloc(names->list, names->room * sizeof *names->list);
        }
        names->list[names->count++] = (struct entry){strdup(name), node};
    }
}

static void names_free(struct names *names) {
    for (size_t i = 0; i < names->count; i++) free(names->list[i].name);
    free(names->list);
    *names = (struct names){0};
}

// --- Room ------------------------------------------------------------------------------------------------------------

// What is named, or unlinked but held open, takes room.
uint64_t disk_used(void) {
    uint64_t used = 0;
    for (const struct node *node = all_nodes; node; node = node->next)
        if (node->epoch == disk.epoch && (node->status.st_nlink > 0 || node->opens > 0)) used += node->visible.count;
    return used;
}

// --- What nothing refers to ------------------------------------------------------------------------------------------

static void mark(struct node *node);

static void mark_names(const struct names *names) {
    for (size_t i = 0; i < names->count; i++) mark(names->list[i].node);
}

static void mark(struct node *node) {
    if (node == NULL || node->marked) return;
    node->marked = true;
    mark(node->parent);
    mark_names(&node->names);
    mark_names(&node->durable_names);
}

static void mark_image(const struct image *image) {
    mark(image->root);
    for (size_t i = 0; i < image->count; i++) {
        for (int n = 0; n < image->journal[i].count; n++) {
            mark(image->journal[i].namings[n].directory);
            mark(image->journal[i].namings[n].node);
        }
    }
}

static void node_free(struct node *node) {
    changes_free(node);
    bytes_free(&node->visible);
    bytes_free(&node->durable);
    names_free(&node->names);
    names_free(&node->durable_names);
    names_free(&node->settled_names);
    free(node->name);
    free(node);
    node_count -= 1;
}

// Called at moments when no request holds a node without the kernel's reference to it.
void disk_sweep(void) {
    if (node_count < sweep_at) return;
    for (struct node *node = all_nodes; node; node = node->next) node->marked = false;
    mark_image(&disk.current);
    mark_image(&disk.frozen);
    mark_image(&disk.saved);
    for (struct node *node = all_nodes; node; node = node->next)
        if (node->lookups > 0) mark(node);
    for (struct node **place = &all_nodes; *place;) {
        struct node *node = *place;
        if (node->marked) {
            place = &node->next;
        } else {
            *place = node->next;
            node_free(node);
        }
    }
    sweep_at = node_count * 2 + 4096;
}
