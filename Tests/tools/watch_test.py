#!/usr/bin/env python3
"""Tests of etcdcli-watch against real etcds: watch_test.py [unittest's arguments]

From the environment: ETCDCLI_WATCH, the program; ETCDCLI_TEST_ETCD, the etcd's name, and the variable that names its
binary, as for the tests of the C interface; MAN_PAGE.
"""

import base64
import json
import os
import queue
import re
import signal
import subprocess
import threading
import time
import unittest

from etcds import Authority, Etcd, GatewayError, encoded, free_ports, prefix_end, stop, wait_until

PROGRAM = os.environ["ETCDCLI_WATCH"]


def etcd_binary():
    name = os.environ.get("ETCDCLI_TEST_ETCD", "3.5-sid")
    return os.environ["ETCDCLI_TEST_ETCD_" + name.replace(".", "").replace("-", "_").upper()]


def bytes_of(line, name):
    """Key or value of a JSON line: as text, or in base64 if it is none."""
    assert (name in line) != (name + "_base64" in line), line
    return line[name].encode() if name in line else base64.b64decode(line[name + "_base64"], validate=True)


class Tool:
    """A running etcdcli-watch, whose lines are read as they come."""

    def __init__(self, *arguments, environment=None, reading=True):
        self.arguments = arguments
        self.process = subprocess.Popen(
            [PROGRAM, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clean_environment(environment),
        )
        self.lines = queue.Queue()
        self.errors = b""
        self.threads = [threading.Thread(target=self._read_errors, daemon=True)]
        if reading:
            self.threads.append(threading.Thread(target=self._read_lines, daemon=True))
        for thread in self.threads:
            thread.start()

    def _read_lines(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def start_reading(self):
        thread = threading.Thread(target=self._read_lines, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _read_errors(self):
        for line in self.process.stderr:
            self.errors += line

    def line(self, seconds=20):
        try:
            line = self.lines.get(timeout=seconds)
        except queue.Empty:
            raise AssertionError(f"no line of output within {seconds} s; stderr: {self.errors}") from None
        if line is None:
            raise AssertionError(f"the output has ended; stderr: {self.errors}")
        assert line.endswith(b"\n"), line[-80:]
        return line[:-1]

    def json(self, seconds=20):
        return json.loads(self.line(seconds))

    def json_until(self, condition):
        lines = []
        while not lines or not condition(lines[-1]):
            lines.append(self.json())
        return lines

    def snapshot(self):
        """The lines of the snapshot, without the one that ends it."""
        return self.json_until(lambda line: line["type"] == "SNAPSHOT_END")[:-1]

    def rest(self):
        """The lines that are left, when it has ended."""
        lines = []
        while (line := self.lines.get(timeout=20)) is not None:
            lines.append(line[:-1])
        return lines

    def end(self, number=None, seconds=20):
        """Its exit status, after a signal, if there is one."""
        if number is not None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.arguments} goes on; stderr: {self.errors}") from None
        for thread in self.threads:
            thread.join(20)
        return status

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for thread in self.threads:
            thread.join(20)
        self.process.stdout.close()
        self.process.stderr.close()


def clean_environment(more=None):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ETCDCTL_")}
    return {**kept, **(more or {})}


class WatchTest(unittest.TestCase):
    def setUp(self):
        self.etcd = Etcd(etcd_binary())
        self.addCleanup(self.etcd.close)
        self.gateway = self.etcd.gateway

    def tool(self, *arguments, **more):
        """One that talks to the etcd of this test, and prints JSON."""
        return self.bare("--endpoints", self.etcd.url, "--json", *arguments, **more)

    def bare(self, *arguments, **more):
        tool = Tool(*arguments, **more)
        self.addCleanup(tool.close)
        return tool

    def status(self, *arguments, **more):
        """Exit status and stderr of one that ends by itself."""
        tool = self.bare(*arguments, **more)
        status = tool.end()
        return status, tool.errors.decode()

    def expect_kv(self, line, kv):
        """That a PUT says what the gateway says of the key."""
        self.assertEqual(bytes_of(line, "key"), base64.b64decode(kv["key"]))
        self.assertEqual(bytes_of(line, "value"), base64.b64decode(kv.get("value", "")))
        for name in ("create_revision", "mod_revision", "version"):
            self.assertEqual(line[name], int(kv[name]))
        self.assertEqual(int(line["lease"], 16), int(kv.get("lease", "0")))

    # --- what is printed ---

    def test_any_bytes_become_json_lines(self):
        some = {
            b"/k/plain": b"text",
            b"/k/\xff\x00\n\r": b"\x00\xff\n",
            b'/k/"quoted\\"': b'{"a":"b\\n"}\n',
            "/k/ü€😀".encode(): b"",
            b"/k/controls": bytes(range(0x80)),
            b"/k/half of a pair": b"\xed\xa0\x80",
            b"/k/overlong": b"\xc0\x80\xe0\x80\x80",
            b"/k/too high": b"\xf4\x90\x80\x80",
            b"/k/cut": "€".encode()[:2],
            b"/k/large": bytes(i * i % 251 for i in range(1_000_000)),
            b"/k/last": "\U0010ffff\ud7ff\ue000".encode(),
        }
        lease = int(self.gateway.call("lease/grant", {"TTL": 600})["ID"])
        for key, value in some.items():
            self.gateway.put(key, value, lease=lease)
        tool = self.tool("--prefix", "/k/")
        seen = {bytes_of(line, "key"): line for line in tool.snapshot()}
        self.assertEqual(set(seen), set(some))
        for key, line in seen.items():
            self.assertEqual((line["type"], line["source"]), ("PUT", "snapshot"))
            self.expect_kv(line, self.gateway.get(key))
            text = bytes_of(line, "value") == some[key] and "value" in line
            try:
                some[key].decode()
                self.assertTrue(text, line)
            except UnicodeDecodeError:
                self.assertFalse(text, line)
        # Changes, several to a revision.
        revision = self.gateway.txn([("put", key, value + b"!") for key, value in some.items()])
        for _ in some:
            line = tool.json()
            self.assertEqual((line["type"], line["source"], line["mod_revision"]), ("PUT", "watch", revision))
            self.expect_kv(line, self.gateway.get(bytes_of(line, "key")))
        revision = self.gateway.delete(b"/k/\xff\x00\n\r")
        self.assertEqual(
            tool.json(),
            {"type": "DELETE", "source": "watch", "key_base64": encoded(b"/k/\xff\x00\n\r"), "mod_revision": revision},
        )
        self.assertEqual(tool.end(signal.SIGTERM), 0)
        self.assertEqual(tool.rest(), [])
        self.assertEqual(tool.errors, b"")

    def test_the_readable_form_is_safe_on_a_terminal(self):
        self.gateway.put("/r/a", "\x1b[31mred\u009b\x7f\\")
        self.gateway.put(b"/r/\xff", "ü")
        tool = self.bare("--endpoints", self.etcd.url, "--prev-kv", "--prefix", "/r/")
        time_of_day = rb"\d\d:\d\d:\d\d\.\d\d\d  "

        def expect(text):
            line = tool.line()
            self.assertRegex(line, rb"\A" + time_of_day)
            self.assertEqual(line[14:].decode(), text)

        expect("= /r/a \\x1b[31mred\\xc2\\x9b\\x7f\\x5c")
        expect("= /r/\\xff ü")
        expect("that is all there is at revision 3")
        self.gateway.put("/r/b", "1")
        expect("+ /r/b 1")
        self.gateway.put("/r/b", "2\n")
        expect("~ /r/b 2\\x0a (was 1)")
        self.gateway.delete("/r/b")
        expect("- /r/b (was 2\\x0a)")

    def test_what_was_there_before(self):
        tool = self.tool("--prev-kv", "--prefix", "/p/")
        tool.snapshot()
        self.gateway.put("/p/a", "1")
        self.assertIsNone(tool.json()["prev"])
        before = self.gateway.get("/p/a")
        self.gateway.put("/p/a", b"\xfe")
        line = tool.json()
        self.assertEqual(bytes_of(line["prev"], "value"), b"1")
        self.assertEqual(line["prev"]["mod_revision"], int(before["mod_revision"]))
        self.gateway.delete("/p/a")
        line = tool.json()
        self.assertEqual(line["type"], "DELETE")
        self.assertEqual(bytes_of(line["prev"], "value"), b"\xfe")
        self.assertEqual(line["prev"]["version"], 2)

    def test_a_snapshot_ends_it(self):
        for i in range(2500):  # more than a page
            if i % 100 == 0:
                self.gateway.txn([("put", f"/s/{j:05}", str(j)) for j in range(i, i + 100)])
        tool = self.tool("--snapshot-only", "--prefix", "/s/")
        self.assertEqual(tool.end(), 0)
        lines = [json.loads(line) for line in tool.rest()]
        self.assertEqual([line["value"] for line in lines[:-1]], [str(i) for i in range(2500)])
        self.assertEqual(lines[-1], {"type": "SNAPSHOT_END", "source": "snapshot", "revision": self.gateway.revision()})
        nothing = self.tool("--snapshot-only", "/nothing")
        self.assertEqual(nothing.end(), 0)
        self.assertEqual([json.loads(line)["type"] for line in nothing.rest()], ["SNAPSHOT_END"])

    def test_it_ends_after_so_many_changes(self):
        self.gateway.put("/n/0", "there")
        tool = self.tool("--exit-after", "3", "--prefix", "/n/")
        tool.snapshot()
        self.gateway.txn([("put", f"/n/{i}", "") for i in range(5)])
        self.assertEqual(tool.end(), 0)
        self.assertEqual([json.loads(line)["key"] for line in tool.rest()], ["/n/0", "/n/1", "/n/2"])

    # --- what is watched ---

    def test_key_range_prefix_and_all_that_follow(self):
        for key in ("/a", "/a/1", "/a/2", "/b", "/c"):
            self.gateway.put(key, "")
        for arguments, wanted in (
            (("/a",), ["/a"]),
            (("/a/1", "/b"), ["/a/1", "/a/2"]),
            (("--prefix", "/a/"), ["/a/1", "/a/2"]),
            (("/a", "--prefix"), ["/a", "/a/1", "/a/2"]),
            (("--from-key", "/a/2"), ["/a/2", "/b", "/c"]),
            (("--prefix", ""), ["/a", "/a/1", "/a/2", "/b", "/c"]),
            (("--", "/b"), ["/b"]),
        ):
            with self.subTest(arguments):
                tool = self.tool("--snapshot-only", *arguments)
                self.assertEqual(tool.end(), 0)
                self.assertEqual([line["key"] for line in map(json.loads, tool.rest()[:-1])], wanted)

    def test_escaped_keys_are_any_bytes(self):
        self.gateway.put(b"\xff\x00=\\", b"1")
        tool = self.tool("--escaped", "--register", r"\x00\x3d=\xff=\\", r"\xFF\x00=\\")
        keepalive = tool.json_until(lambda line: line["type"] == "KEEPALIVE" and line["state"] == "held")
        self.assertEqual(base64.b64decode(self.gateway.get(b"\x00=")["value"]), b"\xff=\\")
        self.assertEqual(keepalive[-1]["key"], "\x00=")
        puts = [line for line in keepalive if line["type"] == "PUT"] or [tool.json()]
        self.assertEqual(bytes_of(puts[0], "key"), b"\xff\x00=\\")
        self.assertEqual(tool.end(signal.SIGINT), 0)

    def test_a_start_revision(self):
        first = self.gateway.put("/v/1", "1")
        self.gateway.put("/v/2", "2")
        tool = self.tool("--rev", str(first), "--prefix", "/v/")
        self.assertEqual([tool.json()["key"], tool.json()["key"]], ["/v/1", "/v/2"])
        self.gateway.put("/v/3", "3")
        line = tool.json()
        self.assertEqual((line["key"], line["source"]), ("/v/3", "watch"))
        self.gateway.compact(self.gateway.revision())
        for rev in (str(first), str(self.gateway.revision() + 5)):
            status, errors = self.status("--endpoints", self.etcd.url, "--rev", rev, "--prefix", "/v/")
            self.assertEqual(status, 3, errors)
            self.assertIn("watcher: ended: ", errors)

    def test_compaction_is_made_good_by_the_difference(self):
        for key in "abc":
            self.gateway.put("/d/" + key, "old")
        tool = self.tool("--prefix", "/d/")
        tool.snapshot()
        # It is stopped while its connection breaks and history goes.
        stop(tool.process)
        self.etcd.members[0].kill()
        self.etcd.members[0].start()
        wait_until(self._answers, "etcd is back")
        deleted = self.gateway.delete("/d/a")
        self.gateway.put("/d/b", "new")
        self.gateway.put("/d/e", "new")
        self.gateway.compact(self.gateway.revision())
        tool.process.send_signal(signal.SIGCONT)
        difference = tool.json_until(lambda line: line["type"] == "SNAPSHOT_END")
        self.assertEqual({line["source"] for line in difference}, {"resync"})
        picture = {line["key"]: line.get("value") for line in difference[:-1]}
        self.assertEqual(picture, {"/d/a": None, "/d/b": "new", "/d/e": "new"})
        gone = [line for line in difference if line["type"] == "DELETE"]
        self.assertGreaterEqual(gone[0]["mod_revision"], deleted)
        self.gateway.put("/d/a", "again")
        self.assertEqual(tool.json()["source"], "watch")

    def _answers(self):
        try:
            return self.gateway.revision(timeout=2)
        except GatewayError:
            return 0

    # --- which etcd, and who asks ---

    def test_the_environment_counts_less_than_options(self):
        self.gateway.put("/e", "1")
        bare_address = self.etcd.url[len("http://") :]
        nobody = f"127.0.0.1:{free_ports(1)[0]}"
        found = ("--snapshot-only", "--timeout", "10", "/e")
        lost = ("--snapshot-only", "--timeout", "1", "/e")
        for arguments, environment, status in (
            (found, {"ETCDCTL_ENDPOINTS": bare_address}, 0),
            (found, {"ETCDCTL_ENDPOINTS": f" {nobody}, {bare_address}", "ETCDCTL_API": "3"}, 0),
            (found, {"ETCDCTL_ENDPOINTS": self.etcd.url, "ETCDCTL_USER": "", "ETCDCTL_CACERT": ""}, 0),
            (("--endpoints", bare_address, *found), {"ETCDCTL_ENDPOINTS": "ftp://nonsense"}, 0),
            (("--option", f"endpoints={self.etcd.url}", *found), {"ETCDCTL_ENDPOINTS": nobody}, 0),
            (("--endpoints=" + nobody, "--endpoints=" + bare_address, *found), {}, 0),
            (lost, {"ETCDCTL_ENDPOINTS": nobody}, 5),
            (found, {"ETCDCTL_ENDPOINTS": "ftp://nonsense"}, 2),
            (found, {"ETCDCTL_ENDPOINTS": bare_address, "ETCDCTL_DIAL_TIMEOUT": "2s"}, 0),
            (found, {"ETCDCTL_ENDPOINTS": bare_address, "ETCDCTL_DIAL_TIMEOUT": "soon"}, 2),
            (("--dial-timeout", "500ms", *found), {"ETCDCTL_ENDPOINTS": bare_address}, 0),
            (found, {"ETCDCTL_ENDPOINTS": bare_address, "ETCDCTL_INSECURE_SKIP_TLS_VERIFY": "maybe"}, 2),
            (found, {"ETCDCTL_ENDPOINTS": bare_address, "ETCDCTL_INSECURE_SKIP_TLS_VERIFY": "false"}, 0),
            # Who speaks of TLS wants it at an address without a scheme, where this etcd has none.
            (lost, {"ETCDCTL_ENDPOINTS": bare_address, "ETCDCTL_INSECURE_SKIP_TLS_VERIFY": "true"}, 5),
            (found, {"ETCDCTL_ENDPOINTS": self.etcd.url, "ETCDCTL_INSECURE_SKIP_TLS_VERIFY": "1"}, 0),
            # A password without a user is nobody's.
            (found, {"ETCDCTL_ENDPOINTS": bare_address, "ETCDCTL_PASSWORD": "secret"}, 0),
        ):
            with self.subTest(arguments=arguments, environment=environment):
                self.assertEqual(self.status(*arguments, environment=environment)[0], status)

    def test_options_of_the_library_and_files_of_them(self):
        self.gateway.put("game/a", "1")
        path = os.path.join(self.etcd.directory, "config")

        def config(text):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)

        config(f"# a comment\n\n endpoints = {self.etcd.url} \r\nnamespace=game/\n")
        tool = self.bare("--config", path, "--json", "--snapshot-only", "a")
        self.assertEqual(tool.end(), 0, tool.errors)
        self.assertEqual(json.loads(tool.rest()[0])["key"], "a")
        tool = self.tool("--option", "namespace=game/", "--option", "watch.page.keys=1", "--snapshot-only", "a")
        self.assertEqual(tool.end(), 0)
        self.assertEqual(json.loads(tool.rest()[0])["key"], "a")
        for text, wanted in (
            ("endpoints=x\nnonsense.option=1\n", ":2: "),
            ("\n\nno equals sign\n", ":3: must be NAME=VALUE"),
            ("auth.token=its blanks are geheim\n", ":1: auth.token"),
        ):
            config(text)
            status, errors = self.status("--config", path, "/x")
            self.assertEqual(status, 2)
            self.assertIn(path + wanted, errors)
            self.assertNotIn("geheim", errors)
            self.assertNotIn("equals", errors)

    def enable_auth(self):
        call = self.gateway.call
        for name, password in (("root", "r:oot"), ("some:one", "pass")):
            call("auth/user/add", {"name": name, "password": password})
        call("auth/role/add", {"name": "root"})
        call("auth/role/add", {"name": "reader"})
        call("auth/user/grant", {"user": "root", "role": "root"})
        call("auth/user/grant", {"user": "some:one", "role": "reader"})
        permission = {"permType": "READ", "key": encoded("/u/"), "range_end": encoded(prefix_end(b"/u/"))}
        call("auth/role/grant", {"name": "reader", "perm": permission})
        call("auth/enable", {})
        self.gateway.token = call("auth/authenticate", {"name": "root", "password": "r:oot"})["token"]

    def test_user_and_password(self):
        self.gateway.put("/u/1", "1")
        self.enable_auth()
        path = os.path.join(self.etcd.directory, "config")
        with open(path, "w", encoding="utf-8") as file:
            file.write("auth.user=some:one\nauth.password=pass\n")
        password_only = path + ".password"
        with open(password_only, "w", encoding="utf-8") as file:
            file.write("auth.password=pass\n")
        for arguments, environment, status in (
            ((), {"ETCDCTL_USER": "root:r:oot"}, 0),
            ((), {"ETCDCTL_USER": "some:one", "ETCDCTL_PASSWORD": "pass"}, 0),
            (("--user", "some:one"), {"ETCDCTL_USER": "root", "ETCDCTL_PASSWORD": "pass"}, 0),
            (("--user", "root:r:oot"), {}, 0),
            (("--config", path), {}, 0),
            (("--config", path), {"ETCDCTL_USER": "root:wrong"}, 0),
            (("--user", "some:one", "--config", password_only), {"ETCDCTL_PASSWORD": "wrong"}, 0),
            (("--option", "auth.token=" + self.gateway.token), {"ETCDCTL_USER": "root:wrong"}, 0),
            ((), {"ETCDCTL_USER": "root:wrong"}, 4),
            ((), {"ETCDCTL_USER": "nobody", "ETCDCTL_PASSWORD": "wrong"}, 4),
            ((), {}, 4),
            ((), {"ETCDCTL_USER": "root"}, 2),
            (("--user", "some"), {}, 2),
        ):
            with self.subTest(arguments=arguments, environment=environment):
                common = ("--endpoints", self.etcd.url, "--verbose", "--snapshot-only", "--prefix", "/u/")
                got, errors = self.status(*common, *arguments, environment=environment)
                self.assertEqual(got, status, errors)
                for secret in ("r:oot", "wrong", "pass\n", self.gateway.token):
                    self.assertNotIn(secret, errors)
        # With a name, but not for these keys.
        for arguments in (("--prefix", "/"), ("--rev", "1", "/t"), ("--register", "/t=1", "/t")):
            status, errors = self.status(
                "--endpoints", self.etcd.url, *arguments, environment={"ETCDCTL_USER": "some:one", "ETCDCTL_PASSWORD": "pass"}
            )
            self.assertEqual(status, 4, errors)

    def test_a_permission_that_is_taken_away_is_waited_for(self):
        self.enable_auth()
        tool = self.tool("--prefix", "/u/", environment={"ETCDCTL_USER": "some:one", "ETCDCTL_PASSWORD": "pass"})
        tool.snapshot()
        permission = {"role": "reader", "key": encoded("/u/"), "range_end": encoded(prefix_end(b"/u/"))}
        self.gateway.call("auth/role/revoke", permission)
        # A watch that is open stays open, by etcd's rules; the next one is refused.
        self.etcd.members[0].kill()
        self.etcd.members[0].start()
        wait_until(self._log_in, "root can log in again")
        wait_until(lambda: b"permission" in tool.errors or b"denied" in tool.errors, "it says that it is not permitted")
        self.assertIsNone(tool.process.poll())
        permission = {"permType": "READ", "key": encoded("/u/"), "range_end": encoded(prefix_end(b"/u/"))}
        self.gateway.call("auth/role/grant", {"name": "reader", "perm": permission})
        self.gateway.put("/u/2", "2")
        self.assertEqual(tool.json(seconds=40)["key"], "/u/2")

    def _log_in(self):
        self.gateway.token = None
        try:
            self.gateway.token = self.gateway.call("auth/authenticate", {"name": "root", "password": "r:oot"})["token"]
        except GatewayError:
            return False
        return True

    # --- a key of its own ---

    def test_its_own_key_lives_as_long_as_it_does(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            tool = self.tool("--register", "/o/me=10.0.0.1:7000=x", "--ttl", "7", "--prefix", "/o/")
            lines = tool.json_until(lambda line: line.get("state") == "held")
            held = lines[-1]
            there = self.gateway.get("/o/me")
            self.assertEqual(base64.b64decode(there["value"]), b"10.0.0.1:7000=x")
            self.assertEqual(held["lease"], f"{int(there['lease']):x}")
            self.assertEqual((held["revision"], held["fence"]), (int(there["mod_revision"]),) * 2)
            lease = self.gateway.call("lease/timetolive", {"ID": there["lease"]})
            self.assertEqual(lease["grantedTTL"], "7")
            # It sees its own key, as everybody does.
            if not any(line.get("key") == "/o/me" and line["type"] == "PUT" for line in lines):
                tool.json_until(lambda line: line["type"] == "PUT" and line["key"] == "/o/me")
            self.assertEqual(tool.end(number), 0)
            self.assertIsNone(self.gateway.get("/o/me"))
            self.assertEqual(tool.errors, b"")

    def test_the_key_of_another_is_left_alone(self):
        self.gateway.put("/o/me", b"another\xff")
        tool = self.tool("--register", "/o/me=mine", "/x")
        self.assertEqual(tool.end(), 6)
        conflict = [line for line in map(json.loads, tool.rest()) if line.get("state") == "conflict"]
        self.assertEqual(bytes_of(conflict[0]["owner"], "value"), b"another\xff")
        self.assertIn(b"another's", tool.errors)
        self.assertEqual(base64.b64decode(self.gateway.get("/o/me")["value"]), b"another\xff")

    def test_one_that_is_killed_leaves_its_key_to_the_lease(self):
        tool = self.tool("--register", "/o/me=1", "--ttl", "2", "/x")
        tool.json_until(lambda line: line.get("state") == "held")
        tool.end(signal.SIGKILL)
        self.assertIsNotNone(self.gateway.get("/o/me"))
        wait_until(lambda: self.gateway.get("/o/me") is None, "the lease has ended", 15)

    # --- readers that leave, stop or are none ---

    def test_it_ends_when_its_reader_has_left(self):
        tool = self.tool("--register", "/o/me=1", "/x", reading=False)
        wait_until(lambda: self.gateway.get("/o/me"), "it is registered")
        tool.process.stdout.close()  # nothing more is to be printed, and it is noticed all the same
        self.assertEqual(tool.end(), 0)
        self.assertIsNone(self.gateway.get("/o/me"))

    def test_a_pipe_to_head(self):
        self.gateway.txn([("put", f"/h/{i}", "x" * 5000) for i in range(100)])
        command = f"exec 3>&1; {{ \"$0\" --json --endpoints {self.etcd.url} --prefix /h/; echo $? >&3; }} | head -n 2 | wc -l"
        done = subprocess.run(
            ["bash", "-c", command, PROGRAM], capture_output=True, timeout=20, env=clean_environment(), check=True
        )
        self.assertEqual(sorted(done.stdout.split()), [b"0", b"2"])
        self.assertEqual(done.stderr, b"")

    def flood(self, revisions):
        for i in range(revisions):
            self.gateway.put("/f", f"{i:08}" * 25_000)

    def test_a_reader_that_has_stopped_costs_neither_memory_nor_lease(self):
        tool = self.tool("--register", "/o/me=1", "--ttl", "2", "/f", reading=False)
        wait_until(lambda: self.gateway.get("/o/me"), "it is registered")
        lease = self.gateway.get("/o/me")["lease"]
        before = resident_kib(tool.process.pid)
        start = time.monotonic()
        self.flood(300)  # 60 MB
        wait_until(lambda: time.monotonic() - start > 5, "two and a half times the TTL", 60)
        self.assertEqual(self.gateway.get("/o/me")["lease"], lease)
        if not os.environ.get("ETCDCLI_SANITIZED"):  # a sanitizer keeps what was freed
            self.assertLess(resident_kib(tool.process.pid) - before, 30_000)
        # It goes on where it was.
        tool.start_reading()
        values = []
        while len(values) < 300:
            line = tool.json()
            if line["type"] == "PUT":
                values.append(line["value"][:8])
        self.assertEqual(values, [f"{i:08}" for i in range(300)])
        self.assertEqual(tool.end(signal.SIGTERM), 0)
        self.assertIsNone(self.gateway.get("/o/me"))

    def test_a_signal_ends_it_although_its_reader_has_stopped(self):
        tool = self.tool("--register", "/o/me=1", "/f", reading=False)
        wait_until(lambda: self.gateway.get("/o/me"), "it is registered")
        self.flood(20)
        time.sleep(0.2)
        self.assertEqual(tool.end(signal.SIGTERM, seconds=8), 0)
        self.assertIsNone(self.gateway.get("/o/me"))

    def test_outputs_that_are_no_pipes(self):
        self.gateway.put("/x", "1")
        path = os.path.join(self.etcd.directory, "out")
        command = (PROGRAM, "--json", "--snapshot-only", "--endpoints", self.etcd.url, "/x")
        with open(path, "wb") as file:
            self.assertEqual(subprocess.run(command, stdout=file, timeout=20, env=clean_environment()).returncode, 0)
        with open(path, encoding="utf-8") as file:
            self.assertEqual([json.loads(line)["type"] for line in file], ["PUT", "SNAPSHOT_END"])
        with open("/dev/full", "wb") as file:
            done = subprocess.run(command, stdout=file, stderr=subprocess.PIPE, timeout=20, env=clean_environment())
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"No space left", done.stderr)
        closed = subprocess.run(["bash", "-c", '"$0" "$@" >&-', *command], timeout=20, env=clean_environment())
        self.assertEqual(closed.returncode, 0)

    def test_a_hangup_that_is_ignored_is_none(self):
        command = ["nohup", PROGRAM, "--json", "--endpoints", self.etcd.url, "/x"]
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=clean_environment()
        ) as process:
            try:
                self.assertIn(b"SNAPSHOT_END", process.stdout.readline())
                process.send_signal(signal.SIGHUP)
                self.gateway.put("/x", "1")
                self.assertEqual(json.loads(process.stdout.readline())["value"], "1")
                process.send_signal(signal.SIGTERM)
                self.assertEqual(process.wait(20), 0)
            finally:
                process.kill()

    def test_a_second_signal_does_not_wait(self):
        tool = self.tool("--register", "/o/me=1", "/x")
        tool.json_until(lambda line: line.get("state") == "held")
        self.etcd.members[0].freeze()
        tool.process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        self.assertIsNone(tool.process.poll())  # it would like to remove its key
        start = time.monotonic()
        self.assertEqual(tool.end(signal.SIGINT), 0)
        self.assertLess(time.monotonic() - start, 2)
        self.etcd.members[0].thaw()

    # --- arguments ---

    def test_bad_arguments(self):
        for arguments, wanted in (
            ((), "KEY is missing"),
            (("a", "b", "c"), "unexpected argument 'c'"),
            (("--nonsense", "a"), "--nonsense"),
            (("",), "key is empty"),
            (("--prefix", "--from-key", "a"), "exclude each other"),
            (("--prefix", "a", "b"), "range_end"),
            (("b", "a"), "range_end"),
            (("--rev", "0", "a"), "--rev is '0'"),
            (("--rev", "1x", "a"), "--rev is '1x'"),
            (("--rev", "99999999999999999999", "a"), "--rev is"),
            (("--rev", "1", "--snapshot-only", "a"), "exclude each other"),
            (("--exit-after", "-1", "a"), "--exit-after is '-1'"),
            (("--timeout", "", "a"), "--timeout is ''"),
            (("--register", "novalue", "a"), "--register must be KEY=VALUE"),
            (("--register", "=v", "a"), "--register must be KEY=VALUE"),
            (("--ttl", "0", "a"), "--ttl: lease.ttl.s"),
            (("--dial-timeout", "-1", "a"), "--dial-timeout: connect.timeout.ms"),
            (("--endpoints", "", "a"), "endpoints"),
            (("--endpoints", "http://a:b:c", "a"), "endpoints"),
            (("--cacert", "/nonexistent/ca", "--endpoints", "https://127.0.0.1:1", "a"), "tls.ca.file"),
            (("--option", "nonsense", "a"), "--option: must be NAME=VALUE"),
            (("--option", "no.such=1", "a"), "no.such"),
            (("--option", "auth.token=a secret", "a"), "--option: auth.token"),
            (("--config", "/nonexistent/config", "a"), "/nonexistent/config"),
            (("--config", "/", "a"), "/"),
            (("--escaped", "\\", "a"), "KEY: a backslash"),
            (("--escaped", "a", "\\x0"), "RANGE_END: a backslash"),
            (("--escaped", "--register", "a=\\xgg", "a"), "--register: a backslash"),
            (("--json=yes", "a"), "--json"),
            (("a", "--rev"), "--rev"),
        ):
            with self.subTest(arguments):
                status, errors = self.status(*arguments)
                self.assertEqual(status, 2, errors)
                self.assertIn(wanted, errors)
                self.assertNotIn("a secret", errors)
                self.assertTrue(all(line.startswith(("etcdcli-watch: ", "Try ", PROGRAM)) for line in errors.splitlines()))

    def test_help_and_manual_tell_of_the_same_options(self):
        text = subprocess.run([PROGRAM, "--help"], capture_output=True, check=True).stdout.decode()
        self.assertTrue(all(len(line) <= 120 for line in text.splitlines()))
        with open(os.environ["MAN_PAGE"], encoding="utf-8") as file:
            manual = file.read().replace("\\-", "-")
        pattern = r"(?<![\w-])--[a-z][a-z-]*"
        self.assertEqual(set(re.findall(pattern, text)), set(re.findall(pattern, manual)))
        self.assertEqual(set(re.findall("ETCDCTL_[A-Z_]+", text)), set(re.findall("ETCDCTL_[A-Z_]+", manual)))
        for option in set(re.findall(pattern, text)) - {"--help", "--version"}:
            # None of them is unknown: what is said is that an argument, or KEY, is missing.
            status, errors = self.status(option)
            self.assertEqual(status, 2)
            self.assertRegex(errors, "KEY is missing|requires an argument")

    def test_time_is_up_where_nobody_answers(self):
        with_nobody = ("--endpoints", f"127.0.0.1:{free_ports(1)[0]}", "--timeout", "1")
        for arguments in (("--snapshot-only", "/x"), ("--rev", "1", "/x"), ("/x",)):
            status, errors = self.status(*with_nobody, *arguments)
            self.assertEqual(status, 5)
            self.assertIn("unavailable: ", errors)
        # It counts until there is something to watch, and no longer.
        tool = self.tool("--timeout", "1", "/x")
        tool.snapshot()
        time.sleep(1.5)
        self.gateway.put("/x", "late")
        self.assertEqual(tool.json()["value"], "late")


