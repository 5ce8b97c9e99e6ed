import os
import threading
import time
from pathlib import Path

from actors.runtime import limits
from actors.runtime.heartbeat_age import HeartbeatAge, unscheduled_s


def test_silence_of_a_process_that_could_run_counts_in_full() -> None:
    heartbeat_age = HeartbeatAge()
    heartbeat_age.heard(10.0)
    assert heartbeat_age.of(3.0, 10.0) == 3.0


def test_time_on_the_run_queue_does_not_count() -> None:
    heartbeat_age = HeartbeatAge()
    heartbeat_age.heard(10.0)
    assert heartbeat_age.of(3.0, 12.5) == 0.5
    assert heartbeat_age.of(4.0, 12.5) == 1.5, "hung after all: it no longer waits for a processor"


def test_no_machine_is_busy_enough_to_excuse_silence_for_ever() -> None:
    heartbeat_age = HeartbeatAge()
    heartbeat_age.heard(0.0)
    assert heartbeat_age.of(60.0, 60.0) == 60.0 - limits.UNSCHEDULED_AT_MOST_S


def test_time_on_the_run_queue_adds_up_and_is_not_taken_back() -> None:
    heartbeat_age = HeartbeatAge()
    assert heartbeat_age.of(3.0, 2.0) == 1.0
    assert heartbeat_age.of(4.0, 2.5) == 1.5
    assert heartbeat_age.of(1.0, 5.0) == 0.0, "starved for longer than it was silent"
    heartbeat_age.heard(10.0)
    assert heartbeat_age.of(3.0, 8.0) == 3.0
    assert heartbeat_age.of(3.0, 9.0) == 2.0


def test_a_sign_of_life_begins_anew() -> None:
    heartbeat_age = HeartbeatAge()
    heartbeat_age.of(3.0, 2.0)
    heartbeat_age.heard(2.0)
    assert heartbeat_age.of(1.0, 2.0) == 1.0


def schedstat(thread: int) -> float:
    return int(Path(f"/proc/self/task/{thread}/schedstat").read_text().split()[1]) / 1e9


def test_the_kernel_is_asked_for_the_main_thread_or_another() -> None:
    before = schedstat(os.getpid())
    assert 0.0 < before <= unscheduled_s(os.getpid()) <= schedstat(os.getpid())
    seen: list[tuple[float, float, float]] = []

    def look() -> None:
        thread = threading.get_native_id()
        seen.append((schedstat(thread), unscheduled_s(os.getpid(), thread), schedstat(thread)))

    other = threading.Thread(target=look)
    other.start()
    other.join()
    assert seen[0][0] <= seen[0][1] <= seen[0][2]


def test_threads_that_compete_for_a_processor_are_seen_to_wait() -> None:
    pid = os.fork()
    if pid == 0:  # two processes on one processor
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        other = os.fork()
        end = time.monotonic() + 0.6
        while time.monotonic() < end:
            pass
        if other == 0:
            os._exit(0)
        os.waitpid(other, 0)
        os._exit(0 if unscheduled_s(os.getpid()) > 0.05 else 1)
    assert os.waitpid(pid, 0)[1] == 0


def test_a_process_that_is_gone_waited_for_nothing() -> None:
    assert unscheduled_s(2**22 + 1) == 0.0
    assert unscheduled_s(os.getpid(), threading.get_native_id()) >= 0.0
