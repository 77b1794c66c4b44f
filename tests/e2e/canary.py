#!/usr/bin/env python3
"""canary.py LLMTRAIL: what an application logged stands nowhere on disk but in its log and, sealed, in the spool: not in
state, logs of the agent or a core, also when the agent crashes where cores are allowed.

A child that is no llmtrail crashes first in the same way: where that leaves a core with its text, so would the agent's
memory if it could be dumped. On a machine that dumps no cores this is said, and the agent's own flag alone is asked.
"""
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile

from agent import wait_until

CANARY = "canary-7f3d19c2-" + os.urandom(6).hex()
# The sanitizers of a test build would catch the signal and forbid the core themselves.
PLAIN = os.environ | {"ASAN_OPTIONS": "handle_segv=0:handle_abort=0:handle_sigbus=0:disable_coredump=0:detect_leaks=0"}
CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS)


def allow_cores():
    resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)


def crash(process, number):
    """Ends it as a crash does. Did the kernel dump a core?"""
    process.send_signal(number)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = -number
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == number, f"ended with {status:x}, not by {number.name}"
    return os.WCOREDUMP(status)


def files_with_canary(folder):
    return [str(path) for path in folder.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]


def other_process_dumps(scratch):
    """Does a crash here leave a core, and is the text in it, where it can be looked for?"""
    child = subprocess.Popen([sys.executable, "-c", f"import time; kept = '{CANARY[:8]}' + '{CANARY[8:]}'; print(flush=True); time.sleep(60)"],
                             stdout=subprocess.PIPE, cwd=scratch, preexec_fn=allow_cores)
    child.stdout.readline()
    dumped = crash(child, signal.SIGSEGV)
    cores = [path for path in scratch.iterdir() if path.is_file()]
    assert not cores or files_with_canary(scratch), "a core was written, and the text was not found in it"
    for core in cores:
        core.unlink()
    return dumped


def start(llmtrail, folder):
    agent = subprocess.Popen([llmtrail, "run", "--config", folder / "agent.yaml"], cwd=folder / "scratch", env=PLAIN, preexec_fn=allow_cores,
                             stdout=open(folder / "agent.log", "ab"), stderr=subprocess.STDOUT)
    spool = folder / "state/spool"

    def sealed():
        ran = subprocess.run([llmtrail, "verify", "--json", "--live", "--spool", spool, "--keys", folder / "state/keys"], capture_output=True, text=True)
        return ran.stdout.startswith("{") and json.loads(ran.stdout).get("records", 0) > 1
    wait_until("the record in the spool", sealed)
    return agent


def main(llmtrail):
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        for name in ("scratch", "logs"):
            (folder / name).mkdir()
        (folder / "agent.yaml").write_text(f"state_dir: {folder}/state\nstatus_socket: {folder}/status.sock\n"
                                           f"sources:\n  - {{id: app, paths: [{folder}/logs/*.jsonl]}}\nspool: {{min_free: 1MiB}}\n")
        log = folder / "logs/app.jsonl"
        log.write_text(json.dumps({"prompt": f"is {CANARY} a secret", "response": f"yes, {CANARY} is", "user": "u-1", "model": "m"}) + "\n")
        dumps = other_process_dumps(folder / "scratch")
        pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text().strip()
        for number in CRASHES:
            agent = start(llmtrail, folder)
            if os.geteuid() != 0:  # of a process that may be dumped they are its user's
                assert os.stat(f"/proc/{agent.pid}/environ").st_uid == 0, "the agent may be dumped"
            assert not crash(agent, number), f"the agent's memory was dumped after {number.name}"
            found = [path for path in files_with_canary(folder) if path != str(log)]
            assert not found and not any((folder / "scratch").iterdir()), (found, list((folder / "scratch").iterdir()))
        how = "another process is dumped in the same way" if dumps else "NO process is dumped on this machine, so only the flag was asked"
        print(f"{len(CRASHES)} crashes, no core, the text nowhere but in its log; {how} (core_pattern {pattern!r}, user {os.geteuid()})")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
