#!/usr/bin/env python3
"""crash.py LLMTRAIL kill|power COUNT [SEED] [--gentle]: the real binary under load, with a real rsyslog as receiver over
TLS 1.3, crashed at random moments.

kill   SIGKILL.
power  the state lies on an ext4 of its own in a loop device; SIGSTOP, then EXT4_IOC_SHUTDOWN without a flush of the journal
       throws away what was not synced, then SIGKILL, unmount and mount. Needs root and loop devices; else exit 77.

After each crash the log is verified with its keys and with the checkpoints that rsyslog has received until then: what was
sealed and sent must still be there. At the end every document's event has arrived at least once, an event that came
twice came with the same id, and no verdict was worse than what a crash leaves. Prints one line of counts; exit 0 when all holds.
--gentle writes a fifth as much, so that a spool which is verified after each crash stays small.
"""
import argparse
import collections
import contextlib
import fcntl
import json
import os
import pathlib
import random
import re
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

from agent import wait_until

HERE = pathlib.Path(__file__).resolve().parent
VERDICTS = {0: "CLEAN", 3: "OPEN_TAIL", 4: "TORN_TAIL", 5: "TAMPERED", 6: "CANNOT_VERIFY"}
HARMLESS = {"CLEAN", "OPEN_TAIL", "TORN_TAIL", "NOTHING_YET"}  # after a crash


class Writer(threading.Thread):
    """Appends numbered documents to a log, renames it now and then, until told to stop."""

    def __init__(self, directory, seed, pause_max):
        super().__init__()
        self.directory, self.random, self.pause_max = directory, random.Random(seed), pause_max
        self.written, self.stopping, self.rotations = 0, threading.Event(), 0

    def run(self):
        path = self.directory / "app.jsonl"
        out = open(path, "ab", buffering=0)
        while not self.stopping.wait(self.random.uniform(0.001, self.pause_max)):
            for _ in range(self.random.randint(1, 12)):
                out.write(self.document())
            if self.random.random() < 0.01:
                out.close()
                self.rotations += 1
                path.rename(self.directory / f"app.{self.rotations}.jsonl")
                out = open(path, "ab", buffering=0)
        out.close()

    def document(self):
        number = self.written
        self.written += 1
        text = "x" * self.random.randint(1, 3000) + " \u2028=|\\\n CEF:0|forged|"
        return (json.dumps({
            "request_id": f"doc-{number}-end",
            "request": {"model": "m", "messages": [{"role": "user", "content": text}]},
            "response": {"id": "r", "choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"},
                                                 "finish_reason": "stop"}]},
        }) + "\n").encode()


class Kill:
    """The process dies, the machine does not."""

    def crash(self, agent):
        agent.kill()
        agent.wait()


def stands_still(process):
    """Every thread is stopped, or inside the kernel and will be before it is out again."""
    states = [stat.read_text().rsplit(") ", 1)[1][0] for stat in pathlib.Path(f"/proc/{process}/task").glob("*/stat")]
    return set(states) <= set("TtDZX")


