import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.mqtt.inflight_record import AFTER, RECORD_BYTES, InflightRecord, Phase, Step, session_of


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("step", Step)
def test_every_phase_and_step_has_an_outcome(phase: Phase, step: Step) -> None:
    after = InflightRecord(1, 2, phase).step(step).phase
    assert after == AFTER[phase].get(step, phase)


@pytest.mark.parametrize(
    ("steps", "phase"),
    [
        pytest.param([Step.PUBLISH, Step.PUBREC, Step.COMPLETE], Phase.DONE, id="QoS 2, nothing lost"),
        pytest.param([Step.PUBLISH, Step.COMPLETE], Phase.DONE, id="QoS 1, or refused"),
        pytest.param([Step.PUBLISH, Step.PUBLISH, Step.PUBREC], Phase.RELEASED, id="sent again as a duplicate"),
        pytest.param([Step.PUBLISH, Step.PUBREC, Step.PUBLISH], Phase.RELEASED, id="never published after PUBREC"),
        pytest.param([Step.PUBLISH, Step.SESSION_LOST], Phase.IDLE, id="the broker forgot us: from the start"),
        pytest.param([Step.PUBREC], Phase.IDLE, id="a stray acknowledgement means nothing"),
    ],
)
def test_deliveries(steps: list[Step], phase: Phase) -> None:
    card = InflightRecord(1, 2)
    for step in steps:
        card = card.step(step)
    assert card.phase is phase


@given(st.integers(0, 2**63), st.integers(0, 65535), st.sampled_from(Phase), st.integers(0, 2**32 - 1))
def test_a_card_survives_the_disk(sequence: int, packet_id: int, phase: Phase, session: int) -> None:
    card = InflightRecord(sequence, packet_id, phase, session)
    assert len(card.pack()) == RECORD_BYTES
    assert InflightRecord.unpack(card.pack()) == card


@given(st.binary(max_size=2 * RECORD_BYTES))
def test_anything_else_is_an_idle_card(data: bytes) -> None:
    assert InflightRecord.unpack(data) == InflightRecord()


def test_another_client_or_broker_is_another_session() -> None:
    assert len({session_of("a", 1883, "x"), session_of("a", 1884, "x"), session_of("b", 1883, "x")}) == 3
