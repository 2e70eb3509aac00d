// The reference of single events: libmicrohttpd alone. Reads a request's body and answers 202; no parsing, no disk.
//
//     bare PORT THREADS        port 0: the system picks one; prints "listening PORT"
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <netinet/in.h>

enum { connections_max = 10000, idle_seconds = 60 };

static struct MHD_Response *empty;

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *body, size_t *body_bytes, void **request) {
    static int begun;
    if (!*request) {
        *request = &begun;
        return MHD_YES;
    }
    if (*body_bytes) {
        *body_bytes = 0;
        return MHD_YES;
    }
    return MHD_queue_response(connection, MHD_HTTP_ACCEPTED, empty);
}

static struct MHD_Daemon *start(int port, int threads) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO;
    // A pool of one is no pool: libmicrohttpd refuses it.
    if (threads > 1)
        return MHD_start_daemon(flags, port, NULL, NULL, answer, NULL, MHD_OPTION_SOCK_ADDR, &address,
                                MHD_OPTION_CONNECTION_LIMIT, connections_max, MHD_OPTION_CONNECTION_TIMEOUT,
                                idle_seconds, MHD_OPTION_THREAD_POOL_SIZE, threads, MHD_OPTION_END);
    return MHD_start_daemon(flags, port, NULL, NULL, answer, NULL, MHD_OPTION_SOCK_ADDR, &address,
                            MHD_OPTION_CONNECTION_LIMIT, connections_max, MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds,
                            MHD_OPTION_END);
}

int main(int count, char **words) {
    if (count != 3) {
        fprintf(stderr, "usage: bare PORT THREADS\n");
        return 64;
    }
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);

    empty = MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
    struct MHD_Daemon *daemon = start(atoi(words[1]), atoi(words[2]));
    if (!daemon) {
        perror("bare");
        return 1;
    }
    printf("listening %d\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    int signal;
    sigwait(&stop, &signal);
    MHD_stop_daemon(daemon);
    MHD_destroy_response(empty);
    return 0;
}
