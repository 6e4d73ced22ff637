"""Runs fuzz targets one after another, each for a number of CPU seconds, and prints what they have reached.

    run.py SECONDS [TARGET...]

The programs are those of `make fuzz`. What makes a target fail is written to findings/TARGET, where the replay of the tests
(tests/fuzz/replay.rs) finds it."""

import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

FUZZ = Path(__file__).resolve().parent
BUILT = FUZZ.parent / "target/fuzz"
PROGRAMS = BUILT / "x86_64-unknown-linux-gnu/release"
# An input that takes longer, in seconds, or more memory is a finding.
LIMITS = ["-timeout=20", "-rss_limit_mb=2048", "-max_len=8192"]
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """The CPU time of a process that runs, or has ended and was not waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def run(target, seconds):
    """Runs a target, and returns its row of the table and whether it has found something."""
    corpus, findings, log = BUILT / "corpus" / target, FUZZ / "findings" / target, BUILT / f"{target}.log"
    corpus.mkdir(parents=True, exist_ok=True)
    findings.mkdir(parents=True, exist_ok=True)
    command = [PROGRAMS / target, *LIMITS, f"-artifact_prefix={findings}/", "-print_final_stats=1", corpus]
    with log.open("wb") as out:
        fuzzer = subprocess.Popen([*command, BUILT / "seeds" / target], stdout=out, stderr=out)
        try:
            is_asked = False
            while os.waitid(os.P_PID, fuzzer.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                if not is_asked and cpu_seconds(fuzzer.pid) >= seconds:
                    fuzzer.send_signal(signal.SIGUSR1)
                    is_asked = True
                time.sleep(0.2)
            spent = cpu_seconds(fuzzer.pid)
        finally:
            fuzzer.kill()
            status = fuzzer.wait()
    if not any(findings.iterdir()):
        findings.rmdir()
    text = log.read_text(errors="replace")

    def last(pattern):
        return (re.findall(pattern, text) or ["0"])[-1]

    executed, covered, inputs = (
        int(last(pattern)) for pattern in (r"number_of_executed_units: (\d+)", r"cov: (\d+)", r"corp: (\d+)")
    )
    edges = int(last(r"\((\d+) inline 8-bit counters\)"))
    row = f"{target:15} {spent:8.0f} {executed:12,} {executed / max(spent, 1):9,.0f} {covered:8,} {edges:8,} {inputs:8,}"
    if status != 0:
        row += f"  failed, see {log.relative_to(FUZZ.parent)}: {last(r'Test unit written to (.*)')}"
    return row, status != 0


def main():
    seconds, chosen = float(sys.argv[1]), sys.argv[2:]
    programs = tomllib.loads((FUZZ / "Cargo.toml").read_text())["bin"]
    targets = [program["name"] for program in programs]
    unknown = [name for name in chosen if name not in targets]
    if unknown:
        sys.exit(f"unknown target: {', '.join(unknown)}; there are {', '.join(targets)}")
    print(f"{'target':15} {'CPU s':>8} {'executions':>12} {'per s':>9} {'edges':>8} {'of':>8} {'inputs':>8}", flush=True)
    has_failed = False
    for target in chosen or targets:
        row, failed = run(target, seconds)
        print(row, flush=True)
        has_failed |= failed
    sys.exit(has_failed)


if __name__ == "__main__":
    main()
