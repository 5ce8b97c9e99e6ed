"""Every limit of the detectors' actors, in one place."""

WAIT_S = 0.5  # for the next sample; the worker's pulse
SILENCE_S = 2.0  # without samples, or a gap between two: what was going on is over
MODEL_POLL_S = 2.0  # how often to check for a missing model
CONVERT_S = 120.0  # for converting a model, on a slow device
LEVEL_EVERY_S = 0.2
GATE_AFTER_S = 5.0  # the motion gate stays open so long after the last motion
NICE = 5  # detectors give way to the stream
EVENTS_WAITING = 1_000  # not yet accepted by the event log; beyond it the oldest are lost, which is logged
RETRY_S = (0.1, 0.2, 0.5, 1.0, 2.0)  # between attempts; the last one repeats
ASK_S = 5.0
FAREWELL_S = 0.5  # for delivering the rest at a clean stop
SMOOTH = 0.1  # weight of the newest measurement
EVENT_IDS = 200  # visits whose number is kept until they end
FETCH_PATIENCE_S = 300.0  # without a byte from one source: up to eight addresses, each given up after 20 s
FETCH_STEP_BYTES = 200_000  # between two reports of a download
TRACE_EVERY_S = 30.0  # between two times that what was seen is written
TRACE_WAITING = 20_000  # records that wait for it: more than a slow disk should bring about
TRACE_QUIET = 12  # records without anything in them, in a row: more than what is judged together
TRACE_DAYS = 3  # files of days that are kept: today, yesterday, and the one before, from which yesterday goes on
TRACE_BYTES = {
    "motion": 4_000_000,
    "sound": 2_500_000,
    "sound_classifier": 1_500_000,
    "object_detector": 2_000_000,
}  # a day
REPLAY_ALARMS = 2_000  # that one answer names; it says how many there were
