"""What `llmtrail check` takes offline, before a reload or a start waits for it. Used by bench.py (--only check)."""
import os
import shutil
import statistics
import subprocess
import time

RUNS = 20
FILES_A_SOURCE = 5
CASES = {  # sources, and whether they share a folder; two outputs each
    "3 sources": (3, False),
    "200 sources": (200, False),
    "200 sources of one folder": (200, True),
}


def configuration(folder, sources, shared):
    lines = [f"state_dir: {folder}/state", "sources:"]
    for number in range(sources):
        logs = folder / ("logs" if shared else f"logs-{number}")
        logs.mkdir(parents=True, exist_ok=True)
        for file in range(FILES_A_SOURCE):
            (logs / f"app{number}-{file}.jsonl").write_text("{}\n")
        lines += [f"  - id: app{number}", f"    paths: [{logs}/app{number}-*.jsonl]", "    map: {user.id: meta.user}"]
    lines += ["outputs:", "  - {id: soc, type: syslog, address: 'siem.example.com:6514'}",
              f"  - {{id: local, type: file, path: {folder}/events.cef}}"]
    path = folder / "agent.yaml"
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o644)
    return path


def times(command):
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{command}: exit code {process.returncode}")
    return time.perf_counter() - began, used.ru_utime + used.ru_stime


def run(bench):
    print(f"\n## check, offline, {RUNS} runs each\n")
    print("| configuration | median ms | longest ms | CPU ms | bar |\n|---|---|---|---|---|")
    for name, (sources, shared) in CASES.items():
        folder = bench.work / "check"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        path = configuration(folder, sources, shared)
        runs = [times([bench.args.llmtrail, "check", "--config", path]) for _ in range(RUNS)]
        wall, cpu = [1e3 * one for one, _ in runs], [1e3 * one for _, one in runs]
        print(f"| {name} | {statistics.median(wall):.1f} | {max(wall):.1f} | {statistics.median(cpu):.1f} | 100 ms |")
        shutil.rmtree(folder)
