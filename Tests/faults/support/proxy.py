#!/usr/bin/env python3
"""A proxy on loopback: proxy.py KIND PORT LOG [NAME=VALUE...]

KIND is `socks5`, `http` or `https`, which is `http` through TLS: it makes tunnels (CONNECT) and passes requests on; or
`socket`, which listens at a socket file, `path`, and passes connections on to PORT of loopback. Of NAME=VALUE it takes `user` and `password`, which it then demands, `cert` and `key` for `https`, and `host.NAME=PORT`:
NAME is a host that only the proxy knows, at that port of loopback whatever port is asked for.

LOG gets a line for each connection: `to HOST PORT`, `refused`, and `ciphers 1301,1302` and `versions 0304,0303`, what a
client offers to the server behind a tunnel, as it sends it.
"""

import asyncio
import base64
import ssl
import sys

kind, port, log_path, *settings = sys.argv[1:]
options = dict(setting.split("=", 1) for setting in settings)


def log(line):
    with open(log_path, "a", encoding="utf-8") as file:
        file.write(line + "\n")


def pairs(data):
    return ",".join(data[i : i + 2].hex() for i in range(0, len(data), 2))


def log_offer(hello):
    """What a ClientHello offers (RFC 8446, 4.1.2)."""
    if len(hello) < 44 or hello[0] != 22 or hello[5] != 1:
        return
    at = 43 + 1 + hello[43]
    size = int.from_bytes(hello[at : at + 2], "big")
    log("ciphers " + pairs(hello[at + 2 : at + 2 + size]))
    at += 2 + size
    at += 1 + hello[at] + 2
    while at + 4 <= len(hello):
        number, size = (int.from_bytes(hello[at + i : at + i + 2], "big") for i in (0, 2))
        if number == 43:
            log("versions " + pairs(hello[at + 5 : at + 4 + size]))
        at += 4 + size


async def copy(source, sink, looks_at_hello=False):
    try:
        while data := await source.read(65536):
            if looks_at_hello:
                looks_at_hello = False
                log_offer(data)
            sink.write(data)
            await sink.drain()
    except (ConnectionError, ssl.SSLError):
        pass
    finally:
        sink.close()


async def connect(host, number):
    known = options.get("host." + host)
    log(f"to {host} {number}")
    if known:
        host, number = "127.0.0.1", int(known)
    return await asyncio.open_connection(host, number)


async def socks5(reader, writer):
    methods = await reader.readexactly((await reader.readexactly(2))[1])
    if "user" in options:
        if 2 not in methods:
            writer.write(b"\x05\xff")
            raise PermissionError
        writer.write(b"\x05\x02")
        user = await reader.readexactly((await reader.readexactly(2))[1])
        password = await reader.readexactly((await reader.readexactly(1))[0])
        if (user.decode(), password.decode()) != (options["user"], options["password"]):
            writer.write(b"\x01\x01")
            raise PermissionError
        writer.write(b"\x01\x00")
    else:
        writer.write(b"\x05\x00")
    _, command, _, form = await reader.readexactly(4)
    if form == 1:
        host = ".".join(str(byte) for byte in await reader.readexactly(4))
    else:
        host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
    number = int.from_bytes(await reader.readexactly(2), "big")
    try:
        upstream = await connect(host, number)
    except OSError:
        writer.write(b"\x05\x05\x00\x01" + bytes(6))
        raise
    writer.write(b"\x05\x00\x00\x01" + bytes(6))
    return upstream


async def http(reader, writer):
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    method, target, _ = lines[0].split(" ")
    if "user" in options:
        pair = base64.b64encode(f"{options['user']}:{options['password']}".encode()).decode()
        if f"proxy-authorization: basic {pair}".lower() not in (line.lower() for line in lines):
            writer.write(
                b"HTTP/1.1 407 Proxy Authentication Required\r\n"
                b'Proxy-Authenticate: Basic realm="test"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
            )
            raise PermissionError
    authority = target if method == "CONNECT" else target.split("/")[2]
    host, number = authority.rsplit(":", 1)
    try:
        upstream = await connect(host, int(number))
    except OSError:
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        raise
    if method == "CONNECT":
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    else:
        upstream[1].write(head)  # etcd takes what is meant for a proxy
    return upstream


async def socket_file(_reader, _writer):
    return await connect("127.0.0.1", int(port))


KINDS = {"socks5": socks5, "http": http, "https": http, "socket": socket_file}


async def serve(reader, writer):
    try:
        upstream = await KINDS[kind](reader, writer)
        await asyncio.gather(copy(reader, upstream[1], True), copy(upstream[0], writer))
    except (OSError, asyncio.IncompleteReadError) as error:
        if isinstance(error, PermissionError):
            log("refused")
    finally:
        writer.close()


async def main():
    context = None
    if kind == "https":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options["cert"], options["key"])
    if kind == "socket":
        server = await asyncio.start_unix_server(serve, options["path"])
    else:
        server = await asyncio.start_server(serve, "127.0.0.1", int(port), ssl=context, reuse_address=True)
    async with server:
        await server.serve_forever()


asyncio.run(main())