class PowerCut:
    """The file system of the state forgets what was not synced."""

    IMAGE_BYTES = 1 << 30
    EXT4_IOC_SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32)
    NO_LOG_FLUSH = 2

    def __init__(self, work, state):
        self.image, self.state = work / "disk", state
        state.mkdir()
        with open(self.image, "wb") as image:
            image.truncate(self.IMAGE_BYTES)
        try:
            subprocess.run(["mkfs.ext4", "-q", self.image], check=True)
            self.mount()
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"SKIPPED: no loop device can be mounted: {error}")
            sys.exit(77)

    def mount(self):
        subprocess.run(["mount", "-o", "loop", self.image, self.state], check=True)

    def crash(self, agent):
        """The processor loses its power first: between the cut and SIGKILL an fdatasync(2) may return 0 for a transaction
        that the aborted journal threw away, and what was never durable would be sent."""
        descriptor = os.open(self.state, os.O_RDONLY)
        agent.send_signal(signal.SIGSTOP)
        wait_until("the agent stands still", lambda: stands_still(agent.pid))
        fcntl.ioctl(descriptor, self.EXT4_IOC_SHUTDOWN, struct.pack("I", self.NO_LOG_FLUSH))
        os.close(descriptor)
        agent.kill()
        agent.wait()
        self.unmount()
        self.mount()

    def unmount(self):
        subprocess.run(["umount", self.state], check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("llmtrail")
    parser.add_argument("way", choices=["kill", "power"])
    parser.add_argument("count", type=int)
    parser.add_argument("seed", type=int, nargs="?", default=1)
    parser.add_argument("--gentle", action="store_true")
    arguments = parser.parse_args()
    with contextlib.ExitStack() as at_end:
        work = pathlib.Path(at_end.enter_context(tempfile.TemporaryDirectory()))
        (work / "logs").mkdir()
        machine = Kill()
        if arguments.way == "power":
            machine = PowerCut(work, work / "state")
            at_end.callback(machine.unmount)
        subprocess.run([HERE / "make_certificates", work / "tls"], check=True)
        rsyslog = int(subprocess.run([HERE / "start_rsyslog", work / "syslog", work / "tls"], check=True,
                                     capture_output=True, text=True).stdout)
        at_end.callback(os.kill, rsyslog, signal.SIGTERM)
        return trial(arguments, machine, work)


def trial(arguments, machine, work):
    llmtrail, chance = arguments.llmtrail, random.Random(arguments.seed)
    config = work / "agent.yaml"
    port = (work / "syslog/port").read_text().strip()
    config.write_text(f"""state_dir: {work}/state
sources:
  - id: app
    paths: [{work}/logs/*.jsonl]
outputs:
  - id: soc
    type: syslog
    address: localhost:{port}
    tls: {{ca_file: {work}/tls/ca.pem, cert_file: {work}/tls/client.pem, key_file: {work}/tls/client.key}}
spool: {{segment: {{max_size: 1MiB}}, min_free: 1MiB, max_size: 512MiB, checkpoint_interval: 1s}}
""")
    writer = Writer(work / "logs", arguments.seed, 0.1 if arguments.gentle else 0.02)
    writer.start()
    verdicts, anchors, receiver = collections.Counter(), 0, Receiver(work)
    try:
        for _ in range(arguments.count):
            with open(work / "agent.log", "ab") as log:
                agent = subprocess.Popen([llmtrail, "run", "--config", config], stdout=log, stderr=log)
            try:
                agent.wait(chance.uniform(0.01, chance.choice([0.2, 1.5, 2.5])))
                print((work / "agent.log").read_text()[-2000:], file=sys.stderr)
                print(f"the agent ended by itself with {agent.returncode}", file=sys.stderr)
                return 1
            except subprocess.TimeoutExpired:
                machine.crash(agent)
            verdict, agreed = verify(llmtrail, work, receiver)
            verdicts[verdict] += 1
            anchors += agreed
    finally:
        writer.stopping.set()
        writer.join()
    last = subprocess.run([llmtrail, "run", "--once", "--deadline", "120", "--config", config], capture_output=True, text=True)
    verdict, agreed = verify(llmtrail, work, receiver)
    verdicts[verdict] += 1
    return judge(arguments, writer, verdicts, anchors + agreed, verdict, last, work, receiver)


class Receiver:
    """What rsyslog has written so far, read once: events are many, most of them resent."""

    def __init__(self, work):
        self.file, self.checkpoints, self.offset = work / "syslog/events", work / "checkpoints", 0
        self.ids, self.indices, self.arrivals = collections.defaultdict(set), collections.defaultdict(set), 0
        self.checkpoints.touch()

    def read(self):
        if not self.file.exists():
            return
        with open(self.file, "rb") as events, open(self.checkpoints, "ab") as checkpoints:
            events.seek(self.offset)
            for line in events:
                if not line.endswith(b"\n"):
                    break
                self.offset += len(line)
                document = re.search(rb"request:doc-(\d+)-end", line)
                if document:
                    self.arrivals += 1
                    self.ids[int(document.group(1))].add(re.search(rb"externalId=(\w+)", line).group(1))
                    self.indices[int(document.group(1))].add(int(re.search(rb"cs6=(\d+):", line).group(1)))
                elif b"|730|" in line:
                    checkpoints.write(line)


def verify(llmtrail, work, receiver):
    """The verdict, and how many received checkpoints the log was held against."""
    receiver.read()
    anchor = ["--anchor", receiver.checkpoints] if receiver.checkpoints.stat().st_size else []
    done = subprocess.run([llmtrail, "verify", "--json", "--spool", work / "state/spool", "--keys", work / "state/keys", *anchor],
                          capture_output=True, text=True)
    verdict = VERDICTS.get(done.returncode, f"exit {done.returncode}")
    if not anchor and not list(work.glob("state/spool/seg-*.lsp")):
        verdict = "NOTHING_YET"
    if verdict not in HARMLESS:
        print(done.stdout + done.stderr, file=sys.stderr)
    return verdict, json.loads(done.stdout).get("anchors", 0) if done.stdout.startswith("{") else 0


def judge(arguments, writer, verdicts, anchors, last_verdict, last, work, receiver):
    deadline = time.monotonic() + 30
    while len(receiver.ids) < writer.written and time.monotonic() < deadline:
        receiver.read()
        time.sleep(0.05)
    ids, arrivals = receiver.ids, receiver.arrivals
    missing = [n for n in range(writer.written) if n not in ids]
    changed = [n for n, found in ids.items() if len(found) > 1]
    print(f"{arguments.way} {sum(verdicts.values()) - 1}, seed {arguments.seed}, documents {writer.written}, rotations {writer.rotations}, "
          f"missing {len(missing)}, arrived more than once {arrivals - len(ids)}, with another id {len(changed)}, "
          f"checkpoints agreed with {anchors}, last run exit {last.returncode}, verdicts {dict(verdicts)}")
    good = not missing and not changed and anchors and last.returncode == 0 and last_verdict == "CLEAN" and HARMLESS.issuperset(verdicts)
    if not good:
        print("missing:", missing[:20], "changed, with their indices:", {n: sorted(receiver.indices[n]) for n in changed[:20]}, last.stdout, last.stderr, file=sys.stderr)
        print((work / "agent.log").read_text()[-3000:], file=sys.stderr)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
