"""What the detectors say, as ONVIF's topics: each a property with a state, named so that Home Assistant's parsers and
NVRs know it. All sounds are DetectedSound, told apart by their rule: nobody knows a topic for barking or crying. So are
things for which there is no topic either, as ObjectsInside."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from models.event_kinds import MORE_SOUNDS, MORE_THINGS, OWN
from models.onvif.device_info import (
    ANALYTICS,
    AUDIO_SOURCE_CONFIGURATION,
    VIDEO_SOURCE,
    VIDEO_SOURCE_CONFIGURATION,
)
from models.onvif.times import date_time
from models.onvif.xml import Xml, tag

INITIALIZED, CHANGED = "Initialized", "Changed"
CONCRETE_SET = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
CONCRETE = "http://docs.oasis-open.org/wsn/t-1/TopicExpression/Concrete"
SIMPLE = "http://docs.oasis-open.org/wsn/t-1/TopicExpression/Simple"
DIALECTS = (CONCRETE, CONCRETE_SET, SIMPLE)


@dataclass(frozen=True, slots=True)
class Topic:
    """``switches``: whose state it shows, of any of them (``models.messages.detector.SwitchView.key``).

    ``always``: from the beginning, not only when one of its switches has been on.
    """

    switches: tuple[str, ...]
    path: str
    source: Mapping[str, str]
    item: str  # the name of its state
    types: Mapping[str, str] = field(default_factory=dict)  # of the source's items, where not a reference token
    always: bool = True


def _picture_rule(switch: str, path: str, item: str, rule: str, always: bool = True) -> Topic:
    source = {
        "VideoSourceConfigurationToken": VIDEO_SOURCE_CONFIGURATION,
        "VideoAnalyticsConfigurationToken": ANALYTICS,
        "Rule": rule,
    }
    return Topic((switch,), path, source, item, {"Rule": "xs:string"}, always)


def _sound_rule(switch: str, rule: str, always: bool = True) -> Topic:
    source = {
        "AudioSourceConfigurationToken": AUDIO_SOURCE_CONFIGURATION,
        "AudioAnalyticsConfigurationToken": ANALYTICS,
        "Rule": rule,
    }
    types = {"Rule": "xs:string"}
    return Topic((switch,), "AudioAnalytics/Audio/DetectedSound", source, "IsSoundDetected", types, always)


def _seen(path: str, *switches: str, always: bool = True) -> Topic:
    return Topic(switches, f"RuleEngine/MyRuleDetector/{path}", {"Source": VIDEO_SOURCE}, "State", always=always)


VEHICLES = ("bicycle", "car", "motorcycle", "bus", "truck")
PETS = ("dog", "cat")
NAMELESS = tuple(kind for kind in MORE_THINGS if kind.key not in VEHICLES + PETS)
TOPICS: tuple[Topic, ...] = (
    _picture_rule("motion", "RuleEngine/CellMotionDetector/Motion", "IsMotion", "Motion"),
    Topic(("motion",), "VideoSource/MotionAlarm", {"Source": VIDEO_SOURCE}, "State"),
    _seen("PeopleDetect", "person"),
    _seen("DogCatDetect", *PETS),
    _sound_rule("sound", "Sound"),
    _sound_rule("dog_bark", "Bark"),
    _sound_rule("baby_cry", "Cry"),
    *(_sound_rule(kind.key, kind.title, always=False) for kind in MORE_SOUNDS),
    _seen("VehicleDetect", *VEHICLES, always=False),
    *(
        _picture_rule(kind.key, "RuleEngine/FieldDetector/ObjectsInside", "IsInside", kind.title, always=False)
        for kind in NAMELESS
    ),
    *(
        _sound_rule(kind.key, kind.title, always=False)
        if kind.heard
        else _picture_rule(kind.key, "RuleEngine/FieldDetector/ObjectsInside", "IsInside", kind.title, always=False)
        for kind in OWN
    ),
)


@dataclass(frozen=True, slots=True)
class Notice:
    """The state of one topic (its place in ``TOPICS``) at a moment."""

    topic: int
    state: bool
    operation: str
    unix: float


def notification(notice: Notice, producer: str) -> Xml:
    """wsnt:NotificationMessage."""
    topic = TOPICS[notice.topic]
    source = tag("tt:Source", [_item(name, value) for name, value in topic.source.items()])
    data = tag("tt:Data", _item(topic.item, notice.state))
    message = tag("tt:Message", source, data, UtcTime=date_time(notice.unix), PropertyOperation=notice.operation)
    return tag(
        "wsnt:NotificationMessage",
        tag("wsnt:Topic", f"tns1:{topic.path}", Dialect=CONCRETE_SET),
        tag("wsnt:ProducerReference", tag("wsa:Address", producer)),
        tag("wsnt:Message", message),
    )


def _item(name: str, value: object) -> Xml:
    return tag("tt:SimpleItem", Name=name, Value=value)


def topic_set() -> Xml:
    """wstop:TopicSet: the tree of all topics, with what their messages hold."""
    tree: dict[str, object] = {}
    for topic in TOPICS:
        *parents, leaf = topic.path.split("/")
        node = tree
        for name in parents:
            node = node.setdefault(name, {})  # type: ignore[assignment]
        node.setdefault(leaf, topic)
    return tag("wstop:TopicSet", [_branch(f"tns1:{name}", node) for name, node in tree.items()])


def _branch(name: str, node: object) -> Xml:
    if isinstance(node, Topic):
        return tag(name, _description(node), wstop__topic=True)
    assert isinstance(node, dict)
    return tag(name, [_branch(child, below) for child, below in node.items()])


def _description(topic: Topic) -> Xml:
    def item(name: str, kind: str) -> Xml:
        return tag("tt:SimpleItemDescription", Name=name, Type=kind)

    source = [item(name, topic.types.get(name, "tt:ReferenceToken")) for name in topic.source]
    return tag(
        "tt:MessageDescription",
        tag("tt:Source", source),
        tag("tt:Data", item(topic.item, "xs:boolean")),
        IsProperty=True,
    )


def matching(expression: str) -> frozenset[int]:
    """The topics that an expression of a known dialect means: "tns1:RuleEngine//.|tns1:VideoSource/MotionAlarm"."""
    wanted: set[int] = set()
    for part in expression.split("|"):
        steps = part.strip()
        whole = steps.endswith("//.")
        path = "/".join(step.rpartition(":")[2] for step in steps.removesuffix("//.").split("/"))
        wanted |= {
            number
            for number, topic in enumerate(TOPICS)
            if topic.path == path or (whole and topic.path.startswith(f"{path}/"))
        }
    return frozenset(wanted)


def of_switch(switch: str) -> Iterable[int]:
    return (number for number, topic in enumerate(TOPICS) if switch in topic.switches)
