"""Real etcds for tests and scripts in Python: members on free loopback ports, and what is asked of them by the gateway."""

import base64
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request


def free_ports(count):
    """Ports that nobody listens at now; whether etcd can have them is another question."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def wait_until(condition, what, seconds=30):
    """What `condition` returns, once that is true of it."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


def stop(process):
    """Stops a process and waits until all its threads have stopped: until then they go on answering."""
    if process.poll() is not None:
        raise AssertionError(f"{process.args[0]} has ended")
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)


def encoded(data):
    return base64.b64encode(data if isinstance(data, bytes) else data.encode()).decode()


def prefix_end(prefix):
    """What comes after all keys that begin with `prefix`."""
    bare = prefix.rstrip(b"\xff")
    return bare[:-1] + bytes([bare[-1] + 1]) if bare else b"\0"


class GatewayError(Exception):
    """That etcd, or nobody, answered a request."""


class Gateway:
    """etcd's API over HTTP and JSON, a call at a time."""

    def __init__(self, url, context=None):
        self.url = url
        self.context = context
        self.token = None

    def call(self, path, body, timeout=10):
        request = urllib.request.Request(f"{self.url}/v3/{path}", json.dumps(body).encode())
        if self.token:
            request.add_header("Authorization", self.token)
        try:
            with urllib.request.urlopen(request, timeout=timeout, context=self.context) as answer:
                return json.load(answer)
        except (OSError, ValueError) as error:
            detail = error.read().decode(errors="replace") if isinstance(error, urllib.error.HTTPError) else ""
            raise GatewayError(f"{path}: {error} {detail}") from error

    def put(self, key, value, **more):
        answer = self.call("kv/put", {"key": encoded(key), "value": encoded(value), **more})
        return int(answer["header"]["revision"])

    def delete(self, key):
        return int(self.call("kv/deleterange", {"key": encoded(key)})["header"]["revision"])

    def txn(self, operations, timeout=10):
        """Of ("put", key, value) and ("delete", key), in one revision, which is returned."""
        requests = []
        for operation in operations:
            if operation[0] == "put":
                requests.append({"request_put": {"key": encoded(operation[1]), "value": encoded(operation[2])}})
            else:
                requests.append({"request_delete_range": {"key": encoded(operation[1])}})
        return int(self.call("kv/txn", {"success": requests}, timeout)["header"]["revision"])

    def get(self, key):
        """The pair, as JSON, or None."""
        return (self.call("kv/range", {"key": encoded(key)}).get("kvs") or [None])[0]

    def revision(self, timeout=10):
        return int(self.call("kv/range", {"key": encoded("\0")}, timeout)["header"]["revision"])

    def compact(self, revision):
        self.call("kv/compaction", {"revision": revision, "physical": True})

    def stream(self, body, timeout):
        """The documents of a watch."""
        request = urllib.request.Request(f"{self.url}/v3/watch", json.dumps({"create_request": body}).encode())
        try:
            with urllib.request.urlopen(request, timeout=timeout, context=self.context) as answer:
                for line in answer:
                    if line.strip():
                        yield json.loads(line)
        except (OSError, ValueError) as error:
            raise GatewayError(f"watch: {error}") from error


class Member:
    """One etcd, which can be killed, stopped and started again with what it had."""

    def __init__(self, binary, directory, name, arguments):
        self.binary = binary
        self.directory = directory
        self.name = name
        self.arguments = arguments
        self.process = None

    def start(self):
        with open(os.path.join(self.directory, self.name + ".log"), "ab") as log:
            command = [self.binary, "--name", self.name, "--data-dir", os.path.join(self.directory, self.name)]
            # The environment is empty because etcd takes options from it.
            self.process = subprocess.Popen(
                command + self.arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={}
            )

    def log(self):
        with open(os.path.join(self.directory, self.name + ".log"), encoding="utf-8", errors="replace") as log:
            return log.read()

    def freeze(self):
        stop(self.process)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def alive(self):
        return self.process.poll() is None


class Etcd:
    """A cluster of one member or more. `advertise` maps a member's index and client port to the URL it advertises."""

    def __init__(self, binary, members=1, arguments=(), context=None, scheme="http", advertise=None):
        self.directory = tempfile.mkdtemp(prefix="etcdcli-tools.")
        for _ in range(8):
            ports = free_ports(2 * members)
            client, peer = ports[:members], ports[members:]
            names = [f"m{i}" for i in range(members)]
            initial = ",".join(f"{name}=http://127.0.0.1:{port}" for name, port in zip(names, peer))
            self.urls = [f"{scheme}://127.0.0.1:{port}" for port in client]
            self.members = []
            for i, name in enumerate(names):
                advertised = advertise(i, client[i]) if advertise else self.urls[i]
                own = [
                    *("--listen-client-urls", self.urls[i], "--advertise-client-urls", advertised),
                    *("--listen-peer-urls", f"http://127.0.0.1:{peer[i]}"),
                    *("--initial-advertise-peer-urls", f"http://127.0.0.1:{peer[i]}"),
                    *("--initial-cluster", initial, "--log-level", "warn"),
                ]
                self.members.append(Member(binary, self.directory, name, own + list(arguments)))
            self.gateways = [Gateway(url, context) for url in self.urls]
            self.gateway = self.gateways[0]
            for member in self.members:
                member.start()
            if self._comes_up():
                return
            logs = "\n".join(member.log()[-3000:] for member in self.members)
            self.close()
            if "address already in use" not in logs:
                raise AssertionError(f"etcd did not start:\n{logs}")
            self.directory = tempfile.mkdtemp(prefix="etcdcli-tools.")
        raise AssertionError("no free ports for etcd")

    def _comes_up(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and all(member.alive() for member in self.members):
            try:
                for gateway in self.gateways:
                    gateway.call("kv/range", {"key": encoded("\0")}, timeout=2)
                return True
            except GatewayError:
                time.sleep(0.05)
        return False

    @property
    def url(self):
        return self.urls[0]

    def close(self):
        for member in self.members:
            member.kill()
        shutil.rmtree(self.directory, ignore_errors=True)


class Authority:
    """Certificates, made by openssl, in a directory of their own. None has a common name: etcd's gateway takes none."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="etcdcli-tools.")
        self._openssl(f"req -x509 -days 2 -subj /O=authority {self._new_key} -keyout ca.key -out ca.pem")
        with open(self.path("names"), "w", encoding="ascii") as file:
            file.write("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        for name in ("server", "client"):
            self._openssl(f"req -new -subj /O=test {self._new_key} -keyout {name}.key -out {name}.csr")
            self._openssl(
                f"x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial -in {name}.csr -extfile names -days 2 -out {name}.pem"
            )

    _new_key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"

    def path(self, name):
        return os.path.join(self.directory, name)

    def _openssl(self, arguments):
        subprocess.run(["openssl", *arguments.split()], cwd=self.directory, check=True, capture_output=True)

    def server_arguments(self):
        files = ("--cert-file", "server.pem", "--key-file", "server.key", "--trusted-ca-file", "ca.pem")
        return [part if part.startswith("--") else self.path(part) for part in files] + ["--client-cert-auth"]

    def context(self):
        context = ssl.create_default_context(cafile=self.path("ca.pem"))
        context.load_cert_chain(self.path("client.pem"), self.path("client.key"))
        return context

    def close(self):
        shutil.rmtree(self.directory, ignore_errors=True)
