"""The other ends of sockets that some devices need on the host.

Each serves one connection at a time and knows as much of its protocol as
QEMU asks for before a guest has run: a vhost-user back end that moves no
data, and a server of ivshmem-doorbell.
"""

import contextlib
import os
import socket
import struct
import threading


class _Server:
    """Listens on a unix socket and hands each connection to `serve`."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen(4)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):      # until close()
            while True:
                connection, _ = self._socket.accept()
                with contextlib.closing(connection), contextlib.suppress(OSError):
                    self.serve(connection)

    def serve(self, connection):
        """Answers one connection until it ends."""
        raise NotImplementedError

    def close(self):
        """Accepts no more connections."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class VhostUser(_Server):
    """A vhost-user back end (QEMU 7.2: docs/interop/vhost-user.rst)."""

    GET_FEATURES, SET_LOG_BASE, GET_VRING_BASE = 1, 6, 11
    GET_PROTOCOL_FEATURES, GET_QUEUE_NUM, GET_CONFIG, GET_MAX_MEM_SLOTS = 15, 17, 24, 36
    NEED_REPLY = 8
    # LOG_ALL, INDIRECT_DESC, EVENT_IDX, PROTOCOL_FEATURES, VERSION_1.
    FEATURES = 1 << 26 | 1 << 28 | 1 << 29 | 1 << 30 | 1 << 32
    # MQ, LOG_SHMFD, CONFIG.
    PROTOCOL_FEATURES = 1 << 0 | 1 << 1 | 1 << 9
    QUEUES = 8

    def serve(self, connection):
        """Answers what asks for an answer."""
        numbers = {self.GET_FEATURES: self.FEATURES, self.SET_LOG_BASE: 0,
                   self.GET_PROTOCOL_FEATURES: self.PROTOCOL_FEATURES,
                   self.GET_QUEUE_NUM: self.QUEUES, self.GET_MAX_MEM_SLOTS: 32}
        stream = connection.makefile("rb")
        while header := stream.read(12):
            request, flags, size = struct.unpack("<III", header)
            body = stream.read(size)
            if request in numbers:
                answer = struct.pack("<Q", numbers[request])
            elif request in (self.GET_CONFIG, self.GET_VRING_BASE):
                answer = body               # a configuration of zeros
            elif flags & self.NEED_REPLY:
                answer = struct.pack("<Q", 0)
            else:
                continue
            connection.sendall(struct.pack("<III", request, 5, len(answer)) + answer)


class Ivshmem(_Server):
    """A server of shared memory (QEMU 7.2: docs/specs/ivshmem-spec.txt)."""

    def __init__(self, path, size=1 << 20, vectors=8):
        self._memory = os.memfd_create("ivshmem")
        os.truncate(self._memory, size)
        self._vectors = [os.eventfd(0) for _ in range(vectors)]
        super().__init__(path)

    def serve(self, connection):
        """Tells version, identity, the memory and the interrupts; waits for the end."""
        connection.sendall(struct.pack("<qq", 0, 0))
        socket.send_fds(connection, [struct.pack("<q", -1)], [self._memory])
        for vector in self._vectors:
            socket.send_fds(connection, [struct.pack("<q", 0)], [vector])
        while connection.recv(64):
            pass

    def close(self):
        """Gives the memory back too."""
        super().close()
        for one in (self._memory, *self._vectors):
            os.close(one)
