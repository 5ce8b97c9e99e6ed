"""Who was killed for want of memory, told by the kernel's counters."""

from pathlib import Path

from actors.runtime.out_of_memory import LINGERS_S, OutOfMemory, counters


def write(path: Path, kills: int) -> None:
    path.write_text(f"low 0\noom 3\noom_kill {kills}\noom_group_kill 0\n")


def test_a_kill_that_no_counter_knows_was_somebody_elses(tmp_path: Path) -> None:
    write(tmp_path / "group", 7)
    assert not OutOfMemory([tmp_path / "group"]).struck(0.0)


def test_each_kill_explains_one_death_in_whatever_order_they_are_seen(tmp_path: Path) -> None:
    group, device = tmp_path / "group", tmp_path / "device"
    write(group, 0)
    write(device, 40)
    memory = OutOfMemory([group, device])
    write(group, 2)
    write(device, 42)  # the same two
    assert [memory.struck(1.0), memory.struck(1.1), memory.struck(1.2)] == [True, True, False]


def test_a_kill_of_another_program_is_not_held_against_ours_for_ever(tmp_path: Path) -> None:
    device = tmp_path / "device"
    write(device, 0)
    memory = OutOfMemory([device])
    write(device, 2)
    assert memory.struck(1.0)
    assert not memory.struck(1.0 + LINGERS_S + 1)


def test_a_device_without_counters_has_enough_memory(tmp_path: Path) -> None:
    assert not OutOfMemory([tmp_path / "missing"]).struck(0.0)


def test_the_counters_of_this_machine_are_found() -> None:
    assert Path("/proc/vmstat") in counters()
