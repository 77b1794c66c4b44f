#!/usr/bin/env python3
"""network.py LLMTRAIL SCENARIO: the real binary over a network that is slow, has IPv6 alone, or goes away, in a network
namespace of its own. `network.py list` names them. Exit 0: it held; 77: no such namespace may be made here."""
import contextlib
import ctypes
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time

from agent import Site, wait_until
from duplicates import left_by_documented_query
from scripted_server import ScriptedServer, write_secret

CLONE_NEWNET, CLONE_NEWNS = 0x40000000, 0x00020000
EVENTS = 300


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def enter_namespace():
    """False: not allowed, or a tool is not installed."""
    if not shutil.which("ip") or not shutil.which("tc"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET | CLONE_NEWNS) != 0:
        return False
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    ip("link", "set", "lo", "up")
    return True


def name_addresses(site, *addresses):
    """What `localhost` means from now on, and nothing else has a name."""
    hosts = site.path / "hosts"
    made = hosts.exists()
    hosts.write_text("".join(f"{address} localhost\n" for address in addresses))
    if not made:
        subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)


class Receiver:
    """Syslog over TLS 1.3, octet counting; which events came, by the number in their prompt."""

    def __init__(self, site, host, family=socket.AF_INET, port=0):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.context.load_cert_chain(site.tls / "server.pem", site.tls / "server.key")
        self.listener = socket.create_server((host, port), family=family)
        self.port = self.listener.getsockname()[1]
        self.numbers, self.accepted, self.streams, self.bytes = set(), 0, [], b""
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self.read, args=(connection,), daemon=True).start()

    def read(self, connection):
        rest = b""
        try:
            with self.context.wrap_socket(connection, server_side=True) as stream:
                self.streams.append(stream)
                while got := stream.recv(65536):
                    rest += got
                    self.bytes += got
                    found = list(re.finditer(rb"msg=question (\d+) ", rest))
                    self.numbers.update(int(one.group(1)) for one in found)
                    rest = rest[found[-1].end() if found else 0:][-65536:]
        except OSError:
            pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        for stream in self.streams:
            with contextlib.suppress(OSError):
                stream.shutdown(socket.SHUT_RDWR)

    def has_all(self, count=EVENTS):
        return self.numbers >= set(range(count))


def write(site, first=0, end=EVENTS):
    with open(site.logs / "a.jsonl", "a") as out:
        for n in range(first, end):
            out.write(f'{{"prompt": "question {n} {os.urandom(60).hex()}", "response": "yes", "user": "u", "model": "m"}}\n')


def one_megabit_and_small_packets(site):
    """1 Mbit/s and packets of 600 bytes: slower, and nothing else. Syslog over TLS, then an HTTP Event Collector."""
    ip("link", "set", "lo", "mtu", "600")
    subprocess.run(["tc", "qdisc", "add", "dev", "lo", "root", "tbf", "rate", "1mbit", "burst", "4kb", "latency", "200ms"], check=True)
    receiver = Receiver(site, "127.0.0.1")
    write(site)
    site.configure(receiver.port, client=False)
    start = time.monotonic()
    agent = site.start_agent()
    wait_until("all events", receiver.has_all, 60)
    assert time.monotonic() - start > 1, "the way was not slow"
    assert receiver.accepted == 1, receiver.accepted
    assert site.stop_agent(agent)[0] == 0
    server = ScriptedServer(site, "hec_server.py", tokens=["a-token"], ack=False)
    try:
        (site.path / "agent.yaml").write_text(f"""state_dir: {site.path}/hec
sources:
  - {{id: app, paths: [{site.logs}/*.jsonl]}}
outputs:
  - id: soc
    type: splunk_hec
    ack: false
    gzip: false
    url: https://localhost:{server.ports[0]}
    token: ${{file:{write_secret(site, "a-token")}}}
    tls: {{ca_file: {site.tls}/ca.pem}}
spool: {{min_free: 1MiB}}
""")
        site.run_once(deadline=90)
        stored = server.lines("stored")
        assert len(stored) == len({event for event, _ in stored}) >= EVENTS, len(stored)
        assert not server.lines("violation"), server.lines("violation")
    finally:
        server.close()


def only_ipv6(site):
    """A host without any IPv4 address: the name has one all the same, and is reached by the other."""
    ip("address", "del", "127.0.0.1/8", "dev", "lo")
    name_addresses(site, "127.0.0.1", "::1")
    receiver = Receiver(site, "::1", socket.AF_INET6)
    write(site)
    site.configure(receiver.port, client=False)
    agent = site.start_agent()
    wait_until("all events", receiver.has_all)
    assert site.stop_agent(agent)[0] == 0


def name_that_moves(site):
    """A name that nobody knows, then one whose address changes while the agent runs."""
    name_addresses(site)
    first = Receiver(site, "127.0.0.2")
    site.configure(first.port, client=False)
    write(site, 0, EVENTS // 2)
    agent = site.start_agent()
    wait_until("the error about the name", lambda: "resolving localhost" in site.log_text())
    name_addresses(site, "127.0.0.2")
    wait_until("the first half", lambda: first.has_all(EVENTS // 2))
    second = Receiver(site, "127.0.0.3", port=first.port)
    name_addresses(site, "127.0.0.3")
    first.close()
    write(site, EVENTS // 2, EVENTS)
    wait_until("the second half at the new address", lambda: second.numbers >= set(range(EVENTS // 2, EVENTS)))
    assert site.stop_agent(agent)[0] == 0


def half_open_connection(site):
    """The way goes without a word while events are in flight: given up after 30 s, and all of them sent again."""
    receiver = Receiver(site, "127.0.0.1")
    write(site, 0, EVENTS // 2)
    site.configure(receiver.port, client=False, transport="tls\n    framing: lf")
    agent = site.start_agent()
    wait_until("the first half", lambda: receiver.has_all(EVENTS // 2))
    ip("link", "set", "lo", "down")
    write(site, EVENTS // 2, EVENTS)
    wait_until("the output to be given up", lambda: "output soc: " in site.log_text(), 60)
    assert not receiver.has_all()
    ip("link", "set", "lo", "up")
    wait_until("the second half", receiver.has_all, 60)
    assert receiver.accepted >= 2, receiver.accepted
    assert site.stop_agent(agent)[0] == 0
    documented_query_removes_duplicates(receiver.bytes.decode().splitlines())


def documented_query_removes_duplicates(lines):
    left = left_by_documented_query(lines)
    ids = [re.search(r" externalId=(\S+)", line).group(1) for line in lines]
    assert len(left) == len(set(ids)) < len(lines), (len(left), len(set(ids)), len(lines))
    assert all("llmtrailResent=1" in line for n, line in enumerate(lines) if ids[n] in ids[:n])


SCENARIOS = [one_megabit_and_small_packets, only_ipv6, name_that_moves, half_open_connection]


def main():
    if sys.argv[1] == "list":
        print("\n".join(scenario.__name__ for scenario in SCENARIOS))
        return 0
    if not enter_namespace():
        print("SKIPPED: a network namespace, ip(8) or tc(8) is not to be had here: shown nowhere else")
        return 77
    scenario = next(s for s in SCENARIOS if s.__name__ == sys.argv[2])
    site = Site(pathlib.Path(sys.argv[1]).resolve())
    start = time.monotonic()
    try:
        scenario(site)
        print(f"{scenario.__name__}: held, {time.monotonic() - start:.1f} s")
        return 0
    except AssertionError:
        print(site.log_text()[-3000:] if hasattr(site, "agent_log") else "", file=sys.stderr)
        raise
    finally:
        site.close()


if __name__ == "__main__":
    sys.exit(main())