class TLSTest(unittest.TestCase):
    def setUp(self):
        self.authority = Authority()
        self.addCleanup(self.authority.close)
        context = self.authority.context()
        self.etcd = Etcd(etcd_binary(), 1, self.authority.server_arguments(), context, "https")
        self.addCleanup(self.etcd.close)

    def test_a_certificate_of_the_client(self):
        self.etcd.gateway.put("/t", "1")
        path = self.authority.path
        options = ("--cacert", path("ca.pem"), "--cert", path("client.pem"), "--key", path("client.key"))
        variables = {
            "ETCDCTL_CACERT": path("ca.pem"),
            "ETCDCTL_CERT": path("client.pem"),
            "ETCDCTL_KEY": path("client.key"),
        }
        own_pair = {name: value for name, value in variables.items() if name != "ETCDCTL_CACERT"}
        for arguments, environment, status in (
            (options, {}, 0),
            ((), variables, 0),
            (options, {**variables, "ETCDCTL_CERT": path("ca.pem")}, 0),
            ((), own_pair, 5),  # whose authority is not known
            (("--insecure-skip-tls-verify",), own_pair, 0),
            ((), {**own_pair, "ETCDCTL_INSECURE_SKIP_TLS_VERIFY": "True"}, 0),
            (("--cacert", path("ca.pem")), {}, 5),  # without a certificate of its own
            (options[:4], {}, 2),  # half of one
        ):
            for url in (self.etcd.url, self.etcd.url[len("https://") :]):
                with self.subTest(arguments=arguments, environment=environment, url=url):
                    timeout = "1" if status == 5 else "10"
                    common = ("--endpoints", url, "--snapshot-only", "--json", "--timeout", timeout, "/t")
                    tool = Tool(*arguments, *common, environment=environment)
                    self.addCleanup(tool.close)
                    self.assertEqual(tool.end(), status, tool.errors)
                    if status == 0:
                        self.assertEqual(json.loads(tool.rest()[0])["value"], "1")


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmRSS:\s+(\d+) kB", file.read())[1])


if __name__ == "__main__":
    unittest.main()
