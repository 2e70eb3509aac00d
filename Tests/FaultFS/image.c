// Whole images: what a loss of power leaves, and copies to begin again from.
#include "disk.h"

#include <stdlib.h>
#include <string.h>

// splitmix64 (public domain, https://prng.di.unimi.it/splitmix64.c).
uint64_t disk_random(void) {
    uint64_t z = (disk.chance += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

// How one loss of power treats what was not synced: of four, how many writes survive and how many of these are torn. Drawn
// once an image, so that "nothing" and "everything" come up as well as every mixture.
static struct { unsigned survive, torn; } fate;

static bool in_four(unsigned count) { return disk_random() % 4 < count; }

// --- What survives ---------------------------------------------------------------------------------------------------

static void write_torn(struct bytes *bytes, const struct change *change) {
    size_t done = 0;
    while (done < change->count) {
        size_t at = change->offset + done;
        size_t part = SECTOR - at % SECTOR;
        if (part > change->count - done) part = change->count - done;
        if (disk_random() % 2) bytes_write(bytes, at, change->data + done, part);
        done += part;
    }
}

static void settle_content(const struct node *file, struct bytes *out) {
    bytes_write(out, 0, file->durable.data, file->durable.count);
    for (size_t i = 0; i < file->change_count; i++) {
        const struct change *change = &file->changes[i];
        if (!in_four(fate.survive)) continue;
        if (change->data == NULL)
            bytes_resize(out, change->offset);
        else if (in_four(fate.torn))
            write_torn(out, change);
        else
            bytes_write(out, change->offset, change->data, change->count);
    }
}

// A change of a name needs all its forerunners under the same names.
static bool has_forerunners(const struct image *image, size_t place) {
    const struct transaction *transaction = &image->journal[place];
    for (size_t i = 0; i < place; i++) {
        const struct transaction *before = &image->journal[i];
        if (before->chosen) continue;
        for (int m = 0; m < before->count; m++)
            for (int n = 0; n < transaction->count; n++)
                if (before->namings[m].directory == transaction->namings[n].directory &&
                    strcmp(before->namings[m].name, transaction->namings[n].name) == 0)
                    return false;
    }
    return true;
}

static void choose_survivors(struct image *image) {
    size_t first = disk_random() % (image->count + 1);
    for (size_t i = 0; i < image->count; i++)
        image->journal[i].chosen =
            disk.journal ? i < first : in_four(fate.survive) && has_forerunners(image, i);
}

// --- Copies ----------------------------------------------------------------------------------------------------------

static void names_copy(struct names *out, const struct names *names) {
    for (size_t i = 0; i < names->count; i++) names_set(out, names->list[i].name, names->list[i].node);
}

static void names_clear(struct names *names) {
    while (names->count) names_set(names, names->list[0].name, NULL);
}

// Fills every directory's settled names: with its durable ones, or its visible ones.
static void prepare(struct node *node, bool visible) {
    if (node->twin) return;
    node->twin = node; // seen
    names_clear(&node->settled_names);
    names_copy(&node->settled_names, visible ? &node->names : &node->durable_names);
    for (size_t i = 0; i < node->names.count; i++) prepare(node->names.list[i].node, visible);
    for (size_t i = 0; i < node->durable_names.count; i++) prepare(node->durable_names.list[i].node, visible);
}

static void prepare_image(struct image *image, bool visible) {
    prepare(image->root, visible);
    for (size_t i = 0; i < image->count; i++) {
        for (int n = 0; n < image->journal[i].count; n++) {
            prepare(image->journal[i].namings[n].directory, visible);
            if (image->journal[i].namings[n].node) prepare(image->journal[i].namings[n].node, visible);
        }
    }
}

static void forget_twins(struct node *node) {
    if (node->twin == NULL) return;
    node->twin = NULL;
    for (size_t i = 0; i < node->names.count; i++) forget_twins(node->names.list[i].node);
    for (size_t i = 0; i < node->durable_names.count; i++) forget_twins(node->durable_names.list[i].node);
}

static void forget_image_twins(struct image *image) {
    forget_twins(image->root);
    for (size_t i = 0; i < image->count; i++) {
        for (int n = 0; n < image->journal[i].count; n++) {
            forget_twins(image->journal[i].namings[n].directory);
            if (image->journal[i].namings[n].node) forget_twins(image->journal[i].namings[n].node);
        }
    }
}

// A copy of what lies below `node` by settled names, all of it durable.
static struct node *copy(struct node *node, bool visible) {
    if (node->twin != node) {
        node->twin->status.st_nlink += 1;
        return node->twin;
    }
    struct node *twin = node_new(node->status.st_mode, node->status.st_uid, node->status.st_gid);
    node->twin = twin;
    twin->status.st_nlink = S_ISDIR(node->status.st_mode) ? 2 : 1;
    twin->status.st_mtim = node->status.st_mtim;
    if (visible || !S_ISREG(node->status.st_mode))
        bytes_write(&twin->visible, 0, node->visible.data, node->visible.count);
    else
        settle_content(node, &twin->visible);
    bytes_write(&twin->durable, 0, twin->visible.data, twin->visible.count);
    twin->status.st_size = (off_t)twin->visible.count;
    twin->status.st_blocks = (blkcnt_t)(twin->visible.count + SECTOR - 1) / SECTOR;
    for (size_t i = 0; i < node->settled_names.count; i++) {
        struct entry *entry = &node->settled_names.list[i];
        struct node *below = copy(entry->node, visible);
        if (below->parent == NULL) {
            below->parent = twin;
            below->name = strdup(entry->name);
        }
        names_set(&twin->names, entry->name, below);
        names_set(&twin->durable_names, entry->name, below);
        if (S_ISDIR(below->status.st_mode)) twin->status.st_nlink += 1;
    }
    return twin;
}

static struct node *copy_image(struct image *image, bool visible) {
    prepare_image(image, visible);
    if (!visible) {
        choose_survivors(image);
        for (size_t i = 0; i < image->count; i++) {
            if (!image->journal[i].chosen) continue;
            for (int n = 0; n < image->journal[i].count; n++) {
                struct naming *naming = &image->journal[i].namings[n];
                names_set(&naming->directory->settled_names, naming->name, naming->node);
            }
        }
    }
    struct node *root = copy(image->root, visible);
    forget_image_twins(image);
    return root;
}

static void drop(struct image *image) {
    for (size_t i = 0; i < image->count; i++)
        for (int n = 0; n < image->journal[i].count; n++) free(image->journal[i].namings[n].name);
    free(image->journal);
    *image = (struct image){0};
}

// What processes hold open of the image before is stale from now on.
static void replace(struct node *root) {
    drop(&disk.current);
    disk.current.root = root;
    disk_sweep();
}

// --- The power, and beginning again ----------------------------------------------------------------------------------

void disk_freeze(void) {
    drop(&disk.frozen);
    disk.frozen = disk.current;
    disk.current.journal = NULL;
    disk.current.count = disk.current.room = 0;
    disk.is_frozen = true;
}

bool disk_settle(uint64_t seed) {
    if (disk.frozen.root == NULL) return false;
    disk.chance = seed;
    fate.survive = (unsigned)(disk_random() % 5);
    fate.torn = (unsigned)(disk_random() % 4);
    disk.epoch += 1;
    replace(copy_image(&disk.frozen, false));
    disk.is_frozen = false;
    return true;
}

void disk_save(void) {
    drop(&disk.saved);
    uint64_t epoch = disk.epoch;
    disk.epoch = UINT64_MAX; // of no image that is in use
    disk.saved.root = copy_image(&disk.current, true);
    disk.epoch = epoch;
}

bool disk_restore(void) {
    if (disk.saved.root == NULL) return false;
    disk.epoch += 1;
    drop(&disk.frozen);
    replace(copy_image(&disk.saved, true));
    disk.is_frozen = false;
    return true;
}

static void sync_below(struct node *node) {
    disk_sync(node);
    for (size_t i = 0; i < node->names.count; i++) sync_below(node->names.list[i].node);
}

void disk_sync_all(void) { sync_below(disk.current.root); }
