"""What a client in Python counts, and tells whoever started it: as the meter of the clients in Rust does."""

from __future__ import annotations

import json
import os
import sys
import time


def _status(name: str) -> int:
    """A line of what the system says of this process, in kB."""
    with open("/proc/self/status", encoding="ascii") as lines:
        for line in lines:
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
    raise ValueError(name)


class Mark:
    def __init__(self) -> None:
        self.cpu = time.process_time()
        self.wall = time.perf_counter()
        self.resident = _status("VmRSS")


class Meter:
    """Counts events, and looks at the clocks when a part is over."""

    def __init__(self, name: str, words: set[str]) -> None:
        if len(sys.argv) != 8 or " ".join(sys.argv[5:]) not in words:
            sys.exit(f"usage: client.py URL LARGE GUILDS EVENTS {' | '.join(sorted(words))}")
        self.name = name
        self.url = sys.argv[1]
        self.large, self.guilds, self.events = map(int, sys.argv[2:5])
        self.words = sys.argv[5:]
        self.before = self.begin = self.large_taken = self.guilds_taken = self.first = Mark()
        self.seen = self.failed = self.unknown = 0

    def ready(self) -> None:
        self.begin = Mark()

    def event(self) -> bool:
        """The client is done with an event; tells whether it was the last one."""
        self.seen += 1
        if self.seen == self.large:
            self.large_taken = Mark()
        elif self.seen == self.guilds:
            self.guilds_taken = Mark()
            print("guilds", flush=True)
        elif self.seen == self.guilds + 1:
            self.first = Mark()
        return self.seen == self.guilds + self.events

    def tell(self, cached: int) -> None:
        """Tells all, and ends the process: what it gives back at its end is not measured."""
        end = Mark()
        told = {
            "name": self.name,
            "large_cpu": self.large_taken.cpu - self.begin.cpu,
            "guilds_cpu": self.guilds_taken.cpu - self.begin.cpu,
            "guilds_wall": self.guilds_taken.wall - self.begin.wall,
            "steady_cpu": end.cpu - self.guilds_taken.cpu,
            "steady_wall": end.wall - self.first.wall,
            "resident_before": self.before.resident,
            "resident_guilds": self.guilds_taken.resident,
            "resident_peak": _status("VmHWM"),
            "heap_guilds": None,
            "heap_end": None,
            "seen": self.seen,
            "failed": self.failed,
            "unknown": self.unknown,
            "cached": cached,
        }
        print(json.dumps(told), flush=True)
        os._exit(0)
