"""What is concluded from a connection that the broker cut."""

from models.mqtt import limits
from models.mqtt.broker_limits import BrokerLimits, PublishHistory, Sent

LARGE = limits.SUSPECT_BYTES + 1


def trail(*sent: Sent) -> PublishHistory:
    made = PublishHistory()
    for entry in sent:
        made.add(entry)
    return made


def test_the_first_that_is_not_acknowledged_is_suspected() -> None:
    sent = [Sent("a", 9, 10.0, 1), Sent("b", 9, 10.0, 2), Sent("c", 9, 10.0, 3)]
    assert trail(*sent).suspect(10.1, {1}.__contains__) == sent[1]
    assert trail(*sent).suspect(10.1, {1, 2, 3}.__contains__) is None


def test_of_what_is_never_acknowledged_only_something_large_and_recent() -> None:
    assert trail(Sent("telemetry", 200, 10.0)).suspect(10.1, bool) is None
    picture = Sent("image", LARGE, 10.0)
    assert trail(picture).suspect(10.1, bool) == picture
    assert trail(picture).suspect(10.1 + limits.SUSPECT_S, bool) is None
    assert trail(picture, Sent("later", 9, 10.0, 1)).suspect(10.1, {1}.__contains__) is None


def test_left_out_after_several_cuts_in_a_row_and_tried_again_later() -> None:
    broker, discovery = BrokerLimits(), Sent("discovery", 9, 0.0, 1)
    assert [broker.cut(discovery, float(n), True) for n in range(limits.CUTS)] == [False] * (limits.CUTS - 1) + [True]
    assert not broker.takes("discovery", b"", 10.0)
    assert broker.takes("other", b"", 10.0)
    assert "discovery" in broker.text(10.0)
    assert broker.takes("discovery", b"", 10.0 + limits.AVOIDED_S)
    assert broker.text(10.0 + limits.AVOIDED_S) == ""


def test_cuts_that_are_far_apart_or_differ_prove_nothing() -> None:
    broker = BrokerLimits()
    for n in range(10):
        assert not broker.cut(Sent("discovery", 9, 0.0, 1), n * (limits.SUSPECT_AGAIN_S + 1), True)
    for n in range(10):
        assert not broker.cut(Sent("ab"[n % 2], 9, 0.0, 1), 1e6 + n, True)


def test_qos_2_is_given_up_only_where_it_never_worked() -> None:
    event = Sent("events/motion", 9, 0.0, 1, event=True)
    works, refuses = BrokerLimits(), BrokerLimits()
    assert not any(works.cut(event, float(n), True) for n in range(10))
    assert [refuses.cut(event, float(n), False) for n in range(limits.EVENT_CUTS)][-1]
    assert (works.qos, refuses.qos) == (2, 1)
    assert refuses.takes("events/motion", b"", 20.0), "an event is never given up"
    refuses.connected({})
    assert refuses.qos == 1


def test_what_the_broker_says() -> None:
    said: list[str] = []
    broker = BrokerLimits(lambda: said.append(broker.text(0.0)))
    broker.connected({"maximum_packet_size": [100], "max_qos": [1], "retain_available": [0]})
    assert (broker.qos, broker.retain) == (1, False)
    assert broker.takes("t", b"x" * 80, 0.0)
    assert not broker.takes("t", b"x" * 90, 0.0)
    assert "at most 100 bytes" in said[-1]
    assert broker.refused(154) is False, "it knows already"
    broker.connected({"receive_maximum": [20]})
    assert broker.retain, "it was configured anew"
