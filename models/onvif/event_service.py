"""The event service (ver10/events, WS-BaseNotification 1.3): what may be subscribed to, and what is answered.

``actors.onvif`` waits for events and delivers webhooks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from models.onvif.device_info import SUBSCRIPTION_PATH, Facts
from models.onvif.limits import PULL_MAX, PULL_WAIT_MAX_S, SUBSCRIPTIONS_MAX, TEXT_MAX
from models.onvif.soap import RECEIVER, SENDER, Fault
from models.onvif.subscriptions import EVERYTHING, Subscription, Subscriptions, life_of
from models.onvif.times import date_time, duration_s
from models.onvif.topics import DIALECTS, Notice, matching, notification, topic_set
from models.onvif.xml import Xml, qualified, tag, text

TOPIC_NAMESPACE = "http://www.onvif.org/onvif/ver10/topics/topicns.xml"
CONTENT_SCHEMA = "http://www.onvif.org/onvif/ver10/schema/onvif.xsd"
NOTIFY = "http://docs.oasis-open.org/wsn/bw-2/NotificationConsumer/Notify"


@dataclass(frozen=True, slots=True)
class Caller:
    """The client and the time of its request; ``now`` is of a steady clock."""

    client: str
    agent: str
    now: float


def capabilities(_: Facts) -> Xml:
    return tag(
        "tev:Capabilities",
        WSSubscriptionPolicySupport=False,
        WSPullPointSupport=True,
        WSPausableSubscriptionManagerInterfaceSupport=False,
        MaxNotificationProducers=SUBSCRIPTIONS_MAX,
        MaxPullPoints=SUBSCRIPTIONS_MAX,
        PersistentNotificationStorage=False,
    )


def get_service_capabilities(facts: Facts, _: Element) -> Xml:
    return tag("tev:GetServiceCapabilitiesResponse", capabilities(facts))


def get_event_properties(_: Facts, __: Element) -> Xml:
    return tag(
        "tev:GetEventPropertiesResponse",
        tag("tev:TopicNamespaceLocation", TOPIC_NAMESPACE),
        tag("wsnt:FixedTopicSet", True),
        topic_set(),
        [tag("wsnt:TopicExpressionDialect", dialect) for dialect in DIALECTS],
        tag("tev:MessageContentFilterDialect", "http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter"),
        tag("tev:MessageContentSchemaLocation", CONTENT_SCHEMA),
    )


OPERATIONS = {
    "GetServiceCapabilities": get_service_capabilities,
    "GetEventProperties": get_event_properties,
}


# ---------------------------------------------------------------- subscribing
def create_pull_point(
    facts: Facts, body: Element, caller: Caller, subscriptions: Subscriptions
) -> tuple[Subscription, Xml]:
    topics = wanted_topics(body.find(qualified("tev:Filter")))
    life_s = _life(text(body, "tev:InitialTerminationTime"), facts.now, "wsnt:UnacceptableInitialTerminationTimeFault")
    one = _opened(subscriptions, caller, "", topics, life_s)
    subscriptions.synchronise(one, facts.now)
    return one, tag("tev:CreatePullPointSubscriptionResponse", _reference(facts, one), _times(facts, one, caller.now))


def consumer(body: Element) -> str:
    """Where the subscriber of a Subscribe wants to be told."""
    reference = body.find(qualified("wsnt:ConsumerReference"))
    address = reference.find(qualified("wsa:Address")) if reference is not None else None
    url = (address.text or "").strip() if address is not None else ""
    if not url or len(url) > TEXT_MAX:
        raise Fault("The consumer needs an address", SENDER, "wsnt:SubscribeCreationFailedFault")
    return url


def subscribe(facts: Facts, body: Element, caller: Caller, subscriptions: Subscriptions) -> tuple[Subscription, Xml]:
    """A webhook. The answer has to leave before the first notification."""
    topics = wanted_topics(body.find(qualified("wsnt:Filter")))
    life_s = _life(text(body, "wsnt:InitialTerminationTime"), facts.now, "wsnt:UnacceptableInitialTerminationTimeFault")
    one = _opened(subscriptions, caller, consumer(body), topics, life_s)
    subscriptions.synchronise(one, facts.now)
    return one, tag("wsnt:SubscribeResponse", _reference(facts, one), _times(facts, one, caller.now))


def _opened(
    subscriptions: Subscriptions, caller: Caller, webhook: str, topics: frozenset[int], life_s: float
) -> Subscription:
    one = subscriptions.open(caller.client, caller.agent, webhook, topics, life_s, caller.now)
    if one is None:
        reason = f"There are already {SUBSCRIPTIONS_MAX} subscriptions, which is the maximum"
        raise Fault(reason, RECEIVER, "wsnt:SubscribeCreationFailedFault", status=500)
    return one


def wanted_topics(wanted: Element | None) -> frozenset[int]:
    """The topics that a filter selects; all topics without a filter."""
    topics = EVERYTHING
    for condition in wanted if wanted is not None else ():
        expression = (condition.text or "").strip()
        if condition.tag == qualified("wsnt:TopicExpression"):
            if condition.get("Dialect", DIALECTS[0]) not in DIALECTS:
                raise Fault("Unsupported topic dialect", SENDER, "wsnt:TopicExpressionDialectUnknownFault")
            topics &= matching(expression[:TEXT_MAX])
            if not topics:
                raise Fault("Unknown topic", SENDER, "wsnt:TopicNotSupportedFault")
        elif expression:
            raise Fault("Only topic filters are supported", SENDER, "wsnt:InvalidFilterFault")
    return topics


def _life(wanted: str, unix: float, fault: str) -> float:
    life_s = life_of(wanted, unix)
    if life_s is None:
        raise Fault("This is neither a duration nor a time", SENDER, fault)
    return life_s


def _reference(facts: Facts, one: Subscription) -> Xml:
    address = tag("wsa:Address", f"{facts.base}{SUBSCRIPTION_PATH}{one.id}")
    kind = "tev" if not one.webhook else "wsnt"
    return tag(f"{kind}:SubscriptionReference", address)


def _times(facts: Facts, one: Subscription, now: float) -> tuple[Xml, Xml]:
    end = facts.now + one.expires - now
    return tag("wsnt:CurrentTime", date_time(facts.now)), tag("wsnt:TerminationTime", date_time(end))


# ---------------------------------------------------------------- a subscription's own operations
def renew(facts: Facts, body: Element, one: Subscription, now: float, subscriptions: Subscriptions) -> Xml:
    life_s = _life(text(body, "wsnt:TerminationTime"), facts.now, "wsnt:UnacceptableTerminationTimeFault")
    subscriptions.renew(one, life_s, now)
    current, termination = _times(facts, one, now)
    return tag("wsnt:RenewResponse", termination, current)


def unsubscribe(one: Subscription, subscriptions: Subscriptions) -> Xml:
    subscriptions.end(one)
    return tag("wsnt:UnsubscribeResponse")


def synchronise(facts: Facts, one: Subscription, subscriptions: Subscriptions) -> Xml:
    subscriptions.synchronise(one, facts.now)
    return tag("tev:SetSynchronizationPointResponse")


def pull(body: Element) -> tuple[float, int]:
    """How long PullMessages may wait (s), and how many notices it takes."""
    wait_s = duration_s(text(body, "tev:Timeout"))
    limit = text(body, "tev:MessageLimit")
    if wait_s is None or not limit.isdecimal() or len(limit) > 9:
        raise Fault("PullMessages needs a Timeout and a MessageLimit", SENDER, "ter:InvalidArgVal")
    return min(wait_s, PULL_WAIT_MAX_S), max(1, min(int(limit), PULL_MAX))


def pulled(facts: Facts, one: Subscription, notices: Sequence[Notice], now: float) -> Xml:
    current, termination = date_time(facts.now), date_time(facts.now + one.expires - now)
    return tag(
        "tev:PullMessagesResponse",
        tag("tev:CurrentTime", current),
        tag("tev:TerminationTime", termination),
        [notification(notice, facts.address("tds")) for notice in notices],
    )


def notify(notices: Sequence[Notice], producer: str) -> Xml:
    """The body of a webhook request."""
    return tag("wsnt:Notify", [notification(notice, producer) for notice in notices])


def gone() -> Fault:
    """For a subscription that has ended, or never was."""
    return Fault("Unknown subscription", SENDER, "wsrf-r:ResourceUnknownFault")
