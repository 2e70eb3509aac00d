// A file system in memory that loses power, fails and kills on demand, for the tests of Cinelog's durability.
//
//     FaultFS MOUNT SOCKET
//
// Mounts itself on the folder MOUNT and takes commands on SOCKET (control.c). It ends, unmounted, when its standard input
// ends: so it outlives no test, whatever becomes of that.
//
//   disk.h, node.c, durability.c, image.c   what is on the disk, and what of it for certain
//   faults.c                                what goes wrong when
//   requests.c                              the kernel's requests (FUSE)
//   control.c                               the test's commands
#include <stdbool.h>

#include "disk.h"
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

static const char *mount_point;

// With the process its connection to the kernel ends too: whoever still waits for an answer gets an error.
static void *wait_for_end(void *unused) {
    (void)unused;
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0) {}
    if (umount2(mount_point, MNT_DETACH) != 0) execlp("fusermount3", "fusermount3", "-u", "-z", mount_point, (char *)NULL);
    _exit(0);
}

int main(int count, char **words) {
    if (count != 3) {
        fprintf(stderr, "Usage: FaultFS MOUNT SOCKET\n");
        return 64;
    }
    mount_point = words[1];
    disk_begin();
    char *options[] = {words[0], "-o", "default_permissions,fsname=faultfs"};
    struct fuse_args arguments = FUSE_ARGS_INIT(3, options);
    struct fuse_session *session = fuse_session_new(&arguments, &requests, sizeof requests, NULL);
    if (!session || fuse_session_mount(session, mount_point) != 0) return 1;
    pthread_t thread;
    if (pthread_create(&thread, NULL, wait_for_end, NULL) != 0 || !control_begin(words[2], session)) {
        fuse_session_unmount(session);
        return 1;
    }
    struct fuse_loop_config *config = fuse_loop_cfg_create();
    fuse_session_loop_mt(session, config);
    fuse_session_unmount(session);
    return 0;
}
