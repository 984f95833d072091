"""A guest's side of a few TCP connections, spoken to libslirp frame by frame.

The frames go over a pair of unix datagram sockets (-netdev dgram). This is no
TCP: nothing is sent again, and what arrives is acknowledged only on request.
"""

import socket
import struct

from vmqemu import Failure

GUEST_MAC = bytes.fromhex("525400123456")
GUEST_IP = socket.inet_aton("10.0.2.15")
BROADCAST = b"\xff" * 6
FIN, SYN, PSH, ACK = 1, 2, 8, 16


def _checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Wire:
    """The cable: sends and receives Ethernet frames."""

    def __init__(self, own_path, qemu_path):
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._sock.bind(str(own_path))
        self._sock.settimeout(10)
        self._qemu_path = str(qemu_path)
        self._gateway_mac = BROADCAST

    def close(self):
        """Pulls the cable."""
        self._sock.close()

    def _send(self, kind, body):
        frame = self._gateway_mac + GUEST_MAC + struct.pack(">H", kind) + body
        self._sock.sendto(frame.ljust(60, b"\0"), self._qemu_path)

    def _receive(self, kind):
        try:
            while True:
                frame = self._sock.recv(4096)
                if struct.unpack(">H", frame[12:14])[0] == kind:
                    return frame
        except TimeoutError as error:
            raise Failure("libslirp did not answer within 10 s") from error

    def announce(self, address):
        """Asks for the hardware address of `address`, which makes ours known."""
        self._send(0x0806, struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1) + GUEST_MAC + GUEST_IP
                   + bytes(6) + socket.inet_aton(address))
        self._gateway_mac = self._receive(0x0806)[6:12]

    def send_tcp(self, source_port, address, port, seq, ack, flags, data=b""):
        """Sends one segment."""
        target = socket.inet_aton(address)
        tcp = struct.pack(">HHIIBBHHH", source_port, port, seq, ack, 0x50, flags, 8192, 0, 0) + data
        pseudo = GUEST_IP + target + struct.pack(">HH", 6, len(tcp))
        tcp = tcp[:16] + struct.pack(">H", _checksum(pseudo + tcp)) + tcp[18:]
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0) + GUEST_IP + target
        head = head[:10] + struct.pack(">H", _checksum(head)) + head[12:]
        self._send(0x0800, head + tcp)

    def receive_tcp(self, port):
        """The next segment to `port`: sequence number, flags, data."""
        while True:
            frame = self._receive(0x0800)
            length = struct.unpack(">H", frame[16:18])[0]
            segment = frame[34:14 + length]
            to_port, seq = struct.unpack(">HI", segment[2:8])
            if frame[23] == 6 and to_port == port:
                return seq, segment[13], segment[(segment[12] >> 4) * 4:]

    def wait_for_data(self, port):
        """Waits for a segment with data; it is not acknowledged."""
        while not self.receive_tcp(port)[2]:
            pass


class Connection:
    """An open connection from `port` to an address that libslirp serves."""

    def __init__(self, wire, port, address, server_port):
        self._wire = wire
        self.port = port
        self._peer = (address, server_port)
        self._seq = 1000 * port
        wire.send_tcp(port, *self._peer, self._seq, 0, SYN)
        seq, flags, _data = wire.receive_tcp(port)
        if flags & (SYN | ACK) != SYN | ACK:
            raise Failure(f"libslirp refused the connection to {address}:{server_port}")
        self._seq += 1
        self._ack = seq + 1
        wire.send_tcp(port, *self._peer, self._seq, self._ack, ACK)

    def send(self, data):
        """Sends data to the server."""
        self._wire.send_tcp(self.port, *self._peer, self._seq, self._ack, PSH | ACK, data)
        self._seq += len(data)
