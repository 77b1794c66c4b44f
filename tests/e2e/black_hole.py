#!/usr/bin/env python3
"""black_hole.py LLMTRAIL: three outputs of the real binary, one of which leads to a receiver that accepts the connection
and never reads. The others' delay from append to arrival is what it is when the third one is well; what the third one
missed waits in the spool. Ten minutes of it, by a fake clock: tests/unit/pipeline/black_hole_test.cpp."""
import json
import re
import socket
import subprocess
import sys
import threading
import time

from agent import Site, wait_until

RATE, SECONDS = 200, 5
SLACK_MS = 25  # what a busy machine alone may add


class Receiver:
    """Reads lines and takes the time; with `reads` off it does nothing with a connection but hold it."""

    def __init__(self, reads=True):
        self.delays = []
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen()
        self.port = self.listener.getsockname()[1]
        self.held = []
        threading.Thread(target=self.serve, args=(reads,), daemon=True).start()

    def serve(self, reads):
        while True:
            connection, _ = self.listener.accept()
            if reads:
                threading.Thread(target=self.read, args=(connection,), daemon=True).start()
            else:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                self.held.append(connection)

    def read(self, connection):
        for line in connection.makefile("rb"):
            now = time.monotonic_ns()
            stamp = re.search(rb"asked at (\d+)", line)
            if stamp:
                self.delays.append((now - int(stamp.group(1))) / 1e6)

    def percentile_99(self):
        return sorted(self.delays)[len(self.delays) * 99 // 100]


def run(llmtrail, third_reads):
    site = Site(llmtrail)
    receivers = [Receiver(), Receiver(), Receiver(third_reads)]
    outputs = "".join(f"""  - id: out{n}
    type: syslog
    address: 127.0.0.1:{receiver.port}
    transport: tcp
    framing: lf
    preview: {{prompt: 200, response: 0}}
""" for n, receiver in enumerate(receivers))
    status = site.path / "status.sock"
    (site.path / "agent.yaml").write_text(f"""state_dir: {site.path}/state
sources:
  - {{id: app, paths: [{site.logs}/*.jsonl]}}
outputs:
{outputs}spool: {{min_free: 1MiB}}
status_socket: {status}
""")
    try:
        agent = site.start_agent()
        log = open(site.logs / "a.jsonl", "ab", buffering=0)
        wait_until("the start", lambda: "started" in site.log_text())
        start = time.monotonic()
        for n in range(RATE * SECONDS):
            pause = start + n / RATE - time.monotonic()
            if pause > 0:
                time.sleep(pause)
            text = {"prompt": f"asked at {time.monotonic_ns()}", "response": "r" * 4000, "user": "u", "model": "m"}
            log.write(json.dumps(text).encode() + b"\n")
        wait_until("all at the others", lambda: all(len(r.delays) >= RATE * SECONDS for r in receivers[:2]))
        told = subprocess.run([llmtrail, "status", "--json", "--socket", status], capture_output=True, text=True, check=True)
        waiting = json.loads(told.stdout)["outputs"][2]["pending"]
        assert third_reads or waiting > RATE, told.stdout
        code, seconds = site.stop_agent(agent, 15)
        assert code == 0 and seconds < 10, (code, seconds)
        return [r.percentile_99() for r in receivers[:2]]
    finally:
        site.close()


def others_notice_nothing(llmtrail):
    runs = [(run(llmtrail, True), run(llmtrail, False)) for _ in range(2)]  # other work on the machine delays one
    healthy, holed = ([min(p99) for p99 in zip(*side)] for side in zip(*runs))
    said = f"p99 of the others: {healthy} ms with three that are well, {holed} ms beside a black hole"
    for before, after in zip(healthy, holed):
        assert after <= before + SLACK_MS, said
    print(said)


if __name__ == "__main__":
    others_notice_nothing(sys.argv[1])
