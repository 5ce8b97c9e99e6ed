"""Who was killed for want of memory, told by the kernel's counters."""

from pathlib import Path

from actors.runtime.out_of_memory import CGROUPS, LINGERS_S, VMSTAT, OutOfMemory, counters


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


def test_a_counter_that_appears_begins_at_nothing(tmp_path: Path) -> None:
    memory = OutOfMemory([tmp_path / "group"])
    write(tmp_path / "group", 1)
    assert memory.struck(1.0)
    assert not memory.struck(1.0)


def test_without_a_line_or_a_file_nothing_was_killed(tmp_path: Path) -> None:
    (tmp_path / "group").write_text("oom_kill_disable 1\nunder_oom 1\n")
    memory = OutOfMemory([tmp_path / "group"])
    assert not memory.struck(0.0)
    (tmp_path / "group").write_text("oom_kill_disable 1\nunder_oom 1\noom_kill 1\n")  # cgroup v1
    assert memory.struck(0.0)
    assert not OutOfMemory([]).struck(0.0)


def test_a_counter_that_begins_anew_explains_nothing(tmp_path: Path) -> None:
    group, device = tmp_path / "group", tmp_path / "device"
    write(group, 5)
    write(device, 5)
    memory = OutOfMemory([group, device])
    write(group, 0)
    assert not memory.struck(0.0)
    write(group, 1)
    assert [memory.struck(0.0), memory.struck(0.0)] == [True, False]


def test_kills_add_up_while_their_victims_are_looked_for(tmp_path: Path) -> None:
    write(tmp_path / "device", 0)
    memory = OutOfMemory([tmp_path / "device"])
    write(tmp_path / "device", 3)
    assert memory.struck(1.0)
    write(tmp_path / "device", 5)
    assert [memory.struck(2.0) for _ in range(5)] == [True] * 4 + [False]


def test_looking_does_not_lengthen_the_time_that_a_kill_explains(tmp_path: Path) -> None:
    write(tmp_path / "device", 0)
    memory = OutOfMemory([tmp_path / "device"])
    write(tmp_path / "device", 9)
    times = (100.0, 100.0 + LINGERS_S - 1, 100.0 + LINGERS_S, 100.0 + LINGERS_S + 0.1)
    assert [memory.struck(now) for now in times] == [True, True, True, False]
    assert not memory.struck(100.0)


def test_the_counters_are_those_of_the_group_and_of_the_device(tmp_path: Path) -> None:
    (tmp_path / "cgroup").write_text("0::/system.slice/camera:one.service\n")
    group = CGROUPS / "system.slice" / "camera:one.service"
    assert counters(tmp_path / "cgroup") == (VMSTAT, group / "memory.events")
    (tmp_path / "cgroup").write_text("12:cpu,cpuacct:/a\n5:memory:/docker/b\n3:hugetlb,memory:/c\n1:name=systemd:/d\n")
    memory = CGROUPS / "memory"
    assert counters(tmp_path / "cgroup") == (
        VMSTAT,
        memory / "docker" / "b" / "memory.oom_control",
        memory / "c" / "memory.oom_control",
    )
    assert counters(tmp_path / "missing") == (VMSTAT,)


def test_the_counters_of_this_machine_are_found() -> None:
    assert Path("/proc/vmstat") in counters()
    assert OutOfMemory()._files == counters()
