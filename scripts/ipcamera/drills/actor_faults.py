"""Kills and stops actors, while viewers watch and events arrive."""

import signal
import time

from scripts.ipcamera.drills import verdict
from scripts.ipcamera.drills.events import Recording
from scripts.ipcamera.drills.program import Program
from scripts.ipcamera.drills.verdict import Seen
from scripts.ipcamera.drills.viewers import Watch

PICTURES = 5  # that a viewer must see again
PICTURES_S = 10.0
CALM_S = 30.0
SETTLE_S = 0.3
WORDS = {signal.SIGKILL: "killed by signal 9", signal.SIGSTOP: "hung"}


def settle(program: Program, watch: Watch) -> None:
    """Before a drill: wait until everything is up and the viewer gets pictures."""
    program.until(program.all_up, CALM_S)
    sees_again(program, watch)
    time.sleep(SETTLE_S)


def sees_again(program: Program, watch: Watch) -> list[str]:
    """Wait until every viewer gets more; returns what is wrong with those that do not."""
    faults = []
    if not watch.refused and not watch.sees_more(PICTURES, PICTURES_S * program.factor):
        faults.append("the viewer gets no more pictures")
    if (player := watch.player) is not None:
        packets = player.packets
        if program.until(lambda: player.packets > packets, PICTURES_S) is None:
            faults.append("the RTSP player gets no more data")
    return faults


def blow(program: Program, watch: Watch, actor: str, how: signal.Signals) -> Seen:
    """Inject the fault, and wait until the actor is back and the viewer gets pictures again."""
    before = program.rows()
    if not before[actor].pid:
        return Seen(skipped=f"it is {before[actor].state} already: {before[actor].last_reason or before[actor].detail}")
    restarts = before[actor].restarts
    watched = not watch.refused
    watch.mark()
    program.strike(actor, how)
    seen = Seen()
    seen.notice_s = program.until(lambda: _died(program, actor, restarts), verdict.HUNG_S + verdict.BACK_S)
    more = None if seen.notice_s is None else program.until(lambda: _back(program, actor, restarts), 2 * verdict.BACK_S)
    seen.recover_s = None if seen.notice_s is None or more is None else seen.notice_s + more
    seen.faults += sees_again(program, watch)
    seen.gap_s = watch.longest_gap_s() if watched else None
    seen.connections_lost = watch.lost
    after = program.rows()
    if not after[actor].last_reason.startswith(WORDS[how]):
        seen.faults.append(f"the reason given is: {after[actor].last_reason or 'none'}")
    touched = [name for name, row in after.items() if name != actor and row.pid != before[name].pid]
    if touched:
        seen.faults.append(f"restarted with it: {', '.join(touched)}")
    return seen


def _died(program: Program, actor: str, restarts: int) -> bool:
    row = program.rows()[actor]
    return row.restarts > restarts or row.state == "restarting"


def _back(program: Program, actor: str, restarts: int) -> bool:
    row = program.rows()[actor]
    return row.restarts > restarts and row.state in ("up", "degraded") and row.pid != 0


def events_during_kills(program: Program, watch: Watch, count: int, per_s: float, kills: int) -> Seen:
    """The event log dies ``kills`` times while ``count`` events come in."""
    watched = not watch.refused
    recording = Recording(program, count, per_s)
    watch.mark()
    recording.start()
    for kill in range(kills):
        share = (kill + 1) * count // (kills + 1)
        program.until(lambda share=share: len(recording.answered) >= share, count / per_s + CALM_S)  # type: ignore[misc]
        program.strike("event_log", signal.SIGKILL)
    seen = recording.finish()
    seen.gap_s = watch.longest_gap_s() if watched else None
    seen.connections_lost = watch.lost
    return seen
