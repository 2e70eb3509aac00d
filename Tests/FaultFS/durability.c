// What is changed, and what makes it durable.
#include "disk.h"

#include <stdlib.h>
#include <string.h>

// A kernel writes back what was written long ago, synced or not: here once a file has more than this unsynced.
enum { CHANGES_MAX = 16384 };
static const size_t change_bytes_max = (size_t)64 << 20;
// And of names.
enum { TRANSACTIONS_MAX = 2048 };

// --- Contents --------------------------------------------------------------------------------------------------------

static void apply(struct bytes *bytes, const struct change *change) {
    if (change->data)
        bytes_write(bytes, change->offset, change->data, change->count);
    else
        bytes_resize(bytes, change->offset);
}

// The oldest `count` changes are in the durable image from now on.
static void write_back(struct node *file, size_t count) {
    for (size_t i = 0; i < count; i++) {
        apply(&file->durable, &file->changes[i]);
        file->change_bytes -= file->changes[i].count;
        free(file->changes[i].data);
    }
    file->change_count -= count;
    memmove(file->changes, file->changes + count, file->change_count * sizeof *file->changes);
}

static void remember(struct node *file, struct change change) {
    if (file->change_count == file->change_room) {
        file->change_room = file->change_room * 2 + 16;
        file->changes = realloc(file->changes, file->change_room * sizeof *file->changes);
    }
    file->changes[file->change_count++] = change;
    file->change_bytes += change.count;
    if (file->change_count >= CHANGES_MAX || file->change_bytes > change_bytes_max)
        write_back(file, (file->change_count + 1) / 2);
}

static void changed(struct node *file) {
    file->status.st_size = (off_t)file->visible.count;
    file->status.st_blocks = (blkcnt_t)(file->visible.count + SECTOR - 1) / SECTOR;
    node_touch(file);
}

void file_write(struct node *file, size_t offset, const void *data, size_t count) {
    bytes_write(&file->visible, offset, data, count);
    struct change change = {offset, count, malloc(count + 1)};
    memcpy(change.data, data, count);
    remember(file, change);
    changed(file);
}

void file_resize(struct node *file, size_t count) {
    bytes_resize(&file->visible, count);
    remember(file, (struct change){.offset = count});
    changed(file);
}

void disk_lose(struct node *file) {
    for (size_t i = 0; i < file->change_count; i++)
        if (disk_random() % 2) apply(&file->durable, &file->changes[i]);
    changes_free(file);
}

void file_evict(struct node *file) {
    bytes_resize(&file->visible, 0);
    bytes_write(&file->visible, 0, file->durable.data, file->durable.count);
    for (size_t i = 0; i < file->change_count; i++) apply(&file->visible, &file->changes[i]);
    changed(file);
}

void changes_free(struct node *file) {
    for (size_t i = 0; i < file->change_count; i++) free(file->changes[i].data);
    free(file->changes);
    file->changes = NULL;
    file->change_count = file->change_room = file->change_bytes = 0;
}

// --- Names -----------------------------------------------------------------------------------------------------------

static void place(struct node *node, struct node *directory, const char *name) {
    free(node->name);
    node->name = strdup(name);
    node->parent = directory;
}

static void sync_chosen(struct image *image);

static void write_back_names(struct image *image, size_t count) {
    for (size_t i = 0; i < image->count; i++) image->journal[i].chosen = i < count;
    sync_chosen(image);
}

void disk_name(const struct naming *namings, int count) {
    struct image *image = &disk.current;
    if (image->count >= TRANSACTIONS_MAX) write_back_names(image, image->count / 2);
    if (image->count == image->room) {
        image->room = image->room * 2 + 64;
        image->journal = realloc(image->journal, image->room * sizeof *image->journal);
    }
    struct transaction *transaction = &image->journal[image->count++];
    *transaction = (struct transaction){.count = count};
    for (int n = 0; n < count; n++) {
        transaction->namings[n] = namings[n];
        transaction->namings[n].name = strdup(namings[n].name);
        names_set(&namings[n].directory->names, namings[n].name, namings[n].node);
        if (namings[n].node) place(namings[n].node, namings[n].directory, namings[n].name);
        node_touch(namings[n].directory);
    }
}

static bool same_name(const struct transaction *a, const struct transaction *b) {
    for (int m = 0; m < a->count; m++)
        for (int n = 0; n < b->count; n++)
            if (a->namings[m].directory == b->namings[n].directory &&
                strcmp(a->namings[m].name, b->namings[n].name) == 0)
                return true;
    return false;
}

static bool concerns(const struct transaction *transaction, const struct node *node, bool or_is_named) {
    for (int n = 0; n < transaction->count; n++)
        if (transaction->namings[n].directory == node || (or_is_named && transaction->namings[n].node == node)) return true;
    return false;
}

// Strictly: the directory's own changes, and their forerunners under the same names.
static void choose_strictly(struct image *image, const struct node *node) {
    for (size_t i = image->count; i-- > 0;) {
        struct transaction *transaction = &image->journal[i];
        transaction->chosen = concerns(transaction, node, false);
        for (size_t later = i + 1; later < image->count && !transaction->chosen; later++)
            transaction->chosen = image->journal[later].chosen && same_name(transaction, &image->journal[later]);
    }
}

// As ext4: everything up to the last change that concerns the node.
static void choose_journal(struct image *image, const struct node *node) {
    bool chosen = false;
    for (size_t i = image->count; i-- > 0;) {
        chosen = chosen || concerns(&image->journal[i], node, true);
        image->journal[i].chosen = chosen;
    }
}

static void sync_chosen(struct image *image) {
    size_t kept = 0;
    for (size_t i = 0; i < image->count; i++) {
        struct transaction *transaction = &image->journal[i];
        if (!transaction->chosen) {
            image->journal[kept++] = *transaction;
            continue;
        }
        for (int n = 0; n < transaction->count; n++) {
            struct naming *naming = &transaction->namings[n];
            names_set(&naming->directory->durable_names, naming->name, naming->node);
            free(naming->name);
        }
    }
    image->count = kept;
}

void disk_sync(struct node *node) {
    if (S_ISREG(node->status.st_mode)) write_back(node, node->change_count);
    if (disk.journal)
        choose_journal(&disk.current, node);
    else if (S_ISDIR(node->status.st_mode))
        choose_strictly(&disk.current, node);
    else
        return;
    sync_chosen(&disk.current);
}
