#pragma once
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

// Swift cannot call variadic functions, nor read values wider than an enum's cases: one wrapper a use.

static inline struct MHD_Daemon *cinelog_mhd_start(unsigned int flags, MHD_AcceptPolicyCallback policy,
                                                   MHD_AccessHandlerCallback handler, void *context,
                                                   const struct MHD_OptionItem *options) {
    return MHD_start_daemon(flags, 0, policy, context, handler, context, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

static inline void *cinelog_mhd_socket_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static inline int cinelog_mhd_descriptor(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

/// Of the connection's other side, in libmicrohttpd's memory.
static inline const struct sockaddr *cinelog_mhd_client_address(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info ? info->client_addr : NULL;
}

/// The descriptor that is readable when `MHD_run` has something to do.
static inline int cinelog_mhd_epoll_descriptor(struct MHD_Daemon *daemon) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info ? info->epoll_fd : -1;
}

/// What the kernel knows of a TCP connection.
struct cinelog_tcp_receiving {
    /// Bytes taken in since it was accepted; -1 where the kernel cannot tell.
    long long bytes;
    /// Whether the other side has said that nothing more will come.
    _Bool ended;
};

static inline struct cinelog_tcp_receiving cinelog_tcp_receiving(int descriptor) {
    struct {
        struct tcp_info info;
        unsigned char later_fields[256];
    } buffer = {0};
    struct cinelog_tcp_receiving answer = {-1, 0};
    socklen_t length = sizeof buffer;
    if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &buffer, &length) != 0) return answer;
    answer.ended = buffer.info.tcpi_state == TCP_CLOSE_WAIT;
    // linux/tcp.h: tcpi_bytes_received follows tcpi_bytes_acked, behind what glibc's header declares.
    enum { bytes_received_offset = 128 };
    if (length < bytes_received_offset + sizeof(unsigned long long)) return answer;
    __builtin_memcpy(&answer.bytes, (unsigned char *)&buffer + bytes_received_offset, sizeof answer.bytes);
    return answer;
}

/// Bytes of the request's head, from its method to its empty line; 0 where they are not known (yet).
static inline size_t cinelog_mhd_head_bytes(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info ? info->header_size : 0;
}

/// No chunks: the answer's end is the connection's.
static inline void cinelog_mhd_end_by_closing(struct MHD_Response *response) {
    MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
}
